/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_LINK_H
#define WAITD_CLUSTER_LINK_H

/*
 * A node's link to the servers of its cluster, by libnats.  What waits for an answer runs on a
 * thread of the link's own; what is received is posted as events, from that thread and from
 * the library's.
 *
 * The stream is read by an ordinary push consumer, and not by one that libnats calls ordered:
 * that one, in 3.4.1, continues silently where messages were lost.  Its places and
 * heartbeats are posted, so that its reader sees each gap.
 *
 * cluster_link_publish() may wait for the socket; none of these are for an event loop's thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/cluster_wire.h"

enum cluster_event_kind {
    CLUSTER_EVENT_UP,      /* connected again */
    CLUSTER_EVENT_DOWN,    /* the connection is lost; it is tried again by itself */
    CLUSTER_EVENT_FAULT,   /* the library has lost something: all is to be read anew */
    CLUSTER_EVENT_READING, /* cluster_link_read() has begun, or not */
    CLUSTER_EVENT_MESSAGE,
    CLUSTER_EVENT_BEAT,    /* the consumer is alive; `place` it has delivered last */
    CLUSTER_EVENT_REFUSED, /* what was published is not stored */
    CLUSTER_EVENT_FETCHED,
    CLUSTER_EVENT_REMOVED, /* or not */
};

struct cluster_event {
    struct cluster_event *next; /* its holder's */
    enum cluster_event_kind kind;
    uint64_t generation; /* READING, MESSAGE, BEAT: of cluster_link_read() */
    bool is_fine;        /* READING: it has begun.  FETCHED: the message is there.  REMOVED: none of
                          * them is there any more */
    bool is_gone;        /* FETCHED: it is not in the stream any more */

    uint64_t last_sequence;           /* READING: of the stream */
    uint64_t n_bytes, max_bytes;      /* READING: of the stream; max_bytes 0 for no limit */
    unsigned replicas;                /* READING */
    const char *subject;              /* MESSAGE */
    struct cluster_delivery delivery; /* MESSAGE; BEAT: `place` alone */
    struct cluster_values values;     /* MESSAGE */
    const char *answer_to;            /* BEAT: what the server wants an empty message to; or NULL */
    uint64_t id;            /* REFUSED: of cluster_link_publish(); FETCHED, REMOVED: as asked for */
    struct cluster_ack ack; /* REFUSED */
    const char *data;       /* FETCHED */
    size_t len;
    void *message; /* the link's own: what the above point into */
};

void cluster_event_free(struct cluster_event *event);

struct cluster_link;

struct cluster_link_config {
    const char *const *urls; /* nats://HOST:PORT */
    unsigned n_urls;
    const char *name;     /* of the cluster and of its stream */
    const char *node;     /* of this node, for the servers' own lists */
    int64_t heartbeat_ns; /* of the consumer */
    void (*post)(void *context, struct cluster_event *event); /* takes it over; any thread */
    void *context;
};

/*
 * Connects to one of the servers, and makes the stream or checks the one that is there.  NULL
 * and one clear line if that cannot be; waits for some seconds at most.  The config is
 * copied, but for what `context` points to.
 */
struct cluster_link *cluster_link_open(const struct cluster_link_config *config, char *error,
                                       size_t size);
void cluster_link_free(struct cluster_link *link); /* NULL is fine; posts nothing afterwards */

/* Of the stream, as it was when it was opened. */
unsigned cluster_link_replicas(const struct cluster_link *link);

/* The most bytes that headers and data of a message may have, by what is connected to. */
size_t cluster_link_max_payload(struct cluster_link *link);

/* Reads the stream from that sequence on, by headers; what was read before is read no more. */
void cluster_link_read(struct cluster_link *link, uint64_t generation, uint64_t sequence);

/*
 * Publishes a message.  id: what a refusal is to have; 0: none is wanted.  False if the
 * connection is lost: then it was not sent.  True says nothing of whether it arrives.
 */
bool cluster_link_publish(struct cluster_link *link, const char *subject,
                          const struct cluster_values *values, const char *data, size_t len,
                          uint64_t id);

/* Asks for the text of that message: a FETCHED follows. */
void cluster_link_fetch(struct cluster_link *link, uint64_t sequence, uint64_t id);

/* Removes those of these messages that are there, in that order and none behind one that could not
 * be removed: a REMOVED follows. */
void cluster_link_remove(struct cluster_link *link, const uint64_t *sequences, size_t n,
                         uint64_t id);

/* Asks for the stream's figures: a READING of generation 0 follows. */
void cluster_link_measure(struct cluster_link *link);

#endif
