/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FLIGHT_H
#define WAITD_FLIGHT_H

/*
 * The jobs of one batch that are in flight, from `started` to `done`, and what
 * is under way in each.  Each has a lane that no other has meanwhile: the lowest
 * that is free, so that there are as many lanes as jobs were ever in flight
 * at once.
 *
 * Memory: 4 bytes for each job of the batch (touched only as they start), and
 * some 100 for each in flight at once.  Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/event_reader.h"

enum flight_phase {
    FLIGHT_BETWEEN, /* an attempt has started and no step yet */
    FLIGHT_WAIT,
    FLIGHT_COMPUTE,
    FLIGHT_BACKOFF,
};

/* Times are those of the events. */
struct flight_job {
    uint64_t job;
    uint32_t lane; /* from 0 */
    enum flight_phase phase;
    uint64_t attempt;
    int64_t start_ns, attempt_ns; /* of the job, of its attempt */
    int64_t phase_ns;             /* when the phase began */
    int64_t due_ns;               /* when it is to end, by when it began */
    int64_t own_ns;               /* run by steps, and back-offs, before this phase */
    struct event_string note;     /* of the step; kept here */
    size_t note_room;
};

struct flight {
    uint64_t jobs;
    uint32_t *places; /* by job: 1 and the place in `in_flight`; 0 for none */
    struct flight_job *in_flight;
    uint32_t n, room;
    uint32_t lanes; /* that were ever used */
    uint32_t *free; /* lanes, a heap with the lowest at the top */
    uint32_t n_free;
};

/* For a batch of so many jobs.  0, or -1 when memory is short; to be released
 * in any case. */
int flight_init(struct flight *flight, uint64_t jobs);
void flight_fini(struct flight *flight);

/* A job starts, in BETWEEN.  NULL for one that is in flight or that there is
 * not, and when memory is short.  Pointers that were handed out before are
 * then void. */
struct flight_job *flight_start(struct flight *flight, uint64_t job, int64_t at_ns);

/* The job, or NULL if it is not in flight. */
struct flight_job *flight_find(const struct flight *flight, uint64_t job);

/* A step begins. */
void flight_step(struct flight_job *job, const struct event *step);

/* What the job has taken so far of its own: without queueing. */
int64_t flight_own(const struct flight_job *job, int64_t now_ns);

/* The job is over.  Voids pointers as well. */
void flight_end(struct flight *flight, struct flight_job *job);

#endif
