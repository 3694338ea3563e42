/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>

#include "client/terminal/terminal_text.h"
#include "client/base/text.h"

/*
 * One line a job as it ends, and with "events":"all" one for all else that
 * happens to it:
 *
 *        1.000 s  ok         #0  one
 *        1.000 s  skipped    #2  two (#1 call failed)
 *        1.000 s  retry      #1  call: failed, again in 4.500 s
 *        0.000 s  wait       #10 sum: 0+1, 1.000 s
 */

/* Longer names, notes and data are cut. */
#define TEXT_MAX 160

#define NAME_LEAST  8
#define ROOM_BEHIND 14

#define MINUTE_NS INT64_C(60000000000)

/* As much as fits into so many columns, and dots for the rest. */
static void append_cut(struct show_run *run, const char *text, size_t len, size_t columns)
{
    size_t width, fits;

    if (columns < 3)
        return;
    fits = terminal_text_fit(text, len, columns - 3, &width);
    while (fits > 0 && (text[fits - 1] == '.' || text[fits - 1] == ' '))
        fits--;
    bytes_add(run->out, text, fits);
    bytes_add_string(run->out, "...");
}

static void append_text(struct show_run *run, const char *before, struct event_text text)
{
    if (text.text == NULL)
        return;
    bytes_add_string(run->out, before);
    text_append_safe(run->out, text.text, text.len, TEXT_MAX);
}

/* On a terminal a name gets the room there is on its line, which began at `start`
 * of the output, less some for what else there is to show. */
static void append_name(struct show_run *run, const struct event_read *event, size_t start)
{
    bool is_last = event->kind == EVENT_DONE && event->data.text == NULL && event->attempts <= 1 &&
                   !event->has_cause;
    struct event_text name = event->name;
    struct bytes shown = {0};
    size_t used, most = NAME_LEAST;

    if (run->columns == 0 || name.text == NULL) {
        append_text(run, " ", name);
        return;
    }
    used = 1 + terminal_text_width(bytes_at(run->out) + start, bytes_len(run->out) - start) +
           (is_last ? 0 : ROOM_BEHIND);
    if (run->columns > used + NAME_LEAST)
        most = run->columns - used;
    bytes_add_char(run->out, ' ');
    text_append_safe(&shown, name.text, name.len, TEXT_MAX);
    if (terminal_text_width(bytes_at(&shown), bytes_len(&shown)) > most)
        append_cut(run, bytes_at(&shown), bytes_len(&shown), most);
    else
        bytes_add(run->out, bytes_at(&shown), bytes_len(&shown));
    run->out->failed |= shown.failed;
    bytes_fini(&shown);
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
static void append_start(struct show_run *run, const struct event_read *event, const char *what)
{
    char time[TEXT_SECONDS_MAX];
    size_t start = bytes_len(run->out);

    show_batch(run, event);
    bytes_add_format(run->out, "%12s  ",
                     event->at_ns < MINUTE_NS ? text_seconds(time, event->at_ns)
                                              : text_time(time, event->at_ns));
    if (what != NULL)
        bytes_add_format(run->out, "%-9s", what);
    else
        show_status(run, event->status, 9);
    bytes_add_format(run->out, "  #%-*" PRIu64,
                     event->name.text != NULL || event->data.text != NULL ? index_width(run) : 1,
                     event->job);
    append_name(run, event, start);
}

static void show_done(struct show_run *run, const struct event_read *event,
                      const struct failures *failures)
{
    append_start(run, event, NULL);
    if (event->has_cause && failures != NULL) {
        bytes_add_string(run->out, " (");
        failures_add_cause(failures, event->cause, run->out);
        bytes_add_char(run->out, ')');
    }
    append_text(run, " = ", event->data);
    if (event->attempts > 1)
        bytes_add_format(run->out, " (%" PRIu64 " attempts)", event->attempts);
}

static void show_step(struct show_run *run, const struct event_read *event)
{
    char time[TEXT_SECONDS_MAX];

    append_start(run, event, event_reader_is(event->step_kind, "compute") ? "compute" : "wait");
    append_text(run, ": ", event->note);
    bytes_add_format(run->out, ", %s", text_time(time, event->duration_ns));
}

static void show_retry(struct show_run *run, const struct event_read *event)
{
    char time[TEXT_SECONDS_MAX];

    append_start(run, event, "retry");
    append_text(run, ": ", event->status);
    bytes_add_format(run->out, ", again in %s", text_time(time, event->delay_ns));
}

static void show_cancelled(struct show_run *run, const struct event_read *event)
{
    if (event->ref.text != NULL)
        append_text(run, "batch ", event->ref);
    else
        bytes_add_format(run->out, "batch %" PRIu64, event->batch);
    bytes_add_format(run->out, ": %" PRIu64 " job%s cancelled", event->jobs,
                     event->jobs == 1 ? "" : "s");
}

static void show_pong(struct show_run *run, const struct event_read *event)
{
    append_text(run, "pong: waitd ", event->version);
    append_text(run, ", instance ", event->instance);
}

static void show_stats(struct show_run *run, const struct event_read *event)
{
    bytes_add_format(run->out,
                     "stats: %" PRIu64 " connection%s, %" PRIu64 " batch%s, %" PRIu64
                     " job%s pending, %" PRIu64 " accepted",
                     event->connections, event->connections == 1 ? "" : "s", event->batches,
                     event->batches == 1 ? "" : "es", event->pending,
                     event->pending == 1 ? "" : "s", event->accepted);
}

/* What is said of a detached batch, in the word of the event or of its state. */
static void show_detached(struct show_run *run, const struct event_read *event, const char *word)
{
    append_text(run, "batch ", event->ref);
    bytes_add_string(run->out, ": ");
    bytes_add_string(run->out, word);
    append_text(run, "", event->state);
    append_text(run, ", ", event->status);
}

/* Cuts the line, which begins at `start` of the output, to the terminal's width. */
static void cut_line(struct show_run *run, size_t start)
{
    size_t len = bytes_len(run->out) - start;
    struct bytes line = {0};

    if (run->columns == 0 || len <= run->columns ||
        terminal_text_width(bytes_at(run->out) + start, len) <= run->columns)
        return;
    bytes_add(&line, bytes_at(run->out) + start, len);
    run->out->end -= len;
    append_cut(run, bytes_at(&line), len, run->columns);
    if (run->color)
        bytes_add_string(run->out, "\033[0m");
    run->out->failed |= line.failed;
    bytes_fini(&line);
}

static void show_event(struct show_run *run, const struct event_read *event)
{
    const struct failures *failures = show_take_failures(run, event);
    size_t start = bytes_len(run->out);

    switch (event->kind) {
    case EVENT_DONE:
        show_done(run, event, failures);
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
        show_totals(run, event, failures);
        return;
    case EVENT_SUMMARY:
    case EVENT_POOL:
        show_report(run, event);
        return;
    case EVENT_FORECAST:
        show_forecast(run, event);
        return;
    case EVENT_ACCEPTED:
        if (event->ref.text == NULL)
            return;
        show_detached(run, event, event->existing ? "accepted before" : "accepted");
        break;
    case EVENT_BATCH:
        show_detached(run, event, "");
        break;
    case EVENT_FORGOTTEN:
        show_detached(run, event, "forgotten");
        break;
    case EVENT_BATCHES:
    case EVENT_UNWATCHED: /* said on standard error */
    case EVENT_SUSPENDED:
    case EVENT_HEARTBEAT:
    case EVENT_AUTHENTICATED:
    case EVENT_RUN:
    case EVENT_ERROR: /* said on standard error */
    case EVENT_UNKNOWN:
        return;
    }
    cut_line(run, start);
    bytes_add_char(run->out, '\n');
}

const struct show show_human = {
    .name = "human",
    .has_progress = true,
    .events = SHOW_ALL,
    .event = show_event,
    .forget = show_forget_failures,
};
