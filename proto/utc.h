/* SPDX-License-Identifier: ISC */
#ifndef WAITD_UTC_H
#define WAITD_UTC_H

/*
 * Points in civil time as RFC 3339 writes them, in UTC with nanoseconds:
 * `2026-11-29T21:40:00.000000005Z`.  Pure and re-entrant.
 */

#include <stdint.h>

/* The length of every timestamp. */
#define UTC_SIZE 30

/* Writes UTC_SIZE bytes, without a NUL, and returns their end.  ns counts from
 * 1970-01-01T00:00:00Z and may be negative. */
char *utc_put(char *out, int64_t ns);

#endif
