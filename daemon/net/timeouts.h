/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMEOUTS_H
#define WAITD_TIMEOUTS_H

/*
 * The time-outs of clients, whatever transport they use: slow readers and silent clients.
 *
 *     output waits      a client that reads none of it for client_timeout_ns is
 *                       disconnected (meanwhile its own batches are paused beyond
 *                       max_backlog: that is the channel's, daemon/session/channel.h)
 *     nothing waits     a client for which nothing runs, and which sends nothing for
 *                       idle_timeout_ns, is disconnected
 *     not open yet      a client whose handshake with its transport (TLS) takes longer than
 *                       TIMEOUTS_OPENING_NS is disconnected
 *
 * Pure.  Times are of one monotonic clock; a limit of 0 is off.
 */

#include <stdint.h>

#include "daemon/session/limits.h"

/* Embedded by its owner, who sets both to the time at the start. */
struct timeouts {
    int64_t active_ns; /* when bytes were last received or sent */
    int64_t read_ns;   /* when the client last read output, or output began to wait */
};

#define TIMEOUTS_OPENING_NS INT64_C(10000000000)

/* What the connection waits for. */
enum timeouts_for {
    TIMEOUTS_FOR_NOTHING,
    TIMEOUTS_FOR_OPENING, /* the handshake: nothing was received or sent yet */
    TIMEOUTS_FOR_READING, /* output waits: the client has to read it */
    TIMEOUTS_FOR_SENDING, /* only a request of the client's can make something happen */
};

/* When the time-out of that expires; DUE_NEVER for never. */
int64_t timeouts_end_ns(const struct timeouts *timeouts, const struct limits *limits,
                        enum timeouts_for what);

#endif
