/* SPDX-License-Identifier: ISC */

/* What is not JSON, and what is said of it. */
#include "proto/lexer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/lexing.h"

/* ---- What is refused ---------------------------------------------------------------- */

/* `diagnostic` is part of it; `offset` where it stands. */
struct refusal {
    const char *text;
    const char *diagnostic;
    unsigned offset;
};

/* What follows the diagnostic in a trace: its place, as offset and as an editor has it. */
static void word_place(const char *text, unsigned offset, char *out, size_t size)
{
    unsigned line = 1, column = 1;
    for (unsigned i = 0; i < offset; i++) {
        line += text[i] == '\n';
        column = text[i] == '\n' ? 1 : column + 1;
    }
    snprintf(out, size, ",%u,%u:%u)", offset, line, column);
}

static void check_refusal(const struct refusal *expected, size_t len)
{
    static reading_split *const splits[] = {reading_whole, reading_bytes, reading_few};
    uint64_t state = 1234567;
    char place[64];
    word_place(expected->text, expected->offset, place, sizeof(place));
    for (size_t i = 0; i < N(splits); i++) {
        char *trace = lexing_trace(expected->text, len, &lexing_plain, splits[i], &state);
        const char *bad = strstr(trace, "bad(");
        ck_assert_msg(bad != NULL && strstr(bad, expected->diagnostic) != NULL &&
                          strstr(bad, place) != NULL,
                      "`%s`: %s, not %s%s", expected->text, trace, expected->diagnostic, place);
        free(trace);
    }
}

START_TEST(what_is_not_json_is_reported_with_its_place)
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
    };
    for (size_t i = 0; i < N(cases); i++)
        check_refusal(&cases[i], strlen(cases[i].text));
}
END_TEST

START_TEST(what_is_no_number_or_string_is_reported_with_its_place)
{
    static const struct refusal cases[] = {
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
        {"\x1E{}", "a record separator", 0},
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

START_TEST(lines_are_counted_over_all_that_came)
{
    static const struct refusal cases[] = {
        {"{\n  \"a\": 1,\n}\n", "a comma before the closing brace", 12},
        {"\n\n\n\n\n\n\n\n\n\n\n\nx", "begins no value", 12},
        {"[1]\r\n[2]\r\n  [3,]", "a comma before the closing bracket", 15},
        {"{}\n{}\n[\"a\nb\"]\n", "a control character in a string", 9},
        {"[{\"name\":\"j123\",\"wait\":1.5},\n{\"name\":\"j124\",\"wait\":1.5},\n}",
         "begins no value", 57},
        {"\"\xC3\xA9\n\"", "a control character in a string", 3},
        {"[1,\n\n", "the input ended inside a value", 5},
    };
    for (size_t i = 0; i < N(cases); i++)
        check_refusal(&cases[i], strlen(cases[i].text));
}
END_TEST

/* Lines of more bytes, and more of them, than are counted at once. */
START_TEST(many_lines_are_counted)
{
    static char text[200000];
    for (unsigned stride = 1; stride < 5000; stride = stride * 3 + 1) {
        unsigned offset = 150001 + stride;
        memset(text, ' ', sizeof(text));
        for (unsigned i = 0; i < offset; i += stride)
            text[i] = '\n';
        text[offset] = 'x';
        text[offset + 1] = '\0';
        struct refusal expected = {text, "begins no value", offset};
        check_refusal(&expected, strlen(text));
    }
}
END_TEST

/* The rest of a piece that is taken away is counted when it comes again. */
START_TEST(lines_are_counted_once)
{
    struct lexer *lexer = lexer_new(LEXING_BIG, 8);
    struct lexer_token token;
    static const char text[] = "[1]\n[2]\n [x]";
    size_t at = 0;
    enum lexer_token_kind kind;
    lexer_feed(lexer, text, strlen(text));
    while ((kind = lexer_next(lexer, &token)) != LEXER_BAD) {
        ck_assert_int_ne(kind, LEXER_MORE);
        at = strlen(text) - lexer_rest(lexer);
        lexer_feed(lexer, text, 0);
        lexer_feed(lexer, text + at, strlen(text) - at);
    }
    ck_assert_uint_eq(lexer_diagnostic_line(lexer), 3);
    ck_assert_uint_eq(lexer_diagnostic_column(lexer), 3);
    ck_assert_uint_eq(lexer_diagnostic_offset(lexer), 10);
    ck_assert_int_eq(lexer_next(lexer, &token), LEXER_BAD);
    ck_assert_uint_eq(lexer_diagnostic_line(lexer), 3);
    lexer_free(lexer);
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

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {what_is_not_json_is_reported_with_its_place, 1},
        {what_is_no_number_or_string_is_reported_with_its_place, 1},
        {lines_are_counted_over_all_that_came, 1},
        {many_lines_are_counted, 1},
        {lines_are_counted_once, 1},
        {a_nul_byte_is_refused_everywhere, 1},
        {only_well_formed_utf_8_is_text, 1},
        {the_input_may_not_end_inside_a_value, 1},
    };

    return check_suite("lexer_faults", NULL, NULL, tests, N(tests));
}
