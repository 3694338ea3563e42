/* SPDX-License-Identifier: ISC */
#include "tests/bench/histogram.h"

static unsigned bucket_of(uint64_t time_ns)
{
    unsigned shift = time_ns < 128 ? 0 : 57 - (unsigned)__builtin_clzll(time_ns);

    return (unsigned)(time_ns >> shift) + 64 * shift;
}

/* The largest time of a bucket. */
static int64_t top_of(unsigned bucket)
{
    unsigned shift = bucket < 128 ? 0 : bucket / 64 - 1;
    uint64_t first = bucket - 64 * shift;

    return (int64_t)(((first + 1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, int64_t time_ns)
{
    if (time_ns < 0)
        time_ns = 0;
    histogram->count[bucket_of((uint64_t)time_ns)]++;
    histogram->n++;
    if (time_ns > histogram->max_ns)
        histogram->max_ns = time_ns;
}

int64_t histogram_percentile_ns(const struct histogram *histogram, double p)
{
    uint64_t wanted = (uint64_t)(p * (double)histogram->n + 0.999999);
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram->n > 0; i++) {
        seen += histogram->count[i];
        if (seen >= wanted && histogram->count[i] > 0)
            return top_of(i) < histogram->max_ns ? top_of(i) : histogram->max_ns;
    }
    return histogram->max_ns;
}
