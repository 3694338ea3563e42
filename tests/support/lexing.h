/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_LEXING_H
#define WAITD_TESTS_LEXING_H

/*
 * A lexer's tokens as one line of text: a mark for each, and what it says.  Two
 * readings of one text in different pieces are the same exactly if their lines
 * are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/reading.h"

/* More bytes than any text of a test has. */
#define LEXING_BIG (UINT64_C(1) << 31)

/* Text that grows; it begins as zeros and ends with free(). */
struct lexing_text {
    char *text;
    size_t len, room;
};
void lexing_add_bytes(struct lexing_text *text, const char *bytes, size_t len);
void lexing_add(struct lexing_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct lexing_settings {
    uint64_t max_bytes;
    unsigned max_depth;
    bool skip;
    bool places; /* with each token's depth and offset */
};
extern const struct lexing_settings lexing_plain;
extern const struct lexing_settings lexing_placed;

/* Lexes the text in such pieces.  The caller frees the result. */
char *lexing_trace(const char *text, size_t len, const struct lexing_settings *settings,
                   reading_split *split, void *context);

/* The same whole, byte by byte and in random pieces; fails the test unless each
 * is `expected`. */
void lexing_check(const char *text, size_t len, const struct lexing_settings *settings,
                  const char *expected);

#endif
