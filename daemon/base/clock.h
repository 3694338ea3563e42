/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLOCK_H
#define WAITD_CLOCK_H

/*
 * The daemon's clocks, and their only reader, in nanoseconds.  Re-entrant.
 */

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

/* CLOCK_MONOTONIC, which neither jumps with the wall clock nor runs backwards. */
int64_t clock_now_ns(void);

/* CLOCK_BOOTTIME, which is the same and advances while the machine is suspended. */
int64_t clock_boot_ns(void);

/* CLOCK_REALTIME, since 1970-01-01T00:00:00Z: to be shown to people, and for nothing else. */
int64_t clock_real_ns(void);

/* in_ns (0 or more) from now, by CLOCK_MONOTONIC: for pthread_cond_timedwait(). */
struct timespec clock_deadline(int64_t in_ns);

/* A length of time (0 or more) in libevent's unit, rounded up: no timer is early. */
struct timeval clock_timeval(int64_t ns);

#endif
