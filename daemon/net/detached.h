/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DETACHED_H
#define WAITD_DETACHED_H

/*
 * What a loop does for detached batches: it drives its registry, on a timer of
 * CLOCK_BOOTTIME, so that a machine that was suspended catches up, and lends its store a
 * port.  For the loop's own thread, but for the port.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/wakeup.h"
#include "daemon/session/registry.h"

struct event_base;

/* Embedded by the loop; all zero is none. */
struct detached {
    struct store_port port;
    struct registry *registry; /* NULL where there is no store */
    struct wakeup wakeup;      /* set to what is due first, on CLOCK_BOOTTIME */
    int64_t offset_ns;         /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
};

/* wake: as a port's.  The registry's config without its port.  0, or -1 and errno. */
int detached_open(struct detached *detached, struct event_base *base,
                  const struct registry_config *config, void (*wake)(void *context), void *context);
void detached_close(struct detached *detached); /* also fine on all zeros */

/* At the beginning of an iteration; returns now. */
int64_t detached_tick(struct detached *detached);

/* Runs what is due, for a bounded time.  Returns now. */
int64_t detached_serve(struct detached *detached, int64_t now_ns);

/* Handles what the store has posted, in each iteration; and before the loop waits: false if
 * there is something. */
void detached_receive(struct detached *detached);
bool detached_rest(struct detached *detached);

/* Whether something is due by now. */
bool detached_is_due(const struct detached *detached);

/* Sets the timer to what is due next, no earlier than that time on CLOCK_MONOTONIC. */
void detached_arm(struct detached *detached, int64_t from_ns);

#endif
