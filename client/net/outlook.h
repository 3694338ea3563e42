/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OUTLOOK_H
#define WAITD_OUTLOOK_H

/*
 * How far the batches of a run are and what is left of them: exact where there
 * is a forecast of all that run, else by the pace so far.
 */

#include <stddef.h>
#include <stdint.h>

#include "client/show/fanout.h"
#include "client/net/forecast.h"
#include "client/show/progress.h"

struct outlook_batch {
    uint64_t number, request;
    int64_t accepted_ns; /* on the client's clock */
};

/* All zero but for these two to begin with. */
struct outlook {
    struct forecast *forecast; /* borrowed; NULL for none */
    int64_t started_ns;        /* on the client's clock */
    struct outlook_batch *batches;
    size_t n, room;
};

void outlook_fini(struct outlook *outlook);

/* A batch has been accepted: the answer to that request, counted from 0. */
void outlook_accept(struct outlook *outlook, uint64_t number, uint64_t request, int64_t now_ns);

/* What there is to be told of now. */
struct progress_figures outlook_figures(struct outlook *outlook, struct fanout *fanout,
                                        int64_t now_ns);

#endif
