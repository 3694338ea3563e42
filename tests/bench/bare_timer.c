/* SPDX-License-Identifier: ISC */

/*
 * How late a bare absolute timer is here: what no server can better.  Sleeps
 * to 1,000 instants, 2 ms apart, and prints one JSON object.
 */

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "tests/bench/histogram.h"
#include "tests/bench/probe.h"

#define TIMERS     1000
#define SPACING_NS INT64_C(2000000)
#define SECOND_NS  INT64_C(1000000000)

int main(void)
{
    static struct histogram late;
    int64_t due_ns = probe_now_ns();

    for (int i = 0; i < TIMERS; i++) {
        struct timespec due;

        due_ns += SPACING_NS;
        due.tv_sec = due_ns / SECOND_NS;
        due.tv_nsec = due_ns % SECOND_NS;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
            continue;
        histogram_add(&late, probe_now_ns() - due_ns);
    }
    printf("{\"p50\":%.9f,\"p99\":%.9f,\"max\":%.9f}\n",
           (double)histogram_percentile_ns(&late, 0.5) / 1e9,
           (double)histogram_percentile_ns(&late, 0.99) / 1e9, (double)late.max_ns / 1e9);
    return 0;
}
