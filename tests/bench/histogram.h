/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_HISTOGRAM_H
#define WAITD_BENCH_HISTOGRAM_H

/*
 * Times counted in buckets of which each is at most 1/64 wider than it is
 * long, so that any number of them takes the same memory and a percentile is
 * right to 1.6 %.  The largest is kept as it is.
 */

#include <stdint.h>

#define HISTOGRAM_BUCKETS (58 * 64)

struct histogram {
    uint64_t count[HISTOGRAM_BUCKETS];
    uint64_t n;
    int64_t max_ns;
};

/* A negative time counts as 0. */
void histogram_add(struct histogram *histogram, int64_t time_ns);

/* The time that a share `p` (0 to 1) of them does not exceed; 0 for none. */
int64_t histogram_percentile_ns(const struct histogram *histogram, double p);

#endif
