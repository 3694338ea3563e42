/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_H
#define WAITD_DRAW_H

/*
 * Random draws that depend on where they are used and on nothing else: a
 * counter-based generator (Philox4x32-10) is keyed with the batch's seed and
 * counts (job, attempt, step, purpose).  So a draw is the same on both clocks,
 * at every thread count and in whatever order jobs happen to run, and a job
 * appended to a batch changes no other job's draws.
 *
 * Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC'11, and its published known-answer vectors.
 */

#include <stdint.h>

#include "proto/plan.h"

enum draw_purpose { DRAW_LENGTH, DRAW_FAIL, DRAW_JITTER, DRAW_START, DRAW_EVERY };

struct draw_key {
    int64_t seed;
    uint32_t job;
    uint32_t attempt; /* from 1; 0 for what is drawn once a job */
    uint32_t step;    /* from 0; 0 for what is drawn once an attempt */
};

/* The generator itself, for its known answers. */
void draw_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Uniform in [0, 1), a multiple of 2^-53. */
double draw_unit(const struct draw_key *key, enum draw_purpose purpose);

/*
 * A length by the law `dist`, within [0, max_ns].  Exponential by inversion;
 * normal by G. E. P. Box and M. E. Muller (1958), the cosine of the pair;
 * lognormal as the exponential of such a normal, its sigma from the 99th
 * percentile; a trace draws nothing.  Constants are returned as they are.
 */
int64_t draw_length_for(const struct plan *plan, const struct dist *dist,
                        const struct draw_key *key, enum draw_purpose purpose, int64_t max_ns);

/* The same for a step. */
static inline int64_t draw_length(const struct plan *plan, const struct dist *dist,
                                  const struct draw_key *key, int64_t max_ns)
{
    return draw_length_for(plan, dist, key, DRAW_LENGTH, max_ns);
}

#endif
