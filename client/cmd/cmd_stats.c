/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <inttypes.h>

#include "client/cmd/conversation.h"
#include "client/base/text.h"

static void show_row(struct bytes *out, const char *name, const char *figure)
{
    bytes_add_format(out, "%-16s %s\n", name, figure);
}

static void show_count(struct bytes *out, const char *name, uint64_t count)
{
    bytes_add_format(out, "%-16s %" PRIu64 "\n", name, count);
}

static void show_ms(struct bytes *out, const char *name, int64_t ns)
{
    bytes_add_format(out, "%-16s %.3f ms\n", name, (double)ns / 1e6);
}

static void show_stats(struct show_run *run, const struct event_read *event)
{
    struct bytes *out = run->out;
    char figure[TEXT_SECONDS_MAX];

    show_row(out, "uptime", text_span(figure, event->uptime_ns));
    show_count(out, "connections", event->connections);
    show_count(out, "batches running", event->batches);
    show_count(out, "jobs pending", event->pending);
    show_count(out, "jobs accepted", event->accepted);
    show_count(out, "  ok", event->ok);
    show_count(out, "  failed", event->failed);
    show_count(out, "  timed out", event->timed_out);
    show_count(out, "  cancelled", event->cancelled);
    show_count(out, "  skipped", event->skipped);
    show_count(out, "events", event->events);
    show_row(out, "received", text_size(figure, event->bytes_in));
    show_row(out, "sent", text_size(figure, event->bytes_out));
    bytes_add_string(out, "late in the last minute\n");
    show_ms(out, "  median", event->late_p50_ns);
    show_ms(out, "  99th pct.", event->late_p99_ns);
    show_ms(out, "  at most", event->late_max_ns);
    show_row(out, "memory", text_size(figure, event->rss));
}

static const struct show stats_for_people = {
    .name = "human",
    .events = SHOW_KIND(EVENT_STATS),
    .event = show_stats,
};

enum status cmd_stats(const struct arguments *arguments)
{
    struct bytes request = {0};

    bytes_add_string(&request, "{\"op\":\"stats\"}\n");
    return conversation_ask(arguments, &request, EVENT_STATS, &stats_for_people, NULL);
}
