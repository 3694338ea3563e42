/* SPDX-License-Identifier: ISC */

/* The members of requests about detached batches. */

#include "proto/request.h"

#include <string.h>

#include "proto/request_internal.h"

#define HEARTBEAT_LEAST_NS INT64_C(1000000000)

void request_read_detach(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind == LEXER_TRUE || token->kind == LEXER_FALSE)
        reading->detached.detach = token->kind == LEXER_TRUE;
    else
        request_wrong(reading, token, "true or false");
}

/* Decodes a string of 1 to `max` bytes into out. */
static bool read_short_string(struct request_reading *reading, const struct lexer_token *token,
                              size_t max, char *out, size_t *out_len)
{
    const char *text = NULL;
    size_t len = 0;
    /* An escape takes six bytes for one. */
    if (token->kind == LEXER_STRING && token->text != NULL && token->len <= 2 + 6 * max &&
        request_decode(reading, token, &text, &len) != 0)
        return false;
    if (text == NULL || len == 0 || len > max)
        return false;
    memcpy(out, text, len);
    *out_len = len;
    return true;
}

void request_read_key(struct request_reading *reading, const struct lexer_token *token)
{
    struct request_detached *detached = &reading->detached;
    size_t len;
    if (read_short_string(reading, token, REQUEST_KEY_MAX, detached->key, &len)) {
        detached->key_len = (uint16_t)len;
        detached->has_key = true;
    } else if (reading->fault.code != FAULT_OVERLOADED) {
        request_wrong(reading, token, "a string of 1 to 255 bytes");
    }
}

void request_read_retain(struct request_reading *reading, const struct lexer_token *token)
{
    request_duration_up_to(reading, token, reading->limits->max_retain_ns,
                           &reading->detached.retain_ns);
}

void request_read_on_restart(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {"catch_up", "cancel"};
    unsigned choice;
    if (reading->limits->no_restart)
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "\"on_restart\" is not taken by a daemon of a cluster: its batches go on at "
                      "the others");
    else if (request_choice(reading, token, names, 2, &choice))
        reading->detached.cancel_on_restart = choice == 1;
}

void request_read_heartbeat(struct request_reading *reading, const struct lexer_token *token)
{
    int64_t heartbeat_ns;
    uint64_t offset = token->offset;
    if (!request_duration(reading, token, &heartbeat_ns))
        return;
    if (heartbeat_ns >= HEARTBEAT_LEAST_NS)
        reading->heartbeat_ns = heartbeat_ns;
    else
        request_fault(reading, FAULT_INVALID_REQUEST, offset,
                      "\"heartbeat\" takes a duration of 1 s or more, not %.*s",
                      token->len < FAULT_QUOTE_MAX ? (int)token->len : FAULT_QUOTE_MAX,
                      token->text);
}

/* A string that cannot be a ref differs from all of them, and is not refused: it names
 * nothing that there is. */
static bool read_ref(struct request_reading *reading, const struct lexer_token *token,
                     char ref[REQUEST_REF_MAX + 1])
{
    size_t len;
    if (token->kind != LEXER_STRING) {
        request_wrong(reading, token, "the ref of a batch, a string");
        return false;
    }
    memset(ref, 0, REQUEST_REF_MAX + 1);
    if (!read_short_string(reading, token, REQUEST_REF_MAX, ref, &len) ||
        strspn(ref, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        memcpy(ref, "?", 2);
    return true;
}

void request_read_ref(struct request_reading *reading, const struct lexer_token *token)
{
    reading->detached.has_ref = read_ref(reading, token, reading->detached.ref);
}

void request_read_after(struct request_reading *reading, const struct lexer_token *token)
{
    (void)read_ref(reading, token, reading->detached.after);
}

void request_read_from(struct request_reading *reading, const struct lexer_token *token)
{
    request_integer(reading, token, 1, &reading->detached.from);
}

void request_read_order(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {"oldest", "newest"};
    unsigned choice;
    if (request_choice(reading, token, names, 2, &choice))
        reading->detached.newest_first = choice == 1;
}

void request_read_state(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {"running", "finished", "foreign"};
    unsigned choice;
    if (request_choice(reading, token, names, 3, &choice))
        reading->detached.state = (enum request_state)(choice + 1);
}

void request_read_limit(struct request_reading *reading, const struct lexer_token *token)
{
    reading->detached.has_limit = request_integer(reading, token, 0, &reading->detached.limit);
}
