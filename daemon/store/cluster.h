/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_H
#define WAITD_CLUSTER_H

/*
 * The store of a cluster: detached batches are in a stream of NATS JetStream, and any number of
 * daemons that name the same stream are one service.  Nobody owns a batch: a request, its
 * acceptance and its cancels give every event, so any node serves any watch by itself.
 *
 *     loops ── queries ► the store's thread ── publishes ──► stream
 *     loops ◄── answers ── the same thread ◄── reads, in order ──┘
 *
 * A request is accepted, a cancel falls and a batch is forgotten when the message that says so is
 * read back; its stamp in the stream is when.  What the nodes agree on is in cluster_rules.h,
 * what they write in cluster_wire.h, and how they talk to the servers in cluster_link.h.
 *
 * The store's clock is the stream's; `durable` is `server` or, with three replicas or more,
 * `cluster`.  Servers that cannot be reached make what writes UNAVAILABLE within
 * five seconds, and `/readyz` 503; the connection is made again by itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/store.h"

/* What `--cluster-grace` may be. */
#define CLUSTER_GRACE_MIN_NS INT64_C(100000000)
#define CLUSTER_GRACE_MAX_NS INT64_C(60000000000)

/* Whether this waitd was built with libnats. */
bool cluster_is_there(void);

/* Borrowed for the call, but for what the functions are given as context. */
struct cluster_config {
    const char *const *urls; /* nats://HOST:PORT */
    unsigned n_urls;
    const char *name;   /* of the cluster; cluster_name_is_valid() */
    const char *node;   /* `a-z 0-9`, at most 32: another in each life */
    const char *engine; /* the version of the schedule: batches of others are kept, not run */
    int64_t grace_ns;   /* of batches that are accepted here, and of this node's ticks */
    int64_t (*boot_clock)(void *context); /* CLOCK_BOOTTIME; these from any thread */
    int64_t (*wall_clock)(void *context); /* CLOCK_REALTIME */
    uint64_t (*draw)(void *context);      /* 64 random bits */
    void *clock_context;
    /* Called with one line that an operator has to know, by the store's thread. */
    void (*report)(void *context, bool is_fault, const char *line);
    void *report_context;
};

/*
 * Connects, and makes or checks the stream.  NULL and one clear line if no server can be reached
 * or the stream cannot be used.  Reading begins with store_start(); to be freed by store_free().
 */
struct store *cluster_open(const struct cluster_config *config, char *error, size_t size);

#endif
