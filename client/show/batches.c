/* SPDX-License-Identifier: ISC */
#include "client/show/batches.h"

#include <stdlib.h>

#include "client/show/eta.h"

#define FIRST_ROOM 16

/* A hash table with linear probing, at most half full. */

static size_t place_of(uint64_t number, size_t room)
{
    /* Fibonacci hashing: D. E. Knuth, The Art of Computer Programming 3, 6.4. */
    return (size_t)(number * 0x9e3779b97f4a7c15u >> 32) & (room - 1);
}

static size_t find(struct active_batch *const *table, size_t room, uint64_t number)
{
    size_t place = place_of(number, room);

    while (table[place] != NULL && table[place]->number != number)
        place = (place + 1) & (room - 1);
    return place;
}

static bool grow(struct batches *batches)
{
    size_t room = batches->room > 0 ? batches->room * 2 : FIRST_ROOM;
    struct active_batch **table = calloc(room, sizeof *table);

    if (table == NULL)
        return false;
    for (size_t i = 0; i < batches->room; i++)
        if (batches->table[i] != NULL)
            table[find(table, room, batches->table[i]->number)] = batches->table[i];
    free(batches->table);
    batches->table = table;
    batches->room = room;
    return true;
}

struct active_batch *batches_add(struct batches *batches, uint64_t number)
{
    struct active_batch *batch;
    size_t place;

    if (number == 0 || (batches->n * 2 >= batches->room && !grow(batches)))
        return NULL;
    place = find(batches->table, batches->room, number);
    if (batches->table[place] != NULL || (batch = calloc(1, sizeof *batch)) == NULL)
        return NULL;
    batch->number = number;
    batch->ordinal = batches->added++;
    batches->table[place] = batch;
    batches->n++;
    return batch;
}

struct active_batch *batches_find(struct batches *batches, uint64_t number)
{
    struct active_batch *batch;

    if (batches->last != NULL && batches->last->number == number)
        return batches->last;
    if (batches->room == 0 || number == 0)
        return NULL;
    batch = batches->table[find(batches->table, batches->room, number)];
    if (batch != NULL)
        batches->last = batch;
    return batch;
}

static void free_batch(struct active_batch *batch)
{
    eta_free(batch->eta);
    plan_free(batch->request.plan);
    free(batch);
}

void batches_drop(struct batches *batches, struct active_batch *batch)
{
    size_t mask = batches->room - 1;
    size_t hole = find(batches->table, batches->room, batch->number);

    /* Those behind move up, unless that would put them before their own place. */
    for (size_t i = (hole + 1) & mask; batches->table[i] != NULL; i = (i + 1) & mask) {
        size_t home = place_of(batches->table[i]->number, batches->room);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            batches->table[hole] = batches->table[i];
            hole = i;
        }
    }
    batches->table[hole] = NULL;
    batches->n--;
    if (batches->last == batch)
        batches->last = NULL;
    free_batch(batch);
}

struct active_batch *batches_next(const struct batches *batches, size_t *place)
{
    while (*place < batches->room) {
        struct active_batch *batch = batches->table[(*place)++];

        if (batch != NULL)
            return batch;
    }
    return NULL;
}

void batches_fini(struct batches *batches)
{
    for (size_t i = 0; i < batches->room; i++)
        if (batches->table[i] != NULL)
            free_batch(batches->table[i]);
    free(batches->table);
    *batches = (struct batches){0};
}
