/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WATCH_H
#define WAITD_WATCH_H

/*
 * The cursor of one who watches a detached batch: which event is next.  Since every watcher is
 * sent the same events under the same numbers, to go on at the next number loses and doubles
 * nothing, whatever daemon answers.  Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "proto/event_read.h"

struct watch {
    const char *ref; /* borrowed */
    uint64_t next;   /* the number of the next event, from 1 */
    bool is_over;    /* the batch has ended, or the watch was refused */
};

/* Appends the request to be sent events from the next one on. */
void watch_append_request(const struct watch *watch, struct bytes *out);

/* Takes note of an event. */
void watch_take(struct watch *watch, const struct event_read *event);

#endif
