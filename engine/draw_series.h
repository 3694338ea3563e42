/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_SERIES_H
#define WAITD_DRAW_SERIES_H

/*
 * The lengths that jobs next to one another draw by one distribution, as those of one spec with a
 * `count` do: a row of them at a time (draw_row.h), as the first of these jobs starts.  They are
 * those that each would draw by itself, since a draw depends on where it is used and on nothing
 * else; test_draw_series.c holds batches against the naive model, which draws one by one.
 *
 * What it buys, of 10^6 virtual jobs under a limit of 1,000, in ns of processor time a job
 * (`make bench BENCH=virtual`, AMD EPYC):
 *
 *                          uniform  exponential  normal  lognormal
 *     one by one              41         57        70        84
 *     in rows                 37         43        58        61
 *     in rows by vectors      31         34        35        38
 *
 * Not re-entrant; 1.5 KB, the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/draw_row.h"

struct draw_series {
    uint32_t first, n; /* the jobs whose lengths it holds: DRAW_ROW of them, or none */
    int64_t lengths_ns[DRAW_ROW];
    struct draw_row_use use;
    struct dist dist;
    struct draw_row row;
};

/* An empty one, for draws of that seed. */
void draw_series_begin(struct draw_series *series, int64_t seed);

/* Draws the lengths of job `first` and those behind it, each within [0, max_ns], in the place of
 * what it holds.  By a distribution that draw_row_takes(). */
void draw_series_fill(struct draw_series *series, const struct dist *dist, uint32_t first,
                      int64_t max_ns);

/* Whether it holds a job's length; and that length. */
static inline bool draw_series_holds(const struct draw_series *series, uint32_t job)
{
    return job - series->first < series->n;
}

static inline int64_t draw_series_length(const struct draw_series *series, uint32_t job)
{
    return series->lengths_ns[job - series->first];
}

#endif
