/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CONNECTION_H
#define WAITD_CONNECTION_H

/*
 * A client's socket on a loop, which is its host: the transport, the pump over it, and
 * its place in the loop's ready queue.
 *
 * libevent's callback only notes what the socket is ready for and puts the
 * connection into the ready queue.  Everything else happens in connection_serve().
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/arrival.h"
#include "daemon/net/entry.h"
#include "daemon/net/pump.h"
#include "daemon/net/ready.h"

struct connection;
struct event_base;

/* What a loop lends its connections.  Outlives them. */
struct connection_host {
    struct event_base *base;
    struct pump_host pumps;
    struct ready_queue ready;
    struct gate_env gates;          /* for those who have to prove who they are */
    struct log_rate *auth_failures; /* of lines about them, of all loops together */
};

/*
 * Takes the client's socket over (non-blocking, connected) and makes it ready; its
 * principal is held, and the peer that it has joined is left when the connection is freed.  One
 * without has to prove who it is (see daemon/net/entry.h), and is counted among those until it has.
 * The number is the host's, for the log.  NULL when out of memory: all stays the caller's.
 */
struct connection *connection_new(struct connection_host *host, const struct arrival *client,
                                  uint64_t number);

/* The same for a client that is one too many: it gets the refusal and is disconnected. */
struct connection *connection_new_refused(struct connection_host *host,
                                          const struct arrival *client, uint64_t number,
                                          const struct fault *fault);

/* Drops some of what a dead one has; whether that was all, and it is to be freed. */
bool connection_discard(struct connection *connection);

/* Closes the socket, leaves the peer and drops everything. */
void connection_free(struct connection *connection);

/* The next to be served in this round of the host's ready queue (see
 * daemon/net/ready.h), NULL when the round is over. */
struct connection *connection_next(struct connection_host *host);

/* Puts it into the host's ready queue. */
void connection_is_ready(struct connection *connection, enum ready_class reason);

/* Serves its pump; it is ready again, as READY_UNFINISHED, if there is more to do now.
 * Returns the time. */
int64_t connection_serve(struct connection *connection, int64_t slice_ns);

/* Notes that an iteration of the loop of that number, from 1, has served it; whether the
 * iteration before had as well. */
bool connection_note_served(struct connection *connection, uint64_t iteration);

/* When it is to be served without being ready; DUE_NEVER for never. */
int64_t connection_due(const struct connection *connection);

/* Whether it is in the host's ready queue. */
bool connection_is_queued(const struct connection *connection);

bool connection_is_dead(const struct connection *connection);
bool connection_was_refused(const struct connection *connection);

/* The host's, which says where it keeps this connection; 0 before. */
void connection_set_slot(struct connection *connection, uint32_t slot);
uint32_t connection_slot(const struct connection *connection);

/* Orders of the host; see pump_drain() and its neighbours.  They make it ready. */
void connection_drain(struct connection *connection);
void connection_cancel(struct connection *connection);
void connection_limits_changed(struct connection *connection);

#endif
