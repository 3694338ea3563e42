/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_QUEUES_H
#define WAITD_TIMELINE_QUEUES_H

/*
 * How many jobs queued for the workers of each pool, over time, where a plan has pools.
 * Pool 0 is the default one.
 *
 * Memory: 32 KiB for each pool that was ever queued for.  Adding costs the same however
 * long a job queued.  Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/plan.h"

/* Pools that are distinguished; the queueing for further ones is not kept. */
#define TIMELINE_QUEUES_MAX UINT8_MAX

/* In the place of a pool: none, or one of the further. */
#define TIMELINE_NO_POOL UINT8_MAX

struct timeline_queue;

struct timeline_queues_pool {
    char *label; /* `pool db`, `default pool`: safe to be shown */
    size_t label_len;
    struct timeline_queue *queue; /* NULL: nobody has queued for it so far */
};

struct timeline_queues {
    const struct plan *plan; /* borrowed; NULL once it is not used any more */
    unsigned n;
    struct timeline_queues_pool *pools;
    int64_t bin_ns;
};

/* Of the plan's pools.  NULL when out of memory. */
struct timeline_queues *timeline_queues_new(const struct plan *plan);
void timeline_queues_free(struct timeline_queues *queues); /* NULL is fine */

/* The pool whose workers a compute step (counted over repeats) of a job takes; and that of
 * the first of its compute steps, or TIMELINE_NO_POOL where it has none. */
uint8_t timeline_queues_pool_of(const struct timeline_queues *queues, uint64_t job, uint64_t step);
uint8_t timeline_queues_first_pool_of(const struct timeline_queues *queues, uint64_t job);

/* A job queued there from one time to another, which is not below it.  0, or -1 when out of
 * memory. */
int timeline_queues_add(struct timeline_queues *queues, uint8_t pool, int64_t begin_ns,
                        int64_t end_ns);

/* Adds to each of `columns` levels, which span span_ns from 0 on, how many jobs queued
 * there on the average. */
void timeline_queues_spread(const struct timeline_queues *queues, unsigned pool, int64_t span_ns,
                            unsigned columns, double *levels);

#endif
