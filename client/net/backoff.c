/* SPDX-License-Identifier: ISC */
#include "client/net/backoff.h"

#define PAUSE_LEAST_NS INT64_C(100000000)
#define PAUSE_MOST_NS  INT64_C(10000000000)

int64_t backoff_pause_ns(unsigned failures, uint32_t random)
{
    int64_t most_ns = PAUSE_LEAST_NS, half_ns;

    for (unsigned i = 1; i < failures && most_ns < PAUSE_MOST_NS; i++)
        most_ns *= 2;
    if (most_ns > PAUSE_MOST_NS)
        most_ns = PAUSE_MOST_NS;
    half_ns = most_ns / 2;
    return half_ns + (int64_t)((double)random / UINT32_MAX * (double)half_ns);
}
