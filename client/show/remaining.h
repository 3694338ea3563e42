/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REMAINING_H
#define WAITD_REMAINING_H

/*
 * How far the batches of a run are and what is left of them: exact where the ETA of
 * all that run is known (client/show/eta.h), else by the pace so far.
 */

#include <stdint.h>

#include "client/show/batches.h"
#include "client/show/progress.h"
#include "client/show/tally.h"

/* What there is to be shown now.  started_ns, now_ns: on the client's clock, which
 * does not go back from call to call. */
struct progress_figures remaining_figures(const struct batches *batches, const struct tally *tally,
                                          int64_t started_ns, int64_t now_ns);

#endif
