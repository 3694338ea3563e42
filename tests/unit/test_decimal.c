/* SPDX-License-Identifier: ISC */
#include "proto/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

static void check_value(uint64_t value)
{
    char expected[32], got[DECIMAL_MAX + 1];

    snprintf(expected, sizeof(expected), "%" PRIu64, value);
    *decimal_put(got, value) = '\0';
    ck_assert_str_eq(got, expected);
}

START_TEST(values_on_both_sides_of_every_power_are_whole)
{
    uint64_t ten = 1;

    for (int i = 0; i < 20; i++, ten *= 10) {
        check_value(ten - 1);
        check_value(ten);
        check_value(ten + 1);
    }
    for (int bit = 0; bit < 64; bit++) {
        check_value((UINT64_C(1) << bit) - 1);
        check_value(UINT64_C(1) << bit);
    }
    check_value(UINT64_MAX);
}
END_TEST

START_TEST(all_small_values_are_right)
{
    for (uint64_t value = 0; value < 20000; value++)
        check_value(value);
}
END_TEST

/* The digits that printf() gives, without the zeros at their end. */
static void check_fraction(uint32_t billionths)
{
    char expected[32], got[DECIMAL_FRACTION_MAX + 1];
    size_t len = (size_t)snprintf(expected, sizeof(expected), ".%09" PRIu32, billionths);

    while (len > 0 && (expected[len - 1] == '0' || expected[len - 1] == '.'))
        len--;
    expected[len] = '\0';
    *decimal_put_fraction(got, billionths) = '\0';
    ck_assert_str_eq(got, expected);
}

START_TEST(fractions_end_in_no_zero)
{
    for (uint32_t ten = 1; ten <= 100000000; ten *= 10)
        for (uint32_t i = 0; i < 10; i++) {
            check_fraction(i * ten);
            check_fraction(i * ten + 1);
            check_fraction(999999999 - i * ten);
        }
    for (uint32_t i = 0; i < 1000000000; i += 99991)
        check_fraction(i);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {values_on_both_sides_of_every_power_are_whole, 1},
        {all_small_values_are_right, 1},
        {fractions_end_in_no_zero, 1},
    };

    return check_suite("decimal", NULL, NULL, tests, N(tests));
}
