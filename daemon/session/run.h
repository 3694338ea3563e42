/* SPDX-License-Identifier: ISC */
#ifndef WAITD_RUN_H
#define WAITD_RUN_H

/*
 * A batch as one client's channel runs it: the engine's batch with what ties
 * it to the world (its number, the `id` to echo, the instant of its
 * acceptance, its clock).  A run counts what becomes of its jobs and puts
 * what happens into a history of its own, which the channel watches until it
 * has read the end.  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/channel_env.h"
#include "daemon/session/outbox.h"

/* No due time. */

struct run;

/*
 * Takes over a sealed plan whose jobs the account has reserved, begins its history
 * with `accepted` and lets the outbox watch it; the jobs are released as they
 * end.  Account and outbox outlive the run.
 * id: to echo, held; NULL for none.  heartbeat_ns: after how long a silence to say that it
 * lives, 0 for never.  NULL when out of memory: plan and jobs are then still the caller's.
 */
struct run *run_new_take(const struct channel_env *env, struct account *account,
                         struct outbox *outbox, struct plan *plan, struct request_id *id,
                         int64_t heartbeat_ns, int64_t now_ns);

/* Bytes reserved for the plan's text in the account; released when the plan is freed. */
void run_set_reserved_text(struct run *run, uint64_t bytes);

/* At any time; what was not read of its history is dropped.  Jobs that have not ended
 * count as cancelled. */
void run_free(struct run *run);

/* The same, but no more of its plan at a time than *budget
 * bytes, from which it takes what was freed.  Returns whether it is gone; until then
 * nothing else may be done with it but this, and run_free(). */
bool run_free_some(struct run *run, size_t *budget);

/* Link of the channel's list of runs being freed. */
struct run *run_next(const struct run *run);
void run_set_next(struct run *run, struct run *next);

uint64_t run_number(const struct run *run);
uint64_t run_jobs(const struct run *run);

/* The run that a watch belongs to. */
struct run *run_of(struct outbox_watch *watch);

/* The run's slot among the channel's: the channel's to set and read. */
uint32_t run_slot(const struct run *run);
void run_set_slot(struct run *run, uint32_t slot);

/* Handles what is due, about `budget` units of work at most.  Returns what was
 * spent, at least 1. */
size_t run_work(struct run *run, int64_t now_ns, size_t budget);

/* When run_work() is next wanted: now_ns for work that waits now, DUE_NEVER
 * once its `finished` has been written. */
int64_t run_next_due(const struct run *run, int64_t now_ns);

/* Its `finished` has been written: nothing more will be written. */
bool run_is_finished(const struct run *run);

/* How it ended, once it is finished. */
enum batch_status run_status(const struct run *run);

/* Whether it finished, and other than `ok`. */
bool run_ended_badly(const struct run *run);

/*
 * Handles what is due by now, on the virtual clock by the instant that it has
 * reached, so that a cancel follows it; about `budget` units at most.
 * Whether there is still something to cancel.
 */
bool run_catch_up(struct run *run, int64_t now_ns, size_t budget);

/* Cancels the whole of it.  How many jobs that concerns. */
uint32_t run_cancel(struct run *run, int64_t now_ns);

/*
 * Cancels one job and writes `cancelled` (with id) and what follows from it.
 * Nothing is done or written if there is no such job to cancel or out of
 * memory.
 */
enum run_cancelled { RUN_CANCELLED, RUN_NO_SUCH_JOB, RUN_NOMEM };
enum run_cancelled run_cancel_job(struct run *run, uint64_t job, struct request_id *id,
                                  int64_t now_ns);

/* Writes that the whole of it is cancelled, `jobs` of them, before what follows from it.
 * False when out of memory: nothing is written. */
bool run_write_cancelled(struct run *run, struct request_id *id, uint32_t jobs);

#endif
