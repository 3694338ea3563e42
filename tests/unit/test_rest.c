/* SPDX-License-Identifier: ISC */
#include "daemon/net/rest.h"

#include "tests/support/check.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)

static struct rest rest;
static int64_t now_ns;

static void set_up(void)
{
    rest = (struct rest){0};
    now_ns = 1000 * MS;
    rest_note(&rest, now_ns, now_ns);
}

/* A wait and a turn. */
static void turn(int64_t wait_ns, int64_t took_ns)
{
    now_ns += wait_ns + took_ns;
    rest_note(&rest, now_ns - took_ns, now_ns);
}

START_TEST(who_is_not_busy_never_rests)
{
    for (int i = 0; i < 10000; i++) {
        turn((REST_FACTOR + 1) * 20 * US, 20 * US);
        ck_assert_int_eq(rest_until(&rest), now_ns);
    }
}
END_TEST

START_TEST(a_burst_after_quiet_is_done_at_once)
{
    turn(500 * MS, 20 * US);
    for (int i = 0; i < 50; i++) {
        turn(0, 20 * US);
        ck_assert_int_eq(rest_until(&rest), now_ns);
    }
}
END_TEST

START_TEST(who_is_busy_rests_for_a_multiple_of_each_turn)
{
    for (int i = 0; i < 2000; i++)
        turn(0, 20 * US);
    turn(rest_until(&rest) - now_ns, 20 * US);
    ck_assert_int_eq(rest_until(&rest) - now_ns, REST_FACTOR * 20 * US);
    turn(rest_until(&rest) - now_ns, 50 * US);
    ck_assert_int_eq(rest_until(&rest) - now_ns, REST_FACTOR * 50 * US);
}
END_TEST

START_TEST(no_rest_is_longer_than_the_most)
{
    for (int i = 0; i < 100; i++) {
        turn(i * US, 100 * MS * i);
        ck_assert_int_le(rest_until(&rest) - now_ns, REST_MAX_NS);
    }
    ck_assert_int_eq(rest_until(&rest) - now_ns, REST_MAX_NS);
    turn(0, INT64_MAX / 2);
    ck_assert_int_eq(rest_until(&rest) - now_ns, REST_MAX_NS);
}
END_TEST

START_TEST(no_more_than_the_rest_is_owed_after_a_long_turn)
{
    turn(0, 1000 * MS);
    turn(REST_MAX_NS, 0);
    ck_assert_int_eq(rest_until(&rest), now_ns);
    turn(0, 10 * US);
    ck_assert_int_eq(rest_until(&rest) - now_ns, REST_FACTOR * 10 * US);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rest");
    TCase *tests = tcase_create("rest");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, who_is_not_busy_never_rests);
    tcase_add_test(tests, a_burst_after_quiet_is_done_at_once);
    tcase_add_test(tests, who_is_busy_rests_for_a_multiple_of_each_turn);
    tcase_add_test(tests, no_rest_is_longer_than_the_most);
    tcase_add_test(tests, no_more_than_the_rest_is_owed_after_a_long_turn);
    suite_add_tcase(suite, tests);
    return suite;
}
