/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_LINK_INTERNAL_H
#define WAITD_CLUSTER_LINK_INTERNAL_H

/*
 * A link, shared by the files that make it up:
 *
 *     cluster_link.c       connecting, publishing, and what the library reports
 *     cluster_link_work.c  the thread that waits for the servers' answers, and reading
 */

#include <pthread.h>
#include <stdatomic.h>

#include <nats/nats.h>

#include "daemon/store/cluster_link.h"

#define CLUSTER_PREFIX_MAX 64
#define CLUSTER_INBOX_MAX  (CLUSTER_PREFIX_MAX + 24)

enum cluster_work_kind {
    CLUSTER_WORK_READ,
    CLUSTER_WORK_FETCH,
    CLUSTER_WORK_MEASURE,
    CLUSTER_WORK_REMOVE
};

struct cluster_work {
    struct cluster_work *next;
    enum cluster_work_kind kind;
    uint64_t sequence, id;
    size_t n; /* REMOVE */
    uint64_t sequences[];
};

struct cluster_work_queue {
    struct cluster_work *first, **end;
};

struct cluster_link {
    struct cluster_link_config config;
    char name[CLUSTER_NAME_MAX + 1], node[CLUSTER_NAME_MAX + 1];
    char prefix[CLUSTER_PREFIX_MAX]; /* of all inboxes of this link */
    natsOptions *options;
    natsConnection *connection;
    jsCtx *context;
    natsSubscription *acks;
    unsigned replicas;
    _Atomic size_t max_message; /* of the stream; 0 for none */
    atomic_bool is_closing;     /* nothing is posted any more */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct cluster_work_queue urgent, removals;
    bool is_stopping;

    /* The thread's own. */
    natsSubscription *deliveries;
    char consumer[CLUSTER_TOKEN_MAX + 1]; /* empty for none */
};

/* ---- cluster_link.c ---- */

/* Takes the message over, also when out of memory: NULL. */
struct cluster_event *cluster_event_new(enum cluster_event_kind kind, natsMsg *message);

/* Hands it to the reader; NULL is fine.  What is lost for want of memory is met as a gap or a
 * time-out. */
void cluster_link_post(struct cluster_link *link, struct cluster_event *event);

/* A header's value, or NULL; the message's own. */
const char *cluster_link_header(natsMsg *message, const char *name);

/* ---- cluster_link_work.c ---- */

/* Begins the thread; false, and one line, if it cannot be made.  And ends it. */
bool cluster_link_start(struct cluster_link *link, char *error, size_t size);
void cluster_link_stop(struct cluster_link *link);

#endif
