/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LEXER_H
#define WAITD_LEXER_H

/*
 * JSON (RFC 8259) as a stream of tokens, from bytes that come in any pieces.
 *
 * The lexer is strict: it accepts exactly the grammar, with well-formed UTF-8
 * and nothing else, and it keeps the nesting itself, so that the reader of the
 * tokens only ever sees well-formed values, one after another.  It can stop
 * at any byte and go on with the next piece.  A token that lies within one
 * piece is returned in place; only one that is cut by the end of a
 * piece is copied.
 *
 * It judges syntax and size and nothing more: numbers too large for any type,
 * escaped lone surrogates and repeated keys are JSON, and what to make of
 * them is the reader's decision.  That is why a library that builds values
 * (and refuses such texts as it does so) does not occur here.
 *
 * Not re-entrant; one lexer a stream.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lexer_token_kind {
    LEXER_MORE,         /* the piece is used up; feed the next one */
    LEXER_OBJECT_BEGIN, /* { */
    LEXER_OBJECT_END,   /* } */
    LEXER_ARRAY_BEGIN,  /* [ */
    LEXER_ARRAY_END,    /* ] */
    LEXER_KEY,          /* a member's name; its value comes next */
    LEXER_STRING,
    LEXER_NUMBER,
    LEXER_TRUE,
    LEXER_FALSE,
    LEXER_NULL,
    LEXER_BAD,      /* a syntax error: see lexer_diagnostic(); nothing comes after it */
    LEXER_TOO_LONG, /* a value of more than max_bytes; nothing comes after it */
    LEXER_TOO_DEEP, /* nested deeper than max_depth; nothing comes after it */
    LEXER_NOMEM,    /* no memory to keep the token in progress: it will come, but without text */
    LEXER_END,      /* after lexer_finish(): the input ended between values */
};

struct lexer_token {
    enum lexer_token_kind kind;
    unsigned depth;   /* 0 for a whole top-level value and its brackets; a member's key
                       * and value are one deeper than the object's brackets */
    bool escaped;     /* KEY, STRING: there is a backslash in it */
    const char *text; /* KEY, STRING: the token with its quotes; NUMBER: its digits; valid
                       * until the next call; NULL where it was not kept (lexer_skip(),
                       * LEXER_NOMEM) */
    size_t len;       /* bytes at text */
    uint64_t offset;  /* of its first byte in the stream */
};

/* Whether it is an opening bracket, or a closing one. */
static inline bool lexer_opens(const struct lexer_token *token)
{
    return token->kind == LEXER_OBJECT_BEGIN || token->kind == LEXER_ARRAY_BEGIN;
}

static inline bool lexer_closes(const struct lexer_token *token)
{
    return token->kind == LEXER_OBJECT_END || token->kind == LEXER_ARRAY_END;
}

/* What is written for a token, brackets and literals too. */
const char *lexer_token_text(const struct lexer_token *token);
size_t lexer_token_length(const struct lexer_token *token);

/* Whether lexer_next() returned no token although the piece may not be used up: the stream is over,
 * or there was no memory. */
static inline bool lexer_has_stopped(enum lexer_token_kind kind)
{
    return kind >= LEXER_BAD;
}

struct lexer;

/* More brackets than this are never open at once, whatever max_depth. */
#define LEXER_DEPTH_MAX 1024

/* max_bytes: of one top-level value, first byte to last; max_depth: brackets
 * open at once.  NULL when out of memory. */
struct lexer *lexer_new(uint64_t max_bytes, unsigned max_depth);
void lexer_free(struct lexer *lexer);

/*
 * Where a stream is between two values, so that a lexer that waits for the next one may be
 * freed and another continue from there.  To be asked for after lexer_feed() or LEXER_MORE,
 * and not inside a value; to be set before any input.
 */
struct lexer_place {
    uint64_t offset;     /* in the stream */
    uint64_t lines;      /* that have ended */
    uint64_t line_start; /* the stream offset of the one in progress */
};
struct lexer_place lexer_place(const struct lexer *lexer);
void lexer_continue(struct lexer *lexer, const struct lexer_place *place);

/* Changes the limits from the next token on. */
void lexer_limit(struct lexer *lexer, uint64_t max_bytes, unsigned max_depth);

/* Feeds the next piece, which must stay where it is until lexer_next() returns
 * LEXER_MORE.  To be called at the start and after LEXER_MORE; also between two
 * tokens, to withdraw the unread rest of a piece: the bytes that lexer_rest()
 * counts are then forgotten, and are to be fed again. */
void lexer_feed(struct lexer *lexer, const char *piece, size_t len);

/* Says that nothing comes after the last piece.  If that ends inside a value
 * it is a syntax error. */
void lexer_finish(struct lexer *lexer);

/*
 * Releases some of the memory that a long token was kept in, once it has been
 * used; to be called before lexer_next() until it returns true, other work being
 * done in between.
 */
bool lexer_drain(struct lexer *lexer);

/* Hands out the next token. */
enum lexer_token_kind lexer_next(struct lexer *lexer, struct lexer_token *token);

/*
 * While skipping, tokens are still checked and handed out, but one that is
 * cut by the end of a piece is not kept and comes without text, so passing
 * over a value of any size takes no memory.  A token in progress is dropped.
 */
void lexer_skip(struct lexer *lexer, bool skip);

/*
 * Elements of an array that a caller can read by itself.  Between two tokens,
 * where an element of an array may come next and may hold brackets of its own,
 * lexer_elements() returns what of the piece can be looked at, and
 * returns true.  A caller who is certain that some bytes from window.at on are
 * whole elements, by the letter of RFC 8259, each with one more bracket open at
 * most, passes them by saying where the last one ends.
 */
struct lexer_window {
    const char *at, *end; /* to where the piece or max_bytes ends */
    bool comma;           /* a comma comes before the next element */
};
bool lexer_elements(const struct lexer *lexer, struct lexer_window *window);
void lexer_pass(struct lexer *lexer, const char *end);

/* How many bytes of the last piece have not been read yet. */
size_t lexer_rest(const struct lexer *lexer);

/* Whether a value has begun and not ended. */
bool lexer_is_inside(const struct lexer *lexer);

/* Bytes held for a token that is not complete yet. */
size_t lexer_held(const struct lexer *lexer);

/* The stream offset of the next byte. */
uint64_t lexer_offset(const struct lexer *lexer);

/* After LEXER_BAD: what was wrong, as the middle of a sentence (`a comma
 * before the closing bracket`), and where: the offset in the stream, and what
 * an editor calls that place, counted from 1 (columns in bytes). */
const char *lexer_diagnostic(const struct lexer *lexer);
uint64_t lexer_diagnostic_offset(const struct lexer *lexer);
uint64_t lexer_diagnostic_line(const struct lexer *lexer);
uint64_t lexer_diagnostic_column(const struct lexer *lexer);

/*
 * Decodes the escapes of a string token (with its quotes) to UTF-8 into out,
 * which must hold at least len bytes.  Returns the decoded length.  A lone
 * surrogate is written as if it were a character (three bytes): such strings
 * can be distinguished and compared, which is all that is needed here.
 */
size_t lexer_decode(const char *token, size_t len, char *out);

/*
 * The same in pieces: decodes from `at`, first behind the opening quote, until
 * `most` bytes have been read or a few more, or `end` is reached, the closing
 * quote.  Returns where it stopped; *out is moved behind what was written.
 */
const char *lexer_decode_piece(const char *at, const char *end, size_t most, char **out);

/* Whether two string tokens (with their quotes) say the same, whichever characters
 * either of them escapes. */
bool lexer_same_string(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
