/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_NAIVE_H
#define WAITD_TEST_NAIVE_H

/*
 * A second, deliberately naive reading of the wire contract's section "The
 * schedule, exactly", to hold the engine against.  Jobs stand in one array, the
 * next occurrence is found by looking at every job, and queues are arrays whose
 * head is moved out.  It shares with the engine the types of its output and the
 * generator of random draws, and no line of scheduling.
 *
 * Aborts when out of memory: it serves tests alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/batch.h"
#include "tests/scenario/description.h"

#define NAIVE_WHOLE   UINT32_MAX /* a cancel of the whole batch */
#define NAIVE_BY_TIME SIZE_MAX

/* A cancel by request: of one job or of the whole, at now_ns, after the first
 * `unit` units of work, or (NAIVE_BY_TIME) after all that is due by now_ns. */
struct naive_cancel {
    size_t unit; /* where that was by time, the run sets how many they were */
    int64_t now_ns;
    uint32_t job;
    uint32_t answer; /* set by the run: how many jobs it cancelled */
};

/* The situations that a good set of batches must contain; counted in a run. */
enum naive_situation {
    NAIVE_TIES,             /* several jobs due at one instant */
    NAIVE_ZERO_STEPS,       /* steps that take no time */
    NAIVE_TIMEOUTS,         /* time-outs of attempts, all together */
    NAIVE_QUEUED_TIMEOUTS,  /* of those, of a job that queued for a worker */
    NAIVE_HOLDER_TIMEOUTS,  /* of those, of a job that held a worker, others queueing */
    NAIVE_CLOSE_ENDS,       /* an end and a time-out of one job at one instant */
    NAIVE_CANCELS,          /* cancels of a job, all together */
    NAIVE_QUEUED_CANCELS,   /* of those, of a job that queued for a worker */
    NAIVE_HOLDER_CANCELS,   /* of those, of a job that held a worker, others queueing */
    NAIVE_WHOLE_CANCELS,    /* cancels of the whole batch */
    NAIVE_SKIPS,            /* skips */
    NAIVE_DEEP_SKIPS,       /* skips because of a skipped job */
    NAIVE_SHARED_NAMES,     /* jobs made ready by a name of several */
    NAIVE_BATCH_TIMEOUTS,   /* batch time-outs that fell */
    NAIVE_EMPTY_TIMEOUTS,   /* batch time-outs that found nothing left at their instant */
    NAIVE_FIRST_DONE,       /* cancels the rest by first_done */
    NAIVE_FIRST_FAILED,     /* cancels the rest by first_failed */
    NAIVE_RETRIES,          /* retries, all together */
    NAIVE_PROMPT_RETRIES,   /* of those, without delay */
    NAIVE_JITTERED_RETRIES, /* of those, with a delay drawn */
    NAIVE_BLOCKING,         /* starts in blocking mode with several workers */
    NAIVE_ARRIVALS,         /* arrivals later than the batch */
    NAIVE_VOID_ARRIVALS,    /* jobs skipped or cancelled before they arrived */
    NAIVE_BLOCKED_ARRIVALS, /* arrivals of jobs that others hold up yet */
    NAIVE_AWAITED_ARRIVALS, /* jobs whose others were all `ok` before they arrived */
    NAIVE_OVERTAKES,        /* starts before one that was ready earlier */
    NAIVE_QUEUE_OVERTAKES,  /* grants before one that queued earlier */
    NAIVE_POOL_GRANTS,      /* grants of a pool's worker after queueing */
    NAIVE_SATURATIONS,      /* due times that met 2^63-1 ns */
    NAIVE_SITUATIONS,
};

extern const char *const naive_situation_names[NAIVE_SITUATIONS];

/* What became of one job. */
struct naive_end {
    struct description_element spec; /* that it was of, `defaults` taken in */
    bool started;
    int64_t arrival_ns;
    int64_t spent_ns; /* on its steps and back-offs */
};

struct naive_outcome {
    struct occurrence *out; /* as the batch's `events` has it */
    size_t n_out;
    size_t n_units;
    size_t *out_before;    /* [0..n_units]: n_out after so many units, before a cancel then */
    int64_t *clock_before; /* the same of the time reached */
    struct batch_result result;
    struct naive_end *ends; /* of each job */
    uint32_t n_ends;
    unsigned long seen[NAIVE_SITUATIONS];
};

/* Runs a sound batch; the cancels in order.  The outcome is the caller's to
 * naive_outcome_fini(). */
void naive_run(const struct description *batch, struct naive_cancel *cancels, size_t n_cancels,
               struct naive_outcome *outcome);
void naive_outcome_fini(struct naive_outcome *outcome);

#endif
