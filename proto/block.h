/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BLOCK_H
#define WAITD_BLOCK_H

/*
 * Large blocks of memory without long calls, in which nobody else is served: to release one of
 * 64 MB at once takes the system some milliseconds, and to move one as it grows a microsecond a
 * page where it is copied, as blocks within the heap are.
 */

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Blocks of less may be copied as they grow. */
#define BLOCK_COPIED_BYTES ((size_t)256 << 10)

/* Blocks of so much are mappings of their own: more than the heap keeps free at its end (see
 * memory_tune()).  They grow without being copied, and what is not written yet takes no memory. */
#define BLOCK_MAPPED_BYTES ((size_t)5 << 20)

/* The size of a zeroed block that is to hold so many bytes: a large one is a mapping, and those
 * come zeroed. */
static inline size_t block_size(size_t bytes)
{
    return bytes < BLOCK_COPIED_BYTES || bytes >= BLOCK_MAPPED_BYTES ? bytes : BLOCK_MAPPED_BYTES;
}

/* The size of a growing block that is to hold so many bytes now: with half as much again while
 * it is small.  A large one is moved seldom, since each page that it has takes its time then; one
 * beyond a quarter of what can be addressed gets no more than it needs. */
static inline size_t block_grown_size(size_t bytes)
{
    if (bytes > SIZE_MAX / 4)
        return bytes;
    return block_size(bytes < BLOCK_COPIED_BYTES ? bytes + bytes / 2 : 4 * bytes);
}

/* Takes from the block that the pointer at `pointer` (of any type) points to what is beyond
 * `bytes`, of which there are 1 at least; a small one stays as it is. */
static inline void block_trim(void *pointer, size_t bytes)
{
    void *block, *smaller;

    if (bytes < BLOCK_COPIED_BYTES)
        return;
    memcpy(&block, pointer, sizeof(block));
    smaller = realloc(block, bytes);
    if (smaller != NULL)
        memcpy(pointer, &smaller, sizeof(smaller));
}

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
