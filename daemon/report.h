/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REPORT_H
#define WAITD_REPORT_H

/*
 * What is sent to the service manager while the daemon runs: that every loop
 * iterates, for its watchdog, and how it fares, in a line that `systemctl status`
 * shows.  Without a service manager it does nothing.  For the first loop's
 * thread.
 */

#include <stdbool.h>

#include "daemon/snapshot.h"

struct event_base;
struct loop;
struct report;

/* What to watch; borrowed, the array of loops included. */
struct report_config {
    struct event_base *base;
    struct loop *const *loops;
    unsigned n_loops;
    struct snapshot_source *snapshot;
};

/* NULL when out of memory. */
struct report *report_new(const struct report_config *config);

/* The daemon serves: from now on it reports. */
void report_start(struct report *report);

/* The daemon stops: the line says so. */
void report_stopping(struct report *report);

void report_free(struct report *report);

/* Writes the line: connections, batches, pending jobs, and the lateness of the
 * last minute.  Returns out. */
#define REPORT_LINE_MAX 256
const char *report_line(const struct event_stats *stats, bool stopping, char out[REPORT_LINE_MAX]);

#endif
