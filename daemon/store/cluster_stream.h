/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_STREAM_H
#define WAITD_CLUSTER_STREAM_H

/*
 * The one stream of a cluster: made where it is missing, and checked where it is there.  A
 * difference that the rules of cluster_rules.h do not stand is refused with both values.
 * Waits for the server.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nats/nats.h>

/* How long an answer of the server is waited for. */
#define CLUSTER_STREAM_WAIT_MS 2000

struct cluster_stream_facts {
    uint64_t last_sequence;
    uint64_t n_bytes, max_bytes; /* max_bytes 0 for no limit */
    size_t max_message;          /* bytes of a message; 0 for no limit of the stream's */
    unsigned replicas;
};

/* Whether it is there, as it has to be; if not, one clear line. */
bool cluster_stream_open(jsCtx *context, const char *name, struct cluster_stream_facts *facts,
                         char *error, size_t size);

#endif
