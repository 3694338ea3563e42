/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <stdlib.h>

#include "client/base/text.h"
#include "proto/decimal.h"
#include "proto/duration.h"

/*
 * One line a job, in the order in which they end, with a tab between columns:
 *
 *     batch index name status due at late attempts
 *     1     0     tea  ok     1   1.000177833 0.000177833 1
 *
 * Times are seconds, exact; `due` and `late` are empty where the daemon did not
 * tell.  Names have no tab and no line feed in them: see text_append_column().
 * What is kept of a batch is a bit for each job: whether it has started, so that
 * one that never did has 0 attempts.
 */

struct starts {
    uint64_t jobs;
    bool any;
    unsigned char bits[];
};

static void begin(struct show_run *run)
{
    bytes_add_string(run->out, "batch\tindex\tname\tstatus\tdue\tat\tlate\tattempts\n");
}

static void append_count(struct bytes *out, uint64_t value)
{
    char digits[DECIMAL_MAX];

    bytes_add(out, digits, (size_t)(decimal_put(digits, value) - digits));
}

static void append_seconds(struct bytes *out, int64_t ns)
{
    char text[DURATION_PRINT_MAX];

    bytes_add(out, text, duration_print(text, ns));
}

static bool has_started(const struct starts *starts, uint64_t job)
{
    return starts != NULL && job < starts->jobs && (starts->bits[job / 8] >> job % 8 & 1);
}

/* `attempts` is told of when there are several. */
static void append_attempts(struct bytes *out, const struct starts *starts,
                            const struct event_read *event)
{
    bool has_run = event_reader_is(event->status, "ok") || event_reader_is(event->status, "failed");

    if (event->attempts > 0)
        append_count(out, event->attempts);
    else if (has_run || has_started(starts, event->job))
        bytes_add_char(out, '1');
    else if (event_reader_is(event->status, "skipped") || (starts != NULL && starts->any))
        bytes_add_char(out, '0');
}

static void append_job(struct show_run *run, const struct starts *starts,
                       const struct event_read *event)
{
    struct bytes *out = run->out;

    append_count(out, event->batch);
    bytes_add_char(out, '\t');
    append_count(out, event->job);
    bytes_add_char(out, '\t');
    text_append_column(out, event->name.text, event->name.len);
    bytes_add_char(out, '\t');
    text_append_column(out, event->status.text, event->status.len);
    bytes_add_char(out, '\t');
    if (event->has_due)
        append_seconds(out, event->due_ns);
    bytes_add_char(out, '\t');
    append_seconds(out, event->at_ns);
    bytes_add_char(out, '\t');
    if (event->has_due)
        append_seconds(out, event->at_ns > event->due_ns ? event->at_ns - event->due_ns : 0);
    bytes_add_char(out, '\t');
    append_attempts(out, starts, event);
    bytes_add_char(out, '\n');
}

static void accept(struct show_run *run, const struct event_read *event)
{
    uint64_t bytes = event->jobs / 8 + 1;
    struct starts *starts = bytes < SIZE_MAX / 2 ? calloc(1, sizeof *starts + (size_t)bytes) : NULL;

    if (starts == NULL) {
        run->out->failed = true;
        return;
    }
    starts->jobs = event->jobs;
    *run->kept = starts;
}

static void take_event(struct show_run *run, const struct event_read *event)
{
    struct starts *starts = run->kept != NULL ? *run->kept : NULL;

    if (event->kind == EVENT_DONE) {
        append_job(run, starts, event);
    } else if (event->kind == EVENT_ACCEPTED && run->kept != NULL && starts == NULL) {
        accept(run, event);
    } else if (event->kind == EVENT_STARTED && starts != NULL && event->job < starts->jobs) {
        starts->bits[event->job / 8] |= (unsigned char)(1u << event->job % 8);
        starts->any = true;
    }
}

static void forget(struct show_run *run)
{
    free(*run->kept);
}

const struct show show_joblog = {
    .name = "joblog",
    .has_progress = true,
    .needs_all = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_STARTED) | SHOW_KIND(EVENT_DONE),
    .begin = begin,
    .event = take_event,
    .forget = forget,
};
