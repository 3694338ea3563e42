/* SPDX-License-Identifier: ISC */
#include "engine/draw.h"

#include <math.h>

/* Philox4x32-10: the multipliers and the Weyl constants of the paper. */
#define ROUNDS 10
#define MUL_0  UINT32_C(0xD2511F53)
#define MUL_1  UINT32_C(0xCD9E8D57)
#define WEYL_0 UINT32_C(0x9E3779B9)
#define WEYL_1 UINT32_C(0xBB67AE85)

/* The standard normal law's 99th percentile. */
#define Z_99 2.3263478740408408

#define TWO_PI 6.283185307179586476925286766559

void draw_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t a = (uint64_t)MUL_0 * c0;
        uint64_t b = (uint64_t)MUL_1 * c2;

        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* Two independent draws of 64 bits for one place of use. */
static void draw_pair(const struct draw_key *key, enum draw_purpose purpose, uint64_t pair[2])
{
    const uint32_t counter[4] = {key->job, key->attempt, key->step, (uint32_t)purpose};
    const uint32_t seed[2] = {(uint32_t)key->seed, (uint32_t)((uint64_t)key->seed >> 32)};
    uint32_t out[4];

    draw_philox(counter, seed, out);
    pair[0] = (uint64_t)out[1] << 32 | out[0];
    pair[1] = (uint64_t)out[3] << 32 | out[2];
}

/* The upper 53 bits, as a multiple of 2^-53 in [0, 1). */
static double to_unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

double draw_unit(const struct draw_key *key, enum draw_purpose purpose)
{
    uint64_t pair[2];

    draw_pair(key, purpose, pair);
    return to_unit(pair[0]);
}

static double draw_normal(const uint64_t pair[2])
{
    double u = 1.0 - to_unit(pair[0]); /* (0, 1]: its logarithm is finite */

    return sqrt(-2.0 * log(u)) * cos(TWO_PI * to_unit(pair[1]));
}

static double draw_lognormal(const struct dist *dist, const uint64_t pair[2])
{
    double median = (double)dist->a_ns;
    double sigma = (log((double)dist->b_ns) - log(median)) / Z_99;

    return median * exp(sigma * draw_normal(pair));
}

static int64_t cut(double length, int64_t max_ns)
{
    if (!(length > 0.0))
        return 0;
    return length >= (double)max_ns ? max_ns : llround(length);
}

int64_t draw_length_for(const struct plan *plan, const struct dist *dist,
                        const struct draw_key *key, enum draw_purpose purpose, int64_t max_ns)
{
    double a = (double)dist->a_ns, b = (double)dist->b_ns;
    uint64_t pair[2];

    if (dist->kind == DIST_CONSTANT)
        return dist->a_ns;
    if (dist->kind == DIST_TRACE)
        return plan_trace(plan, (uint32_t)(dist->a_ns + key->job % dist->b_ns));

    draw_pair(key, purpose, pair);
    switch (dist->kind) {
    case DIST_UNIFORM:
        return cut(a + (b - a) * to_unit(pair[0]), max_ns);
    case DIST_EXPONENTIAL:
        return cut(-a * log(1.0 - to_unit(pair[0])), max_ns);
    case DIST_NORMAL:
        return cut(a + b * draw_normal(pair), max_ns);
    case DIST_LOGNORMAL:
        return cut(draw_lognormal(dist, pair), max_ns);
    case DIST_CONSTANT:
    case DIST_TRACE:
        break;
    }
    return 0;
}
