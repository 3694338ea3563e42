/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>
#include <string.h>

#include "client/terminal/terminal_text.h"
#include "client/base/text.h"

/* Longer texts of the client's are cut. */
#define ID_MAX 64

/* What real machines and networks are behind by is not shown. */
#define LATE_SHOWN_NS 10000000

static const struct show *const ways[] = {&show_human, &show_json, &show_timeline, &show_summary};

const struct show *show_find(const char *name)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i]->name, name) == 0)
            return ways[i];
    return NULL;
}

const char *show_names(void)
{
    return "human, json, timeline or summary";
}

static const char *status_color(struct event_text status)
{
    return event_reader_is(status, "ok")          ? "\033[32m"
           : event_reader_is(status, "failed")    ? "\033[31m"
           : event_reader_is(status, "timed_out") ? "\033[33m"
                                                  : "\033[35m";
}

void show_status(struct show_run *run, struct event_text status, int width)
{
    if (run->color)
        bytes_add_string(run->out, status_color(status));
    text_append_safe(run->out, status.text, status.len, ID_MAX);
    if (run->color)
        bytes_add_string(run->out, "\033[0m");
    if (status.len < (size_t)width)
        bytes_add_format(run->out, "%*s", width - (int)status.len, "");
}

static void append_counts(struct bytes *out, const struct event_read *event, const char *between)
{
    const struct {
        uint64_t n;
        const char *name;
    } counts[] = {
        {event->ok, "ok"},
        {event->failed, "failed"},
        {event->timed_out, "timed_out"},
        {event->cancelled, "cancelled"},
        {event->skipped, "skipped"},
    };
    const char *separator = ":";

    if (event->ok == event->jobs)
        return;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i].n == 0)
            continue;
        bytes_add_format(out, "%s%s%" PRIu64 " %s", separator, between, counts[i].n,
                         counts[i].name);
        separator = ",";
    }
}

void show_totals_parts(struct show_run *run, const struct event_read *finished, const char *between)
{
    struct bytes *out = run->out;
    char time[TEXT_SECONDS_MAX];
    int64_t late_ns = finished->elapsed_ns - finished->predicted_ns;

    show_status(run, finished->status, 0);
    bytes_add_format(out, ": %" PRIu64 " job%s in %s", finished->jobs,
                     finished->jobs == 1 ? "" : "s", text_time(time, finished->elapsed_ns));
    append_counts(out, finished, between);
    bytes_add_format(out, "%s(%s one by one,%s", between, text_time(time, finished->sequential_ns),
                     between);
    bytes_add_format(out, "speed-up %.1f,%s", finished->speedup, between);
    bytes_add_format(out, "critical path %s", text_time(time, finished->critical_path_ns));
    if (late_ns >= LATE_SHOWN_NS)
        bytes_add_format(out, ",%s%s behind schedule", between, text_time(time, late_ns));
    bytes_add_char(out, ')');
}

void show_batch(struct show_run *run, const struct event_read *event)
{
    if (run->batches < 2)
        return;
    bytes_add_char(run->out, '[');
    if (event->ref.text != NULL)
        text_append_safe(run->out, event->ref.text, event->ref.len, ID_MAX);
    else
        bytes_add_format(run->out, "%" PRIu64, event->batch);
    bytes_add_string(run->out, "] ");
}

void show_id(struct bytes *out, struct event_text id)
{
    bool is_unescaped = id.len >= 2 && id.text[0] == '"' && memchr(id.text, '\\', id.len) == NULL;

    text_append_safe(out, id.text + is_unescaped, id.len - 2u * is_unescaped, ID_MAX);
}

void show_folded(struct show_run *run, struct bytes *parts)
{
    terminal_text_fold(run->out, bytes_at(parts), bytes_len(parts), run->columns, 4);
    run->out->failed |= parts->failed;
    bytes_fini(parts);
}

void show_totals(struct show_run *run, const struct event_read *finished,
                 const struct failures *failures)
{
    struct bytes parts = {0}, *out = run->out;

    show_batch(run, finished);
    run->out = &parts;
    if (finished->id.text != NULL) {
        text_append_safe(&parts, finished->id.text, finished->id.len, ID_MAX);
        bytes_add_string(&parts, ": ");
    }
    show_totals_parts(run, finished, "\n");
    run->out = out;
    show_folded(run, &parts);
    if (run->columns > 0 && failures != NULL && failures_add_list(failures, "\n", &parts))
        show_folded(run, &parts);
}

struct failures *show_take_failures(struct show_run *run, const struct event_read *event)
{
    struct failures *failures;

    if (run->kept == NULL)
        return NULL;
    if (event->kind == EVENT_ACCEPTED && (*run->kept = failures_new()) == NULL)
        run->out->failed = true;
    failures = *run->kept;
    if (failures != NULL && event->kind == EVENT_DONE)
        failures_take(failures, event);
    return failures;
}

void show_forget_failures(struct show_run *run)
{
    failures_free(*run->kept);
    *run->kept = NULL;
}
