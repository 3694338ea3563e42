/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PATIENCE_H
#define WAITD_PATIENCE_H

/*
 * How long a client is waited for, whatever transport it came by: the policy for slow
 * readers and for silent ones.
 *
 *     output waits      a client that takes none of it for client_timeout_ns is
 *                       given up (meanwhile its own batches are paused beyond
 *                       max_backlog: that is the channel's, daemon/session/channel.h)
 *     nothing waits     a client for which nothing runs, and which sends nothing for
 *                       idle_timeout_ns, is let go
 *
 *     not open yet      a client that does not agree with its transport (TLS) within
 *                       PATIENCE_OPENING_NS of its coming is given up
 *
 * Pure.  Times are of one monotonic clock; a limit of 0 is off.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/session/limits.h"

/* Embedded by its owner, who sets both to the time at the start. */
struct patience {
    int64_t heard_ns; /* when bytes last came or went */
    int64_t taken_ns; /* when output was last taken, or began to wait */
};

#define PATIENCE_OPENING_NS INT64_C(10000000000)

/* What a client is waited for. */
enum patience_for {
    PATIENCE_FOR_NOTHING,
    PATIENCE_FOR_OPENING, /* the transport: nothing has come or gone yet */
    PATIENCE_FOR_READING, /* output waits: the client has to take it */
    PATIENCE_FOR_SENDING, /* only a request of the client's can make something happen */
};

/* When patience ends; INT64_MAX for never. */
int64_t patience_end_ns(const struct patience *patience, const struct limits *limits,
                        enum patience_for what);

#endif
