/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CONNECTION_H
#define WAITD_CONNECTION_H

/*
 * A client's socket and the channel that it feeds.  A connection belongs to a
 * loop, which is its host, and lives on the host's thread.
 *
 *     OPEN ──► INPUT_ENDED ──► LINGERING ──► DEAD
 *
 *     OPEN         requests are read
 *     INPUT_ENDED  by end of file, `quit` or a fault of syntax; what was
 *                  accepted still runs, what else comes is discarded
 *     LINGERING    all is sent and our side is shut; reads and discards until
 *                  the client has shut its own, so that what was sent last is
 *                  not destroyed by a reset
 *     DEAD         waits for the host to free it
 *
 * States are skipped, never gone back to; from each there is a way to DEAD, by
 * a reset, a failed send or a time-out.
 *
 * libevent's callback only notes what the socket is ready for and puts the
 * connection into the host's ready queue.  Everything else happens in
 * connection_serve(), which does a bounded amount of work.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/channel.h"
#include "daemon/session/limits.h"
#include "daemon/base/log.h"
#include "daemon/net/ready.h"
#include "daemon/session/stats.h"

struct connection;
struct event_base;

/* Each of the host's two buffers, and the most that a connection keeps of either. */
#define CONNECTION_BUFFER_BYTES 65536

/* The longest slice of time that it makes use of. */
#define CONNECTION_SLICE_NS INT64_C(500000)

/* What a loop lends its connections.  Outlives them. */
struct connection_host {
    struct event_base *base;
    struct limits limits;
    struct channel_env env; /* its limits are the above */
    struct log *log;
    char *in, *out; /* scratch, CONNECTION_BUFFER_BYTES each */
    bool draining;  /* connections close once nothing runs on them */
    struct ready_queue ready;
};

/*
 * Takes the socket over (non-blocking, connected) and makes it ready.
 * The slot and the number are the host's: the slot says where it keeps this
 * connection, the number is for the log.  NULL when memory is short: the
 * socket stays the caller's.
 */
struct connection *connection_new(struct connection_host *host, int fd, uint32_t slot,
                                  uint64_t number);

/* The same for a client that is one too many: it is told why and let go. */
struct connection *connection_new_refused(struct connection_host *host, int fd, uint32_t slot,
                                          uint64_t number, const struct fault *fault);

/* Drops some of what a dead one has; whether that was all, and it is to be freed. */
bool connection_discard(struct connection *connection);

/* Closes the socket and drops everything. */
void connection_free(struct connection *connection);

/* The next to be served in this round of the host's ready queue (see
 * daemon/net/ready.h), NULL when the round is over. */
struct connection *connection_next(struct connection_host *host);

/* Puts it into the host's ready queue. */
void connection_is_ready(struct connection *connection, enum ready_class reason);

/* Reads, works and writes, each for about slice_ns at most; it is ready again,
 * as READY_UNFINISHED, if there is more to do now.  Returns the time. */
int64_t connection_serve(struct connection *connection, int64_t slice_ns);

/* When it is to be served without being ready; CHANNEL_NEVER for never. */
int64_t connection_due(const struct connection *connection);

/* Whether it is in the host's ready queue. */
bool connection_is_queued(const struct connection *connection);

bool connection_is_dead(const struct connection *connection);
bool connection_was_refused(const struct connection *connection);
uint32_t connection_slot(const struct connection *connection);

/* The host is draining: batches are refused from now on, and the connection
 * closes once nothing runs.  Makes it ready. */
void connection_drain(struct connection *connection);

/* Cancels what runs, with its events, and closes then.  Makes it ready. */
void connection_cancel(struct connection *connection);

/* The host's limits have changed.  Makes it ready. */
void connection_limits_changed(struct connection *connection);

#endif
