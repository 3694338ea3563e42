/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SATURATE_H
#define WAITD_SATURATE_H

/* Sums and products of counts that stop at UINT64_MAX, and sums of times that stop at INT64_MAX. */

#include <stdint.h>

static inline uint64_t saturate_add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t saturate_multiply(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* Of nanoseconds; at most one may be below 0. */
static inline int64_t saturate_add_ns(int64_t a_ns, int64_t b_ns)
{
    int64_t sum_ns;

    return __builtin_add_overflow(a_ns, b_ns, &sum_ns) ? INT64_MAX : sum_ns;
}

#endif
