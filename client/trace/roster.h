/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ROSTER_H
#define WAITD_ROSTER_H

/*
 * What is kept of each job of a batch from when it starts until it ends: items
 * of one size, found by the job's index.
 *
 * Items of jobs with neighbouring indexes, which tend to run at one time, lie side
 * by side in blocks, which there are as long as any of their jobs is there.  So a
 * million jobs that end in any order are found with one look at a large memory
 * each: the table of the blocks is small.
 *
 * Memory: a quarter of a byte for each job of the batch, and the items of the
 * blocks in use.
 */

#include <stddef.h>
#include <stdint.h>

#define ROSTER_BLOCK 64

struct roster_block {
    uint64_t is_there; /* a bit for each job */
    char *items;       /* ROSTER_BLOCK of them; NULL: none is there */
};

struct roster {
    uint64_t jobs;
    uint64_t n; /* that are there */
    size_t item_bytes;
    struct roster_block *blocks; /* by index */
    void *spare;                 /* items of blocks, to be used again */
    struct roster_chunk *chunks;
    size_t left; /* such items that the first chunk has never given */
    size_t made; /* and how many there are in all */
};

/* For jobs with indexes below `jobs`.  item_bytes: a multiple of 8.  0, or -1
 * when out of memory; to be released in any case. */
int roster_init(struct roster *roster, uint64_t jobs, size_t item_bytes);
void roster_fini(struct roster *roster);

/* The job's item, or NULL if it is not there. */
static inline void *roster_find(const struct roster *roster, uint64_t job)
{
    const struct roster_block *block;

    if (job >= roster->jobs)
        return NULL;
    block = &roster->blocks[job / ROSTER_BLOCK];
    return block->is_there >> job % ROSTER_BLOCK & 1
               ? block->items + job % ROSTER_BLOCK * roster->item_bytes
               : NULL;
}

/* A new one, which is not set, of a job that was not there; it stays where it is.
 * NULL when out of memory, and for a job that there is not. */
void *roster_add(struct roster *roster, uint64_t job);

/* Removes one that is there. */
void roster_remove(struct roster *roster, uint64_t job);

/* Iterates over them by their indexes: begin with *place 0, and leaves there 1 more
 * than the job's index.  NULL behind the last. */
void *roster_next(const struct roster *roster, uint64_t *place);

#endif
