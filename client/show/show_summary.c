/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

/* The totals of each batch and nothing else. */

const struct show show_summary = {
    .name = "summary",
    .has_progress = true,
    .events = SHOW_KIND(EVENT_FINISHED),
    .event = show_totals,
};
