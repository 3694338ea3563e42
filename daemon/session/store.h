/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STORE_H
#define WAITD_STORE_H

/*
 * What keeps detached batches: the index of their refs and keys, and as much of
 * them as lets their events be computed again.  There is one store in a
 * daemon, made before its loops and freed when none of them runs any more; how safe it is (memory,
 * a journal on disk, a stream of a cluster) is its implementation's business.
 *
 * Queries.  A loop sends a struct store_query that it has allocated, and never
 * waits: store_query() takes the query over, and the same object is returned with its
 * answer through the port that it names.  A store answers each query exactly
 * once, at any time, from any thread, in memory that is part of the query, so an
 * answer needs none.  Queries of one port about one batch are handled in the order
 * in which they came.  The references that an answer holds (batch, text, page)
 * are the requester's to release: store_query_free() does.
 *
 *     loop ── store_query(query) ──► store (its own thread, or none)
 *     loop ◄── store_post(port, query), wakes ──┘
 *          store_fetch(port)
 *
 * On its own account a store posts queries of the kinds from STORE_RESUME on, which
 * need no answer and are the loop's to free.
 *
 * The answers, by kind (STORE_REFUSED: `code` and `message` say why, fit for an
 * `error` event):
 *
 * ACCEPT   text, terms. DONE: `batch` is new, the requester's, kept as safely as the store's
 *          `durable` says, and home to the asking loop, which must run it to its
 *          end.  EXISTING: `batch` is the one of the requester's that has the key, with the
 *          same text.  REFUSED: FAULT_CONFLICT (the key's batch has another text),
 *          FAULT_OVERLOADED (max_kept, max_bytes), FAULT_TOO_LARGE (a request
 *          that this store cannot hold), FAULT_UNAVAILABLE (it is not kept).
 *          UNKNOWN: whether it is kept, as `ref`, will be known after a restart.
 * FIND     ref. DONE: `batch`, and `text`, its request.  REFUSED:
 *          FAULT_NOT_FOUND, for what others own too; FAULT_GONE for the requester's among the
 *          last STORE_GONE_MAX refs that were removed; FAULT_UNAVAILABLE for what is
 *          foreign or damaged.
 * CANCEL   batch, whole, job. DONE: it is safe, is in the batch's list of
 *          cancels at `place`, and every loop that may run the batch is informed
 *          (STORE_CANCELLED).  REFUSED, FAULT_UNAVAILABLE: it did not fall.
 *          UNKNOWN: not known; its watchers get STORE_SUSPEND.
 * END      batch, whose progress is FINISHED and has what to store of its end:
 *          its retain counts from accepted_ns + ended_ns.  DONE.
 * FORGET   ref. DONE: removed.  REFUSED: FAULT_NOT_FOUND, FAULT_GONE,
 *          FAULT_CONFLICT (it has not finished).
 * LIST     filter. DONE: up to STORE_PAGE_MAX of the requester's batches in page[], each held;
 *          `more`: it continues behind next_order, and fewer than were wanted may have been
 *          found until there.  REFUSED:
 *          FAULT_NOT_FOUND: filter.after is not kept.
 * RESUME   `batch` and `text`, from the store: home to this loop.  Sent once for
 *          each unfinished batch that store_start() finds, spread over the ports.
 * CANCELLED  `batch` has more cancels than before; to each port.
 * SUSPEND  `batch` (NULL: all): what came of it is not known, or contradicts what
 *          its watchers were sent; they get `suspended`.  To each port.
 * DISCARD  as SUSPEND; besides, what was run of it is void, and whoever watches it from now
 *          on asks the store for it anew.  To each port.
 *
 * Time.  A store has a clock: CLOCK_BOOTTIME, plus `ahead_ns` where it has a
 * time of its own.  No event of a batch that is due later than `horizon_ns`, by
 * that clock, is sent: the store moves it (stored_reach() obeys it) and rings each
 * port then (store_ring()).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/session/stored.h"
#include "proto/fault.h"

#define STORE_GONE_MAX 100000
#define STORE_PAGE_MAX 64

struct store_query;

/* Where a loop finds what it was sent. */
struct store_port {
    _Atomic(struct store_query *) newest; /* of a list linked by `next` */
    _Atomic bool recheck;        /* an announcement was lost for want of memory: every batch of
                                  * this loop may have new cancels */
    _Atomic bool is_attended;    /* the loop looks here before it waits: see store_port_attend() */
    void (*wake)(void *context); /* from any thread; must not wait */
    void *context;
};

enum store_kind {
    STORE_ACCEPT,
    STORE_FIND,
    STORE_CANCEL,
    STORE_END,
    STORE_FORGET,
    STORE_LIST,
    STORE_RESUME, /* from here on sent by the store */
    STORE_CANCELLED,
    STORE_SUSPEND,
    STORE_DISCARD,
};

enum store_answer { STORE_DONE, STORE_EXISTING, STORE_REFUSED, STORE_UNKNOWN };

struct store_filter {
    char ref[STORED_REF_MAX + 1];   /* this one alone; empty for any */
    char after[STORED_REF_MAX + 1]; /* those behind this one; empty for all */
    uint64_t after_order;           /* the same by order, for the next page; 0 for none */
    bool newest_first;
    bool has_state;
    enum stored_state state; /* UNSEEN ones are listed as running */
    uint32_t most;           /* at most STORE_PAGE_MAX */
};

struct store_query {
    struct store_query *next;    /* its holder's */
    enum store_kind kind;        /* what is asked */
    struct store_port *port;     /* where the answer is posted */
    void *context;               /* the requester's */
    struct principal *requester; /* held: for whom it is asked, who learns of nobody else's batches;
                                  * NULL: the daemon itself */

    char ref[STORED_REF_MAX + 1]; /* FIND, FORGET */
    struct stored_terms terms;    /* ACCEPT */
    struct stored_text *text;     /* ACCEPT: held by the query; FIND, RESUME: in the answer, held */
    struct stored_batch *batch;   /* held by the query, in questions and answers */
    bool whole;                   /* CANCEL: the batch; else the job */
    uint64_t job;
    struct store_filter filter; /* LIST */

    enum store_answer answer;
    enum fault_code code; /* REFUSED */
    char message[FAULT_MESSAGE_MAX];
    uint32_t place; /* CANCEL */
    int64_t at_ns;  /* CANCEL: its instant, since acceptance */
    uint32_t n_page;
    bool more;
    bool has_unseen;     /* LIST: one that fits, but for its state, was not run by any loop yet */
    uint64_t next_order; /* LIST: filter.after_order of the next page, where there is more */
    /* LIST: STORE_PAGE_MAX of them.  The others do without: each submit makes two, and what is
     * above 1 KiB is slow to allocate. */
    struct stored_batch *page[];
};

struct store;

struct store_ops {
    /* Once the ports are known and before any query: sends RESUME. */
    void (*start)(struct store *store);
    /* Takes the query over. */
    void (*query)(struct store *store, struct store_query *query);
    /* No query is made any more; those that are open may be answered or freed. */
    void (*free)(struct store *store);
};

/* The part that all stores have; an implementation's own begins with it. */
struct store {
    const struct store_ops *ops;
    enum stored_durable durable; /* of what it accepts from now on */
    _Atomic int64_t horizon_ns;  /* STORED_NO_HORIZON for none */
    _Atomic int64_t ahead_ns;    /* its clock less CLOCK_BOOTTIME */
    _Atomic uint64_t max_kept;   /* batches, and bytes of their requests; 0 for any number */
    _Atomic uint64_t max_bytes;
    _Atomic uint64_t n_kept, n_bytes;   /* what it holds, for metrics */
    _Atomic bool is_ready;              /* new batches can be accepted: `/readyz` */
    _Atomic uint64_t n_served;          /* batches that loops run or that are watched there */
    _Atomic int64_t contact_timeout_ns; /* after so long without knowing what comes next watchers
                                         * are sent `suspended`; 0: never */
    bool is_cluster;                    /* many daemons share it; the rest is for those alone: */
    _Atomic int64_t watermark_ns;       /* up to which instant of its clock the outside is known */
    _Atomic uint64_t races_lost;        /* submits that another was faster than */
    _Atomic uint64_t reconnects;
    struct store_port **ports; /* the caller's, of each loop */
    unsigned n_ports;
};

/* ---- For loops --------------------------------------------------------------------- */

/* ports: of every loop, kept by the caller for the store's life. */
void store_start(struct store *store, struct store_port **ports, unsigned n_ports);
void store_free(struct store *store); /* NULL is fine */

/* The store's time at that reading of CLOCK_BOOTTIME. */
int64_t store_now(const struct store *store, int64_t boot_ns);

/* All zero but for kind, port and context.  NULL when out of memory. */
struct store_query *store_query_new(enum store_kind kind, struct store_port *port, void *context);
void store_query_free(struct store_query *query); /* and what it holds */
void store_query(struct store *store, struct store_query *query);

/* What was posted since the last call, oldest first, linked by `next`. */
struct store_query *store_fetch(struct store_port *port);

/*
 * A loop that runs need not be woken by what is posted, for which it looks once an iteration.
 * From store_port_attend() on it is not; before it waits it calls store_port_rest(), and does
 * not wait if that is false: something was posted.  By the loop alone; one that calls neither
 * is woken each time.
 */
void store_port_attend(struct store_port *port);
bool store_port_rest(struct store_port *port);

/* ---- For stores -------------------------------------------------------------------- */

/* What all stores begin with: ready, no horizon, no limits. */
void store_init(struct store *store, const struct store_ops *ops, enum stored_durable durable);

/* Puts a query, which is the loop's from then on, where the loop finds it.  From any thread; never
 * waits and needs no memory. */
void store_post(struct store_port *port, struct store_query *query);
void store_ring(struct store *store); /* wakes each loop */

/* Posts CANCELLED, SUSPEND or DISCARD to each loop; a loop that there is no memory for finds
 * `recheck` set. */
void store_announce(struct store *store, enum store_kind kind, struct stored_batch *batch);

/* Turn a query into its answer and post it. */
void store_done(struct store_query *query);
void store_refuse(struct store_query *query, enum fault_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
