/* SPDX-License-Identifier: ISC */
#include "client/tally.h"

#include <stdlib.h>

#define FIRST_ROOM 16

void tally_fini(struct tally *tally)
{
    free(tally->running);
    *tally = (struct tally){0};
}

/* ---- The batches that run: linear probing, at most half full ------------ */

static size_t place_of(uint64_t batch, size_t room)
{
    /* Fibonacci hashing: D. E. Knuth, The Art of Computer Programming 3, 6.4. */
    return (size_t)(batch * 0x9e3779b97f4a7c15u >> 32) & (room - 1);
}

static size_t find(const uint64_t *running, size_t room, uint64_t batch)
{
    size_t place = place_of(batch, room);

    while (running[place] != 0 && running[place] != batch)
        place = (place + 1) & (room - 1);
    return place;
}

static int grow(struct tally *tally)
{
    size_t room = tally->room > 0 ? tally->room * 2 : FIRST_ROOM;
    uint64_t *running = calloc(room, sizeof running[0]);

    if (running == NULL)
        return -1;
    for (size_t i = 0; i < tally->room; i++)
        if (tally->running[i] != 0)
            running[find(running, room, tally->running[i])] = tally->running[i];
    free(tally->running);
    tally->running = running;
    tally->room = room;
    return 0;
}

static void add(struct tally *tally, uint64_t batch)
{
    size_t place;

    if (tally->n_running * 2 >= tally->room && grow(tally) < 0) {
        tally->no_memory = true;
        return;
    }
    place = find(tally->running, tally->room, batch);
    if (batch == 0 || tally->running[place] != 0)
        return;
    tally->running[place] = batch;
    tally->n_running++;
}

static void drop(struct tally *tally, uint64_t batch)
{
    size_t mask = tally->room - 1, hole;

    if (tally->room == 0 || batch == 0)
        return;
    hole = find(tally->running, tally->room, batch);
    if (tally->running[hole] == 0)
        return;
    /* Those behind move up, unless that would put them before their own place. */
    for (size_t i = (hole + 1) & mask; tally->running[i] != 0; i = (i + 1) & mask) {
        size_t home = place_of(tally->running[i], tally->room);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            tally->running[hole] = tally->running[i];
            hole = i;
        }
    }
    tally->running[hole] = 0;
    tally->n_running--;
}

bool tally_next_running(const struct tally *tally, size_t *place, uint64_t *batch)
{
    while (*place < tally->room) {
        *batch = tally->running[(*place)++];
        if (*batch != 0)
            return true;
    }
    return false;
}

/* ---- Events -------------------------------------------------------------- */

bool tally_wants(enum event_kind kind)
{
    return kind == EVENT_ACCEPTED || kind == EVENT_FINISHED || kind == EVENT_ERROR;
}

void tally_count(struct tally *tally, enum event_kind kind)
{
    tally->answers += kind == EVENT_PONG || kind == EVENT_STATS || kind == EVENT_CANCELLED;
    tally->done += kind == EVENT_DONE;
    tally->has_unknown |= kind == EVENT_UNKNOWN;
}

void tally_take(struct tally *tally, const struct event *event)
{
    if (event->kind == EVENT_ACCEPTED) {
        tally->answers++;
        tally->accepted++;
        tally->jobs += event->jobs;
        add(tally, event->batch);
    } else if (event->kind == EVENT_FINISHED) {
        tally->not_ok |= !event_reader_is(event->status, "ok");
        drop(tally, event->batch);
    } else if (event->kind == EVENT_ERROR) {
        tally->answers++;
        tally->refused = true;
        tally->is_deaf |=
            event_reader_is(event->code, "bad_json") || event_reader_is(event->code, "too_large");
    }
}
