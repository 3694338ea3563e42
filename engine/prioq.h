/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PRIOQ_H
#define WAITD_PRIOQ_H

/*
 * Queues in order of priority, first come, first served among equals.  Any number
 * of queues share one set of nodes, one for each of a fixed set of ids, and an id is
 * in one queue at a time; so nothing is allocated when an id moves from one to
 * another.  Each queue is a leftist heap (C. A. Crane, 1972; D. E. Knuth, The Art of
 * Computer Programming, vol. 3, 5.2.3) whose nodes know their parents, so that any
 * can be taken out.
 *
 * O(log n) at worst to push and to remove, n being the entries of the queue, O(1)
 * to look at the first; 24 bytes an id.
 */

#include <stdint.h>

/* No id: an empty queue. */
#define PRIOQ_NONE UINT32_MAX

struct prioq_node {
    uint32_t parent, left, right; /* ids, or PRIOQ_NONE */
    uint32_t rank;                /* steps to the nearest place without a child, down the right */
    uint64_t key;                 /* the least is first; no two are equal */
};

/* A queue: PRIOQ_NONE when it is empty, else the id that is first. */
typedef uint32_t prioq;

/*
 * The key of what came as number `order` (each once, rising) with that priority:
 * the higher priority is the lesser key.
 */
static inline uint64_t prioq_key(int32_t priority, uint32_t order)
{
    return (uint64_t)(uint32_t)(INT32_MAX - (int64_t)priority) << 32 | order;
}

/* Puts an id that is in no queue into this one. */
void prioq_push(struct prioq_node *nodes, prioq *queue, uint32_t id, uint64_t key);

/* Takes out an id that is in this queue. */
void prioq_remove(struct prioq_node *nodes, prioq *queue, uint32_t id);

#endif
