/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LEDGER_H
#define WAITD_LEDGER_H

/*
 * The one owner of quotas: what is reserved of what the daemon has to give, in all and by each
 * connection.  Whoever reserves something releases it; nobody else changes a count.
 *
 * Counts of all the daemon are atomic, for any thread, and exact: one is raised only if its
 * limit allows it (compare and exchange).  An account belongs to one thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/session/limits.h"

/* What all threads share.  next_batch is set to 1 by its owner; all else begins at 0. */
struct ledger {
    _Atomic uint64_t pending; /* jobs read or running */
    _Atomic uint64_t text;    /* bytes that requests are kept in, being read or running */
    _Atomic uint64_t connections;
    _Atomic uint64_t unauthenticated; /* of them, those that have yet to prove who they are */
    _Atomic uint64_t batches;         /* running */
    _Atomic uint64_t replays;         /* that run */
    _Atomic uint64_t replays_waiting;
    _Atomic uint64_t next_batch;
};

/* ---- Accounts: jobs, and memory for the text of requests ------------------------------------ */

/* One connection's: what it has reserved is held against its own share and against the limit
 * of all the daemon. */
struct account {
    const struct limits *limits;
    struct ledger *ledger;
    uint64_t pending; /* jobs */
    uint64_t text;    /* bytes */
};

enum ledger_answer {
    LEDGER_RESERVED,
    LEDGER_OVER_SHARE, /* it would pass the share of the connection */
    LEDGER_OVER_LIMIT, /* it would pass the limit of all the daemon */
};

/* Reserve jobs or bytes: all of them, or none. */
enum ledger_answer ledger_reserve_jobs(struct account *account, uint64_t n);
enum ledger_answer ledger_reserve_text(struct account *account, uint64_t bytes);

/* Reserves jobs that have to run, whatever the limits. */
void ledger_force_jobs(struct account *account, uint64_t n);

void ledger_release_jobs(struct account *account, uint64_t n);
void ledger_release_text(struct account *account, uint64_t bytes);

/* What one account has reserved is another's from now on. */
void ledger_transfer(struct account *from, struct account *to, uint64_t jobs, uint64_t text);

/* ---- What is counted by ones ----------------------------------------------------------------- */

/* Whether there may be one more, of at most `most`; it is reserved then. */
bool ledger_reserve_connection(struct ledger *ledger, uint64_t most);
bool ledger_reserve_unauthenticated(struct ledger *ledger, uint64_t most);
bool ledger_reserve_replay(struct ledger *ledger, uint64_t most);
void ledger_release_connection(struct ledger *ledger);
void ledger_release_unauthenticated(struct ledger *ledger);
void ledger_release_replay(struct ledger *ledger);

/* These have no limit of their own here: counted while they run or wait. */
void ledger_count_batch(struct ledger *ledger);
void ledger_uncount_batch(struct ledger *ledger);
void ledger_count_waiting_replay(struct ledger *ledger);
void ledger_uncount_waiting_replay(struct ledger *ledger);

/* The number of the next batch: from 1, each once. */
uint64_t ledger_number_batch(struct ledger *ledger);

#endif
