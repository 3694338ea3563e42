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
 * It is also the same on every machine: what is drawn is the exact value of a
 * formula, rounded once to the nearest nanosecond, a half upwards.  The
 * mathematical library's result, or that of draw_avx2.h, decides where it is far
 * enough from a half, by more than either errs; elsewhere libmpfr decides, with as
 * many digits as it takes.
 *
 * Sources: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC'11, and its published known-answer vectors.
 * A. Ziv, "Fast evaluation of elementary mathematical functions with correctly
 * rounded last bit", ACM TOMS 17 (1991).
 *
 * Re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/plan.h"

enum draw_purpose { DRAW_LENGTH, DRAW_FAIL, DRAW_JITTER, DRAW_START, DRAW_EVERY };

struct draw_key {
    int64_t seed;
    uint32_t job;
    uint32_t attempt; /* from 1; 0 for what is drawn once a job */
    uint32_t step;    /* from 0; 0 for what is drawn once an attempt */
};

/* Philox4x32-10: the multipliers and the Weyl constants of the paper. */
#define DRAW_PHILOX_ROUNDS 10
#define DRAW_PHILOX_MUL_0  UINT32_C(0xD2511F53)
#define DRAW_PHILOX_MUL_1  UINT32_C(0xCD9E8D57)
#define DRAW_PHILOX_WEYL_0 UINT32_C(0x9E3779B9)
#define DRAW_PHILOX_WEYL_1 UINT32_C(0xBB67AE85)

/* The generator itself, for its known answers. */
void draw_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Two independent uniform integers in [0, 2^53), for one place of use. */
void draw_pair(const struct draw_key *key, enum draw_purpose purpose, uint64_t *u_bits,
               uint64_t *v_bits);

/* The first of them. */
uint64_t draw_bits(const struct draw_key *key, enum draw_purpose purpose);

/* most_ns times a uniform fraction in [0, 1), rounded.  most_ns is 0 or more. */
int64_t draw_up_to(const struct draw_key *key, enum draw_purpose purpose, int64_t most_ns);

/* Whether an attempt fails that does so with a probability of fail_below / 2^53; one of
 * PLAN_FAIL_ALWAYS does. */
bool draw_fails(const struct draw_key *key, uint64_t fail_below);

/*
 * A length by the distribution `dist`, within [0, max_ns].  With u and v uniform
 * fractions in [0, 1):
 *
 *     uniform      min + (max - min) * u
 *     exponential  -mean * ln(1 - u)
 *     normal       mean + stddev * z, z = sqrt(-2 ln(1 - u)) * cos(2 pi v)
 *     lognormal    p50 * exp(z * ln(p99 / p50) / 2.326...)
 *
 * (inversion; G. E. P. Box and M. E. Muller, 1958; the standard normal
 * distribution's 99th percentile).  A trace draws nothing, and constants are
 * returned as they are.
 */
int64_t draw_length_for(const struct plan *plan, const struct dist *dist,
                        const struct draw_key *key, enum draw_purpose purpose, int64_t max_ns);

/*
 * The same for many draws by one distribution or by few, one after another: what they
 * have in common is computed once.  draw_prepare() does nothing where it is prepared for
 * an equal distribution already.
 */
struct draw_prepared {
    struct dist dist;
    double sigma; /* of a lognormal distribution: ln(p99 / p50) / 2.326... */
};
#define DRAW_PREPARED_NONE ((struct draw_prepared){.dist = {.kind = DIST_CONSTANT}})
void draw_prepare(struct draw_prepared *prepared, const struct dist *dist);
int64_t draw_prepared_length(const struct plan *plan, const struct draw_prepared *prepared,
                             const struct draw_key *key, enum draw_purpose purpose, int64_t max_ns);

/* A length by a uniform distribution. */
int64_t draw_uniform(const struct dist *dist, uint64_t u_bits, int64_t max_ns);

/* A computed length and by how much it may be off. */
struct draw_estimate {
    double ns, off_ns;
};

/* A length by an exponential, a normal or a lognormal distribution, as the mathematical library
 * computes it: a is the mean or the median, b the standard deviation or sigma. */
struct draw_estimate draw_estimate(enum dist_kind kind, double a_ns, double b, uint64_t u_bits,
                                   uint64_t v_bits);

/* The length of which that was computed: where it may round either way, computed exactly. */
int64_t draw_rounded(const struct dist *dist, uint64_t u_bits, uint64_t v_bits,
                     struct draw_estimate estimate, int64_t max_ns);

/* The same for a step. */
static inline int64_t draw_length(const struct plan *plan, const struct dist *dist,
                                  const struct draw_key *key, int64_t max_ns)
{
    return draw_length_for(plan, dist, key, DRAW_LENGTH, max_ns);
}

#endif
