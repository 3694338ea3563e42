/* SPDX-License-Identifier: ISC */

/* What is written for a token. */

#include "proto/lexer.h"

#include <string.h>

/* Of what has no text of its own; NULL for any other kind. */
static const char *fixed_text(enum lexer_token_kind kind)
{
    static const char *const texts[] = {
        [LEXER_OBJECT_BEGIN] = "{", [LEXER_OBJECT_END] = "}", [LEXER_ARRAY_BEGIN] = "[",
        [LEXER_ARRAY_END] = "]",    [LEXER_TRUE] = "true",    [LEXER_FALSE] = "false",
        [LEXER_NULL] = "null",
    };

    return kind <= LEXER_NULL ? texts[kind] : NULL;
}

const char *lexer_token_text(const struct lexer_token *token)
{
    const char *fixed = fixed_text(token->kind);

    return fixed != NULL ? fixed : token->text;
}

size_t lexer_token_length(const struct lexer_token *token)
{
    const char *fixed = fixed_text(token->kind);

    return fixed != NULL ? strlen(fixed) : token->len;
}
