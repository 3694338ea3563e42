/* SPDX-License-Identifier: ISC */
#include "daemon/report.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/loop.h"
#include "daemon/base/service.h"

#define STATUS_NS INT64_C(1000000000)

struct report {
    struct report_config config;
    struct event *watchdog_event, *status_event;
    uint64_t *iterations_seen; /* of each loop, at the last look of the watchdog */
    bool stopping;
    char sent[REPORT_LINE_MAX]; /* the line that the manager has */
};

const char *report_line(const struct event_stats *stats, bool stopping, char out[REPORT_LINE_MAX])
{
    snprintf(out, REPORT_LINE_MAX,
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
    struct timeval in = {.tv_sec = in_ns / 1000000000, .tv_usec = in_ns % 1000000000 / 1000};

    event_add(event, &in);
}

/* The manager hears from us while every loop has iterated since it last did;
 * each is woken, so that an idle one does too. */
static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    struct report *report = context;
    bool all_iterate = true;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < report->config.n_loops; i++) {
        struct loop *loop = report->config.loops[i];
        uint64_t iterations = loop_iterations(loop);

        if (iterations == report->iterations_seen[i])
            all_iterate = false;
        report->iterations_seen[i] = iterations;
        mailbox_wake(loop_mailbox(loop));
    }
    if (all_iterate)
        service_alive();
    set_timer(report->watchdog_event, service_watchdog_ns());
}

/* Sends the line if it is another one than the manager has. */
static void send_status(struct report *report)
{
    struct event_stats stats;
    char line[REPORT_LINE_MAX];

    snapshot_take(report->config.snapshot, clock_now_ns(), &stats);
    if (strcmp(report_line(&stats, report->stopping, line), report->sent) != 0) {
        service_status(line);
        memcpy(report->sent, line, sizeof(line));
    }
}

static void on_status(evutil_socket_t fd, short what, void *context)
{
    struct report *report = context;

    (void)fd;
    (void)what;
    send_status(report);
    set_timer(report->status_event, STATUS_NS);
}

struct report *report_new(const struct report_config *config)
{
    struct report *report = calloc(1, sizeof(*report));

    if (!report)
        return NULL;
    report->config = *config;
    report->iterations_seen = calloc(config->n_loops, sizeof(*report->iterations_seen));
    report->watchdog_event = evtimer_new(config->base, on_watchdog, report);
    report->status_event = evtimer_new(config->base, on_status, report);
    if (!report->iterations_seen || !report->watchdog_event || !report->status_event) {
        report_free(report);
        return NULL;
    }
    return report;
}

/* An idle loop has not turned yet: the first look wakes it, the next ones
 * arrive in half the time that the manager allows. */
void report_start(struct report *report)
{
    if (service_watchdog_ns() > 0) {
        service_alive();
        on_watchdog(-1, 0, report);
    }
    if (service_is_listening())
        on_status(-1, 0, report);
}

void report_stopping(struct report *report)
{
    report->stopping = true;
    if (service_is_listening())
        send_status(report);
}

void report_free(struct report *report)
{
    if (!report)
        return;
    if (report->watchdog_event)
        event_free(report->watchdog_event);
    if (report->status_event)
        event_free(report->status_event);
    free(report->iterations_seen);
    free(report);
}
