/* SPDX-License-Identifier: ISC */
#ifndef WAITD_READY_H
#define WAITD_READY_H

/*
 * The connections of a loop that are ready to be served, in rounds.
 *
 * The rule: those whose due time is past are served first come, first served, and get at least
 * every other slice.  Of the others, each that is ready is served once before any is served twice.
 *
 * Whoever becomes ready joins the round in progress, or the next one if this
 * round has served it already.  Within a round those go first that an event has woken, then
 * those whose last service slice ended before their work; within each of these classes, first
 * come, first served.  One that is due goes between any two of these: so thousands that connect at
 * once and thousands that are due take turns.  Before the unfinished, whose slices are long, go all
 * that were due when the round began.
 *
 * Hence the bounds.  Of n connections, let c be one that is ready.  If it is due, at most n - 1
 * others that are due go before it, with one slice between two of them: it waits for
 * 2(n - 1) + 1 slices at most.  Else the round in progress serves each other connection at most
 * once but for those that are due, and of these no more than there were at its beginning, or than
 * there are places between the rest: 2(n - 1) + 1 slices in all, and as many in the next round, if
 * c has had its turn in this one.  However many of the others are ready all the time, and in
 * whichever class, c waits for 4(n - 1) + 2 slices at most.
 *
 * All is O(1).  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

/* Why it is to be served, the most urgent first. */
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
    struct ready_list due, woken[2], unfinished[2]; /* the latter of even and of odd rounds */
    uint64_t round;
    bool has_begun;     /* the round, with a slice: */
    bool last_was_due;  /* its last one */
    unsigned due_first; /* of those that are due, go before its unfinished ones */
    unsigned n, n_due;  /* connections in all lists, and in that of those that are due */
};

/* Puts it in; if it is in already it moves to a class that precedes its own,
 * and never to a later one. */
void ready_add(struct ready_queue *queue, struct ready_link *link, enum ready_class reason);

/* Takes it out, if it is in. */
void ready_remove(struct ready_queue *queue, struct ready_link *link);

/* Takes out the next to be served in this round; NULL when the round is over (where none is
 * ready, or only such as are due again), and another one begins. */
struct ready_link *ready_next(struct ready_queue *queue);

/* How many are in, of this round and the next. */
unsigned ready_count(const struct ready_queue *queue);

#endif
