/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SLACK_H
#define WAITD_SLACK_H

/*
 * The slack of a loop's timer: how much later than asked for it may expire, so that
 * what falls due about the same time is handled together (timer coalescing).
 *
 * What slack saves is what would be repeated with the next expiry: waking up, and service
 * slices of connections that the iteration before served as well, whose lines would have
 * sent in one write.  The slices of others cost the same at any time.  So the slack is
 * SLACK_FACTOR times as long as what an iteration spends on the former (on slices that are repeated
 * as far as they are most of it: a few do by chance), up to the most that is allowed: about one
 * part in SLACK_FACTOR of the time is spent on being punctual, and no more. Ten connections with
 * 100,000 jobs a second give 0.9 ms, a hundred with 20,000 to 0.18 ms.
 *
 * Time in which there was nothing to do is credit, which is used up first: a loop that works
 * less than that has no slack.  What else wakes the loop (a client, work left over) is not
 * delayed, and what is due by then is handled with it.  Pure; not re-entrant.
 */

#include <stdint.h>

#define SLACK_FACTOR    16
#define SLACK_CREDIT_NS INT64_C(20000000)

/* What it takes to set a timer, to sleep and to be woken up by it, about: between 4 us on
 * bare metal and 14 us in a virtual machine, where each timer leaves it three times. */
#define SLACK_WAKE_NS INT64_C(11000)

/* Embedded by its owner; all zero is one without credit. */
struct slack {
    int64_t ended_ns; /* when the last iteration did */
    int64_t owed_ns;  /* the slack behind it; credit where negative */
};

/* An iteration began, after any wait, and ended; fresh_ns of it went into connections that
 * the one before had not served.  most_ns: of slack, 0 for none. */
void slack_note(struct slack *slack, int64_t began_ns, int64_t ended_ns, int64_t fresh_ns,
                int64_t most_ns);

/* Before when the timer is not to expire. */
int64_t slack_until(const struct slack *slack);

#endif
