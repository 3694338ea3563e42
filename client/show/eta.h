/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ETA_H
#define WAITD_ETA_H

/*
 * How far the batches of a run are and what is left of them.  The engine runs the
 * plan of each twice in this process: once to its end, which is when the batch will
 * end by its schedule, and once along with the time, for the jobs in flight.  Exact
 * where that is known of all that run, else by the pace so far.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/show/batches.h"
#include "client/show/progress.h"
#include "client/show/tally.h"

struct eta;

/* plan: borrowed.  accepted_ns: on the client's clock.  NULL when out of memory. */
struct eta *eta_new(const struct plan *plan, int64_t accepted_ns);
void eta_free(struct eta *eta); /* NULL is fine */

/* Does some milliseconds of work.  Whether there is more to do: not once the end is
 * known, or the batch has turned out to be too large to look for it. */
bool eta_work(struct eta *eta);

/* What there is to be shown now.  started_ns, now_ns: on the client's clock, which
 * does not go back from call to call. */
struct progress_figures eta_figures(const struct batches *batches, const struct tally *tally,
                                    int64_t started_ns, int64_t now_ns);

#endif
