/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FORECAST_H
#define WAITD_FORECAST_H

/*
 * How long batches will take, from the daemon itself: it is sent the same
 * requests on a connection of their own, on the virtual clock, and what it
 * answers at once is what the schedule has in store.
 *
 * That is worth its while for batches of some ten thousand jobs.  A forecast
 * gives up by itself beyond that, whatever gets in its way is its own affair, and
 * what it has found out so far stays.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In all the batches of one forecast. */
#define FORECAST_JOBS     20000
#define FORECAST_REQUESTS 1000

struct forecast;
struct overrides;

/* How to reach the daemon: a non-blocking socket, or -1; and what to do with
 * one that is not needed any more. */
struct forecast_door {
    int (*open)(void *context);
    void (*close)(void *context, int fd);
    void *context;
};

/* overrides: of the batches, besides those of its own; NULL for none.  *door is
 * copied, its context borrowed.  NULL when memory is short. */
struct forecast *forecast_new(const struct forecast_door *door, const struct overrides *overrides);
void forecast_free(struct forecast *forecast); /* NULL is fine */

/* Takes what is sent: JSON texts with flags not put in yet, in any pieces. */
void forecast_feed(struct forecast *forecast, const char *piece, size_t len);

/* For poll(): the descriptor, or -1, what to wait for, and what came of it. */
int forecast_fd(const struct forecast *forecast);
short forecast_events(const struct forecast *forecast);
void forecast_polled(struct forecast *forecast, short revents);

/* What the schedule has for a request, counted from 0 among those that are
 * answered: from acceptance to the end; -1 while it is not known. */
int64_t forecast_elapsed(const struct forecast *forecast, uint64_t request);

/*
 * How many of its jobs have ended, and how many are in flight, when so much
 * time has passed.  at_ns must not go back from one call to the next for the same
 * request.  false if that is not known.
 */
bool forecast_jobs(struct forecast *forecast, uint64_t request, int64_t at_ns, uint64_t *ended,
                   uint64_t *in_flight);

#endif
