/* SPDX-License-Identifier: ISC */

/* Passes each token to what reads it, and fast-path jobs straight to the plan. */

#include "proto/request.h"

#include <string.h>

#include "proto/request_fast.h"
#include "proto/request_internal.h"
#include "proto/request_shape.h"
#include "proto/scan.h"

struct plan *request_plan(struct request_reading *reading)
{
    if (reading->plan == NULL && !reading->dropped) {
        reading->plan = plan_new(reading->hash_key);
        if (reading->plan == NULL)
            request_no_memory(reading);
    }
    return reading->plan;
}

void request_push(struct request_reading *reading, const struct request_context *context)
{
    struct request_frame *frame = &reading->frames[reading->n_frames++];
    frame->context = context;
    frame->member = NULL;
    frame->index = 0;
    frame->has_index = false;
    frame->seen = 0;
}

/* Finds a key among the members that its object takes. */
static const struct request_member *find_member(struct request_reading *reading,
                                                const struct request_context *context,
                                                const struct lexer_token *key)
{
    const char *name = key->text + 1;
    size_t len = key->len - 2;
    if (!request_may_be_word(key) ||
        (key->escaped && request_decode(reading, key, &name, &len) != 0))
        return NULL;
    for (unsigned i = 0; i < context->n_members; i++) {
        const struct request_member *member = &context->members[i];
        if (member->len == len && memcmp(member->name, name, len) == 0)
            return member;
    }
    return NULL;
}

static void take_key(struct request_reading *reading, const struct lexer_token *key)
{
    struct request_frame *frame = request_frame(reading);
    frame->member = NULL;
    if (frame->context->key != NULL) {
        frame->context->key(reading, key);
        return;
    }
    const struct request_member *member = find_member(reading, frame->context, key);
    if (reading->dropped)
        return;
    if (member == NULL) {
        request_unknown_key(reading, key);
        return;
    }
    size_t place = (size_t)(member - frame->context->members);
    frame->member = member;
    if ((frame->seen & 1u << place) != 0) {
        request_second_key(reading, key);
        return;
    }
    frame->seen |= 1u << place;
    frame->offsets[place] = key->offset;
}

static void take_close(struct request_reading *reading, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reading);
    frame->member = NULL;
    frame->has_index = false;
    if (frame->context->close != NULL)
        frame->context->close(reading, token);
    if (!reading->dropped)
        reading->n_frames--;
}

static void take_value(struct request_reading *reading, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reading);
    if (frame->context->members != NULL) {
        frame->member->read(reading, token);
        return;
    }
    frame->index += frame->has_index;
    frame->has_index = true;
    frame->context->element(reading, token);
}

/* Looks for `id` in a request that is not kept. */
static void take_dropped(struct request_reading *reading, const struct lexer_token *token)
{
    if (reading->bare || token->depth != 1)
        return;
    if (token->kind == LEXER_KEY) {
        reading->dropped_id =
            reading->id.len == 0 && token->text != NULL && request_is_id_key(reading, token);
        lexer_skip(reading->lexer, !reading->dropped_id);
        return;
    }
    if (reading->dropped_id && request_is_id(token) && request_fits(reading, token))
        request_keep_id(reading, token);
    reading->dropped_id = false;
    lexer_skip(reading->lexer, lexer_opens(token));
}

static void take_skipped(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->depth > reading->skip_depth || lexer_opens(token))
        return;
    reading->skipping = false;
    lexer_skip(reading->lexer, false);
}

/* Whether more is assumed than an array of jobs can say. */
static bool is_more_expected(const struct request_expectation *expected)
{
    return expected->op != REQUEST_SUBMIT || expected->key != NULL;
}

void request_begin(struct request_reading *reading, const struct lexer_token *token)
{
    reading->open_depth = token->depth + lexer_opens(token);
    reading->bare = token->kind == LEXER_ARRAY_BEGIN;
    if (token->text == NULL && !lexer_opens(token))
        request_no_memory(reading); /* nothing else loses a text between requests */
    else if (reading->bare && is_more_expected(reading->expected))
        request_wrong(reading, token, "an object here");
    else if (reading->bare && request_plan(reading) != NULL)
        request_push(reading, &request_jobs_array);
    else if (token->kind == LEXER_OBJECT_BEGIN)
        request_push(reading, &request_top);
    else if (!reading->bare)
        request_wrong(reading, token, "an object, or an array of jobs");
}

void request_take(struct request_reading *reading, const struct lexer_token *token)
{
    reading->open_depth = token->depth + lexer_opens(token);
    if (reading->dropped)
        take_dropped(reading, token);
    else if (reading->skipping)
        take_skipped(reading, token);
    else if (reading->copying)
        request_copy(reading, token);
    else if (token->kind == LEXER_KEY)
        take_key(reading, token);
    else if (lexer_closes(token))
        take_close(reading, token);
    else
        take_value(reading, token);
}

/* ---- Fast-path jobs --------------------------------------------------------------- */

/* The room that is left below a limit. */
static uint64_t left_of(uint64_t most, uint64_t taken)
{
    return taken < most ? most - taken : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Does for a fast-path job what close_job() and all before it would. */
static int add_fast(struct request_reading *reading, const struct request_fast *job)
{
    if (plan_add_single_wait(reading->plan, job->name, job->name_len, job->wait_ns) != PLAN_OK)
        return -1;
    reading->kept_bytes += REQUEST_ELEMENT_BYTES;
    if (job->name != NULL)
        reading->kept_bytes += job->name_len + sizeof(plan_text_ref);
    if (job->wait_ns >= 0)
        reading->kept_bytes += REQUEST_STEP_BYTES;
    return 0;
}

/* Reads the next job, which was not predicted, from where the last one ended, and learns from it
 * what the next one may look like.  Returns its end, or NULL. */
static const char *scan_fast(const struct lexer_window *window, const char *done,
                             const struct request_fast_limits *limits, struct request_fast *job,
                             struct request_shape *shape)
{
    const char *at = scan_blanks(done, window->end), *comma = at;
    if (window->comma) {
        if (at == window->end || *at != ',')
            return NULL;
        at = scan_blanks(at + 1, window->end);
    }
    at = request_fast_scan(at, window->end, limits, job);
    if (at != NULL && window->comma)
        request_shape_learn(shape, comma, at, job);
    return at;
}

size_t request_take_fast(struct request_reading *reading, size_t most)
{
    const struct plan_limits *limits = &reading->limits->plan;
    uint64_t max_string = reading->limits->max_string;
    const struct request_fast_limits fast = {.max_wait_ns = limits->max_wait_ns,
                                             .max_name = max_string > 0 ? max_string : UINT64_MAX};
    struct lexer_window window;
    struct request_shape shape = {.known = false};
    struct request_fast job;
    size_t n = 0;
    if (reading->fast_rest > 0) {
        reading->fast_rest--;
        return 0;
    }
    if (!lexer_elements(reading->lexer, &window))
        return 0;
    /* One job more than may be is left to who refuses it; one for which there is
     * no memory, too. */
    most = least(most, least(left_of(limits->max_jobs, reading->jobs),
                             left_of(limits->max_steps, reading->steps)));
    const char *done = window.at;
    for (; n < most; n++) {
        const char *at =
            shape.known ? request_shape_scan(&shape, done, window.end, &fast, &job) : NULL;
        if (at == NULL)
            at = scan_fast(&window, done, &fast, &job, &shape);
        if (at == NULL || add_fast(reading, &job) != 0)
            break;
        done = at;
        window.comma = true;
    }
    if (n == 0) {
        /* Where job after job is none, fewer are looked at: one in sixteen. */
        reading->fast_misses += reading->fast_misses < 16;
        reading->fast_rest = reading->fast_misses - 1;
        return 0;
    }
    reading->fast_misses = 0;
    struct request_frame *frame = request_frame(reading);
    lexer_pass(reading->lexer, done);
    frame->index += n - !frame->has_index;
    frame->has_index = true;
    reading->jobs += n;
    reading->steps += n;
    reading->whole_elements += (uint32_t)n;
    reading->whole_end = lexer_offset(reading->lexer) - 1;
    return n;
}
