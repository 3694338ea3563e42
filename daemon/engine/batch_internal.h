/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_INTERNAL_H
#define WAITD_BATCH_INTERNAL_H

/*
 * The state of a running batch, shared by the files that make it up:
 *
 *     batch.c         its life, the order of work, sweeps, the result
 *     batch_simple.c  what a simple job goes through: it waits
 *     batch_job.c     what any other goes through: attempts, steps, workers
 *     batch_after.c   whom a job's end makes ready or skipped
 *
 * Every job has a state, in one byte.  A simple job (plan_is_simple()) needs
 * nothing else but its entry in the queue of due times and, where jobs may
 * begin at different times, the time it began:
 *
 *     UNTOUCHED ─► WAITING ─► ENDED
 *
 * Every other has a *course*:
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

#include "daemon/engine/batch.h"
#include "daemon/engine/dueq.h"
#include "daemon/engine/plan_internal.h"
#include "daemon/engine/timerq.h"

enum job_state {
    STATE_UNTOUCHED, /* not ready, or ready and not started */
    STATE_WAITING,   /* simple */
    STATE_BETWEEN,   /* in an attempt but in no step: it has none, and its end is due */
    STATE_RUNNING,   /* in a step that needs no worker of its own */
    STATE_COMPUTING, /* in a step, holding a worker */
    STATE_QUEUED,    /* for a worker */
    STATE_BACKOFF,   /* between attempts */
    STATE_SKIPPING,  /* its skip is due */
    STATE_ENDED,     /* terminal */
};

#define NO_JOB UINT32_MAX

/* No course. */
#define NO_COURSE UINT32_MAX

/* Of a job that is not simple, from its start on. */
struct course {
    int64_t began_ns;   /* the step or back-off under way */
    int64_t due_ns;     /* and when it is over, unless the attempt times out before */
    int64_t ran_ns;     /* what its steps and back-offs took so far, saturating */
    int64_t timeout_ns; /* when the attempt times out, -1 for never */
    uint32_t job, spec;
    uint32_t attempt;    /* from 1; 0 before the first */
    uint32_t step;       /* over repeats */
    uint32_t prev, next; /* QUEUED: courses */
    bool times_out;      /* the attempt does: what its entry stands for */
};

/* What is known of a job as it turns terminal. */
struct ended {
    int64_t ran_ns; /* what its steps and back-offs took */
    uint32_t job, spec;
    uint32_t attempts; /* 0: it never started */
    enum job_status status;
};

/* Of a name that jobs wait for. */
struct name_state {
    int64_t chain_ns; /* the longest chain that ends in a job of this name */
    uint32_t left;    /* its jobs that are not `ok` yet */
    uint32_t next;    /* in the queue of names to tell about */
    bool broken;      /* a job of it ended otherwise */
};

/* Of an `after` list. */
struct list_state {
    int64_t base_ns; /* the longest chain that ends in its names */
    uint32_t left;   /* its names that are not `ok` yet */
    bool doomed;     /* one never will be */
};

/* Jobs ready to start: first those that wait for nothing, in the order of the
 * request, then those whose turn came later, element by element. */
struct ready {
    uint32_t first;  /* the next spec to look at among those that wait for nothing */
    uint32_t *later; /* specs, in the order in which they became ready */
    uint32_t head, tail;
    uint32_t job; /* how many jobs of the spec at the front have been started */
};

/* Telling those who wait that a name is `ok`, or never will be. */
struct release {
    uint32_t head, tail; /* queue of names, NO_JOB for none; linked by name_state.next */
    bool begun;          /* with the one at the head */
    bool defaults;       /* it concerns the list of `defaults` */
    uint32_t edge;       /* cursor over the name's edges */
    uint32_t spec;       /* cursor over all specs, where it concerns `defaults` */
    bool skipping;       /* the jobs of the element at the edge cursor */
    uint32_t job;        /* cursor over the jobs of a doomed spec */
};

struct batch {
    const struct plan *plan;
    const struct plan_options *options;
    uint8_t *states;        /* enum job_state, of each job */
    int64_t *began_ns;      /* of each simple job that has begun; NULL if all begin at 0 */
    struct course *courses; /* by plan_course() */
    struct dueq queue;      /* tags are specs */
    struct timerq patience; /* time-outs of courses that queue for a worker */
    int64_t clock_ns;
    int64_t next_ns; /* what is due next, once no work waits */

    uint32_t pending;      /* jobs not terminal */
    uint32_t slots_taken;  /* against `concurrency` */
    uint32_t on_course;    /* jobs with a course under way; `patience` has room for all */
    uint32_t concurrency;  /* as it applies: 1 in `sequential` */
    uint32_t workers_free; /* in `blocking`: for whole jobs */
    uint32_t first_queued, last_queued; /* courses */

    struct ready ready;
    struct release release;
    struct name_state *names;
    struct list_state *lists;

    bool sweeping;
    enum job_status sweep_status;
    uint32_t sweep_at, sweep_spec;

    bool more; /* work waits now */
    bool starved, timed_out, cancelled, any_not_ok;
    struct batch_result result; /* as far as known */

    struct occurrence *out; /* during a call */
    size_t out_n;
};

int64_t batch_add_ns(int64_t a, int64_t b); /* of times, saturating */

/* Whether the plan asks for more than `done`. */
static inline bool batch_tells_all(const struct batch *batch)
{
    return batch->options->events == PLAN_EVENTS_ALL;
}

/* Writes an occurrence, if the plan asks for its kind. */
static inline void batch_emit(struct batch *batch, const struct occurrence *occurrence)
{
    if (occurrence->kind == OCCURRED_DONE || batch_tells_all(batch))
        batch->out[batch->out_n++] = *occurrence;
}

static inline bool batch_is_blocking(const struct batch *batch)
{
    return batch->options->mode == PLAN_BLOCKING;
}

/* ---- batch.c ---------------------------------------------------------------- */

/* Takes a slot, and in `blocking` a worker, for a job that starts. */
static inline void batch_take_slot(struct batch *batch)
{
    batch->slots_taken++;
    if (batch_is_blocking(batch))
        batch->workers_free--;
}

/* Makes a job terminal at the batch's clock, once it holds nothing but its
 * slot: counts it and writes its `done`.  No one is told. */
void batch_turn_terminal(struct batch *batch, const struct ended *ended);

/* Follows on a job's end, which is neither a sweep's nor undone: rule 6. */
void batch_job_ended(struct batch *batch, const struct ended *ended);

/* ---- batch_simple.c ---------------------------------------------------------- */

/* Starts a simple job at the batch's clock. */
void batch_simple_start(struct batch *batch, uint32_t job, uint32_t spec);

/* Ends it: its wait is over. */
void batch_simple_due(struct batch *batch, uint32_t job, uint32_t spec);

/* How long it has run by the batch's clock, or until its end should that be
 * due already and not handled. */
int64_t batch_simple_ran(const struct batch *batch, uint32_t job, uint32_t spec);

/* ---- batch_job.c ----------------------------------------------------------- */

/* Starts a job that is not simple, at the batch's clock.  False if memory is
 * short: nothing is done then. */
bool batch_job_start(struct batch *batch, uint32_t job, uint32_t spec);

/* Handles what its queue entry stands for, at the batch's clock. */
void batch_job_due(struct batch *batch, struct course *course);

/* Has its attempt time out while it queues for a worker. */
void batch_job_lose_patience(struct batch *batch, uint32_t course);

/* Takes a job out of the step, the queue or the back-off that it is in, and
 * gives back the worker that it holds by itself.  It is about to end. */
void batch_job_leave(struct batch *batch, struct course *course);

/* ---- batch_after.c ----------------------------------------------------------- */

int batch_after_init(struct batch *batch);
void batch_after_fini(struct batch *batch);

/* Notes that a job has ended; who waits for its name is to be told. */
void batch_after_note(struct batch *batch, const struct ended *ended);

/* Tells one element of those who wait.  False if there is none to be told. */
bool batch_after_release(struct batch *batch);
bool batch_after_is_pending(const struct batch *batch);

/* Adds a job's own time to the longest chain that ends in what it waited for. */
int64_t batch_after_chain(const struct batch *batch, uint32_t spec, int64_t ran_ns);

/* Finds the next job to start: its index and spec; false if none is ready. */
bool batch_after_next_ready(struct batch *batch, uint32_t *job, uint32_t *spec);
/* It has been started, or has ended without. */
void batch_after_take_ready(struct batch *batch);

#endif
