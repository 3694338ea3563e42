/* SPDX-License-Identifier: ISC */
#include "client/trace/roster.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Blocks are allocated by the chunk: few of them by a small one, more by such as fill a
 * large page, since with small pages most accesses to a large memory are two. */
#define SMALL_BYTES ((size_t)1 << 14)
#define LARGE_BYTES ((size_t)1 << 21)

/* What is as large as this in all is worth a large page. */
#define LARGE_FROM_BYTES ((size_t)1 << 20)

struct roster_chunk {
    struct roster_chunk *next;
};

/* In place of a block that is free. */
struct spare {
    struct spare *next;
};

int roster_init(struct roster *roster, uint64_t jobs, size_t item_bytes)
{
    *roster = (struct roster){.jobs = jobs, .item_bytes = item_bytes};
    if (jobs > SIZE_MAX / sizeof roster->blocks[0])
        return -1;
    roster->blocks = calloc((size_t)(jobs / ROSTER_BLOCK) + 1, sizeof roster->blocks[0]);
    return roster->blocks != NULL ? 0 : -1;
}

void roster_fini(struct roster *roster)
{
    while (roster->chunks != NULL) {
        struct roster_chunk *next = roster->chunks->next;

        free(roster->chunks);
        roster->chunks = next;
    }
    free(roster->blocks);
    *roster = (struct roster){0};
}

/* A batch of fewer jobs has but one block. */
static size_t block_bytes(const struct roster *roster)
{
    return (size_t)(roster->jobs < ROSTER_BLOCK ? roster->jobs : ROSTER_BLOCK) * roster->item_bytes;
}

/* How many blocks there can be, in bytes. */
static size_t all_bytes(const struct roster *roster)
{
    return ((size_t)(roster->jobs / ROSTER_BLOCK) + 1) * block_bytes(roster);
}

static int add_chunk(struct roster *roster)
{
    bool is_large = roster->made * block_bytes(roster) >= LARGE_FROM_BYTES;
    size_t bytes = is_large ? LARGE_BYTES : SMALL_BYTES;
    struct roster_chunk *chunk;

    if (!is_large && bytes > sizeof *chunk + all_bytes(roster))
        bytes = sizeof *chunk + all_bytes(roster);
    chunk = is_large ? aligned_alloc(LARGE_BYTES, bytes) : malloc(bytes);
    if (chunk == NULL)
        return -1;
    if (is_large)
        madvise(chunk, bytes, MADV_HUGEPAGE); /* if it does not help it does not hurt */
    chunk->next = roster->chunks;
    roster->chunks = chunk;
    roster->left = (bytes - sizeof *chunk) / block_bytes(roster);
    return 0;
}

static char *take_items(struct roster *roster)
{
    struct spare *spare = roster->spare;

    if (spare != NULL) {
        roster->spare = spare->next;
        return (char *)spare;
    }
    if (roster->left == 0 && add_chunk(roster) < 0)
        return NULL;
    roster->made++;
    return (char *)(roster->chunks + 1) + --roster->left * block_bytes(roster);
}

static void give_items(struct roster *roster, char *items)
{
    struct spare *spare = (struct spare *)(void *)items;

    spare->next = roster->spare;
    roster->spare = spare;
}

void *roster_add(struct roster *roster, uint64_t job)
{
    struct roster_block *block;

    if (job >= roster->jobs)
        return NULL;
    block = &roster->blocks[job / ROSTER_BLOCK];
    if (block->items == NULL && (block->items = take_items(roster)) == NULL)
        return NULL;
    block->is_there |= UINT64_C(1) << job % ROSTER_BLOCK;
    roster->n++;
    return block->items + job % ROSTER_BLOCK * roster->item_bytes;
}

void roster_remove(struct roster *roster, uint64_t job)
{
    struct roster_block *block = &roster->blocks[job / ROSTER_BLOCK];

    block->is_there &= ~(UINT64_C(1) << job % ROSTER_BLOCK);
    roster->n--;
    if (block->is_there != 0)
        return;
    give_items(roster, block->items);
    block->items = NULL;
}

void *roster_next(const struct roster *roster, uint64_t *place)
{
    while (*place < roster->jobs) {
        const struct roster_block *block = &roster->blocks[*place / ROSTER_BLOCK];
        uint64_t left = block->is_there >> *place % ROSTER_BLOCK;

        if (left != 0) {
            uint64_t job = *place + (unsigned)__builtin_ctzll(left);

            *place = job + 1;
            return block->items + job % ROSTER_BLOCK * roster->item_bytes;
        }
        *place += ROSTER_BLOCK - *place % ROSTER_BLOCK;
    }
    return NULL;
}
