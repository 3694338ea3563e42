/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SLOTS_H
#define WAITD_SLOTS_H

/*
 * Items by small numbers: each has a slot from when it is added until it is removed, and a slot
 * that was given up is used again.  The items are the owner's.
 */

#include <stdint.h>

/* Embedded by its owner; all zero is an empty one. */
struct slots {
    void **items;        /* NULL for slots that are free */
    uint32_t *free_list; /* a stack of those */
    uint32_t n, n_free;
};

/* How many there would be after slots_reserve(): no slot is above it. */
static inline uint32_t slots_next_size(const struct slots *slots)
{
    return slots->n_free > 0 ? slots->n : slots->n > 0 ? 2 * slots->n : 4;
}

/* Makes room for one more.  0, or -1 when out of memory. */
int slots_reserve(struct slots *slots);

/* Gives an item a slot, after slots_reserve(). */
uint32_t slots_add(struct slots *slots, void *item);

/* Frees a slot; its item stays the owner's. */
void slots_remove(struct slots *slots, uint32_t slot);

static inline uint32_t slots_used(const struct slots *slots)
{
    return slots->n - slots->n_free;
}

/* The items stay. */
void slots_fini(struct slots *slots);

#endif
