/* SPDX-License-Identifier: ISC */
#include "client/show.h"

#include <inttypes.h>

#include "client/text.h"

/*
 * One line a job as it ends, and with "events":"all" one for all else that
 * happens to it:
 *
 *        1.000 s  ok         #0  one
 *        1.000 s  retry      #1  call: failed, again in 4.500 s
 *        0.000 s  wait       #10 sum: 0+1, 1.000 s
 */

/* Longer names, notes and data are cut. */
#define TEXT_MAX 160

static void append_text(struct show_run *run, const char *before, struct event_string text)
{
    if (text.text == NULL)
        return;
    bytes_add_string(run->out, before);
    text_append_safe(run->out, text.text, text.len, TEXT_MAX);
}

/* How many digits the largest index takes. */
static int index_width(const struct show_run *run)
{
    int width = 1;

    for (uint64_t rest = run->jobs; rest > 10; rest = (rest + 9) / 10)
        width++;
    return width;
}

/* What every line begins with.  `what`: padded to the longest status. */
static void append_start(struct show_run *run, const struct event *event, const char *what)
{
    char time[TEXT_SECONDS_MAX];

    if (run->batches > 1)
        bytes_add_format(run->out, "[%" PRIu64 "] ", event->batch);
    bytes_add_format(run->out, "%12s  ", text_seconds(time, event->at_ns));
    if (what != NULL)
        bytes_add_format(run->out, "%-9s", what);
    else
        show_status(run, event->status, 9);
    bytes_add_format(run->out, "  #%-*" PRIu64,
                     event->name.text != NULL || event->data.text != NULL ? index_width(run) : 1,
                     event->job);
    append_text(run, " ", event->name);
}

static void show_done(struct show_run *run, const struct event *event)
{
    append_start(run, event, NULL);
    append_text(run, " = ", event->data);
    if (event->attempts > 1)
        bytes_add_format(run->out, " (%" PRIu64 " attempts)", event->attempts);
}

static void show_step(struct show_run *run, const struct event *event)
{
    char time[TEXT_SECONDS_MAX];

    append_start(run, event, event_reader_is(event->step_kind, "compute") ? "compute" : "wait");
    append_text(run, ": ", event->note);
    bytes_add_format(run->out, ", %s", text_seconds_fine(time, event->duration_ns));
}

static void show_retry(struct show_run *run, const struct event *event)
{
    char time[TEXT_SECONDS_MAX];

    append_start(run, event, "retry");
    append_text(run, ": ", event->status);
    bytes_add_format(run->out, ", again in %s", text_seconds_fine(time, event->delay_ns));
}

static void show_cancelled(struct show_run *run, const struct event *event)
{
    bytes_add_format(run->out, "batch %" PRIu64 ": %" PRIu64 " job%s cancelled", event->batch,
                     event->jobs, event->jobs == 1 ? "" : "s");
}

static void show_pong(struct show_run *run, const struct event *event)
{
    append_text(run, "pong: waitd ", event->version);
    append_text(run, ", instance ", event->instance);
}

static void show_stats(struct show_run *run, const struct event *event)
{
    bytes_add_format(run->out,
                     "stats: %" PRIu64 " connections, %" PRIu64 " batches, %" PRIu64
                     " jobs pending, %" PRIu64 " accepted",
                     event->connections, event->batches, event->pending, event->accepted);
}

static void show_event(struct show_run *run, const struct event *event)
{
    switch (event->kind) {
    case EVENT_DONE:
        show_done(run, event);
        break;
    case EVENT_STARTED:
        append_start(run, event, "started");
        break;
    case EVENT_STEP:
        show_step(run, event);
        break;
    case EVENT_RETRY:
        show_retry(run, event);
        break;
    case EVENT_CANCELLED:
        show_cancelled(run, event);
        break;
    case EVENT_PONG:
        show_pong(run, event);
        break;
    case EVENT_STATS:
        show_stats(run, event);
        break;
    case EVENT_FINISHED:
        show_totals(run, event);
        return;
    case EVENT_ACCEPTED:
    case EVENT_ERROR: /* told on standard error */
    case EVENT_UNKNOWN:
        return;
    }
    bytes_add_char(run->out, '\n');
}

const struct show show_human = {
    .name = "human",
    .has_progress = true,
    .events = SHOW_ALL,
    .event = show_event,
};
