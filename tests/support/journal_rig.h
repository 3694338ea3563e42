/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_JOURNAL_RIG_H
#define WAITD_TESTS_JOURNAL_RIG_H

/*
 * The store on disk on a test bench: with its real thread and a real database in a folder of its
 * own, clocks that are set by hand, and commits that fail on demand.  A life of the daemon is
 * from begin to end; a crash takes the files away as they are, as a kill -9 would leave them.
 * For programs that are linked with --wrap=sqlite3_step.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "daemon/session/store.h"

/* A second of the clocks. */
#define JOURNAL_RIG_S INT64_C(1000000000)

struct journal_rig {
    char folder[64], crashed[64];     /* of the life; of what a crash has left */
    _Atomic int64_t boot_ns, wall_ns; /* the clocks */
    const char *boot_id, *engine;     /* of the next life */
    struct store_port port;
    struct store *store;
    struct principal *requester;     /* in whose name is asked */
    unsigned n_faults, n_recoveries; /* lines that the journal has reported */
    char error[512];                 /* why a journal could not be opened */
    _Atomic int commit_fails;        /* what the next COMMIT is answered instead of being
                                      * done; SQLITE_OK: it is done */
};

extern struct journal_rig journal_rig;

/* Makes the folders, sets the clocks to 100 s and 5,000 s, and begins a life there. */
void journal_rig_set_up(void);
void journal_rig_tear_down(void);

/* ---- Lives -------------------------------------------------------------------------------- */

struct store *journal_rig_open_in(const char *directory); /* NULL: journal_rig.error */
void journal_rig_begin_in(const char *directory);
void journal_rig_begin(void);
void journal_rig_end(void);
void journal_rig_next_life(void);

/* The files as they are now, the WAL cut where the power went, in the other folder. */
void journal_rig_crash(size_t wal_bytes);

/* Puts them back where lives are, between two of these, with so much of the WAL. */
void journal_rig_put_back(size_t wal_bytes);

/* Changes a byte of a file there. */
void journal_rig_spoil(const char *name, long offset);

/* The next batch of another life, held, which has that ref if one is named. */
struct stored_batch *journal_rig_resumed(const char *ref);

/* ---- Asking ------------------------------------------------------------------------------- */

/* Takes what was posted, and waits for it if there is nothing yet. */
struct store_query *journal_rig_fetch(void);

/* Waits until the loop is woken, once more than was waited for. */
void journal_rig_await_wake(void);

/* Waits for the answer to the query, or for the next of a kind where it is NULL. */
struct store_query *journal_rig_await(const struct store_query *query, enum store_kind kind);

/* Asks, and waits for the answer. */
struct store_query *journal_rig_find(struct store_query *query);

/* An ACCEPT of two jobs and 10 s of retain; key: "" for none. */
struct store_query *journal_rig_submission(const char *key, const char *text);

/* Asks for it to be kept, which it is: held; or its ref alone (STORED_REF_MAX + 1 bytes). */
struct stored_batch *journal_rig_keep(struct store_query *query);
void journal_rig_keep_ref(struct store_query *query, char *ref);

/* The answers to a FIND or FORGET, and to a CANCEL of the whole batch. */
struct store_query *journal_rig_about(enum store_kind kind, const char *ref);
struct store_query *journal_rig_cancel(struct stored_batch *batch);

/* Reports to the store that it has ended, as failed, with 17 events. */
void journal_rig_finish(struct stored_batch *batch, int64_t ended_ns);

/* Assert what an answer is, and free it. */
void journal_rig_done(struct store_query *query);
void journal_rig_refused(struct store_query *query, enum fault_code code);

#endif
