/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LANES_H
#define WAITD_LANES_H

/*
 * Lanes that are acquired and released, always the lowest that is free, so that
 * there are as many as were ever in use at once.
 *
 * Those that are free are a bit each, and above 64 bits there is one that shows
 * whether any of them is set, and so on: to acquire and to release reads one word a
 * level, whatever the number of lanes.  Pure.
 */

#include <stdint.h>

/* 64^LANES_LEVELS lanes at most. */
#define LANES_LEVELS 5
#define LANES_MAX    (UINT32_C(1) << 30)

/* All zero to begin with. */
struct lanes {
    uint64_t *free[LANES_LEVELS]; /* the first level has a bit for each lane */
    unsigned top;                 /* the first level that has one word for all lanes */
    uint32_t room;                /* lanes that there are bits for */
    uint32_t n;                   /* lanes that were ever acquired */
    uint32_t n_free;              /* of these */
};

void lanes_fini(struct lanes *lanes);

/* The lowest lane that is free; UINT32_MAX when out of memory, and for more
 * than LANES_MAX. */
uint32_t lanes_acquire(struct lanes *lanes);

/* Releases one that was acquired. */
void lanes_release(struct lanes *lanes, uint32_t lane);

#endif
