/* SPDX-License-Identifier: ISC */
#include "proto/utc.h"

#include <stdio.h>
#include <time.h>

#include "tests/support/check.h"

static void check_time(int64_t ns)
{
    int64_t seconds = ns / 1000000000 - (ns % 1000000000 < 0);
    time_t whole = (time_t)seconds;
    char date[32], expected[64], got[UTC_SIZE + 1];
    struct tm civil;

    ck_assert_ptr_nonnull(gmtime_r(&whole, &civil));
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &civil);
    snprintf(expected, sizeof expected, "%s.%09dZ", date,
             (int)((ns % 1000000000 + 1000000000) % 1000000000));
    ck_assert_ptr_eq(utc_put(got, ns), got + UTC_SIZE);
    got[UTC_SIZE] = '\0';
    ck_assert_str_eq(got, expected);
}

START_TEST(days_of_all_centuries_are_libcs)
{
    const int64_t day_ns = INT64_C(86400000000000);

    for (int64_t day = -106751; day <= 106750; day += 5) {
        check_time(day * day_ns);
        check_time(day * day_ns + day_ns - 1);
    }
    check_time(INT64_MAX);
    check_time(INT64_MIN);
}
END_TEST

START_TEST(a_moment_is_reported_to_the_nanosecond)
{
    char got[UTC_SIZE + 1];

    *utc_put(got, INT64_C(951868799000000005)) = '\0';
    ck_assert_str_eq(got, "2000-02-29T23:59:59.000000005Z");
    *utc_put(got, -1) = '\0';
    ck_assert_str_eq(got, "1969-12-31T23:59:59.999999999Z");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {days_of_all_centuries_are_libcs, 1},
        {a_moment_is_reported_to_the_nanosecond, 1},
    };

    return check_suite("utc", NULL, NULL, tests, N(tests));
}
