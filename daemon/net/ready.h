/* SPDX-License-Identifier: ISC */
#ifndef WAITD_READY_H
#define WAITD_READY_H

/*
 * The connections of a loop that are ready to be served, in rounds.
 *
 * The rule: every connection that is ready is served once before any is served
 * twice, except that every other slice may serve one whose due time is past.
 *
 * Whoever becomes ready joins the round in progress, or the next one if this
 * round has served it already.  Within a round those go first whose time has
 * come, then those that an event has woken, then those whose last service slice
 * ended before their work; within each of these classes, first come, first
 * served.  One whose due time is past and that this round has served already does not wait for
 * the next one, which may be far when thousands connect at once: between two slices of the
 * round has one slice more, for the first of these.
 *
 * Hence the bound.  Of n connections, let c be one that is ready.  A round serves each once,
 * so at most n - 1 others go before c if the round in progress has not served it yet; else at
 * most n - 1 in what is left of this round and, in the next, n - 1 again.  With as many slices
 * between those, however many of the others are ready all the time, and in whichever class,
 * c waits for 4(n - 1) + 2 slices at most.
 *
 * All is O(1).  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

/* Why it is to be served, in the order of service. */
enum ready_class { READY_DUE, READY_WOKEN, READY_UNFINISHED };
#define READY_CLASSES 3

/* Embedded in what is served; all zero is one that is in no queue. */
struct ready_link {
    struct ready_link *before, *next;
    struct ready_list *list; /* the one it is in, or NULL */
    uint64_t not_before;     /* the first round that may serve it */
    enum ready_class reason; /* while it is in a list */
};

struct ready_list {
    struct ready_link *first, *last;
};

/* Embedded by its owner; all zero is an empty one. */
struct ready_queue {
    struct ready_list lists[2][READY_CLASSES]; /* of even and of odd rounds */
    uint64_t round;
    unsigned n[2]; /* connections in each half of the lists */
    bool extra;    /* the last slice was one between those of the round */
};

/* Puts it in; if it is in already it moves to a class that precedes its own,
 * and never to a later one. */
void ready_add(struct ready_queue *queue, struct ready_link *link, enum ready_class reason);

/* Takes it out, if it is in. */
void ready_remove(struct ready_queue *queue, struct ready_link *link);

/* Takes out the next to be served in this round; NULL when the round is over, and
 * another one begins. */
struct ready_link *ready_next(struct ready_queue *queue);

/* How many are in, of this round and the next. */
unsigned ready_count(const struct ready_queue *queue);

#endif
