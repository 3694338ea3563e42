/* SPDX-License-Identifier: ISC */
#include "daemon/watchdog.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/loop.h"
#include "daemon/base/service.h"
#include "proto/duration.h"

#define STATUS_NS DURATION_SECOND_NS

struct watchdog {
    struct watchdog_config config;
    struct event *watchdog_event, *status_event;
    uint64_t *iterations_seen; /* of each loop, at the watchdog's last check */
    bool stopping;
    char sent[WATCHDOG_LINE_MAX]; /* the line that the manager has */
};

const char *watchdog_line(const struct event_stats *stats, bool stopping,
                          char out[WATCHDOG_LINE_MAX])
{
    snprintf(out, WATCHDOG_LINE_MAX,
             "%s%" PRIu64 " connection%s, %" PRIu64 " batch%s, %" PRIu64
             " pending job%s; lateness in the last minute: p99 %.1f ms, max %.1f ms",
             stopping ? "Stopping: " : "", stats->connections, stats->connections == 1 ? "" : "s",
             stats->batches, stats->batches == 1 ? "" : "es", stats->pending,
             stats->pending == 1 ? "" : "s", (double)stats->late_p99_ns / 1e6,
             (double)stats->late_max_ns / 1e6);
    return out;
}

static void set_timer(struct event *event, int64_t in_ns)
{
    struct timeval in = clock_timeval(in_ns);

    event_add(event, &in);
}

/* The manager hears from us while every loop has iterated since it last did;
 * each is woken, so that an idle one does too. */
static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    struct watchdog *watchdog = context;
    bool all_iterate = true;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < watchdog->config.n_loops; i++) {
        struct loop *loop = watchdog->config.loops[i];
        uint64_t iterations = loop_iterations(loop);

        if (iterations == watchdog->iterations_seen[i])
            all_iterate = false;
        watchdog->iterations_seen[i] = iterations;
        mailbox_wake(loop_mailbox(loop));
    }
    if (all_iterate)
        service_alive();
    set_timer(watchdog->watchdog_event, service_watchdog_ns());
}

/* Sends the line if it is another one than the manager has. */
static void send_status(struct watchdog *watchdog)
{
    struct event_stats stats;
    char line[WATCHDOG_LINE_MAX];

    snapshot_take(watchdog->config.snapshot, clock_now_ns(), &stats);
    if (strcmp(watchdog_line(&stats, watchdog->stopping, line), watchdog->sent) != 0) {
        service_status(line);
        memcpy(watchdog->sent, line, sizeof(line));
    }
}

static void on_status(evutil_socket_t fd, short what, void *context)
{
    struct watchdog *watchdog = context;

    (void)fd;
    (void)what;
    send_status(watchdog);
    set_timer(watchdog->status_event, STATUS_NS);
}

struct watchdog *watchdog_new(const struct watchdog_config *config)
{
    struct watchdog *watchdog = calloc(1, sizeof(*watchdog));

    if (!watchdog)
        return NULL;
    watchdog->config = *config;
    watchdog->iterations_seen = calloc(config->n_loops, sizeof(*watchdog->iterations_seen));
    watchdog->watchdog_event = evtimer_new(config->base, on_watchdog, watchdog);
    watchdog->status_event = evtimer_new(config->base, on_status, watchdog);
    if (!watchdog->iterations_seen || !watchdog->watchdog_event || !watchdog->status_event) {
        watchdog_free(watchdog);
        return NULL;
    }
    return watchdog;
}

/* An idle loop has not iterated yet: the first check wakes it, the next ones
 * come in half the time that the manager allows. */
void watchdog_start(struct watchdog *watchdog)
{
    if (service_watchdog_ns() > 0) {
        service_alive();
        on_watchdog(-1, 0, watchdog);
    }
    if (service_is_listening())
        on_status(-1, 0, watchdog);
}

void watchdog_stopping(struct watchdog *watchdog)
{
    watchdog->stopping = true;
    if (service_is_listening())
        send_status(watchdog);
}

void watchdog_free(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    if (watchdog->watchdog_event)
        event_free(watchdog->watchdog_event);
    if (watchdog->status_event)
        event_free(watchdog->status_event);
    free(watchdog->iterations_seen);
    free(watchdog);
}
