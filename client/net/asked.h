/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ASKED_H
#define WAITD_ASKED_H

/*
 * What is known of the requests that were sent and are not answered yet, in
 * their order, which is that of the answers.  Pure.
 */

#include <stdbool.h>

#include "client/base/bytes.h"

struct graph;

/* What a batch's `events` says. */
enum asked_events { ASKED_DONE, ASKED_ALL, ASKED_NONE };

enum asked_clock { ASKED_UNKNOWN, ASKED_REAL, ASKED_VIRTUAL };

struct asked {
    enum asked_events events; /* as the user has it, whatever was sent */
    enum asked_clock clock;
    struct graph *graph; /* owned; NULL if it is not known */
};

/* All zero to begin with. */
struct asked_queue {
    struct bytes entries;
};

void asked_fini(struct asked_queue *queue);

/* Adds one, whose graph is the queue's from now on. */
void asked_push(struct asked_queue *queue, struct asked asked);

/* Takes the oldest one, whose graph becomes the caller's.  false for none. */
bool asked_pop(struct asked_queue *queue, struct asked *asked);

#endif
