/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SURVEY_H
#define WAITD_SURVEY_H

/*
 * The daemon seen from above: what answers `stats`.  From any thread.
 */

#include <stdint.h>

#include "daemon/session/admission.h"
#include "daemon/session/stats.h"

/* Where to look; all of it borrowed. */
struct survey {
    int64_t started_ns;
    struct admission *admission;
    struct stats *const *stats; /* of each loop */
    unsigned n_stats;
};

/* Fills *out in; context is a struct survey, as struct channel_env has it. */
void survey_take(void *context, int64_t now_ns, struct event_stats *out);

#endif
