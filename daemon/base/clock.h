/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLOCK_H
#define WAITD_CLOCK_H

/*
 * The daemon's clock, and its only reader: CLOCK_MONOTONIC in nanoseconds,
 * which neither jumps with the wall clock nor runs backwards.  Re-entrant.
 */

#include <stdint.h>

int64_t clock_now_ns(void);

#endif
