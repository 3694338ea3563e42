/* SPDX-License-Identifier: ISC */

/*
 * Long strings in steps.  A string that its member keeps is copied, and decoded
 * where its decoded text is wanted, before the member's reader sees it, and in as
 * many calls as that takes: the reader then finds both in the plan.  The string
 * itself stays where the lexer keeps it, which is not called meanwhile.  The name of a pool is also
 * looked up.  A string or a key
 * within `data`, of which a copy is being made, is appended to that in the same way, and is done
 * with then.
 */

#include "proto/request.h"

#include <string.h>

#include "proto/request_internal.h"
#include "proto/utf8.h"

/* What is copied or decoded in one step. */
#define STEP_BYTES ((size_t)32 << 10)

/* What is compared in one. */
#define COMPARED_BYTES ((size_t)128 << 10)

static bool has_linebreaks(const struct request_staging *staging)
{
    return staging->copied > staging->token.len;
}

/* What the member that is current keeps of a string; 0 if the string is refused. */
static unsigned kept_of(struct request_reading *reading, const struct lexer_token *token)
{
    const struct request_frame *frame;
    uint64_t most = reading->limits->max_string;
    unsigned keeps;

    if (reading->dropped || reading->skipping)
        return 0;
    if (reading->copying)
        return REQUEST_KEEPS_COPY;
    if (reading->n_frames == 0 || (most > 0 && token->len > most + 2))
        return 0;
    frame = request_frame(reading);
    if ((token->kind == LEXER_KEY) != (frame->context->key != NULL))
        return 0;
    if (frame->context->members == NULL)
        keeps = frame->context->keeps;
    else
        keeps = frame->member != NULL ? frame->member->keeps : 0;
    return reading->plan != NULL ? keeps : keeps & REQUEST_KEEPS_ID; /* which is not in the plan */
}

bool request_stage_begin(struct request_reading *reading, const struct lexer_token *token)
{
    struct request_staging *staging = &reading->staging;

    if ((token->kind != LEXER_STRING && token->kind != LEXER_KEY) ||
        token->len <= REQUEST_STAGE_BYTES || token->text == NULL)
        return false;
    *staging = (struct request_staging){.token = *token, .keeps = kept_of(reading, token)};
    staging->at = token->text + ((staging->keeps & REQUEST_KEEPS_DECODED) != 0 &&
                                 (staging->keeps & REQUEST_KEEPS_TEXT) == 0);
    return staging->keeps != 0;
}

/* The end of the step that begins where the token has come to. */
static const char *step_end(const struct request_staging *staging, const char *end)
{
    const char *to = end;

    if ((size_t)(end - staging->at) > STEP_BYTES)
        for (to = staging->at + STEP_BYTES; utf8_is_inside(*to);)
            to--; /* no character is cut */
    return to;
}

/* Each appends what is next to the text that is open.  -1 when out of memory. */

static int copy_piece(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    const char *end = staging->token.text + staging->token.len;
    size_t before = plan_text_bytes(reading->plan);
    size_t len = (size_t)(step_end(staging, end) - staging->at);

    if (plan_text_append_json(reading->plan, staging->at, len) != PLAN_OK)
        return -1;
    staging->copied += plan_text_bytes(reading->plan) - before;
    staging->held = staging->copied;
    staging->at += len;
    return 0;
}

static int decode_piece(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    const char *end = staging->token.text + staging->token.len - 1;
    char piece[STEP_BYTES + 16], *out = piece;

    staging->at = lexer_decode_piece(staging->at, end, STEP_BYTES, &out);
    staging->held += (size_t)(out - piece);
    return plan_text_append(reading->plan, piece, (size_t)(out - piece)) == PLAN_OK ? 0 : -1;
}

static bool is_pool(const struct request_staging *staging)
{
    return (staging->keeps & REQUEST_KEEPS_POOL) == REQUEST_KEEPS_POOL;
}

/* Whether the name's decoded text is to be kept beside it. */
static bool wants_decoded(const struct request_staging *staging)
{
    return is_pool(staging) || ((staging->keeps & REQUEST_KEEPS_DECODED) != 0 &&
                                (staging->token.escaped || has_linebreaks(staging)));
}

/* Closes the text that is open, and goes on to the next.  Whether there is none. */
static bool close_text(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    bool was_text = (staging->keeps & REQUEST_KEEPS_TEXT) != 0 && staging->text == 0;
    plan_text_ref ref = plan_text_close(reading->plan);

    staging->open = false;
    if (!was_text) {
        staging->decoded = ref;
        return true;
    }
    staging->text = ref;
    staging->at = staging->token.text + 1;
    return !wants_decoded(staging);
}

/* A string or a key within `data`, whose text is open already. */
static bool copy_step(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    const struct lexer_token *token = &staging->token;

    reading->open_depth = token->depth;
    if (staging->at == token->text && !request_copy_begin(reading, token))
        return true;
    if (copy_piece(reading) != 0) {
        request_no_memory(reading);
        return true;
    }
    if (staging->at < token->text + token->len)
        return false;
    request_copy_end(reading, token);
    return true;
}

static bool id_step(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    const char *end = staging->token.text + staging->token.len, *to = step_end(staging, end);

    if (staging->at == staging->token.text && request_begin_id(reading, staging->token.len) != 0)
        return true;
    if (request_append_id(reading, staging->at, to) != 0)
        return true;
    staging->at = to;
    return to == end;
}

bool request_stage_step(struct request_reading *reading)
{
    struct request_staging *staging = &reading->staging;
    bool is_text = (staging->keeps & REQUEST_KEEPS_TEXT) != 0 && staging->text == 0;
    const char *end = staging->token.text + staging->token.len - !is_text;
    size_t budget = COMPARED_BYTES;

    if (reading->plan == NULL && staging->keeps != REQUEST_KEEPS_ID) /* refused meanwhile */
        return true;
    if (staging->keeps == REQUEST_KEEPS_COPY)
        return copy_step(reading);
    if (staging->keeps == REQUEST_KEEPS_ID)
        return id_step(reading);
    if (staging->decoded != 0)
        return plan_look_up_pool(reading->plan, &staging->pool, &budget);
    if (!staging->open && plan_text_open(reading->plan) != PLAN_OK) {
        request_no_memory(reading);
        return true;
    }
    staging->open = true;
    if ((is_text ? copy_piece(reading) : decode_piece(reading)) != 0) {
        request_no_memory(reading);
        return true;
    }
    if (staging->at < end || !close_text(reading))
        return false;
    if (is_pool(staging))
        plan_begin_pool_lookup(reading->plan, staging->decoded, &staging->pool);
    return !is_pool(staging);
}
