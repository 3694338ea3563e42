/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_H
#define WAITD_BATCH_H

/*
 * A batch runs a sealed plan: the schedule of the wire contract, as a pure
 * function of the plan and of time.  It knows no socket, no JSON and no clock.
 * The caller passes the time, in nanoseconds since the batch was
 * accepted; the batch does a bounded amount of work, says what happened and
 * when it wants to be called again.
 *
 * All arithmetic is on due times.  A late call changes nothing in
 * the order of events or in their due times, so the same plan run with
 * now = INT64_MAX (the virtual clock) gives the same occurrences as a real
 * run.  Nothing happens before `now` has reached its due time.
 *
 * Order of work at one instant (contract, "The schedule, exactly"): a job's
 * end makes others ready or skipped, ready jobs start, then the next
 * occurrence is taken: the earliest due, at one instant the lowest job index,
 * for one job its end before its time-out.
 *
 * Cost: O(log n) an occurrence, n being the jobs in progress, and O(1) where
 * they fall due in the order in which they began (see dueq.h); names that
 * others wait for cost one step each time all their jobs are done, never one a
 * pair of jobs.  Cancelling one job is O(log n), to find its element.
 *
 * Memory, besides the plan's: for a job that waits once and is `ok`, 1 byte and
 * from its start on a queue entry of 16, and 8 more where jobs may begin later
 * than at once (`concurrency`, `after`); 64 more for any other job.  All of it
 * is claimed when the batch is made, and touched job by job as they start.
 * A batch in which 256 jobs or more of one element draw how long they wait takes
 * 1.5 KB besides, as they start.
 *
 * Not re-entrant; one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/figures.h"
#include "proto/occurrence.h"
#include "proto/plan.h"

/* The version of the schedule: raised when a request would have other events than before, so
 * that a batch which an older engine has begun is not run on by this one. */
#define BATCH_ENGINE_VERSION 1

/* "Never", for times. */

/* The least room for occurrences that batch_run() can work with. */
#define BATCH_MIN_ROOM 8

struct batch;

/* Makes a batch of a sealed plan, which must outlive it and stays the
 * caller's.  NULL when out of memory.  Nothing has happened yet. */
struct batch *batch_new(const struct plan *plan);
void batch_free(struct batch *batch); /* NULL is fine; at any time */

/* Frees one that is over, but no more of it at a time than *budget bytes, from which it
 * takes what was freed.  Returns whether all of it is freed; until then it may be asked
 * whether it is over, what it is pending and what its clock reads, and no more. */
bool batch_free_some(struct batch *batch, size_t *budget);

/*
 * Handles what is due at or before now_ns, at most about `budget` units of
 * work (a job started, an occurrence handled, a job cancelled or released), and
 * writes what happened into out[0..room), room at least BATCH_MIN_ROOM.
 * Only occurrences that the plan's `events` asks for are written, but `done`
 * always is.  Returns how many were written.  *worked (may be NULL) is what
 * was spent of the budget.
 *
 * Stops early when the room is nearly full.  There is more to do now when
 * batch_next_due() <= now_ns afterwards.
 *
 * Never fails: a job that cannot be started or queued for want of memory is
 * tried again in the next call (see batch_is_starved()).
 */
size_t batch_run(struct batch *batch, int64_t now_ns, size_t budget, struct occurrence *out,
                 size_t room, size_t *worked);

/* When to call batch_run() again: a due time, 0 or a past time for work that
 * waits now, DUE_NEVER once the batch is over. */
int64_t batch_next_due(const struct batch *batch);

/* Whether the last batch_run() stopped for want of memory. */
bool batch_is_starved(const struct batch *batch);

/* Every job is terminal and its occurrence has been handed out. */
bool batch_is_over(const struct batch *batch);

/* Jobs not terminal yet; and of these, jobs that have started. */
uint32_t batch_pending(const struct batch *batch);
uint32_t batch_in_flight(const struct batch *batch);

/* The due time of what was handled last: the virtual clock's reading. */
int64_t batch_clock(const struct batch *batch);

/*
 * Cancels the whole batch at now_ns: all remaining jobs are cancelled
 * by the next calls of batch_run().  Returns how many those are; 0 if it was
 * being cancelled already.
 */
uint32_t batch_cancel(struct batch *batch, int64_t now_ns);

/*
 * Cancels one job at now_ns and writes what happened into out[0..room), room
 * at least BATCH_MIN_ROOM: its `done`, and before it the step of a job that
 * gets its worker.  While work waits (batch_next_due() <= now_ns) the cancel
 * falls at the batch's clock, batch_clock(), so that due
 * times never go back.  Returns how many were written; 0, and nothing is done, if
 * there is no such job, it is terminal or the batch is being cancelled.
 */
size_t batch_cancel_job(struct batch *batch, uint64_t job, int64_t now_ns, struct occurrence *out,
                        size_t room);

/*
 * The report, for a plan that asks for one, once the batch is over: a line at a time,
 * each looked for in slices of about `budget` values; *worked grows by what was spent.
 */
enum batch_report_step {
    BATCH_REPORT_MORE,  /* the budget is spent */
    BATCH_REPORT_LINE,  /* *line is the next one, until batch_report_next() */
    BATCH_REPORT_DONE,  /* there is none any more, or none at all */
    BATCH_REPORT_NOMEM, /* out of memory for now: call again later */
};
enum batch_report_step batch_report(struct batch *batch, size_t budget, size_t *worked,
                                    struct report_line *line);

/* Moves on to the line behind that which batch_report() has shown. */
void batch_report_next(struct batch *batch);

/* Bytes that the batch of a sealed plan claims for its report, 0 where it asks for none:
 * for limits. */
uint64_t batch_report_bytes(const struct plan *plan);

/* Valid once the batch is over. */
void batch_result(const struct batch *batch, struct batch_result *result);

#endif
