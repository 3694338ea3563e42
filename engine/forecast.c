/* SPDX-License-Identifier: ISC */
#include "engine/forecast.h"

#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch_internal.h"
#include "engine/chains.h"
#include "engine/labels.h"
#include "engine/samples.h"

/* The percentiles, in the order of struct forecast_times. */
static const uint8_t percents[] = {5, 25, 50, 75, 90, 95, 99};
#define N_PERCENTS (sizeof(percents) / sizeof(percents[0]))

/* Digits that hold each sum of squares of a deviation exactly, and its root amply. */
#define PRECISION 320

enum stage {
    LABELS,   /* the names are numbered */
    ORDER,    /* the order of the chains is found */
    RESTART,  /* the batch is made as new */
    RUNNING,  /* a run is in progress */
    CHAIN,    /* its longest chain is looked for */
    COUNTING, /* the names on that are counted */
    READY,    /* all runs that were given are over */
    SEARCHING /* for percentiles */
};

struct forecast {
    const struct plan *plan;
    enum stage stage;
    uint32_t next, end; /* runs to do: the number of the next one, and behind the last */
    uint32_t done;      /* in all */
    struct batch *batch;
    struct labels labels;
    struct chains chains;
    struct chain counted; /* the job on it whose name is counted next; ns -1 for none */
    uint32_t *critical;   /* of each label: runs in which it lay on the chain */
    uint32_t *seen;       /* and the last of those, plus 1 */
    uint32_t ended[4];    /* runs, by enum batch_status */
    struct samples samples;
    struct samples_set times[FORECAST_TIMES];
    samples_wide squares[FORECAST_TIMES][2]; /* sums of lower and upper 64 bits of squares */
    unsigned searched;                       /* times whose percentiles are found */
    struct samples_search *search;
};

struct forecast *forecast_new(const struct plan *plan, uint32_t most)
{
    struct forecast *forecast = calloc(1, sizeof(*forecast));
    uint32_t specs = plan->n_specs > 0 ? plan->n_specs : 1;

    if (forecast == NULL)
        return NULL;
    forecast->plan = plan;
    forecast->batch = batch_new_quiet(plan);
    forecast->critical = calloc(specs, sizeof(*forecast->critical));
    forecast->seen = calloc(specs, sizeof(*forecast->seen));
    if (forecast->batch != NULL && forecast->critical != NULL && forecast->seen != NULL &&
        labels_init(&forecast->labels, plan) == 0 && chains_init(&forecast->chains, plan) == 0 &&
        samples_init(&forecast->samples, (uint64_t)most * FORECAST_TIMES, FORECAST_TIMES) == 0)
        return forecast;
    forecast_free(forecast);
    return NULL;
}

void forecast_free(struct forecast *forecast)
{
    if (forecast == NULL)
        return;
    batch_free(forecast->batch);
    labels_fini(&forecast->labels);
    chains_fini(&forecast->chains);
    samples_fini(&forecast->samples);
    free(forecast->critical);
    free(forecast->seen);
    free(forecast->search);
    free(forecast);
}

void forecast_extend(struct forecast *forecast, uint32_t first, uint32_t runs)
{
    forecast->next = first;
    forecast->end = first + runs;
    if (forecast->stage == READY)
        forecast->stage = RESTART;
}

uint64_t forecast_bytes(uint32_t runs)
{
    return samples_bytes((uint64_t)runs * FORECAST_TIMES, FORECAST_TIMES);
}

/* The seed of run `run`: that of the plan plus it, from 2^63-1 on to -2^63. */
static int64_t seed_of(const struct plan *plan, uint32_t run)
{
    return (int64_t)((uint64_t)plan_options_of(plan)->seed + run);
}

uint32_t forecast_runs(const struct forecast *forecast)
{
    return forecast->done;
}

/* ---- Runs ------------------------------------------------------------------------ */

/* Makes the batch as new for the next run, about `budget` units at a time. */
static void restart(struct forecast *forecast, size_t budget, size_t *worked)
{
    int64_t seed = seed_of(forecast->plan, forecast->next);

    if (batch_restart(forecast->batch, seed, budget, worked))
        forecast->stage = RUNNING;
}

/* Counts the names that lie on the longest chain of this run, each once, about `budget`
 * jobs at a time.  Whether all are counted. */
static bool count_chain(struct forecast *forecast, size_t budget, size_t *worked)
{
    struct chain chain = forecast->counted;
    size_t n = 0;

    while (chain.ns >= 0 && n < budget) {
        uint32_t label = forecast->labels.of[chain.spec];

        if (forecast->seen[label] != forecast->done + 1) {
            forecast->seen[label] = forecast->done + 1;
            forecast->critical[label]++;
        }
        n++;
        chain = chains_before(&forecast->chains, forecast->batch, chain, &n);
    }
    forecast->counted = chain;
    *worked += n;
    return chain.ns < 0;
}

static void count_time(struct forecast *forecast, enum forecast_time time, int64_t ns)
{
    samples_wide square = (samples_wide)(uint64_t)ns * (uint64_t)ns;

    samples_add(&forecast->samples, &forecast->times[time], ns);
    forecast->squares[time][0] += (uint64_t)square;
    forecast->squares[time][1] += (uint64_t)(square >> 64);
}

static void end_run(struct forecast *forecast, struct forecast_run *run)
{
    struct batch_result result;

    batch_result(forecast->batch, &result);
    *run = (struct forecast_run){
        .run = forecast->next,
        .seed = forecast->batch->seed,
        .status = result.status,
        .elapsed_ns = result.predicted_ns,
        .critical_path_ns = result.critical_path_ns,
    };
    forecast->ended[result.status]++;
    count_time(forecast, FORECAST_ELAPSED, result.predicted_ns);
    count_time(forecast, FORECAST_CRITICAL_PATH, result.critical_path_ns);
    count_time(forecast, FORECAST_SEQUENTIAL, result.sequential_ns);
    forecast->done++;
    forecast->next++;
    forecast->stage = forecast->next == forecast->end ? READY : RESTART;
}

/* Continues the batch.  False if it is out of memory. */
static bool go_on(struct forecast *forecast, size_t budget, size_t *worked)
{
    size_t spent = 0;

    (void)batch_run(forecast->batch, INT64_MAX, budget, NULL, SIZE_MAX, &spent);
    *worked += spent;
    if (batch_is_over(forecast->batch)) {
        chains_begin(&forecast->chains, forecast->batch);
        forecast->stage = CHAIN;
    }
    return !batch_is_starved(forecast->batch);
}

enum forecast_step forecast_work(struct forecast *forecast, size_t budget, size_t *worked,
                                 struct forecast_run *run)
{
    size_t spent = 0, n;
    enum forecast_step step = FORECAST_MORE;

    while (step == FORECAST_MORE && spent < budget) {
        size_t left = budget - spent;

        switch (forecast->stage) {
        case LABELS:
            n = labels_work(&forecast->labels, left);
            spent += n;
            if (n == 0)
                forecast->stage = ORDER;
            break;
        case ORDER:
            if (chains_prepare(&forecast->chains, left, &spent))
                forecast->stage = RESTART;
            break;
        case RESTART:
            restart(forecast, left, &spent);
            break;
        case RUNNING:
            if (!go_on(forecast, left, &spent))
                step = FORECAST_NOMEM;
            break;
        case CHAIN:
            if (!chains_work(&forecast->chains, forecast->batch, left, &spent))
                break;
            forecast->counted = forecast->chains.last;
            forecast->stage = COUNTING;
            break;
        case COUNTING:
            if (!count_chain(forecast, left, &spent))
                break;
            end_run(forecast, run);
            spent++;
            step = FORECAST_RUN;
            break;
        case READY:
        case SEARCHING:
            step = FORECAST_READY;
            break;
        }
    }
    *worked += spent;
    return step;
}

int forecast_merge(struct forecast *forecast, const struct forecast *other)
{
    struct samples both;
    struct samples_set times[FORECAST_TIMES];
    uint64_t runs = (uint64_t)forecast->done + other->done;

    if (samples_init(&both, runs * FORECAST_TIMES, FORECAST_TIMES) != 0)
        return -1;
    memset(times, 0, sizeof(times));
    for (unsigned i = 0; i < FORECAST_TIMES; i++) {
        samples_add_all(&both, &times[i], &forecast->samples, &forecast->times[i]);
        samples_add_all(&both, &times[i], &other->samples, &other->times[i]);
        forecast->times[i] = times[i];
        for (unsigned half = 0; half < 2; half++)
            forecast->squares[i][half] += other->squares[i][half];
    }
    samples_fini(&forecast->samples);
    forecast->samples = both;
    for (uint32_t label = 0; label < forecast->labels.n; label++)
        forecast->critical[label] += other->critical[label];
    for (unsigned status = 0; status < 4; status++)
        forecast->ended[status] += other->ended[status];
    forecast->done = (uint32_t)runs;
    return 0;
}

/* ---- The figures ------------------------------------------------------------------- */

static void set_wide(mpfr_t number, samples_wide wide)
{
    mpfr_set_uj(number, (uint64_t)(wide >> 64), MPFR_RNDN);
    mpfr_mul_2ui(number, number, 64, MPFR_RNDN);
    mpfr_add_ui(number, number, (unsigned long)(uint64_t)wide, MPFR_RNDN);
}

/*
 * The root of (n * sum of squares - square of the sum) / (n * (n - 1)): the difference
 * is computed exactly, in integers of fewer digits than the precision has.
 */
static int64_t stddev(const struct samples_set *set, const samples_wide squares[2])
{
    mpfr_t sum, total;
    int64_t rounded;

    if (set->n < 2)
        return 0;
    mpfr_inits2(PRECISION, sum, total, (mpfr_ptr)NULL);
    set_wide(total, squares[1]);
    mpfr_mul_2ui(total, total, 64, MPFR_RNDN);
    set_wide(sum, squares[0]);
    mpfr_add(total, total, sum, MPFR_RNDN);
    mpfr_mul_ui(total, total, set->n, MPFR_RNDN);
    set_wide(sum, set->sum);
    mpfr_sqr(sum, sum, MPFR_RNDN);
    mpfr_sub(total, total, sum, MPFR_RNDN);
    mpfr_div_ui(total, total, set->n, MPFR_RNDN);
    mpfr_div_ui(total, total, set->n - 1, MPFR_RNDN);
    mpfr_sqrt(total, total, MPFR_RNDN);
    mpfr_round(total, total);
    rounded = mpfr_get_sj(total, MPFR_RNDN);
    mpfr_clears(sum, total, (mpfr_ptr)NULL);
    return rounded;
}

static void fill_times(const struct forecast *forecast, unsigned time, struct forecast_times *times)
{
    const struct samples_set *set = &forecast->times[time];
    int64_t *const percentiles[N_PERCENTS] = {&times->p05_ns, &times->p25_ns, &times->p50_ns,
                                              &times->p75_ns, &times->p90_ns, &times->p95_ns,
                                              &times->p99_ns};

    times->min_ns = set->min;
    times->max_ns = set->max;
    times->mean_ns = samples_mean(set);
    times->stddev_ns = stddev(set, forecast->squares[time]);
    for (unsigned i = 0; i < N_PERCENTS; i++)
        *percentiles[i] = samples_search_value(forecast->search, i);
}

/* Puts the label among the first, which are in order, if it belongs there. */
static void rank_label(const struct forecast *forecast, uint32_t label, uint32_t *first,
                       uint32_t *n)
{
    uint32_t at = *n;

    if (forecast->critical[label] == 0)
        return;
    /* A later label is behind its equals. */
    while (at > 0 && forecast->critical[first[at - 1]] < forecast->critical[label])
        at--;
    if (at == FORECAST_CRITICAL_MAX)
        return;
    if (*n < FORECAST_CRITICAL_MAX)
        ++*n;
    memmove(&first[at + 1], &first[at], (*n - at - 1) * sizeof(*first));
    first[at] = label;
}

static void fill_critical(const struct forecast *forecast, struct forecast_figures *figures)
{
    uint32_t first[FORECAST_CRITICAL_MAX];

    figures->n_critical = 0;
    for (uint32_t label = 0; label < forecast->labels.n; label++)
        rank_label(forecast, label, first, &figures->n_critical);
    for (uint32_t i = 0; i < figures->n_critical; i++)
        figures->critical[i] = (struct forecast_critical){
            .name = labels_name(&forecast->labels, first[i]), .runs = forecast->critical[first[i]]};
}

static void search_next(struct forecast *forecast)
{
    samples_search_begin(forecast->search, &forecast->samples, &forecast->times[forecast->searched],
                         percents, N_PERCENTS);
}

bool forecast_conclude(struct forecast *forecast, size_t budget, size_t *worked,
                       struct forecast_figures *figures)
{
    size_t spent = 0;

    if (forecast->search == NULL) {
        forecast->search = malloc(sizeof(*forecast->search));
        if (forecast->search == NULL) {
            ++*worked;
            return false;
        }
        forecast->stage = SEARCHING;
        search_next(forecast);
    }
    while (forecast->searched < FORECAST_TIMES && spent < budget) {
        if (!samples_search_work(forecast->search, budget - spent, &spent))
            break;
        fill_times(forecast, forecast->searched, &figures->times[forecast->searched]);
        if (++forecast->searched < FORECAST_TIMES)
            search_next(forecast);
    }
    *worked += spent;
    if (forecast->searched < FORECAST_TIMES)
        return false;
    figures->runs = forecast->done;
    figures->jobs = forecast->plan->n_jobs;
    figures->ok = forecast->ended[BATCH_OK];
    figures->failed = forecast->ended[BATCH_FAILED];
    figures->timed_out = forecast->ended[BATCH_TIMED_OUT];
    fill_critical(forecast, figures);
    return true;
}
