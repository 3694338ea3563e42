/* SPDX-License-Identifier: ISC */
#include "daemon/net/slack.h"

#include "tests/support/check.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)

static struct slack slack;
static int64_t now_ns;

static void set_up(void)
{
    slack = (struct slack){0};
    now_ns = 1000 * MS;
    slack_note(&slack, now_ns, now_ns);
}

/* A wait and an iteration. */
static void iterate(int64_t wait_ns, int64_t took_ns)
{
    now_ns += wait_ns + took_ns;
    slack_note(&slack, now_ns - took_ns, now_ns);
}

START_TEST(a_loop_that_is_not_busy_has_no_slack)
{
    for (int i = 0; i < 10000; i++) {
        iterate((SLACK_FACTOR + 1) * 20 * US, 20 * US);
        ck_assert_int_eq(slack_until(&slack), now_ns);
    }
}
END_TEST

START_TEST(a_burst_after_quiet_is_handled_at_once)
{
    iterate(500 * MS, 20 * US);
    for (int i = 0; i < 50; i++) {
        iterate(0, 20 * US);
        ck_assert_int_eq(slack_until(&slack), now_ns);
    }
}
END_TEST

START_TEST(a_busy_loop_has_slack_by_its_iterations)
{
    for (int i = 0; i < 2000; i++)
        iterate(0, 20 * US);
    iterate(slack_until(&slack) - now_ns, 20 * US);
    ck_assert_int_eq(slack_until(&slack) - now_ns, SLACK_FACTOR * 20 * US);
    iterate(slack_until(&slack) - now_ns, 50 * US);
    ck_assert_int_eq(slack_until(&slack) - now_ns, SLACK_FACTOR * 50 * US);
}
END_TEST

START_TEST(no_slack_is_longer_than_the_most)
{
    for (int i = 0; i < 100; i++) {
        iterate(i * US, 100 * MS * i);
        ck_assert_int_le(slack_until(&slack) - now_ns, SLACK_MAX_NS);
    }
    ck_assert_int_eq(slack_until(&slack) - now_ns, SLACK_MAX_NS);
    iterate(0, INT64_MAX / 2);
    ck_assert_int_eq(slack_until(&slack) - now_ns, SLACK_MAX_NS);
}
END_TEST

START_TEST(no_more_slack_is_owed_after_a_long_iteration)
{
    iterate(0, 1000 * MS);
    iterate(SLACK_MAX_NS, 0);
    ck_assert_int_eq(slack_until(&slack), now_ns);
    iterate(0, 10 * US);
    ck_assert_int_eq(slack_until(&slack) - now_ns, SLACK_FACTOR * 10 * US);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("slack");
    TCase *tests = tcase_create("slack");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_loop_that_is_not_busy_has_no_slack);
    tcase_add_test(tests, a_burst_after_quiet_is_handled_at_once);
    tcase_add_test(tests, a_busy_loop_has_slack_by_its_iterations);
    tcase_add_test(tests, no_slack_is_longer_than_the_most);
    tcase_add_test(tests, no_more_slack_is_owed_after_a_long_iteration);
    suite_add_tcase(suite, tests);
    return suite;
}
