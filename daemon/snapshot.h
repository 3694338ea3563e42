/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SNAPSHOT_H
#define WAITD_SNAPSHOT_H

/*
 * A snapshot of the statistics of all loops: what answers `stats`.  From any thread.
 */

#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/stats.h"

/* What it is taken of; all of it borrowed. */
struct snapshot_source {
    int64_t started_ns;
    struct ledger *ledger;
    struct stats *const *stats; /* of each loop */
    unsigned n_stats;
};

/* Fills *out in; context is a struct snapshot_source, as struct channel_env has it. */
void snapshot_take(void *context, int64_t now_ns, struct event_stats *out);

#endif
