/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

/* The totals of each batch and nothing else. */

static void take(struct show_run *run, const struct event_read *event)
{
    const struct failures *failures = show_take_failures(run, event);

    if (event->kind == EVENT_FINISHED)
        show_totals(run, event, failures);
}

const struct show show_summary = {
    .name = "summary",
    .has_progress = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_DONE) | SHOW_KIND(EVENT_FINISHED),
    .event = take,
    .forget = show_forget_failures,
};
