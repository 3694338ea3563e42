/* SPDX-License-Identifier: ISC */

/* `data`: any JSON, copied less the white space between its tokens. */

#include "proto/request.h"

#include "proto/request_internal.h"

static bool data_fits(struct request_reading *reading, uint64_t offset, uint64_t bytes)
{
    uint64_t most = reading->limits->max_data;
    if (most == 0 || bytes <= most)
        return true;
    request_too_long(reading, offset, bytes, "JSON", "max-data", most);
    return false;
}

/* Appends to what is copied.  False if that is at its end by a fault: its rest
 * is passed over. */
static bool append_data(struct request_reading *reading, const char *text, size_t len)
{
    reading->copied += len;
    if (!data_fits(reading, reading->copy_offset, reading->copied)) {
        (void)plan_text_close(reading->plan);
        reading->copying = false;
        return false;
    }
    if (plan_text_append_json(reading->plan, text, len) != PLAN_OK) {
        request_no_memory(reading);
        return false;
    }
    reading->kept_bytes += len;
    return true;
}

void request_read_data(struct request_reading *reading, const struct lexer_token *token)
{
    if (!request_keeps(reading)) {
        request_pass(reading, token);
        return;
    }
    reading->spec.set |= JOB_DATA;
    if (!lexer_opens(token)) {
        if (data_fits(reading, token->offset, token->len))
            request_keep_text(reading, token, &reading->spec.data);
        return;
    }
    if (plan_text_open(reading->plan) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->copying = true;
    reading->copy_depth = token->depth;
    reading->copy_comma = false;
    reading->copied = 0;
    reading->copy_offset = token->offset;
    append_data(reading, token->kind == LEXER_OBJECT_BEGIN ? "{" : "[", 1);
}

/* A fault has ended the copy: what is left of `data` is passed over. */
static void give_up(struct request_reading *reading, bool ends)
{
    if (!ends)
        request_pass_next(reading, reading->copy_depth);
}

bool request_copy_begin(struct request_reading *reading, const struct lexer_token *token)
{
    if (reading->copy_comma && !append_data(reading, ",", 1)) {
        give_up(reading, false);
        return false;
    }
    /* All of it counts before any of it is copied. */
    reading->copied += token->len;
    if (data_fits(reading, reading->copy_offset, reading->copied))
        return true;
    (void)plan_text_close(reading->plan);
    reading->copying = false;
    give_up(reading, false);
    return false;
}

void request_copy_end(struct request_reading *reading, const struct lexer_token *token)
{
    reading->kept_bytes += token->len;
    if (token->kind == LEXER_KEY && !append_data(reading, ":", 1)) {
        give_up(reading, false);
        return;
    }
    reading->copy_comma = token->kind != LEXER_KEY;
}

void request_copy(struct request_reading *reading, const struct lexer_token *token)
{
    bool closes = lexer_closes(token);
    bool ends = closes && token->depth == reading->copy_depth;
    if ((reading->copy_comma && !closes && !append_data(reading, ",", 1)) ||
        !append_data(reading, lexer_token_text(token), lexer_token_length(token)) ||
        (token->kind == LEXER_KEY && !append_data(reading, ":", 1))) {
        give_up(reading, ends);
        return;
    }
    reading->copy_comma = token->kind != LEXER_KEY && !lexer_opens(token);
    if (ends) {
        reading->copying = false;
        reading->spec.data = plan_text_close(reading->plan);
    }
}
