/* SPDX-License-Identifier: ISC */
#include "client/show/batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/eta.h"

#define FIRST_ROOM 16

static const struct event_string no_ref = {NULL, 0};

/* A hash table with linear probing, at most half full. */

static size_t place_of(uint64_t number, size_t room)
{
    /* Fibonacci hashing: D. E. Knuth, The Art of Computer Programming 3, 6.4. */
    return (size_t)(number * 0x9e3779b97f4a7c15u >> 32) & (room - 1);
}

/* Refs are hashed to numbers that no daemon counts up to. */
#define REF_NUMBERS ((uint64_t)1 << 63)

static bool has_ref(const struct active_batch *batch, struct event_string ref)
{
    return strlen(batch->ref) == ref.len &&
           (ref.len == 0 || memcmp(batch->ref, ref.text, ref.len) == 0);
}

static size_t find(struct active_batch *const *table, size_t room, uint64_t number,
                   struct event_string ref)
{
    size_t place = place_of(number, room);

    while (table[place] != NULL && (table[place]->number != number || !has_ref(table[place], ref)))
        place = (place + 1) & (room - 1);
    return place;
}

static size_t find_batch(struct active_batch *const *table, size_t room,
                         const struct active_batch *batch)
{
    return find(table, room, batch->number, (struct event_string){batch->ref, strlen(batch->ref)});
}

/* FNV-1a of 64 bits: RFC 9923.  0 for what is no ref. */
static uint64_t number_of_ref(struct event_string ref)
{
    uint64_t hash = 0xcbf29ce484222325u;

    if (ref.text == NULL || ref.len == 0 || ref.len >= BATCHES_REF_MAX ||
        memchr(ref.text, '\0', ref.len) != NULL)
        return 0;
    for (size_t i = 0; i < ref.len; i++)
        hash = (hash ^ (unsigned char)ref.text[i]) * 0x100000001b3u;
    return hash | REF_NUMBERS;
}

static bool grow(struct batches *batches)
{
    size_t room = batches->room > 0 ? batches->room * 2 : FIRST_ROOM;
    struct active_batch **table = calloc(room, sizeof *table);

    if (table == NULL)
        return false;
    for (size_t i = 0; i < batches->room; i++)
        if (batches->table[i] != NULL)
            table[find_batch(table, room, batches->table[i])] = batches->table[i];
    free(batches->table);
    batches->table = table;
    batches->room = room;
    return true;
}

static struct active_batch *add(struct batches *batches, uint64_t number, struct event_string ref)
{
    struct active_batch *batch;
    size_t place;

    if (number == 0 || (batches->n * 2 >= batches->room && !grow(batches)))
        return NULL;
    place = find(batches->table, batches->room, number, ref);
    if (batches->table[place] != NULL || (batch = calloc(1, sizeof *batch)) == NULL)
        return NULL;
    batch->number = number;
    if (ref.len > 0)
        memcpy(batch->ref, ref.text, ref.len);
    batch->ordinal = batches->added++;
    batches->table[place] = batch;
    batches->n++;
    return batch;
}

struct active_batch *batches_add(struct batches *batches, uint64_t number)
{
    return add(batches, number, no_ref);
}

struct active_batch *batches_add_ref(struct batches *batches, struct event_string ref)
{
    return add(batches, number_of_ref(ref), ref);
}

static struct active_batch *look_up(struct batches *batches, uint64_t number,
                                    struct event_string ref)
{
    struct active_batch *batch;

    if (batches->room == 0 || number == 0)
        return NULL;
    batch = batches->table[find(batches->table, batches->room, number, ref)];
    if (batch != NULL)
        batches->last = batch;
    return batch;
}

struct active_batch *batches_find(struct batches *batches, uint64_t number)
{
    if (batches->last != NULL && batches->last->number == number)
        return batches->last;
    return look_up(batches, number, no_ref);
}

struct active_batch *batches_find_ref(struct batches *batches, struct event_string ref)
{
    if (batches->last != NULL && ref.len > 0 && has_ref(batches->last, ref))
        return batches->last;
    return look_up(batches, number_of_ref(ref), ref);
}

struct active_batch *batches_find_of(struct batches *batches, const struct event_read *event)
{
    return event->ref.text != NULL ? batches_find_ref(batches, event->ref)
                                   : batches_find(batches, event->batch);
}

const char *batches_label(const struct active_batch *batch, char out[BATCHES_LABEL_MAX])
{
    if (batch->ref[0] != '\0')
        snprintf(out, BATCHES_LABEL_MAX, "batch %s", batch->ref);
    else
        snprintf(out, BATCHES_LABEL_MAX, "batch %" PRIu64, batch->number);
    return out;
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
    size_t hole = find_batch(batches->table, batches->room, batch);

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
