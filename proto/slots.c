/* SPDX-License-Identifier: ISC */
#include "proto/slots.h"

#include <stdlib.h>
#include <string.h>

int slots_reserve(struct slots *slots)
{
    uint32_t n = slots_next_size(slots);
    void **items;
    uint32_t *free_list;

    if (slots->n_free > 0)
        return 0;
    if (n > UINT32_MAX / 4)
        return -1;
    items = realloc(slots->items, n * sizeof(*items));
    if (items == NULL)
        return -1;
    slots->items = items;
    free_list = realloc(slots->free_list, n * sizeof(*free_list));
    if (free_list == NULL)
        return -1;
    slots->free_list = free_list;
    for (uint32_t slot = n; slot-- > slots->n;) {
        slots->items[slot] = NULL;
        slots->free_list[slots->n_free++] = slot;
    }
    slots->n = n;
    return 0;
}

uint32_t slots_add(struct slots *slots, void *item)
{
    uint32_t slot = slots->free_list[--slots->n_free];

    slots->items[slot] = item;
    return slot;
}

void slots_remove(struct slots *slots, uint32_t slot)
{
    slots->items[slot] = NULL;
    slots->free_list[slots->n_free++] = slot;
}

void slots_fini(struct slots *slots)
{
    free(slots->items);
    free(slots->free_list);
    memset(slots, 0, sizeof(*slots));
}
