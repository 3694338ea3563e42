/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMERQ_H
#define WAITD_TIMERQ_H

/*
 * A queue of due times, one for each of a fixed set of ids, handed out in
 * order of (due, id).  It is a 4-ary heap that remembers where each id is,
 * so that an entry can be moved or taken out: D. B. Johnson, "Priority queues
 * with update and finding minimum spanning trees" (1975), for d-ary heaps.
 * Four children share a cache line of 64 bytes, which makes the tree half as
 * deep as a binary one for about the same work a level.
 *
 * O(log n) to set and to remove, O(1) to look at the first; 16 bytes an entry
 * and 4 bytes an id.
 */

#include <stdbool.h>
#include <stdint.h>

struct timerq_entry {
    int64_t due_ns;
    uint32_t id;
    uint32_t tag; /* the owner's; does not take part in the order */
};

struct timerq {
    struct timerq_entry *heap;
    uint32_t *place; /* of each id in the heap, from 1; 0 for none */
    uint32_t n, room, ids;
};

/* An empty queue that takes the ids 0..ids-1.  0, or -1 when out of memory. */
int timerq_init(struct timerq *queue, uint32_t ids);
void timerq_clear(struct timerq *queue); /* takes all out; O(n) */
void timerq_fini(struct timerq *queue);  /* both also fine on an all-zero queue */

/* Takes ids up to `ids`, if it did not already.  0, or -1 when out of memory. */
int timerq_grow(struct timerq *queue, uint32_t ids);

/* Makes sure that the next `more` ids set need no memory.  0 or -1. */
int timerq_reserve(struct timerq *queue, uint32_t more);

/* Sets the due time and tag of id, whether it is in the queue or not.
 * 0, or -1 when out of memory (never after timerq_reserve()). */
int timerq_set(struct timerq *queue, uint32_t id, int64_t due_ns, uint32_t tag);

/* Takes id out; nothing happens if it is not in. */
void timerq_remove(struct timerq *queue, uint32_t id);

/* The first entry, or NULL when the queue is empty; valid until the next change. */
const struct timerq_entry *timerq_first(const struct timerq *queue);

/* Whether id is in the queue. */
bool timerq_has(const struct timerq *queue, uint32_t id);

#endif
