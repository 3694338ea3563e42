/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ADMISSION_H
#define WAITD_ADMISSION_H

/*
 * What all threads share: the counts that the daemon-wide limits are held
 * against, and the number of the next batch.  Exact at any number of threads:
 * a count is raised only if the limit allows it (compare and exchange).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct admission {
    _Atomic uint64_t pending; /* jobs read or running */
    _Atomic uint64_t text;    /* bytes that requests are kept in, being read or running */
    _Atomic uint64_t connections;
    _Atomic uint64_t batches; /* running */
    _Atomic uint64_t cursors; /* of `pending`: jobs of detached batches that are watched */
    _Atomic uint64_t replays; /* that run */
    _Atomic uint64_t replays_waiting;
    _Atomic uint64_t next_batch; /* set to 1 by whoever makes this */
};

/* Raises *count by n unless it would pass max.  Returns whether it did. */
static inline bool admission_take(_Atomic uint64_t *count, uint64_t n, uint64_t max)
{
    uint64_t seen = atomic_load_explicit(count, memory_order_relaxed);

    do {
        if (seen > max || n > max - seen)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(count, &seen, seen + n, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

/* Releases n of what was taken. */
static inline void admission_give(_Atomic uint64_t *count, uint64_t n)
{
    atomic_fetch_sub_explicit(count, n, memory_order_relaxed);
}

#endif
