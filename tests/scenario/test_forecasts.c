/* SPDX-License-Identifier: ISC */

/*
 * Forecasts of random batches against the naive model: what each run came to, and
 * figures that are computed from all runs by the words of the contract, in whatever
 * slices and parts the forecast is made.
 *
 * WAITD_TEST_SEED (default 1) and WAITD_TEST_BATCHES (default 3000) choose the batches.
 */

#include "engine/draw_row.h"
#include "engine/forecast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/naive.h"
#include "tests/scenario/random_batch.h"
#include "tests/support/check.h"
#include "tests/support/plan_kit.h"

#define MOST_RUNS 120
#define JOBS_MOST (DESCRIPTION_ELEMENTS * 3)

__extension__ typedef unsigned __int128 wide;

/* What the runs came to, one by one. */
struct record {
    uint32_t n;
    int64_t seeds[MOST_RUNS], times[FORECAST_TIMES][MOST_RUNS];
    enum batch_status statuses[MOST_RUNS];
    struct naive_end ends[JOBS_MOST]; /* of the last run */
    uint32_t jobs;
    uint32_t critical[JOBS_MOST]; /* by the lowest job of each name: runs */
};

static bool names_job(const struct naive_end *later, const struct naive_end *earlier)
{
    for (uint32_t i = 0; i < later->spec.n_afters; i++)
        if (earlier->spec.set & JOB_NAME && strcmp(later->spec.after[i], earlier->spec.name) == 0)
            return true;
    return false;
}

static int64_t add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* The greatest c of what the job names, and the lowest job of that; -1 for none. */
static int64_t before(const struct record *record, const int64_t *c, uint32_t job, uint32_t *of)
{
    int64_t greatest = -1;

    for (uint32_t i = 0; i < record->jobs; i++) {
        if (names_job(&record->ends[job], &record->ends[i]) && c[i] > greatest) {
            greatest = c[i];
            *of = i;
        }
    }
    return greatest;
}

/* The lowest job that has the same name, or none like this one. */
static uint32_t namesake(const struct record *record, uint32_t job)
{
    const struct description_element *spec = &record->ends[job].spec;

    for (uint32_t i = 0; i < job; i++) {
        const struct description_element *other = &record->ends[i].spec;

        if ((other->set & JOB_NAME) == (spec->set & JOB_NAME) &&
            ((spec->set & JOB_NAME) == 0 || strcmp(other->name, spec->name) == 0))
            return i;
    }
    return job;
}

static void follow_chain(struct record *record)
{
    int64_t c[JOBS_MOST] = {0};
    bool seen[JOBS_MOST] = {false};
    uint32_t at = 0, of = 0;

    for (uint32_t round = 0; round < record->jobs; round++) {
        for (uint32_t i = 0; i < record->jobs; i++) {
            const struct naive_end *end = &record->ends[i];
            int64_t from = before(record, c, i, &of);

            if (end->started && end->arrival_ns > from)
                from = end->arrival_ns;
            c[i] = add(from > 0 ? from : 0, end->spent_ns);
        }
    }
    for (uint32_t i = 1; i < record->jobs; i++)
        at = c[i] > c[at] ? i : at;
    while (record->jobs > 0) {
        int64_t earlier = before(record, c, at, &of);

        if (!seen[namesake(record, at)])
            record->critical[namesake(record, at)]++;
        seen[namesake(record, at)] = true;
        if (earlier < 0 || (record->ends[at].started && record->ends[at].arrival_ns > earlier))
            break;
        at = of;
    }
}

static void run_naively(const struct description *batch, uint32_t runs, struct record *record)
{
    memset(record, 0, sizeof *record);
    record->n = runs;
    for (uint32_t k = 0; k < runs; k++) {
        struct description one = *batch;
        struct naive_outcome outcome;

        one.options.seed = (int64_t)((uint64_t)batch->options.seed + k);
        naive_run(&one, NULL, 0, &outcome);
        record->seeds[k] = one.options.seed;
        record->statuses[k] = outcome.result.status;
        record->times[FORECAST_ELAPSED][k] = outcome.result.predicted_ns;
        record->times[FORECAST_CRITICAL_PATH][k] = outcome.result.critical_path_ns;
        record->times[FORECAST_SEQUENTIAL][k] = outcome.result.sequential_ns;
        record->jobs = outcome.n_ends;
        memcpy(record->ends, outcome.ends, outcome.n_ends * sizeof *outcome.ends);
        follow_chain(record);
        naive_outcome_fini(&outcome);
    }
}

/* ---- The figures, from all values ------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t percentile(const int64_t *sorted, uint32_t n, uint32_t p)
{
    return sorted[(p * n + 99) / 100 - 1];
}

/* Whether s is the root of the variance, rounded; only of what 128 bits hold. */
static bool is_stddev(const int64_t *values, uint32_t n, uint64_t s)
{
    wide sum = 0, squares = 0, all, low, high;

    if (n == 1)
        return s == 0;
    for (uint32_t i = 0; i < n; i++) {
        if (values[i] >= INT64_C(1) << 40)
            return true;
        sum += (uint64_t)values[i];
        squares += (wide)(uint64_t)values[i] * (uint64_t)values[i];
    }
    all = 4 * (n * squares - sum * sum);
    low = s == 0 ? 0 : (wide)(2 * s - 1) * (2 * s - 1) * n * (n - 1);
    high = (wide)(2 * s + 1) * (2 * s + 1) * n * (n - 1);
    return low <= all && all < high;
}

static void check_times(const struct forecast_times *got, const int64_t *values, uint32_t n)
{
    int64_t sorted[MOST_RUNS];
    wide sum = 0;

    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, compare);
    for (uint32_t i = 0; i < n; i++)
        sum += (uint64_t)values[i];
    ck_assert_int_eq(got->min_ns, sorted[0]);
    ck_assert_int_eq(got->max_ns, sorted[n - 1]);
    ck_assert_int_eq(got->mean_ns, (int64_t)((2 * sum + n) / (2 * (wide)n)));
    ck_assert(is_stddev(values, n, (uint64_t)got->stddev_ns));
    ck_assert_int_eq(got->p05_ns, percentile(sorted, n, 5));
    ck_assert_int_eq(got->p25_ns, percentile(sorted, n, 25));
    ck_assert_int_eq(got->p50_ns, percentile(sorted, n, 50));
    ck_assert_int_eq(got->p75_ns, percentile(sorted, n, 75));
    ck_assert_int_eq(got->p90_ns, percentile(sorted, n, 90));
    ck_assert_int_eq(got->p95_ns, percentile(sorted, n, 95));
    ck_assert_int_eq(got->p99_ns, percentile(sorted, n, 99));
}

/* The name's token, as the first element that has it writes it. */
static void check_name(const struct plan *plan, plan_text_ref name,
                       const struct description_element *spec)
{
    char expected[DESCRIPTION_NAME_BYTES + 16];
    const char *text;
    size_t len;

    if ((spec->set & JOB_NAME) == 0) {
        ck_assert_uint_eq(name, 0);
        return;
    }
    if (spec->escaped)
        snprintf(expected, sizeof expected, "\"\\u%04x%s\"", (unsigned)spec->name[0],
                 spec->name + 1);
    else
        snprintf(expected, sizeof expected, "\"%s\"", spec->name);
    text = plan_text(plan, name, &len);
    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_mem_eq(text, expected, len);
}

static void check_critical(const struct plan *plan, const struct forecast_figures *figures,
                           struct record *record)
{
    for (uint32_t i = 0; i < figures->n_critical; i++) {
        uint32_t best = 0;

        for (uint32_t k = 1; k < record->jobs; k++)
            best = record->critical[k] > record->critical[best] ? k : best;
        ck_assert_uint_gt(figures->critical[i].runs, 0);
        ck_assert_uint_eq(figures->critical[i].runs, record->critical[best]);
        check_name(plan, figures->critical[i].name, &record->ends[best].spec);
        record->critical[best] = 0;
    }
    for (uint32_t k = 0; k < record->jobs && figures->n_critical < FORECAST_CRITICAL_MAX; k++)
        ck_assert_uint_eq(record->critical[k], 0);
}

/* ---- The forecast -------------------------------------------------------------------- */

/* Adds some runs, all in a row, to a part. */
static void work_runs(struct forecast *forecast, uint32_t first, uint32_t runs,
                      struct random_batch_source *source, const struct record *record)
{
    enum forecast_step step;
    uint32_t n = first;

    forecast_extend(forecast, first, runs);
    do {
        size_t budget = 1 + random_batch_below(source, random_batch_chance(source, 50) ? 4 : 200);
        size_t worked = 0;
        struct forecast_run run;

        step = forecast_work(forecast, budget, &worked, &run);
        ck_assert_uint_le(worked, budget + DRAW_ROW); /* which is drawn in one go */
        ck_assert_int_ne(step, FORECAST_NOMEM);
        if (step == FORECAST_RUN) {
            ck_assert_uint_eq(run.run, n);
            ck_assert_int_eq(run.seed, record->seeds[n]);
            ck_assert_int_eq(run.status, record->statuses[n]);
            ck_assert_int_eq(run.elapsed_ns, record->times[FORECAST_ELAPSED][n]);
            ck_assert_int_eq(run.critical_path_ns, record->times[FORECAST_CRITICAL_PATH][n]);
            n++;
        }
    } while (step != FORECAST_READY);
    ck_assert_uint_eq(n, first + runs);
}

/* A part of these runs, given to it in pieces and in any order. */
static struct forecast *work_part(const struct plan *plan, uint32_t first, uint32_t runs,
                                  struct random_batch_source *source, const struct record *record)
{
    struct forecast *forecast = forecast_new(plan, runs);
    uint32_t cut = random_batch_below(source, runs);

    ck_assert_ptr_nonnull(forecast);
    work_runs(forecast, first + cut, runs - cut, source, record);
    if (cut > 0)
        work_runs(forecast, first, cut, source, record);
    ck_assert_uint_eq(forecast_runs(forecast), runs);
    return forecast;
}

static void try_batch(const struct description *batch, uint32_t runs,
                      struct random_batch_source *source)
{
    struct plan_fault fault;
    struct plan *plan = description_plan(batch, 100, &fault);
    uint32_t cut = random_batch_chance(source, 50) ? 0 : random_batch_below(source, runs);
    struct forecast *forecast, *rest;
    struct forecast_figures figures;
    struct record record;
    size_t worked = 0;
    uint32_t ended[4] = {0};

    run_naively(batch, runs, &record);
    forecast = work_part(plan, cut, runs - cut, source, &record);
    if (cut > 0) {
        rest = work_part(plan, 0, cut, source, &record);
        ck_assert_int_eq(forecast_merge(forecast, rest), 0);
        forecast_free(rest);
    }
    while (!forecast_conclude(forecast, 1 + random_batch_below(source, 300), &worked, &figures))
        continue;
    for (uint32_t k = 0; k < runs; k++)
        ended[record.statuses[k]]++;
    ck_assert_uint_eq(figures.runs, runs);
    ck_assert_uint_eq(figures.jobs, record.jobs);
    ck_assert_uint_eq(figures.ok, ended[BATCH_OK]);
    ck_assert_uint_eq(figures.failed, ended[BATCH_FAILED]);
    ck_assert_uint_eq(figures.timed_out, ended[BATCH_TIMED_OUT]);
    for (unsigned i = 0; i < FORECAST_TIMES; i++)
        check_times(&figures.times[i], record.times[i], runs);
    check_critical(plan, &figures, &record);
    forecast_free(forecast);
    plan_free(plan);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

START_TEST(forecasts_are_what_all_their_runs_come_to)
{
    uint64_t seed = setting("WAITD_TEST_SEED", 1), n = setting("WAITD_TEST_BATCHES", 3000);

    printf("# WAITD_TEST_SEED=%" PRIu64 " WAITD_TEST_BATCHES=%" PRIu64 "\n", seed, n);
    for (uint64_t i = 0; i < n; i++) {
        struct random_batch_source source = {seed * UINT64_C(0x9e3779b97f4a7c15) + i};
        struct description batch;
        uint32_t runs;

        random_batch_next(&source);
        random_batch_make(&source, &batch);
        runs = 1 + random_batch_below(&source, i % 50 == 0 ? MOST_RUNS : 8);
        if (i % 10 == 0)
            batch.options.seed = INT64_MAX - 2; /* and on from there */
        if (description_is_sound(&batch))
            try_batch(&batch, runs, &source);
    }
}
END_TEST

/* Work that a run of a chain of jobs takes, in slices of 100: what is done for each job
 * or name, in whatever stage of a run, is counted, or it would be done in one slice. */
/* Of a chain of jobs that are all `ok`, or all but the last. */
START_TEST(each_stage_of_a_run_is_counted)
{
    const uint32_t jobs = 5000;
    uint64_t worked[2] = {0};

    plan_kit_open();
    for (uint32_t i = 0; i < jobs; i++) {
        struct job_spec spec = {.set = JOB_NAME};
        char name[16], earlier[16];

        if (_i == 1 && i == jobs - 1) {
            spec.set |= JOB_FAIL;
            spec.fail_below = PLAN_FAIL_ALWAYS;
        }
        snprintf(name, sizeof(name), "%" PRIu32, i);
        snprintf(earlier, sizeof(earlier), "%" PRIu32, i - 1);
        spec.name = plan_kit_token(name);
        if (i > 0)
            plan_kit_wait_for(&spec, earlier);
        plan_kit_add_step(&spec, STEP_WAIT, 1, 0);
        plan_kit_add(&spec);
    }
    plan_kit_seal_by(1000, &plan_kit_limits);
    for (uint32_t runs = 1; runs <= 2; runs++) {
        struct forecast *forecast = forecast_new(plan_kit_plan, runs);
        struct forecast_run run;
        enum forecast_step step;

        forecast_extend(forecast, 0, runs);
        do {
            size_t spent = 0;

            step = forecast_work(forecast, 100, &spent, &run);
            ck_assert_uint_le(spent, 100 + DRAW_ROW);
            worked[runs - 1] += spent;
        } while (step == FORECAST_MORE || step == FORECAST_RUN);
        ck_assert_int_eq(step, FORECAST_READY);
        forecast_free(forecast);
    }
    plan_kit_close();
    /* The batch takes 4 units a job, some 60 bytes a job are cleared, 64 a unit, and each job is
     * counted on the chain with the name before it; if one failed, each name is forgotten and
     * each job is looked at for the chain instead. */
    ck_assert_uint_ge(worked[1] - worked[0], _i == 0 ? 6 * jobs + jobs / 2 : 7 * jobs + jobs / 2);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {each_stage_of_a_run_is_counted, 2},
        {forecasts_are_what_all_their_runs_come_to, 1},
    };
    Suite *suite = suite_create("forecasts");

    tcase_set_timeout(check_case(suite, "forecasts", NULL, NULL, tests, N(tests)), 300);
    return suite;
}
