/* SPDX-License-Identifier: ISC */
#include "engine/backoff.h"

#include <math.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/plan_kit.h"

/* A factor as the reader keeps it. */
static struct plan_factor factor_of(const char *digits, int32_t exponent, double nearest)
{
    struct plan_factor factor = {.nearest = nearest, .exponent = exponent};

    ck_assert_int_eq(plan_add_text(plan_kit_plan, digits, strlen(digits) + 1, &factor.digits),
                     PLAN_OK);
    return factor;
}

static int64_t delay(int64_t initial_ns, struct plan_factor factor, int64_t max_ns, uint32_t retry)
{
    const struct backoff backoff = {initial_ns, factor, max_ns, false};

    return backoff_delay_ns(plan_kit_plan, &backoff, retry);
}

START_TEST(a_factor_is_the_number_that_was_written)
{
    struct plan_factor factor = factor_of("1005", -3, 1.005);

    ck_assert_int_eq(delay(100, factor, -1, 1), 100);
    ck_assert_int_eq(delay(100, factor, -1, 2), 101);
    ck_assert_int_eq(delay(100, factor, -1, 3), 101); /* 101.0025 */
    ck_assert_int_eq(delay(300, factor, -1, 2), 302); /* 301.5 */
}
END_TEST

START_TEST(products_of_more_digits_than_a_double_has_are_exact)
{
    const struct plan_factor three = {.nearest = 3};

    ck_assert_int_eq(delay(2591999999999999, three, -1, 3), 23327999999999991);
    ck_assert_int_eq(delay(999999999999999937, three, -1, 3), 8999999999999999433);
}
END_TEST

/* Off a half by one in the last of forty digits, at every power that a double
 * can hold. */
START_TEST(what_is_off_a_half_by_little_is_rounded_to_its_side)
{
    static const char below[] = "14999999999999999999999999999999999999999", half[] = "15",
                      above[] = "15000000000000000000000000000000000000001";

    for (int64_t initial_ns = 1; initial_ns < 1000000; initial_ns += 2) {
        ck_assert_int_eq(delay(initial_ns, factor_of(below, -40, 1.5), -1, 2),
                         initial_ns + initial_ns / 2);
        ck_assert_int_eq(delay(initial_ns, factor_of(half, -1, 1.5), -1, 2),
                         initial_ns + initial_ns / 2 + 1);
        ck_assert_int_eq(delay(initial_ns, factor_of(above, -40, 1.5), -1, 2),
                         initial_ns + initial_ns / 2 + 1);
        initial_ns *= 3;
    }
}
END_TEST

START_TEST(delays_saturate_and_keep_to_their_maximum)
{
    const struct plan_factor two = {.nearest = 2}, huge = {.nearest = 1e308};

    ck_assert_int_eq(delay(1, two, -1, 63), INT64_C(1) << 62);
    ck_assert_int_eq(delay(1, two, -1, 64), INT64_MAX);
    ck_assert_int_eq(delay(1, two, -1, UINT32_MAX), INT64_MAX);
    ck_assert_int_eq(delay(INT64_MAX, two, -1, 2), INT64_MAX);
    ck_assert_int_eq(delay(1, huge, -1, 1000), INT64_MAX);
    ck_assert_int_eq(delay(0, huge, -1, 1000), 0);
    ck_assert_int_eq(delay(1, two, 1000, 10), 512);
    ck_assert_int_eq(delay(1, two, 1000, 11), 1000);
    ck_assert_int_eq(delay(1, huge, 1000, 1000), 1000);
    ck_assert_int_eq(delay(5, two, 0, 3), 0);
}
END_TEST

/* 1.000000001^(10^9) is e, give or take; with a factor of 1 nothing grows. */
START_TEST(many_retries_of_a_small_factor_are_exact)
{
    struct plan_factor factor = factor_of("1000000001", -9, 1.000000001);
    const struct plan_factor one = {.nearest = 1};

    /* By python3-mpmath, to 60 digits. */
    ck_assert_int_eq(delay(1000000000000000000, factor, -1, 1000000001), 2718281827099904322);
    ck_assert_int_eq(delay(77, one, -1, UINT32_MAX), 77);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_factor_is_the_number_that_was_written, 1},
        {products_of_more_digits_than_a_double_has_are_exact, 1},
        {what_is_off_a_half_by_little_is_rounded_to_its_side, 1},
        {delays_saturate_and_keep_to_their_maximum, 1},
        {many_retries_of_a_small_factor_are_exact, 1},
    };

    return check_suite("backoff", plan_kit_open, plan_kit_close, tests, N(tests));
}
