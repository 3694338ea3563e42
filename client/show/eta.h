/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ETA_H
#define WAITD_ETA_H

/*
 * When a batch will end by its schedule, and how many of its jobs are in flight.
 * The engine runs the plan twice in this process: once to its end, and once along
 * with the time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/plan.h"

struct eta;

/* plan: borrowed.  accepted_ns: on the client's clock.  NULL when out of memory. */
struct eta *eta_new(const struct plan *plan, int64_t accepted_ns);
void eta_free(struct eta *eta); /* NULL is fine */

/* Does some milliseconds of work.  Whether there is more to do: not once the end is
 * known, or the batch has turned out to be too large to look for it. */
bool eta_work(struct eta *eta);

/* How a batch is doing; all but is_exact is 0 while its end is not known. */
struct eta_state {
    bool is_exact;
    int64_t left_ns;
    uint32_t pending, in_flight; /* jobs */
};

/* now_ns: on the client's clock, which does not go back from call to call.  NULL is fine:
 * nothing is known. */
struct eta_state eta_at(struct eta *eta, int64_t now_ns);

#endif
