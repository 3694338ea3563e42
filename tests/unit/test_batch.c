/* SPDX-License-Identifier: ISC */

/*
 * The schedule as waitd-protocol(7), THE SCHEDULE, states it, up to the attempts: in batches
 * small enough to be worked out by hand.  Times are in nanoseconds; how to read
 * the expected text is described in tests/scenario/story.h.
 */

#include "proto/due.h"
#include "tests/support/check.h"
#include "tests/support/plan_kit.h"

#include "tests/scenario/given.h"

/* ---- The order of occurrences ------------------------------------------ */

START_TEST(the_earliest_due_comes_first)
{
    given_wait(3);
    given_wait(1);
    given_wait(2);
    given_ends("1 #1 done ok 1\n2 #2 done ok 1\n3 #0 done ok 1\n= ok 3 of 6, chain 3\n");
}
END_TEST

START_TEST(at_one_instant_the_lowest_index_comes_first)
{
    description_step(given_wait(3), STEP_WAIT, 2);
    given_wait(5);
    description_step(given_wait(1), STEP_WAIT, 4);
    given_ends("5 #0 done ok 1\n5 #1 done ok 1\n5 #2 done ok 1\n= ok 5 of 15, chain 5\n");
}
END_TEST

START_TEST(what_is_made_at_an_instant_takes_its_place_in_it)
{
    description_step(given_wait(5), STEP_WAIT, 0);
    given_wait(5);
    description_step(given_wait(5), STEP_WAIT, 0);
    given_wait(5);
    given_gives("0 #0 started 1\n0 #0 wait 0 for 5\n0 #1 started 1\n0 #1 wait 0 for 5\n"
                "0 #2 started 1\n0 #2 wait 0 for 5\n0 #3 started 1\n0 #3 wait 0 for 5\n"
                "5 #0 wait 1 for 0\n5 #0 done ok 1\n5 #1 done ok 1\n"
                "5 #2 wait 1 for 0\n5 #2 done ok 1\n5 #3 done ok 1\n= ok 5 of 20, chain 5\n");
}
END_TEST

START_TEST(a_later_made_occurrence_of_a_lower_index_comes_before_a_higher_one)
{
    given_after(given_job(), "x");
    given_named(given_wait(5), "x");
    given_wait(5);
    given_gives("0 #1 started 1\n0 #1 wait 0 for 5\n0 #2 started 1\n0 #2 wait 0 for 5\n"
                "5 #1 done ok 1\n5 #0 started 1\n5 #0 done ok 1\n5 #2 done ok 1\n"
                "= ok 5 of 10, chain 5\n");
}
END_TEST

START_TEST(an_end_comes_before_the_time_out_of_the_same_instant)
{
    given_timeout(given_wait(5), 5);
    given_ends("5 #0 done ok 1\n= ok 5 of 5, chain 5\n");
}
END_TEST

START_TEST(steps_of_no_length_all_end_before_a_time_out_of_their_instant)
{
    given_repeat(given_timeout(given_wait(0), 0), 5);
    given_ends("0 #0 done ok 1\n= ok 0 of 0, chain 0\n");
}
END_TEST

START_TEST(a_time_out_of_a_lower_index_comes_before_an_end_of_a_higher_one)
{
    given_timeout(given_wait(9), 5);
    given_wait(5);
    given_ends("5 #0 done timed_out 1\n5 #1 done ok 1\n= failed 5 of 10, chain 5\n");
}
END_TEST

/* ---- Slots ------------------------------------------------------------------ */

START_TEST(jobs_start_first_come_first_served)
{
    description_count(given_wait(2), 2);
    given_wait(1);
    given_wait(1);
    given_batch.options.concurrency = 2;
    given_gives("0 #0 started 1\n0 #0 wait 0 for 2\n0 #1 started 1\n0 #1 wait 0 for 2\n"
                "2 #0 done ok 1\n2 #2 started 1\n2 #2 wait 0 for 1\n"
                "2 #1 done ok 1\n2 #3 started 1\n2 #3 wait 0 for 1\n"
                "3 #2 done ok 1\n3 #3 done ok 1\n= ok 3 of 6, chain 2\n");
}
END_TEST

START_TEST(a_job_made_ready_later_starts_after_those_ready_before)
{
    given_named(given_wait(1), "x");
    given_after(given_wait(1), "x");
    given_wait(1);
    given_batch.options.concurrency = 1;
    given_ends("1 #0 done ok 1\n2 #2 done ok 1\n3 #1 done ok 1\n= ok 3 of 3, chain 2\n");
}
END_TEST

START_TEST(a_slot_is_kept_through_the_back_off)
{
    given_backoff(given_failing(given_wait(1), 1), 5, 1, -1);
    given_wait(1);
    given_batch.options.concurrency = 1;
    given_gives("0 #0 started 1\n0 #0 wait 0 for 1\n1 #0 retry 1 failed for 5\n"
                "6 #0 started 2\n6 #0 wait 0 for 1\n7 #0 done failed 2\n"
                "7 #1 started 1\n7 #1 wait 0 for 1\n8 #1 done ok 1\n= failed 8 of 8, chain 7\n");
}
END_TEST

/* So many that factor^k is infinite: no delay is none all the same. */
START_TEST(thousands_of_retries_at_once_take_no_time)
{
    given_failing(given_job(), 3000);
    given_ends_only();
    given_takes(0);
    ck_assert_int_eq(given_story.result.sequential_ns, 0);
}
END_TEST

START_TEST(sequential_is_one_at_a_time_whatever_concurrency_says)
{
    description_count(given_wait(2), 3);
    given_batch.options.mode = PLAN_SEQUENTIAL;
    given_batch.options.concurrency = 3;
    given_batch.options.workers = 3;
    given_ends("2 #0 done ok 1\n4 #1 done ok 1\n6 #2 done ok 1\n= ok 6 of 6, chain 2\n");
}
END_TEST

START_TEST(blocking_starts_no_more_than_workers_and_concurrency_allow)
{
    description_count(given_wait(2), 4);
    given_batch.options.mode = PLAN_BLOCKING;
    given_batch.options.workers = _i == 0 ? 2 : 3;
    given_batch.options.concurrency = _i == 0 ? 3 : 2;
    given_ends("2 #0 done ok 1\n2 #1 done ok 1\n4 #2 done ok 1\n4 #3 done ok 1\n"
               "= ok 4 of 8, chain 2\n");
}
END_TEST

/* ---- Starts ------------------------------------------------------------------- */

START_TEST(a_job_without_steps_ends_at_the_instant_it_starts)
{
    description_count(given_job(), 2);
    given_gives("0 #0 started 1\n0 #1 started 1\n0 #0 done ok 1\n0 #1 done ok 1\n"
                "= ok 0 of 0, chain 0\n");
}
END_TEST

START_TEST(steps_are_gone_through_as_often_as_repeat_says)
{
    description_step(given_repeat(given_wait(2), 2), STEP_COMPUTE, 3);
    given_gives(
        "0 #0 started 1\n0 #0 wait 0 for 2\n2 #0 compute 1 for 3\n"
        "5 #0 wait 2 for 2\n7 #0 compute 3 for 3\n10 #0 done ok 1\n= ok 10 of 10, chain 10\n");
}
END_TEST

START_TEST(steps_count_from_zero_in_each_attempt)
{
    given_failing(given_wait(2), 1);
    given_gives(
        "0 #0 started 1\n0 #0 wait 0 for 2\n2 #0 retry 1 failed for 0\n"
        "2 #0 started 2\n2 #0 wait 0 for 2\n4 #0 done failed 2\n= failed 4 of 4, chain 4\n");
}
END_TEST

START_TEST(an_empty_batch_is_ok_at_zero)
{
    given_gives("= ok 0 of 0, chain 0\n");
}
END_TEST

/* ---- Workers --------------------------------------------------------------------- */

START_TEST(computes_queue_first_come_first_served)
{
    given_compute(3);
    description_step(given_wait(2), STEP_COMPUTE, 1);
    description_step(given_wait(1), STEP_COMPUTE, 1);
    given_gives("0 #0 started 1\n0 #0 compute 0 for 3\n0 #1 started 1\n0 #1 wait 0 for 2\n"
                "0 #2 started 1\n0 #2 wait 0 for 1\n3 #2 compute 1 for 1\n3 #0 done ok 1\n"
                "4 #1 compute 1 for 1\n4 #2 done ok 1\n5 #1 done ok 1\n= ok 5 of 8, chain 3\n");
}
END_TEST

START_TEST(a_worker_goes_to_the_head_before_its_job_goes_on)
{
    description_step(given_compute(2), STEP_COMPUTE, 2);
    given_compute(2);
    given_gives("0 #0 started 1\n0 #0 compute 0 for 2\n0 #1 started 1\n"
                "2 #1 compute 0 for 2\n" /* and #0 queues behind it */
                "4 #0 compute 1 for 2\n4 #1 done ok 1\n6 #0 done ok 1\n= ok 6 of 6, chain 4\n");
}
END_TEST

START_TEST(as_many_compute_as_there_are_workers)
{
    description_count(given_compute(2), 5);
    given_batch.options.workers = 2;
    given_ends("2 #0 done ok 1\n2 #1 done ok 1\n4 #2 done ok 1\n4 #3 done ok 1\n6 #4 done ok 1\n"
               "= ok 6 of 10, chain 2\n");
}
END_TEST

START_TEST(waits_need_no_worker)
{
    given_compute(5);
    given_wait(1);
    given_ends("1 #1 done ok 1\n5 #0 done ok 1\n= ok 5 of 6, chain 5\n");
}
END_TEST

START_TEST(blocking_holds_the_worker_while_it_waits_and_queues_for_none)
{
    description_step(given_wait(2), STEP_COMPUTE, 1);
    given_compute(1);
    given_batch.options.mode = PLAN_BLOCKING;
    given_gives("0 #0 started 1\n0 #0 wait 0 for 2\n2 #0 compute 1 for 1\n3 #0 done ok 1\n"
                "3 #1 started 1\n3 #1 compute 0 for 1\n4 #1 done ok 1\n= ok 4 of 4, chain 3\n");
}
END_TEST

START_TEST(blocking_holds_the_worker_through_time_outs_and_back_offs)
{
    struct description_element *job = given_backoff(given_timeout(given_wait(9), 2), 3, 1, -1);

    job->set |= JOB_RETRIES;
    job->retries = 1;
    given_wait(1);
    given_batch.options.mode = PLAN_BLOCKING;
    given_ends("7 #0 done timed_out 2\n8 #1 done ok 1\n= failed 8 of 8, chain 7\n");
}
END_TEST

/* ---- Attempts ------------------------------------------------------------------------ */

START_TEST(a_failing_attempt_fails_at_its_end)
{
    given_failing(given_wait(4), 0);
    given_ends("4 #0 done failed 1\n= failed 4 of 4, chain 4\n");
}
END_TEST

START_TEST(queueing_counts_towards_a_time_out)
{
    given_compute(5);
    given_timeout(given_compute(1), 3);
    given_compute(1);
    given_gives("0 #0 started 1\n0 #0 compute 0 for 5\n0 #1 started 1\n0 #2 started 1\n"
                "3 #1 done timed_out 1\n5 #2 compute 0 for 1\n5 #0 done ok 1\n6 #2 done ok 1\n"
                "= failed 6 of 6, chain 5\n");
}
END_TEST

START_TEST(a_time_out_gives_its_worker_to_the_head_before_its_own_done)
{
    given_timeout(given_compute(9), 3);
    given_compute(1);
    given_gives("0 #0 started 1\n0 #0 compute 0 for 9\n0 #1 started 1\n"
                "3 #1 compute 0 for 1\n3 #0 done timed_out 1\n4 #1 done ok 1\n"
                "= failed 4 of 4, chain 3\n");
}
END_TEST

START_TEST(a_time_out_gives_its_worker_to_the_head_before_its_own_retry)
{
    struct description_element *element = given_timeout(given_compute(9), 3);

    element->set |= JOB_RETRIES;
    element->retries = 1;
    given_compute(2);
    given_gives("0 #0 started 1\n0 #0 compute 0 for 9\n0 #1 started 1\n"
                "3 #1 compute 0 for 2\n3 #0 retry 1 timed_out for 0\n3 #0 started 2\n"
                "5 #0 compute 0 for 9\n5 #1 done ok 1\n6 #0 done timed_out 2\n"
                "= failed 6 of 6, chain 4\n");
}
END_TEST

START_TEST(back_off_grows_by_its_factor_up_to_its_maximum)
{
    given_backoff(given_failing(given_job(), 4), 10, 3, 80);
    given_gives("0 #0 started 1\n0 #0 retry 1 failed for 10\n10 #0 started 2\n"
                "10 #0 retry 2 failed for 30\n40 #0 started 3\n40 #0 retry 3 failed for 80\n"
                "120 #0 started 4\n120 #0 retry 4 failed for 80\n200 #0 started 5\n"
                "200 #0 done failed 5\n= failed 200 of 200, chain 200\n");
}
END_TEST

START_TEST(a_delay_is_rounded_to_the_nearest_nanosecond)
{
    given_backoff(given_failing(given_job(), 4), 3, 1.5, -1); /* 3, 4.5, 6.75, 10.125 */
    given_gives("0 #0 started 1\n0 #0 retry 1 failed for 3\n3 #0 started 2\n"
                "3 #0 retry 2 failed for 5\n8 #0 started 3\n8 #0 retry 3 failed for 7\n"
                "15 #0 started 4\n15 #0 retry 4 failed for 10\n25 #0 started 5\n"
                "25 #0 done failed 5\n= failed 25 of 25, chain 25\n");
}
END_TEST

START_TEST(failed_and_timed_out_attempts_count_alike_for_the_back_off)
{
    given_backoff(given_timeout(given_failing(given_compute(4), 2), 5), 10, 2, -1);
    description_step(given_wait(12), STEP_COMPUTE, 9); /* in the way of the second attempt */
    given_gives("0 #0 started 1\n0 #0 compute 0 for 4\n0 #1 started 1\n0 #1 wait 0 for 12\n"
                "4 #0 retry 1 failed for 10\n12 #1 compute 1 for 9\n14 #0 started 2\n"
                "19 #0 retry 2 timed_out for 20\n21 #1 done ok 1\n39 #0 started 3\n"
                "39 #0 compute 0 for 4\n43 #0 done failed 3\n= failed 43 of 59, chain 38\n");
}
END_TEST

START_TEST(a_retry_without_delay_takes_its_place_in_the_instant)
{
    given_job();
    given_failing(given_wait(5), 1);
    given_wait(5);
    given_gives(
        "0 #0 started 1\n0 #1 started 1\n0 #1 wait 0 for 5\n0 #2 started 1\n"
        "0 #2 wait 0 for 5\n0 #0 done ok 1\n5 #1 retry 1 failed for 0\n5 #1 started 2\n"
        "5 #1 wait 0 for 5\n5 #2 done ok 1\n10 #1 done failed 2\n= failed 10 of 15, chain 10\n");
}
END_TEST

START_TEST(a_time_out_ends_with_its_attempt)
{
    given_backoff(given_timeout(given_failing(given_wait(3), 1), 4), 5, 1,
                  -1); /* the back-off is past 4 */
    given_ends("11 #0 done failed 2\n= failed 11 of 11, chain 11\n");
}
END_TEST

/* ---- Sums that saturate ----------------------------------------------------- */

START_TEST(sums_of_times_saturate)
{
    given_batch.max_wait_ns = INT64_MAX;
    given_repeat(given_named(given_wait(INT64_MAX / 2), "x"), 3);
    given_after(given_wait(5), "x");
    given_ends_only();
    given_runs();
    ck_assert_int_eq(story_done_at(&given_story, 0), INT64_MAX);
    ck_assert_int_eq(story_done_at(&given_story, 1), INT64_MAX);
    ck_assert_int_eq(given_story.result.predicted_ns, INT64_MAX);
    ck_assert_int_eq(given_story.result.sequential_ns, INT64_MAX);
    ck_assert_int_eq(given_story.result.critical_path_ns, INT64_MAX);
}
END_TEST

START_TEST(delays_grow_no_further_than_times_go)
{
    given_backoff(given_failing(given_job(), 300), 1000000000, 1e10, -1);
    given_ends_only();
    given_runs();
    ck_assert_int_eq(story_done_at(&given_story, 0), INT64_MAX);
    ck_assert_int_eq(given_story.result.sequential_ns, INT64_MAX);
    ck_assert_uint_eq(given_story.result.counts[JOB_FAILED], 1);
}
END_TEST

/* At the end of time the waiting job's time-out and the end of the worker's
 * job are due at one instant. */
START_TEST(a_time_out_that_saturates_falls_at_the_end_of_time)
{
    given_batch.max_wait_ns = INT64_MAX;
    given_timeout(given_after(given_compute(1), "x"), INT64_MAX - 10);
    given_named(given_wait(100), "x");
    description_step(given_wait(50), STEP_COMPUTE, INT64_MAX);
    given_ends_only();
    given_runs();
    ck_assert_int_eq(story_done_at(&given_story, 0), INT64_MAX);
    ck_assert_int_eq(story_done_at(&given_story, 2), INT64_MAX);
    ck_assert_uint_eq(given_story.result.counts[JOB_TIMED_OUT], 1);
}
END_TEST

/* ---- The calls -------------------------------------------------------------- */

static struct plan *plan_of(void)
{
    struct plan_fault fault;
    struct plan *plan = description_plan(&given_batch, SIZE_MAX, &fault);

    ck_assert_ptr_nonnull(plan);
    return plan;
}

START_TEST(nothing_happens_before_it_is_due)
{
    struct occurrence out[16];
    struct plan *plan;
    struct batch *running;

    given_wait(5);
    plan = plan_of();
    running = batch_new(plan);
    ck_assert_int_le(batch_next_due(running), 0);
    ck_assert_uint_eq(batch_run(running, 0, 100, out, 16, NULL), 2);
    ck_assert_int_eq(batch_next_due(running), 5);
    ck_assert_uint_eq(batch_run(running, 4, 100, out, 16, NULL), 0);
    ck_assert(!batch_is_over(running));
    ck_assert_uint_eq(batch_pending(running), 1);
    ck_assert_uint_eq(batch_run(running, 5, 100, out, 16, NULL), 1);
    ck_assert(batch_is_over(running));
    ck_assert_int_eq(batch_next_due(running), DUE_NEVER);
    ck_assert_int_eq(batch_clock(running), 5);
    batch_free(running);
    plan_free(plan);
}
END_TEST

START_TEST(a_late_call_reports_due_times)
{
    struct occurrence out[16];
    struct plan *plan;
    struct batch *running;

    description_step(given_wait(5), STEP_WAIT, 5);
    plan = plan_of();
    running = batch_new(plan);
    ck_assert_uint_eq(batch_run(running, 100, 100, out, 16, NULL), 4);
    ck_assert_int_eq(out[2].due_ns, 5);
    ck_assert_int_eq(out[3].due_ns, 10);
    batch_free(running);
    plan_free(plan);
}
END_TEST

START_TEST(a_batch_can_be_freed_in_the_middle)
{
    struct occurrence out[8];
    struct plan *plan;
    struct batch *running;

    description_count(given_compute(5), 10);
    plan = plan_of();
    running = batch_new(plan);
    batch_run(running, 7, 8, out, 8, NULL);
    batch_free(running);
    batch_free(NULL);
    plan_free(plan);
}
END_TEST

START_TEST(a_second_cancel_of_the_whole_finds_nothing)
{
    struct occurrence out[16];
    struct plan *plan;
    struct batch *running;

    description_count(given_wait(5), 3);
    plan = plan_of();
    running = batch_new(plan);
    ck_assert_uint_eq(batch_cancel(running, 0), 3);
    ck_assert_uint_eq(batch_cancel(running, 0), 0);
    ck_assert_uint_eq(batch_cancel_job(running, 1, 0, out, 16), 0);
    ck_assert_int_le(batch_next_due(running), 0);
    ck_assert_uint_eq(batch_run(running, 0, 100, out, 16, NULL), 3);
    ck_assert(batch_is_over(running));
    ck_assert_uint_eq(batch_cancel(running, 0), 0);
    batch_free(running);
    plan_free(plan);
}
END_TEST

/* ---- Much work -------------------------------------------------------------- */

#define HALF 500000

/* Counted in units of work, not in seconds: starts, ends, releases. */
START_TEST(half_a_million_that_wait_for_half_a_million_take_linear_work)
{
    struct batch_result result;
    struct plan *plan;
    uint64_t worked;

    given_named(given_wait(1), "x");
    description_count(
        _i == 0 ? &given_batch.elements[0] : given_failing(&given_batch.elements[0], 0), HALF);
    description_count(given_after(given_wait(1), "x"), HALF);
    given_ends_only();
    plan = plan_of();
    worked = plan_kit_run(plan, &result);
    ck_assert_uint_le(worked, 3 * 2 * HALF);
    ck_assert_uint_eq(result.counts[JOB_OK], _i == 0 ? 2 * HALF : 0);
    ck_assert_uint_eq(result.counts[JOB_SKIPPED], _i == 0 ? 0 : HALF);
    ck_assert_int_eq(result.predicted_ns, _i == 0 ? 2 : 1);
    plan_free(plan);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test schedule[] = {
        {the_earliest_due_comes_first, 1},
        {at_one_instant_the_lowest_index_comes_first, 1},
        {what_is_made_at_an_instant_takes_its_place_in_it, 1},
        {a_later_made_occurrence_of_a_lower_index_comes_before_a_higher_one, 1},
        {an_end_comes_before_the_time_out_of_the_same_instant, 1},
        {steps_of_no_length_all_end_before_a_time_out_of_their_instant, 1},
        {a_time_out_of_a_lower_index_comes_before_an_end_of_a_higher_one, 1},
        {jobs_start_first_come_first_served, 1},
        {a_job_made_ready_later_starts_after_those_ready_before, 1},
        {a_slot_is_kept_through_the_back_off, 1},
        {sequential_is_one_at_a_time_whatever_concurrency_says, 1},
        {blocking_starts_no_more_than_workers_and_concurrency_allow, 2},
        {a_job_without_steps_ends_at_the_instant_it_starts, 1},
        {steps_are_gone_through_as_often_as_repeat_says, 1},
        {steps_count_from_zero_in_each_attempt, 1},
        {an_empty_batch_is_ok_at_zero, 1},
        {computes_queue_first_come_first_served, 1},
        {a_worker_goes_to_the_head_before_its_job_goes_on, 1},
        {as_many_compute_as_there_are_workers, 1},
        {waits_need_no_worker, 1},
        {blocking_holds_the_worker_while_it_waits_and_queues_for_none, 1},
        {blocking_holds_the_worker_through_time_outs_and_back_offs, 1},
    };
    const struct check_test attempts[] = {
        {a_failing_attempt_fails_at_its_end, 1},
        {queueing_counts_towards_a_time_out, 1},
        {a_time_out_gives_its_worker_to_the_head_before_its_own_done, 1},
        {a_time_out_gives_its_worker_to_the_head_before_its_own_retry, 1},
        {back_off_grows_by_its_factor_up_to_its_maximum, 1},
        {a_delay_is_rounded_to_the_nearest_nanosecond, 1},
        {failed_and_timed_out_attempts_count_alike_for_the_back_off, 1},
        {a_retry_without_delay_takes_its_place_in_the_instant, 1},
        {thousands_of_retries_at_once_take_no_time, 1},
        {a_time_out_ends_with_its_attempt, 1},
        {sums_of_times_saturate, 1},
        {delays_grow_no_further_than_times_go, 1},
        {a_time_out_that_saturates_falls_at_the_end_of_time, 1},
    };
    const struct check_test calls[] = {
        {nothing_happens_before_it_is_due, 1},
        {a_late_call_reports_due_times, 1},
        {a_batch_can_be_freed_in_the_middle, 1},
        {a_second_cancel_of_the_whole_finds_nothing, 1},
        {half_a_million_that_wait_for_half_a_million_take_linear_work, 2},
    };
    Suite *suite = suite_create("batch");

    check_case(suite, "schedule", given_open, given_close, schedule, N(schedule));
    check_case(suite, "attempts", given_open, given_close, attempts, N(attempts));
    check_case(suite, "calls", given_open, given_close, calls, N(calls));
    return suite;
}
