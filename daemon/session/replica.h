/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REPLICA_H
#define WAITD_REPLICA_H

/*
 * A detached batch as it is computed here: the engine's batch, the cancels that its
 * store has settled, and the history of what follows.  All its times are due
 * times, so every replica of a batch, whenever and wherever it is run, has the
 * same history, byte for byte.  One that is run as time passes is the live one of
 * its loop; one that is run as fast as possible is a replay.  Pure; not
 * re-entrant; of one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/history.h"
#include "daemon/session/stored.h"
#include "daemon/session/stats.h"

/* "Never", for times. */

/* The effects of a piece of work, to be counted by the caller. */
struct replica_progress {
    uint64_t ended[JOB_STATUSES]; /* jobs, by enum job_status */
    int64_t late_ns;              /* by the meter: the latest; 0 for none */
    bool cancelled;               /* a cancel has fallen */
};

/* Counts how late the jobs are that the schedule ends, except those that another life of the
 * daemon has handled. */
struct replica_meter {
    struct stats *stats;
    int64_t now_ns;     /* for stats_late() */
    int64_t elapsed_ns; /* the time at which they are handled, since acceptance */
};

struct replica;

/* The batch and the sealed plan outlive it.  Nothing is done yet.  NULL when out of
 * memory. */
struct replica *replica_new(struct stored_batch *batch, const struct plan *plan);
void replica_free(struct replica *replica); /* NULL is fine; nobody watches it any more */

/* Its history, from `accepted` (1) on. */
struct history *replica_history(struct replica *replica);

/*
 * Handles what is due up to until_ns since acceptance, which stored_reach() has allowed,
 * about `budget` units of work at most.  meter: NULL for a replay.  Returns early behind a
 * cancel, so that *progress has one at most.  Returns what was spent, at least 1.
 */
size_t replica_work(struct replica *replica, int64_t until_ns, size_t budget,
                    const struct replica_meter *meter, struct replica_progress *progress);

/* When replica_work() is next wanted, since acceptance: 0 or a past time for now;
 * DUE_NEVER once it has finished. */
int64_t replica_next_due(const struct replica *replica);

/* All that is due up to this instant has been handled, but for what a cancel that fell at it leads
 * to; -1 for nothing yet. */
int64_t replica_reached(const struct replica *replica);

/* How many cancels it has had, and how many jobs the one at a place concerned. */
uint32_t replica_n_cancels(const struct replica *replica);
uint32_t replica_cancelled(const struct replica *replica, uint32_t place);

/* `finished` is in its history. */
bool replica_is_finished(const struct replica *replica);
uint32_t replica_pending(const struct replica *replica);

/* Whether the last replica_work() stopped for want of memory. */
bool replica_is_starved(const struct replica *replica);

/* Once it is finished. */
const struct batch_result *replica_result(const struct replica *replica);

#endif
