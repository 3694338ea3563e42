/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FORECAST_H
#define WAITD_FORECAST_H

/*
 * How long a batch will take, and how sure that is: a sealed plan is run many times on
 * the virtual clock, run k with the plan's seed plus k, and the results are gathered.
 * A pure function of the plan and of the numbers of its runs.
 *
 *     forecast_new() ─► forecast_extend() ─► forecast_work()… ─► forecast_conclude()…
 *                               ▲                  │   └── forecast_merge() ◄── other parts
 *                               └──────────────────┘
 *
 * A forecast is of those runs that it is given, some at a time, so that several threads
 * share the work: each has a forecast of its own of the same plan, which none of them
 * writes, takes more runs when it has done with some, and their figures are those of all
 * runs once one has been merged with the others.  Which part a run is in changes nothing.
 *
 * Memory: one batch that writes nothing (see batch.h) and what its chains need, both
 * used again for each run, and 24 bytes a run.
 *
 * Everything is done in slices of a budget, counted as that of batch_run() is.  Not
 * re-entrant; each forecast is for one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/figures.h"
#include "proto/plan.h"

struct forecast;

/* The most runs that a forecast can be of. */
#define FORECAST_MAX_RUNS UINT32_C(100000000)

/* A forecast with room for `most` runs (1 or more; all parts together at most
 * FORECAST_MAX_RUNS), which has none to do yet.  The plan outlives it.  NULL when out of
 * memory. */
struct forecast *forecast_new(const struct plan *plan, uint32_t most);
void forecast_free(struct forecast *forecast); /* NULL is fine; at any time */

/* Gives it `runs` runs (1 or more) to do, the first of them number `first`: before any work,
 * or when it is FORECAST_READY and not concluded. */
void forecast_extend(struct forecast *forecast, uint32_t first, uint32_t runs);

/* Bytes that a forecast of `runs` runs takes for their figures: for limits. */
uint64_t forecast_bytes(uint32_t runs);

enum forecast_step {
    FORECAST_MORE,  /* the budget is spent */
    FORECAST_RUN,   /* *run is over: runs end in order */
    FORECAST_READY, /* all that it was given are */
    FORECAST_NOMEM, /* out of memory for now: call again later */
};

/* Continues what it was given, for about `budget` units of work, until a run is over.  *worked
 * grows by what was spent. */
enum forecast_step forecast_work(struct forecast *forecast, size_t budget, size_t *worked,
                                 struct forecast_run *run);

/* Runs that are over. */
uint32_t forecast_runs(const struct forecast *forecast);

/* Adds the figures of another part, of the same plan, to those of this one; both are
 * FORECAST_READY, with a run at least.  0, or -1 when out of memory, with nothing changed. */
int forecast_merge(struct forecast *forecast, const struct forecast *other);

/* ---- The figures ----------------------------------------------------------------- */

/* Computes the figures, once the forecast is FORECAST_READY and, where it is a part,
 * merged, about `budget` units at a time.  Whether *figures is filled in. */
bool forecast_conclude(struct forecast *forecast, size_t budget, size_t *worked,
                       struct forecast_figures *figures);

#endif
