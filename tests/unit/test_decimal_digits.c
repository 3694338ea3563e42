/* SPDX-License-Identifier: ISC */
#include "proto/decimal_digits.h"

#include <string.h>

#include "tests/support/check.h"

START_TEST(digits_are_found_wherever_the_point_is)
{
    static const struct {
        const char *text, *digits;
        int64_t position;
    } cases[] = {
        {"1", "1", 0},         {"120", "12", 2},    {"1.005", "1005", 0}, {"0.0120", "12", -2},
        {"10.0", "1", 1},      {"20.50", "205", 1}, {"1e3", "1", 3},      {"0.001E+3", "1", 0},
        {"1.50e-2", "15", -2}, {"-7.25", "725", 0}, {"100e-2", "1", 0},
    };
    struct decimal_digits found;
    char digits[16];

    ck_assert(decimal_digits_find(cases[_i].text, strlen(cases[_i].text), &found));
    decimal_digits_copy(&found, digits);
    ck_assert_str_eq(digits, cases[_i].digits);
    ck_assert_uint_eq(decimal_digits_count(&found), strlen(digits));
    ck_assert_int_eq(found.position, cases[_i].position);
    ck_assert_int_eq(found.minus, cases[_i].text[0] == '-');
}
END_TEST

START_TEST(no_digit_of_a_zero_is_found)
{
    static const char *const zeros[] = {"0", "-0", "0.000", "0e9", "-0.0E-5"};
    struct decimal_digits found;

    for (size_t i = 0; i < N(zeros); i++)
        ck_assert(!decimal_digits_find(zeros[i], strlen(zeros[i]), &found));
}
END_TEST

START_TEST(exponents_beyond_all_numbers_saturate)
{
    static const char far[] = "1e999999999999999999999999999999",
                      near[] = "1e-99999999999999999999";
    struct decimal_digits found;

    ck_assert(decimal_digits_find(far, strlen(far), &found));
    ck_assert_int_gt(found.position, INT64_C(1) << 50);
    ck_assert(decimal_digits_find(near, strlen(near), &found));
    ck_assert_int_lt(found.position, -(INT64_C(1) << 50));
}
END_TEST

#define ALL (UINT64_C(1) << 53)

/* Those that are no multiple of 2^-53 go up: a draw below the multiple is below them. */
START_TEST(a_probability_is_the_least_multiple_not_below_it)
{
    static const struct {
        const char *text;
        uint64_t below;
    } cases[] = {
        {"0", 0},
        {"-0.0", 0},
        {"1", ALL},
        {"1.000", ALL},
        {"100e-2", ALL},
        {"0.01e2", ALL},
        {"0.5", ALL / 2},
        {"25e-2", ALL / 4},
        {"0.1", 900719925474100},  /* 900719925474099.2 */
        {"0.3", 2702159776422298}, /* 2702159776422297.6 */
        {"0.99999999999999999999", ALL},
        {"1e-400", 1},
        {"1e-99999999999999999999", 1},
        {"1.1102230246251565404236316680908203125e-16", 1},
        {"1.1102230246251565404236316680908203126e-16", 2},
        {"0.00000000000000011102230246251565404236316680908203125", 1},
    };
    uint64_t below = 7;

    ck_assert(decimal_digits_probability(cases[_i].text, strlen(cases[_i].text), &below));
    ck_assert_uint_eq(below, cases[_i].below);
}
END_TEST

START_TEST(what_is_no_probability_is_refused)
{
    static const char *const cases[] = {"1.1",  "2",  "10",      "1.0000000000000000000000000001",
                                        "1e99", "-1", "-1e-400", "11e-1"};
    uint64_t below = 7;

    for (size_t i = 0; i < N(cases); i++)
        ck_assert(!decimal_digits_probability(cases[i], strlen(cases[i]), &below));
    ck_assert_uint_eq(below, 7);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {digits_are_found_wherever_the_point_is, 11},
        {no_digit_of_a_zero_is_found, 1},
        {exponents_beyond_all_numbers_saturate, 1},
        {a_probability_is_the_least_multiple_not_below_it, 16},
        {what_is_no_probability_is_refused, 1},
    };

    return check_suite("decimal_digits", NULL, NULL, tests, N(tests));
}
