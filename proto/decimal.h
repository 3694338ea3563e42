/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DECIMAL_H
#define WAITD_DECIMAL_H

/*
 * Writing of numbers as plain decimals: two digits at a time and straight to
 * where they belong, since numbers are most of what the daemon writes.  Every
 * function writes at `out`, without a NUL, and returns the end of what it
 * wrote.  Pure and re-entrant.
 */

#include <stdint.h>

/* The longest output of decimal_put(). */
#define DECIMAL_MAX 20

char *decimal_put(char *out, uint64_t value);

/* Writes a point and the nine digits of `billionths` (below 10^9), less the
 * zeros at their end; nothing at all for 0. */
#define DECIMAL_FRACTION_MAX 10
char *decimal_put_fraction(char *out, uint32_t billionths);

#endif
