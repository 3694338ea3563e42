/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_ROW_H
#define WAITD_DRAW_ROW_H

/*
 * What several jobs draw in their first attempts, side by side: the length of the first step of
 * each, or whether the attempt fails.  The same as draw.h draws one by one, in less time where
 * the processor computes several at once (draw_avx2.h).
 *
 * A row is filled once and drawn for as many seeds as are wanted.  Re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/draw.h"

#define DRAW_ROW 32u

/* All zero it is empty. */
struct draw_row {
    unsigned n;
    uint32_t jobs[DRAW_ROW];
    /* Of lengths: all are drawn by distributions of one kind. */
    const struct dist *dists[DRAW_ROW];
    double a_ns[DRAW_ROW], b[DRAW_ROW]; /* as draw_avx2_lengths() takes them */
    /* Of failures: those of which less is drawn fail. */
    uint64_t fail_below[DRAW_ROW];
};

/* Whether a length by the distribution is drawn, and depends on the seed. */
static inline bool draw_row_takes(const struct dist *dist)
{
    return dist->kind != DIST_CONSTANT && dist->kind != DIST_TRACE;
}

/* Adds a length to a row that is not full.  The distribution, which is one that is drawn,
 * outlives the row. */
void draw_row_add_length(struct draw_row *row, uint32_t job, const struct dist *dist);

/* Adds a failure to one that is not full. */
void draw_row_add_failure(struct draw_row *row, uint32_t job, uint64_t fail_below);

/* How they are drawn. */
struct draw_row_use {
    int64_t seed;
    bool vectors; /* several at once: draw_avx2_is_there() */
};

/* Draws the lengths of a row, each within [0, max_ns]. */
void draw_row_lengths(const struct draw_row *row, const struct draw_row_use *use, int64_t max_ns,
                      int64_t lengths_ns[DRAW_ROW]);

/* Draws which of a row fail. */
void draw_row_failures(const struct draw_row *row, const struct draw_row_use *use,
                       bool fails[DRAW_ROW]);

#endif
