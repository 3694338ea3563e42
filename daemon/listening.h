/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LISTENING_H
#define WAITD_LISTENING_H

/*
 * All that the daemon listens on: sockets that were handed over to it, or else
 * the addresses that its options name, for clients of the protocol and of HTTP and for
 * metrics.  For the first loop's thread.
 */

#include "daemon/net/listener.h"
#include "daemon/options.h"

struct listening;

struct listening_config {
    const struct options *options;
    struct log *log;
    /* Who takes over those of each kind. */
    struct listener_env clients, http, monitors, tls_clients, tls_http;
};

/* The config is copied; what it points to is borrowed.  NULL when out of memory. */
struct listening *listening_new(const struct listening_config *config);

/* Stops listening. */
void listening_free(struct listening *listening);

/* Whether the options allow the addresses that they name, as far as is known
 * without looking names up: 0, or 2 with the reason in the log. */
int listening_check(const struct options *options, struct log *log);

/* Opens the sockets; nobody is accepted yet.  0; 1 when that cannot be done and
 * 2 when the options forbid it: the reason is in the log. */
int listening_open(struct listening *listening);

/* Accepts clients, and announces where.  0 or 1, as above. */
int listening_start(struct listening *listening);

/* Accepts clients no more, of the protocol or of HTTP; metrics are still served. */
void listening_stop(struct listening *listening);

/* How many sockets there are. */
unsigned listening_sockets(const struct listening *listening);

#endif
