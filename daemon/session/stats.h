/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STATS_H
#define WAITD_STATS_H

/*
 * Counting.  Each loop has a `struct stats` of its own, written by its thread
 * alone; any thread may add them up at any time (relaxed atomics: a sum may
 * mix counts a few microseconds apart, each of them whole).
 *
 * Lateness is kept as a histogram with eight buckets to each power of two
 * (a figure read from it is at most an eighth too high), in 10 s windows, of
 * which the last seven are read.
 */

#include <stdint.h>

#include "engine/batch.h"
#include "proto/event.h"
#include "proto/fault.h"

struct stats;

/* NULL when out of memory. */
struct stats *stats_new(void);
void stats_free(struct stats *stats);

/* Jobs accepted; jobs ended, by status. */
void stats_accepted(struct stats *stats, uint64_t jobs);
void stats_ended(struct stats *stats, enum job_status status, uint64_t jobs);

/* Jobs from before the last restart, which count as pending and not as accepted. */
void stats_resumed(struct stats *stats, uint64_t jobs);

/* Jobs, all handled at now_ns and late_ns after they were due (real clock only). */
void stats_late(struct stats *stats, int64_t now_ns, int64_t late_ns, uint32_t jobs);

/* A batch that ended, a request that was refused, a client that came. */
void stats_batch(struct stats *stats, enum batch_status status);
void stats_refused(struct stats *stats, enum fault_code code);
void stats_connection(struct stats *stats);

/* One iteration of the loop, less the time that it waited for events. */
void stats_iteration(struct stats *stats, int64_t took_ns);

/* Timer slack: by how many ns the timer is set after the first due time. */
void stats_slack(struct stats *stats, int64_t slack_ns);

void stats_events(struct stats *stats, uint64_t lines);
void stats_bytes(struct stats *stats, uint64_t in, uint64_t out);

/* Adds what n loops have counted into *sum, lateness percentiles over all of
 * them for the last 60 to 70 s before now_ns.  Accepted plus resumed jobs always equal
 * ended plus pending jobs.  Leaves uptime, connections, batches and rss alone. */
void stats_sum(struct stats *const *all, unsigned n, int64_t now_ns, struct event_stats *sum);

/* Counts per bucket; upper bounds in stats_bounds_ns, last bucket +Inf; and the sum. */
#define STATS_BOUNDS 14
struct stats_histogram {
    uint64_t counts[STATS_BOUNDS + 1];
    uint64_t sum_ns;
};
extern const int64_t stats_bounds_ns[STATS_BOUNDS];

/* What was counted in all, since the start. */
#define STATS_BATCH_STATUSES (BATCH_CANCELLED + 1)
#define STATS_FAULT_CODES    FAULT_CODES
struct stats_totals {
    uint64_t connections, batches_accepted;
    uint64_t batches[STATS_BATCH_STATUSES]; /* by enum batch_status */
    uint64_t refused[STATS_FAULT_CODES];    /* by enum fault_code */
    struct stats_histogram late, iterations, slack;
};
void stats_totals(struct stats *const *all, unsigned n, struct stats_totals *sum);

#endif
