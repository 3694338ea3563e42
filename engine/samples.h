/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SAMPLES_H
#define WAITD_SAMPLES_H

/*
 * Sets of times, and what is reported of each: least, mean, greatest, percentiles, all of
 * them exact.  How many values there are at most is known beforehand, and memory for
 * those is claimed at once and touched as values are added; the sets share it, chunk by
 * chunk, so that it need not be known how they divide it: 8 bytes a value and half a
 * kilobyte a set.
 *
 * The value of a rank is found by its digits, the greatest first: each pass over
 * the set counts the next digit of those values that agree so far.  That takes as many
 * passes as the values' range has digits of 11 bits, one counter for each rank that is
 * asked for, and no second copy; and it stops anywhere, to go on later.
 *
 * Not re-entrant; a struct samples is for one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 samples_wide;

/* Of one set; all zero is an empty one. */
struct samples_set {
    uint32_t n;
    uint32_t first, last; /* chunks, plus 1 */
    int64_t min, max;
    samples_wide sum;
};

/* Embedded by its owner; all zero owns nothing. */
struct samples {
    int64_t *values;
    uint32_t *next; /* of each chunk, plus 1 */
    uint32_t used;  /* chunks */
};

/* Room for `values` values in all, in `sets` sets.  0, or -1 when out of memory. */
int samples_init(struct samples *samples, uint64_t values, uint32_t sets);
void samples_fini(struct samples *samples);

/* Bytes that this will claim: for limits. */
uint64_t samples_bytes(uint64_t values, uint32_t sets);

/* Adds a value, 0 or more, for which there is room. */
void samples_add(struct samples *samples, struct samples_set *set, int64_t value);

/* Adds all values of a set to another. */
void samples_add_all(struct samples *samples, struct samples_set *set, const struct samples *from,
                     const struct samples_set *other);

/* The mean of a set that is not empty, to the nearest integer, a half up. */
int64_t samples_mean(const struct samples_set *set);

/* ---- Percentiles -------------------------------------------------------------- */

#define SAMPLES_PERCENTILES_MAX 8
#define SAMPLES_DIGIT_BITS      11
#define SAMPLES_DIGITS          (1u << SAMPLES_DIGIT_BITS)

/* A search for the percentiles of a set. */
struct samples_search {
    const struct samples *samples;
    const struct samples_set *set;
    unsigned n;
    uint64_t rank[SAMPLES_PERCENTILES_MAX];    /* among those that agree so far, from 1 */
    uint64_t found[SAMPLES_PERCENTILES_MAX];   /* the digits so far, of value less least */
    unsigned counter[SAMPLES_PERCENTILES_MAX]; /* those that agree share one */
    unsigned n_counters;
    int shift;            /* of the digit that is counted; below 0: all are found */
    uint32_t chunk, done; /* cursor: the chunk, plus 1, and values read */
    uint32_t counts[SAMPLES_PERCENTILES_MAX][SAMPLES_DIGITS];
};

/*
 * Begins the search for n percentiles (each from 1 to 100) of a set that is not
 * empty, and neither changes nor moves meanwhile: percentile p of m values is the one of
 * rank ceil(p * m / 100) in ascending order.
 */
void samples_search_begin(struct samples_search *search, const struct samples *samples,
                          const struct samples_set *set, const uint8_t *percents, unsigned n);

/* Continues, for about `budget` values.  Returns whether all are found. */
bool samples_search_work(struct samples_search *search, size_t budget, size_t *worked);

/* The value of the percentile that was asked for at that place. */
int64_t samples_search_value(const struct samples_search *search, unsigned place);

#endif
