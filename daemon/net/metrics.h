/* SPDX-License-Identifier: ISC */
#ifndef WAITD_METRICS_H
#define WAITD_METRICS_H

/*
 * What Prometheus reads: the daemon's counts in the text format, version
 * 0.0.4, of https://prometheus.io/docs/instrumenting/exposition_formats/.
 * Pure; from any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/session/limits.h"
#include "daemon/session/stats.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is written: the sums of all loops. */
struct metrics {
    const char *version;
    struct event_stats stats;
    struct stats_totals totals;
    struct limits limits;
    unsigned n_loops;
    uint64_t unauthenticated;  /* connections */
    uint64_t text;             /* bytes that requests are kept in */
    const struct store *store; /* of detached batches; NULL for none */
};

/* The whole text, to be freed, and its length; NULL when out of memory. */
char *metrics_write(const struct metrics *metrics, size_t *len);

#endif
