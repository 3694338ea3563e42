/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DURATION_SHORT_H
#define WAITD_DURATION_SHORT_H

/*
 * The durations that nearly everyone writes, found and read in one pass: a
 * plain decimal, or one such with one unit, that is a whole number of
 * nanoseconds.  What duration.h's functions make of the same text is the
 * same; what is longer, rounded, signed or compound is left to them.  Pure
 * and re-entrant.
 */

#include <stdint.h>

/* The most digits on either side of the point. */
#define DURATION_SHORT_DIGITS 9

/*
 * Each reads what begins at `at` and returns its end, or NULL, with *ns
 * undefined, where it is not short.  No byte at or beyond `end` is looked at,
 * and none after what is returned says what it is: whoever calls sees to it
 * that the text may end there.  *ns is 0 or more.
 */
const char *duration_short_number(const char *at, const char *end, int64_t *ns);
const char *duration_short_string(const char *at, const char *end,
                                  int64_t *ns); /* without quotes */

#endif
