/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WAKEUP_H
#define WAITD_WAKEUP_H

/*
 * One absolute timer on an event base, to wake a loop: a timerfd that is set only when its
 * time changes.  It does nothing else; the loop looks for what is due by itself.
 */

#include <stdint.h>
#include <time.h>

struct event;
struct event_base;

/* Embedded by its owner; all zero is one that is not open. */
struct wakeup {
    struct event *event;
    int fd;
    int64_t set_ns; /* what it is set to, DUE_NEVER for nothing */
};

/* clock: CLOCK_MONOTONIC or CLOCK_BOOTTIME.  0; or -1 and errno, and nothing is open. */
int wakeup_open(struct wakeup *wakeup, struct event_base *base, clockid_t clock);

/* Also fine on what is not open. */
void wakeup_close(struct wakeup *wakeup);

/* Sets it to a time of its clock, in nanoseconds; what has passed expires at once. */
void wakeup_set(struct wakeup *wakeup, int64_t at_ns);

#endif
