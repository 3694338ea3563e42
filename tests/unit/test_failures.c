/* SPDX-License-Identifier: ISC */

/* How the wrong tokens of an address are counted, forgiven and delayed, by a clock that is set by
 * hand. */

#include "daemon/auth/failures.h"
#include "tests/support/check.h"

#define S INT64_C(1000000000)

START_TEST(failures_fill_a_bucket_that_empties_within_a_minute)
{
    struct failures failures = {0};
    int64_t now_ns = 1000 * S;

    ck_assert(failures_are_over(&failures, now_ns));
    for (int i = 0; i < 3; i++)
        ck_assert(failures_charge(&failures, now_ns, 3));
    ck_assert(!failures_charge(&failures, now_ns, 3));
    ck_assert(!failures_charge(&failures, now_ns + 19 * S, 3));
    ck_assert_int_eq(failures_wait_ns(&failures, now_ns + 19 * S, 3), S);
    ck_assert_int_eq(failures_wait_ns(&failures, now_ns + 20 * S, 3), 0);
    ck_assert_int_eq(failures_wait_ns(&failures, now_ns, 0), 0);
    ck_assert(failures_charge(&failures, now_ns + 20 * S, 3));
    ck_assert(!failures_charge(&failures, now_ns + 20 * S, 3));
    failures_refund(&failures, 3);
    ck_assert(failures_charge(&failures, now_ns + 20 * S, 3));
    ck_assert(!failures_are_over(&failures, now_ns + 80 * S - 1));
    ck_assert(failures_are_over(&failures, now_ns + 80 * S));
    for (int i = 0; i < 1000; i++)
        ck_assert(failures_charge(&failures, now_ns, 0));
    ck_assert(failures_are_over(&failures, now_ns + 80 * S));
}
END_TEST

START_TEST(each_failure_is_answered_later_than_the_one_before)
{
    struct failures failures = {0};
    int64_t before_ns = 0;

    for (int i = 0; i < 6; i++) {
        ck_assert(failures_charge(&failures, S, 10));
        ck_assert_int_gt(failures_delay_ns(&failures, S, 10), before_ns);
        before_ns = failures_delay_ns(&failures, S, 10);
    }
    for (int i = 0; i < 4; i++)
        ck_assert(failures_charge(&failures, S, 10));
    ck_assert_int_eq(failures_delay_ns(&failures, S, 10), before_ns); /* and not for ever */
    ck_assert_int_le(before_ns, 5 * S);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {failures_fill_a_bucket_that_empties_within_a_minute, 1},
        {each_failure_is_answered_later_than_the_one_before, 1},
    };
    Suite *suite = suite_create("failures");

    (void)check_case(suite, "bucket", NULL, NULL, tests, N(tests));
    return suite;
}
