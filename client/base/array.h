/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ARRAY_H
#define WAITD_ARRAY_H

/* Arrays on the heap that grow by doubling. */

#include <stddef.h>
#include <stdlib.h>

/* Room for one more item behind the n of an array, which may move.  *room: the items that it has
 * room for.  Returns the array; NULL when out of memory, and then it is as it was. */
static inline void *array_reserve(void *items, size_t n, size_t *room, size_t item_bytes)
{
    size_t more = *room > 0 ? 2 * *room : 64;
    void *moved;

    if (n < *room)
        return items;
    moved = realloc(items, more * item_bytes);
    if (moved != NULL)
        *room = more;
    return moved;
}

#endif
