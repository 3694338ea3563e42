/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <stdlib.h>

#include "client/base/moment.h"
#include "client/base/text.h"
#include "client/trace/roster.h"
#include "proto/decimal.h"
#include "proto/due.h"
#include "proto/duration.h"

/*
 * One line a job, in the order in which they end, with a tab between columns:
 *
 *     batch index name status due at late attempts start queued
 *     1     0     tea  ok     1   1.000177833 0.000177833 1 0.000017113 0
 *
 * A detached batch has its ref in the place of its number.
 *
 * Times are seconds, exact; `due` and `late` are empty where the events do not
 * have them, `start` and `queued` (for workers, since the start) of a job whose start
 * is not known.  Names have no tab and no line feed in them: see
 * text_append_column().
 */

/* In a real run a step begins a little after it is due; more than so much and the
 * job has queued for a worker. */
#define LATE_NS 1000000

/* What is known of a job in flight. */
struct job {
    int64_t start_ns, due_ns; /* due_ns: of its step */
    int64_t queued_ns;
};

struct jobs {
    struct roster started; /* struct job */
    bool any;              /* there are events of starts */
    bool is_real;
};

static void begin(struct show_run *run)
{
    bytes_add_string(run->out,
                     "batch\tindex\tname\tstatus\tdue\tat\tlate\tattempts\tstart\tqueued\n");
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

/* The event has `attempts` when there are several. */
static void append_attempts(struct bytes *out, const struct jobs *jobs, const struct job *job,
                            const struct event_read *event)
{
    bool has_run = event_reader_is(event->status, "ok") || event_reader_is(event->status, "failed");

    if (event->attempts > 0)
        append_count(out, event->attempts);
    else if (has_run || job != NULL)
        bytes_add_char(out, '1');
    else if (event_reader_is(event->status, "skipped") || (jobs != NULL && jobs->any))
        bytes_add_char(out, '0');
}

static void append_job(struct bytes *out, const struct jobs *jobs, const struct job *job,
                       const struct event_read *event)
{
    if (event->ref.text != NULL)
        text_append_column(out, event->ref.text, event->ref.len);
    else
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
    append_attempts(out, jobs, job, event);
    bytes_add_char(out, '\t');
    if (job != NULL)
        append_seconds(out, job->start_ns);
    bytes_add_char(out, '\t');
    if (job != NULL)
        append_seconds(out, job->queued_ns);
    bytes_add_char(out, '\n');
}

/* ---- Jobs in flight --------------------------------------------------------- */

/* Between a step's end and what follows it now: the job queued. */
static void add_queueing(const struct jobs *jobs, struct job *job, int64_t now_ns)
{
    if (now_ns - job->due_ns > (jobs->is_real ? LATE_NS : 0))
        job->queued_ns += now_ns - job->due_ns;
}

/* Returns 0, or -1 when out of memory. */
static int take_started(struct jobs *jobs, const struct event_read *event)
{
    struct job *job = roster_find(&jobs->started, event->job);

    jobs->any = true;
    if (job == NULL && event->job < jobs->started.jobs) {
        job = roster_add(&jobs->started, event->job);
        if (job == NULL)
            return -1;
        *job = (struct job){.start_ns = event->at_ns};
    }
    if (job != NULL)
        job->due_ns = event->at_ns;
    return 0;
}

static void take_done(struct show_run *run, struct jobs *jobs, const struct event_read *event)
{
    struct job *job = jobs != NULL ? roster_find(&jobs->started, event->job) : NULL;

    /* Only these can have cut queueing short. */
    if (job != NULL && !event_reader_is(event->status, "ok") &&
        !event_reader_is(event->status, "failed"))
        add_queueing(jobs, job, event->at_ns);
    append_job(run->out, jobs, job, event);
    if (job != NULL)
        roster_remove(&jobs->started, event->job);
}

static int take_job(struct show_run *run, struct jobs *jobs, const struct event_read *event)
{
    struct job *job = jobs != NULL ? roster_find(&jobs->started, event->job) : NULL;

    if (event->kind == EVENT_DONE)
        take_done(run, jobs, event);
    else if (event->kind == EVENT_STARTED && jobs != NULL)
        return take_started(jobs, event);
    if (job == NULL)
        return 0;
    if (event->kind == EVENT_STEP) {
        if (event_reader_is(event->step_kind, "compute"))
            add_queueing(jobs, job, event->at_ns);
        job->due_ns = saturate_add_ns(event->at_ns, event->duration_ns);
    } else if (event->kind == EVENT_RETRY) {
        if (!event_reader_is(event->status, "failed"))
            add_queueing(jobs, job, event->at_ns);
        job->due_ns = DUE_NEVER;
    }
    return 0;
}

static struct jobs *accept(const struct show_run *run, const struct event_read *event)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);

    if (jobs == NULL || roster_init(&jobs->started, event->jobs, sizeof(struct job)) < 0) {
        free(jobs);
        return NULL;
    }
    /* Times of detached batches are those of the schedule. */
    jobs->is_real = event->ref.text == NULL &&
                    (run->batch->request.clock == PENDING_CLOCK_REAL || event->time.text != NULL);
    return jobs;
}

static void take_event(struct show_run *run, const struct event_read *event)
{
    struct jobs *jobs = run->kept != NULL ? *run->kept : NULL;

    if (event->kind == EVENT_ACCEPTED && run->kept != NULL)
        run->out->failed |= (*run->kept = accept(run, event)) == NULL;
    else
        run->out->failed |= take_job(run, jobs, event) < 0;
}

static void forget(struct show_run *run)
{
    struct jobs *jobs = *run->kept;

    if (jobs != NULL)
        roster_fini(&jobs->started);
    free(jobs);
    *run->kept = NULL;
}

const struct show show_joblog = {
    .name = "joblog",
    .has_progress = true,
    .needs_all = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_JOBS,
    .begin = begin,
    .event = take_event,
    .forget = forget,
};
