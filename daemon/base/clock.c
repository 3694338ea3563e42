/* SPDX-License-Identifier: ISC */
#include "daemon/base/clock.h"

#define SECOND_NS 1000000000

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_boot_ns(void)
{
    return read_ns(CLOCK_BOOTTIME);
}

int64_t clock_real_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

struct timespec clock_deadline(int64_t in_ns)
{
    int64_t at_ns = clock_now_ns() + in_ns;

    return (struct timespec){.tv_sec = at_ns / SECOND_NS, .tv_nsec = at_ns % SECOND_NS};
}

struct timeval clock_timeval(int64_t ns)
{
    int64_t us = ns / 1000 + (ns % 1000 > 0);

    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}
