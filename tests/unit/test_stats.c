/* SPDX-License-Identifier: ISC */
#include "daemon/session/stats.h"

#include <inttypes.h>
#include <string.h>

#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

/* Those of two loops. */
static struct stats *all[2];
static struct event_stats sum;

static void set_up(void)
{
    all[0] = stats_new();
    all[1] = stats_new();
}

static void tear_down(void)
{
    stats_free(all[0]);
    stats_free(all[1]);
}

static struct event_stats sum_at(int64_t now_ns)
{
    struct event_stats of_both;

    memset(&of_both, 0, sizeof(of_both));
    stats_sum(all, 2, now_ns, &of_both);
    return of_both;
}

START_TEST(counts_are_added_up_over_all_loops)
{
    stats_accepted(all[0], 10);
    stats_accepted(all[1], 5);
    stats_ended(all[0], JOB_OK, 3);
    stats_ended(all[1], JOB_OK, 4);
    stats_ended(all[1], JOB_CANCELLED, 1);
    stats_events(all[0], 7);
    stats_bytes(all[0], 100, 200);
    stats_bytes(all[1], 1, 2);
    sum = sum_at(SECOND);
    ck_assert_uint_eq(sum.accepted, 15);
    ck_assert_uint_eq(sum.ended[JOB_OK], 7);
    ck_assert_uint_eq(sum.ended[JOB_CANCELLED], 1);
    ck_assert_uint_eq(sum.ended[JOB_FAILED], 0);
    ck_assert_uint_eq(sum.events, 7);
    ck_assert_uint_eq(sum.bytes_in, 101);
    ck_assert_uint_eq(sum.bytes_out, 202);
}
END_TEST

/* What was accepted before the last restart is pending in this life. */
START_TEST(resumed_jobs_are_pending_and_not_accepted)
{
    stats_resumed(all[0], 10);
    stats_accepted(all[0], 5);
    stats_ended(all[0], JOB_OK, 8);
    sum = sum_at(0);
    ck_assert_uint_eq(sum.pending, 7);
    ck_assert_uint_eq(sum.accepted, 5);
}
END_TEST

START_TEST(a_sum_is_added_to_what_is_there)
{
    memset(&sum, 0, sizeof(sum));
    sum.accepted = 1;
    sum.rss_bytes = 42;
    stats_accepted(all[0], 2);
    stats_sum(all, 1, 0, &sum);
    ck_assert_uint_eq(sum.accepted, 3);
    ck_assert_uint_eq(sum.rss_bytes, 42);
}
END_TEST

START_TEST(lateness_is_zero_as_long_as_nothing_was_due)
{
    sum = sum_at(SECOND);
    ck_assert_int_eq(sum.late_p50_ns, 0);
    ck_assert_int_eq(sum.late_p99_ns, 0);
    ck_assert_int_eq(sum.late_max_ns, 0);
}
END_TEST

static const int64_t lates[] = {0,
                                1,
                                7,
                                8,
                                9,
                                15,
                                16,
                                17,
                                1000,
                                65535,
                                65536,
                                123456789,
                                SECOND,
                                3600 * SECOND,
                                INT64_MAX - 1,
                                INT64_MAX};

START_TEST(a_percentile_is_never_too_low_and_at_most_an_eighth_too_high)
{
    int64_t late_ns = lates[_i];
    stats_late(all[0], SECOND, late_ns, 1);
    stats_late(all[0], SECOND, INT64_MAX, 1);
    sum = sum_at(SECOND);
    ck_assert_int_ge(sum.late_p50_ns, late_ns);
    ck_assert_int_le(sum.late_p50_ns - late_ns, late_ns / 8);
    ck_assert_int_eq(sum.late_max_ns, INT64_MAX);
}
END_TEST

START_TEST(no_percentile_is_above_the_maximum)
{
    stats_late(all[0], SECOND, lates[_i], 1);
    sum = sum_at(SECOND);
    ck_assert_int_eq(sum.late_max_ns, lates[_i]);
    ck_assert_int_eq(sum.late_p50_ns, lates[_i]);
    ck_assert_int_eq(sum.late_p99_ns, lates[_i]);
}
END_TEST

START_TEST(percentiles_are_taken_over_all_loops_together)
{
    stats_late(all[0], SECOND, 2, 98);
    stats_late(all[1], SECOND, 5, 1);
    stats_late(all[1], SECOND, 7, 1);
    sum = sum_at(SECOND);
    ck_assert_int_eq(sum.late_p50_ns, 2);
    ck_assert_int_eq(sum.late_p99_ns, 5);
    ck_assert_int_eq(sum.late_max_ns, 7);
}
END_TEST

START_TEST(early_counts_as_not_late)
{
    stats_late(all[0], SECOND, -5, 1);
    ck_assert_int_eq(sum_at(SECOND).late_max_ns, 0);
}
END_TEST

START_TEST(lateness_is_kept_for_a_minute_and_dropped_soon_after)
{
    stats_late(all[0], 105 * SECOND, 1000, 1);
    ck_assert_int_eq(sum_at(164 * SECOND).late_max_ns, 1000);
    ck_assert_int_eq(sum_at(170 * SECOND).late_max_ns, 0);
}
END_TEST

START_TEST(a_window_used_again_has_forgotten_what_it_held)
{
    stats_late(all[0], 5 * SECOND, 1 * SECOND, 1);
    stats_late(all[0], 85 * SECOND, 10, 1);
    sum = sum_at(86 * SECOND);
    ck_assert_int_eq(sum.late_max_ns, 10);
    ck_assert_int_eq(sum.late_p99_ns, 10);
}
END_TEST

START_TEST(totals_are_added_up_over_all_loops)
{
    struct stats_totals totals;

    stats_accepted(all[0], 10);
    stats_accepted(all[1], 5);
    stats_connection(all[1]);
    stats_batch(all[0], BATCH_OK);
    stats_batch(all[1], BATCH_OK);
    stats_batch(all[1], BATCH_CANCELLED);
    stats_refused(all[0], FAULT_TOO_LARGE);
    stats_totals(all, 2, &totals);
    ck_assert_uint_eq(totals.connections, 1);
    ck_assert_uint_eq(totals.batches_accepted, 2);
    ck_assert_uint_eq(totals.batches[BATCH_OK], 2);
    ck_assert_uint_eq(totals.batches[BATCH_CANCELLED], 1);
    ck_assert_uint_eq(totals.batches[BATCH_FAILED], 0);
    ck_assert_uint_eq(totals.refused[FAULT_TOO_LARGE], 1);
    ck_assert_uint_eq(totals.refused[FAULT_BAD_JSON], 0);
}
END_TEST

START_TEST(a_histogram_counts_a_bound_as_within_it)
{
    struct stats_totals totals;

    stats_late(all[0], SECOND, stats_bounds_ns[0], 1);
    stats_late(all[0], SECOND, stats_bounds_ns[0] + 1, 3);
    stats_late(all[0], SECOND, stats_bounds_ns[STATS_BOUNDS - 1] + 1, 1);
    stats_late(all[0], SECOND, -5, 1);
    stats_iteration(all[0], 7);
    stats_slack(all[0], 60000);
    stats_totals(all, 1, &totals);
    ck_assert_uint_eq(totals.late.counts[0], 2);
    ck_assert_uint_eq(totals.late.counts[1], 3);
    ck_assert_uint_eq(totals.late.counts[STATS_BOUNDS], 1);
    ck_assert_uint_eq(totals.late.sum_ns,
                      (uint64_t)(4 * stats_bounds_ns[0] + stats_bounds_ns[STATS_BOUNDS - 1] + 4));
    ck_assert_uint_eq(totals.slack.counts[1], 1);
    ck_assert_uint_eq(totals.slack.sum_ns, 60000);
    ck_assert_uint_eq(totals.iterations.counts[0], 1);
    ck_assert_uint_eq(totals.iterations.sum_ns, 7);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {totals_are_added_up_over_all_loops, 1},
        {a_histogram_counts_a_bound_as_within_it, 1},
        {counts_are_added_up_over_all_loops, 1},
        {resumed_jobs_are_pending_and_not_accepted, 1},
        {a_sum_is_added_to_what_is_there, 1},
        {lateness_is_zero_as_long_as_nothing_was_due, 1},
        {a_percentile_is_never_too_low_and_at_most_an_eighth_too_high, N(lates) - 1},
        {no_percentile_is_above_the_maximum, N(lates)},
        {percentiles_are_taken_over_all_loops_together, 1},
        {early_counts_as_not_late, 1},
        {lateness_is_kept_for_a_minute_and_dropped_soon_after, 1},
        {a_window_used_again_has_forgotten_what_it_held, 1},
    };

    return check_suite("stats", set_up, tear_down, tests, N(tests));
}
