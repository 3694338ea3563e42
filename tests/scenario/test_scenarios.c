/* SPDX-License-Identifier: ISC */

/*
 * Schedules that others have published, reproduced on the virtual clock.  Each
 * test names its source.
 */

#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/draw.h"
#include "tests/scenario/given.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

static void open_batch(void)
{
    given_open();
    given_unit_ns = SECOND;
}

/* ---- Python's asyncio -------------------------------------------------------- */

/* docs.python.org/3/library/asyncio-task.html, "Running Tasks Concurrently":
 * gather(factorial("A", 2), factorial("B", 3), factorial("C", 4)), a second's
 * sleep for each number from 2 on, and the nine lines that it prints. */
START_TEST(gather_computes_three_factorials_in_the_documented_order)
{
    for (uint32_t number = 2; number <= 4; number++)
        given_repeat(given_wait(SECOND), number - 1);
    given_gives("0 #0 started 1\n"
                "0 #0 wait 0 for 1\n" /* Task A: Compute factorial(2), currently i=2... */
                "0 #1 started 1\n"
                "0 #1 wait 0 for 1\n" /* Task B: Compute factorial(3), currently i=2... */
                "0 #2 started 1\n"
                "0 #2 wait 0 for 1\n" /* Task C: Compute factorial(4), currently i=2... */
                "1 #0 done ok 1\n"    /* Task A: factorial(2) = 2 */
                "1 #1 wait 1 for 1\n" /* Task B: Compute factorial(3), currently i=3... */
                "1 #2 wait 1 for 1\n" /* Task C: Compute factorial(4), currently i=3... */
                "2 #1 done ok 1\n"    /* Task B: factorial(3) = 6 */
                "2 #2 wait 2 for 1\n" /* Task C: Compute factorial(4), currently i=4... */
                "3 #2 done ok 1\n"    /* Task C: factorial(4) = 24 */
                "= ok 3 of 6, chain 3\n");
}
END_TEST

/* The same page, "Coroutines": say_after(1, 'hello') and say_after(2, 'world')
 * take 3 seconds awaited in turn, 2 seconds as tasks. */
START_TEST(say_after_takes_three_seconds_in_turn_and_two_as_tasks)
{
    given_wait(SECOND);
    given_wait(2 * SECOND);
    given_batch.options.mode = PLAN_SEQUENTIAL;
    given_takes(3 * SECOND);
    given_batch.options.mode = PLAN_CONCURRENT;
    given_takes(2 * SECOND);
}
END_TEST

/* The same page, "Timeouts": wait_for(eternity(), timeout=1.0), eternity()
 * being an hour's sleep, prints "timeout!". */
START_TEST(wait_for_gives_up_on_eternity_after_a_second)
{
    given_timeout(given_wait(3600 * SECOND), SECOND);
    given_gives("0 #0 started 1\n"
                "0 #0 wait 0 for 3600\n"
                "1 #0 done timed_out 1\n"
                "= failed 1 of 1, chain 1\n");
}
END_TEST

/* The same page, "Waiting Primitives": wait(aws, return_when=FIRST_COMPLETED)
 * returns "when any future finishes or is cancelled"; what is pending is then
 * cancelled, as is usual. */
START_TEST(wait_first_completed_returns_with_the_fastest)
{
    given_wait(3 * SECOND);
    given_wait(SECOND);
    given_wait(2 * SECOND);
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_batch.options.events = PLAN_EVENTS_DONE;
    given_gives("1 #1 done ok 1\n"
                "1 #0 done cancelled 1\n"
                "1 #2 done cancelled 1\n"
                "= ok 1 of 3, chain 1\n");
}
END_TEST

/* The same page, "Terminating a Task Group": job(1, 0.5) and job(2, 1.5), and
 * after a second's sleep a task that raises.  It prints "Task 1: start",
 * "Task 2: start", "Task 1: done". */
START_TEST(a_task_group_cancels_the_rest_on_the_first_failure)
{
    given_wait(SECOND / 2);
    given_wait(3 * SECOND / 2);
    given_failing(given_wait(SECOND), 0);
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    given_gives("0 #0 started 1\n"
                "0 #0 wait 0 for 0.5\n"
                "0 #1 started 1\n"
                "0 #1 wait 0 for 1.5\n"
                "0 #2 started 1\n"
                "0 #2 wait 0 for 1\n"
                "0.5 #0 done ok 1\n"
                "1 #2 done failed 1\n"
                "1 #1 done cancelled 1\n"
                "= failed 1 of 2.5, chain 1\n");
}
END_TEST

/* docs.python.org/3/library/asyncio-sync.html, "Semaphore": k at a time, so n
 * equal waits w take ceil(n/k) * w. */
START_TEST(a_semaphore_of_k_takes_the_ceiling_of_n_over_k_rounds)
{
    for (uint32_t n = 1; n <= 13; n++) {
        for (uint32_t k = 1; k <= 14; k++) {
            description_init(&given_batch);
            description_count(given_wait(7 * MS), n);
            given_batch.options.concurrency = k;
            given_takes((n + k - 1) / k * 7 * MS);
        }
    }
}
END_TEST

/* ---- Retries ------------------------------------------------------------------- */

/* docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html:
 * with IntervalSeconds 3, BackoffRate 1.5 and MaxAttempts 2 the first retry
 * comes three seconds after the error and the second 4.5 seconds later. */
START_TEST(step_functions_retry_after_3_and_4_5_seconds)
{
    given_backoff(given_failing(given_job(), 2), 3 * SECOND, 1.5, -1);
    given_gives("0 #0 started 1\n"
                "0 #0 retry 1 failed for 3\n"
                "3 #0 started 2\n"
                "3 #0 retry 2 failed for 4.5\n"
                "7.5 #0 started 3\n"
                "7.5 #0 done failed 3\n"
                "= failed 7.5 of 7.5, chain 7.5\n");
}
END_TEST

/* The same page, MaxDelaySeconds: with IntervalSeconds 3, BackoffRate 2 and
 * MaxDelaySeconds 5 the delays are 3, 5, 5. */
START_TEST(step_functions_cap_the_delay)
{
    given_backoff(given_failing(given_job(), 3), 3 * SECOND, 2, 5 * SECOND);
    given_takes((3 + 5 + 5) * SECOND);
}
END_TEST

/* M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015):
 * full jitter is random_between(0, min(cap, base * 2^attempt)).  Over many jobs
 * retry k thus takes half of that on average, and all of it at most. */
START_TEST(full_jitter_draws_between_zero_and_the_capped_exponential)
{
    struct description_element *element = given_failing(given_job(), 6);
    double sums[7] = {0};

    given_backoff(element, SECOND, 2, 10 * SECOND)->backoff.full_jitter = true;
    description_count(element, 300);
    given_runs();
    for (size_t i = 0; i < given_story.n_occurred; i++) {
        const struct occurrence *what = &given_story.occurred[i];

        if (what->kind == OCCURRED_RETRY) {
            double cap = fmin(10, ldexp(1, (int)what->ordinal - 1));

            ck_assert_double_le((double)what->span_ns / 1e9, cap);
            sums[what->ordinal] += (double)what->span_ns / 1e9 / cap;
        }
    }
    /* the mean of 300 uniform draws: 0.5, give or take 0.017 */
    for (int k = 1; k <= 6; k++)
        ck_assert_double_eq_tol(sums[k] / 300, 0.5, 0.06);
}
END_TEST

/* ---- Graphs and machines --------------------------------------------------------- */

/* en.wikipedia.org/wiki/Program_evaluation_and_review_technique: seven
 * activities, expected times in work days; the critical path is a, c, e, g and
 * takes 19.51 days. */
START_TEST(the_critical_path_of_the_textbook_network_is_19_51_days)
{
    static const struct {
        const char *name, *after[2];
        int64_t hundredths;
    } activities[] = {
        {"a", {NULL, NULL}, 400}, {"b", {NULL, NULL}, 533}, {"c", {"a", NULL}, 517},
        {"d", {"a", NULL}, 633},  {"e", {"b", "c"}, 517},   {"f", {"d", NULL}, 450},
        {"g", {"e", NULL}, 517},
    };

    for (size_t i = 0; i < N(activities); i++) {
        struct description_element *element = given_wait(activities[i].hundredths * SECOND / 100);

        description_name(element, activities[i].name);
        for (int k = 0; k < 2 && activities[i].after[k] != NULL; k++)
            description_after(element, activities[i].after[k]);
    }
    given_takes(1951 * SECOND / 100);
    ck_assert_int_eq(given_story.result.critical_path_ns, 1951 * SECOND / 100);
    given_batch.options.concurrency = 1; /* which changes nothing about the path */
    given_takes(3567 * SECOND / 100);
    ck_assert_int_eq(given_story.result.critical_path_ns, 1951 * SECOND / 100);
}
END_TEST

static void graham_tasks(void)
{
    static const int64_t lengths[] = {3, 2, 2, 2, 4, 4, 4, 4, 9};

    for (int i = 0; i < 9; i++) {
        struct description_element *task = given_compute(lengths[i] * SECOND);
        char name[2] = {(char)('a' + i), '\0'};

        description_name(task, name);
        if (i >= 4)
            description_after(task, i == 8 ? "a" : "d");
    }
}

/* R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl.
 * Math. 17 (1969): nine tasks, the ninth after the first and the fifth to the
 * eighth after the fourth, take 12 on three processors and 15 on four. */
START_TEST(a_fourth_processor_makes_grahams_tasks_slower)
{
    graham_tasks();
    given_batch.options.workers = 3;
    given_takes(12 * SECOND);
    given_batch.options.workers = 4;
    given_takes(15 * SECOND);
}
END_TEST

/* R. L. Graham, "Bounds for Certain Multiprocessing Anomalies", Bell System
 * Technical Journal 45 (1966): a list takes at most 2 - 1/m times the best.
 * m(m-1) tasks of length 1 and then one of m reach it: 2m-1 where m is best. */
START_TEST(grahams_bound_is_reached)
{
    for (uint32_t m = 2; m <= 6; m++) {
        description_init(&given_batch);
        description_count(given_compute(SECOND), m * (m - 1));
        given_compute(m * SECOND);
        given_batch.options.workers = m;
        given_takes((2 * m - 1) * SECOND);

        description_init(&given_batch);
        given_compute(m * SECOND);
        description_count(given_compute(SECOND), m * (m - 1));
        given_batch.options.workers = m;
        given_takes(m * SECOND);
    }
}
END_TEST

/* The same: whatever the list, it takes at most S/m + (1 - 1/m) * L, S being
 * the sum of all and L the longest chain; and at least S/m and L. */
START_TEST(grahams_bound_holds_for_drawn_tasks)
{
    for (int64_t seed = 0; seed < 200; seed++) {
        const struct batch_result *result = &given_story.result;
        uint32_t m = 1 + (uint32_t)seed % 5;

        description_init(&given_batch);
        given_batch.options.seed = seed;
        given_batch.options.workers = m;
        for (int i = 0; i < 4; i++) {
            struct description_element *tasks = given_compute(SECOND);
            char name[2] = {(char)('a' + i), '\0'};

            tasks->steps[0].length.kind = DIST_EXPONENTIAL;
            description_count(tasks, 1 + (uint32_t)(seed + i) % 4);
            description_name(tasks, name);
            if (i >= 2)
                description_after(tasks, i == 2 ? "a" : "b");
        }
        given_runs();
        ck_assert_int_ge(result->predicted_ns, result->critical_path_ns);
        ck_assert_int_ge(m * result->predicted_ns, result->sequential_ns);
        ck_assert_int_le(m * result->predicted_ns,
                         result->sequential_ns + (m - 1) * result->critical_path_ns);
    }
}
END_TEST

/* G. M. Amdahl, "Validity of the single processor approach to achieving large
 * scale computing capabilities", AFIPS 1967: with a part p that n processors
 * share, the speed-up is 1 / ((1 - p) + p/n). */
START_TEST(amdahls_law_holds_for_nine_tenths_in_parallel)
{
    for (uint32_t n = 1; n <= 12; n++) {
        double speedup;
        struct description_element *rest;

        description_init(&given_batch);
        description_name(given_compute(2772 * MS), "serial");
        rest = given_compute(9 * 2772 * MS / n);
        description_count(rest, n);
        description_after(rest, "serial");
        given_batch.options.workers = n;
        given_runs();
        speedup =
            (double)given_story.result.sequential_ns / (double)given_story.result.predicted_ns;
        ck_assert_double_eq_tol(speedup, 1 / (0.1 + 0.9 / n), 1e-6);
    }
}
END_TEST

/* ---- One master, many boards -------------------------------------------------------- */

/*
 * The simultaneous exhibition of many a talk on asyncio: a master thinks c at
 * each of N boards, the opponent replies after w, for M rounds.  Either the
 * master idles between rounds, or the opponents wait for the master throughout:
 * max(M(c+w) + (N-1)c, NMc + w), and exactly that, whoever moves first.
 */
START_TEST(the_exhibition_has_its_closed_form)
{
    bool opponent_first = _i == 1;

    for (uint32_t cell = 0; cell < 6 * 4 * 5 * 6; cell++) {
        int64_t n = 1 + cell % 6, m = 1 + cell / 6 % 4;
        int64_t c = cell / 24 % 5, w = 5 * (cell / 120);
        int64_t idle = m * (c + w) + (n - 1) * c, busy = n * m * c + w;
        struct description_element *game;

        description_init(&given_batch);
        game = given_job();
        description_step(game, opponent_first ? STEP_WAIT : STEP_COMPUTE, opponent_first ? w : c);
        description_step(game, opponent_first ? STEP_COMPUTE : STEP_WAIT, opponent_first ? c : w);
        description_count(game, (uint32_t)n);
        given_repeat(game, (uint32_t)m);
        given_takes(idle > busy ? idle : busy);
    }
}
END_TEST

/* ---- Queues ---------------------------------------------------------------------------- */

/* J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations
 * Research 9 (1961).  What is in progress is counted from the order of events,
 * the rate and the mean stay from the events of each job. */
START_TEST(littles_law_holds_under_a_semaphore)
{
    struct description_element *jobs = given_wait(SECOND);
    double area = 0, stays = 0;
    int64_t last_ns = 0;
    uint32_t under_way = 0;

    jobs->steps[0].length.kind = DIST_EXPONENTIAL;
    description_count(jobs, 200);
    given_batch.options.concurrency = 10;
    given_runs();
    for (size_t i = 0; i < given_story.n_occurred; i++) {
        const struct occurrence *what = &given_story.occurred[i];

        area += under_way * (double)(what->due_ns - last_ns);
        last_ns = what->due_ns;
        under_way += what->kind == OCCURRED_STARTED;
        under_way -= what->kind == OCCURRED_DONE;
        ck_assert_uint_le(under_way, 10);
    }
    for (uint32_t i = 0; i < 200; i++)
        stays += (double)(story_done_at(&given_story, i) - story_step_at(&given_story, i, 0));
    ck_assert_double_eq_tol(area / stays, 1, 1e-9);
    ck_assert_double_eq_tol(stays / 1e9 / 200, 1, 0.25);
}
END_TEST

#define CUSTOMERS 20000

/* Customer i's arrival waits for the arrival before it; the service, at the
 * one worker, for that arrival. */
static struct plan *queue_plan(const struct dist *between, const struct dist *service)
{
    static const uint8_t hash_key[16];
    const struct plan_limits limits = {
        .max_jobs = 1000000, .max_steps = 1000000, .max_wait_ns = INT64_MAX};
    struct plan *plan = plan_new(hash_key);
    struct plan_fault fault;

    ck_assert_ptr_nonnull(plan);
    for (int i = 0; i < 2 * CUSTOMERS; i++) {
        bool arrives = i % 2 == 0;
        struct step step = {.length = arrives ? *between : *service,
                            .kind = arrives ? STEP_WAIT : STEP_COMPUTE};
        struct job_spec spec = {.set = JOB_STEPS | JOB_NAME | JOB_AFTER,
                                .first_step = plan_n_steps(plan),
                                .n_steps = 1,
                                .first_after = plan_n_afters(plan),
                                .n_afters = i > 0};
        char name[16];

        snprintf(name, sizeof name, "\"%d\"", i);
        ck_assert_int_eq(plan_add_text(plan, name, strlen(name), &spec.name), PLAN_OK);
        snprintf(name, sizeof name, "%d", arrives ? i - 2 : i - 1);
        ck_assert_int_eq(plan_add_step(plan, &step), PLAN_OK);
        if (i > 0) {
            plan_text_ref before;

            ck_assert_int_eq(plan_add_text(plan, name, strlen(name), &before), PLAN_OK);
            ck_assert_int_eq(plan_add_after(plan, before, (uint64_t)i), PLAN_OK);
        }
        ck_assert_int_eq(plan_add_element(plan, &spec, 0), PLAN_OK);
    }
    ck_assert_int_eq(plan_seal(plan, &limits, SIZE_MAX, &fault), PLAN_SEALED);
    return plan;
}

static void run_queue(const struct plan *plan, int64_t *done_ns)
{
    struct batch *running = batch_new(plan);
    struct occurrence out[64];

    ck_assert_ptr_nonnull(running);
    while (!batch_is_over(running)) {
        size_t n = batch_run(running, INT64_MAX, 1000, out, 64, NULL);

        for (size_t i = 0; i < n; i++)
            done_ns[out[i].job] = out[i].due_ns;
    }
    batch_free(running);
}

/* D. V. Lindley, "The theory of queues with a single server", Proc. Camb.
 * Phil. Soc. 48 (1952): a customer's wait is the one before's wait and service
 * less the time between them, or none.  Every departure must fit; with drawn
 * exponential times at half load the mean stay is 1 / (μ - λ). */
START_TEST(a_single_server_follows_lindleys_recursion)
{
    const struct dist between = {DIST_EXPONENTIAL, 2 * SECOND, 0};
    const struct dist service = {DIST_EXPONENTIAL, SECOND, 0};
    static int64_t done_ns[2 * CUSTOMERS];
    struct plan *plan = queue_plan(&between, &service);
    int64_t arrival_ns = 0, free_ns = 0;
    double stays = 0;

    run_queue(plan, done_ns);
    for (uint32_t i = 0; i < 2 * CUSTOMERS; i += 2) {
        const struct draw_key arrives = {0, i, 1, 0}, served = {0, i + 1, 1, 0};

        arrival_ns += draw_length(plan, &between, &arrives, INT64_MAX);
        ck_assert_int_eq(done_ns[i], arrival_ns);
        free_ns = free_ns > arrival_ns ? free_ns : arrival_ns;
        free_ns += draw_length(plan, &service, &served, INT64_MAX);
        ck_assert_int_eq(done_ns[i + 1], free_ns);
        stays += (double)(free_ns - arrival_ns);
    }
    ck_assert_double_eq_tol(stays / CUSTOMERS / 1e9, 1 / (1 - 0.5), 0.1);
    plan_free(plan);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        /* asyncio */
        {gather_computes_three_factorials_in_the_documented_order, 1},
        {say_after_takes_three_seconds_in_turn_and_two_as_tasks, 1},
        {wait_for_gives_up_on_eternity_after_a_second, 1},
        {wait_first_completed_returns_with_the_fastest, 1},
        {a_task_group_cancels_the_rest_on_the_first_failure, 1},
        {a_semaphore_of_k_takes_the_ceiling_of_n_over_k_rounds, 1},
        /* retries */
        {step_functions_retry_after_3_and_4_5_seconds, 1},
        {step_functions_cap_the_delay, 1},
        {full_jitter_draws_between_zero_and_the_capped_exponential, 1},
        /* graphs and machines */
        {the_critical_path_of_the_textbook_network_is_19_51_days, 1},
        {a_fourth_processor_makes_grahams_tasks_slower, 1},
        {grahams_bound_is_reached, 1},
        {grahams_bound_holds_for_drawn_tasks, 1},
        {amdahls_law_holds_for_nine_tenths_in_parallel, 1},
        /* queues */
        {littles_law_holds_under_a_semaphore, 1},
        {a_single_server_follows_lindleys_recursion, 1},
        /* one master, many boards */
        {the_exhibition_has_its_closed_form, 2},
    };
    Suite *suite = suite_create("scenarios");

    tcase_set_timeout(check_case(suite, "scenarios", open_batch, given_close, tests, N(tests)),
                      120);
    return suite;
}
