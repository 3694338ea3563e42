/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FORECAST_TRIALS_H
#define WAITD_FORECAST_TRIALS_H

/*
 * The runs of a forecast on all processors: threads take them, some at a time, each
 * with a forecast of its own of the same plan (engine/forecast.h), and what they found
 * is put together.  How many threads there are changes nothing in the figures.
 */

#include "client/show/progress.h"
#include "proto/figures.h"

struct forecast_trials {
    const struct plan *plan; /* sealed, only read */
    uint32_t runs;           /* 1 or more */
    int signals;             /* a descriptor that is readable when it is to stop; -1 for none */
    /* The bar is redrawn as runs end, for these and those of other plans. */
    struct progress *progress;
    int64_t started_ns;
    uint64_t runs_before, runs_in_all;
    struct forecast_run *results; /* room for each run, filled in by number */
};

enum forecast_trials_end {
    FORECAST_TRIALS_DONE,
    FORECAST_TRIALS_STOPPED, /* the signals became readable */
    FORECAST_TRIALS_FAILED,  /* errno: out of memory, or of threads */
};

/* Runs them.  *figures is filled in when they are done. */
enum forecast_trials_end forecast_trials_run(const struct forecast_trials *trials,
                                             struct forecast_figures *figures);

#endif
