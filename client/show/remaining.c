/* SPDX-License-Identifier: ISC */
#include "client/show/remaining.h"

#include "client/show/eta.h"

/* What is left at the rate so far; -1 if unknown. */
static int64_t estimate(const struct progress_figures *figures)
{
    double left;

    if (figures->done == 0 || figures->done >= figures->jobs)
        return -1;
    left = (double)figures->elapsed_ns / (double)figures->done *
           (double)(figures->jobs - figures->done);
    return left < 9e18 ? (int64_t)left : -1;
}

struct progress_figures remaining_figures(const struct batches *batches, const struct tally *tally,
                                          int64_t started_ns, int64_t now_ns)
{
    struct progress_figures figures = {.jobs = tally->jobs,
                                       .done = tally->done,
                                       .elapsed_ns = now_ns - started_ns,
                                       .is_exact = true};
    const struct active_batch *batch;
    uint64_t ended = 0;

    for (size_t place = 0; (batch = batches_next(batches, &place)) != NULL;) {
        struct eta_state state = eta_at(batch->eta, now_ns);

        if (!state.is_exact) {
            figures.is_exact = false;
            continue;
        }
        if (state.left_ns > figures.left_ns)
            figures.left_ns = state.left_ns;
        ended += batch->jobs - state.pending;
        figures.in_flight += state.in_flight;
    }
    figures.has_in_flight = figures.is_exact;
    if (figures.done == 0) /* it may not be sent the events of single jobs */
        figures.done = ended;
    if (!figures.is_exact)
        figures.left_ns = estimate(&figures);
    return figures;
}
