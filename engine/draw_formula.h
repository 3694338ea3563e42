/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_FORMULA_H
#define WAITD_DRAW_FORMULA_H

/*
 * What the four ways to compute a draw share (draw.c in doubles, draw_avx2.c in
 * several at once, draw_wide.c, draw_exact.c): constants, and by how much a result
 * may be off.  For those and draw_row.c alone.
 *
 * Errors are counted in units of 2^-p, p being the bits computed with.  A
 * quantity that is rounded to p bits, as each integer, constant, sum, product,
 * quotient and square root is here, is off by one unit of its size at most.  A
 * function of the mathematical library is taken to be off by eight, which is
 * four in the last place; those in use stay below two, and libmpfr's stay
 * within one.
 *
 *     ln(1-u)         8 of its size, since 1 - u is exact
 *     radius          sqrt(-2 ln(1-u)): half of those 8, and 1: 5 of its size
 *     2 pi v          2 of its size (2 pi, product), which is below 2 pi: 13
 *     cos(2 pi v)     those 13, since its slope is at most 1, and 8: 21
 *     z               (21 + 5 + 1) radius, as |cos| is at most 1: 27 radius
 *
 *     exponential     mean 1, ln 8, product 1: 10 of the length
 *     normal          stddev * z: (27 + 2) stddev * radius; mean: 1 of it; the sum:
 *                     1 of mean + stddev * radius
 *     lognormal       ln(p99/p50): 3 (p99, p50, quotient) and 8 of its size; sigma:
 *                     3 / 2.3 and 10 of its size; sigma * z: 27 sigma * radius,
 *                     11 sigma * radius and 1.3 radius; its exponential: as many
 *                     of the length, and 8; with p50 and the product 10
 *
 * What is used is larger by a quarter and more, to cover the errors of the
 * errors and of the comparison itself.
 */

/* The standard normal distribution's 99th percentile, to sixty digits: by
 * definition of the lognormal draw this number itself. */
#define DRAW_FORMULA_Z99 2.32634787404084110088560616334691172335181714153201306906564

/* Each returns nanoseconds times 2^p; sigma is ln(p99 / p50) / DRAW_FORMULA_Z99. */

static inline double draw_formula_off_exponential(double length_ns)
{
    return 16 * length_ns;
}

static inline double draw_formula_off_normal(double mean_ns, double stddev_ns, double radius)
{
    return 40 * stddev_ns * radius + 4 * mean_ns;
}

static inline double draw_formula_off_lognormal(double length_ns, double sigma, double radius)
{
    return length_ns * ((52 * sigma + 2) * radius + 16);
}

#endif
