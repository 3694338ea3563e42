/* SPDX-License-Identifier: ISC */

/* The bytes of strings, numbers and words, the meaning of escapes, tokens as text. */

#include "proto/lexer.h"

#include <string.h>

#include "proto/lexer_internal.h"
#include "proto/scan.h"
#include "proto/utf8.h"

/* ---- Strings -------------------------------------------------------------- */

static bool is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The first byte of a character beyond ASCII: how many follow, and which. */
static bool open_character(struct lexer *lexer, unsigned char c)
{
    struct utf8_lead lead = utf8_lead(c);

    if (lead.following == 0)
        return false;
    lexer->hex_left = lead.following;
    lexer->byte_least = lead.least;
    lexer->byte_most = lead.most;
    lexer->state = STRING_CONTINUATION;
    return true;
}

/* Each takes one byte of a string and returns a diagnostic or NULL. */
static const char *take_unescaped(struct lexer *lexer, unsigned char c)
{
    if (c == '"')
        lexer->state = STRING_CLOSED;
    else if (c == '\\')
        lexer->state = STRING_ESCAPE;
    else if (c < 0x20)
        return c == 0 ? "a NUL byte in a string" : "a control character in a string";
    else if (c >= 0x80 && !open_character(lexer, c))
        return "a byte that is not UTF-8 in a string";
    return NULL;
}

static const char *take_escape(struct lexer *lexer, unsigned char c)
{
    lexer->escaped = true;
    lexer->state = c == 'u' ? STRING_HEX : STRING_PLAIN;
    lexer->hex_left = 4;
    if (c == 'u' || c == 'n' || c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' ||
        c == 'r' || c == 't')
        return NULL;
    return "a backslash before a character that it does not escape";
}

static const char *take_hex(struct lexer *lexer, unsigned char c)
{
    if (!is_hex(c))
        return "a \\u without four hexadecimal digits";
    if (--lexer->hex_left == 0)
        lexer->state = STRING_PLAIN;
    return NULL;
}

static const char *take_continuation(struct lexer *lexer, unsigned char c)
{
    if (c < lexer->byte_least || c > lexer->byte_most)
        return "a byte that is not UTF-8 in a string";
    lexer->byte_least = 0x80;
    lexer->byte_most = 0xBF;
    if (--lexer->hex_left == 0)
        lexer->state = STRING_PLAIN;
    return NULL;
}

const char *lexer_scan_string(struct lexer *lexer, const char *at)
{
    const char *end = lexer->end;
    while (lexer->state != STRING_CLOSED) {
        if (lexer->state == STRING_PLAIN)
            at = scan_unescaped(at, end);
        if (at == end)
            break;
        unsigned char c = (unsigned char)*at;
        const char *diagnostic = lexer->state == STRING_PLAIN          ? take_unescaped(lexer, c)
                                 : lexer->state == STRING_ESCAPE       ? take_escape(lexer, c)
                                 : lexer->state == STRING_CONTINUATION ? take_continuation(lexer, c)
                                                                       : take_hex(lexer, c);
        if (diagnostic != NULL) {
            lexer_set_diagnostic(lexer, at, diagnostic);
            return NULL;
        }
        at++;
    }
    return at;
}

enum number_class { OTHER, DIGIT_0, DIGIT, DOT, LETTER_E, PLUS, DASH, NUMBER_CLASSES };

static const unsigned char number_class[256] = {
    ['0'] = DIGIT_0, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT,    ['4'] = DIGIT,
    ['5'] = DIGIT,   ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT,    ['9'] = DIGIT,
    ['.'] = DOT,     ['+'] = PLUS,  ['-'] = DASH,  ['e'] = LETTER_E, ['E'] = LETTER_E,
};

/* The state that follows; NUMBER_STOP where nothing is said. */
static const unsigned char number_table[NUMBER_STATES][NUMBER_CLASSES] = {
    [NUMBER_MINUS] = {[DIGIT_0] = NUMBER_ZERO, [DIGIT] = NUMBER_WHOLE},
    [NUMBER_ZERO] = {[DOT] = NUMBER_POINT, [LETTER_E] = NUMBER_POWER},
    [NUMBER_WHOLE] = {[DIGIT_0] = NUMBER_WHOLE,
                      [DIGIT] = NUMBER_WHOLE,
                      [DOT] = NUMBER_POINT,
                      [LETTER_E] = NUMBER_POWER},
    [NUMBER_POINT] = {[DIGIT_0] = NUMBER_FRACTION, [DIGIT] = NUMBER_FRACTION},
    [NUMBER_FRACTION] =
        {[DIGIT_0] = NUMBER_FRACTION, [DIGIT] = NUMBER_FRACTION, [LETTER_E] = NUMBER_POWER},
    [NUMBER_POWER] = {[DIGIT_0] = NUMBER_EXPONENT,
                      [DIGIT] = NUMBER_EXPONENT,
                      [PLUS] = NUMBER_SIGN,
                      [DASH] = NUMBER_SIGN},
    [NUMBER_SIGN] = {[DIGIT_0] = NUMBER_EXPONENT, [DIGIT] = NUMBER_EXPONENT},
    [NUMBER_EXPONENT] = {[DIGIT_0] = NUMBER_EXPONENT, [DIGIT] = NUMBER_EXPONENT},
};

static const char *const number_diagnostics[NUMBER_STATES] = {
    [NUMBER_MINUS] = "a minus sign without a digit after it",
    [NUMBER_POINT] = "a decimal point without a digit after it",
    [NUMBER_POWER] = "an exponent without a digit",
    [NUMBER_SIGN] = "an exponent without a digit",
};

/* What is wrong with a number in this state that ends before `next`, or NULL. */
static const char *judge_end(unsigned state, int next)
{
    if (state == NUMBER_ZERO && next >= '0' && next <= '9')
        return "a number with a leading zero";
    return number_diagnostics[state];
}

bool lexer_number_may_end(enum number_state state, int next)
{
    if (next >= 0 && number_table[state][number_class[(unsigned char)next]] != NUMBER_STOP)
        return false;
    return judge_end(state, next) == NULL;
}

const char *lexer_scan_number(struct lexer *lexer, const char *at)
{
    const char *end = lexer->end;
    unsigned state = lexer->state;
    for (; at < end; at++) {
        unsigned next = number_table[state][number_class[(unsigned char)*at]];
        if (next == NUMBER_STOP)
            break;
        state = next;
    }
    lexer->state = (unsigned char)state;
    if (at == end)
        return at;
    const char *diagnostic = judge_end(state, (unsigned char)*at);
    if (diagnostic == NULL)
        return at;
    lexer_set_diagnostic(lexer, at, diagnostic);
    return NULL;
}

const char *lexer_scan_word(struct lexer *lexer, const char *at)
{
    for (; at < lexer->end && *lexer->word != '\0'; at++, lexer->word++) {
        if (*at != *lexer->word) {
            lexer_set_diagnostic(lexer, at, "a word that is none of true, false and null");
            return NULL;
        }
    }
    return at;
}

/* ---- Decoding --------------------------------------------------------------- */

/* The most bytes that one character is decoded to. */
#define LEXER_DECODED_MAX 4

static unsigned read_hex(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i];
        value = value << 4 | (c <= '9' ? c - 0x30u : (c | 0x20u) - 0x61u + 10u);
    }
    return value;
}

/* Decodes the escape whose backslash is at `at`; returns what comes after it. */
static const char *decode_escape(const char *at, const char *end, char **out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char c = at[1];
    if (c != 'u') {
        const char *found = strchr(from, c);
        *(*out)++ = found != NULL ? to[found - from] : c;
        return at + 2;
    }
    unsigned code = read_hex(at + 2);
    at += 6;
    if (code >= 0xD800 && code <= 0xDBFF && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        unsigned low = read_hex(at + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
        }
    }
    *out = utf8_write(*out, code);
    return at;
}

const char *lexer_decode_piece(const char *at, const char *end, size_t most, char **out)
{
    const char *stop = most < (size_t)(end - at) ? at + most : end;
    char *to = *out;
    while (at < stop) {
        if (*at == '\\')
            at = decode_escape(at, end, &to);
        else
            *to++ = *at++;
    }
    *out = to;
    return at;
}

size_t lexer_decode(const char *text, size_t len, char *out)
{
    char *to = out;
    (void)lexer_decode_piece(text + 1, text + len - 1, len, &to);
    return (size_t)(to - out);
}

/* The rest of a string token, decoded a few bytes at a time. */
struct decoding {
    const char *at, *end;
    char bytes[LEXER_DECODED_MAX];
    size_t from, to; /* of the bytes, those not compared yet */
};

static struct decoding begin_decoding(const char *text, size_t len)
{
    return (struct decoding){.at = text + 1, .end = text + len - 1};
}

/* False at the end of the string. */
static bool decode_more(struct decoding *decoding)
{
    char *out = decoding->bytes;

    if (decoding->from < decoding->to)
        return true;
    decoding->at = lexer_decode_piece(decoding->at, decoding->end, 1, &out);
    decoding->from = 0;
    decoding->to = (size_t)(out - decoding->bytes);
    return decoding->to > 0;
}

bool lexer_same_string(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct decoding one, other;
    bool more, more_of_other;

    if (memchr(a, '\\', a_len) == NULL && memchr(b, '\\', b_len) == NULL)
        return a_len == b_len && memcmp(a, b, a_len) == 0;
    one = begin_decoding(a, a_len);
    other = begin_decoding(b, b_len);
    for (;;) {
        more = decode_more(&one);
        more_of_other = decode_more(&other);
        if (!more || !more_of_other)
            return more == more_of_other;
        if (one.bytes[one.from++] != other.bytes[other.from++])
            return false;
    }
}

/* ---- Tokens as text ----------------------------------------------------------- */

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
