/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FORECASTS_H
#define WAITD_FORECASTS_H

/*
 * The forecasts of one channel: each works through the runs of its plan, a slice at a
 * time, alternating with the others, and answers into the channel's outbox.  Pure; not
 * re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/outbox.h"
#include "proto/event.h"
#include "proto/fault.h"
#include "proto/request.h"

struct forecasting;

/* Embedded by its owner; all zero is an empty set. */
struct forecasts {
    struct forecasting *first, *last; /* in the order in which they are worked on */
    uint32_t n;
    int64_t retry_ns; /* out of memory at the last slice: not before that */
};

/*
 * Takes over the plan of a `forecast` request and what the account has reserved for it:
 * its jobs and `bytes` bytes, released at its end.  The account outlives it.  0, or
 * -1 when out of memory: all of it is then still the caller's.
 */
int forecasts_add_take(struct forecasts *forecasts, struct account *account,
                       struct request *request, uint64_t bytes);

/* Continues the first one, for about `budget` units of work.  Returns what
 * was spent, at least 1. */
size_t forecasts_work(struct forecasts *forecasts, struct outbox *outbox, int64_t now_ns,
                      size_t budget);

/* When forecasts_work() is next wanted: 0 for at once, DUE_NEVER for never. */
int64_t forecasts_next_due(const struct forecasts *forecasts);

/* Ends those of that id, each answered with the error; returns how many those were.  All
 * of them for NULL. */
uint32_t forecasts_end(struct forecasts *forecasts, struct outbox *outbox,
                       const struct request_id *id, enum fault_code code, const char *message);

/* Frees some, at most `most`, without an answer.  Whether none is left. */
bool forecasts_discard(struct forecasts *forecasts, struct outbox *outbox, size_t most);

#endif
