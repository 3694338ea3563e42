/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REST_H
#define WAITD_REST_H

/*
 * How long a loop's timer rests between two turns.  To wake up for what falls
 * due one by one and very often costs more than to do it: at 100,000 jobs a
 * second on ten connections a job takes 8.6 us of processor time if each is
 * woken up for, 1.4 us when what falls due within 0.7 ms is done together, and about
 * 1 us within 0.95 ms.
 *
 * So the timer rests REST_FACTOR times as long as turns take, and what falls
 * due meanwhile is handled when it goes again, REST_MAX_NS late at most.  Time in
 * which there was nothing to do is credit, which is used up first: a loop that
 * works less than one part in REST_FACTOR of the time never rests.  What else
 * wakes the loop (a client, work left over) is not held back, and what is due
 * by then is handled with it.  Pure; not re-entrant.
 */

#include <stdint.h>

#define REST_FACTOR    16
#define REST_MAX_NS    INT64_C(900000)
#define REST_CREDIT_NS INT64_C(20000000)

/* Embedded by its owner; all zero is one without credit. */
struct rest {
    int64_t ended_ns; /* when the last turn did */
    int64_t owed_ns;  /* the rest that follows it; credit where negative */
};

/* A turn began, after any wait, and ended. */
void rest_note(struct rest *rest, int64_t began_ns, int64_t ended_ns);

/* Before when the timer is not to go. */
int64_t rest_until(const struct rest *rest);

#endif
