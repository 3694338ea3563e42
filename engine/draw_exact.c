/* SPDX-License-Identifier: ISC */
#include "engine/draw_exact.h"

#include <stdbool.h>

#include <mpfr.h> /* after <stdint.h>: declares what takes an intmax_t */

#include "engine/draw_formula.h"

/* What a formula is computed in. */
struct workspace {
    mpfr_t length, off, z, radius, sigma, scratch;
};

static void workspace_init(struct workspace *w, mpfr_prec_t bits)
{
    mpfr_inits2(bits, w->length, w->off, w->z, w->radius, w->sigma, w->scratch, (mpfr_ptr)0);
}

static void workspace_fini(struct workspace *w)
{
    mpfr_clears(w->length, w->off, w->z, w->radius, w->sigma, w->scratch, (mpfr_ptr)0);
}

/* A fraction of 2^53. */
static void set_fraction(mpfr_t out, uint64_t bits)
{
    mpfr_set_uj(out, bits, MPFR_RNDN);
    mpfr_div_2ui(out, out, 53, MPFR_RNDN);
}

/* -ln(1 - u) */
static void set_exponential(mpfr_t out, uint64_t u_bits)
{
    set_fraction(out, (UINT64_C(1) << 53) - u_bits);
    mpfr_log(out, out, MPFR_RNDN);
    mpfr_neg(out, out, MPFR_RNDN);
}

static void set_z(struct workspace *w, uint64_t u_bits, uint64_t v_bits)
{
    set_exponential(w->radius, u_bits);
    mpfr_mul_2ui(w->radius, w->radius, 1, MPFR_RNDN);
    mpfr_sqrt(w->radius, w->radius, MPFR_RNDN);

    set_fraction(w->scratch, v_bits);
    mpfr_const_pi(w->z, MPFR_RNDN);
    mpfr_mul(w->z, w->z, w->scratch, MPFR_RNDN);
    mpfr_mul_2ui(w->z, w->z, 1, MPFR_RNDN);
    mpfr_cos(w->z, w->z, MPFR_RNDN);
    mpfr_mul(w->z, w->z, w->radius, MPFR_RNDN);
}

/* Each sets w->length and returns by how much it may be off, by draw_formula.h. */

static double compute_exponential(struct workspace *w, const struct dist *dist, uint64_t u_bits)
{
    set_exponential(w->scratch, u_bits);
    mpfr_set_sj(w->length, dist->a_ns, MPFR_RNDN);
    mpfr_mul(w->length, w->length, w->scratch, MPFR_RNDN);
    return draw_formula_off_exponential(mpfr_get_d(w->length, MPFR_RNDU));
}

static double compute_normal(struct workspace *w, const struct dist *dist)
{
    mpfr_set_sj(w->length, dist->b_ns, MPFR_RNDN);
    mpfr_mul(w->length, w->length, w->z, MPFR_RNDN);
    mpfr_set_sj(w->scratch, dist->a_ns, MPFR_RNDN);
    mpfr_add(w->length, w->length, w->scratch, MPFR_RNDN);
    return draw_formula_off_normal((double)dist->a_ns, (double)dist->b_ns,
                                   mpfr_get_d(w->radius, MPFR_RNDU));
}

#define TEXT_OF(number)  TEXT_AS_IS(number)
#define TEXT_AS_IS(text) #text

static double compute_lognormal(struct workspace *w, const struct dist *dist)
{
    mpfr_set_sj(w->sigma, dist->b_ns, MPFR_RNDN);
    mpfr_set_sj(w->length, dist->a_ns, MPFR_RNDN);
    mpfr_div(w->sigma, w->sigma, w->length, MPFR_RNDN);
    mpfr_log(w->sigma, w->sigma, MPFR_RNDN);
    mpfr_set_str(w->scratch, TEXT_OF(DRAW_FORMULA_Z99), 10, MPFR_RNDN);
    mpfr_div(w->sigma, w->sigma, w->scratch, MPFR_RNDN);

    mpfr_mul(w->scratch, w->sigma, w->z, MPFR_RNDN);
    mpfr_exp(w->scratch, w->scratch, MPFR_RNDN);
    mpfr_mul(w->length, w->length, w->scratch, MPFR_RNDN);
    return draw_formula_off_lognormal(mpfr_get_d(w->length, MPFR_RNDU),
                                      mpfr_get_d(w->sigma, MPFR_RNDU),
                                      mpfr_get_d(w->radius, MPFR_RNDU));
}

/* Rounds w->length to within [0, max_ns] if every value within off units of it
 * rounds alike. */
static bool round_length(struct workspace *w, double off, int64_t max_ns, int64_t *ns)
{
    mpfr_ptr low = w->scratch, high = w->sigma, most = w->z;

    mpfr_set_d(w->off, off, MPFR_RNDU);
    mpfr_div_2ui(w->off, w->off, (unsigned long)mpfr_get_prec(w->length), MPFR_RNDU);
    mpfr_sub(low, w->length, w->off, MPFR_RNDD);
    mpfr_add_d(low, low, 0.5, MPFR_RNDD);
    mpfr_floor(low, low);
    mpfr_add(high, w->length, w->off, MPFR_RNDU);
    mpfr_add_d(high, high, 0.5, MPFR_RNDU);
    mpfr_floor(high, high);
    mpfr_set_sj(most, max_ns, MPFR_RNDN);
    if (mpfr_sgn(high) <= 0)
        *ns = 0;
    else if (mpfr_greaterequal_p(low, most))
        *ns = max_ns;
    else if (mpfr_equal_p(low, high))
        *ns = mpfr_get_sj(low, MPFR_RNDN);
    else
        return false;
    return true;
}

static bool draw_with(mpfr_prec_t bits, const struct dist *dist, const uint64_t uv_bits[2],
                      int64_t max_ns, int64_t *ns)
{
    struct workspace w;
    double off;
    bool sure;

    workspace_init(&w, bits);
    if (dist->kind != DIST_EXPONENTIAL)
        set_z(&w, uv_bits[0], uv_bits[1]);
    if (dist->kind == DIST_EXPONENTIAL)
        off = compute_exponential(&w, dist, uv_bits[0]);
    else if (dist->kind == DIST_NORMAL)
        off = compute_normal(&w, dist);
    else
        off = compute_lognormal(&w, dist);
    sure = round_length(&w, off, max_ns, ns);
    workspace_fini(&w);
    return sure;
}

/* It ends: a formula's value is an integer where ln, cos or exp are of an
 * argument that makes them 0 or 1, and transcendental elsewhere, so it is
 * never a half. */
int64_t draw_exact_length(const struct dist *dist, uint64_t u_bits, uint64_t v_bits, int64_t max_ns)
{
    const uint64_t uv_bits[2] = {u_bits, v_bits};
    mpfr_prec_t bits = 128;
    int64_t ns;

    while (!draw_with(bits, dist, uv_bits, max_ns, &ns))
        bits *= 2;
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
    return ns;
}
