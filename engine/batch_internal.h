/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_INTERNAL_H
#define WAITD_BATCH_INTERNAL_H

/*
 * The state of a running batch, shared by the files that make it up:
 *
 *     batch.c         its life, the order of work, cancelling all remaining, the result
 *     batch_one_shot.c  the life of a one-shot job: it waits
 *     batch_job.c     the life of any other: attempts, steps, workers
 *     batch_pool.c    the workers of each pool, and who queues for them
 *     batch_ahead.c   draws before they are wanted, in a batch that is run many times
 *     batch_after.c   the jobs that a job's end makes ready or skipped
 *     batch_ready.c   arrivals, and the ready by priority
 *     batch_report.c  what a report is made of
 *
 * Every job has a state, in one byte.  A one-shot job (plan_is_one_shot()) needs
 * nothing else but its entry in the queue of due times and, where jobs may
 * begin at different times, the time it began:
 *
 *     UNTOUCHED ─► WAITING ─► ENDED
 *
 * (A job that arrives later than the batch is EXPECTED before it is UNTOUCHED.)
 *
 * Every other is an *active job* from its start on:
 *
 *                    ┌──────────── retry ────────────┐
 *                    ▼                               │
 *     UNTOUCHED ─► RUNNING / COMPUTING ◄─► QUEUED   BACKOFF
 *         │          │  (or BETWEEN)        │        ▲
 *         ▼          └──────────┬───────────┘────────┘
 *      SKIPPING ─────────────► ENDED
 *
 * A job has at most one entry in the queue of due times: the end of its step,
 * of its back-off or of its empty attempt, its skip, or its attempt's time-out
 * where that is due earlier.  It stays there until it is due, even if the job
 * is cancelled meanwhile: an entry of a job that has ended means nothing.
 * While a job queues for a worker it has no such entry; should its attempt be
 * able to time out meanwhile, that is in a queue of its own, out of which it is
 * taken when there is a worker.
 */

#include "engine/batch.h"
#include "engine/draw_series.h"
#include "engine/dueq.h"
#include "engine/prioq.h"
#include "proto/plan_internal.h"
#include "engine/timerq.h"
#include "proto/saturate.h"

enum job_state {
    STATE_UNTOUCHED, /* not ready, or ready and not started */
    STATE_EXPECTED,  /* it has not arrived */
    STATE_WAITING,   /* one-shot */
    STATE_BETWEEN,   /* in an attempt but in no step: it has none, and its end is due */
    STATE_RUNNING,   /* in a step that needs no worker of its own */
    STATE_COMPUTING, /* in a step, holding a worker */
    STATE_QUEUED,    /* for a worker */
    STATE_BACKOFF,   /* between attempts */
    STATE_SKIPPING,  /* its skip is due */
    STATE_ENDED,     /* terminal */
};

#define NO_JOB UINT32_MAX

/* No active job. */
#define NO_ACTIVE_JOB UINT32_MAX

/* Of a job that is not one-shot, from its start on. */
struct active_job {
    int64_t began_ns;   /* the step, queueing or back-off in progress */
    int64_t due_ns;     /* and when it is over, unless the attempt times out before */
    int64_t ran_ns;     /* what its steps and back-offs took so far, saturating */
    int64_t timeout_ns; /* when the attempt times out, -1 for never */
    uint32_t job, spec;
    uint32_t attempt;    /* from 1; 0 before the first */
    uint32_t step;       /* over repeats */
    uint32_t prev, next; /* QUEUED, without priorities: active jobs */
    bool times_out;      /* the attempt does: the meaning of its entry */
    uint16_t pool;       /* whose worker it holds or queues for */
};

/* What is known of a job as it becomes terminal. */
struct ended {
    int64_t ran_ns; /* what its steps and back-offs took */
    uint32_t job, spec;
    uint32_t attempts; /* 0: it never started */
    uint32_t cause;    /* of one that is skipped */
    enum job_status status;
    int64_t chain_ns; /* once it is terminal: the longest chain that ends in it */
};

/* Of a name that jobs wait for.  Zeros at first, as the next, so that a batch is made
 * at once, however many there are. */
struct name_state {
    int64_t chain_ns;   /* the longest chain that ends in a job of this name */
    uint32_t ok;        /* its jobs that are `ok` */
    uint32_t next;      /* in the queue of names to notify about */
    uint32_t cause;     /* broken: the first job, by index, that ended otherwise so far */
    uint32_t chain_end; /* the first job, by index, in which that chain ends, plus 1 */
    int64_t broken_ns;  /* and when the first one, in time, did */
    bool broken;        /* a job of it ended otherwise */
    bool queued;        /* it is in the queue */
    bool again;         /* its cause has changed while those that wait are being notified */
};

/* Of an `after` list. */
struct list_state {
    int64_t base_ns; /* the longest chain that ends in its names */
    uint32_t ok;     /* its names that are `ok`, one that is there twice counted so */
    uint32_t cause;  /* doomed: the first job of its names, by index, that is known to have
                      * ended otherwise */
    bool doomed;     /* one never will be */
};

/* Jobs ready to start: first those that wait for nothing, in the order of the
 * request, then those that became ready later, element by element. */
struct ready {
    uint32_t first;  /* the next spec to look at among those that wait for nothing */
    uint32_t *later; /* specs, in the order in which they became ready */
    uint32_t head, tail;
    uint32_t job; /* how many jobs of the spec at the front have been started */
};

/*
 * The same job by job, where jobs arrive later than the batch or have priorities.
 * Each job's arrival is drawn as the batch begins, and those to come are in a queue
 * of their own, where one of a job that has been skipped or cancelled meanwhile means
 * nothing.
 */
struct arrivals {
    struct dueq due;          /* those to come; tags are specs */
    int64_t *at_ns;           /* of each job; NULL if all arrive with the batch */
    struct prioq_node *nodes; /* of each job */
    prioq ready;              /* jobs */
    uint32_t n_ready;         /* that ever were */
    uint32_t spec, job;       /* the next one to be accepted */
    uint64_t instance;        /* of its element */
    int64_t gaps_ns;          /* from the first instance to the last one accepted */
};

/* What a job draws in its first attempt: the length of its first step, 0 if it has none, and
 * whether the attempt fails.  With it what else that attempt takes, so that most jobs need
 * nothing of the plan from their start to their end. */
struct batch_drawn {
    int64_t length_ns;
    bool fails;
    bool whole;    /* the step is all of the attempt, which has no time-out */
    uint8_t kind;  /* enum step_kind, of the step */
    uint16_t pool; /* and its pool */
};

/* Draws ahead: batch_ahead.c. */
struct batch_ahead {
    struct batch_drawn *of;              /* of each job; NULL: nothing is drawn ahead */
    struct draw_row *lengths, *failures; /* that are drawn in each run */
    uint32_t n_lengths, n_failures;
    uint32_t drawn_lengths, drawn_failures; /* rows of them in this run */
    bool vectors;                           /* several are drawn at once: draw_row.h */
    bool due;                               /* some are not drawn in this run */
    uint32_t spec, job;                     /* the next one to be gathered into rows */
    uint32_t open[DIST_TRACE];              /* by kind: the row that is not full, plus 1 */
};

/* The workers of a pool.  Active jobs queue for them in a list, or by priority. */
struct pool_state {
    uint32_t free;
    uint32_t first_queued, last_queued;
    prioq queued;
};

/* Notifying those that wait that a name is `ok`, or never will be. */
struct release {
    uint32_t head, tail; /* queue of names, NO_JOB for none; linked by name_state.next */
    bool begun;          /* with the one at the head */
    bool defaults;       /* it concerns the list of `defaults` */
    uint32_t edge;       /* cursor over the name's edges */
    uint32_t spec;       /* cursor over all specs, where it concerns `defaults` */
    bool by_job;         /* the element at the edge cursor is handled job by job */
    uint32_t job;        /* cursor over its jobs */
};

struct batch {
    const struct plan *plan;
    const struct plan_options *options;
    int64_t seed;    /* of draws */
    bool quiet;      /* nothing that happens is written */
    bool writes_all; /* more than `done` is */
    bool is_blocking;
    bool flows;        /* of one-shot jobs, ends are followed by starts alone: batch_one_shot.c */
    int64_t *ran_ns;   /* of each job that has ended, -1 if it never started; NULL: not kept */
    uint8_t *states;   /* enum job_state, of each job */
    int64_t *began_ns; /* of each one-shot job that has begun; NULL if all begin at 0 */
    struct active_job *active_jobs; /* by plan_active_job() */
    struct dueq queue;              /* tags are specs */
    struct timerq queue_timeouts;   /* time-outs of active jobs that queue for a worker */
    int64_t clock_ns;
    int64_t next_ns; /* what is due next, once no work waits */

    uint32_t pending;     /* jobs not terminal */
    uint32_t slots_taken; /* against `concurrency` */
    uint32_t n_active;    /* active jobs now; `queue_timeouts` has room for all */
    uint32_t concurrency; /* as it applies: 1 in `sequential` */

    struct pool_state *pools;  /* by number; in `blocking` the first is for whole jobs */
    struct prioq_node *queued; /* of each active job, in the queues of pools; NULL: no priorities */
    uint32_t n_queued;         /* active jobs that ever queued */

    struct batch_ahead ahead;
    struct draw_series *series; /* of one-shot jobs that start next; NULL until it is worth it */
    struct ready ready;
    struct arrivals *arrivals;   /* NULL where no job has any, nor a priority, and none reports */
    struct batch_report *report; /* NULL where the plan asks for none */
    struct release release;
    struct name_state *names;
    struct list_state *lists;

    bool cancelling;
    enum job_status cancel_status;
    uint32_t cancel_at, cancel_spec;

    size_t cleared; /* bytes, while it is made as new */

    bool more; /* work waits now */
    bool starved, timed_out, cancelled, any_not_ok;
    struct batch_result result; /* as far as known */
    uint32_t chain_end; /* quiet: the first job, by index, in which the critical path ends */

    struct occurrence *out; /* during a call */
    size_t out_n, room;
};

/* Writes an occurrence, if the plan asks for its kind. */
static inline void batch_emit(struct batch *batch, const struct occurrence *occurrence)
{
    if (batch->writes_all || (occurrence->kind == OCCURRED_DONE && !batch->quiet))
        batch->out[batch->out_n++] = *occurrence;
}

/* The list of names that a spec's jobs wait for, PLAN_NONE for none. */
static inline uint32_t batch_list_of(const struct batch *batch, uint32_t spec)
{
    const struct after_graph *graph = &batch->plan->graph;

    return graph->used ? graph->list_of[spec] : PLAN_NONE;
}

/* Adds a job's own time to the longest chain that ends in what it waited for, or to its
 * arrival where that is later and it started. */
static inline int64_t batch_chain(const struct batch *batch, const struct ended *ended)
{
    uint32_t list = batch_list_of(batch, ended->spec);
    int64_t base_ns = list == PLAN_NONE ? 0 : batch->lists[list].base_ns;

    if (batch->arrivals != NULL && batch->arrivals->at_ns != NULL && ended->attempts > 0 &&
        batch->arrivals->at_ns[ended->job] > base_ns)
        base_ns = batch->arrivals->at_ns[ended->job];
    return saturate_add_ns(base_ns, ended->ran_ns);
}

/* ---- Ready jobs --------------------------------------------------------------- */

/* The spec at the front of those that are ready, PLAN_NONE for none. */
static inline uint32_t batch_front(struct batch *batch)
{
    struct ready *ready = &batch->ready;

    if (batch->arrivals != NULL)
        return batch->arrivals->ready == PRIOQ_NONE
                   ? PLAN_NONE
                   : plan_spec_of(batch->plan, batch->arrivals->ready);
    while (ready->first < batch->plan->n_specs && batch_list_of(batch, ready->first) != PLAN_NONE)
        ready->first++;
    if (ready->first < batch->plan->n_specs)
        return ready->first;
    return ready->head < ready->tail ? ready->later[ready->head] : PLAN_NONE;
}

/* The next job to start, of the spec at the front. */
static inline uint32_t batch_front_job(const struct batch *batch, uint32_t spec)
{
    if (batch->arrivals != NULL)
        return batch->arrivals->ready;
    return plan_first_job(batch->plan, spec) + batch->ready.job;
}

/* That job of the spec at the front has been started, or has ended without. */
static inline void batch_leave_front(struct batch *batch, uint32_t spec)
{
    struct ready *ready = &batch->ready;
    struct arrivals *arrivals = batch->arrivals;

    if (arrivals != NULL) {
        prioq_remove(arrivals->nodes, &arrivals->ready, arrivals->ready);
        return;
    }
    if (++ready->job < plan_count(batch->plan, spec))
        return;
    ready->job = 0;
    if (ready->first < batch->plan->n_specs)
        ready->first++;
    else
        ready->head++;
}

/* ---- batch_report.c ---------------------------------------------------------- */

int batch_report_init(struct batch *batch);
void batch_report_fini(struct batch *batch);

/* Each, where there is a report, at the batch's clock.  Numbers the names of about `most`
 * specs before anything else: 0 once all are. */
size_t batch_report_prepare(struct batch *batch, size_t most);

/* Notes that a job is ready, or starts; that an active job queues for a pool's worker, or has
 * queued since it began to; that a worker is granted after so long, or was held for so
 * long; and that a job has turned terminal. */
void batch_report_ready(struct batch *batch, uint32_t job);
void batch_report_started(struct batch *batch, uint32_t job);
void batch_report_queued(struct batch *batch, uint32_t pool);
void batch_report_left_queue(struct batch *batch, const struct active_job *active);
void batch_report_granted(struct batch *batch, uint32_t pool, int64_t waited_ns);
void batch_report_held(struct batch *batch, uint32_t pool, int64_t held_ns);
void batch_report_ended(struct batch *batch, const struct ended *ended);

/* ---- batch.c ---------------------------------------------------------------- */

/* Makes a batch as batch_new() does that writes nothing and keeps how long each job
 * ran, to be run many times. */
struct batch *batch_new_quiet(const struct plan *plan);

/* Makes the batch as new, for draws of that seed, about `budget` units at a time, of
 * which each clears so many bytes.  Whether it is as new. */
#define CLEARED_BYTES 64
bool batch_restart(struct batch *batch, int64_t seed, size_t budget, size_t *worked);

/* Takes a slot, and in `blocking` a worker, for a job that starts. */
static inline void batch_take_slot(struct batch *batch, uint32_t job)
{
    batch->slots_taken++;
    if (batch->report != NULL)
        batch_report_started(batch, job);
    if (batch->is_blocking)
        batch->pools[0].free--;
}

static inline void batch_release_slot(struct batch *batch)
{
    batch->slots_taken--;
    if (batch->is_blocking)
        batch->pools[0].free++;
}

/* Keeps how long a job ran, -1 if it never started, and whether the longest chain ends in it. */
static inline void batch_keep_run(struct batch *batch, uint32_t job, int64_t ran_ns,
                                  int64_t chain_ns)
{
    batch->ran_ns[job] = ran_ns;
    if (chain_ns > batch->result.critical_path_ns ||
        (chain_ns == batch->result.critical_path_ns && job < batch->chain_end))
        batch->chain_end = job;
}

/* Makes a job terminal at the batch's clock, once it holds nothing but its
 * slot: counts it and writes its `done`.  Nobody is notified. */
static inline void batch_make_terminal(struct batch *batch, struct ended *ended)
{
    int64_t chain_ns = ended->chain_ns = batch_chain(batch, ended);

    if (ended->attempts > 0)
        batch_release_slot(batch);
    batch->states[ended->job] = STATE_ENDED;
    if (batch->report != NULL)
        batch_report_ended(batch, ended);
    if (batch->ran_ns != NULL)
        batch_keep_run(batch, ended->job, ended->attempts > 0 ? ended->ran_ns : -1, chain_ns);
    batch->pending--;
    batch->result.counts[ended->status]++;
    if (batch->clock_ns > batch->result.predicted_ns)
        batch->result.predicted_ns = batch->clock_ns;
    if (chain_ns > batch->result.critical_path_ns)
        batch->result.critical_path_ns = chain_ns;
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_DONE,
                                           .job = ended->job,
                                           .ordinal = ended->attempts,
                                           .status = (uint8_t)ended->status,
                                           .cause = ended->cause,
                                           .due_ns = batch->clock_ns});
}

/* Follows on a job's end, which is neither one of all remaining nor undone. */
void batch_job_ended(struct batch *batch, const struct ended *ended);

/* ---- batch_one_shot.c ---------------------------------------------------------- */

/* Starts ready jobs at the batch's clock, at most `most`, as long as they are
 * one-shot.  Returns how many it has handled: one that was cancelled
 * meanwhile is passed over. */
size_t batch_one_shot_start(struct batch *batch, size_t most);

/* Ends jobs whose wait is over by until_ns, at most `most`, as long as those
 * that fall due next are one-shot, which the first is.  Returns how many.  Nothing
 * may follow from the end of any but the last. */
size_t batch_one_shot_end(struct batch *batch, int64_t until_ns, size_t most);

/* Whether one-shot jobs flow: nothing but the start of another follows from an end, nothing
 * notifies of starts, and no time-out comes in between.  What ends and starts then costs a quarter
 * of the instructions.  For the batch's life. */
bool batch_one_shot_flows(const struct batch *batch);

/* Where they do and no slot is free: ends the job that is due first and starts the one at the
 * front, both one-shot, again and again, at most `most` of both together.  Returns how many. */
size_t batch_one_shot_flow(struct batch *batch, int64_t until_ns, size_t most);

/* How long one has run by the batch's clock, or until its end should that be
 * due already and not handled. */
int64_t batch_one_shot_ran(const struct batch *batch, uint32_t job, uint32_t spec);

/* ---- batch_job.c ----------------------------------------------------------- */

/* Starts a job that is not one-shot, at the batch's clock.  False if out of
 * memory: nothing is done then. */
bool batch_job_start(struct batch *batch, uint32_t job, uint32_t spec);

/* Handles its queue entry, at the batch's clock. */
void batch_job_due(struct batch *batch, struct active_job *active);

/* Has its attempt time out while it queues for a worker. */
void batch_job_queue_timed_out(struct batch *batch, uint32_t active);

/* Takes a job out of the step, the queue or the back-off that it is in, and
 * releases the worker that it holds by itself.  It is about to end. */
void batch_job_leave(struct batch *batch, struct active_job *active);

/* ---- batch_pool.c ----------------------------------------------------------- */

int batch_pool_init(struct batch *batch);
void batch_pool_restart(struct batch *batch);
void batch_pool_fini(struct batch *batch);

/* Takes a free worker of the pool for an active job.  False if there is none. */
bool batch_pool_take(struct batch *batch, struct active_job *active, uint32_t pool);

/* Puts an active job into the pool's queue, and takes it out. */
void batch_pool_queue(struct batch *batch, struct active_job *active, uint32_t pool);
void batch_pool_leave_queue(struct batch *batch, struct active_job *active);

/* Releases the worker that an active job holds: to the head of its pool's queue, which
 * has left that and is returned, or NULL where nobody queues. */
struct active_job *batch_pool_release(struct batch *batch, const struct active_job *active);

/* ---- batch_ready.c ---------------------------------------------------------- */

int batch_ready_init(struct batch *batch);
void batch_ready_restart(struct batch *batch);
void batch_ready_fini(struct batch *batch);

/* Makes the next jobs of the request ready, or expects them, at most `most`.  Returns how
 * many. */
size_t batch_ready_accept(struct batch *batch, size_t most);

/* Whether there is one. */
static inline bool batch_ready_is_due(const struct batch *batch)
{
    return batch->arrivals != NULL && batch->arrivals->job < batch->plan->n_jobs;
}

/* What arrives next, or NULL.  It may have been skipped or cancelled meanwhile: it is
 * STATE_EXPECTED no more. */
static inline const struct dueq_entry *batch_ready_next(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;

    return arrivals != NULL && arrivals->at_ns != NULL ? dueq_first(&arrivals->due) : NULL;
}

/* Takes that out of the queue and has it arrive, at the batch's clock. */
void batch_ready_arrive(struct batch *batch);

/* Makes one job of a spec ready, if it has arrived and not ended. */
void batch_ready_add(struct batch *batch, uint32_t job, uint32_t spec);

/* ---- batch_ahead.c ----------------------------------------------------------- */

int batch_ahead_init(struct batch *batch);
void batch_ahead_restart(struct batch *batch);
void batch_ahead_fini(struct batch *batch);

/* Draws ahead, before anything else, about `most` draws.  Returns how many, 0 once all is drawn. */
size_t batch_ahead_draw(struct batch *batch, size_t most);

/* ---- batch_after.c ----------------------------------------------------------- */

int batch_after_init(struct batch *batch);
void batch_after_restart(struct batch *batch);
void batch_after_fini(struct batch *batch);

/* Notes that a job has ended; those that wait for its name are to be notified. */
void batch_after_note(struct batch *batch, const struct ended *ended);

/* Notifies those that wait, element by element, at most `most`.  Returns how many. */
size_t batch_after_release(struct batch *batch, size_t most);

/* Whether any is still to be notified. */
static inline bool batch_after_is_due(const struct batch *batch)
{
    return batch->release.head != NO_JOB;
}

/* Of a doomed spec: the first job, by index, of those that it waits for which has ended
 * otherwise than ok. */
uint32_t batch_after_cause(const struct batch *batch, uint32_t spec);

/* Whether all that a spec's jobs wait for are `ok`. */
bool batch_after_is_met(const struct batch *batch, uint32_t spec);

#endif
