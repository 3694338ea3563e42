/* SPDX-License-Identifier: ISC */
#include "proto/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/lexer_internal.h"
#include "proto/scan.h"

/* A carry buffer larger than this is released once its token is used, so much of
 * it at a time. */
#define CARRY_KEPT_BYTES  65536
#define CARRY_DRAIN_BYTES ((size_t)256 << 10)
#define CARRY_FIRST_ROOM  256

/* ---- Making and feeding -------------------------------------------------- */

struct lexer *lexer_new(uint64_t max_bytes, unsigned max_depth)
{
    struct lexer *lexer = malloc(sizeof(*lexer));
    if (lexer == NULL)
        return NULL;
    *lexer = (struct lexer){.last = LEXER_MORE, .cut = LEXER_MORE};
    lexer->at = lexer->end = lexer->piece_end = lexer->counted = "";
    lexer_limit(lexer, max_bytes, max_depth);
    return lexer;
}

void lexer_free(struct lexer *lexer)
{
    if (lexer == NULL)
        return;
    free(lexer->carry);
    free(lexer);
}

struct lexer_place lexer_place(const struct lexer *lexer)
{
    return (struct lexer_place){
        .offset = lexer_offset(lexer), .lines = lexer->lines, .line_start = lexer->line_start};
}

void lexer_continue(struct lexer *lexer, const struct lexer_place *place)
{
    lexer->fed = place->offset;
    lexer->lines = place->lines;
    lexer->line_start = place->line_start;
}

/* Sets `end` so that no byte beyond the value's limit is looked at. */
static void set_window(struct lexer *lexer)
{
    lexer->end = lexer->piece_end;
    if (lexer->depth == 0 && lexer->cut == LEXER_MORE)
        return;
    uint64_t used = lexer_offset_of(lexer, lexer->at) - lexer->value_start;
    uint64_t left = used < lexer->max_bytes ? lexer->max_bytes - used : 0;
    if (left < (uint64_t)(lexer->piece_end - lexer->at))
        lexer->end = lexer->at + left;
}

void lexer_limit(struct lexer *lexer, uint64_t max_bytes, unsigned max_depth)
{
    lexer->max_bytes = max_bytes;
    lexer->max_depth = max_depth < LEXER_DEPTH_MAX ? max_depth : LEXER_DEPTH_MAX;
    set_window(lexer);
}

/* Counts the lines of the piece up to `to`, before the piece is given up. */
static void count_lines(struct lexer *lexer, const char *to)
{
    uint64_t lines = scan_count_lines(lexer->counted, to);
    if (lines > 0) {
        const char *start = to;
        while (start[-1] != '\n')
            start--;
        lexer->lines += lines;
        lexer->line_start = lexer_offset_of(lexer, start);
    }
    lexer->counted = to;
}

void lexer_feed(struct lexer *lexer, const char *piece, size_t len)
{
    if (piece == NULL)
        piece = "";
    count_lines(lexer, lexer->at);
    lexer->fed -= lexer_rest(lexer);
    lexer->at = lexer->counted = piece;
    lexer->piece_end = piece + len;
    lexer->fed += len;
    set_window(lexer);
}

void lexer_finish(struct lexer *lexer)
{
    lexer->finished = true;
}

static void free_carry(struct lexer *lexer)
{
    free(lexer->carry);
    lexer->carry = NULL;
    lexer->held = lexer->room = 0;
}

/* The carried token has been used, or nobody wants it. */
static void drop_carry(struct lexer *lexer)
{
    lexer->held = 0;
}

bool lexer_drain(struct lexer *lexer)
{
    /* What was not written takes no time to release. */
    size_t room = lexer->held > 0 ? lexer->held : lexer->room;
    char *carry;

    if (lexer->room <= CARRY_KEPT_BYTES || lexer->cut != LEXER_MORE)
        return true;
    room =
        room > CARRY_KEPT_BYTES + CARRY_DRAIN_BYTES ? room - CARRY_DRAIN_BYTES : CARRY_KEPT_BYTES;
    carry = realloc(lexer->carry, room);
    if (carry == NULL) { /* as some allocators do when out of memory */
        free_carry(lexer);
        return true;
    }
    lexer->carry = carry;
    lexer->room = room;
    lexer->held = 0;
    return room <= CARRY_KEPT_BYTES;
}

void lexer_skip(struct lexer *lexer, bool skip)
{
    lexer->skip = skip;
    if (skip && lexer->cut != LEXER_MORE) {
        lexer->lost = true;
        drop_carry(lexer);
    }
}

size_t lexer_rest(const struct lexer *lexer)
{
    return (size_t)(lexer->piece_end - lexer->at);
}

size_t lexer_held(const struct lexer *lexer)
{
    return lexer->cut != LEXER_MORE ? lexer->held : 0;
}

bool lexer_is_inside(const struct lexer *lexer)
{
    return lexer->depth > 0 || lexer->cut != LEXER_MORE;
}

uint64_t lexer_offset(const struct lexer *lexer)
{
    return lexer_offset_of(lexer, lexer->at);
}

const char *lexer_diagnostic(const struct lexer *lexer)
{
    return lexer->diagnostic != NULL ? lexer->diagnostic : "nothing";
}

uint64_t lexer_diagnostic_offset(const struct lexer *lexer)
{
    return lexer->diagnostic_offset;
}

uint64_t lexer_diagnostic_line(const struct lexer *lexer)
{
    return lexer->lines + 1;
}

uint64_t lexer_diagnostic_column(const struct lexer *lexer)
{
    return lexer->diagnostic_offset - lexer->line_start + 1;
}

/* ---- Handing out ---------------------------------------------------------- */

static enum lexer_token_kind stop(struct lexer *lexer, struct lexer_token *token,
                                  enum lexer_token_kind kind)
{
    if (kind == LEXER_BAD && lexer->last == LEXER_MORE)
        count_lines(lexer, lexer->piece_end - (lexer->fed - lexer->diagnostic_offset));
    lexer->last = kind;
    token->kind = kind;
    token->offset = kind == LEXER_BAD ? lexer->diagnostic_offset : lexer_offset(lexer);
    token->depth = lexer->depth;
    token->text = NULL;
    token->len = 0;
    return kind;
}

static enum lexer_token_kind bad(struct lexer *lexer, struct lexer_token *token, const char *at,
                                 const char *diagnostic)
{
    lexer_set_diagnostic(lexer, at, diagnostic);
    lexer->at = at;
    return stop(lexer, token, LEXER_BAD);
}

/* Keeps a part of a cut token.  -1 when out of memory. */
static int keep(struct lexer *lexer, const char *part, size_t len)
{
    if (lexer->lost)
        return 0;
    if (len > lexer->room - lexer->held) {
        size_t room = block_grown_size(lexer->held + len);
        if (room < CARRY_FIRST_ROOM)
            room = CARRY_FIRST_ROOM;
        char *carry = realloc(lexer->carry, room);
        if (carry == NULL)
            return -1;
        lexer->carry = carry;
        lexer->room = room;
    }
    if (len > 0)
        memcpy(lexer->carry + lexer->held, part, len);
    lexer->held += len;
    return 0;
}

static enum lexer_token_kind out_of_memory(struct lexer *lexer, struct lexer_token *token)
{
    lexer->lost = true;
    drop_carry(lexer);
    stop(lexer, token, LEXER_NOMEM);
    lexer->last = LEXER_MORE;
    return LEXER_NOMEM;
}

/* After a value: what may come next, and at top level no limit any more. */
static void close_value(struct lexer *lexer)
{
    if (lexer->depth > 0) {
        lexer->expect = EXPECT_COMMA_OR_END;
        return;
    }
    lexer->expect = EXPECT_TOP;
    lexer->end = lexer->piece_end;
}

/* A whole token of text lies between `from` and `to`. */
static enum lexer_token_kind hand_out(struct lexer *lexer, struct lexer_token *token,
                                      enum lexer_token_kind kind, const char *from, const char *to)
{
    token->kind = kind;
    token->depth = lexer->depth;
    token->escaped = lexer->escaped;
    token->text = from;
    token->len = (size_t)(to - from);
    token->offset = lexer_offset_of(lexer, from);
    lexer->at = to;
    if (kind != LEXER_KEY) {
        close_value(lexer);
    } else if (to < lexer->end && *to == ':') {
        lexer->at = to + 1;
        lexer->expect = EXPECT_VALUE;
    } else {
        lexer->expect = EXPECT_COLON;
    }
    return kind;
}

static bool is_text(enum lexer_token_kind kind)
{
    return kind == LEXER_KEY || kind == LEXER_STRING;
}

static const char *scan(struct lexer *lexer, enum lexer_token_kind kind, const char *at)
{
    if (is_text(kind))
        return lexer_scan_string(lexer, at);
    return kind == LEXER_NUMBER ? lexer_scan_number(lexer, at) : lexer_scan_word(lexer, at);
}

/* Whether the token that was scanned up to lexer->at ends there. */
static bool is_whole(const struct lexer *lexer, enum lexer_token_kind kind)
{
    if (is_text(kind))
        return lexer->state == STRING_CLOSED;
    return kind == LEXER_NUMBER ? lexer->at < lexer->end : *lexer->word == '\0';
}

/* Hands out the token that had been cut and now ends at lexer->at. */
static enum lexer_token_kind hand_out_cut(struct lexer *lexer, struct lexer_token *token)
{
    enum lexer_token_kind kind = lexer->cut;
    lexer->cut = LEXER_MORE;
    hand_out(lexer, token, kind, lexer->at, lexer->at);
    token->offset = lexer->cut_offset;
    token->text = lexer->lost ? NULL : lexer->carry;
    token->len = lexer->lost ? 0 : lexer->held;
    return kind;
}

/* A number at top level has no closing byte: whether it ends where the bytes
 * that may be looked at do. */
static bool top_number_ends(const struct lexer *lexer)
{
    if (lexer->cut != LEXER_NUMBER || lexer->depth > 0)
        return false;
    if (lexer->end < lexer->piece_end)
        return lexer_number_may_end(lexer->state, (unsigned char)*lexer->end);
    return lexer->finished && lexer_number_may_end(lexer->state, -1);
}

/* There is no byte to look at. */
static enum lexer_token_kind run_out(struct lexer *lexer, struct lexer_token *token)
{
    if (top_number_ends(lexer))
        return hand_out_cut(lexer, token);
    if (lexer->end < lexer->piece_end)
        return stop(lexer, token, LEXER_TOO_LONG);
    if (!lexer->finished) {
        count_lines(lexer, lexer->at);
        if (!lexer_is_inside(lexer))
            free_carry(lexer); /* a stream may be idle for long here */
        stop(lexer, token, LEXER_MORE);
        return LEXER_MORE;
    }
    if (lexer_is_inside(lexer))
        return bad(lexer, token, lexer->at, "the input ended inside a value");
    return stop(lexer, token, LEXER_END);
}

/* The end of the piece cuts a token that began at `from`. */
static enum lexer_token_kind cut(struct lexer *lexer, struct lexer_token *token,
                                 enum lexer_token_kind kind, const char *from)
{
    lexer->cut = kind;
    lexer->cut_offset = lexer_offset_of(lexer, from);
    lexer->lost = lexer->skip;
    lexer->at = lexer->end;
    if (keep(lexer, from, (size_t)(lexer->end - from)) != 0)
        return out_of_memory(lexer, token);
    return run_out(lexer, token);
}

/* Goes on with the token that was cut. */
static enum lexer_token_kind resume(struct lexer *lexer, struct lexer_token *token)
{
    const struct lexer before = *lexer;
    const char *from = lexer->at;
    const char *to = scan(lexer, lexer->cut, from);
    if (to == NULL)
        return stop(lexer, token, LEXER_BAD);
    lexer->at = to;
    if (keep(lexer, from, (size_t)(to - from)) != 0) {
        *lexer = before; /* the bytes are scanned again, and not kept */
        return out_of_memory(lexer, token);
    }
    return is_whole(lexer, lexer->cut) ? hand_out_cut(lexer, token) : run_out(lexer, token);
}

/* ---- Grammar ---------------------------------------------------------------- */

static enum lexer_token_kind begin_text(struct lexer *lexer, struct lexer_token *token,
                                        enum lexer_token_kind kind, const char *from,
                                        unsigned char state)
{
    lexer->escaped = false;
    lexer->state = state;
    const char *to = scan(lexer, kind, from + 1);
    if (to == NULL)
        return stop(lexer, token, LEXER_BAD);
    lexer->at = to;
    return is_whole(lexer, kind) ? hand_out(lexer, token, kind, from, to)
                                 : cut(lexer, token, kind, from);
}

/* By far the most strings hold nothing special and lie within the piece. */
static inline enum lexer_token_kind begin_string(struct lexer *lexer, struct lexer_token *token,
                                                 enum lexer_token_kind kind, const char *from)
{
    const char *quote = scan_unescaped(from + 1, lexer->end);
    if (quote < lexer->end && *quote == '"') {
        lexer->escaped = false;
        return hand_out(lexer, token, kind, from, quote + 1);
    }
    return begin_text(lexer, token, kind, from, STRING_PLAIN);
}

static enum lexer_token_kind begin_word(struct lexer *lexer, struct lexer_token *token,
                                        enum lexer_token_kind kind, const char *from)
{
    lexer->word = kind == LEXER_TRUE ? "rue" : kind == LEXER_FALSE ? "alse" : "ull";
    return begin_text(lexer, token, kind, from, STRING_PLAIN);
}

static enum lexer_token_kind open_bracket(struct lexer *lexer, struct lexer_token *token,
                                          const char *at, bool object)
{
    if (lexer->depth >= lexer->max_depth) {
        lexer->at = at;
        return stop(lexer, token, LEXER_TOO_DEEP);
    }
    token->kind = object ? LEXER_OBJECT_BEGIN : LEXER_ARRAY_BEGIN;
    token->depth = lexer->depth;
    token->text = NULL;
    token->len = 0;
    token->offset = lexer_offset_of(lexer, at);
    uint64_t bit = 1ULL << lexer->depth % 64;
    uint64_t *word = &lexer->braces[lexer->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    lexer->depth++;
    lexer->in_object = object;
    lexer->expect = object ? EXPECT_FIRST_KEY : EXPECT_FIRST_VALUE;
    lexer->at = at + 1;
    return token->kind;
}

static enum lexer_token_kind close_bracket(struct lexer *lexer, struct lexer_token *token,
                                           const char *at)
{
    token->kind = lexer->in_object ? LEXER_OBJECT_END : LEXER_ARRAY_END;
    token->text = NULL;
    token->len = 0;
    token->offset = lexer_offset_of(lexer, at);
    lexer->depth--;
    token->depth = lexer->depth;
    unsigned outer = lexer->depth - 1; /* not looked at when there is none */
    lexer->in_object = lexer->depth > 0 && (lexer->braces[outer / 64] >> outer % 64 & 1) != 0;
    lexer->at = at + 1;
    close_value(lexer);
    return token->kind;
}

/* What to say of a byte that begins no value where one belongs. */
static const char *not_a_value(const struct lexer *lexer, unsigned char c)
{
    if (c == 0)
        return "a NUL byte";
    if (lexer->expect == EXPECT_TOP)
        return c == 0xEF   ? "a byte order mark"
               : c == 0x1E ? "a record separator (RFC 7464)"
                           : "a character that begins no value";
    if (c == ']' && lexer->expect == EXPECT_VALUE && !lexer->in_object)
        return "a comma before the closing bracket";
    if (c == '}' && lexer->in_object)
        return "a member without a value";
    if (c == ',')
        return "a comma where a value belongs";
    return "a character that begins no value";
}

static enum lexer_token_kind begin_value(struct lexer *lexer, struct lexer_token *token,
                                         const char *at)
{
    if (lexer->depth == 0) {
        lexer->value_start = lexer_offset_of(lexer, at);
        if ((uint64_t)(lexer->piece_end - at) > lexer->max_bytes)
            lexer->end = at + lexer->max_bytes;
    }
    switch (*at) {
    case '"':
        return begin_string(lexer, token, LEXER_STRING, at);
    case '{':
        return open_bracket(lexer, token, at, true);
    case '[':
        return open_bracket(lexer, token, at, false);
    case '-':
        return begin_text(lexer, token, LEXER_NUMBER, at, NUMBER_MINUS);
    case '0':
        return begin_text(lexer, token, LEXER_NUMBER, at, NUMBER_ZERO);
    case 't':
        return begin_word(lexer, token, LEXER_TRUE, at);
    case 'f':
        return begin_word(lexer, token, LEXER_FALSE, at);
    case 'n':
        return begin_word(lexer, token, LEXER_NULL, at);
    default:
        if (*at >= '1' && *at <= '9')
            return begin_text(lexer, token, LEXER_NUMBER, at, NUMBER_WHOLE);
        return bad(lexer, token, at, not_a_value(lexer, (unsigned char)*at));
    }
}

static enum lexer_token_kind begin_key(struct lexer *lexer, struct lexer_token *token,
                                       const char *at)
{
    if (*at == '"')
        return begin_string(lexer, token, LEXER_KEY, at);
    if (*at == '}' && lexer->expect == EXPECT_FIRST_KEY)
        return close_bracket(lexer, token, at);
    const char *diagnostic = "a member without a name in double quotes";
    if (*at == '}')
        diagnostic = "a comma before the closing brace";
    else if (*at == '\0')
        diagnostic = "a NUL byte";
    return bad(lexer, token, at, diagnostic);
}

static enum lexer_token_kind refuse_follower(struct lexer *lexer, struct lexer_token *token,
                                             const char *at)
{
    const char *diagnostic = "no comma or closing bracket after a value";
    if (*at == '\0')
        diagnostic = "a NUL byte";
    else if (lexer->expect == EXPECT_COLON)
        diagnostic = "no colon after a member's name";
    else if (*at == '}')
        diagnostic = "a closing brace for a bracket";
    else if (*at == ']')
        diagnostic = "a closing bracket for a brace";
    else if (lexer->in_object)
        diagnostic = "no comma or closing brace after a member";
    return bad(lexer, token, at, diagnostic);
}

/* Takes the byte at `at`, which is not white space. */
static enum lexer_token_kind take(struct lexer *lexer, struct lexer_token *token, const char *at)
{
    switch (lexer->expect) {
    case EXPECT_FIRST_VALUE:
        if (*at == ']')
            return close_bracket(lexer, token, at);
        return begin_value(lexer, token, at);
    case EXPECT_TOP:
    case EXPECT_VALUE:
        return begin_value(lexer, token, at);
    case EXPECT_KEY:
    case EXPECT_FIRST_KEY:
        return begin_key(lexer, token, at);
    case EXPECT_COMMA_OR_END:
        if (*at == (lexer->in_object ? '}' : ']'))
            return close_bracket(lexer, token, at);
        return refuse_follower(lexer, token, at);
    case EXPECT_COLON:
        break;
    }
    return refuse_follower(lexer, token, at);
}

enum lexer_token_kind lexer_next(struct lexer *lexer, struct lexer_token *token)
{
    if (lexer->last != LEXER_MORE)
        return stop(lexer, token, lexer->last);
    if (lexer->cut != LEXER_MORE)
        return resume(lexer, token);
    if (lexer->held > 0)
        drop_carry(lexer);
    const char *at = scan_blanks(lexer->at, lexer->end);
    if (at < lexer->end && lexer->expect == EXPECT_COMMA_OR_END && *at == ',') {
        lexer->expect = lexer->in_object ? EXPECT_KEY : EXPECT_VALUE;
        at = scan_blanks(at + 1, lexer->end);
    } else if (at < lexer->end && lexer->expect == EXPECT_COLON && *at == ':') {
        lexer->expect = EXPECT_VALUE;
        at = scan_blanks(at + 1, lexer->end);
    }
    if (at == lexer->end) {
        lexer->at = at;
        return run_out(lexer, token);
    }
    return take(lexer, token, at);
}

/* ---- Elements that need no tokens -------------------------------------------- */

bool lexer_elements(const struct lexer *lexer, struct lexer_window *window)
{
    bool first = lexer->expect == EXPECT_FIRST_VALUE || lexer->expect == EXPECT_VALUE;
    if ((!first && lexer->expect != EXPECT_COMMA_OR_END) || lexer->in_object || lexer->depth == 0 ||
        lexer->depth >= lexer->max_depth || lexer->cut != LEXER_MORE || lexer->last != LEXER_MORE)
        return false;
    *window = (struct lexer_window){.at = lexer->at, .end = lexer->end, .comma = !first};
    return true;
}

void lexer_pass(struct lexer *lexer, const char *end)
{
    lexer->at = end;
    lexer->expect = EXPECT_COMMA_OR_END;
}
