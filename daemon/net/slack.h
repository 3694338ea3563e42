/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SLACK_H
#define WAITD_SLACK_H

/*
 * The slack of a loop's timer: how much later than asked for it may expire, so that
 * what falls due about the same time is handled together (timer coalescing).  To wake
 * up for jobs that fall due one by one and very often costs more than to handle
 * them: at 100,000 jobs a second on ten connections a job takes 8.6 us of processor
 * time if each is woken up for, 1.4 us when what falls due within 0.7 ms is handled
 * together, and about 1 us within 0.95 ms.
 *
 * The slack is SLACK_FACTOR times as long as loop iterations take, at most
 * SLACK_MAX_NS.  Time in which there was nothing to do is credit, which is used up first:
 * a loop that works less than one part in SLACK_FACTOR of the time has no slack.  What
 * else wakes the loop (a client, work left over) is not delayed, and what is due
 * by then is handled with it.  Pure; not re-entrant.
 */

#include <stdint.h>

#define SLACK_FACTOR    16
#define SLACK_MAX_NS    INT64_C(900000)
#define SLACK_CREDIT_NS INT64_C(20000000)

/* Embedded by its owner; all zero is one without credit. */
struct slack {
    int64_t ended_ns; /* when the last iteration did */
    int64_t owed_ns;  /* the slack behind it; credit where negative */
};

/* An iteration began, after any wait, and ended. */
void slack_note(struct slack *slack, int64_t began_ns, int64_t ended_ns);

/* Before when the timer is not to expire. */
int64_t slack_until(const struct slack *slack);

#endif
