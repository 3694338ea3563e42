/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BLOCK_H
#define WAITD_BLOCK_H

/*
 * Freeing of large blocks of memory in steps: to release one of 64 MB at once
 * takes the system some milliseconds, in which nobody else is served.
 */

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Frees the block that the pointer at `pointer` (of any type) points to, and sets it
 * to NULL, if *budget bytes allow it; else makes it smaller by so much.  Returns
 * whether it is gone, and takes what was released from *budget.
 */
static inline bool block_free_some(void *pointer, size_t *budget)
{
    size_t size;
    void *block, *smaller;

    memcpy(&block, pointer, sizeof(block));
    if (block == NULL)
        return true; /* as most are of a small batch */
    size = malloc_usable_size(block);
    if (size > *budget) {
        smaller = realloc(block, size - *budget);
        *budget = 0;
        if (smaller != NULL) {
            memcpy(pointer, &smaller, sizeof(smaller));
            return false;
        }
        size = 0; /* an allocator that cannot: at once, then */
    }
    free(block);
    block = NULL;
    memcpy(pointer, &block, sizeof(block));
    *budget -= size;
    return true;
}

#endif
