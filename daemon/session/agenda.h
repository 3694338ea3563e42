/* SPDX-License-Identifier: ISC */
#ifndef WAITD_AGENDA_H
#define WAITD_AGENDA_H

/*
 * Items that each want to work at a time, by the clock of their owner: slots (proto/slots.h)
 * with a timer each (engine/timerq.h).  The items are the owner's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/timerq.h"
#include "proto/slots.h"

/* Embedded by its owner; all zero is an empty one. */
struct agenda {
    struct slots slots;
    struct timerq timers; /* of slots */
};

/* Makes room for one more, and for its time.  0, or -1 when out of memory. */
int agenda_reserve(struct agenda *agenda);

/* Gives an item a slot, after agenda_reserve(); it wants nothing yet. */
static inline uint32_t agenda_add(struct agenda *agenda, void *item)
{
    return slots_add(&agenda->slots, item);
}

/* Frees its slot. */
void agenda_remove(struct agenda *agenda, uint32_t slot);

/* Sets when the item wants to work, in ns; DUE_NEVER for not. */
void agenda_set(struct agenda *agenda, uint32_t slot, int64_t due_ns);

/* Whether it wants to work at some time. */
static inline bool agenda_has(const struct agenda *agenda, uint32_t slot)
{
    return timerq_has(&agenda->timers, slot);
}

/* The first item that is due by now, or NULL. */
void *agenda_first_due(const struct agenda *agenda, int64_t now_ns);

/* When the first one is due, or DUE_NEVER. */
int64_t agenda_next_due(const struct agenda *agenda);

void agenda_fini(struct agenda *agenda);

#endif
