/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STORE_MEMORY_H
#define WAITD_STORE_MEMORY_H

/*
 * The store in memory: what it keeps ends with the process, so `durable` is
 * `no`.  It has no thread: a query is handled under its lock, in a few
 * microseconds, by the loop that sends it, and the answer is found in the port as
 * any other.  Batches whose time is over are removed at each query.
 */

#include <stdint.h>

#include "daemon/session/store.h"

struct memory_config {
    const char *prefix;                /* of refs: `a-z 0-9`, at most 40, another in each life */
    int64_t (*now)(void *now_context); /* CLOCK_BOOTTIME, from any thread */
    void *now_context;
};

/* NULL when out of memory.  To be freed by store_free(). */
struct store *memory_new(const struct memory_config *config);

#endif
