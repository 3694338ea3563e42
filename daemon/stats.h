/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STATS_H
#define WAITD_STATS_H

/*
 * Counting.  Each loop has a `struct stats` of its own, written by its thread
 * alone; any thread may add them up at any time (relaxed atomics: a sum may
 * mix counts a few microseconds apart, each of them whole).
 *
 * Lateness is kept as a histogram with eight buckets to each power of two
 * (a figure read from it is at most an eighth too high), in windows of time that
 * are dropped when they are a minute old.
 */

#include <stdint.h>

#include "daemon/engine/batch.h"
#include "proto/event.h"

struct stats;

struct stats *stats_new(void);
void stats_free(struct stats *stats);

/* Jobs accepted; jobs ended, by status. */
void stats_accepted(struct stats *stats, uint64_t jobs);
void stats_ended(struct stats *stats, enum job_status status, uint64_t jobs);

/* One job that fell due at due_ns and was handled at now_ns (real clock only). */
void stats_late(struct stats *stats, int64_t now_ns, int64_t late_ns);

void stats_events(struct stats *stats, uint64_t lines);
void stats_bytes(struct stats *stats, uint64_t in, uint64_t out);

/* Adds what n loops have counted into *sum, lateness percentiles over all of
 * them for the minute before now_ns.  Leaves uptime, connections, batches,
 * pending and rss alone. */
void stats_sum(struct stats *const *all, unsigned n, int64_t now_ns, struct event_stats *sum);

#endif
