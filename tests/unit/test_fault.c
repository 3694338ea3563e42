/* SPDX-License-Identifier: ISC */
#include "proto/fault.h"

#include <check.h>
#include <string.h>

#include "tests/support/check.h"

START_TEST(codes_have_the_names_of_the_contract)
{
    static const char *const names[] = {
        [FAULT_BAD_JSON] = "bad_json",       [FAULT_INVALID_REQUEST] = "invalid_request",
        [FAULT_TOO_LARGE] = "too_large",     [FAULT_OVERLOADED] = "overloaded",
        [FAULT_NOT_FOUND] = "not_found",     [FAULT_SHUTTING_DOWN] = "shutting_down",
        [FAULT_CONFLICT] = "conflict",       [FAULT_GONE] = "gone",
        [FAULT_UNAVAILABLE] = "unavailable", [FAULT_UNAUTHORIZED] = "unauthorized",
    };

    for (size_t code = 0; code < N(names); code++)
        if (names[code] != NULL)
            ck_assert_str_eq(fault_code_name((enum fault_code)code), names[code]);
}
END_TEST

START_TEST(of_two_faults_the_one_further_up_stays)
{
    struct fault fault = {.code = FAULT_NONE};

    ck_assert(fault_set(&fault, FAULT_TOO_LARGE, 50, "%s", "first"));
    strcpy(fault.path, "jobs[3]");
    ck_assert(!fault_set(&fault, FAULT_INVALID_REQUEST, 50, "%s", "second"));
    ck_assert(!fault_set(&fault, FAULT_INVALID_REQUEST, 99, "%s", "later"));
    ck_assert_str_eq(fault.message, "first");
    ck_assert_str_eq(fault.path, "jobs[3]");
    ck_assert(fault_set(&fault, FAULT_INVALID_REQUEST, 10, "%s %d", "earlier", 7));
    ck_assert_int_eq(fault.code, FAULT_INVALID_REQUEST);
    ck_assert_uint_eq(fault.offset, 10);
    ck_assert_str_eq(fault.message, "earlier 7");
    ck_assert_str_eq(fault.path, "");
}
END_TEST

/* Every way in which the cut can fall into characters of 1 to 4 bytes. */
START_TEST(a_long_message_is_cut_at_a_whole_character)
{
    static const char *const characters[] = {"x", "é", "€", "😀"};

    for (size_t c = 0; c < 4; c++) {
        size_t size = strlen(characters[c]);
        for (size_t lead = 0; lead < 4; lead++) {
            char text[FAULT_MESSAGE_MAX * 2] = "";
            struct fault fault = {.code = FAULT_NONE};
            memset(text, 'a', lead);
            while (strlen(text) + size < sizeof(text))
                strcat(text, characters[c]);
            fault_set(&fault, FAULT_INVALID_REQUEST, 0, "%s", text);
            size_t len = strlen(fault.message);
            ck_assert_uint_eq((len - lead) % size, 0);
            ck_assert_uint_lt(len, FAULT_MESSAGE_MAX);
            ck_assert_uint_gt(len + size, FAULT_MESSAGE_MAX - 1);
        }
    }
}
END_TEST

START_TEST(a_message_that_fits_is_left_as_it_is)
{
    char text[FAULT_MESSAGE_MAX];
    struct fault fault = {.code = FAULT_NONE};

    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 4, "€", 4);
    fault_set(&fault, FAULT_INVALID_REQUEST, 0, "%s", text);
    ck_assert_str_eq(fault.message, text);
}
END_TEST

START_TEST(a_quote_shows_what_cannot_be_shown_as_escapes)
{
    static const struct {
        const char *text;
        const char *quote;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"é€😀", "é€😀"},
        {"a\nb\tc\x1F", "a\\u000ab\\u0009c\\u001f"},
        {"\x7F", "\\u007f"},
        {"\xC2\x9B", "\\u009b"},
        {"\xED\xA0\x80", "\\ud800"},
        {"\xED\xBF\xBF", "\\udfff"},
        {"\xFF", "\\xff"},
        {"\xC3", "\\xc3"},
        {"\xC0\xAF", "\\xc0\\xaf"},
        {"\xF5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char out[FAULT_QUOTE_SIZE];
        ck_assert_str_eq(fault_quote(out, cases[i].text, strlen(cases[i].text)), cases[i].quote);
    }
    char out[FAULT_QUOTE_SIZE];
    ck_assert_str_eq(fault_quote(out, "a\0b", 3), "a\\u0000b");
}
END_TEST

START_TEST(a_quote_is_64_bytes_at_most_and_says_that_it_was_cut)
{
    static const char *const characters[] = {"x", "é", "€", "😀", "\n"};

    for (size_t c = 0; c < 5; c++) {
        char text[200] = "", out[FAULT_QUOTE_SIZE];
        size_t size = c == 4 ? 6 : strlen(characters[c]);
        while (strlen(text) < 100)
            strcat(text, characters[c]);
        fault_quote(out, text, strlen(text));
        size_t len = strlen(out);
        ck_assert_str_eq(out + len - 3, "…");
        ck_assert_uint_eq(len - 3, FAULT_QUOTE_MAX / size * size);
    }
}
END_TEST

START_TEST(a_quote_of_64_bytes_is_whole)
{
    char text[FAULT_QUOTE_MAX + 1], out[FAULT_QUOTE_SIZE];

    memset(text, 'y', FAULT_QUOTE_MAX);
    text[FAULT_QUOTE_MAX] = '\0';
    ck_assert_str_eq(fault_quote(out, text, FAULT_QUOTE_MAX), text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {codes_have_the_names_of_the_contract, 1},
        {of_two_faults_the_one_further_up_stays, 1},
        {a_long_message_is_cut_at_a_whole_character, 1},
        {a_message_that_fits_is_left_as_it_is, 1},
        {a_quote_shows_what_cannot_be_shown_as_escapes, 1},
        {a_quote_is_64_bytes_at_most_and_says_that_it_was_cut, 1},
        {a_quote_of_64_bytes_is_whole, 1},
    };

    return check_suite("fault", NULL, NULL, tests, N(tests));
}
