/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/net/requests.h"
#include "client/timeline/timeline_internal.h"
#include "tests/support/check.h"
#include "tests/support/drawing.h"

/* The rows of pools in timelines, in ASCII and without colours: ten columns, a second each. */

#define SECOND INT64_C(1000000000)
#define SPAN   10

static struct plan *plan;
static struct timeline *timeline;
static struct bytes out;

static void open_batch(const char *batch, unsigned tracks)
{
    struct fault fault;

    plan = requests_plan(batch, strlen(batch), &fault);
    ck_assert_msg(plan != NULL, "%s", fault.message);
    timeline = timeline_new(plan_n_jobs(plan), tracks);
    ck_assert_int_eq(timeline_use_pools(timeline, plan), 0);
}

static void tear_down(void)
{
    timeline_free(timeline);
    plan_free(plan);
    timeline = NULL;
    plan = NULL;
    bytes_fini(&out);
}

static void take(struct event_read event)
{
    ck_assert_int_eq(timeline_take(timeline, &event), 0);
}

static void start(uint64_t job, int64_t at)
{
    take((struct event_read){.kind = EVENT_STARTED, .job = job, .at_ns = at * SECOND});
}

static void step(uint64_t job, uint64_t index, const char *kind, int64_t at, int64_t seconds)
{
    take((struct event_read){.kind = EVENT_STEP,
                             .job = job,
                             .step = index,
                             .step_kind = event_text_of(kind),
                             .at_ns = at * SECOND,
                             .duration_ns = seconds * SECOND});
}

static void done(uint64_t job, int64_t at)
{
    take((struct event_read){
        .kind = EVENT_DONE, .job = job, .status = event_text_of("ok"), .at_ns = at * SECOND});
}

static const char *drawn(unsigned rows, int64_t now)
{
    return drawing_text(timeline, &out, 12, SPAN, rows, SPAN * SECOND, now * SECOND);
}

START_TEST(jobs_stand_below_their_pool)
{
    open_batch(
        "{\"pools\":{\"db\":1,\"idle\":1},\"jobs\":[{\"compute\":4,\"pool\":\"db\",\"count\":3},"
        "{\"wait\":2},{\"compute\":1}]}",
        10);
    for (uint64_t job = 0; job < 5; job++)
        start(job, 0);
    step(0, 0, "compute", 0, 4);
    step(3, 0, "wait", 0, 2);
    step(4, 0, "compute", 0, 1);
    done(4, 1);
    done(3, 2);
    step(1, 0, "compute", 4, 4);
    done(0, 4);
    ck_assert_str_eq(drawn(10, 6), "#3            |--\n"
                                   "default pool  |\n"
                                   "#4            |#\n"
                                   "pool db       |@@@@==\n"
                                   "#0            |####\n"
                                   "#1            |....##\n"
                                   "#2            |......\n"
                                   "- wait  # compute  . queue\n"
                                   "rows of pools: how many jobs queue, @ for 2\n");
}
END_TEST

/* A job queues for the pool of its next step, over repeats. */
START_TEST(queueing_is_for_the_pool_of_the_step)
{
    double levels[2][SPAN] = {{0}};

    open_batch(
        "{\"pools\":{\"db\":1},\"jobs\":[{\"steps\":[{\"compute\":1},{\"compute\":1,\"pool\":"
        "\"db\"},{\"compute\":1}],\"timeout\":9,\"repeat\":2}]}",
        10);
    start(0, 0);
    step(0, 0, "compute", 1, 1); /* 1 s for the default pool */
    step(0, 1, "compute", 4, 1); /* 2 s for db */
    step(0, 2, "compute", 5, 1);
    step(0, 3, "compute", 6, 1); /* over: the first of them again */
    step(0, 4, "compute", 8, 1); /* 1 s for db */
    timeline_queues_spread(timeline->queues, 0, SPAN * SECOND, SPAN, levels[0]);
    timeline_queues_spread(timeline->queues, 1, SPAN * SECOND, SPAN, levels[1]);
    for (int i = 0; i < SPAN; i++) {
        ck_assert_double_eq_tol(levels[0][i], i == 0, 0.01);
        ck_assert_double_eq_tol(levels[1][i], i == 2 || i == 3 || i == 7, 0.01);
    }
}
END_TEST

START_TEST(below_lanes_there_is_a_row_for_each_pool_that_was_queued_for)
{
    open_batch("{\"pools\":{\"db\":1},\"jobs\":[{\"compute\":4,\"pool\":\"db\",\"count\":3}]}", 2);
    start(0, 0);
    step(0, 0, "compute", 0, 4);
    start(1, 0);
    step(1, 0, "compute", 4, 4);
    done(0, 4);
    start(2, 4);
    step(2, 0, "compute", 8, 4);
    done(1, 8);
    ck_assert_ptr_nonnull(strstr(drawn(10, 10), "\npool db       |@@@@@@@@\n"));
    ck_assert_ptr_nonnull(strstr(bytes_at(&out), "rows of pools: how many jobs queue, @ for 1\n"));
    ck_assert_ptr_null(strstr(drawn(1, 10), "pool")); /* which would leave no row for jobs */
}
END_TEST

/* However long the time, against the sum over all that queued. */
START_TEST(levels_are_the_averages_of_columns)
{
    enum { N = 500, COLUMNS = 64 };
    int64_t span_ns = INT64_C(1) << (10 + _i);
    double levels[COLUMNS] = {0}, expected[COLUMNS] = {0}, column_ns = (double)span_ns / COLUMNS;
    struct timeline_queues *queues;

    open_batch("{\"pools\":{\"db\":1},\"jobs\":[]}", 2);
    queues = timeline->queues;
    srandom(7);
    for (int i = 0; i < N; i++) {
        int64_t begin_ns = (int64_t)((double)span_ns * ((double)random() / RAND_MAX));
        int64_t end_ns = begin_ns + (int64_t)((double)(span_ns - begin_ns) * i / N);

        ck_assert_int_eq(timeline_queues_add(queues, 1, begin_ns, end_ns), 0);
        for (int column = 0; column < COLUMNS; column++) {
            double from = fmax((double)begin_ns, column * column_ns);
            double to = fmin((double)end_ns, (column + 1) * column_ns);

            expected[column] += to > from ? (to - from) / column_ns : 0;
        }
    }
    timeline_queues_spread(queues, 1, span_ns, COLUMNS, levels);
    for (int column = 0; column < COLUMNS; column++)
        ck_assert_double_eq_tol(levels[column], expected[column], 5);
    ck_assert_int_eq(timeline_queues_add(queues, TIMELINE_NO_POOL, 0, span_ns), 0);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {jobs_stand_below_their_pool, 1},
        {queueing_is_for_the_pool_of_the_step, 1},
        {below_lanes_there_is_a_row_for_each_pool_that_was_queued_for, 1},
        {levels_are_the_averages_of_columns, 45},
    };

    return check_suite("timeline_pools", NULL, tear_down, tests, N(tests));
}
