/* SPDX-License-Identifier: ISC */
#ifndef WAITD_JOURNAL_INTERNAL_H
#define WAITD_JOURNAL_INTERNAL_H

/*
 * A journal, shared by the files that make it up:
 *
 *     journal.c        its thread: transactions, and the store that loops see
 *     journal_query.c    what each query writes and, once it is known, is answered
 *     journal_load.c   what another life has left: reading it, and the clocks
 *     journal_check.c  --check-state, which needs no journal
 */

#include <pthread.h>

#include "daemon/store/database.h"
#include "daemon/store/index.h"
#include "daemon/store/journal.h"
#include "proto/duration.h"

/* How far beyond the stored time events may be due that are sent. */
#define JOURNAL_WINDOW_NS DURATION_SECOND_NS

#define JOURNAL_ENGINE_MAX 32
#define JOURNAL_PREFIX_MAX 41

/* Rows of batches whose time is over that go in one transaction, at most. */
#define JOURNAL_REMOVALS 256

enum journal_health {
    JOURNAL_HEALTHY,
    JOURNAL_OUT_OF_SPACE,
    JOURNAL_BROKEN, /* for this life */
};

/* Asks in the order in which they came. */
struct journal_queries {
    struct store_query *first, **end;
};

struct journal {
    struct store store; /* first */
    struct journal_config config;
    char prefix[JOURNAL_PREFIX_MAX], engine[JOURNAL_ENGINE_MAX], boot_id[DATABASE_BOOT_ID_MAX + 1];
    struct database *database;
    int lock_fd; /* holds the directory against other daemons */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of the next two */
    struct journal_queries queue;
    bool is_stopping;
    pthread_cond_t wake;

    /* The thread's own from its start on. */
    struct index index;
    uint64_t next_order;
    uint32_t n_foreign;
    int64_t stored_ns; /* the time that is stored, by the store's clock */
    int64_t retry_ns;  /* not before this, by the store's clock, is anything of our own written */
    enum journal_health health;
    struct stored_batch **resumes; /* held: batches of another life that no loop runs yet */
    size_t n_resumes, next_resume;
    struct journal_queries open; /* those of the transaction in progress */
    struct index_entry *removals[JOURNAL_REMOVALS];
    size_t n_removals;
};

/* ---- journal.c ---- */

/* The store's clock. */
int64_t journal_now(const struct journal *journal);

/* Writes the time, within a transaction. */
enum database_result journal_write_time(struct journal *journal, int64_t now_ns);

/* It is on the disk: events may be sent so much further. */
void journal_time_is_stored(struct journal *journal, int64_t now_ns);

/* What is all zero becomes an empty journal without a database. */
void journal_init(struct journal *journal);

/* ---- journal_query.c ---- */

/* What became of a query in the transaction: its answer waits for the commit; it has been
 * answered; it is about a batch that this transaction removes, and is handled behind it; or it
 * could not be written. */
enum journal_step {
    JOURNAL_STEP_OPEN,
    JOURNAL_STEP_ANSWERED,
    JOURNAL_STEP_LATER,
    JOURNAL_STEP_FAILED
};
enum journal_step journal_handle(struct journal *journal, struct store_query *query);

/* The answer to an open query: it is on the disk; nothing of it is there; or what became of it
 * only another life will know. */
void journal_answer_done(struct journal *journal, struct store_query *query);
void journal_answer_refused(struct journal *journal, struct store_query *query);
void journal_answer_unknown(struct journal *journal, struct store_query *query);

#endif
