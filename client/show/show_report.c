/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>

#include "client/base/text.h"

/*
 * A line for each `summary` and `pool` of a batch with "report":true, and for each
 * `forecast`:
 *
 *     summary link: 4 jobs, 3 ok; latency mean 2.000 s, 95% 3.000 s, at most 3.000 s; ...
 *     pool db: 2 workers, 37.5% used, 3 grants, queue of 1 at most; queued mean ...
 *     forecast q: 1000 runs of 4 jobs, 982 ok, 18 failed; elapsed mean 2.000 s, ...
 */

/* Longer names are cut. */
#define NAME_MAX_BYTES 64

/* The mean and the tail of `latency` or `queued`. */
static void add_times(struct bytes *parts, const char *what, struct event_text text)
{
    const struct report_times times = event_reader_times(text);
    char time[TEXT_SECONDS_MAX];

    if (!times.known)
        return;
    bytes_add_format(parts, ";\n%s mean %s,", what, text_time(time, times.mean_ns));
    bytes_add_format(parts, "\n95%% %s,", text_time(time, times.p95_ns));
    bytes_add_format(parts, "\nat most %s", text_time(time, times.max_ns));
}

static void add_name(struct bytes *parts, struct event_text name)
{
    if (name.text == NULL)
        return;
    bytes_add_char(parts, ' ');
    text_append_safe(parts, name.text, name.len, NAME_MAX_BYTES);
}

static void add_summary(struct bytes *parts, const struct event_read *event)
{
    bytes_add_string(parts, "summary");
    add_name(parts, event->name);
    if (event->others > 0)
        bytes_add_format(parts, " of %" PRIu64 " more names", event->others);
    bytes_add_format(parts, ":\n%" PRIu64 " job%s,\n%" PRIu64 " ok", event->jobs,
                     event->jobs == 1 ? "" : "s", event->ok);
    add_times(parts, "latency", event->latency);
    add_times(parts, "queued", event->queued);
}

static void add_pool(struct bytes *parts, const struct event_read *event)
{
    bytes_add_string(parts, "pool");
    add_name(parts, event->pool);
    bytes_add_format(parts, ":\n%" PRIu64 " worker%s,\n%.1f%% used,", event->workers,
                     event->workers == 1 ? "" : "s", 100 * event->utilization);
    bytes_add_format(parts, "\n%" PRIu64 " grant%s,\nqueue of %" PRIu64 " at most", event->granted,
                     event->granted == 1 ? "" : "s", event->queue_max);
    add_times(parts, "queued", event->queued);
}

void show_report(struct show_run *run, const struct event_read *event)
{
    struct bytes parts = {0};

    show_batch(run, event);
    if (event->kind == EVENT_SUMMARY)
        add_summary(&parts, event);
    else
        add_pool(&parts, event);
    show_folded(run, &parts);
}

void show_forecast(struct show_run *run, const struct event_read *event)
{
    const struct {
        uint64_t n;
        const char *status;
    } ends[] = {{event->ok, "ok"}, {event->failed, "failed"}, {event->timed_out, "timed_out"}};
    struct bytes parts = {0};

    bytes_add_string(&parts, "forecast");
    if (event->id.text != NULL) {
        bytes_add_char(&parts, ' ');
        show_id(&parts, event->id);
    }
    bytes_add_format(&parts, ":\n%" PRIu64 " run%s of %" PRIu64 " job%s", event->runs,
                     event->runs == 1 ? "" : "s", event->jobs, event->jobs == 1 ? "" : "s");
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i].n > 0)
            bytes_add_format(&parts, ",\n%" PRIu64 " %s", ends[i].n, ends[i].status);
    add_times(&parts, "elapsed", event->elapsed);
    show_folded(run, &parts);
}
