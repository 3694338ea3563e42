/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/mman.h>

#include "client/timeline_internal.h"

/*
 * Jobs in groups with indexes in a row, and a hash table of the groups, with
 * linear probing and at most half full: a million jobs that end in any order
 * are found with one look at a large memory each, in their own group.  Jobs with
 * neighbouring indexes tend to run at one time.
 */

#define FIRST_ROOM 16

/* Groups come by the chunk: few of them by a small one, more by such as fill a
 * large page, since with small pages most looks at a large memory are two. */
#define GROUP_BYTES  (TIMELINE_GROUP * sizeof(struct timeline_job))
#define SMALL_BYTES  ((size_t)1 << 16)
#define LARGE_BYTES  ((size_t)1 << 21)
#define SMALL_GROUPS (SMALL_BYTES / GROUP_BYTES)

/* In place of a chunk's first group. */
struct timeline_chunk {
    struct timeline_chunk *next;
};

/* In place of a group that is free. */
struct timeline_spare {
    struct timeline_spare *next;
};

static uint64_t key_of(uint64_t job)
{
    return job / TIMELINE_GROUP;
}

static uint64_t bit_of(uint64_t job)
{
    return UINT64_C(1) << job % TIMELINE_GROUP;
}

static size_t home_of(uint64_t key, size_t room)
{
    /* Fibonacci hashing: D. E. Knuth, The Art of Computer Programming 3, 6.4. */
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (room - 1);
}

static struct timeline_slot *find(struct timeline_slot *slots, size_t room, uint64_t key)
{
    size_t i = home_of(key, room);

    while (slots[i].jobs != NULL && slots[i].key >> TIMELINE_GROUP != key)
        i = (i + 1) & (room - 1);
    return &slots[i];
}

struct timeline_job *timeline_table_find(const struct timeline_table *table, uint64_t job)
{
    const struct timeline_slot *slot;

    if (table->n == 0)
        return NULL;
    slot = find(table->slots, table->room, key_of(job));
    return slot->jobs != NULL && (slot->key & bit_of(job)) ? &slot->jobs[job % TIMELINE_GROUP]
                                                           : NULL;
}

static int grow(struct timeline_table *table)
{
    size_t room = table->room > 0 ? table->room * 2 : FIRST_ROOM;
    struct timeline_slot *slots = calloc(room, sizeof slots[0]);

    if (slots == NULL)
        return -1;
    for (size_t i = 0; i < table->room; i++)
        if (table->slots[i].jobs != NULL)
            *find(slots, room, table->slots[i].key >> TIMELINE_GROUP) = table->slots[i];
    free(table->slots);
    table->slots = slots;
    table->room = room;
    return 0;
}

static int add_chunk(struct timeline_table *table)
{
    size_t bytes = table->groups < SMALL_GROUPS ? SMALL_BYTES : LARGE_BYTES;
    struct timeline_chunk *chunk = aligned_alloc(bytes, bytes);

    if (chunk == NULL)
        return -1;
    if (bytes == LARGE_BYTES)
        madvise(chunk, bytes, MADV_HUGEPAGE); /* if it does not help it does not hurt */
    chunk->next = table->chunks;
    table->chunks = chunk;
    table->left = bytes / GROUP_BYTES - 1;
    return 0;
}

static struct timeline_job *take_group(struct timeline_table *table)
{
    struct timeline_spare *spare = table->spare;

    if (spare != NULL) {
        table->spare = spare->next;
        return (struct timeline_job *)spare;
    }
    if (table->left == 0 && add_chunk(table) < 0)
        return NULL;
    return (struct timeline_job *)table->chunks + table->left-- * TIMELINE_GROUP;
}

static void give_group(struct timeline_table *table, struct timeline_job *group)
{
    struct timeline_spare *spare = (struct timeline_spare *)group;

    spare->next = table->spare;
    table->spare = spare;
}

/* The slot of a key, with a group in it. */
static struct timeline_slot *prepare(struct timeline_table *table, uint64_t key)
{
    struct timeline_slot *slot;

    if (table->groups * 2 >= table->room && grow(table) < 0)
        return NULL;
    slot = find(table->slots, table->room, key);
    if (slot->jobs != NULL)
        return slot;
    slot->jobs = take_group(table);
    if (slot->jobs == NULL)
        return NULL;
    slot->key = key << TIMELINE_GROUP;
    table->groups++;
    return slot;
}

struct timeline_job *timeline_table_add(struct timeline_table *table, uint64_t job)
{
    struct timeline_slot *slot = prepare(table, key_of(job));

    if (slot == NULL)
        return NULL;
    table->n += !(slot->key & bit_of(job));
    slot->key |= bit_of(job);
    slot->jobs[job % TIMELINE_GROUP] = (struct timeline_job){0};
    return &slot->jobs[job % TIMELINE_GROUP];
}

/* Those behind a slot that gets free move up, unless that would put them
 * before their own place. */
static void drop(struct timeline_table *table, struct timeline_slot *slot)
{
    size_t mask = table->room - 1, hole = (size_t)(slot - table->slots);

    give_group(table, slot->jobs);
    for (size_t i = (hole + 1) & mask; table->slots[i].jobs != NULL; i = (i + 1) & mask) {
        size_t home = home_of(table->slots[i].key >> TIMELINE_GROUP, table->room);

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole].jobs = NULL;
    table->groups--;
}

void timeline_table_remove(struct timeline_table *table, uint64_t job)
{
    struct timeline_slot *slot = find(table->slots, table->room, key_of(job));

    slot->key &= ~bit_of(job);
    table->n--;
    if ((slot->key & ((UINT64_C(1) << TIMELINE_GROUP) - 1)) == 0)
        drop(table, slot);
}

const struct timeline_job *timeline_table_next(const struct timeline_table *table, size_t *place)
{
    while (*place < table->room * TIMELINE_GROUP) {
        const struct timeline_slot *slot = &table->slots[*place / TIMELINE_GROUP];
        size_t at = (*place)++ % TIMELINE_GROUP;

        if (slot->jobs != NULL && (slot->key & UINT64_C(1) << at))
            return &slot->jobs[at];
    }
    return NULL;
}

void timeline_table_fini(struct timeline_table *table)
{
    while (table->chunks != NULL) {
        struct timeline_chunk *next = table->chunks->next;

        free(table->chunks);
        table->chunks = next;
    }
    free(table->slots);
    *table = (struct timeline_table){0};
}
