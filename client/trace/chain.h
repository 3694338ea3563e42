/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHAIN_H
#define WAITD_CHAIN_H

/*
 * The critical path of a batch while it runs: the longest chain of jobs,
 * through `after`, by the jobs' own times (steps as long as they ran, and
 * back-offs; not queueing), whose length `finished` has.
 *
 * Given each `done` in their order, it keeps the longest chain
 * up to each name that jobs wait for, and so takes memory for the plan's names
 * alone.  A name is over before anyone who waits for it starts, so the chain is
 * always that of what has ended so far.  Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/plan_names.h"

struct chain;

/* plan: borrowed; NULL where it is not known, and chains are then single jobs.
 * NULL when out of memory. */
struct chain *chain_new(const struct plan *plan);
void chain_free(struct chain *chain); /* NULL is fine */

/* A job on the path. */
struct chain_job {
    uint64_t job;
    int64_t start_ns, end_ns; /* as the events have them */
};

/* A job has ended and took own_ns. */
void chain_done(struct chain *chain, const struct chain_job *job, int64_t own_ns);

/* The length of the longest chain so far. */
int64_t chain_length(const struct chain *chain);

/* Its jobs, the last one first: at most `max` go to jobs[].  Returns how many
 * there are in all. */
size_t chain_jobs(const struct chain *chain, struct chain_job *jobs, size_t max);

#endif
