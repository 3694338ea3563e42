/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TALLY_H
#define WAITD_TALLY_H

/*
 * What has become of the requests: how many answers came, and how it ended.  It
 * decides what waitctl exits with.  Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/event_reader.h"

/* All zero to begin with. */
struct tally {
    uint64_t answers;  /* to requests: accepted, error, pong, stats, cancelled */
    uint64_t accepted; /* batches */
    uint64_t jobs, done;
    bool not_ok;              /* a batch ended otherwise */
    bool cancelled;           /* a batch was, as a whole; not a detached one */
    uint64_t cancels;         /* answers to requests that cancel */
    bool refused;             /* a request was */
    bool has_stopped_reading; /* the daemon: by an error after which it reads nothing */
    bool has_unknown;         /* an event came that this version does not know */
    unsigned kinds;           /* of events that came, a bit 1 << enum event_kind each */
};

/* Counts an event that was read; or one of which no more than its kind is known. */
void tally_take(struct tally *tally, const struct event_read *event);
void tally_count(struct tally *tally, enum event_kind kind);

#endif
