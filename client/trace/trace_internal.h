/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRACE_INTERNAL_H
#define WAITD_TRACE_INTERNAL_H

/* What show_trace.c, trace_job.c and trace_batch.c share. */

#include <stdbool.h>
#include <stdint.h>

#include "client/trace/chain.h"
#include "client/trace/flight.h"
#include "client/trace/trace_counter.h"
#include "client/trace/trace_pools.h"
#include "client/trace/trace_writer.h"

/* The thread before the lanes. */
#define TRACE_BATCH_THREAD 1
#define TRACE_LANE_THREAD  2

/* Of the jobs of one name, the one that ended last. */
struct trace_tail {
    bool is_there;
    uint32_t lane;
    int64_t start_ns, end_ns;
};

/* How deep in a job a slice lies that ends before the job does. */
enum trace_depth { TRACE_ATTEMPT, TRACE_PHASE, TRACE_DEPTHS };

struct trace_batch {
    uint64_t process;
    struct flight flight;
    int64_t now_ns; /* of the last event */
    bool is_late;   /* times are measured: the clock is real, as far as is known */
    bool is_clock_known;
    uint32_t named; /* lanes */
    /* Slices that end in this microsecond and begin where the one around them does,
     * which may prove to end in it too and has to be written first. */
    struct bytes inner[TRACE_DEPTHS];
    /* Arrows and the critical path; NULL without a plan. */
    struct trace_tail *tails; /* by name */
    uint64_t arrows;
    struct chain *chain;
    struct trace_counter in_flight;
    struct trace_pools pools;
};

static inline struct trace_where trace_lane(const struct trace_batch *trace, uint32_t lane)
{
    return (struct trace_where){trace->process, TRACE_LANE_THREAD + (uint64_t)lane};
}

static inline struct trace_where trace_of_batch(const struct trace_batch *trace)
{
    return (struct trace_where){trace->process, TRACE_BATCH_THREAD};
}

/* By how it ended, as `finished` and `done` have it. */
enum trace_outcome { TRACE_OK, TRACE_FAILED, TRACE_TIMED_OUT, TRACE_OTHER, TRACE_OUTCOMES };

enum trace_outcome trace_outcome(struct event_text status);

/* ---- On a job's lane (trace_job.c) ------------------------------------------- */

/* The phase of the job ends now, and the job does not.  may_queue: what follows
 * is such that the job may have waited for a worker since the end of it was due. */
void trace_job_end_phase(struct bytes *out, struct trace_batch *trace, const struct flight_job *job,
                         bool may_queue);

/* So does its attempt.  To be called first. */
void trace_job_end_attempt(struct bytes *out, struct trace_batch *trace,
                           const struct flight_job *job, const struct event_read *event);

/* Whether a job or an attempt that ended like this may have queued. */
bool trace_job_may_have_queued(struct event_text status);

/* All of the job ends now. */
void trace_job_end(struct bytes *out, const struct trace_batch *trace, const struct flight_job *job,
                   const struct event_read *event);

/* One that has no lane: it was skipped, or cancelled before it had started. */
void trace_job_unstarted(struct bytes *out, const struct trace_batch *trace,
                         const struct event_read *event);

/* Writes the inner slices: the microsecond is over. */
void trace_job_flush(struct bytes *out, struct trace_batch *trace);

/* ---- Before the lanes (trace_batch.c) ----------------------------------------- */

/* Names the process: by the batch's label, `batch 7`, or with the client's id
 * `batch 7: tea`, or `sequential: tea`.  mode: NULL for none. */
void trace_batch_name(struct bytes *out, const struct trace_batch *trace, const char *mode,
                      const char *label, struct event_text id);

/* The batch as a whole.  event: `finished`, or NULL where it never came. */
void trace_batch_end(struct bytes *out, const struct trace_batch *trace,
                     const struct event_read *event);

/* The critical path, if it is known. */
void trace_batch_path(struct bytes *out, const struct trace_batch *trace, const struct plan *plan);

#endif
