/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NEAREST_H
#define WAITD_NEAREST_H

/*
 * Which of several words somebody probably meant: the one that takes fewest
 * edits (a letter left out, put in, changed, or two swapped) to
 * turn into what was typed.  Case does not count, nor does `_` for `-`.  Pure.
 */

#include <stddef.h>

/* Longer words are not looked at. */
#define NEAREST_MAX 64

struct nearest {
    const char *typed;
    size_t len;
    const char *best; /* borrowed from nearest_try(); NULL while nothing is near */
    unsigned edits;   /* that it takes to the best */
};

void nearest_begin(struct nearest *nearest, const char *typed, size_t len);

/* Looks at one candidate.  It is taken when no earlier one is as near, and when
 * it takes at most one edit for each three letters. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
