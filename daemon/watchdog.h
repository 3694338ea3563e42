/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WATCHDOG_H
#define WAITD_WATCHDOG_H

/*
 * What is sent to the service manager while the daemon runs: that every loop
 * iterates, for its watchdog, and the daemon's figures, in a line that `systemctl
 * status` shows.  Without a service manager it does nothing.  For the first loop's
 * thread.
 */

#include <stdbool.h>

#include "daemon/snapshot.h"

struct event_base;
struct loop;
struct watchdog;

/* What to watch; borrowed, the array of loops included. */
struct watchdog_config {
    struct event_base *base;
    struct loop *const *loops;
    unsigned n_loops;
    struct snapshot_source *snapshot;
};

/* NULL when out of memory. */
struct watchdog *watchdog_new(const struct watchdog_config *config);

/* The daemon serves: from now on it reports. */
void watchdog_start(struct watchdog *watchdog);

/* The daemon stops: the line says so. */
void watchdog_stopping(struct watchdog *watchdog);

void watchdog_free(struct watchdog *watchdog);

/* Writes the line: connections, batches, pending jobs, and the lateness of the
 * last minute.  Returns out. */
#define WATCHDOG_LINE_MAX 256
const char *watchdog_line(const struct event_stats *stats, bool stopping,
                          char out[WATCHDOG_LINE_MAX]);

#endif
