/* SPDX-License-Identifier: ISC */
#include "tests/support/lexing.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lexer.h"

const struct lexing_settings lexing_plain = {LEXING_BIG, 64, false, false};
const struct lexing_settings lexing_placed = {LEXING_BIG, 64, false, true};

void lexing_add_bytes(struct lexing_text *trace, const char *bytes, size_t len)
{
    if (trace->len + len + 1 > trace->room) {
        trace->room = (trace->len + len + 1) * 2;
        trace->text = realloc(trace->text, trace->room);
    }
    memcpy(trace->text + trace->len, bytes, len);
    trace->len += len;
    trace->text[trace->len] = '\0';
}

void lexing_add(struct lexing_text *trace, const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    lexing_add_bytes(trace, line, (size_t)len);
}

static const char *const marks[] = {
    [LEXER_OBJECT_BEGIN] = "{", [LEXER_OBJECT_END] = "}", [LEXER_ARRAY_BEGIN] = "[",
    [LEXER_ARRAY_END] = "]",    [LEXER_KEY] = "k",        [LEXER_STRING] = "s",
    [LEXER_NUMBER] = "n",       [LEXER_TRUE] = "t",       [LEXER_FALSE] = "f",
    [LEXER_NULL] = "0",         [LEXER_BAD] = "bad",      [LEXER_TOO_LONG] = "long",
    [LEXER_TOO_DEEP] = "deep",  [LEXER_NOMEM] = "nomem",  [LEXER_END] = "end",
};

/* `places`: with each token's depth and offset. */
static void add_token(struct lexing_text *trace, const struct lexer *lexer,
                      const struct lexer_token *token, bool places)
{
    lexing_add(trace, "%s", marks[token->kind]);
    if (token->kind == LEXER_KEY || token->kind == LEXER_STRING || token->kind == LEXER_NUMBER) {
        if (token->text == NULL)
            lexing_add(trace, "(lost)");
        else
            lexing_add_bytes(trace, token->text, token->len);
        if (token->kind != LEXER_NUMBER && token->escaped)
            lexing_add(trace, "\\");
    }
    if (token->kind == LEXER_BAD)
        lexing_add(trace, "(%s,%llu,%llu:%llu)", lexer_diagnostic(lexer),
                   (unsigned long long)lexer_diagnostic_offset(lexer),
                   (unsigned long long)lexer_diagnostic_line(lexer),
                   (unsigned long long)lexer_diagnostic_column(lexer));
    if (places)
        lexing_add(trace, "@%u,%llu ", token->depth, (unsigned long long)token->offset);
}

/* Takes tokens until the piece is used up.  Returns whether more may come. */
static bool drain(struct lexing_text *trace, struct lexer *lexer, bool places)
{
    for (;;) {
        struct lexer_token token;
        memset(&token, 0xAA, sizeof(token));
        enum lexer_token_kind kind = lexer_next(lexer, &token);
        if (kind == LEXER_MORE)
            return true;
        add_token(trace, lexer, &token, places);
        if (kind == LEXER_END || (kind >= LEXER_BAD && kind != LEXER_NOMEM)) {
            ck_assert_int_eq(lexer_next(lexer, &token), kind);
            return false;
        }
    }
}

char *lexing_trace(const char *text, size_t len, const struct lexing_settings *settings,
                   reading_split *split, void *context)
{
    struct lexing_text trace = {NULL, 0, 0};
    struct lexer *lexer = lexer_new(settings->max_bytes, settings->max_depth);
    lexer_skip(lexer, settings->skip);
    bool more = true;
    lexing_add_bytes(&trace, "", 0);
    for (size_t at = 0, size; more && at < len; at += size) {
        char *piece = reading_cut(text + at, len - at, split, context, &size);
        lexer_feed(lexer, piece, size);
        more = drain(&trace, lexer, settings->places);
        if (more) {
            ck_assert_uint_eq(lexer_rest(lexer), 0);
            ck_assert_uint_eq(lexer_offset(lexer), at + size);
        }
        free(piece);
    }
    if (more) {
        lexer_finish(lexer);
        drain(&trace, lexer, settings->places);
    }
    lexer_free(lexer);
    return trace.text;
}

void lexing_check(const char *text, size_t len, const struct lexing_settings *settings,
                  const char *expected)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 12; i++) {
        reading_split *split = i == 0 ? reading_whole : i == 1 ? reading_bytes : reading_few;
        char *trace = lexing_trace(text, len, settings, split, &state);
        ck_assert_msg(strcmp(trace, expected) == 0, "`%s` in pieces %d: %s, not %s", text, i, trace,
                      expected);
        free(trace);
    }
}
