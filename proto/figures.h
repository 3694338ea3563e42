/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FIGURES_H
#define WAITD_FIGURES_H

/*
 * Figures of many jobs or of many runs of a batch: the engine
 * computes them, the event writer turns them into text; neither knows the other.
 *
 * Percentile p of n values is the one of rank ceil(p * n / 100) in ascending order;
 * means are rounded to the nearest nanosecond, a half up.
 */

#include <stdbool.h>

#include "proto/occurrence.h"
#include "proto/plan.h"

/* ---- Reports --------------------------------------------------------------------- */

/* Of a set of times; known is false where it is empty. */
struct report_times {
    bool known;
    int64_t min_ns, mean_ns, p50_ns, p90_ns, p95_ns, p99_ns, max_ns;
};

enum report_kind { REPORT_SUMMARY, REPORT_POOL };

/* What became of the jobs of a name, or how a pool was used: the material of one event. */
struct report_line {
    enum report_kind kind;
    plan_text_ref name; /* a JSON string token; 0: of jobs without one, of the default pool */
    struct report_times queued;
    /* SUMMARY: */
    uint32_t others; /* above 0: of so many names together */
    uint32_t jobs;
    uint32_t counts[JOB_STATUSES]; /* by enum job_status */
    uint64_t attempts;
    struct report_times latency;
    /* POOL: */
    uint64_t workers;
    uint64_t granted;
    int64_t busy_ns;      /* that workers were held, added up (saturating) */
    int64_t predicted_ns; /* the batch's */
    uint32_t queue_max;
};

/* ---- Forecasts ------------------------------------------------------------------- */

/* A run that is over. */
struct forecast_run {
    uint32_t run; /* from 0 */
    int64_t seed; /* with which a batch does the same */
    enum batch_status status;
    int64_t elapsed_ns; /* `predicted` */
    int64_t critical_path_ns;
};

enum forecast_time { FORECAST_ELAPSED, FORECAST_CRITICAL_PATH, FORECAST_SEQUENTIAL };
#define FORECAST_TIMES 3

/* Of all runs. */
struct forecast_times {
    int64_t min_ns, mean_ns;
    int64_t stddev_ns; /* of the sample, to the nearest nanosecond; 0 of one run */
    int64_t p05_ns, p25_ns, p50_ns, p75_ns, p90_ns, p95_ns, p99_ns;
    int64_t max_ns;
};

/* A name that lay on the longest chain. */
struct forecast_critical {
    plan_text_ref name; /* a JSON string token; 0 for jobs without a name */
    uint32_t runs;      /* in how many runs a job of it did: 1 or more */
};

/* The most names that are listed. */
#define FORECAST_CRITICAL_MAX 20

struct forecast_figures {
    uint32_t runs;
    uint32_t jobs;                  /* of each */
    uint32_t ok, failed, timed_out; /* runs that ended so */
    struct forecast_times times[FORECAST_TIMES];
    uint32_t n_critical; /* most runs first, then by lowest index */
    struct forecast_critical critical[FORECAST_CRITICAL_MAX];
};

#endif
