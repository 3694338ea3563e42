/* SPDX-License-Identifier: ISC */
#include "proto/duration.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

#define MAX INT64_MAX
#define DAY INT64_C(86400000000000)

struct reading {
    const char *text;
    enum duration_result result;
    int64_t ns;
};

typedef enum duration_result reader(const char *text, size_t len, int64_t max_ns, int64_t *ns);

/* Copies to the heap, without a NUL, so that a read too far is noticed. */
static void check_reading(reader *read, const struct reading *expected, int64_t max_ns)
{
    size_t len = strlen(expected->text);
    char *text = malloc(len > 0 ? len : 1);
    int64_t ns = -7;

    memcpy(text, expected->text, len);
    enum duration_result result = read(text, len, max_ns, &ns);
    free(text);
    ck_assert_msg(result == expected->result, "`%s`: %d, not %d", expected->text, (int)result,
                  (int)expected->result);
    int64_t wanted = result == DURATION_OK ? expected->ns : -7;
    ck_assert_msg(ns == wanted, "`%s`: %" PRId64 ", not %" PRId64, expected->text, ns, wanted);
}

static void check_readings(reader *read, const struct reading *expected, size_t n, int64_t max_ns)
{
    for (size_t i = 0; i < n; i++)
        check_reading(read, &expected[i], max_ns);
}

START_TEST(a_number_is_seconds)
{
    static const struct reading cases[] = {
        {"0", DURATION_OK, 0},
        {"1", DURATION_OK, 1000000000},
        {"0.25", DURATION_OK, 250000000},
        {"1.5", DURATION_OK, 1500000000},
        {"10", DURATION_OK, INT64_C(10000000000)},
        {"0.000000001", DURATION_OK, 1},
        {"123456789.987654321", DURATION_OK, INT64_C(123456789987654321)},
        {"9223372036.854775807", DURATION_OK, MAX},
        {"0.1", DURATION_OK, 100000000},
        {"2.675", DURATION_OK, 2675000000},
    };
    check_readings(duration_from_number, cases, N(cases), MAX);
}
END_TEST

START_TEST(a_number_may_have_an_exponent)
{
    static const struct reading cases[] = {
        {"1e0", DURATION_OK, 1000000000},
        {"1E+2", DURATION_OK, INT64_C(100000000000)},
        {"1e-9", DURATION_OK, 1},
        {"15e-10", DURATION_OK, 2},
        {"0.0015e3", DURATION_OK, 1500000000},
        {"123.456e-3", DURATION_OK, 123456000},
        {"1500000000000e-12", DURATION_OK, 1500000000},
        {"1e-400", DURATION_OK, 0},
        {"1e400", DURATION_TOO_LONG, 0},
        {"0e999999999999", DURATION_OK, 0},
        {"0.000e-999999999999999999999999", DURATION_OK, 0},
        {"1e999999999999999999999999", DURATION_TOO_LONG, 0},
        {"1e-999999999999999999999999", DURATION_OK, 0},
        {"1e9", DURATION_OK, INT64_C(1000000000000000000)},
        {"9e9", DURATION_OK, INT64_C(9000000000000000000)},
        {"1e10", DURATION_TOO_LONG, 0},
    };
    check_readings(duration_from_number, cases, N(cases), MAX);
}
END_TEST

START_TEST(a_half_of_a_nanosecond_goes_up)
{
    static const struct reading cases[] = {
        {"0.0000000005", DURATION_OK, 1},
        {"0.00000000049999999999999999999999999999", DURATION_OK, 0},
        {"0.0000000015", DURATION_OK, 2},
        {"0.0000000025", DURATION_OK, 3},
        {"1.0000000005", DURATION_OK, 1000000001},
        {"1.00000000049999", DURATION_OK, 1000000000},
        {"5e-10", DURATION_OK, 1},
        {"1.5e-9", DURATION_OK, 2},
        {"1.4999e-9", DURATION_OK, 1},
        {"12.5e-9", DURATION_OK, 13},
        {"4.9e-10", DURATION_OK, 0},
        {"5e-11", DURATION_OK, 0},
        {"0.9999999999", DURATION_OK, 1000000000},
        {"9223372036.8547758069", DURATION_OK, MAX},
        {"9223372036.8547758075", DURATION_TOO_LONG, 0},
    };
    check_readings(duration_from_number, cases, N(cases), MAX);
}
END_TEST

START_TEST(a_minus_sign_stands_before_the_number_zero_alone)
{
    static const struct reading numbers[] = {
        {"-0", DURATION_OK, 0},
        {"-0.000", DURATION_OK, 0},
        {"-0e99999", DURATION_OK, 0},
        {"-1", DURATION_NEGATIVE, 0},
        {"-1e-400", DURATION_NEGATIVE, 0},
        {"-0.0000000000000001", DURATION_NEGATIVE, 0},
        {"-1e400", DURATION_NEGATIVE, 0},
    };
    static const struct reading strings[] = {
        {"-0s", DURATION_NEGATIVE, 0},    {"-0h0.0ns", DURATION_NEGATIVE, 0},
        {"-1s", DURATION_NEGATIVE, 0},    {"-0.0000000001ns", DURATION_NEGATIVE, 0},
        {"1m-1s", DURATION_MALFORMED, 0}, {"--1s", DURATION_MALFORMED, 0},
        {"-", DURATION_MALFORMED, 0},     {"-1", DURATION_MALFORMED, 0},
    };
    check_readings(duration_from_number, numbers, N(numbers), MAX);
    check_readings(duration_from_string, strings, N(strings), MAX);
}
END_TEST

START_TEST(a_string_has_units)
{
    static const struct reading cases[] = {
        {"250ms", DURATION_OK, 250000000},
        {"1.5s", DURATION_OK, 1500000000},
        {"2m", DURATION_OK, INT64_C(120000000000)},
        {"1h", DURATION_OK, INT64_C(3600000000000)},
        {"40us", DURATION_OK, 40000},
        {"5ns", DURATION_OK, 5},
        {"1m30s", DURATION_OK, INT64_C(90000000000)},
        {"1h1m1s1ms1us1ns", DURATION_OK, INT64_C(3661001001001)},
        {"0s", DURATION_OK, 0},
        {"90m", DURATION_OK, INT64_C(5400000000000)},
        {"0.5h", DURATION_OK, INT64_C(1800000000000)},
        {"1.25m", DURATION_OK, INT64_C(75000000000)},
        {"007s", DURATION_OK, INT64_C(7000000000)},
        {"2562047h47m16s854ms775us807ns", DURATION_OK, MAX},
        {"2562047h47m16s854ms775us808ns", DURATION_TOO_LONG, 0},
        {"99999999999999999999999999h", DURATION_TOO_LONG, 0},
        {"0.000000000000000000000000000000001h", DURATION_OK, 0},
        {"10000000000s", DURATION_TOO_LONG, 0},
        {"100000000000000000000000000000ns", DURATION_TOO_LONG, 0},
    };
    check_readings(duration_from_string, cases, N(cases), MAX);
}
END_TEST

START_TEST(the_parts_are_summed_before_they_are_rounded)
{
    static const struct reading cases[] = {
        {"0.4ns", DURATION_OK, 0},
        {"0.5ns", DURATION_OK, 1},
        {"1.5ns", DURATION_OK, 2},
        {"0.0004us0.1ns", DURATION_OK, 1},
        {"0.0004us0.0999999999999999999ns", DURATION_OK, 0},
        {"0.0000000001h0.1ns", DURATION_OK, 360},
        {"0.0000000001h0.5ns", DURATION_OK, 361},
        /* 3600e9 x 1e-13 = 0.36, and 0.14 */
        {"0.0000000000001h0.14ns", DURATION_OK, 1},
        {"0.0000000000001h0.13999999ns", DURATION_OK, 0},
        {"0.9999999999ns", DURATION_OK, 1},
        {"59.9999999999s", DURATION_OK, INT64_C(60000000000)},
    };
    check_readings(duration_from_string, cases, N(cases), MAX);
}
END_TEST

START_TEST(what_is_not_of_the_form_is_malformed)
{
    static const char *const cases[] = {
        "",     "s",     "1",      "1.5",        "1.s",    ".5s",   "1,5s",      "+1s",
        " 1s",  "1s ",   "1 s",    "1e3s",       "1s1m",   "1s1s",  "1ms1s",     "1S",
        "1sec", "1min",  "1d",     "1mss",       "1.5.5s", "1..5s", "s1",        "1h1",
        "0x1s", "1m 1s", "1ns1ns", "1\xC2\xB5s", "1h30",   "one",   "1ms1us1ms", "1h1h1h1h1h1h1h1h",
        "1s\n",
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct reading expected = {cases[i], DURATION_MALFORMED, 0};
        check_reading(duration_from_string, &expected, MAX);
    }
}
END_TEST

START_TEST(the_maximum_itself_is_allowed)
{
    static const struct reading numbers[] = {
        {"86400", DURATION_OK, DAY},
        {"86400.0000000004", DURATION_OK, DAY},
        {"86400.0000000005", DURATION_TOO_LONG, 0},
        {"86400.000000001", DURATION_TOO_LONG, 0},
        {"1e300", DURATION_TOO_LONG, 0},
    };
    static const struct reading strings[] = {
        {"24h", DURATION_OK, DAY},
        {"24h1ns", DURATION_TOO_LONG, 0},
        {"23h59m60s", DURATION_OK, DAY},
        {"1441m", DURATION_TOO_LONG, 0},
    };
    check_readings(duration_from_number, numbers, N(numbers), DAY);
    check_readings(duration_from_string, strings, N(strings), DAY);
}
END_TEST

/* A text of a million digits, with a tail. */
static char *long_text(const char *head, char digit, const char *tail)
{
    size_t n = 1000000, at = strlen(head);
    char *text = malloc(at + n + strlen(tail) + 1);
    memcpy(text, head, at);
    memset(text + at, digit, n);
    memcpy(text + at + n, tail, strlen(tail) + 1);
    return text;
}

START_TEST(any_number_of_digits_is_read)
{
    static const struct {
        const char *head;
        char digit;
        const char *tail;
        bool number;
        enum duration_result result;
        int64_t ns;
    } cases[] = {
        {"0.", '0', "1", true, DURATION_OK, 0},
        {"0.", '9', "", true, DURATION_OK, 1000000000},
        {"1", '0', "e-1000000", true, DURATION_OK, 1000000000},
        {"1", '0', "e-1000009", true, DURATION_OK, 1},
        {"1", '0', "", true, DURATION_TOO_LONG, 0},
        {"0.", '0', "15e1000001", true, DURATION_OK, 1500000000},
        {"", '0', "7s", false, DURATION_OK, INT64_C(7000000000)},
        {"1.", '0', "1h", false, DURATION_OK, INT64_C(3600000000000)},
        {"0.", '4', "ns", false, DURATION_OK, 0},
        {"0.4ns", '4', "ns", false, DURATION_MALFORMED, 0},
        {"0.0004us0.0", '9', "ns", false, DURATION_OK, 0},
        {"", '9', "s", false, DURATION_TOO_LONG, 0},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char *text = long_text(cases[i].head, cases[i].digit, cases[i].tail);
        struct reading expected = {text, cases[i].result, cases[i].ns};
        check_reading(cases[i].number ? duration_from_number : duration_from_string, &expected,
                      MAX);
        free(text);
    }
}
END_TEST

START_TEST(a_flag_takes_seconds_or_units)
{
    static const struct reading cases[] = {
        {"5", DURATION_OK, INT64_C(5000000000)},
        {"0.5", DURATION_OK, 500000000},
        {"1e-3", DURATION_OK, 1000000},
        {"30s", DURATION_OK, INT64_C(30000000000)},
        {"1m30s", DURATION_OK, INT64_C(90000000000)},
        {"-0", DURATION_OK, 0},
        {"-5", DURATION_NEGATIVE, 0},
        {"-5s", DURATION_NEGATIVE, 0},
        {"1e400", DURATION_TOO_LONG, 0},
        {"", DURATION_MALFORMED, 0},
        {"+5", DURATION_MALFORMED, 0},
        {"05", DURATION_MALFORMED, 0},
        {"5.", DURATION_MALFORMED, 0},
        {".5", DURATION_MALFORMED, 0},
        {"1e", DURATION_MALFORMED, 0},
        {"1e+", DURATION_MALFORMED, 0},
        {"5 s", DURATION_MALFORMED, 0},
        {"nan", DURATION_MALFORMED, 0},
        {"inf", DURATION_MALFORMED, 0},
        {"-", DURATION_MALFORMED, 0},
    };
    check_readings(duration_from_text, cases, N(cases), MAX);
}
END_TEST

START_TEST(a_duration_is_printed_without_trailing_zeros)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.000000001"},
        {1500000000, "1.5"},
        {INT64_C(3000000000), "3"},
        {INT64_C(10000000000), "10"},
        {100, "0.0000001"},
        {999999999, "0.999999999"},
        {INT64_C(2592000000000000), "2592000"},
        {MAX, "9223372036.854775807"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char out[DURATION_PRINT_MAX + 1];
        size_t len = duration_print(out, cases[i].ns);
        ck_assert_uint_lt(len, DURATION_PRINT_MAX);
        out[len] = '\0';
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

START_TEST(what_is_printed_reads_back)
{
    int64_t ns = 1;
    for (int i = 0; i < 4000; i++) {
        char out[DURATION_PRINT_MAX];
        int64_t back;
        size_t len = duration_print(out, ns);
        ck_assert_int_eq(duration_from_number(out, len, MAX, &back), DURATION_OK);
        ck_assert_int_eq(back, ns);
        ns = (int64_t)(((uint64_t)ns * 6364136223846793005u + 1442695040888963407u) >> 1) >> i % 60;
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_number_is_seconds, 1},
        {a_number_may_have_an_exponent, 1},
        {a_half_of_a_nanosecond_goes_up, 1},
        {a_minus_sign_stands_before_the_number_zero_alone, 1},
        {a_string_has_units, 1},
        {the_parts_are_summed_before_they_are_rounded, 1},
        {what_is_not_of_the_form_is_malformed, 1},
        {the_maximum_itself_is_allowed, 1},
        {any_number_of_digits_is_read, 1},
        {a_flag_takes_seconds_or_units, 1},
        {a_duration_is_printed_without_trailing_zeros, 1},
        {what_is_printed_reads_back, 1},
    };

    return check_suite("duration", NULL, NULL, tests, N(tests));
}
