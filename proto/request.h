/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUEST_H
#define WAITD_REQUEST_H

/*
 * Reads requests from a stream of bytes and checks them: the one place where
 * the range of every member is checked.  Data passes through once, token
 * by token: jobs are added to a plan as they close, so a request of a million
 * jobs is never in memory as a document, and reading can stop at any byte.
 *
 * A fault does not stop the reading of its request.  The value at fault is
 * skipped, the rest is read on, so that `id` is found wherever it is; at
 * the request's end the first fault in the order of the document is reported.
 * Only a fault of syntax, or of bytes or nesting, ends the stream.
 *
 * Not re-entrant; one reader a stream.  No clock, no socket.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fault.h"
#include "proto/lexer.h"
#include "proto/plan.h"
#include "proto/request_id.h"

#define REQUEST_PROTOCOL 1

/* The most bytes that a number or a duration takes where its value is read: reading it
 * is work that cannot be interrupted. */
#define REQUEST_VALUE_MAX 65536

/* The most significant digits of a back-off's factor: its powers are computed exactly. */
#define REQUEST_FACTOR_DIGITS 1000

/* The most runs that max_runs can allow. */
#define REQUEST_MAX_RUNS 100000000

/* What one request may ask for at most. */
struct request_limits {
    uint64_t max_bytes;        /* of its text, 1 .. 2^31 */
    unsigned max_depth;        /* nesting, 4 .. 1024 */
    uint64_t max_string;       /* bytes of a name, a note, an id; 0 for any */
    uint64_t max_data;         /* bytes of a job's data, 0 for any */
    uint64_t max_dependencies; /* names in `after`, in all; 0 for any */
    uint32_t max_pools;        /* at most PLAN_MAX_POOLS; 0 for that */
    uint32_t max_runs;         /* of a forecast, at most REQUEST_MAX_RUNS; 0: 1,000,000 */
    int64_t max_retain_ns;     /* of `retain` */
    bool no_restart;           /* `on_restart` is refused */
    bool keeps_no_text;        /* no batch can be detached: request.text is always NULL */
    struct plan_limits plan;
};

/* Those that waitd holds requests to unless it is configured otherwise. */
extern const struct request_limits request_default_limits;

enum request_op {
    REQUEST_SUBMIT,
    REQUEST_PING,
    REQUEST_CANCEL,
    REQUEST_STATS,
    REQUEST_QUIT,
    REQUEST_FORECAST,
    REQUEST_WATCH,
    REQUEST_UNWATCH,
    REQUEST_BATCHES,
    REQUEST_FORGET,
    REQUEST_AUTH,
};

#define REQUEST_REF_MAX   64
#define REQUEST_KEY_MAX   255
#define REQUEST_TOKEN_MAX 255 /* bytes of a token */

/* Which of the batches that are kept `batches` lists. */
enum request_state { REQUEST_ANY_STATE, REQUEST_RUNNING, REQUEST_FINISHED, REQUEST_FOREIGN };

/* What requests about detached batches have besides. */
struct request_detached {
    bool detach;              /* SUBMIT: the batch is the daemon's */
    bool has_key;             /* SUBMIT: key[0..key_len), decoded; it may hold NUL bytes */
    bool cancel_on_restart;   /* SUBMIT: on_restart is `cancel` */
    bool has_ref;             /* CANCEL, BATCHES: by ref */
    bool newest_first;        /* BATCHES */
    bool has_limit;           /* BATCHES: at most `limit` are listed */
    uint16_t key_len;         /* 1 to REQUEST_KEY_MAX */
    enum request_state state; /* BATCHES */
    int64_t retain_ns;        /* SUBMIT: -1 where it is not given */
    uint64_t from;            /* WATCH: 1 or more */
    uint64_t limit;
    char key[REQUEST_KEY_MAX + 1];
    char ref[REQUEST_REF_MAX + 1];   /* a string; what no ref can be becomes `?` */
    char after[REQUEST_REF_MAX + 1]; /* BATCHES: the same; empty where it is not given */
};

/* A request that is in order. */
struct request {
    enum request_op op;
    struct request_id *id; /* NULL for none; the caller's to release */
    uint64_t batch;        /* CANCEL */
    bool has_batch;        /* CANCEL: else by ref, or the forecasts of this id */
    bool has_job;          /* CANCEL: one job, not the batch */
    uint64_t job;          /* CANCEL */
    uint32_t runs;         /* FORECAST: 1 or more */
    struct plan *plan;     /* SUBMIT, FORECAST: sealed, and from now on the caller's to free */
    size_t held; /* SUBMIT, FORECAST: about the bytes of memory that it takes while it runs */
    int64_t heartbeat_ns;                    /* SUBMIT: 1 s or more; 0 for none */
    const struct request_detached *detached; /* the reader's, until its next call */
    const char *token; /* AUTH: 1 to REQUEST_TOKEN_MAX bytes, decoded; the reader's, which wipes
                        * it out in its next call */
    size_t token_len;
    /* SUBMIT with `detach`: the request less the white space between tokens and less its
     * top-level `id` and `key`, which is what two submits under one key are compared by.  The
     * caller's to free(); NULL for any other request, and where the limits say so. */
    char *text;
    size_t text_len;
};

enum request_result {
    REQUEST_MORE,    /* the piece is used up; feed the next one */
    REQUEST_BUSY,    /* the budget is spent; call again, nothing is fed meanwhile */
    REQUEST_READY,   /* *request is in order */
    REQUEST_REFUSED, /* *fault says why; request->id is its id, as ever the caller's to release */
    REQUEST_BROKEN,  /* *fault ends the stream; nothing comes after it */
    REQUEST_END,     /* after request_finish(): the input ended between requests */
};

struct request_reader;

/* limits: copied.  hash_key: as plan_new() takes it.  NULL when out of memory. */
struct request_reader *request_reader_new(const struct request_limits *limits,
                                          const uint8_t hash_key[16]);
void request_reader_free(struct request_reader *reader);

/*
 * Whether the reader waits between requests for more input and has nothing to free in pieces:
 * it can be freed then, and another one continue from *place in the stream when there is input.
 * False, and *place untouched, in the middle of a piece or a request.
 */
bool request_reader_rests(const struct request_reader *reader, struct lexer_place *place);

/* Before any input: continues a stream that another reader has read up to that place. */
void request_reader_continue(struct request_reader *reader, const struct lexer_place *place);

/* What is assumed of requests that do not say it themselves. */
struct request_expectation {
    enum request_op op;   /* REQUEST_SUBMIT, or REQUEST_FORECAST, which then needs no `op` */
    const char *key;      /* of a submit, which needs to be `detach` then; a `key` of its own must
                           * be equal.  1 to REQUEST_KEY_MAX bytes of UTF-8; NULL for none */
    const char *key_name; /* the name under which it was given, for messages */
};

/* Before any input.  The text of the key is borrowed for as long as requests are read. */
void request_reader_expect(struct request_reader *reader,
                           const struct request_expectation *expected);

/* From the next request on. */
void request_reader_limit(struct request_reader *reader, const struct request_limits *limits);

/* As lexer_feed() and lexer_finish().  Between two calls of request_read() the
 * unread rest of a piece (request_rest()) may be taken away by feeding another,
 * even an empty one; it is then to be fed again.  A piece must stay where it is until the
 * next one is fed or the reader is freed: text that may be wanted is copied then. */
void request_feed(struct request_reader *reader, const char *piece, size_t len);
void request_finish(struct request_reader *reader);

/* How many bytes of the last piece have not been read yet. */
size_t request_rest(const struct request_reader *reader);

/*
 * Reads on.  budget: about how many jobs to read or complete before answering
 * REQUEST_BUSY (at least 1).  *request and *fault are written when they are
 * returned, and are valid until the next call.
 */
enum request_result request_read(struct request_reader *reader, size_t budget,
                                 struct request *request, struct fault *fault);

/* Jobs of the request in progress so far (counts included; from the moment it is
 * complete until the next call, of the request handed out).  For daemon-wide
 * limits, which know them as they are read. */
uint64_t request_jobs(const struct request_reader *reader);

/* Refuses the request in progress, for a reason of the caller's: what it held is
 * freed, the rest of it is skipped, and the fault is reported at its end, unless
 * an earlier one is.  Nothing happens between requests. */
void request_refuse(struct request_reader *reader, enum fault_code code, const char *message);

/* Ends the stream: what the request in progress holds is freed, and nothing is
 * read any more. */
void request_end(struct request_reader *reader);

/* Whether a request has begun and not ended. */
bool request_is_open(const struct request_reader *reader);

/* Bytes of memory that the request in progress holds, roughly. */
size_t request_held(const struct request_reader *reader);

#endif
