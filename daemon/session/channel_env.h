/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHANNEL_ENV_H
#define WAITD_CHANNEL_ENV_H

/* What channels, and the runs of their batches, are given by the loop that they live on. */

#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/limits.h"
#include "proto/event.h"
#include "proto/fault.h"

struct registry;
struct stats;

/* What happens in a channel that its log is to have, beside what its client is sent. */
enum channel_event_kind { CHANNEL_ACCEPTED, CHANNEL_FINISHED, CHANNEL_REFUSED };
struct channel_event {
    enum channel_event_kind kind;
    uint64_t batch;            /* its number; 0 when REFUSED */
    uint64_t jobs;             /* ACCEPTED */
    enum batch_status status;  /* FINISHED */
    const struct fault *fault; /* REFUSED */
};

/* What channels share.  Borrowed for the channel's life.  The limits may
 * change between calls (channel_limits_changed()). */
struct channel_env {
    const struct limits *limits;
    struct ledger *ledger;
    struct stats *stats; /* of the loop that the channel lives on */
    const char *version;
    const char *instance; /* 16 hexadecimal digits */
    uint8_t hash_key[16];
    /* The time of day in nanoseconds since 1970-01-01T00:00:00Z, for `accepted`; NULL:
     * it is not called. */
    int64_t (*real_time_ns)(void);
    /* A seed for a batch that asks for a random one. */
    int64_t (*draw_seed)(void);
    struct registry *registry; /* of the loop that the channel lives on; NULL: no batch can be
                                * detached */
    const char *no_detached;   /* why then, as a message has it; NULL: for standard input */
    /* Fills in an answer to `stats`. */
    void (*snapshot)(void *context, int64_t now_ns, struct event_stats *stats);
    void *snapshot_context;
    /* Called for each event, with the channel's number; NULL for nobody.  It must not
     * call back. */
    void (*report)(void *context, uint64_t channel, const struct channel_event *event);
    void *report_context;
};

#endif
