/* SPDX-License-Identifier: ISC */
#include "engine/draw_wide.h"

#include <float.h>
#include <math.h>

#include "engine/draw_formula.h"

/* Elsewhere a long double is no wider than a double, or its functions are no
 * better than a double's (musl) or as slow as libmpfr's. */
#if LDBL_MANT_DIG == 64

#define TWO_PI        6.2831853071795864769252867665590057683943387987502116L
#define LONG(number)  LONG_(number)
#define LONG_(number) number##L

/* A computed length and by how much it may be off. */
struct estimate {
    long double ns, off_ns;
};

static long double minus_log(uint64_t u_bits)
{
    return -logl((long double)((UINT64_C(1) << 53) - u_bits) * 0x1p-53L);
}

static struct estimate draw_exponential(const struct dist *dist, uint64_t u_bits)
{
    long double ns = (long double)dist->a_ns * minus_log(u_bits);

    return (struct estimate){ns, draw_formula_off_exponential((double)ns) * 0x1p-64L};
}

static struct estimate draw_by_normal(const struct dist *dist, uint64_t u_bits, uint64_t v_bits)
{
    long double a_ns = (long double)dist->a_ns, b_ns = (long double)dist->b_ns;
    long double radius = sqrtl(2 * minus_log(u_bits)), sigma, ns;
    long double z = radius * cosl(TWO_PI * ((long double)v_bits * 0x1p-53L));

    if (dist->kind == DIST_NORMAL)
        return (struct estimate){
            a_ns + b_ns * z,
            draw_formula_off_normal((double)a_ns, (double)b_ns, (double)radius) * 0x1p-64L};
    sigma = logl(b_ns / a_ns) / LONG(DRAW_FORMULA_Z99);
    ns = a_ns * expl(sigma * z);
    return (struct estimate){
        ns, draw_formula_off_lognormal((double)ns, (double)sigma, (double)radius) * 0x1p-64L};
}

bool draw_wide_length(const struct dist *dist, uint64_t u_bits, uint64_t v_bits, int64_t max_ns,
                      int64_t *ns)
{
    struct estimate estimate = dist->kind == DIST_EXPONENTIAL
                                   ? draw_exponential(dist, u_bits)
                                   : draw_by_normal(dist, u_bits, v_bits);
    long double low = estimate.ns - estimate.off_ns, high = estimate.ns + estimate.off_ns;
    int64_t rounded;

    *ns = high < 0.5L ? 0 : max_ns;
    if (high < 0.5L || low >= (long double)max_ns)
        return true;
    if (low < -0.5L || high > 0x1p62L)
        return false;
    rounded = (int64_t)(low + 0.5L);
    *ns = rounded < max_ns ? rounded : max_ns;
    return rounded == (int64_t)(high + 0.5L);
}

#else

bool draw_wide_length(const struct dist *dist, uint64_t u_bits, uint64_t v_bits, int64_t max_ns,
                      int64_t *ns)
{
    (void)dist, (void)u_bits, (void)v_bits, (void)max_ns, (void)ns;
    return false;
}

#endif
