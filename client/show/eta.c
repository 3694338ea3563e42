/* SPDX-License-Identifier: ISC */
#include "client/show/eta.h"

#include <stdlib.h>

#include "engine/batch.h"

/* Units of the engine's work (see batch_run()): in one call, and before the end is
 * given up as too dear.  A million units take some tenths of a second. */
#define SLICE_UNITS 32768
#define MOST_UNITS  (UINT64_C(1) << 23)

#define OCCURRENCES 256

struct eta {
    int64_t accepted_ns;
    struct batch *ahead; /* run to its end; NULL once that is known or given up */
    uint64_t spent;      /* units, on that */
    int64_t elapsed_ns;  /* -1 while it is not known */
    struct batch *along; /* run along with the time */
};

struct eta *eta_new(const struct plan *plan, int64_t accepted_ns)
{
    struct eta *eta = calloc(1, sizeof *eta);

    if (eta == NULL)
        return NULL;
    *eta = (struct eta){.accepted_ns = accepted_ns,
                        .ahead = batch_new(plan),
                        .elapsed_ns = -1,
                        .along = batch_new(plan)};
    if (eta->ahead != NULL && eta->along != NULL)
        return eta;
    eta_free(eta);
    return NULL;
}

void eta_free(struct eta *eta)
{
    if (eta == NULL)
        return;
    batch_free(eta->ahead);
    batch_free(eta->along);
    free(eta);
}

bool eta_work(struct eta *eta)
{
    struct occurrence unread[OCCURRENCES];
    struct batch_result result;
    size_t worked;

    for (size_t slice = 0; eta->ahead != NULL && slice < SLICE_UNITS; slice += worked) {
        batch_run(eta->ahead, INT64_MAX, SLICE_UNITS - slice, unread, OCCURRENCES, &worked);
        worked += worked == 0;
        eta->spent += worked;
        if (!batch_is_over(eta->ahead) && !batch_is_starved(eta->ahead) && eta->spent < MOST_UNITS)
            continue;
        if (batch_is_over(eta->ahead)) {
            batch_result(eta->ahead, &result);
            eta->elapsed_ns = result.predicted_ns;
        }
        batch_free(eta->ahead);
        eta->ahead = NULL;
    }
    return eta->ahead != NULL;
}

/* Lets what is due by then happen. */
static void go_along(struct eta *eta, int64_t at_ns)
{
    struct occurrence unread[OCCURRENCES];

    while (!batch_is_over(eta->along) && !batch_is_starved(eta->along) &&
           batch_next_due(eta->along) <= at_ns)
        batch_run(eta->along, at_ns, SLICE_UNITS, unread, OCCURRENCES, NULL);
}

struct eta_state eta_at(struct eta *eta, int64_t now_ns)
{
    struct eta_state state = {.is_exact = eta != NULL && eta->elapsed_ns >= 0};
    int64_t at_ns;

    if (!state.is_exact)
        return state;
    at_ns = now_ns - eta->accepted_ns;
    go_along(eta, at_ns);
    state.left_ns = eta->elapsed_ns > at_ns ? eta->elapsed_ns - at_ns : 0;
    state.pending = batch_pending(eta->along);
    state.in_flight = batch_in_flight(eta->along);
    return state;
}
