/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_H
#define WAITD_HTTP_H

/*
 * HTTP/1.1 on a loop, by libmicrohttpd: the same channels that sockets feed, the
 * figures for those who watch the daemon, and a slow back end for tests.
 *
 *     listener ──► socket ──► libmicrohttpd ──► exchange ──► resource ──► channel
 *                               (some a loop)    (a request     (http_route)
 *                                                 and its answer)
 *
 * The library has sets of descriptors of its own (epoll), each of which the loop watches
 * as one; it runs when that is ready and does nothing by time.  What falls due is
 * in a queue here: the loop asks for http_next_due() and calls http_work().
 *
 * For the loop's own thread.  Built without the library there is none of it: see
 * http_is_there().
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/mailbox.h"
#include "daemon/session/channel.h"
#include "daemon/session/stats.h"

struct event_base;
struct http;
struct http_services;
struct log;
struct store;

/* What HTTP is served with, on all loops alike; all of it borrowed. */
struct http_site {
    char *const *hosts; /* names that `Host` may have besides the address served */
    unsigned n_hosts;
    char *const *origins; /* pages of others that may send requests */
    unsigned n_origins;
    uint64_t max_header_bytes;
    int64_t header_timeout_ns;
    struct http_services *services;
    struct stats *const *stats; /* of each loop */
    const struct store *store;  /* of detached batches */
    unsigned n_loops;
};

/* What a loop lends it.  Outlives it. */
struct http_env {
    struct event_base *base;
    const struct http_site *site;
    const struct gate_env *gates;   /* by which clients prove who they are */
    struct log_rate *auth_failures; /* of lines about those who do not */
    const struct limits *limits;    /* as in force; they may change */
    const struct channel_env *env;  /* the loop's */
    struct log *log;
    char *scratch; /* HTTP_SCRATCH_BYTES, free between calls */
};
#define HTTP_SCRATCH_BYTES 65536

/* Whether this build has it. */
bool http_is_there(void);

/* The env is copied.  NULL and errno. */
struct http *http_new(const struct http_env *env);

/* Drops what is still open; NULL is fine. */
void http_free(struct http *http);

/* Takes a client's socket over in any case, and has it leave its peer and give
 * its place back when it is gone. */
void http_adopt(struct http *http, struct arrival client, uint64_t number);

/* Refuses a client that is one too many, and disconnects it.  by_address: for the limit
 * of its address (429), not of the daemon (503). */
void http_refuse(struct http *http, int fd, const struct fault *fault, bool by_address);

/* When http_work() is next wanted: a time, a past one for work that waits now,
 * DUE_NEVER for none. */
int64_t http_next_due(const struct http *http);

/* Does what is due or ready, for a few milliseconds at most. */
void http_work(struct http *http, int64_t now_ns);

/* No connection is open. */
bool http_is_empty(const struct http *http);

/* Orders, in the order of a shutdown: batches are refused and connections with nothing
 * running are closed; what runs is cancelled; everything is dropped. */
void http_drain(struct http *http);
void http_cancel(struct http *http);
void http_drop(struct http *http);

/* The loop's limits have changed. */
void http_limits_changed(struct http *http);

#endif
