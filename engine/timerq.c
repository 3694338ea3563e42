/* SPDX-License-Identifier: ISC */
#include "engine/timerq.h"

#include <stdlib.h>
#include <string.h>

#define ARITY      4
#define ROOM_LEAST 8

static bool before(const struct timerq_entry *a, const struct timerq_entry *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->id < b->id;
}

static void put(struct timerq *queue, uint32_t at, struct timerq_entry entry)
{
    queue->heap[at] = entry;
    queue->place[entry.id] = at + 1;
}

static void rise(struct timerq *queue, uint32_t at, struct timerq_entry entry)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / ARITY;

        if (!before(&entry, &queue->heap[parent]))
            break;
        put(queue, at, queue->heap[parent]);
        at = parent;
    }
    put(queue, at, entry);
}

static uint32_t least_child(const struct timerq *queue, uint32_t first)
{
    uint32_t least = first;

    for (uint32_t i = first + 1; i < first + ARITY && i < queue->n; i++)
        if (before(&queue->heap[i], &queue->heap[least]))
            least = i;
    return least;
}

static void sink(struct timerq *queue, uint32_t at, struct timerq_entry entry)
{
    /* 64 bits: ARITY * at passes 32 when the queue is nearly full. */
    for (uint64_t first; (first = (uint64_t)at * ARITY + 1) < queue->n;) {
        uint32_t child = least_child(queue, (uint32_t)first);

        if (!before(&queue->heap[child], &entry))
            break;
        put(queue, at, queue->heap[child]);
        at = child;
    }
    put(queue, at, entry);
}

int timerq_init(struct timerq *queue, uint32_t ids)
{
    memset(queue, 0, sizeof(*queue));
    return timerq_grow(queue, ids);
}

void timerq_clear(struct timerq *queue)
{
    for (uint32_t i = 0; i < queue->n; i++)
        queue->place[queue->heap[i].id] = 0;
    queue->n = 0;
}

void timerq_fini(struct timerq *queue)
{
    free(queue->heap);
    free(queue->place);
    memset(queue, 0, sizeof(*queue));
}

int timerq_grow(struct timerq *queue, uint32_t ids)
{
    uint32_t *place;

    if (ids <= queue->ids)
        return 0;
    if (queue->ids == 0) /* calloc: pages that no id has touched take no memory */
        place = calloc(ids, sizeof(*place));
    else
        place = realloc(queue->place, (size_t)ids * sizeof(*place));
    if (place == NULL)
        return -1;
    if (queue->ids != 0)
        memset(place + queue->ids, 0, (size_t)(ids - queue->ids) * sizeof(*place));
    queue->place = place;
    queue->ids = ids;
    return 0;
}

int timerq_reserve(struct timerq *queue, uint32_t more)
{
    uint64_t room = queue->room < ROOM_LEAST ? ROOM_LEAST : queue->room;
    struct timerq_entry *heap;

    if (more <= queue->room - queue->n)
        return 0;
    while (room < (uint64_t)queue->n + more)
        room += room / 2;
    if (room > queue->ids && queue->ids >= (uint64_t)queue->n + more)
        room = queue->ids; /* there is never more than one entry an id */
    if (room > UINT32_MAX)
        return -1;
    heap = realloc(queue->heap, room * sizeof(*heap));
    if (heap == NULL)
        return -1;
    queue->heap = heap;
    queue->room = (uint32_t)room;
    return 0;
}

int timerq_set(struct timerq *queue, uint32_t id, int64_t due_ns, uint32_t tag)
{
    struct timerq_entry entry = {.due_ns = due_ns, .id = id, .tag = tag};
    uint32_t at;

    if (queue->place[id] == 0) {
        if (timerq_reserve(queue, 1) != 0)
            return -1;
        rise(queue, queue->n++, entry);
        return 0;
    }
    at = queue->place[id] - 1;
    if (before(&entry, &queue->heap[at]))
        rise(queue, at, entry);
    else
        sink(queue, at, entry);
    return 0;
}

void timerq_remove(struct timerq *queue, uint32_t id)
{
    struct timerq_entry last;
    uint32_t at;

    if (queue->place[id] == 0)
        return;
    at = queue->place[id] - 1;
    queue->place[id] = 0;
    last = queue->heap[--queue->n];
    if (at == queue->n)
        return;
    if (at > 0 && before(&last, &queue->heap[(at - 1) / ARITY]))
        rise(queue, at, last);
    else
        sink(queue, at, last);
}

const struct timerq_entry *timerq_first(const struct timerq *queue)
{
    return queue->n > 0 ? &queue->heap[0] : NULL;
}

bool timerq_has(const struct timerq *queue, uint32_t id)
{
    return queue->place[id] != 0;
}
