/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ARRIVALS_H
#define WAITD_ARRIVALS_H

/*
 * Clients as they connect: each is counted among those of its address and in all the
 * daemon, is identified, and is assigned to a loop, round robin.  One that is
 * over a limit gets a refusal and is disconnected.  For the first loop's thread.
 */

#include "daemon/identity.h"
#include "daemon/net/loop.h"
#include "proto/address.h"

struct arrivals;

/* All borrowed. */
struct arrivals_config {
    struct identity *identity;   /* which may change, see arrivals_reload() */
    const struct limits *limits; /* in force; they may change at any time */
    struct ledger *ledger;
    struct log *log;
    struct loop **loops;
    unsigned n_loops;
    struct tls *tls; /* NULL where nobody is served by it */
};

/* The config is copied.  NULL when out of memory. */
struct arrivals *arrivals_new(const struct arrivals_config *config);
void arrivals_free(struct arrivals *arrivals); /* NULL is fine */

/* The identity has been read again.  Who is here already stays who he is. */
void arrivals_reload(struct arrivals *arrivals);

/* The daemon stops: a loop with nothing to do ends, but not the first one. */
void arrivals_drain(struct arrivals *arrivals);

/* For listeners (see struct listener_env): clients of the protocol, the same by TLS, those of
 * HTTP, the same by TLS, and those who watch the daemon, who are not counted: it can be watched
 * when it is full. */
void arrivals_client(void *arrivals, int fd, const struct address *from);
void arrivals_tls_client(void *arrivals, int fd, const struct address *from);
void arrivals_http(void *arrivals, int fd, const struct address *from);
void arrivals_tls_http(void *arrivals, int fd, const struct address *from);
void arrivals_monitor(void *arrivals, int fd, const struct address *from);

#endif
