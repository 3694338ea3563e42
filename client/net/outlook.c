/* SPDX-License-Identifier: ISC */
#include "client/net/outlook.h"

#include <stdlib.h>

void outlook_fini(struct outlook *outlook)
{
    free(outlook->batches);
    outlook->batches = NULL;
    outlook->n = outlook->room = 0;
}

void outlook_accept(struct outlook *outlook, uint64_t number, uint64_t request, int64_t now_ns)
{
    if (outlook->n == outlook->room) {
        size_t room = outlook->room > 0 ? outlook->room * 2 : 16;
        struct outlook_batch *batches = realloc(outlook->batches, room * sizeof *batches);

        if (batches == NULL)
            return; /* it is then left out */
        outlook->batches = batches;
        outlook->room = room;
    }
    outlook->batches[outlook->n++] = (struct outlook_batch){number, request, now_ns};
}

/* Drops the batches that run no more. */
static void drop_ended(struct outlook *outlook, struct fanout *fanout)
{
    size_t kept = 0;

    for (size_t i = 0; i < outlook->n; i++)
        if (batches_find(&fanout->batches, outlook->batches[i].number) != NULL)
            outlook->batches[kept++] = outlook->batches[i];
    outlook->n = kept;
}

/* What is left if it goes on as it went so far; -1 for no idea. */
static int64_t estimate(const struct progress_figures *figures)
{
    double left;

    if (figures->done == 0 || figures->done >= figures->jobs)
        return -1;
    left = (double)figures->elapsed_ns / (double)figures->done *
           (double)(figures->jobs - figures->done);
    return left < 9e18 ? (int64_t)left : -1;
}

struct progress_figures outlook_figures(struct outlook *outlook, struct fanout *fanout,
                                        int64_t now_ns)
{
    struct progress_figures figures = {.jobs = fanout->tally.jobs,
                                       .done = fanout->tally.done,
                                       .elapsed_ns = now_ns - outlook->started_ns,
                                       .is_exact = outlook->forecast != NULL,
                                       .has_in_flight = outlook->forecast != NULL};
    uint64_t ended = 0, batch_ended, batch_in_flight;

    drop_ended(outlook, fanout);
    for (size_t i = 0; i < outlook->n && outlook->forecast != NULL; i++) {
        const struct outlook_batch *batch = &outlook->batches[i];
        int64_t elapsed_ns = forecast_elapsed(outlook->forecast, batch->request), left_ns;

        figures.is_exact &= elapsed_ns >= 0;
        if (elapsed_ns < 0)
            continue;
        left_ns = elapsed_ns - (now_ns - batch->accepted_ns);
        if (left_ns > figures.left_ns)
            figures.left_ns = left_ns;
        if (forecast_jobs(outlook->forecast, batch->request, now_ns - batch->accepted_ns,
                          &batch_ended, &batch_in_flight)) {
            ended += batch_ended;
            figures.in_flight += batch_in_flight;
        } else {
            figures.has_in_flight = false;
        }
    }
    figures.has_in_flight &= figures.is_exact;
    if (figures.done == 0) /* it may not be told of single jobs */
        figures.done = ended;
    if (!figures.is_exact)
        figures.left_ns = estimate(&figures);
    return figures;
}
