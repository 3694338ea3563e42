/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_INTERNAL_H
#define WAITD_BATCH_INTERNAL_H

/*
 * The state of a running batch, shared by the files that make it up:
 *
 *     batch.c        its life, the order of work, sweeps, the result
 *     batch_job.c    what one job goes through: attempts, steps, workers
 *     batch_after.c  whom a job's end makes ready or skipped
 *
 *                    ┌──────────── retry ────────────┐
 *                    ▼                               │
 *     UNTOUCHED ─► RUNNING / COMPUTING ◄─► QUEUED   BACKOFF
 *         │          │  (or BETWEEN)        │        ▲
 *         ▼          └──────────┬───────────┘────────┘
 *      SKIPPING ─────────────► ENDED
 *
 * A job has at most one entry in the timer queue: the end of its step, of its
 * back-off or of its empty attempt, its skip, or its attempt's time-out where
 * that is due earlier.  A job that queues for a worker has one only if its
 * attempt can time out.
 */

#include "daemon/engine/batch.h"
#include "daemon/engine/plan_internal.h"
#include "daemon/engine/timerq.h"

enum job_state {
    STATE_UNTOUCHED, /* not ready, or ready and not started */
    STATE_BETWEEN,   /* in an attempt but in no step: it has none, and its end is due */
    STATE_RUNNING,   /* in a step that needs no worker of its own */
    STATE_COMPUTING, /* in a step, holding a worker */
    STATE_QUEUED,    /* for a worker */
    STATE_BACKOFF,   /* between attempts */
    STATE_SKIPPING,  /* its skip is due */
    STATE_ENDED,     /* terminal */
};

/* What an entry in the timer queue stands for: timerq_entry.tag. */
enum due_kind { DUE_END, DUE_TIMEOUT };

#define NO_JOB UINT32_MAX

struct job {
    int64_t began_ns;    /* the step or back-off under way */
    int64_t ran_ns;      /* what its steps and back-offs took so far, saturating */
    int64_t timeout_ns;  /* when the attempt times out, -1 for never */
    uint32_t spec;       /* set when it starts or is to be skipped */
    uint32_t attempt;    /* from 1; 0 before the first */
    uint32_t step;       /* over repeats */
    uint32_t prev, next; /* QUEUED */
    uint8_t state;       /* enum job_state */
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
    struct job *jobs;
    struct timerq queue;
    int64_t clock_ns;

    uint32_t pending;      /* jobs not terminal */
    uint32_t slots_taken;  /* against `concurrency` */
    uint32_t in_flight;    /* jobs that may have a queue entry; the queue has room for all */
    uint32_t concurrency;  /* as it applies: 1 in `sequential` */
    uint32_t workers_free; /* in `blocking`: for whole jobs */
    uint32_t first_queued, last_queued;

    struct ready ready;
    struct release release;
    struct name_state *names;
    struct list_state *lists;

    bool sweeping;
    enum job_status sweep_status;
    uint32_t sweep_at;

    bool more; /* work waits now */
    bool starved, timed_out, cancelled, any_not_ok;
    struct batch_result result; /* as far as known */

    struct occurrence *out; /* during a call */
    size_t out_n;
};

int64_t batch_add_ns(int64_t a, int64_t b); /* of times, saturating */

/* Writes an occurrence, if the plan asks for its kind. */
void batch_emit(struct batch *batch, const struct occurrence *occurrence);

/* ---- batch_job.c ----------------------------------------------------------- */

/* Starts a job at the batch's clock.  The queue has room for it. */
void batch_job_start(struct batch *batch, uint32_t job, uint32_t spec);

/* Handles what the job's queue entry stands for, at the batch's clock. */
void batch_job_due(struct batch *batch, uint32_t job, enum due_kind kind);

/* Ends a job from whatever state it is in: gives back what it holds, counts
 * what it ran and writes its `done`.  No one is told. */
void batch_job_end(struct batch *batch, uint32_t job, enum job_status status);

/* ---- batch.c ---------------------------------------------------------------- */

/* Follows on a job's end, which is neither a sweep's nor undone: rule 6. */
void batch_job_ended(struct batch *batch, uint32_t job, enum job_status status);

/* ---- batch_after.c ----------------------------------------------------------- */

int batch_after_init(struct batch *batch);
void batch_after_fini(struct batch *batch);

/* Notes that a job has ended; who waits for its name is to be told. */
void batch_after_note(struct batch *batch, uint32_t job, enum job_status status);

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
