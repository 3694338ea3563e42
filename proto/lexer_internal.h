/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LEXER_INTERNAL_H
#define WAITD_LEXER_INTERNAL_H

/*
 * The lexer's insides: lexer.c keeps the stream and the grammar,
 * lexer_scan.c looks at the bytes of strings, numbers and words.
 */

#include "proto/lexer.h"

/* What may come next. */
enum expect {
    EXPECT_TOP,          /* a value at top level, or nothing more */
    EXPECT_VALUE,        /* after a colon, or after a comma in an array */
    EXPECT_FIRST_VALUE,  /* after an opening bracket */
    EXPECT_KEY,          /* after a comma in an object */
    EXPECT_FIRST_KEY,    /* after an opening brace */
    EXPECT_COLON,        /* after a key */
    EXPECT_COMMA_OR_END, /* after a value in an array or object */
};

enum string_state { STRING_PLAIN, STRING_ESCAPE, STRING_HEX, STRING_CONTINUATION, STRING_CLOSED };

/* NUMBER_MINUS, NUMBER_POINT, NUMBER_POWER and NUMBER_SIGN are not the end of a number. */
enum number_state {
    NUMBER_STOP, /* the byte does not belong to it */
    NUMBER_MINUS,
    NUMBER_ZERO,
    NUMBER_WHOLE,
    NUMBER_POINT,
    NUMBER_FRACTION,
    NUMBER_POWER,
    NUMBER_SIGN,
    NUMBER_EXPONENT,
    NUMBER_STATES
};

struct lexer {
    const char *at;        /* the next byte to look at */
    const char *end;       /* of the piece, or where max_bytes ends within it */
    const char *piece_end; /* of the piece */
    uint64_t fed;          /* the stream offset of piece_end */
    const char *counted;   /* to here the lines of the piece are counted */
    uint64_t lines;        /* that have ended */
    uint64_t line_start;   /* the stream offset of the one in progress */
    uint64_t value_start;  /* of the top-level value in progress */
    uint64_t max_bytes;
    unsigned max_depth;
    unsigned depth;
    enum expect expect;
    bool in_object; /* the innermost bracket is a brace */
    bool skip;
    bool finished;
    enum lexer_token_kind last; /* LEXER_BAD and such, for good; else LEXER_MORE */

    /* The token that the end of a piece has cut; LEXER_MORE for none. */
    enum lexer_token_kind cut;
    bool lost;    /* its text is not kept */
    bool escaped; /* it, or the one being scanned, has a backslash */
    uint64_t cut_offset;
    unsigned char state;                 /* string_state, or number_state */
    unsigned char hex_left;              /* HEX: digits to come; CONTINUATION: bytes to come */
    unsigned char byte_least, byte_most; /* CONTINUATION: the range of the next one */
    const char *word;                    /* the rest of true, false or null */
    char *carry;
    size_t held, room;

    const char *diagnostic;
    uint64_t diagnostic_offset;
    uint64_t braces[LEXER_DEPTH_MAX / 64]; /* by depth: 1 for an object, 0 for an array */
};

/* The stream offset of a byte of the piece. */
static inline uint64_t lexer_offset_of(const struct lexer *lexer, const char *at)
{
    return lexer->fed - (uint64_t)(lexer->piece_end - at);
}

static inline void lexer_set_diagnostic(struct lexer *lexer, const char *at, const char *diagnostic)
{
    lexer->diagnostic = diagnostic;
    lexer->diagnostic_offset = lexer_offset_of(lexer, at);
}

/*
 * Each scans bytes of a token from `at` on, going on in the state where the
 * last call left it.  Returns the end of what belongs to the token: lexer->end
 * where the piece cuts it, else the token's own end.  NULL after a diagnostic.
 */
const char *lexer_scan_string(struct lexer *lexer, const char *at); /* whole: STRING_CLOSED */
const char *lexer_scan_number(struct lexer *lexer,
                              const char *at);                    /* ends before `end`, if at all */
const char *lexer_scan_word(struct lexer *lexer, const char *at); /* whole: *word is NUL */

/* Whether a number in this state may end before `next`, or without a next
 * byte at all (-1). */
bool lexer_number_may_end(enum number_state state, int next);

#endif
