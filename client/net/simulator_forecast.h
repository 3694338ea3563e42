/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SIMULATOR_FORECAST_H
#define WAITD_SIMULATOR_FORECAST_H

/* The forecast that a simulator is asked for: made in slices, with the events that a daemon sends.
 */

#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "engine/forecast.h"
#include "proto/request.h"

/* Embedded by its owner; all zero is none. */
struct simulator_forecast {
    struct plan *plan; /* owned, as the next two; NULL: none is being made */
    struct forecast *forecast;
    char *id;
    size_t id_len;
    struct bytes *lines; /* where its events go; `failed` when out of memory */
    uint64_t *events;    /* that were written */
};

/* Begins with one that was asked for, whose plan it takes.  Both pointers outlive it. */
void simulator_forecast_begin(struct simulator_forecast *one, const struct request *request,
                              struct bytes *lines, uint64_t *events);

/* Goes on with it, about `budget` units.  Returns how many it took. */
size_t simulator_forecast_work(struct simulator_forecast *one, size_t budget);

/* Ends it and says so, if one is being made. */
void simulator_forecast_cancel(struct simulator_forecast *one);

void simulator_forecast_fini(struct simulator_forecast *one);

#endif
