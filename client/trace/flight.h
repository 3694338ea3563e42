/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FLIGHT_H
#define WAITD_FLIGHT_H

/*
 * The jobs of one batch that are in flight, from `started` to `done`, and what
 * is in progress in each.  Each has a lane that no other has meanwhile: the lowest
 * that is free, so that there are as many lanes as jobs were ever in flight at
 * once.
 *
 * Of most jobs there is no more to know than when they started and when the
 * first step is due; what others have besides is kept beside them.
 *
 * Memory: 24 bytes for each in flight at once (see client/trace/roster.h), and some 60
 * more for each of these with a second step or attempt, queueing or a note.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/trace/lanes.h"
#include "client/trace/roster.h"
#include "proto/event_reader.h"

enum flight_phase {
    FLIGHT_BETWEEN, /* an attempt has started and no step yet */
    FLIGHT_WAIT,
    FLIGHT_COMPUTE,
    FLIGHT_BACKOFF,
};

/* Times are those of the events, in ns. */
struct flight_job {
    int64_t start_ns;
    int64_t due_ns;      /* when the phase is due to end */
    unsigned lane : 31;  /* from 0 */
    bool is_busy : 1;    /* it holds a worker: for client/trace/trace_pools.h */
    unsigned phase : 2;  /* enum flight_phase */
    unsigned extra : 30; /* 1 and the place of what it has besides; 0 for nothing */
};

/* What a job has besides. */
struct flight_extra {
    uint64_t attempt;
    int64_t attempt_ns, phase_ns; /* when they began */
    int64_t active_ns;            /* run by steps, and back-offs, before this phase */
    uint64_t step;                /* the index of the step, within the attempt */
    struct event_text note;       /* of the step; kept here */
    uint32_t note_room, next;     /* next: of those that are free */
};

struct flight {
    struct roster jobs;
    struct lanes lanes;
    struct flight_extra *extras;
    uint32_t n_extras, extras_room, free_extra; /* free_extra: as a job's */
    bool no_memory;                             /* something could not be kept */
};

/* For a batch of `jobs` jobs.  0, or -1 when out of memory; call flight_fini()
 * in either case. */
int flight_init(struct flight *flight, uint64_t jobs);
void flight_fini(struct flight *flight);

/* A job starts, in BETWEEN.  NULL for one that is in flight or that there is
 * not, and when out of memory, which sets flight->no_memory.  It stays where it is until it ends.
 */
struct flight_job *flight_start(struct flight *flight, uint64_t job, int64_t at_ns);

/* The job, or NULL if it is not in flight. */
static inline struct flight_job *flight_find(const struct flight *flight, uint64_t job)
{
    return roster_find(&flight->jobs, job);
}

/* A step begins, or a back-off, or the attempt behind it.  The job's
 * active time is added up.  Out of memory sets flight->no_memory; for a note alone,
 * the step has none. */
void flight_step(struct flight *flight, struct flight_job *job, const struct event_read *step);
void flight_back_off(struct flight *flight, struct flight_job *job, int64_t at_ns,
                     int64_t delay_ns);
void flight_try_again(struct flight *flight, struct flight_job *job, int64_t at_ns);

/* What the job has besides; NULL where that is nothing. */
static inline const struct flight_extra *flight_extra(const struct flight *flight,
                                                      const struct flight_job *job)
{
    return job->extra != 0 ? &flight->extras[job->extra - 1] : NULL;
}

/* When the phase began. */
static inline int64_t flight_phase_ns(const struct flight *flight, const struct flight_job *job)
{
    return job->extra != 0 ? flight->extras[job->extra - 1].phase_ns : job->start_ns;
}

static inline uint64_t flight_attempt(const struct flight *flight, const struct flight_job *job)
{
    return job->extra != 0 ? flight->extras[job->extra - 1].attempt : 1;
}

/* The index of the step in progress, or of the one that the job queues for. */
static inline uint64_t flight_step_index(const struct flight *flight, const struct flight_job *job)
{
    return job->extra != 0 ? flight->extras[job->extra - 1].step : 0;
}

/* How many ns the job has been active so far: steps and back-offs, without queueing. */
int64_t flight_active_ns(const struct flight *flight, const struct flight_job *job, int64_t now_ns);

/* Ends a job, which must be in flight, and frees its lane. */
void flight_end(struct flight *flight, uint64_t job);

#endif
