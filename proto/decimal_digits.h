/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DECIMAL_DIGITS_H
#define WAITD_DECIMAL_DIGITS_H

/*
 * Reading of JSON numbers as the decimals that they are, with no floating
 * point in between: their significant digits, wherever the point is and
 * whatever the exponent.  Pure and re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The digits of a number from the first that is not 0 to the last that is not
 * 0; the first counts 10^position. */
struct decimal_digits {
    const char *first;
    const char *end;  /* a decimal point may lie between first and end */
    int64_t position; /* saturates far beyond what any text can bring back */
    bool minus;
};

/* Finds them in the text of a JSON number (RFC 8259), already known to be one.
 * Returns false where there are none: the number is 0, of either sign. */
bool decimal_digits_find(const char *text, size_t len, struct decimal_digits *digits);

/* How many digits these are. */
size_t decimal_digits_count(const struct decimal_digits *digits);

/* Writes the digits alone, decimal_digits_count() of them and a NUL.  As an
 * integer they are to be multiplied by 10^(position + 1 - count). */
void decimal_digits_copy(const struct decimal_digits *digits, char *out);

/* The representation of a probability of 1. */
#define DECIMAL_DIGITS_CERTAIN (UINT64_C(1) << 53)

/*
 * Reads the text of a JSON number as a probability p, to be held against
 * uniform integers below 2^53: writes the least integer that is p * 2^53 or
 * more.  So a draw d, as a fraction of 2^53, is below p exactly where
 * d < *below.  Returns false, and writes nothing, unless 0 <= p <= 1.
 */
bool decimal_digits_probability(const char *text, size_t len, uint64_t *below);

#endif
