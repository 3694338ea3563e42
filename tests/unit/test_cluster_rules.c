/* SPDX-License-Identifier: ISC */

/* The rules of a cluster, one by one; together they are in tests/scenario/test_cluster.c. */

#include "tests/support/check.h"

#include "daemon/store/cluster_rules.h"

#define S INT64_C(1000000000)

static struct cluster_rules rules;

static void set_up(void)
{
    cluster_rules_init(&rules, S);
    ck_assert_uint_eq(cluster_rules_begin(&rules, 0), 1);
}

static void tear_down(void)
{
    cluster_rules_fini(&rules);
}

static enum cluster_reading take(uint64_t sequence, int64_t stamp_ns, bool is_tick,
                                 uint64_t own_tick, int64_t now_ns)
{
    struct cluster_message_facts facts = {sequence, stamp_ns, is_tick, own_tick};

    return cluster_rules_read(&rules, &facts, now_ns);
}

START_TEST(nothing_is_sent_before_an_own_tick_is_read)
{
    ck_assert_int_eq(cluster_rules_horizon(&rules), CLUSTER_NO_WATERMARK);
    ck_assert_int_eq(take(1, 100 * S, true, 0, 1), CLUSTER_NEW);
    ck_assert_int_eq(cluster_rules_horizon(&rules), CLUSTER_NO_WATERMARK);
    ck_assert_uint_eq(cluster_rules_put_tick(&rules, 2), 1);
    ck_assert_int_eq(take(2, 101 * S, true, 1, 3), CLUSTER_NEW);
    ck_assert_int_eq(cluster_rules_horizon(&rules), 101 * S);
}
END_TEST

START_TEST(a_tick_of_an_earlier_reading_does_not_count)
{
    cluster_rules_put_tick(&rules, 1);
    take(1, 100 * S, true, 1, 2);
    ck_assert_uint_eq(cluster_rules_begin(&rules, 3), 1);
    ck_assert_int_eq(cluster_rules_horizon(&rules), CLUSTER_NO_WATERMARK);
    ck_assert_int_eq(take(1, 100 * S, true, 1, 4), CLUSTER_KNOWN);
    ck_assert_int_eq(cluster_rules_horizon(&rules), CLUSTER_NO_WATERMARK);
    cluster_rules_put_tick(&rules, 5);
    take(2, 101 * S, true, 2, 6);
    ck_assert_int_eq(cluster_rules_horizon(&rules), 101 * S);
}
END_TEST

START_TEST(the_watermark_is_the_greatest_stamp_of_a_tick)
{
    cluster_rules_put_tick(&rules, 1);
    take(1, 100 * S, true, 1, 2);
    take(2, 102 * S, false, 0, 3);
    ck_assert_int_eq(cluster_rules_horizon(&rules), 100 * S);
    take(3, 99 * S, true, 0, 4);
    ck_assert_int_eq(cluster_rules_horizon(&rules), 100 * S);
    take(4, 103 * S, true, 0, 5);
    ck_assert_int_eq(cluster_rules_horizon(&rules), 103 * S);
}
END_TEST

START_TEST(time_is_the_greatest_stamp_and_what_has_passed_since)
{
    take(1, 100 * S, false, 0, 50);
    ck_assert_int_eq(cluster_rules_time(&rules, 57), 100 * S + 7);
    take(2, 99 * S, false, 0, 60); /* a clock that was set back */
    ck_assert_int_eq(cluster_rules_time(&rules, 60), 100 * S + 10);
    take(3, 200 * S, false, 0, 70);
    ck_assert_int_eq(cluster_rules_time(&rules, 70), 200 * S);
}
END_TEST

START_TEST(a_cancel_falls_a_grace_after_its_stamp_or_its_floor)
{
    struct cluster_cancels cancels = {S, INT64_MIN};

    ck_assert_int_eq(cluster_cancels_fall(&cancels, 10 * S, 9 * S), 11 * S);
    ck_assert_int_eq(cluster_cancels_fall(&cancels, 10 * S, 12 * S), 13 * S);
    ck_assert_int_eq(cluster_cancels_fall(&cancels, 11 * S, 11 * S), 13 * S);
    ck_assert_int_eq(cluster_cancels_fall(&cancels, 14 * S, 0), 15 * S);
}
END_TEST

START_TEST(ticks_are_due_unless_another_was_read)
{
    ck_assert_int_eq(cluster_rules_tick_due(&rules), S / 5);
    cluster_rules_put_tick(&rules, S);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), S + S / 5);
    take(1, 100 * S, true, 1, 2 * S);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), 2 * S + S / 5);
    take(2, 100 * S, true, 0, 3 * S);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), 3 * S + S / 5);
    take(3, 100 * S, false, 0, 4 * S);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), 3 * S + S / 5);
}
END_TEST

/* The first is lost: those of other nodes, which keep coming, do not stand in for it. */
START_TEST(until_it_has_caught_up_a_node_puts_ticks_of_its_own)
{
    cluster_rules_put_tick(&rules, S);
    take(1, 100 * S, true, 0, S + S / 10);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), S + S / 5);
    take(2, 100 * S, true, 0, 10 * S);
    ck_assert_int_eq(cluster_rules_tick_due(&rules), S + S / 5);
    cluster_rules_put_tick(&rules, 11 * S);
    take(3, 100 * S, true, 2, 12 * S);
    (void)cluster_rules_begin(&rules, 20 * S); /* and again */
    ck_assert_int_eq(cluster_rules_tick_due(&rules), 20 * S + S / 5);
}
END_TEST

START_TEST(another_stamp_of_the_same_sequence_is_a_rollback)
{
    take(1, 100 * S, false, 0, 1);
    take(2, 101 * S, false, 0, 2);
    ck_assert_uint_eq(cluster_rules_begin(&rules, 3), 1);
    ck_assert_int_eq(take(1, 100 * S, false, 0, 4), CLUSTER_KNOWN);
    ck_assert_int_eq(take(2, 102 * S, false, 0, 5), CLUSTER_ROLLED_BACK);
    cluster_rules_forget(&rules);
    ck_assert_uint_eq(cluster_rules_begin(&rules, 6), 1);
    ck_assert_int_eq(take(1, 100 * S, false, 0, 7), CLUSTER_NEW);
}
END_TEST

START_TEST(what_is_missing_is_a_rollback_but_ticks_and_what_was_removed)
{
    take(1, 100 * S, false, 0, 1);
    take(2, 101 * S, true, 0, 2);
    take(3, 102 * S, false, 0, 3);
    cluster_rules_begin(&rules, 4);
    ck_assert_int_eq(take(1, 100 * S, false, 0, 5), CLUSTER_KNOWN);
    ck_assert_int_eq(take(4, 103 * S, true, 0, 6), CLUSTER_ROLLED_BACK);
    cluster_rules_removed(&rules, 3);
    ck_assert_int_eq(take(4, 103 * S, true, 0, 7), CLUSTER_NEW);
}
END_TEST

START_TEST(a_stream_that_ends_before_what_was_read_is_another)
{
    take(7, 100 * S, false, 0, 1);
    ck_assert(cluster_rules_may_end(&rules, 0)); /* nothing was known when this reading began */
    cluster_rules_begin(&rules, 2);
    take(8, 101 * S, false, 0, 3); /* which came while the end was asked for */
    ck_assert(cluster_rules_may_end(&rules, 7));
    ck_assert(cluster_rules_may_end(&rules, 8));
    ck_assert(!cluster_rules_may_end(&rules, 6));
}
END_TEST

START_TEST(what_is_older_than_ten_minutes_is_not_compared)
{
    take(1, 100 * S, false, 0, 1);
    take(2, 101 * S, false, 0, 2);
    take(3, 701 * S, false, 0, 3); /* the second is just in it */
    ck_assert_uint_eq(cluster_rules_begin(&rules, 4), 2);
    ck_assert_int_eq(take(2, 101 * S, false, 0, 5), CLUSTER_KNOWN);
    ck_assert_int_eq(take(3, 701 * S, false, 0, 5), CLUSTER_KNOWN);
    for (uint64_t i = 4; i < 5000; i++)
        take(i, 1400 * S + (int64_t)i, false, 0, 5);
    ck_assert_uint_eq(cluster_rules_begin(&rules, 6), 4);
    for (uint64_t i = 4; i < 5000; i++)
        ck_assert_int_eq(take(i, 1400 * S + (int64_t)i, false, 0, 7), CLUSTER_KNOWN);
}
END_TEST

START_TEST(without_a_tick_for_five_minutes_all_is_stale)
{
    ck_assert(!cluster_rules_is_stale(&rules, 400 * S)); /* nothing is known yet */
    take(1, 100 * S, true, 0, 10 * S);
    ck_assert(!cluster_rules_is_stale(&rules, 309 * S));
    ck_assert(cluster_rules_is_stale(&rules, 310 * S));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {nothing_is_sent_before_an_own_tick_is_read, 1},
        {a_tick_of_an_earlier_reading_does_not_count, 1},
        {the_watermark_is_the_greatest_stamp_of_a_tick, 1},
        {time_is_the_greatest_stamp_and_what_has_passed_since, 1},
        {a_cancel_falls_a_grace_after_its_stamp_or_its_floor, 1},
        {ticks_are_due_unless_another_was_read, 1},
        {until_it_has_caught_up_a_node_puts_ticks_of_its_own, 1},
        {another_stamp_of_the_same_sequence_is_a_rollback, 1},
        {what_is_missing_is_a_rollback_but_ticks_and_what_was_removed, 1},
        {a_stream_that_ends_before_what_was_read_is_another, 1},
        {what_is_older_than_ten_minutes_is_not_compared, 1},
        {without_a_tick_for_five_minutes_all_is_stale, 1},
    };

    return check_suite("cluster_rules", set_up, tear_down, tests, N(tests));
}
