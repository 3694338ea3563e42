/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DURATION_FAST_H
#define WAITD_DURATION_FAST_H

/*
 * The fast path of reading durations: those that nearly everyone writes, found
 * and read in one pass.  A plain decimal, or one such with one unit, that is a
 * whole number of nanoseconds.  The result is that of duration.h's functions for
 * the same text; what is longer, rounded, signed or compound is left to them.
 * Pure and re-entrant.
 */

#include <stdint.h>

/* The most digits on either side of the point. */
#define DURATION_FAST_DIGITS 9

/*
 * Each reads what begins at `at` and returns its end, or NULL, with *ns
 * undefined, where the fast path does not apply.  Reads no byte at or beyond
 * `end`, and none behind what it returns: the caller checks that the text may
 * end there.  *ns is 0 or more.
 */
const char *duration_fast_number(const char *at, const char *end, int64_t *ns);
const char *duration_fast_string(const char *at, const char *end, int64_t *ns); /* without quotes */

#endif
