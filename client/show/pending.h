/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PENDING_H
#define WAITD_PENDING_H

/*
 * What is known of the requests that were sent and are not answered yet, in
 * their order, which is that of the answers.  Pure.
 */

#include <stdbool.h>

#include "client/base/bytes.h"
#include "proto/plan.h"

enum pending_clock { PENDING_CLOCK_UNKNOWN, PENDING_CLOCK_REAL, PENDING_CLOCK_VIRTUAL };

struct pending {
    enum plan_events events; /* as the user has it, whatever was sent */
    enum pending_clock clock;
    struct plan *plan; /* owned, sealed; NULL if it is not known, or the request no batch */
};

/* All zero to begin with. */
struct pending_queue {
    struct bytes entries;
};

void pending_fini(struct pending_queue *queue);

/* Adds one, whose plan is the queue's from now on. */
void pending_push(struct pending_queue *queue, struct pending pending);

/* Takes the oldest one, whose plan becomes the caller's.  false for none. */
bool pending_pop(struct pending_queue *queue, struct pending *pending);

#endif
