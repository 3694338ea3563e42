/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRACE_POOLS_H
#define WAITD_TRACE_POOLS_H

/*
 * How many workers of each pool are busy, for a counter a pool, where a plan has
 * pools.  A worker is free again when its step is due to end, which the job's next
 * event follows only later, since the job may queue for another worker then: steps
 * wait for their ends in a heap.
 *
 * Memory: 32 bytes for each compute step in progress.
 */

#include <stddef.h>

#include "client/trace/flight.h"
#include "client/trace/trace_counter.h"
#include "proto/plan.h"

struct trace_pool {
    struct trace_counter counter;
    struct bytes name; /* `pool db`, `default pool` */
};

struct trace_pools_step {
    int64_t due_ns;
    uint64_t job;
};

/* All zero: none. */
struct trace_pools {
    const struct plan *plan; /* borrowed; NULL for no pools */
    uint64_t process;
    struct trace_pool *pools; /* by number, the default one first */
    uint32_t n;
    struct trace_pools_step *steps; /* a heap, the earliest first */
    size_t n_steps, steps_room;
    bool no_memory;
};

/* plan: borrowed; NULL for none.  0, or -1 when out of memory; to be released in any
 * case. */
int trace_pools_init(struct trace_pools *pools, const struct plan *plan, uint64_t process);
void trace_pools_fini(struct trace_pools *pools);

/* Time passes: the steps that are due by now have released their workers. */
void trace_pools_advance(struct bytes *out, struct trace_pools *pools, struct flight *flight,
                         int64_t now_ns);

/* A compute step of the job begins now; the job's phase is set.  And the phase of a
 * job ends, before it is set anew. */
void trace_pools_begin(struct bytes *out, struct trace_pools *pools, const struct flight *flight,
                       uint64_t index, struct flight_job *job, int64_t now_ns);
void trace_pools_end(struct bytes *out, struct trace_pools *pools, const struct flight *flight,
                     uint64_t index, struct flight_job *job, int64_t now_ns);

/* The batch is over. */
void trace_pools_finish(struct bytes *out, struct trace_pools *pools);

#endif
