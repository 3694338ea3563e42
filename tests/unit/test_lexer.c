/* SPDX-License-Identifier: ISC */
#include "proto/lexer.h"

#include <check.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

#define N(of) (sizeof(of) / sizeof((of)[0]))
#define BIG   (UINT64_C(1) << 31)

/* ---- A lexer's tokens as one line of text ------------------------------------- */

struct trace {
    char *text;
    size_t len, room;
};

static void add_bytes(struct trace *trace, const char *bytes, size_t len)
{
    if (trace->len + len + 1 > trace->room) {
        trace->room = (trace->len + len + 1) * 2;
        trace->text = realloc(trace->text, trace->room);
    }
    memcpy(trace->text + trace->len, bytes, len);
    trace->len += len;
    trace->text[trace->len] = '\0';
}

__attribute__((format(printf, 2, 3))) static void add(struct trace *trace, const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    add_bytes(trace, line, (size_t)len);
}

static const char *const marks[] = {
    [LEXER_OBJECT_BEGIN] = "{", [LEXER_OBJECT_END] = "}", [LEXER_ARRAY_BEGIN] = "[",
    [LEXER_ARRAY_END] = "]",    [LEXER_KEY] = "k",        [LEXER_STRING] = "s",
    [LEXER_NUMBER] = "n",       [LEXER_TRUE] = "t",       [LEXER_FALSE] = "f",
    [LEXER_NULL] = "0",         [LEXER_BAD] = "bad",      [LEXER_TOO_LONG] = "long",
    [LEXER_TOO_DEEP] = "deep",  [LEXER_NOMEM] = "nomem",  [LEXER_END] = "end",
};

/* `places`: with each token's depth and offset. */
static void add_token(struct trace *trace, const struct lexer *lexer,
                      const struct lexer_token *token, bool places)
{
    add(trace, "%s", marks[token->kind]);
    if (token->kind == LEXER_KEY || token->kind == LEXER_STRING || token->kind == LEXER_NUMBER) {
        if (token->text == NULL)
            add(trace, "(lost)");
        else
            add_bytes(trace, token->text, token->len);
        if (token->kind != LEXER_NUMBER && token->escaped)
            add(trace, "\\");
    }
    if (token->kind == LEXER_BAD)
        add(trace, "(%s,%llu)", lexer_complaint(lexer),
            (unsigned long long)lexer_complaint_offset(lexer));
    if (places)
        add(trace, "@%u,%llu ", token->depth, (unsigned long long)token->offset);
}

/* Takes tokens until the piece is used up.  Returns whether more may come. */
static bool drain(struct trace *trace, struct lexer *lexer, bool places)
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

struct settings {
    uint64_t max_bytes;
    unsigned max_depth;
    bool skip;
    bool places;
};

/* Feeds pieces of the lengths that `next` gives, each a copy of its own, so
 * that a token left in a piece that is gone is noticed. */
static char *trace_pieces(const char *text, size_t len, const struct settings *settings,
                          size_t (*next)(void *context), void *context)
{
    struct trace trace = {NULL, 0, 0};
    struct lexer *lexer = lexer_new(settings->max_bytes, settings->max_depth);
    lexer_skip(lexer, settings->skip);
    bool more = true;
    add_bytes(&trace, "", 0);
    for (size_t at = 0; more && at < len;) {
        size_t size = next(context);
        if (size > len - at)
            size = len - at;
        char *piece = malloc(size > 0 ? size : 1);
        memcpy(piece, text + at, size);
        lexer_feed(lexer, piece, size);
        more = drain(&trace, lexer, settings->places);
        if (more)
            ck_assert_uint_eq(lexer_rest(lexer), 0);
        at += size;
        if (more)
            ck_assert_uint_eq(lexer_offset(lexer), at);
        free(piece);
    }
    if (more) {
        lexer_finish(lexer);
        drain(&trace, lexer, settings->places);
    }
    lexer_free(lexer);
    return trace.text;
}

static size_t one_byte(void *context)
{
    (void)context;
    return 1;
}

static size_t all_bytes(void *context)
{
    (void)context;
    return SIZE_MAX;
}

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t few_bytes(void *context)
{
    uint64_t *state = context;
    return draw(state) % 6;
}

static const struct settings plain = {BIG, 64, false, false};
static const struct settings placed = {BIG, 64, false, true};

static void check_trace(const char *text, size_t len, const char *expected)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 12; i++) {
        char *trace = trace_pieces(text, len, &plain,
                                   i == 0   ? all_bytes
                                   : i == 1 ? one_byte
                                            : few_bytes,
                                   &state);
        ck_assert_msg(strcmp(trace, expected) == 0, "`%s` in pieces %d: %s, not %s", text, i, trace,
                      expected);
        free(trace);
    }
}

/* ---- What is accepted ------------------------------------------------------------ */

START_TEST(values_come_as_tokens)
{
    static const struct {
        const char *text;
        const char *trace;
    } cases[] = {
        {"", "end"},
        {" \t\r\n\r\n", "end"},
        {"{}", "{}end"},
        {"[]", "[]end"},
        {" { } [ ] ", "{}[]end"},
        {"[1,2.5,-0,1e5,-1.25E-07,0.0]", "[n1n2.5n-0n1e5n-1.25E-07n0.0]end"},
        {"{\"a\":1,\"b\":[true,false,null]}", "{k\"a\"n1k\"b\"[tf0]}end"},
        {"{ \"a\" : { \"b\" : { } } , \"c\" : \"d\" }", "{k\"a\"{k\"b\"{}}k\"c\"s\"d\"}end"},
        {"[[],{},[[]]]", "[[]{}[[]]]end"},
        {"\"\"", "s\"\"end"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u12aF\"]",
         "[s\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u12aF\"\\]end"},
        {"{\"\\u0061\":1}", "{k\"\\u0061\"\\n1}end"},
        {"[\"\\ud800\"]", "[s\"\\ud800\"\\]end"},
        {"[\"\\u0000\"]", "[s\"\\u0000\"\\]end"},
        {"[1e400,123456789012345678901234567890]", "[n1e400n123456789012345678901234567890]end"},
        {"{\"a\":1,\"a\":2}", "{k\"a\"n1k\"a\"n2}end"},
        {"[\"\x7F é € 😀 \xF4\x8F\xBF\xBF \xEF\xBF\xBF \xED\x9F\xBF \xEE\x80\x80\"]",
         "[s\"\x7F é € 😀 \xF4\x8F\xBF\xBF \xEF\xBF\xBF \xED\x9F\xBF \xEE\x80\x80\"]end"},
        {"[\r\n1\r\n]\r\n", "[n1]end"},
    };
    for (size_t i = 0; i < N(cases); i++)
        check_trace(cases[i].text, strlen(cases[i].text), cases[i].trace);
}
END_TEST

START_TEST(values_follow_each_other_with_or_without_blanks)
{
    check_trace("{}{}[]{}", 8, "{}{}[]{}end");
    check_trace("1 2\n3", 5, "n1n2n3end");
    check_trace("12", 2, "n12end");
    check_trace("1.5e3\n", 6, "n1.5e3end");
    check_trace("1[2]3", 5, "n1[n2]n3end");
    check_trace("\"a\"\"b\"1\"c\"", 10, "s\"a\"s\"b\"n1s\"c\"end");
    check_trace("truefalsenull", 13, "tf0end");
    check_trace("1-2", 3, "n1n-2end");
    check_trace("{}7", 3, "{}n7end");
}
END_TEST

START_TEST(tokens_tell_their_depth_and_place)
{
    static const char text[] = " {\"a\": [1, {\"b\":null}]}\n12 ";
    static const char expected[] = "{@0,1 k\"a\"@1,2 [@1,7 n1@2,8 {@2,11 k\"b\"@3,12 0@3,16 }@2,20 "
                                   "]@1,21 }@0,22 n12@0,24 end@0,27 ";
    char *whole = trace_pieces(text, strlen(text), &placed, all_bytes, NULL);
    char *bytes = trace_pieces(text, strlen(text), &placed, one_byte, NULL);
    ck_assert_str_eq(whole, expected);
    ck_assert_str_eq(bytes, expected);
    free(whole);
    free(bytes);
}
END_TEST

START_TEST(a_token_within_a_piece_is_not_copied)
{
    static const char text[] = "{\"key\":\"value\",\"n\":12.5}";
    struct lexer *lexer = lexer_new(BIG, 8);
    struct lexer_token token;
    size_t texts = 0;
    lexer_feed(lexer, text, strlen(text));
    while (lexer_next(lexer, &token) != LEXER_MORE) {
        if (token.text == NULL)
            continue;
        texts++;
        ck_assert_ptr_eq(token.text, text + token.offset);
        ck_assert_uint_eq(lexer_held(lexer), 0);
    }
    ck_assert_uint_eq(texts, 4);
    lexer_free(lexer);
}
END_TEST

START_TEST(a_number_at_top_level_ends_when_the_next_byte_is_seen)
{
    struct lexer *lexer = lexer_new(BIG, 8);
    struct lexer_token token;
    lexer_feed(lexer, "12", 2);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    ck_assert(lexer_is_inside(lexer));
    lexer_feed(lexer, "3", 1);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    ck_assert_uint_eq(lexer_held(lexer), 3);
    lexer_feed(lexer, "\n", 1);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_NUMBER);
    ck_assert_uint_eq(token.len, 3);
    ck_assert_mem_eq(token.text, "123", 3);
    ck_assert(!lexer_is_inside(lexer));
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    lexer_free(lexer);
}
END_TEST

/* ---- What is refused ---------------------------------------------------------------- */

/* `complaint` is part of it; `offset` where it stands. */
struct refusal {
    const char *text;
    const char *complaint;
    unsigned offset;
};

static void check_refusal(const struct refusal *expected, size_t len)
{
    static size_t (*const splits[])(void *) = {all_bytes, one_byte, few_bytes};
    uint64_t state = 1234567;
    for (size_t i = 0; i < N(splits); i++) {
        char *trace = trace_pieces(expected->text, len, &plain, splits[i], &state);
        const char *bad = strstr(trace, "bad(");
        char offset[32];
        snprintf(offset, sizeof(offset), ",%u)", expected->offset);
        ck_assert_msg(
            bad != NULL && strstr(bad, expected->complaint) != NULL && strstr(bad, offset) != NULL,
            "`%s`: %s, not %s at %u", expected->text, trace, expected->complaint, expected->offset);
        free(trace);
    }
}

START_TEST(what_is_not_json_is_told_with_its_place)
{
    static const struct refusal cases[] = {
        {"[1,]", "a comma before the closing bracket", 3},
        {"{\"a\":1,}", "a comma before the closing brace", 7},
        {"[,1]", "a comma where a value belongs", 1},
        {"[1,,2]", "a comma where a value belongs", 3},
        {"[1 2]", "no comma or closing bracket", 3},
        {"{\"a\":1 \"b\":2}", "no comma or closing brace", 7},
        {"{\"a\" 1}", "no colon", 5},
        {"{\"a\":}", "a member without a value", 5},
        {"{\"a\"}", "no colon", 4},
        {"{a:1}", "a member without a name in double quotes", 1},
        {"{1:1}", "a member without a name in double quotes", 1},
        {"{,}", "a member without a name in double quotes", 1},
        {"[1}", "a closing brace for a bracket", 2},
        {"{\"a\":1]", "a closing bracket for a brace", 6},
        {"]", "begins no value", 0},
        {"{}}", "begins no value", 2},
        {"[}", "begins no value", 1},
        {"GET / HTTP/1.1\r\n", "begins no value", 0},
        {"'a'", "begins no value", 0},
        {"[NaN]", "begins no value", 1},
        {"[+1]", "begins no value", 1},
        {"[.5]", "begins no value", 1},
        {"[tru]", "none of true, false and null", 4},
        {"[nulL]", "none of true, false and null", 4},
        {"[True]", "begins no value", 1},
        {"[truex]", "no comma or closing bracket", 5},
        {"[01]", "a leading zero", 2},
        {"01", "a leading zero", 1},
        {"[-01]", "a leading zero", 3},
        {"[-]", "a minus sign without a digit", 2},
        {"[-a]", "a minus sign without a digit", 2},
        {"[1.]", "a decimal point without a digit", 3},
        {"1. ", "a decimal point without a digit", 2},
        {"[1.e5]", "a decimal point without a digit", 3},
        {"[1e]", "an exponent without a digit", 3},
        {"[1e+]", "an exponent without a digit", 4},
        {"[1.5.2]", "no comma or closing bracket", 4},
        {"[0x10]", "no comma or closing bracket", 2},
        {"[1e5.5]", "no comma or closing bracket", 4},
        {"[1_000]", "no comma or closing bracket", 2},
        {"[\"a\nb\"]", "a control character in a string", 3},
        {"[\"a\tb\"]", "a control character in a string", 3},
        {"[\"\x1F\"]", "a control character in a string", 2},
        {"[\"\\x\"]", "a backslash before a character", 3},
        {"[\"\\'\"]", "a backslash before a character", 3},
        {"[\"\\u12g4\"]", "a \\u without four hexadecimal digits", 6},
        {"[\"\\u123\"]", "a \\u without four hexadecimal digits", 7},
        {"[\"\\U0041\"]", "a backslash before a character", 3},
        {"// comment\n1", "begins no value", 0},
        {"[1 /* c */]", "no comma or closing bracket", 3},
        {"\xEF\xBB\xBF{}", "a byte order mark", 0},
        {"{} \xEF\xBB\xBF", "a byte order mark", 3},
        {"\v1", "begins no value", 0},
        {"\xC2\xA0"
         "1",
         "begins no value", 0},
    };
    for (size_t i = 0; i < N(cases); i++)
        check_refusal(&cases[i], strlen(cases[i].text));
}
END_TEST

START_TEST(a_nul_byte_is_refused_everywhere)
{
    static const struct refusal cases[] = {
        {"\0", "a NUL byte", 0},   {"[\0]", "a NUL byte", 1},        {"[1\0]", "a NUL byte", 2},
        {"{\0}", "a NUL byte", 1}, {"{\"a\"\0:1}", "a NUL byte", 4}, {"[\"\0\"]", "a NUL byte", 2},
        {"1 \0", "a NUL byte", 2},
    };
    static const size_t lens[] = {1, 3, 4, 3, 8, 5, 3};
    for (size_t i = 0; i < N(cases); i++)
        check_refusal(&cases[i], lens[i]);
}
END_TEST

START_TEST(only_well_formed_utf_8_is_text)
{
    static const struct refusal cases[] = {
        {"[\"\x80\"]", "not UTF-8", 2},
        {"[\"\xBF\"]", "not UTF-8", 2},
        {"[\"\xC0\x80\"]", "not UTF-8", 2},
        {"[\"\xC1\xBF\"]", "not UTF-8", 2},
        {"[\"\xC3\"]", "not UTF-8", 3},
        {"[\"\xC3\xC3\xA9\"]", "not UTF-8", 3},
        {"[\"\xE0\x80\x80\"]", "not UTF-8", 3},
        {"[\"\xE0\x9F\xBF\"]", "not UTF-8", 3},
        {"[\"\xE2\x82\"]", "not UTF-8", 4},
        {"[\"\xED\xA0\x80\"]", "not UTF-8", 3},
        {"[\"\xED\xBF\xBF\"]", "not UTF-8", 3},
        {"[\"\xF0\x80\x80\x80\"]", "not UTF-8", 3},
        {"[\"\xF0\x8F\xBF\xBF\"]", "not UTF-8", 3},
        {"[\"\xF0\x9F\x98\"]", "not UTF-8", 5},
        {"[\"\xF4\x90\x80\x80\"]", "not UTF-8", 3},
        {"[\"\xF5\x80\x80\x80\"]", "not UTF-8", 2},
        {"[\"\xFE\"]", "not UTF-8", 2},
        {"[\"\xFF\"]", "not UTF-8", 2},
        {"{\"\xFF\":1}", "not UTF-8", 2},
    };
    for (size_t i = 0; i < N(cases); i++)
        check_refusal(&cases[i], strlen(cases[i].text));
}
END_TEST

START_TEST(the_input_may_not_end_inside_a_value)
{
    static const char *const cases[] = {
        "{",     "[",       "{\"a\"",  "{\"a\":",    "{\"a\":1", "{\"a\":1,", "[1", "[1,",
        "\"abc", "\"abc\\", "\"\\u12", "\"\xE2\x82", "tru",      "nul",       "f",  "-",
        "1.",    "1e",      "1e-",     "[[[[",       "{\"a",     "[1.",       "[-", "[12",
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct refusal expected = {cases[i], "the input ended inside a value",
                                   (unsigned)strlen(cases[i])};
        check_refusal(&expected, strlen(cases[i]));
    }
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------- */

static void check_limit(const char *text, uint64_t max_bytes, unsigned max_depth,
                        const char *expected)
{
    struct settings settings = {max_bytes, max_depth, false, false};
    uint64_t state = 99;
    for (int i = 0; i < 8; i++) {
        char *trace = trace_pieces(text, strlen(text), &settings,
                                   i == 0   ? all_bytes
                                   : i == 1 ? one_byte
                                            : few_bytes,
                                   &state);
        ck_assert_msg(strcmp(trace, expected) == 0, "`%s` within %d: %s, not %s", text,
                      (int)max_bytes, trace, expected);
        free(trace);
    }
}

START_TEST(bytes_are_limited_for_each_value_at_top_level)
{
    check_limit("[1,2]", 5, 8, "[n1n2]end");
    check_limit("[1,2]", 4, 8, "[n1long");
    check_limit("[[1]]", 4, 8, "[[n1]long");
    check_limit("[1,23]", 4, 8, "[n1long");
    check_limit("[]", 1, 8, "[long");
    check_limit("\"abc\"", 5, 8, "s\"abc\"end");
    check_limit("\"abc\"", 4, 8, "long");
    check_limit("   [1,2]   [3,4]   ", 5, 8, "[n1n2][n3n4]end");
    check_limit("[1,2][1,2,3]", 5, 8, "[n1n2][n1n2long");
    check_limit("[    ]", 5, 8, "[long");
    check_limit("12345", 5, 8, "n12345end");
    check_limit("12345 6", 5, 8, "n12345n6end");
    check_limit("12345[]", 5, 8, "n12345[]end");
    check_limit("123456", 5, 8, "long");
    check_limit("12.5e", 4, 8, "long");
    check_limit("true", 4, 8, "tend");
    check_limit("true", 3, 8, "long");
}
END_TEST

START_TEST(nesting_is_limited)
{
    check_limit("[[[]]]", BIG, 3, "[[[]]]end");
    check_limit("[[[[]]]]", BIG, 3, "[[[deep");
    check_limit("{\"a\":{\"b\":[1]}}", BIG, 2, "{k\"a\"{k\"b\"deep");
    check_limit("[][][][]", BIG, 1, "[][][][]end");
}
END_TEST

START_TEST(a_limit_changes_from_the_next_token_on)
{
    struct lexer *lexer = lexer_new(8, 8);
    struct lexer_token token;
    lexer_feed(lexer, "[1,2][1,2,3,4,5]", 16);
    for (int i = 0; i < 4; i++)
        ck_assert_int_lt(lexer_next(lexer, &token), LEXER_BAD);
    lexer_limit(lexer, 64, 8);
    for (int i = 0; i < 7; i++)
        ck_assert_int_lt(lexer_next(lexer, &token), LEXER_BAD);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    lexer_free(lexer);
}
END_TEST

START_TEST(brackets_nested_a_million_deep_stop_at_the_limit)
{
    size_t len = 1000000;
    char *text = malloc(len);
    memset(text, '[', len);
    struct lexer *lexer = lexer_new(BIG, 64);
    struct lexer_token token;
    lexer_feed(lexer, text, len);
    for (unsigned i = 0; i < 64; i++)
        ck_assert_int_eq(lexer_next(lexer, &token), LEXER_ARRAY_BEGIN);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_TOO_DEEP);
    ck_assert_uint_eq(token.offset, 64);
    lexer_free(lexer);
    free(text);
}
END_TEST

/* Alternating brackets, as deep as can be: the bits are kept right. */
START_TEST(every_bracket_is_closed_by_its_own_kind)
{
    struct trace text = {NULL, 0, 0};
    for (unsigned i = 0; i < LEXER_DEPTH_MAX; i++)
        add(&text, "%s", i % 3 == 0 ? "{\"k\":" : "[");
    text.len -= LEXER_DEPTH_MAX % 3 == 1 ? 4 : 0; /* the innermost one is empty */
    for (unsigned i = LEXER_DEPTH_MAX; i-- > 0;)
        add(&text, "%s", i % 3 == 0 ? "}" : "]");
    struct settings settings = {BIG, 5000, false, false};
    char *trace = trace_pieces(text.text, text.len, &settings, one_byte, NULL);
    ck_assert_str_eq(trace + strlen(trace) - 5, "]}end");
    free(trace);
    free(text.text);
}
END_TEST

/* ---- Skipping ------------------------------------------------------------------------ */

START_TEST(a_string_of_64_mib_is_skipped_in_no_memory)
{
    enum { PIECE = 65536 };
    char *piece = malloc(PIECE);
    struct lexer *lexer = lexer_new(BIG, 8);
    struct lexer_token token;
    memset(piece, 'x', PIECE);
    lexer_feed(lexer, "[\"", 2);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_ARRAY_BEGIN);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    lexer_skip(lexer, true);
    for (int i = 0; i < 1024; i++) {
        lexer_feed(lexer, piece, PIECE);
        ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
        ck_assert_uint_eq(lexer_held(lexer), 0);
    }
    lexer_feed(lexer, "\",12]", 5);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_STRING);
    ck_assert_ptr_null(token.text);
    ck_assert_uint_eq(token.offset, 1);
    lexer_skip(lexer, false);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_NUMBER);
    ck_assert_mem_eq(token.text, "12", 2);
    lexer_free(lexer);
    free(piece);
}
END_TEST

START_TEST(what_is_skipped_is_still_checked)
{
    static const char text[] = "{\"a\":[1,\"x\\n\",true]}";
    static const char broken[] = "{\"a\":[1,\"x\\q\",true]}";
    struct settings settings = {BIG, 8, true, false};
    char *trace = trace_pieces(text, strlen(text), &settings, one_byte, NULL);
    ck_assert_str_eq(trace, "{k(lost)[n(lost)s(lost)\\t]}end");
    free(trace);
    trace = trace_pieces(broken, strlen(broken), &settings, one_byte, NULL);
    ck_assert_ptr_nonnull(strstr(trace, "bad(a backslash"));
    free(trace);
}
END_TEST

START_TEST(a_long_token_is_carried_whole)
{
    size_t len = 3000000;
    char *text = malloc(len);
    memset(text, 'y', len);
    text[0] = text[len - 1] = '"';
    struct lexer *lexer = lexer_new(BIG, 8);
    struct lexer_token token;
    for (size_t at = 0; at < len; at += 1000) {
        lexer_feed(lexer, text + at, 1000);
        if (at + 1000 < len)
            ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    }
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_STRING);
    ck_assert_uint_eq(token.len, len);
    ck_assert_mem_eq(token.text, text, len);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_MORE);
    ck_assert_uint_eq(lexer_held(lexer), 0);
    lexer_free(lexer);
    free(text);
}
END_TEST

/* ---- Decoding ------------------------------------------------------------------------- */

START_TEST(escapes_are_decoded)
{
    static const struct {
        const char *token;
        const char *text;
        size_t len;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain é\"", "plain é", 8},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\\u0041\\u00e9\\u20AC\"", "Aé€", 6},
        {"\"\\uD83D\\uDE00\"", "😀", 4},
        {"\"\\ud83d\\ude00x\"", "😀x", 5},
        {"\"\\u0000\"", "\0", 1},
        {"\"\\ud83d\"", "\xED\xA0\xBD", 3},
        {"\"\\ude00\\ud83d\"", "\xED\xB8\x80\xED\xA0\xBD", 6},
        {"\"\\ud83dx\"", "\xED\xA0\xBDx", 4},
        {"\"\\ud83d\\n\"", "\xED\xA0\xBD\n", 4},
        {"\"\\ud83d\\u0041\"",
         "\xED\xA0\xBD"
         "A",
         4},
        {"\"\\ud83d\\ue000\"", "\xED\xA0\xBD\xEE\x80\x80", 6},
        {"\"\\uffff\\uFFFF\"", "\xEF\xBF\xBF\xEF\xBF\xBF", 6},
        {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF", 4},
    };
    for (size_t i = 0; i < N(cases); i++) {
        size_t len = strlen(cases[i].token);
        char *out = malloc(len);
        size_t decoded = lexer_decode(cases[i].token, len, out);
        ck_assert_msg(decoded == cases[i].len && memcmp(out, cases[i].text, decoded) == 0, "%s",
                      cases[i].token);
        free(out);
    }
}
END_TEST

/* ---- An oracle -------------------------------------------------------------------------- */

/* A small random value, in text. */
static void generate(struct trace *out, uint64_t *state, unsigned depth)
{
    static const char *const scalars[] = {
        "0",
        "-1",
        "12.5",
        "1e3",
        "-0.5E-2",
        "true",
        "false",
        "null",
        "\"\"",
        "\"ab\"",
        "\"é€😀\"",
        "\"\\n\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "123456789",
        " 7 ",
        "\"\\/\"",
    };
    unsigned kind = (unsigned)(draw(state) % (depth > 4 ? 4 : 8));
    if (kind < 5) {
        add(out, "%s", scalars[draw(state) % N(scalars)]);
        return;
    }
    bool object = kind == 5;
    unsigned n = (unsigned)(draw(state) % 4);
    add(out, "%s", object ? "{" : "[");
    for (unsigned i = 0; i < n; i++) {
        add(out, "%s", i > 0 ? "," : draw(state) % 4 == 0 ? " " : "");
        if (object)
            add(out, "\"k%u\"%s", (unsigned)(draw(state) % 100),
                draw(state) % 4 == 0 ? " : " : ":");
        generate(out, state, depth + 1);
    }
    add(out, "%s", object ? "}" : "]");
}

static void mutate(struct trace *text, uint64_t *state)
{
    static const char bytes[] = "{}[]:,\"\\ue0123456789.-+eEtfn \n\x01\x80\xC3\xE2\xF0\xFF/";
    for (unsigned n = (unsigned)(draw(state) % 3); n > 0 && text->len > 0; n--) {
        size_t at = draw(state) % text->len;
        switch (draw(state) % 3) {
        case 0:
            text->text[at] = bytes[draw(state) % (sizeof(bytes) - 1)];
            break;
        case 1:
            memmove(text->text + at, text->text + at + 1, text->len - at);
            text->len--;
            break;
        default:
            add_bytes(text, "", 1);
            memmove(text->text + at + 1, text->text + at, text->len - at - 1);
            text->text[at] = bytes[draw(state) % (sizeof(bytes) - 1)];
        }
        text->text[text->len] = '\0';
    }
}

/* Whether the text is one value and nothing else. */
static bool accepts(const struct trace *text, size_t (*next)(void *), uint64_t *state)
{
    struct settings settings = {BIG, LEXER_DEPTH_MAX, false, true};
    char *trace = trace_pieces(text->text, text->len, &settings, next, state);
    size_t values = 0;
    for (const char *at = trace; (at = strstr(at, "@0,")) != NULL; at++)
        values += at > trace && at[-1] != '{' && at[-1] != '[';
    bool ended = strstr(trace, "end@0,") != NULL && strstr(trace, "bad(") == NULL;
    free(trace);
    return ended && values == 2; /* the value and the end */
}

/* What jansson refuses although it is JSON: numbers that its types cannot
 * hold, escapes of lone surrogates, NUL in a key (and deep nesting and
 * repeated keys, which do not occur here). */
static bool is_known_difference(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_character ||
           json_error_code(error) == json_error_null_byte_in_key ||
           strstr(error->text, "invalid Unicode '") != NULL;
}

START_TEST(jansson_accepts_and_refuses_the_same)
{
    uint64_t seed = 0x9E3779B97F4A7C15u, state = seed;
    unsigned accepted = 0, differences = 0;
    for (int i = 0; i < 60000; i++) {
        struct trace text = {NULL, 0, 0};
        json_error_t error;
        generate(&text, &state, 0);
        mutate(&text, &state);
        json_t *json = json_loadb(text.text, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool ours = accepts(&text, i % 2 == 0 ? all_bytes : few_bytes, &state);
        if (json == NULL && is_known_difference(&error))
            differences++;
        else
            ck_assert_msg(ours == (json != NULL), "seed %llx, text %d: `%s`: jansson: %s",
                          (unsigned long long)seed, i, text.text, json ? "accepts" : error.text);
        accepted += ours;
        json_decref(json);
        free(text.text);
    }
    ck_assert_uint_gt(accepted, 10000);
    ck_assert_uint_lt(accepted, 55000);
    ck_assert_uint_lt(differences, 3000);
}
END_TEST

START_TEST(decoding_is_jansson_s)
{
    uint64_t state = 4711;
    static const char *const pieces[] = {"\\n", "\\u00e9", "\\u20ac", "\\ud83d\\ude00", "x",
                                         "é",   "\\\"",    "\\\\",    "\\u0041",        "😀"};
    for (int i = 0; i < 2000; i++) {
        struct trace token = {NULL, 0, 0};
        add(&token, "\"");
        for (unsigned n = (unsigned)(draw(&state) % 10); n > 0; n--)
            add(&token, "%s", pieces[draw(&state) % N(pieces)]);
        add(&token, "\"");
        char *out = malloc(token.len);
        size_t len = lexer_decode(token.text, token.len, out);
        json_t *json = json_loadb(token.text, token.len, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(json);
        ck_assert_uint_eq(len, json_string_length(json));
        ck_assert_mem_eq(out, json_string_value(json), len);
        json_decref(json);
        free(out);
        free(token.text);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("lexer");
    TCase *tcase = tcase_create("lexer");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, values_come_as_tokens);
    tcase_add_test(tcase, values_follow_each_other_with_or_without_blanks);
    tcase_add_test(tcase, tokens_tell_their_depth_and_place);
    tcase_add_test(tcase, a_token_within_a_piece_is_not_copied);
    tcase_add_test(tcase, a_number_at_top_level_ends_when_the_next_byte_is_seen);
    tcase_add_test(tcase, what_is_not_json_is_told_with_its_place);
    tcase_add_test(tcase, a_nul_byte_is_refused_everywhere);
    tcase_add_test(tcase, only_well_formed_utf_8_is_text);
    tcase_add_test(tcase, the_input_may_not_end_inside_a_value);
    tcase_add_test(tcase, bytes_are_limited_for_each_value_at_top_level);
    tcase_add_test(tcase, nesting_is_limited);
    tcase_add_test(tcase, a_limit_changes_from_the_next_token_on);
    tcase_add_test(tcase, brackets_nested_a_million_deep_stop_at_the_limit);
    tcase_add_test(tcase, every_bracket_is_closed_by_its_own_kind);
    tcase_add_test(tcase, a_string_of_64_mib_is_skipped_in_no_memory);
    tcase_add_test(tcase, what_is_skipped_is_still_checked);
    tcase_add_test(tcase, a_long_token_is_carried_whole);
    tcase_add_test(tcase, escapes_are_decoded);
    tcase_add_test(tcase, jansson_accepts_and_refuses_the_same);
    tcase_add_test(tcase, decoding_is_jansson_s);
    suite_add_tcase(suite, tcase);
    return suite;
}
