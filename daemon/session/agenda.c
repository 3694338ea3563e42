/* SPDX-License-Identifier: ISC */
#include "daemon/session/agenda.h"

#include <stddef.h>

#include "proto/due.h"

int agenda_reserve(struct agenda *agenda)
{
    uint32_t n = slots_next_size(&agenda->slots);

    if (agenda->slots.n_free > 0)
        return 0;
    /* A timer for each slot, so that setting one needs no memory. */
    if (n > UINT32_MAX / 4 || timerq_grow(&agenda->timers, n) != 0 ||
        timerq_reserve(&agenda->timers, n - agenda->timers.n) != 0)
        return -1;
    return slots_reserve(&agenda->slots);
}

void agenda_remove(struct agenda *agenda, uint32_t slot)
{
    timerq_remove(&agenda->timers, slot);
    slots_remove(&agenda->slots, slot);
}

void agenda_set(struct agenda *agenda, uint32_t slot, int64_t due_ns)
{
    if (due_ns == DUE_NEVER)
        timerq_remove(&agenda->timers, slot);
    else
        (void)timerq_set(&agenda->timers, slot, due_ns, 0);
}

void *agenda_first_due(const struct agenda *agenda, int64_t now_ns)
{
    const struct timerq_entry *first = timerq_first(&agenda->timers);

    return first != NULL && first->due_ns <= now_ns ? agenda->slots.items[first->id] : NULL;
}

int64_t agenda_next_due(const struct agenda *agenda)
{
    const struct timerq_entry *first = timerq_first(&agenda->timers);

    return first != NULL ? first->due_ns : DUE_NEVER;
}

void agenda_fini(struct agenda *agenda)
{
    timerq_fini(&agenda->timers);
    slots_fini(&agenda->slots);
}
