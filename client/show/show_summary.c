/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

/* The totals of each batch, with its report if it has one, and of each forecast. */

static void take(struct show_run *run, const struct event_read *event)
{
    const struct failures *failures = show_take_failures(run, event);

    if (event->kind == EVENT_SUMMARY || event->kind == EVENT_POOL)
        show_report(run, event);
    else if (event->kind == EVENT_FORECAST)
        show_forecast(run, event);
    else if (event->kind == EVENT_FINISHED)
        show_totals(run, event, failures);
}

const struct show show_summary = {
    .name = "summary",
    .has_progress = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_DONE) | SHOW_KIND(EVENT_FINISHED) |
              SHOW_KIND(EVENT_SUMMARY) | SHOW_KIND(EVENT_POOL) | SHOW_KIND(EVENT_FORECAST),
    .event = take,
    .forget = show_forget_failures,
};
