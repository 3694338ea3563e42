/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_INTERNAL_H
#define WAITD_CLUSTER_INTERNAL_H

/*
 * A cluster's store, shared by the files that make it up:
 *
 *     cluster.c          its thread: what is due, and the store that loops see
 *     cluster_query.c      what each query leads to
 *     cluster_publish.c  what is published, until it is read back, refused or given up
 *     cluster_read.c     what is read from the stream
 *     cluster_batch.c    batches: entering them, letting them go, running them to know their end
 *     cluster_remove.c   removing what is over
 *     cluster_restore.c  putting back what the servers have lost
 *
 * All but the queues is the thread's own.
 */

#include <pthread.h>

#include "daemon/store/cluster.h"
#include "daemon/store/cluster_link.h"
#include "daemon/store/cluster_rules.h"
#include "daemon/store/cluster_wire.h"
#include "daemon/store/index.h"
#include "proto/duration.h"

/* How long what was published, or waits for a reading, is waited for before it is unavailable,
 * and how often it is published again meanwhile. */
#define CLUSTER_TIMEOUT_NS (9 * DURATION_SECOND_NS / 2)
#define CLUSTER_RETRY_NS   (DURATION_SECOND_NS / 2)

/* A removed batch's messages are taken out of the stream so long after: whoever was cut off
 * for less has still read of its end. */
#define CLUSTER_REMOVAL_NS CLUSTER_TRAIL_NS

/* A cancel as the stream has it. */
struct cluster_mark {
    uint64_t sequence, nonce;
    int64_t stamp_ns;
    struct cluster_outside outside;
};

/* What is kept of a batch besides what every store keeps: index_entry.data. */
struct cluster_batch {
    char token[CLUSTER_TOKEN_MAX + 1]; /* of its subject */
    uint64_t sequence;                 /* of its message */
    struct cluster_was was;            /* the sequence and stamp that count */
    uint64_t nonce;
    uint8_t digest[DIGEST_BYTES];
    struct cluster_cancels cancels;
    struct cluster_mark *marks; /* n_marks of them, a power of two's room */
    size_t n_marks;
    struct stored_text
        *text;           /* held while it is in use here, so that it can be put back; or NULL */
    int64_t used_ns;     /* when it was last, by CLOCK_BOOTTIME */
    int64_t examined_ns; /* when its end was last looked for, by CLOCK_BOOTTIME; 0: never */
};

/* What was published and is not read back yet. */
enum cluster_purpose { CLUSTER_SUBMITS, CLUSTER_CANCELS, CLUSTER_FORGETS, CLUSTER_RESTORES };
struct cluster_pending {
    struct cluster_pending *next, *before;
    enum cluster_purpose purpose;
    uint64_t nonce;            /* its own, by which a refusal is known */
    struct store_query *query; /* owned; NULL of RESTORES */
    struct cluster_subject subject;
    struct cluster_headers headers;
    struct cluster_request
        *request;             /* SUBMITS: owned; to be written anew with another `expected` */
    struct stored_text *text; /* held; NULL for none */
    bool was_sent;
    bool has_lost; /* another message has the subject: it is to be read */
    int64_t deadline_ns, retry_ns;
};

/* A query that waits for something to be read. */
enum cluster_awaited {
    CLUSTER_AWAITS_TICK, /* number `number` of this node: all before it is known then; 0: any */
    CLUSTER_AWAITS_TEXT, /* the fetch `number` */
    CLUSTER_AWAITS_END,  /* its batch is being run, to know whether it has finished */
};
struct cluster_waiting {
    struct cluster_waiting *next;
    struct store_query *query; /* owned; NULL of a TEXT that nobody asked for */
    enum cluster_awaited awaited;
    uint64_t number;
    struct stored_batch *batch; /* held; TEXT, END */
    int64_t deadline_ns;
};

/* One that was let go, or that is gone: its messages are to be removed, unless it is there then. */
struct cluster_over {
    struct cluster_over *next;
    int64_t due_ns; /* by the stream's time */
    uint64_t id;    /* while it is being removed */
    char ref[STORED_REF_MAX + 1];
    size_t n;
    uint64_t sequences[]; /* the request's first, if that is there */
};

/* One that is to be put back if a reading from the front does not find it. */
struct cluster_lost {
    struct cluster_lost *next;
    struct stored_batch *batch; /* held */
    struct cluster_batch *data; /* owned */
    bool is_published;
};

struct cluster {
    struct store store; /* first */
    struct cluster_config config;
    char name[CLUSTER_NAME_MAX + 1], node[CLUSTER_NAME_MAX + 1], engine[CLUSTER_ENGINE_MAX + 1];
    struct cluster_link *link;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of the next four */
    struct store_query *queries, **queries_end;
    struct cluster_event *events, **events_end;
    bool is_stopping;
    pthread_cond_t wake;

    struct cluster_rules rules;
    struct index index;
    bool is_up;            /* connected, as far as it is known */
    bool is_loaded;        /* all that was in the stream is known, and put back */
    bool was_reported;     /* that it is not */
    uint64_t generation;   /* of the reading */
    uint64_t place;        /* of the last message that it has delivered */
    int64_t heard_ns;      /* when it was last heard of */
    int64_t read_again_ns; /* when reading is to begin again; DUE_NEVER for not */
    int64_t serves_until_ns;
    int64_t in_touch_ns;  /* when a tick was last read, or none was needed, or watchers suspended */
    int64_t loaded_by_ns; /* what is put back is waited for until then */

    struct cluster_pending *pendings, *last_pending; /* in the order of their deadlines */
    void *by_nonce;                                  /* a tsearch() tree of them */
    struct cluster_waiting *waitings;
    uint64_t next_number; /* of fetches */
    uint64_t round_tick;  /* that queries of this round wait for; 0: none was put */
    struct cluster_over *over, **over_end; /* to be removed, in the order of due_ns */
    struct cluster_over *removing;         /* the link is at them */
    struct cluster_lost *lost;
    struct principal *last_owner; /* held: of the last request that was read; or NULL */

    uint64_t n_bytes, max_bytes; /* of the stream, as measured and published by anybody since */
    uint64_t measured_sequence;  /* its last one then */
    int64_t measured_ns, tended_ns;
    unsigned next_port; /* for which a batch is run that nobody has asked for */
};

/* What a stored message takes besides its headers and its text, about. */
#define CLUSTER_MESSAGE_BYTES 256

/* ---- cluster.c ---- */

int64_t cluster_now(const struct cluster *cluster);         /* CLOCK_BOOTTIME */
int64_t cluster_stream_time(const struct cluster *cluster); /* the store's clock */
void cluster_report(const struct cluster *cluster, bool is_fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Somebody watches, or is about to: ticks are put for a while. */
void cluster_serve(struct cluster *cluster);

/* ---- cluster_query.c ---- */

/* Handles a request now or queues it; takes ownership of it. */
void cluster_handle(struct cluster *cluster, struct store_query *query);

/* The query, which is taken over, waits; awaited and number say for what.  `batch` is held, if
 * there is one.  query: NULL for a text that nobody asked for.  Out of memory, the query is
 * refused, and without one nothing waits. */
void cluster_wait_for(struct cluster *cluster, struct store_query *query,
                      enum cluster_awaited awaited, uint64_t number, struct stored_batch *batch);

/* Handles again those whose condition is met, and refuses those whose time is over. */
void cluster_retry_waiting(struct cluster *cluster);
void cluster_on_text(struct cluster *cluster, const struct cluster_event *event);
int64_t cluster_next_waiting(const struct cluster *cluster); /* DUE_NEVER for none */

/* Answers a submit with the batch that has its key. */
void cluster_answer_with(struct store_query *query, const struct index_entry *entry,
                         const uint8_t digest[DIGEST_BYTES]);

/* ---- cluster_publish.c ---- */

/* Each takes the query over, and answers it in the end. */
void cluster_submit(struct cluster *cluster, struct store_query *query);
void cluster_cancel(struct cluster *cluster, struct store_query *query,
                    const struct index_entry *entry);
void cluster_forget(struct cluster *cluster, struct store_query *query,
                    const struct index_entry *entry);
void cluster_restore_request(struct cluster *cluster, const struct cluster_lost *lost);
void cluster_restore_cancel(struct cluster *cluster, const char *ref,
                            const struct cluster_mark *mark);

/* The one of that nonce, or NULL. */
struct cluster_pending *cluster_pending_by_nonce(const struct cluster *cluster, uint64_t nonce);

/* It is settled: what the query is answered is the caller's to say, who owns it now. */
struct store_query *cluster_pending_take(struct cluster *cluster, struct cluster_pending *pending);

/* Those that have lost the subject to that batch are answered. */
void cluster_pending_beaten(struct cluster *cluster, const struct index_entry *entry);

/* Those that forget that ref are answered. */
void cluster_pending_forgotten(struct cluster *cluster, const char *ref);

/* The server has refused to store a message of ours. */
void cluster_on_refusal(struct cluster *cluster, const struct cluster_event *event);
/* Publishes anew what is due for it, or all, and gives up what is past its deadline. */
void cluster_publish_again(struct cluster *cluster, bool at_once);
int64_t cluster_next_pending(const struct cluster *cluster); /* DUE_NEVER for none */
void cluster_free_pending(struct cluster *cluster);

/* Publishes a tick, whose stamp in the stream is the watermark of whoever reads it. */
void cluster_put_tick(struct cluster *cluster);

/* ---- cluster_read.c ---- */

/* The link has received something.  By the store's thread; the event stays the caller's. */
void cluster_on_event(struct cluster *cluster, const struct cluster_event *event);

/* Reading begins again: where it left off, or from the front, all that is known being void. */
void cluster_read_on(struct cluster *cluster);
void cluster_read_anew(struct cluster *cluster, const char *why);

/* ---- cluster_batch.c ---- */

struct cluster_batch *cluster_data(const struct index_entry *entry);
void cluster_data_free(struct cluster_batch *data); /* NULL is fine */

/* The principal of that name, not held; NULL when out of memory, or if it names none. */
struct principal *cluster_principal(struct cluster *cluster, const char *name);

/* Enters the batch of a request; NULL when out of memory. */
struct index_entry *cluster_enter(struct cluster *cluster, const struct cluster_subject *subject,
                                  const struct cluster_request *request, uint64_t sequence,
                                  int64_t stamp_ns);

/* A cancel that was read falls.  Its place among the batch's, or UINT32_MAX when what was run of
 * the batch here contradicts it, or when out of memory: its watchers are asked to watch again. */
uint32_t cluster_fall(struct cluster *cluster, struct index_entry *entry,
                      const struct cluster_mark *mark, int64_t *at_ns);

/* Its text is in use here. */
void cluster_use_text(struct cluster *cluster, struct cluster_batch *data,
                      struct stored_text *text);

/* It is over, or forgotten by that message (0: none), or not in the stream any more: its messages
 * are removed in time. */
void cluster_let_go(struct cluster *cluster, struct index_entry *entry, uint64_t forget);

/* All of them; what is in use is remembered as lost if `restores`. */
void cluster_drop_all(struct cluster *cluster, bool restores);

/* Whether it may be over and nobody here knows. */
bool cluster_is_in_doubt(const struct cluster *cluster, const struct index_entry *entry);

/* It is run here from now on: to know its end. */
void cluster_examine(struct cluster *cluster, struct stored_batch *batch);
void cluster_run_text(struct cluster *cluster, struct stored_batch *batch,
                      struct stored_text *text);

/* What is over is let go. */
void cluster_expire(struct cluster *cluster);

/* Besides, what was let go is removed, and what nobody has run for long examined. */
void cluster_tend(struct cluster *cluster);

/* ---- cluster_remove.c ---- */

/* That batch was let go: its request and its cancels are removed ten minutes later, and that
 * message by which it was forgotten; 0: none. */
void cluster_plan_removal(struct cluster *cluster, const char *ref,
                          const struct cluster_batch *data, uint64_t forget);

/* A message about a batch that is not there: it is removed ten minutes later, if the batch has not
 * come by then. */
void cluster_plan_orphan(struct cluster *cluster, const char *ref, uint64_t sequence);

/* Removes what is due, and takes what has come of it. */
void cluster_remove_due(struct cluster *cluster);
void cluster_on_removal(struct cluster *cluster, const struct cluster_event *event);
void cluster_free_over(struct cluster *cluster);

/* ---- cluster_restore.c ---- */

void cluster_remember_lost(struct cluster *cluster, struct stored_batch *batch,
                           struct cluster_batch *data);

/* Puts back what a reading from the front has not found.  Whether nothing is left to do. */
bool cluster_restore(struct cluster *cluster);
void cluster_free_lost(struct cluster *cluster);

#endif
