/* SPDX-License-Identifier: ISC */
#include "daemon/net/detached.h"

#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "proto/due.h"

/* How long an iteration runs batches for, and the units of work between two readings of
 * the clock. */
#define SERVE_NS   INT64_C(500000)
#define WORK_UNITS 1024

int detached_open(struct detached *detached, struct event_base *base,
                  const struct registry_config *config, void (*wake)(void *context), void *context)
{
    struct registry_config whole = *config;

    *detached = (struct detached){.registry = NULL};
    detached->port.wake = wake;
    detached->port.context = context;
    whole.port = &detached->port;
    detached->registry = registry_new(&whole);
    if (!detached->registry || wakeup_open(&detached->wakeup, base, CLOCK_BOOTTIME) != 0)
        return -1;
    (void)detached_tick(detached);
    return 0;
}

void detached_close(struct detached *detached)
{
    wakeup_close(&detached->wakeup);
    registry_free(detached->registry);
    *detached = (struct detached){.registry = NULL};
}

int64_t detached_tick(struct detached *detached)
{
    struct registry_time time;

    time.wall_ns = clock_real_ns();
    time.boot_ns = clock_boot_ns();
    time.now_ns = clock_now_ns();
    detached->offset_ns = time.boot_ns - time.now_ns;
    if (detached->registry)
        registry_set_time(detached->registry, &time);
    return time.now_ns;
}

void detached_receive(struct detached *detached)
{
    if (!detached->registry)
        return;
    store_port_attend(&detached->port);
    if (atomic_load_explicit(&detached->port.newest, memory_order_relaxed) != NULL)
        registry_receive(detached->registry);
}

bool detached_rest(struct detached *detached)
{
    return !detached->registry || store_port_rest(&detached->port);
}

bool detached_is_due(const struct detached *detached)
{
    return detached->registry && registry_next_due(detached->registry) <=
                                     registry_now(detached->registry) + detached->offset_ns;
}

int64_t detached_serve(struct detached *detached, int64_t now_ns)
{
    int64_t until_ns = now_ns + SERVE_NS;

    while (now_ns < until_ns && detached_is_due(detached)) {
        registry_work(detached->registry, WORK_UNITS);
        now_ns = detached_tick(detached);
    }
    return now_ns;
}

void detached_arm(struct detached *detached, int64_t from_ns)
{
    int64_t due_ns;

    if (!detached->registry)
        return;
    due_ns = registry_next_due(detached->registry);
    if (due_ns != DUE_NEVER && due_ns < from_ns + detached->offset_ns)
        due_ns = from_ns + detached->offset_ns;
    wakeup_set(&detached->wakeup, due_ns);
}
