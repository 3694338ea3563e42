/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_WIRE_H
#define WAITD_CLUSTER_WIRE_H

/*
 * What daemons of one cluster write into its stream and read from it:
 *
 *     NAME.req.TOKEN         a request; TOKEN is the SHA-256 of its owner, NUL and its key,
 *                            or random where it has no key
 *     NAME.out.REF.NONCE     what happens to a batch from outside: a cancel
 *     NAME.out.REF.forget    it is forgotten
 *     NAME.tick.NODE         a node's tick: up to its stamp all that came before it is known
 *
 * All but a request's text is in headers, so that a node follows the stream by headers
 * alone.  Also what a JetStream server says of a message it delivers, and of one that was
 * published.  Pure, re-entrant; nothing here allocates.
 *
 * Formats: https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/stored.h"
#include "daemon/store/digest.h"

#define CLUSTER_NAME_MAX    32 /* of `A-Z a-z 0-9 _ -` */
#define CLUSTER_TOKEN_MAX   64 /* hexadecimal digits of a SHA-256 */
#define CLUSTER_NONCE_MAX   16 /* hexadecimal digits of 64 bits */
#define CLUSTER_SUBJECT_MAX (CLUSTER_NAME_MAX + 6 + STORED_REF_MAX + 1 + CLUSTER_TOKEN_MAX)
#define CLUSTER_ENGINE_MAX  31

/* The headers that are read and written, in the order of cluster_header_name(). */
enum cluster_header {
    CLUSTER_HEADER_ENGINE, /* the version of the schedule */
    CLUSTER_HEADER_OWNER,  /* whose it is */
    CLUSTER_HEADER_KEY,    /* where it has one */
    CLUSTER_HEADER_GRACE,  /* nanoseconds */
    CLUSTER_HEADER_RETAIN, /* nanoseconds */
    CLUSTER_HEADER_NONCE,  /* of its publisher: the same in each retry */
    CLUSTER_HEADER_DIGEST, /* the SHA-256 of the request's text */
    CLUSTER_HEADER_JOBS,   /* what the text leaves to the daemon, as it was resolved */
    CLUSTER_HEADER_SEED,
    CLUSTER_HEADER_MAX_WAIT, /* nanoseconds */
    CLUSTER_HEADER_MAX_SUMMARIES,
    CLUSTER_HEADER_FLOOR,    /* the greatest stamp that a cancel's publisher had read */
    CLUSTER_HEADER_JOB,      /* the one that is cancelled; absent for the batch */
    CLUSTER_HEADER_WAS,      /* the sequence and stamp that count instead of the message's */
    CLUSTER_HEADER_EXPECTED, /* the server's own: the subject's last sequence */
    CLUSTER_HEADER_SIZE,     /* the server's own: bytes of the text that was left out */
    CLUSTER_HEADERS,
};

const char *cluster_header_name(enum cluster_header header);

/* The values of a message's headers; NULL for those it has not. */
struct cluster_values {
    const char *value[CLUSTER_HEADERS];
};

/* The same as they are written, with what they point to. */
#define CLUSTER_HEADER_ROOM 2560
struct cluster_headers {
    struct cluster_values values;
    size_t used;
    char room[CLUSTER_HEADER_ROOM];
};

/* The bytes that they take of the server's limit of a payload. */
size_t cluster_values_bytes(const struct cluster_values *values);

/* ---- Subjects ------------------------------------------------------------------------- */

enum cluster_kind {
    CLUSTER_REQUEST,
    CLUSTER_CANCEL,
    CLUSTER_FORGET,
    CLUSTER_TICK,
    CLUSTER_UNKNOWN, /* nothing that waitd has written */
};

struct cluster_subject {
    enum cluster_kind kind;
    char token[CLUSTER_TOKEN_MAX + 1]; /* REQUEST; TICK: the node */
    char ref[STORED_REF_MAX + 1];      /* CANCEL, FORGET */
    uint64_t nonce;                    /* CANCEL */
};

/* Whether a cluster may have that name. */
bool cluster_name_is_valid(const char *name);

/* Of the stream `name`; kind CLUSTER_UNKNOWN for what is no subject of it. */
void cluster_subject_read(const char *name, const char *text, struct cluster_subject *out);
void cluster_subject_write(const char *name, const struct cluster_subject *subject,
                           char out[CLUSTER_SUBJECT_MAX + 1]);

/* The token of a key's subject, and one of three random numbers. */
void cluster_token_of_key(const char *owner, const struct stored_terms *terms,
                          char out[CLUSTER_TOKEN_MAX + 1]);
void cluster_token_of_random(const uint64_t random[2], char out[CLUSTER_TOKEN_MAX + 1]);

/* ---- Requests and outside events ------------------------------------------------------ */

/* Which sequence and stamp count for a message that was put back; sequence 0: its own. */
struct cluster_was {
    uint64_t sequence;
    int64_t stamp_ns;
};

struct cluster_request {
    char owner[PRINCIPAL_NAME_MAX + 1];
    char engine[CLUSTER_ENGINE_MAX + 1];
    struct stored_terms terms; /* but for when it was accepted */
    int64_t grace_ns;
    uint64_t nonce;
    uint8_t digest[DIGEST_BYTES];
    uint64_t expected; /* the message that it has replaced; 0 for none */
    uint64_t bytes;    /* of the text, as read */
    struct cluster_was was;
};

/* The headers of the message that stores a request. */
void cluster_request_write(const struct cluster_request *request, struct cluster_headers *headers);

/* False if it is none, or damaged. */
bool cluster_request_read(const struct cluster_values *values, struct cluster_request *request);

/* What comes from outside; of a FORGET `was` alone. */
struct cluster_outside {
    bool whole; /* the batch; else the job */
    uint64_t job;
    int64_t floor_ns;
    struct cluster_was was;
};

void cluster_outside_write(const struct cluster_outside *outside, struct cluster_headers *headers);
bool cluster_outside_read(const struct cluster_values *values, struct cluster_outside *outside);

/* A tick's number among those of its node. */
void cluster_tick_write(uint64_t number, struct cluster_headers *headers);
bool cluster_tick_read(const struct cluster_values *values, uint64_t *number);

/* The ref of the batch whose request has that sequence and stamp: the sequence, and 64 bits of
 * a hash over the stamp and the text, for a sequence alone can be given again after a rollback. */
void cluster_ref_write(uint64_t sequence, int64_t stamp_ns, const uint8_t digest[DIGEST_BYTES],
                       char out[STORED_REF_MAX + 1]);

/* ---- What the server says --------------------------------------------------------------- */

/* Of a message that a consumer delivers, in the subject for its acknowledgement. */
struct cluster_delivery {
    uint64_t sequence; /* in the stream */
    uint64_t place;    /* in this consumer's deliveries, from 1 on */
    int64_t stamp_ns;
    uint64_t pending; /* behind it */
};
bool cluster_delivery_read(const char *reply, struct cluster_delivery *out);

/* Of a message that was published. */
#define CLUSTER_WRONG_SEQUENCE 10071 /* another message has the subject */
#define CLUSTER_STREAM_FULL    10077
struct cluster_ack {
    unsigned error;    /* the server's err_code; 0: it is stored */
    uint64_t sequence; /* where it is stored; WRONG_SEQUENCE: of the one that has the subject */
    char description[160];
};
bool cluster_ack_read(const char *text, size_t len, struct cluster_ack *out);

#endif
