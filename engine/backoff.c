/* SPDX-License-Identifier: ISC */
#include "engine/backoff.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <mpfr.h> /* after <stdint.h>: declares what takes an intmax_t */

/*
 * First in doubles, with the error bound of draw_exact.c's kind: the factor is
 * off by one unit of 2^-53, its power by one for each time it is multiplied and
 * eight for the library, initial and the product by one each.  True where the
 * rounding is beyond doubt.
 */
static bool estimate(const struct backoff *backoff, uint32_t times, int64_t *ns)
{
    double delay = (double)backoff->initial_ns * pow(backoff->factor.nearest, (double)times);
    double off = delay * (16 + 2 * (double)times) * 0x1p-53;

    if (!(delay < 0x1p64)) { /* nor is it less by its error, which is below a thousandth */
        *ns = INT64_MAX;
        return true;
    }
    if (delay > 0x1p62)
        return false;
    *ns = (int64_t)(delay - off + 0.5);
    return *ns == (int64_t)(delay + off + 0.5);
}

/* What a value is not below and not above. */
struct interval {
    mpfr_t low, high;
};

static void interval_init(struct interval *i, mpfr_prec_t bits)
{
    mpfr_inits2(bits, i->low, i->high, (mpfr_ptr)0);
}

static void interval_fini(struct interval *i)
{
    mpfr_clears(i->low, i->high, (mpfr_ptr)0);
}

/* The factor's digits, as an integer. */
static void set_digits(struct interval *i, const struct plan *plan,
                       const struct plan_factor *factor)
{
    size_t len;

    if (factor->digits == 0) {
        mpfr_set_d(i->low, factor->nearest, MPFR_RNDD);
        mpfr_set_d(i->high, factor->nearest, MPFR_RNDU);
        return;
    }
    mpfr_set_str(i->low, plan_text(plan, factor->digits, &len), 10, MPFR_RNDD);
    mpfr_set_str(i->high, plan_text(plan, factor->digits, &len), 10, MPFR_RNDU);
}

static void raise_to(struct interval *i, uint32_t times)
{
    mpfr_pow_ui(i->low, i->low, times, MPFR_RNDD);
    mpfr_pow_ui(i->high, i->high, times, MPFR_RNDU);
}

/* Multiplies by tens, or divides, for an exponent below 0. */
static void scale(struct interval *i, const struct interval *tens, int32_t exponent)
{
    if (exponent >= 0) {
        mpfr_mul(i->low, i->low, tens->low, MPFR_RNDD);
        mpfr_mul(i->high, i->high, tens->high, MPFR_RNDU);
    } else {
        mpfr_div(i->low, i->low, tens->high, MPFR_RNDD);
        mpfr_div(i->high, i->high, tens->low, MPFR_RNDU);
    }
}

/* Rounds if both ends of the interval round alike. */
static bool round_interval(struct interval *i, int64_t *ns)
{
    mpfr_add_d(i->low, i->low, 0.5, MPFR_RNDD);
    mpfr_floor(i->low, i->low);
    mpfr_add_d(i->high, i->high, 0.5, MPFR_RNDU);
    mpfr_floor(i->high, i->high);
    if (mpfr_cmp_ui_2exp(i->low, 1, 63) >= 0)
        *ns = INT64_MAX;
    else if (mpfr_equal_p(i->low, i->high))
        *ns = mpfr_get_sj(i->low, MPFR_RNDN);
    else
        return false;
    return true;
}

static void multiply(struct interval *i, int64_t factor)
{
    mpfr_t exact;

    mpfr_init2(exact, 64);
    mpfr_set_sj(exact, factor, MPFR_RNDN);
    mpfr_mul(i->low, i->low, exact, MPFR_RNDD);
    mpfr_mul(i->high, i->high, exact, MPFR_RNDU);
    mpfr_clear(exact);
}

/*
 * initial * factor^times.  Where that may be half a nanosecond above an integer,
 * its numerator and its denominator are computed apart, so that both are exact:
 * with d decimals, 2^(d * times) or 5^(d * times) divides 2 * initial then, and
 * d * times is at most 64.  Elsewhere they might exceed libmpfr's range.
 */
static void set_delay(struct interval *i, const struct plan *plan, const struct backoff *backoff,
                      uint32_t times)
{
    const struct plan_factor *factor = &backoff->factor;
    unsigned long decimals = (unsigned long)labs(factor->exponent);
    struct interval tens;

    interval_init(&tens, mpfr_get_prec(i->low));
    mpfr_ui_pow_ui(tens.low, 10, decimals, MPFR_RNDD);
    mpfr_ui_pow_ui(tens.high, 10, decimals, MPFR_RNDU);
    set_digits(i, plan, factor);
    if (decimals * (uint64_t)times <= 64) {
        raise_to(i, times);
        raise_to(&tens, times);
        multiply(i, backoff->initial_ns);
        scale(i, &tens, factor->exponent);
    } else {
        scale(i, &tens, factor->exponent);
        raise_to(i, times);
        multiply(i, backoff->initial_ns);
    }
    interval_fini(&tens);
}

/* It ends: a delay that is an integer or half above one is computed exactly,
 * since its numerator has at most 64 digits and initial's 63 bits. */
static int64_t compute_delay(const struct plan *plan, const struct backoff *backoff, uint32_t times)
{
    mpfr_prec_t bits = 384;
    struct interval delay;
    int64_t ns;
    bool sure;

    do {
        interval_init(&delay, bits);
        set_delay(&delay, plan, backoff, times);
        sure = round_interval(&delay, &ns);
        interval_fini(&delay);
        bits *= 2;
    } while (!sure);
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
    return ns;
}

int64_t backoff_delay_ns(const struct plan *plan, const struct backoff *backoff, uint32_t retry)
{
    uint32_t times = retry - 1;
    int64_t ns;

    if (times == 0 || backoff->initial_ns == 0)
        ns = backoff->initial_ns; /* 0 whatever the power, which may be infinite */
    else if (!estimate(backoff, times, &ns))
        ns = compute_delay(plan, backoff, times);
    return backoff->max_ns >= 0 && ns > backoff->max_ns ? backoff->max_ns : ns;
}
