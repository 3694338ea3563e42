/* SPDX-License-Identifier: ISC */
#include "daemon/net/slack.h"

#include "tests/support/check.h"

#define US   INT64_C(1000)
#define MS   INT64_C(1000000)
#define MOST (900 * US)
#define EACH (SLACK_FACTOR * (SLACK_WAKE_NS + 20 * US)) /* of an iteration of 20 us */

static struct slack slack;
static int64_t now_ns;

static void set_up(void)
{
    slack = (struct slack){0};
    now_ns = 1000 * MS;
    slack_note(&slack, now_ns, now_ns, 0, MOST);
}

/* A wait and an iteration, of which so much was for connections that the one before had not
 * served. */
static void iterate(int64_t wait_ns, int64_t took_ns, int64_t fresh_ns)
{
    now_ns += wait_ns + took_ns;
    slack_note(&slack, now_ns - took_ns, now_ns, fresh_ns, MOST);
}

/* How much there is. */
static int64_t length(void)
{
    return slack_until(&slack) - now_ns;
}

/* Uses up the credit. */
static void use_up(void)
{
    for (int i = 0; i < 200; i++)
        iterate(0, 20 * US, 0);
    iterate(length(), 0, 0);
}

START_TEST(a_loop_that_is_not_busy_has_no_slack)
{
    for (int i = 0; i < 10000; i++) {
        iterate(SLACK_FACTOR * (SLACK_WAKE_NS + 20 * US), 20 * US, 0);
        ck_assert_int_eq(length(), 0);
    }
}
END_TEST

START_TEST(a_burst_after_quiet_is_handled_at_once)
{
    iterate(500 * MS, 20 * US, 0);
    for (int64_t owed_ns = EACH; owed_ns + EACH <= SLACK_CREDIT_NS; owed_ns += EACH) {
        iterate(0, 20 * US, 0);
        ck_assert_int_eq(length(), 0);
    }
    iterate(0, 20 * US, 0);
    ck_assert_int_gt(length(), 0);
}
END_TEST

START_TEST(slack_is_by_what_would_come_again)
{
    use_up();
    ck_assert_int_eq(length(), SLACK_FACTOR * SLACK_WAKE_NS);
    iterate(length(), 20 * US, 0);
    ck_assert_int_eq(length(), SLACK_FACTOR * (SLACK_WAKE_NS + 20 * US));
    iterate(length(), 30 * US, 0);
    ck_assert_int_eq(length(), SLACK_FACTOR * (SLACK_WAKE_NS + 30 * US));
}
END_TEST

START_TEST(what_is_written_once_whenever_it_comes_makes_no_slack)
{
    use_up();
    iterate(length(), 500 * US, 500 * US);
    ck_assert_int_eq(length(), SLACK_FACTOR * SLACK_WAKE_NS);
    iterate(length(), 50 * US, 40 * US); /* a fifth of it comes again, and counts by a fifth */
    ck_assert_int_eq(length(), SLACK_FACTOR * (SLACK_WAKE_NS + 2 * US));
    iterate(length(), 50 * US, 10 * US);
    ck_assert_int_eq(length(), SLACK_FACTOR * (SLACK_WAKE_NS + 32 * US));
}
END_TEST

START_TEST(no_slack_is_longer_than_the_most)
{
    for (int i = 0; i < 100; i++) {
        iterate(i * US, 100 * MS * i, 0);
        ck_assert_int_le(length(), MOST);
    }
    ck_assert_int_eq(length(), MOST);
    iterate(0, INT64_MAX / 2, 0);
    ck_assert_int_eq(length(), MOST);
}
END_TEST

START_TEST(there_is_none_where_none_is_allowed)
{
    for (int i = 0; i < 1000; i++) {
        now_ns += 50 * US;
        slack_note(&slack, now_ns - 50 * US, now_ns, 0, 0);
        ck_assert_int_eq(length(), 0);
    }
    for (int i = 0; i < 1000; i++) {
        now_ns += 50 * US;
        slack_note(&slack, now_ns - 50 * US, now_ns, 0, 5 * US);
        ck_assert_int_le(length(), 5 * US);
    }
    ck_assert_int_eq(length(), 5 * US);
}
END_TEST

START_TEST(no_more_slack_is_owed_after_a_long_iteration)
{
    iterate(0, 1000 * MS, 0);
    iterate(MOST, 0, 0);
    ck_assert_int_eq(length(), SLACK_FACTOR * SLACK_WAKE_NS);
    iterate(length(), 10 * US, 0);
    ck_assert_int_eq(length(), SLACK_FACTOR * (SLACK_WAKE_NS + 10 * US));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_loop_that_is_not_busy_has_no_slack, 1},
        {a_burst_after_quiet_is_handled_at_once, 1},
        {slack_is_by_what_would_come_again, 1},
        {what_is_written_once_whenever_it_comes_makes_no_slack, 1},
        {no_slack_is_longer_than_the_most, 1},
        {there_is_none_where_none_is_allowed, 1},
        {no_more_slack_is_owed_after_a_long_iteration, 1},
    };

    return check_suite("slack", set_up, NULL, tests, N(tests));
}
