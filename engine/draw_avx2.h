/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_AVX2_H
#define WAITD_DRAW_AVX2_H

/*
 * The generator and the formulas of draw.h four draws at a time, in the vectors of 256 bits
 * that processors of x86-64 have since 2013: a draw takes a quarter of the time.  Where there are
 * none, draw_avx2_is_there() is false and the others must not be called.
 *
 * The bits are those of draw_philox().  The formulas' values differ from the mathematical
 * library's, but keep to the errors that draw_formula.h allows a function, so that the rounded
 * lengths do not.
 *
 * Re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/draw.h"

/* Draws at a time.  Arrays hold a whole number of times that many, and what is behind the first n
 * is computed in vain, so it must be initialized. */
#define DRAW_AVX2_LANES 4u

bool draw_avx2_is_there(void);

/* The upper 53 bits of both draws of 64 of each job's first attempt and step. */
void draw_avx2_bits(int64_t seed, enum draw_purpose purpose, const uint32_t *jobs, unsigned n,
                    uint64_t *u_bits, uint64_t *v_bits);

/* Computed lengths by an exponential, a normal or a lognormal distribution: a is the mean or the
 * median, b the standard deviation or sigma.  The radius is that of draw_formula.h. */
void draw_avx2_lengths(enum dist_kind kind, const double *a_ns, const double *b, unsigned n,
                       const uint64_t *u_bits, const uint64_t *v_bits, double *ns, double *radius);

#endif
