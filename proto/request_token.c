/* SPDX-License-Identifier: ISC */

/* The secret of an `auth` request: what is said of it never quotes it. */

#include "proto/request.h"

#include <string.h>

#include "proto/request_internal.h"

void request_read_token(struct request_reading *reading, const struct lexer_token *token)
{
    const char *text = NULL;
    size_t len = 0;
    uint64_t offset = token->offset;
    /* An escape takes six bytes for one. */
    if (token->kind == LEXER_STRING && token->text != NULL &&
        token->len <= 2 + 6 * REQUEST_TOKEN_MAX && request_decode(reading, token, &text, &len) != 0)
        return;
    if (text != NULL && len > 0 && len <= REQUEST_TOKEN_MAX) {
        memcpy(reading->token, text, len);
        reading->token_len = len;
        return;
    }
    request_fault(reading, FAULT_INVALID_REQUEST, offset,
                  "\"token\" takes a string of 1 to %d bytes", REQUEST_TOKEN_MAX);
    request_pass(reading, token);
}

void request_forget_token(struct request_reading *reading)
{
    if (reading->token_len > 0)
        explicit_bzero(reading->token, reading->token_len);
    reading->token_len = 0;
}
