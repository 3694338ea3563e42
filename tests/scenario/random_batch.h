/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_RANDOM_BATCH_H
#define WAITD_TEST_RANDOM_BATCH_H

/*
 * Random batches, all members of the contract mixed: small, with times from a
 * small set, so that ties and zeros abound.  A few have times so long that
 * their sums saturate, a few are not sound (an unknown name, a circle).
 */

#include <stdbool.h>
#include <stdint.h>

#include "tests/scenario/description.h"

/* splitmix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014. */
struct random_batch_source {
    uint64_t state;
};

uint64_t random_batch_next(struct random_batch_source *source);

/* From 0 to n - 1, n at least 1. */
uint32_t random_batch_below(struct random_batch_source *source, uint32_t n);

/* True in `percent` of the cases. */
bool random_batch_chance(struct random_batch_source *source, uint32_t percent);

void random_batch_make(struct random_batch_source *source, struct description *batch);

#endif
