/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STORED_H
#define WAITD_STORED_H

/*
 * A detached batch as its store and the loops share it.  Its events are a pure
 * function of its request, its acceptance and what came from outside (its
 * cancels), so this is all of it that is kept: any loop computes the same
 * events from it, in a simulation of its own, at any time.
 *
 * What loops have to agree on is up to which instant the outside is known:
 *
 *     loop    stored_reach(batch, until) ──► how far it may run now
 *     store   T = stored_freeze(batch, now) ──► nobody runs beyond T
 *             the cancel at T is made safe, or not
 *             stored_settle(batch, T, ...) ──► it is in the list; all may run on
 *
 * stored_reach() promises that no cancel falls below what it has returned, so
 * the loop may send what is due up to there.  A loop first calls stored_reach()
 * and then looks whether stored_n_cancels() has grown: a cancel that was settled
 * before it was let through is seen then.
 *
 * Times are nanoseconds since acceptance unless said otherwise.  The batch is
 * reference-counted; what is not said to be atomic or locked is written before
 * it is shared, and never again.  All functions may be called by any thread.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/principal.h"
#include "proto/occurrence.h"
#include "proto/request.h"

/* The most characters of a ref, of `a-z 0-9 -`, and the most bytes of a key, which has 1 or more.
 */
#define STORED_REF_MAX REQUEST_REF_MAX
#define STORED_KEY_MAX REQUEST_KEY_MAX

/* How safe an accepted batch is: the words of `durable`. */
enum stored_durable {
    STORED_DURABLE_NO,
    STORED_DURABLE_DISK,
    STORED_DURABLE_SERVER,
    STORED_DURABLE_CLUSTER
};

/* `no`, `disk`, ... */
const char *stored_durable_name(enum stored_durable durable);

/* Bytes that several threads read.  One holder at the beginning. */
struct stored_text {
    _Atomic unsigned holders;
    size_t len;
    char *bytes;
};
struct stored_text *stored_text_new(size_t len); /* NULL when out of memory; to be filled in */
/* The same of bytes that are there, on the heap; NULL when out of memory: they stay the caller's.
 */
struct stored_text *stored_text_adopt(char *bytes, size_t len);
struct stored_text *stored_text_hold(struct stored_text *text);
void stored_text_release(struct stored_text *text); /* NULL is fine */

/*
 * What a submit says of a batch that is to be kept.  The request's text is as
 * two submits under one key are compared: the bytes of the request less the
 * white space between tokens and less the top-level members `id` and `key`.
 * Whatever the text leaves to the daemon is here as it was resolved, so
 * that the text means the same to a later daemon with other limits.
 */
struct stored_terms {
    char key[STORED_KEY_MAX + 1]; /* decoded; may hold NUL bytes */
    uint16_t key_len;             /* 0 for none */
    bool cancel_on_restart;       /* on_restart is `cancel` */
    uint32_t jobs;                /* after `count` */
    int64_t seed;                 /* of the draws, as given or as drawn */
    int64_t retain_ns;            /* from its end on */
    int64_t max_wait_ns;          /* draws are cut at this */
    uint32_t max_summaries;       /* names that a report lists one by one; 0: 1,000 */
    int64_t accepted_ns;          /* when the request was complete, on the store's clock; may be
                                   * negative (accepted before this boot of the machine) */
    int64_t wall_ns;              /* the same, by the wall clock (CLOCK_REALTIME) */
};

/* A cancel, once it is safe.  In the list they are in the order of at_ns. */
struct stored_cancel {
    int64_t at_ns;
    bool whole; /* the batch; else the job */
    uint64_t job;
    const void *asked_by; /* the context of its query in this life, to be compared; or NULL */
};

enum stored_state {
    STORED_UNSEEN, /* it runs or has ended, and no loop of this daemon runs it or has seen its end
                    */
    STORED_RUNNING,
    STORED_FINISHED,
    STORED_FOREIGN, /* of an engine version whose schedule may differ */
};

/* The progress of a batch.  Written by the loop that it is home to, and that it has ended by
 * whichever loop finds that out first; by its store before it is shared; read by any. */
struct stored_progress {
    _Atomic int state;        /* enum stored_state; the rest is whole once it is FINISHED */
    _Atomic int status;       /* enum batch_status, when FINISHED */
    _Atomic uint32_t pending; /* jobs that are not terminal */
    _Atomic bool is_not_run;  /* it could not be read, and stays UNSEEN */
    _Atomic uint64_t last;    /* seq of the last event so far */
    _Atomic int64_t late_ns;  /* the most by which an event was handled late here */
    _Atomic int64_t ended_ns; /* by the schedule, when FINISHED */
    _Atomic uint32_t runners; /* loops that have it */
};

/* A horizon that is none: see stored_new(). */
#define STORED_NO_HORIZON INT64_MAX

struct stored_batch {
    char ref[STORED_REF_MAX + 1];
    uint64_t order;                    /* of acceptance in this store: grows */
    const _Atomic int64_t *horizon_ns; /* its store's */
    int64_t lead_ns;                   /* how far beyond that it may be run */
    struct principal *owner;           /* held; who may ask for it, and whose keys it is among */
    struct stored_terms terms;
    enum stored_durable durable; /* as it was when it was accepted */
    char engine[32];             /* the version whose schedule it has; empty for this one */
    int64_t handled_ns;          /* another life has handled what was due up to here; -1 for none */
    struct stored_progress progress;

    _Atomic unsigned holders;
    _Atomic int64_t gate;          /* >= 0: run up to here; else nobody may pass ~gate */
    _Atomic uint32_t n_cancels;    /* grows; released after the cancel is in place */
    pthread_mutex_t lock;          /* of what follows */
    struct stored_cancel *cancels; /* n_cancels of them, room for room */
    uint32_t room;
    uint32_t n_frozen; /* cancels that have been chosen and not settled */
    int64_t frozen_ns; /* the instant of the last one */

    void *store_data; /* the store's own */
};

/*
 * With one holder; RUNNING, nothing run yet.  ref and order are to be set, and handled_ns where
 * it is not -1; lead_ns is 0.  owner: held.
 * horizon_ns: its store's, for the batch's life: the time on the store's clock beyond
 * which nothing may be run; STORED_NO_HORIZON for any.  NULL when out of memory.
 */
struct stored_batch *stored_new(const _Atomic int64_t *horizon_ns, enum stored_durable durable,
                                const struct stored_terms *terms, struct principal *owner);
struct stored_batch *stored_hold(struct stored_batch *batch);
void stored_release(struct stored_batch *batch); /* NULL is fine */

/* ---- For loops that run it ----------------------------------------------------------- */

/*
 * How far it may be run for somebody who wants to run it up to until_ns (>= 0):
 * until_ns, or less if a cancel is being made safe or the store's horizon is
 * nearer; negative if nothing may be run yet.  From then on no cancel falls
 * below what is returned.  Lock-free; what an earlier call has returned may
 * always be run, whatever a later one returns.
 */
int64_t stored_reach(struct stored_batch *batch, int64_t until_ns);

/* How many are settled: it only grows, and those below it never change. */
uint32_t stored_n_cancels(const struct stored_batch *batch);
struct stored_cancel stored_cancel_at(struct stored_batch *batch,
                                      uint32_t index); /* < stored_n_cancels() */

/* ---- For its store ----------------------------------------------------------------- */

/*
 * Chooses the instant of a cancel: now_ns, or later where some loop has run it
 * further or a cancel is later.  No loop passes the first such instant
 * until all that were chosen are settled.  -1 when out of memory: nothing is
 * frozen then.
 */
int64_t stored_freeze(struct stored_batch *batch, int64_t now_ns);

/* The cancel is safe and is added to the list (its place there is returned),
 * or, cancel NULL, it did not fall.  Those of one batch are settled in the
 * order in which they were chosen. */
uint32_t stored_settle(struct stored_batch *batch, const struct stored_cancel *cancel);

/* Adds a cancel whose instant the store has determined by itself, in a batch that no
 * loop has run that far (loading; a stream's stamps).  0, or -1 when out of memory. */
int stored_add_cancel(struct stored_batch *batch, const struct stored_cancel *cancel);

#endif
