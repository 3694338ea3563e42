/* SPDX-License-Identifier: ISC */

/* The tokens of JSON, in any pieces; limits; skipping. */
#include "proto/lexer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/lexing.h"

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
        lexing_check(cases[i].text, strlen(cases[i].text), &lexing_plain, cases[i].trace);
}
END_TEST

START_TEST(values_follow_each_other_with_or_without_blanks)
{
    lexing_check("{}{}[]{}", 8, &lexing_plain, "{}{}[]{}end");
    lexing_check("1 2\n3", 5, &lexing_plain, "n1n2n3end");
    lexing_check("12", 2, &lexing_plain, "n12end");
    lexing_check("1.5e3\n", 6, &lexing_plain, "n1.5e3end");
    lexing_check("1[2]3", 5, &lexing_plain, "n1[n2]n3end");
    lexing_check("\"a\"\"b\"1\"c\"", 10, &lexing_plain, "s\"a\"s\"b\"n1s\"c\"end");
    lexing_check("truefalsenull", 13, &lexing_plain, "tf0end");
    lexing_check("1-2", 3, &lexing_plain, "n1n-2end");
    lexing_check("{}7", 3, &lexing_plain, "{}n7end");
}
END_TEST

START_TEST(tokens_say_their_depth_and_place)
{
    static const char text[] = " {\"a\": [1, {\"b\":null}]}\n12 ";
    static const char expected[] = "{@0,1 k\"a\"@1,2 [@1,7 n1@2,8 {@2,11 k\"b\"@3,12 0@3,16 }@2,20 "
                                   "]@1,21 }@0,22 n12@0,24 end@0,27 ";
    char *whole = lexing_trace(text, strlen(text), &lexing_placed, reading_whole, NULL);
    char *bytes = lexing_trace(text, strlen(text), &lexing_placed, reading_bytes, NULL);
    ck_assert_str_eq(whole, expected);
    ck_assert_str_eq(bytes, expected);
    free(whole);
    free(bytes);
}
END_TEST

START_TEST(a_token_within_a_piece_is_not_copied)
{
    static const char text[] = "{\"key\":\"value\",\"n\":12.5}";
    struct lexer *lexer = lexer_new(LEXING_BIG, 8);
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
    struct lexer *lexer = lexer_new(LEXING_BIG, 8);
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

/* ---- Limits ------------------------------------------------------------------------- */

static void check_limit(const char *text, uint64_t max_bytes, unsigned max_depth,
                        const char *expected)
{
    const struct lexing_settings settings = {.max_bytes = max_bytes, .max_depth = max_depth};
    lexing_check(text, strlen(text), &settings, expected);
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
    check_limit("[[[]]]", LEXING_BIG, 3, "[[[]]]end");
    check_limit("[[[[]]]]", LEXING_BIG, 3, "[[[deep");
    check_limit("{\"a\":{\"b\":[1]}}", LEXING_BIG, 2, "{k\"a\"{k\"b\"deep");
    check_limit("[][][][]", LEXING_BIG, 1, "[][][][]end");
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

/* So many times one byte, on the heap. */
static char *filled(size_t len, char byte)
{
    char *text = malloc(len);
    memset(text, byte, len);
    return text;
}

START_TEST(brackets_nested_a_million_deep_stop_at_the_limit)
{
    size_t len = 1000000;
    char *text = filled(len, '[');
    struct lexer *lexer = lexer_new(LEXING_BIG, 64);
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
    struct lexing_text text = {NULL, 0, 0};
    for (unsigned i = 0; i < LEXER_DEPTH_MAX; i++)
        lexing_add(&text, "%s", i % 3 == 0 ? "{\"k\":" : "[");
    text.len -= LEXER_DEPTH_MAX % 3 == 1 ? 4 : 0; /* the innermost one is empty */
    for (unsigned i = LEXER_DEPTH_MAX; i-- > 0;)
        lexing_add(&text, "%s", i % 3 == 0 ? "}" : "]");
    struct lexing_settings settings = {LEXING_BIG, 5000, false, false};
    char *trace = lexing_trace(text.text, text.len, &settings, reading_bytes, NULL);
    ck_assert_str_eq(trace + strlen(trace) - 5, "]}end");
    free(trace);
    free(text.text);
}
END_TEST

/* ---- Skipping ------------------------------------------------------------------------ */

START_TEST(a_string_of_64_mib_is_skipped_in_no_memory)
{
    enum { PIECE = 65536 };
    char *piece = filled(PIECE, 'x');
    struct lexer *lexer = lexer_new(LEXING_BIG, 8);
    struct lexer_token token;
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
    struct lexing_settings settings = {LEXING_BIG, 8, true, false};
    char *trace = lexing_trace(text, strlen(text), &settings, reading_bytes, NULL);
    ck_assert_str_eq(trace, "{k(lost)[n(lost)s(lost)\\t]}end");
    free(trace);
    trace = lexing_trace(broken, strlen(broken), &settings, reading_bytes, NULL);
    ck_assert_ptr_nonnull(strstr(trace, "bad(a backslash"));
    free(trace);
}
END_TEST

START_TEST(a_long_token_is_carried_whole)
{
    size_t len = 3000000;
    char *text = filled(len, 'y');
    text[0] = text[len - 1] = '"';
    struct lexer *lexer = lexer_new(LEXING_BIG, 8);
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

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {values_come_as_tokens, 1},
        {values_follow_each_other_with_or_without_blanks, 1},
        {tokens_say_their_depth_and_place, 1},
        {a_token_within_a_piece_is_not_copied, 1},
        {a_number_at_top_level_ends_when_the_next_byte_is_seen, 1},
        {bytes_are_limited_for_each_value_at_top_level, 1},
        {nesting_is_limited, 1},
        {a_limit_changes_from_the_next_token_on, 1},
        {brackets_nested_a_million_deep_stop_at_the_limit, 1},
        {every_bracket_is_closed_by_its_own_kind, 1},
        {a_string_of_64_mib_is_skipped_in_no_memory, 1},
        {what_is_skipped_is_still_checked, 1},
        {a_long_token_is_carried_whole, 1},
    };

    return check_suite("lexer", NULL, NULL, tests, N(tests));
}
