/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "client/timeline_internal.h"

/*
 * Linear probing, at most three quarters full.  Eight jobs with indexes in a
 * row are neighbours, since such jobs tend to be told of one after another.
 */

#define FIRST_ROOM 64

static size_t home_of(uint64_t id, size_t room)
{
    /* Fibonacci hashing: D. E. Knuth, The Art of Computer Programming 3, 6.4. */
    uint64_t group = (id >> 3) * 0x9e3779b97f4a7c15u >> 29;

    return (size_t)(group << 3 | (id & 7)) & (room - 1);
}

static struct timeline_job *find(struct timeline_job *places, size_t room, uint64_t id)
{
    size_t i = home_of(id, room);

    while (places[i].job != 0 && places[i].job != id)
        i = (i + 1) & (room - 1);
    return &places[i];
}

struct timeline_job *timeline_table_find(const struct timeline_table *table, uint64_t job)
{
    struct timeline_job *place;

    if (table->n == 0)
        return NULL;
    place = find(table->places, table->room, job + 1);
    return place->job != 0 ? place : NULL;
}

static int grow(struct timeline_table *table)
{
    size_t room = table->room > 0 ? table->room * 2 : FIRST_ROOM;
    struct timeline_job *places = calloc(room, sizeof places[0]);

    if (places == NULL)
        return -1;
    for (size_t i = 0; i < table->room; i++)
        if (table->places[i].job != 0)
            *find(places, room, table->places[i].job) = table->places[i];
    free(table->places);
    table->places = places;
    table->room = room;
    return 0;
}

struct timeline_job *timeline_table_add(struct timeline_table *table, uint64_t job)
{
    struct timeline_job *place;

    if (table->n >= table->room / 4 * 3 && grow(table) < 0)
        return NULL;
    place = find(table->places, table->room, job + 1);
    if (place->job == 0)
        table->n++;
    *place = (struct timeline_job){.job = job + 1};
    return place;
}

void timeline_table_remove(struct timeline_table *table, struct timeline_job *job)
{
    size_t mask = table->room - 1, hole = (size_t)(job - table->places);

    /* Those behind move up, unless that would put them before their own place. */
    for (size_t i = (hole + 1) & mask; table->places[i].job != 0; i = (i + 1) & mask) {
        size_t home = home_of(table->places[i].job, table->room);

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->places[hole] = table->places[i];
            hole = i;
        }
    }
    table->places[hole].job = 0;
    table->n--;
}

void timeline_table_fini(struct timeline_table *table)
{
    free(table->places);
    *table = (struct timeline_table){0};
}
