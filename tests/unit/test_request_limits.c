/* SPDX-License-Identifier: ISC */

/* The limits of requests: what is reported of one that passes them, and where. */
#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"
#include "tests/support/refusals.h"

#define INVALID "invalid_request"

START_TEST(totals_are_limited)
{
    struct request_limits limits = reading_limits;
    limits.plan.max_jobs = 10;
    limits.plan.max_steps = 100;
    static const struct refusal cases[] = {
        {"[{\"count\":11}]", "too_large", "[0].count", "\"count\" is 11|at most 10 jobs"},
        {"[{\"count\":6},{\"count\":5}]", "too_large", "[1]", "11 jobs|at most 10"},
        {"[{},{},{},{},{},{},{},{},{},{},{}]", "too_large", "[10]", "11 jobs"},
        {"{\"jobs\":[{\"count\":1000000000000000}]}", "too_large", "jobs[0].count", ""},
        {"[{\"count\":99999999999999999999999}]", "too_large", "[0].count", ""},
        {"{\"defaults\":{\"count\":6},\"jobs\":[{},{\"wait\":1}]}", "too_large", "jobs[1]",
         "12 jobs"},
        {"{\"jobs\":[{}],\"defaults\":{\"count\":99999999999999999999999}}", "too_large", "jobs[0]",
         ""},
        {"{\"op\":\"forecast\",\"runs\":1000001,\"jobs\":[]}", "too_large", "runs",
         "\"runs\" is 1000001,|at most 1000000"},
        {"{\"jobs\":[],\"op\":\"forecast\",\"runs\":99999999999999999999999}", "too_large", "runs",
         "\"runs\" is 99999999999999999999999,"},
        {"[{\"retries\":100}]", "too_large", "[0].retries", "\"retries\" is 100|at most 100"},
        {"[{\"retries\":99999999999999999999999}]", "too_large", "[0].retries", ""},
        {"[{\"wait\":1,\"repeat\":101}]", "too_large", "[0].repeat", "101 steps"},
        {"[{\"wait\":1,\"repeat\":99999999999999999999999}]", "too_large", "[0].repeat", ""},
        {"{\"jobs\":[{},{},{},{}],\"defaults\":{\"count\":3}}", "too_large", "jobs[3]",
         "12 jobs or more"},
        {"{\"jobs\":[{},{},{}],\"defaults\":{\"wait\":1,\"repeat\":40}}", "too_large", "jobs[2]",
         "120 steps"},
        {"[{\"wait\":1},{\"wait\":1,\"retries\":60},{\"wait\":1,\"retries\":60}]", "too_large",
         "[2]", "123 steps"},
        {"[{\"wait\":1,\"repeat\":10,\"retries\":10}]", "too_large", "[0]", "110 steps"},
        {"[{\"count\":10,\"retries\":10}]", "too_large", "[0]", "110 steps"},
        {"[{\"retries\":60},{\"retries\":60}]", "too_large", "[1]", "122 steps"},
        {"{\"defaults\":{\"retries\":60},\"jobs\":[{},{\"wait\":1}]}", "too_large", "jobs[1]",
         "122 steps"},
        {"[{\"wait\":-1},{\"count\":11}]", INVALID, "[0].wait", ""},
        {"[{\"count\":11},{\"wait\":-1}]", "too_large", "[0].count", ""},
    };
    refusals_check(&limits, cases, N(cases));
    refusals_reads(&limits, "[{\"count\":10,\"retries\":9}][{\"repeat\":9000000000}]", "jobs=10",
                   "jobs=1 [ x9000000000]");
    refusals_reads(&limits, "[{\"count\":11},{\"count\":\"?\"}]{\"op\":\"ping\"}", "\nping\nEND\n",
                   NULL);
}
END_TEST

/* What has too many steps is named by the member that it has. */
START_TEST(steps_that_are_too_many_are_named)
{
    struct request_limits limits = reading_limits;
    limits.plan.max_steps = 2;
    static const struct refusal cases[] = {
        {"[{\"steps\":[{\"wait\":1},{\"wait\":1},{\"wait\":1}]}]", "too_large", "[0].steps",
         "\"steps\" makes it 3 steps"},
        {"[{\"repeat\":2,\"steps\":[{\"wait\":1},{\"wait\":1},{\"wait\":1}]}]", "too_large",
         "[0].steps", "\"steps\" makes it 6 steps"},
        {"[{\"repeat\":2,\"steps\":[{\"wait\":1},{\"wait\":1}]}]", "too_large", "[0].repeat",
         "\"repeat\" makes it 4 steps"},
        {"[{},{},{},{}]", "too_large", "[2]", "3 steps"},
        {"[{\"wait\":1},{},{\"wait\":1},{\"wait\":1}]", "too_large", "[2]", "3 steps"},
    };
    refusals_check(&limits, cases, N(cases));
}
END_TEST

START_TEST(texts_and_dependencies_are_limited)
{
    struct request_limits limits = reading_limits;
    limits.max_string = 4;
    limits.max_data = 9;
    limits.max_dependencies = 3;
    static const struct refusal cases[] = {
        {"[{\"name\":\"abcde\"}]", "too_large", "[0].name",
         "\"name\" takes a string of at most 4 bytes (max-string), and this has 5"},
        {"[{\"steps\":[{\"wait\":1,\"note\":\"abcde\"}]}]", "too_large", "[0].steps[0].note",
         "max-string"},
        {"{\"id\":\"abcde\",\"jobs\":[]}", "too_large", "id", "max-string"},
        {"{\"id\":1234567,\"jobs\":[]}", "too_large", "id", "max-string"},
        {"[{\"after\":\"abcde\"}]", "too_large", "[0].after", "max-string"},
        {"[{\"after\":[\"x\",\"abcde\"]},{\"name\":\"x\"}]", "too_large", "[0].after[1]",
         "each of \"after\" takes a string of at most 4"},
        {"[{\"name\":\"a\"},{\"after\":[\"a\",\"a\"]},{\"after\":[\"a\",\"a\"]}]", "too_large",
         "[2].after[1]", "at most 3 names in all of a request (max-dependencies)"},
        {"[{\"data\":\"12345678\"}]", "too_large", "[0].data",
         "\"data\" takes JSON of at most 9 bytes (max-data), and this has 10"},
        {"[{\"data\":[1, 2, 3, 4, 5]}]", "too_large", "[0].data", "max-data"},
        {"[{\"data\":{\"a\":[[[ ]]]}}]", "too_large", "[0].data", "max-data"},
        {"[{\"data\":[[[1234567]],{\"x\":[]}]},{\"wait\":-1}]", "too_large", "[0].data", ""},
        {"[{\"data\":[1,2,[[[]]]],\"wait\":-1}]", "too_large", "[0].data", ""},
        {"{\"jobs\":[{\"data\":[1,2,3,45]}],\"id\":7}", "too_large", "jobs[0].data", "|id=7"},
        {"[{\"wait\":-1,\"name\":\"abcde\"}]", INVALID, "[0].wait", ""},
    };
    refusals_check(&limits, cases, N(cases));
    refusals_reads(
        &limits,
        "{\"id\":\"abcd\",\"jobs\":[{\"name\":\"abcd\",\"data\":[1, 2, 3, 4]},"
        "{\"after\":[\"abcd\",\"abcd\",\"abcd\"]}]}[{\"data\":[[[[[1]]]]]}]{\"op\":\"ping\"}",
        "data=[1,2,3,4]", "too_large|[0].data|");
    char *got = refusals_read(
        &limits, "{\"jobs\":[{\"count\":1000000},{}],\"id\":\"abcde\"}{\"op\":\"ping\"}");
    ck_assert_ptr_null(strstr(got, "id="));
    ck_assert_ptr_nonnull(strstr(got, "\nping\nEND\n"));
    free(got);
}
END_TEST

/* One that goes in steps is refused as a short one is, before any of it is copied, and what
 * follows is read. */
START_TEST(long_strings_within_data_are_limited)
{
    static const struct {
        const char *head, *tail, *reported;
    } cases[] = {
        {"[{\"data\":[1,\"", "\",2]},{\"wait\":-1}]{\"op\":\"ping\"}",
         "and this has 100005 or more"},
        {"[{\"data\":{\"a\":[],\"", "\":[1]},\"wait\":-1}]{\"op\":\"ping\"}",
         "and this has 100010 or more"},
    };
    struct request_limits limits = reading_limits;
    size_t head = strlen(cases[_i].head);
    char *text = malloc(head + 100000 + strlen(cases[_i].tail) + 1), *got;

    limits.max_data = 90000;
    memcpy(text, cases[_i].head, head);
    memset(text + head, 'x', 100000);
    strcpy(text + head + 100000, cases[_i].tail);
    got = refusals_read(&limits, text);
    ck_assert_msg(strstr(got, cases[_i].reported) != NULL, "%.300s", got);
    ck_assert_ptr_nonnull(strstr(got, "too_large|[0].data|"));
    ck_assert_ptr_nonnull(strstr(got, "\nping\nEND\n"));
    free(got);
    free(text);
}
END_TEST

/* What stands between two strings that go in steps counts too: a comma before one, a colon
 * behind a key. */
START_TEST(what_stands_beside_long_strings_is_limited)
{
    struct request_limits limits = reading_limits;
    char *filling = malloc(90001), *text = malloc(200000), *got;

    limits.max_data = 90000; /* a bracket and a string of 89,997 bytes */
    memset(filling, 'x', 90000);
    filling[90000] = '\0';
    if (_i == 0)
        sprintf(text, "[{\"data\":[\"%.89997s\",\"%s\"]}]{\"op\":\"ping\"}", filling, filling);
    else
        sprintf(text, "[{\"data\":{\"%.89997s\":1}}]{\"op\":\"ping\"}", filling);
    got = refusals_read(&limits, text);
    ck_assert_msg(strstr(got, "too_large|[0].data|") != NULL, "%.300s", got);
    ck_assert_ptr_nonnull(strstr(got, "and this has 90001 or more"));
    ck_assert_ptr_nonnull(strstr(got, "\nping\nEND\n"));
    free(got);
    free(text);
    free(filling);
}
END_TEST

/* Fills the gap between `head` and `tail` with digits, so that there are `digits` of
 * them, and reads it whole. */
static char *read_digits(const char *head, size_t digits, const char *tail)
{
    size_t size = strlen(head) + digits + strlen(tail) + 1;
    char *text = malloc(size), *got;
    ck_assert_ptr_nonnull(text);
    memcpy(text, head, strlen(head));
    memset(text + strlen(head), '1', digits);
    memcpy(text + strlen(head) + digits, tail, strlen(tail) + 1);
    got = reading_run(&reading_limits, text, size - 1, reading_whole, NULL, 1000);
    free(text);
    return got;
}

START_TEST(the_text_of_a_number_and_of_a_duration_is_limited)
{
    /* What stands before and behind the digits counts as well. */
    static const struct {
        const char *head, *tail;
        size_t others;
        const char *path, *what;
    } cases[] = {
        {"[{\"wait\":0.", "}]", 2, "[0].wait", "\"wait\" takes a duration"},
        {"[{\"wait\":\"0.", "s\"}]", 3, "[0].wait", "\"wait\" takes a duration"},
        {"[{\"wait\":\"\\u0030.", "s\"}]", 8, "[0].wait", "a duration"},
        {"[{\"timeout\":0.", "}]", 2, "[0].timeout", "a duration"},
        {"[{\"backoff\":{\"initial\":0.", "}}]", 2, "[0].backoff.initial", "a duration"},
        {"[{\"wait\":{\"dist\":\"exponential\",\"mean\":0.", "}}]", 2, "[0].wait.mean",
         "a duration"},
        {"[{\"wait\":{\"dist\":\"trace\",\"values\":[0.", "]}}]", 2, "[0].wait.values[0]",
         "each of \"values\" takes a duration"},
        {"[{\"fail\":0.", "}]", 2, "[0].fail", "a number"},
        {"[{\"backoff\":{\"factor\":1.", ",\"initial\":1}}]", 2, "[0].backoff.factor", "a number"},
        {"[{\"count\":", "}]", 0, "[0].count", "an integer"},
        {"{\"concurrency\":", ",\"jobs\":[]}", 0, "concurrency", "an integer"},
        {"{\"seed\":-", ",\"jobs\":[]}", 1, "seed", "an integer"},
        {"{\"op\":\"cancel\",\"batch\":", "}", 0, "batch", "an integer"},
    };
    static const char expected[] = "of at most 65536 bytes, and this has 65537";
    char head[100];
    for (size_t i = 0; i < N(cases); i++) {
        size_t most = REQUEST_VALUE_MAX - cases[i].others;
        char *got = read_digits(cases[i].head, most + 1, cases[i].tail);
        snprintf(head, sizeof(head), "too_large|%s|", cases[i].path);
        ck_assert_msg(strncmp(got, head, strlen(head)) == 0, "`%s`: %.200s", cases[i].head, got);
        ck_assert_ptr_nonnull(strstr(got, cases[i].what));
        ck_assert_ptr_nonnull(strstr(got, expected));
        free(got);
        got = read_digits(cases[i].head, most, cases[i].tail);
        ck_assert_ptr_null(strstr(got, "65536 bytes"));
        free(got);
    }
}
END_TEST

START_TEST(a_factor_has_at_most_a_thousand_significant_digits)
{
    char *got = read_digits("[{\"backoff\":{\"initial\":1,\"factor\":1.", 1000, "}}]");

    ck_assert_ptr_nonnull(strstr(got, "at most 1000 significant digits"));
    free(got);
    got = read_digits("[{\"backoff\":{\"initial\":1,\"factor\":1.", 999, "}}]");
    ck_assert_msg(strncmp(got, "submit", strlen("submit")) == 0, "%.200s", got);
    free(got);
    got = read_digits("[{\"backoff\":{\"initial\":1,\"factor\":2", 0, ".5000e+00000}}]");
    ck_assert_msg(strncmp(got, "submit", strlen("submit")) == 0, "%.200s", got);
    free(got);
}
END_TEST

START_TEST(other_numbers_are_as_long_as_they_like)
{
    static const char *const heads[] = {"[{\"data\":0.", "[{\"x\":0."};
    static const char *const begins[] = {"submit", INVALID "|[0].x|"};
    char *got = read_digits(heads[_i], 100000, "}]{\"op\":\"ping\"}");
    ck_assert_msg(strncmp(got, begins[_i], strlen(begins[_i])) == 0, "%.200s", got);
    ck_assert_ptr_nonnull(strstr(got, "\nping\n"));
    free(got);
}
END_TEST

START_TEST(bytes_and_nesting_end_the_stream)
{
    struct request_limits limits = reading_limits;
    limits.max_bytes = 40;
    limits.max_depth = 8;
    static const struct refusal cases[] = {
        {"[{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]", "BROKEN too_large", "",
         "at most 40 bytes"},
        {"{\"x\":1,\"y\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "BROKEN too_large", "",
         "at most 40 bytes"},
        {"[{\"data\":[[[[[[[1]]]]]]]}]", "BROKEN too_large", "", "at most 8 deep"},
        {"[[[[[[[[[[[[[[", "BROKEN too_large", "", "at most 8 deep"},
    };
    refusals_check(&limits, cases, N(cases));
    refusals_reads(&limits, "[{\"data\":[[[[[[1]]]]]]}]   \n  [{\"wait\":1}]",
                   "data=[[[[[[1]]]]]]]\nsubmit", NULL);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {totals_are_limited, 1},
        {steps_that_are_too_many_are_named, 1},
        {texts_and_dependencies_are_limited, 1},
        {what_stands_beside_long_strings_is_limited, 2},
        {long_strings_within_data_are_limited, 2},
        {the_text_of_a_number_and_of_a_duration_is_limited, 1},
        {a_factor_has_at_most_a_thousand_significant_digits, 1},
        {other_numbers_are_as_long_as_they_like, 2},
        {bytes_and_nesting_end_the_stream, 1},
    };

    return check_suite("request_limits", NULL, NULL, tests, N(tests));
}
