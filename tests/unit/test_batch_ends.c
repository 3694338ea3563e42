/* SPDX-License-Identifier: ISC */

/*
 * The schedule as waitd-protocol(7), THE SCHEDULE, states it, from the ends on: in batches
 * small enough to be worked out by hand.  Times are in nanoseconds; how to read
 * the expected text is described in tests/scenario/story.h.
 */

#include "tests/support/check.h"

#include "tests/scenario/given.h"

/* ---- After --------------------------------------------------------------------------- */

START_TEST(dependents_become_ready_in_index_order_then_start)
{
    given_after(given_wait(1), "x");
    given_named(given_wait(2), "x");
    given_after(given_wait(1), "x");
    given_gives("0 #1 started 1\n0 #1 wait 0 for 2\n2 #1 done ok 1\n2 #0 started 1\n"
                "2 #0 wait 0 for 1\n2 #2 started 1\n2 #2 wait 0 for 1\n3 #0 done ok 1\n"
                "3 #2 done ok 1\n= ok 3 of 4, chain 3\n");
}
END_TEST

START_TEST(a_job_waits_for_all_that_it_names)
{
    given_named(given_wait(1), "x");
    given_named(given_wait(4), "y");
    given_after(given_after(given_wait(1), "x"), "y");
    given_ends("1 #0 done ok 1\n4 #1 done ok 1\n5 #2 done ok 1\n= ok 5 of 6, chain 5\n");
}
END_TEST

START_TEST(a_name_may_stand_twice_in_after)
{
    given_named(given_wait(1), "x");
    given_after(given_after(given_wait(1), "x"), "x");
    given_ends("1 #0 done ok 1\n2 #1 done ok 1\n= ok 2 of 2, chain 2\n");
}
END_TEST

START_TEST(after_in_defaults_holds_for_all_that_set_none)
{
    description_after(&given_batch.defaults, "x");
    description_after(&given_batch.defaults, "x");
    description_after(&given_batch.defaults, "y");
    given_wait(1);
    given_after(given_wait(1), "x");
    given_named(given_wait(2), "x")->set |= JOB_AFTER;
    given_named(given_wait(3), "y")->set |= JOB_AFTER;
    given_wait(1);
    given_ends("2 #2 done ok 1\n3 #1 done ok 1\n3 #3 done ok 1\n4 #0 done ok 1\n"
               "4 #4 done ok 1\n= ok 4 of 8, chain 4\n");
}
END_TEST

START_TEST(what_waits_for_a_failure_is_skipped_at_once_and_once)
{
    given_named(given_failing(given_wait(1), 0), "x");
    given_named(given_failing(given_wait(2), 0), "y");
    given_named(given_after(given_after(given_wait(1), "x"), "y"), "z");
    given_after(given_wait(1), "z");
    given_ends("1 #0 done failed 1\n1 #2 done skipped 0 by #0\n1 #3 done skipped 0 by #2\n"
               "2 #1 done failed 1\n= failed 2 of 3, chain 2\n");
}
END_TEST

START_TEST(a_skip_takes_its_place_in_the_instant)
{
    given_after(given_named(given_wait(1), "z"), "x");
    given_named(given_failing(given_wait(2), 0), "x");
    given_wait(2);
    given_after(given_wait(1), "x");
    given_after(given_wait(1), "z");
    given_ends("2 #1 done failed 1\n2 #0 done skipped 0 by #1\n2 #2 done ok 1\n"
               "2 #3 done skipped 0 by #1\n2 #4 done skipped 0 by #0\n= failed 2 of 4, chain 2\n");
}
END_TEST

START_TEST(retries_left_are_not_a_failure_for_those_who_wait)
{
    given_named(given_failing(given_wait(1), 1), "x");
    given_after(given_wait(1), "x");
    given_ends("2 #0 done failed 2\n2 #1 done skipped 0 by #0\n= failed 2 of 2, chain 2\n");
}
END_TEST

/* The second failure, of a lower index, comes at the same instant, after those who wait
 * have been notified of the first and before they are skipped. */
START_TEST(a_skips_cause_is_the_lowest_index_that_had_ended_by_then)
{
    struct description_element *urgent;

    given_batch.options.concurrency = 1;
    given_named(given_failing(given_job(), 0), "x");
    urgent = given_named(given_failing(given_job(), 0), "x");
    urgent->set |= JOB_PRIORITY;
    urgent->priority = 1;
    description_count(given_after(given_wait(1), "x"), 2);
    given_after(given_after(given_wait(1), "y"), "x");
    given_named(given_wait(1), "y");
    given_ends("0 #1 done failed 1\n0 #0 done failed 1\n0 #2 done skipped 0 by #0\n"
               "0 #3 done skipped 0 by #0\n0 #4 done skipped 0 by #0\n1 #5 done ok 1\n"
               "= failed 1 of 1, chain 1\n");
}
END_TEST

/* ---- Cancelling all remaining ------------------------------------------ */

START_TEST(first_done_cancels_the_rest_in_index_order)
{
    given_wait(3);
    given_after(given_wait(1), "x");
    given_named(given_wait(2), "x");
    given_wait(2);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_ends("2 #2 done ok 1\n2 #0 done cancelled 1\n2 #1 done cancelled 0\n"
               "2 #3 done cancelled 1\n= ok 2 of 6, chain 2\n");
}
END_TEST

START_TEST(first_done_takes_a_failure_too)
{
    given_failing(given_wait(1), 0);
    given_wait(2);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_ends("1 #0 done failed 1\n1 #1 done cancelled 1\n= failed 1 of 2, chain 1\n");
}
END_TEST

START_TEST(first_failed_looks_at_terminal_jobs_not_at_attempts)
{
    given_failing(given_wait(1), 2);
    given_wait(5);
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    given_ends("3 #0 done failed 3\n3 #1 done cancelled 1\n= failed 3 of 6, chain 3\n");
}
END_TEST

START_TEST(first_failed_takes_a_time_out_too)
{
    given_timeout(given_wait(9), 2);
    given_wait(5);
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    given_ends("2 #0 done timed_out 1\n2 #1 done cancelled 1\n= failed 2 of 4, chain 2\n");
}
END_TEST

START_TEST(nothing_steps_while_what_remains_is_cancelled)
{
    given_compute(3);
    given_compute(1);
    given_wait(1);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_gives("0 #0 started 1\n0 #0 compute 0 for 3\n0 #1 started 1\n0 #2 started 1\n"
                "0 #2 wait 0 for 1\n1 #2 done ok 1\n1 #0 done cancelled 1\n1 #1 done cancelled 1\n"
                "= ok 1 of 2, chain 1\n");
}
END_TEST

START_TEST(a_worker_goes_to_the_head_even_if_the_end_then_cancels_the_rest)
{
    given_compute(3);
    given_compute(1);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_gives("0 #0 started 1\n0 #0 compute 0 for 3\n0 #1 started 1\n3 #1 compute 0 for 1\n"
                "3 #0 done ok 1\n3 #1 done cancelled 1\n= ok 3 of 3, chain 3\n");
}
END_TEST

START_TEST(a_skip_that_is_due_is_cancelled)
{
    given_named(given_failing(given_wait(1), 0), "x");
    given_after(given_wait(1), "x");
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    given_ends("1 #0 done failed 1\n1 #1 done cancelled 0\n= failed 1 of 1, chain 1\n");
}
END_TEST

START_TEST(the_batch_time_out_ends_what_is_left)
{
    given_wait(2);
    given_backoff(given_failing(given_wait(1), 1), 9, 1, -1);
    given_after(given_wait(1), "x");
    given_named(given_wait(7), "x");
    given_batch.options.timeout_ns = 4;
    given_ends("2 #0 done ok 1\n4 #1 done timed_out 1\n4 #2 done timed_out 0\n"
               "4 #3 done timed_out 1\n= timed_out 4 of 10, chain 4\n");
}
END_TEST

START_TEST(what_is_due_exactly_at_the_batch_time_out_comes_before_it)
{
    given_named(given_wait(4), "x");
    description_step(given_after(given_wait(0), "x"), STEP_WAIT, 0);
    given_after(given_job(), "x");
    given_batch.options.timeout_ns = 4;
    given_ends("4 #0 done ok 1\n4 #1 done ok 1\n4 #2 done ok 1\n= ok 4 of 4, chain 4\n");
}
END_TEST

START_TEST(what_follows_after_the_instant_of_the_time_out_does_not)
{
    given_named(given_wait(4), "x");
    given_after(given_wait(1), "x");
    given_batch.options.timeout_ns = 4;
    given_gives("0 #0 started 1\n0 #0 wait 0 for 4\n4 #0 done ok 1\n4 #1 started 1\n"
                "4 #1 wait 0 for 1\n4 #1 done timed_out 1\n= timed_out 4 of 4, chain 4\n");
}
END_TEST

START_TEST(a_batch_time_out_of_zero_lets_the_first_instant_pass)
{
    given_job();
    given_wait(1);
    given_batch.options.timeout_ns = 0;
    given_ends("0 #0 done ok 1\n0 #1 done timed_out 1\n= timed_out 0 of 0, chain 0\n");
}
END_TEST

START_TEST(a_time_out_of_job_and_batch_at_one_instant_is_the_jobs)
{
    given_timeout(given_wait(9), 4);
    given_batch.options.timeout_ns = 4;
    given_ends("4 #0 done timed_out 1\n= failed 4 of 4, chain 4\n");
}
END_TEST

/* ---- Shared names ----------------------------------------------------------- */

START_TEST(after_waits_for_all_who_have_the_name)
{
    description_count(given_named(given_wait(1), "x"), 2);
    given_after(given_wait(1), "x");
    given_named(given_wait(3), "x");
    given_ends("1 #0 done ok 1\n1 #1 done ok 1\n3 #3 done ok 1\n4 #2 done ok 1\n"
               "= ok 4 of 6, chain 4\n");
}
END_TEST

START_TEST(one_failure_among_those_of_a_name_skips)
{
    given_named(given_wait(3), "x");
    given_named(given_failing(given_wait(1), 0), "x");
    description_count(given_after(given_wait(1), "x"), 2);
    given_ends("1 #1 done failed 1\n1 #2 done skipped 0 by #1\n1 #3 done skipped 0 by #1\n"
               "3 #0 done ok 1\n"
               "= failed 3 of 4, chain 3\n");
}
END_TEST

/* ---- Cancels ---------------------------------------------------------------- */

START_TEST(a_running_job_is_cancelled_and_releases_its_slot)
{
    given_wait(9);
    given_wait(2);
    given_batch.options.concurrency = 1;
    given_cancelled_gives(
        3, 0,
        "0 #0 started 1\n0 #0 wait 0 for 9\n3 #0 done cancelled 1\n"
        "3 #1 started 1\n3 #1 wait 0 for 2\n5 #1 done ok 1\n= failed 5 of 5, chain 3\n");
    ck_assert_uint_eq(given_story.cancelled, 1);
}
END_TEST

START_TEST(a_ready_job_is_cancelled_and_never_starts)
{
    given_wait(4);
    given_wait(4);
    given_wait(4);
    given_batch.options.concurrency = 1;
    given_cancelled_ends(1, 1,
                         "1 #1 done cancelled 0\n4 #0 done ok 1\n8 #2 done ok 1\n"
                         "= failed 8 of 8, chain 4\n");
}
END_TEST

START_TEST(a_waiting_job_is_cancelled_and_who_waits_for_it_is_skipped)
{
    given_named(given_wait(4), "x");
    given_named(given_after(given_wait(4), "x"), "y");
    given_after(given_wait(4), "y");
    given_cancelled_ends(1, 1,
                         "1 #1 done cancelled 0\n1 #2 done skipped 0 by #1\n4 #0 done ok 1\n"
                         "= failed 4 of 4, chain 4\n");
}
END_TEST

START_TEST(a_queueing_job_is_cancelled_and_leaves_the_queue)
{
    given_compute(4);
    given_compute(1);
    given_compute(2);
    given_cancelled_gives(1, 1,
                          "0 #0 started 1\n0 #0 compute 0 for 4\n0 #1 started 1\n0 #2 started 1\n"
                          "1 #1 done cancelled 1\n4 #2 compute 0 for 2\n4 #0 done ok 1\n"
                          "6 #2 done ok 1\n= failed 6 of 6, chain 4\n");
}
END_TEST

START_TEST(a_cancelled_jobs_worker_goes_to_the_head)
{
    given_compute(9);
    given_compute(2);
    given_cancelled_gives(3, 0,
                          "0 #0 started 1\n0 #0 compute 0 for 9\n0 #1 started 1\n"
                          "3 #1 compute 0 for 2\n3 #0 done cancelled 1\n5 #1 done ok 1\n"
                          "= failed 5 of 5, chain 3\n");
}
END_TEST

START_TEST(a_blocking_job_is_cancelled_and_gives_its_worker_back)
{
    given_wait(9);
    given_wait(2);
    given_batch.options.mode = PLAN_BLOCKING;
    given_cancelled_ends(3, 0, "3 #0 done cancelled 1\n5 #1 done ok 1\n= failed 5 of 5, chain 3\n");
}
END_TEST

START_TEST(a_job_is_cancelled_in_its_back_off)
{
    given_backoff(given_failing(given_wait(1), 1), 9, 1, -1);
    given_cancelled_ends(4, 0, "4 #0 done cancelled 1\n= failed 4 of 4, chain 4\n");
}
END_TEST

START_TEST(a_cancel_counts_for_first_done)
{
    given_wait(9);
    given_wait(2);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_cancelled_ends(
        1, 0, "1 #0 done cancelled 1\n1 #1 done cancelled 1\n= failed 1 of 2, chain 1\n");
}
END_TEST

START_TEST(a_cancel_does_not_count_for_first_failed)
{
    given_wait(9);
    given_wait(2);
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    given_cancelled_ends(1, 0, "1 #0 done cancelled 1\n2 #1 done ok 1\n= failed 2 of 3, chain 2\n");
}
END_TEST

START_TEST(a_terminal_or_unknown_job_is_not_cancelled)
{
    given_wait(1);
    given_wait(9);
    given_cancelled_ends(3, _i == 0 ? 0 : 2,
                         "1 #0 done ok 1\n9 #1 done ok 1\n= ok 9 of 10, chain 9\n");
    ck_assert_uint_eq(given_story.cancelled, 0);
}
END_TEST

/* Others became ready at 4 and have not begun when the cancel comes at 5: it falls at
 * the instant that is in progress, and they begin at that. */
START_TEST(what_was_to_start_before_a_cancel_starts_when_it_was_due)
{
    struct occurrence out[BATCH_MIN_ROOM];
    struct batch_result result;
    struct plan_fault fault;
    struct batch *batch;
    struct plan *plan;

    given_named(given_wait(4), "a");
    description_count(given_after(given_wait(6), "a"), 3);
    given_ends_only();
    plan = description_plan(&given_batch, 1, &fault);
    batch = batch_new(plan);
    ck_assert_ptr_nonnull(batch);
    while (batch_pending(batch) == 4)
        batch_run(batch, 4, 1, out, BATCH_MIN_ROOM, NULL);
    for (int i = 0; i < _i; i++)
        batch_run(batch, 4, 1, out, BATCH_MIN_ROOM, NULL);
    ck_assert_uint_eq(batch_cancel_job(batch, 3, 5, out, BATCH_MIN_ROOM), 1);
    ck_assert_int_eq(out[0].due_ns, 4);
    ck_assert_int_eq(batch_clock(batch), 4);
    while (!batch_is_over(batch))
        batch_run(batch, INT64_MAX, 1, out, BATCH_MIN_ROOM, NULL);
    batch_result(batch, &result);
    ck_assert_int_eq(result.predicted_ns, 10);
    ck_assert_int_eq(result.critical_path_ns, 10);
    batch_free(batch);
    plan_free(plan);
}
END_TEST

START_TEST(a_batch_cancelled_whole_is_cancelled)
{
    given_wait(1);
    given_wait(9);
    given_named(given_wait(5), "x");
    given_after(given_wait(1), "x");
    given_cancelled_ends(3, STORY_WHOLE,
                         "1 #0 done ok 1\n3 #1 done cancelled 1\n3 #2 done cancelled 1\n"
                         "3 #3 done cancelled 0\n= cancelled 3 of 7, chain 3\n");
    ck_assert_uint_eq(given_story.cancelled, 3);
}
END_TEST

/* A batch that is held back: what ended long ago, unheard, took its own time. */
START_TEST(a_cancel_does_not_lengthen_what_was_over)
{
    struct occurrence out[16];
    struct batch_result result;
    struct plan_fault fault;
    struct plan *plan;
    struct batch *batch;

    given_timeout(given_wait(9), 50);
    given_wait(7);
    plan = description_plan(&given_batch, SIZE_MAX, &fault);
    batch = batch_new(plan);
    ck_assert_ptr_nonnull(batch);
    (void)batch_run(batch, 0, 100, out, 16, NULL);
    ck_assert_uint_eq(batch_cancel(batch, 100), 2);
    (void)batch_run(batch, 100, 100, out, 16, NULL);
    batch_result(batch, &result);
    ck_assert_int_eq(result.sequential_ns, 9 + 7);
    ck_assert_int_eq(result.critical_path_ns, 9);
    batch_free(batch);
    plan_free(plan);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test endings[] = {
        {dependents_become_ready_in_index_order_then_start, 1},
        {a_job_waits_for_all_that_it_names, 1},
        {a_name_may_stand_twice_in_after, 1},
        {after_in_defaults_holds_for_all_that_set_none, 1},
        {what_waits_for_a_failure_is_skipped_at_once_and_once, 1},
        {a_skip_takes_its_place_in_the_instant, 1},
        {retries_left_are_not_a_failure_for_those_who_wait, 1},
        {first_done_cancels_the_rest_in_index_order, 1},
        {first_done_takes_a_failure_too, 1},
        {first_failed_looks_at_terminal_jobs_not_at_attempts, 1},
        {first_failed_takes_a_time_out_too, 1},
        {nothing_steps_while_what_remains_is_cancelled, 1},
        {a_worker_goes_to_the_head_even_if_the_end_then_cancels_the_rest, 1},
        {a_skip_that_is_due_is_cancelled, 1},
        {the_batch_time_out_ends_what_is_left, 1},
        {what_is_due_exactly_at_the_batch_time_out_comes_before_it, 1},
        {what_follows_after_the_instant_of_the_time_out_does_not, 1},
        {a_batch_time_out_of_zero_lets_the_first_instant_pass, 1},
        {a_time_out_of_job_and_batch_at_one_instant_is_the_jobs, 1},
        {after_waits_for_all_who_have_the_name, 1},
        {one_failure_among_those_of_a_name_skips, 1},
        {a_skips_cause_is_the_lowest_index_that_had_ended_by_then, 1},
    };
    const struct check_test cancels[] = {
        {a_running_job_is_cancelled_and_releases_its_slot, 1},
        {a_ready_job_is_cancelled_and_never_starts, 1},
        {a_waiting_job_is_cancelled_and_who_waits_for_it_is_skipped, 1},
        {a_queueing_job_is_cancelled_and_leaves_the_queue, 1},
        {a_cancelled_jobs_worker_goes_to_the_head, 1},
        {a_blocking_job_is_cancelled_and_gives_its_worker_back, 1},
        {a_job_is_cancelled_in_its_back_off, 1},
        {a_cancel_counts_for_first_done, 1},
        {a_cancel_does_not_count_for_first_failed, 1},
        {a_terminal_or_unknown_job_is_not_cancelled, 2},
        {what_was_to_start_before_a_cancel_starts_when_it_was_due, 4},
        {a_batch_cancelled_whole_is_cancelled, 1},
        {a_cancel_does_not_lengthen_what_was_over, 1},
    };
    Suite *suite = suite_create("batch_ends");

    check_case(suite, "endings", given_open, given_close, endings, N(endings));
    check_case(suite, "cancels", given_open, given_close, cancels, N(cancels));
    return suite;
}
