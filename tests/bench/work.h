/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_WORK_H
#define WAITD_BENCH_WORK_H

/* A batch to send: its text, made beforehand, and what it asks for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work_order {
    uint32_t jobs;
    int64_t wait_min_ns, wait_max_ns; /* equal: that wait; else uniform, in microseconds */
    bool named;                       /* job i is called j<i> */
    bool silent;                      /* asks for "events":"none" */
    bool counted;                     /* one spec for all, silent */
    const char *drawn; /* a distribution: one spec for all, silent and on the virtual clock, under a
                          limit of 1,000; NULL for none */
    uint32_t spins;    /* above 0: one spec for all, silent and on the virtual clock, of so many
                          steps a job: nothing but work */
};

struct work {
    struct work_order order;
    int64_t *wait_ns; /* of each job; NULL where all wait wait_min_ns */
    char *text;       /* ends in a line feed */
    size_t len;
};

/* Two works of one seed are equal.  Ends the program when out of memory. */
void work_make(struct work *work, const struct work_order *order, uint64_t seed);
void work_drop(struct work *work);

static inline int64_t work_wait_ns(const struct work *work, uint32_t job)
{
    return work->wait_ns != NULL ? work->wait_ns[job] : work->order.wait_min_ns;
}

#endif
