/* SPDX-License-Identifier: ISC */

/*
 * Lengths that are drawn a row at a time, against those that are drawn one by one: in a series by
 * itself, and in batches against the naive model, which draws when it starts a job.
 */

#include "engine/draw_series.h"

#include "engine/forecast.h"
#include "tests/scenario/given.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)
#define MOST   (100 * SECOND)

/* Each kind; with many ties; and with what is cut at both ends. */
static const struct dist laws[] = {
    {DIST_UNIFORM, SECOND, 3 * SECOND},   {DIST_UNIFORM, 0, 3},
    {DIST_EXPONENTIAL, SECOND, 0},        {DIST_EXPONENTIAL, 2, 0},
    {DIST_EXPONENTIAL, MOST, 0},          {DIST_NORMAL, SECOND, SECOND},
    {DIST_LOGNORMAL, SECOND, 5 * SECOND},
};

/* ---- A series ------------------------------------------------------------------- */

static void hold_series(const struct draw_series *series, const struct dist *law, uint32_t first)
{
    for (uint32_t i = 0; i < DRAW_ROW; i++) {
        const struct draw_key key = {.seed = series->use.seed, .job = first + i, .attempt = 1};

        ck_assert(draw_series_holds(series, first + i));
        ck_assert_int_eq(draw_series_length(series, first + i), draw_length(NULL, law, &key, MOST));
    }
    ck_assert(!draw_series_holds(series, first - 1));
    ck_assert(!draw_series_holds(series, first + DRAW_ROW));
}

START_TEST(a_series_draws_what_single_jobs_draw)
{
    const struct dist *law = &laws[_i], *other = &laws[(size_t)(_i + 1) % N(laws)];
    struct draw_series series;

    for (uint32_t round = 0; round < 200; round++) {
        draw_series_begin(&series, INT64_MAX - round);
        series.use.vectors = series.use.vectors && round % 2 == 0;
        for (uint32_t first = round * 100; first < round * 100 + 3 * DRAW_ROW; first += 30) {
            draw_series_fill(&series, law, first, MOST);
            hold_series(&series, law, first);
        }
        draw_series_fill(&series, other, 7, MOST);
        hold_series(&series, other, 7);
    }
}
END_TEST

START_TEST(a_series_that_begins_holds_nothing)
{
    struct draw_series series;

    draw_series_begin(&series, 1);
    ck_assert(!draw_series_holds(&series, 0));
    draw_series_fill(&series, &laws[0], 0, MOST);
    draw_series_begin(&series, 2);
    ck_assert(!draw_series_holds(&series, 0));
    draw_series_fill(&series, &laws[0], 0, MOST);
    hold_series(&series, &laws[0], 0);
}
END_TEST

/* ---- Batches -------------------------------------------------------------------- */

static void given_drawn(uint32_t count, const struct dist *law)
{
    struct description_element *job = given_wait(0);

    job->steps[0].length =
        (struct description_dist){.kind = law->kind, .a_ns = law->a_ns, .b_ns = law->b_ns};
    description_count(job, count);
}

/* Jobs that are enough for a series and do not fill its last row, then some by another law that do
 * not begin one, others between, and rows again. */
static void given_jobs(const struct dist *law, uint32_t concurrency, enum plan_events events)
{
    given_batch.max_wait_ns = MOST;
    given_batch.options.seed = 17;
    given_batch.options.concurrency = concurrency;
    given_batch.options.events = events;
    given_drawn(256 + DRAW_ROW / 2, law);
    given_drawn(DRAW_ROW - 1, &laws[0]);
    given_wait(5);
    given_job();
    given_drawn(DRAW_ROW + 1, &laws[2]);
}

static const uint32_t limits[] = {1, 7, 100, PLAN_UNLIMITED};

START_TEST(batches_are_as_if_each_job_had_drawn_for_itself)
{
    given_jobs(&laws[(size_t)_i / N(limits)], limits[(size_t)_i % N(limits)],
               _i % 2 == 0 ? PLAN_EVENTS_ALL : PLAN_EVENTS_DONE);
    given_runs();
}
END_TEST

/* Of which the first are being waited for, the next drawn already, and the last not. */
START_TEST(cancels_change_no_draw)
{
    static const uint32_t cancelled[] = {2, 20, 100, 290};

    for (unsigned i = 0; i < N(cancelled); i++) {
        given_close();
        given_open();
        given_jobs(&laws[2], limits[_i], PLAN_EVENTS_DONE);
        given_cancelled_runs(SECOND, cancelled[i]);
    }
    given_cancelled_runs(SECOND, STORY_WHOLE);
}
END_TEST

/* Rules by which ends are followed by more than starts. */
START_TEST(other_rules_change_no_draw)
{
    given_jobs(&laws[2], 7, PLAN_EVENTS_DONE);
    given_batch.options.mode = PLAN_BLOCKING;
    given_batch.options.workers = 3;
    given_runs();
    given_batch.options.mode = PLAN_CONCURRENT;
    given_batch.options.timeout_ns = 10 * SECOND;
    given_runs();
    given_batch.options.timeout_ns = -1;
    given_batch.options.until = PLAN_UNTIL_FIRST_DONE;
    given_runs();
    given_batch.options.until = PLAN_UNTIL_ALL;
    given_batch.elements[0].set |= JOB_PRIORITY;
    given_batch.elements[0].priority = 1;
    given_runs();
}
END_TEST

/* Where the rest may be cancelled, a forecast draws as jobs start, in one batch for all runs. */
START_TEST(runs_of_a_forecast_draw_by_their_own_seeds)
{
    struct plan_fault fault;
    struct forecast_run run;
    struct forecast *forecast;
    struct plan *plan;
    size_t worked = 0;

    given_jobs(&laws[2], 7, PLAN_EVENTS_DONE);
    given_batch.options.until = PLAN_UNTIL_FIRST_FAILED;
    plan = description_plan(&given_batch, 1000, &fault);
    forecast = forecast_new(plan, 3);
    forecast_extend(forecast, 0, 3);
    for (enum forecast_step step = FORECAST_MORE; step != FORECAST_READY;) {
        step = forecast_work(forecast, 1000, &worked, &run);
        if (step != FORECAST_RUN)
            continue;
        given_batch.options.seed = run.seed;
        given_takes(run.elapsed_ns);
    }
    ck_assert_uint_eq(forecast_runs(forecast), 3);
    forecast_free(forecast);
    plan_free(plan);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test series[] = {
        {a_series_draws_what_single_jobs_draw, N(laws)},
        {a_series_that_begins_holds_nothing, 1},
    };
    const struct check_test batches[] = {
        {batches_are_as_if_each_job_had_drawn_for_itself, N(laws) * N(limits)},
        {cancels_change_no_draw, N(limits)},
        {other_rules_change_no_draw, 1},
        {runs_of_a_forecast_draw_by_their_own_seeds, 1},
    };
    Suite *suite = suite_create("draw series");

    check_case(suite, "series", NULL, NULL, series, N(series));
    check_case(suite, "batches", given_open, given_close, batches, N(batches));
    return suite;
}
