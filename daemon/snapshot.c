/* SPDX-License-Identifier: ISC */
#include "daemon/snapshot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 0 where there is no /proc. */
static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void snapshot_take(void *context, int64_t now_ns, struct event_stats *out)
{
    const struct snapshot_source *snapshot = context;
    struct ledger *ledger = snapshot->ledger;

    memset(out, 0, sizeof(*out));
    stats_sum(snapshot->stats, snapshot->n_stats, now_ns, out);
    out->uptime_ns = now_ns - snapshot->started_ns;
    out->connections = atomic_load_explicit(&ledger->connections, memory_order_relaxed);
    out->batches = atomic_load_explicit(&ledger->batches, memory_order_relaxed);
    out->rss_bytes = resident_bytes();
}
