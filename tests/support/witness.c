/* SPDX-License-Identifier: ISC */
#include "tests/support/witness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "proto/fault.h"

static void *enlarge(void *list, size_t bytes)
{
    list = realloc(list, bytes);
    if (list == NULL)
        abort();
    return list;
}

void witness_init(struct witness *witness)
{
    memset(witness, 0, sizeof(*witness));
    witness->reader = event_reader_new();
    if (witness->reader == NULL)
        abort();
}

void witness_fini(struct witness *witness)
{
    for (size_t i = 0; i < witness->n_batches; i++) {
        free(witness->batches[i].ended);
        free(witness->batches[i].events);
    }
    free(witness->batches);
    free(witness->line);
    event_reader_free(witness->reader);
}

static bool report_fault(struct witness *witness, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Always false. */
static bool report_fault(struct witness *witness, const char *format, ...)
{
    va_list arguments;

    if (witness->diagnostic[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(witness->diagnostic, sizeof(witness->diagnostic), format, arguments);
        va_end(arguments);
    }
    return false;
}

/* ---- Batches ---------------------------------------------------------------- */

static struct witness_batch *find_batch(const struct witness *witness, uint64_t number)
{
    size_t from = 0, to = witness->n_batches;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (witness->batches[middle].number < number)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == witness->n_batches || witness->batches[from].number != number)
        return NULL;
    return &witness->batches[from];
}

static bool hear_accepted(struct witness *witness, const struct event_read *event, int64_t now_ns)
{
    struct witness_batch *batch;

    if (witness->n_batches > 0 && witness->batches[witness->n_batches - 1].number >= event->batch)
        return report_fault(witness, "batch %" PRIu64 " is accepted out of order", event->batch);
    if (event->jobs > UINT32_MAX)
        return report_fault(witness, "a batch of %" PRIu64 " jobs", event->jobs);
    if (witness->n_batches == witness->room) {
        witness->room = 2 * witness->room + 4;
        witness->batches = enlarge(witness->batches, witness->room * sizeof(struct witness_batch));
    }
    batch = &witness->batches[witness->n_batches++];
    *batch = (struct witness_batch){
        .number = event->batch, .jobs = (uint32_t)event->jobs, .heard_ns = now_ns};
    for (size_t i = 0; i < event->id.len; i++) {
        if (event->id.text[i] < '0' || event->id.text[i] > '9') {
            batch->id = 0;
            break;
        }
        batch->id = batch->id * 10 + (uint64_t)(event->id.text[i] - '0');
    }
    batch->ended = enlarge(NULL, batch->jobs + (size_t)1);
    memset(batch->ended, 0, batch->jobs);
    return true;
}

static int status_of(struct event_text name)
{
    for (int status = 0; status < JOB_STATUSES; status++)
        if (event_reader_is(name, event_job_status_name((enum job_status)status)))
            return status;
    return -1;
}

static bool same_counts(const struct witness_batch *batch, const struct event_read *event)
{
    return batch->counts[JOB_OK] == event->ok && batch->counts[JOB_FAILED] == event->failed &&
           batch->counts[JOB_TIMED_OUT] == event->timed_out &&
           batch->counts[JOB_CANCELLED] == event->cancelled &&
           batch->counts[JOB_SKIPPED] == event->skipped;
}

static bool hear_finished(struct witness *witness, struct witness_batch *batch,
                          const struct event_read *event)
{
    bool is_silent = batch->n_done == 0 && batch->n_events == 0;
    size_t len = event->status.len < 15 ? event->status.len : 15;

    if (!is_silent && batch->n_done != batch->jobs)
        return report_fault(witness,
                            "batch %" PRIu64 " finishes with %" PRIu32 " of %" PRIu32 " jobs done",
                            batch->number, batch->n_done, batch->jobs);
    if (event->jobs != batch->jobs ||
        event->ok + event->failed + event->timed_out + event->cancelled + event->skipped !=
            batch->jobs)
        return report_fault(witness, "the counts of batch %" PRIu64 " do not add up",
                            batch->number);
    if (!is_silent && !same_counts(batch, event))
        return report_fault(witness, "the counts of batch %" PRIu64 " are not those of its jobs",
                            batch->number);
    if (event->cancelled < batch->n_cancelled)
        return report_fault(
            witness, "%" PRIu64 " jobs of batch %" PRIu64 " were cancelled, and %" PRIu64 " end so",
            batch->n_cancelled, batch->number, event->cancelled);
    if (event->critical_path_ns > event->predicted_ns)
        return report_fault(witness, "batch %" PRIu64 ": a path longer than all", batch->number);
    batch->finished = true;
    memcpy(batch->status, event->status.text != NULL ? event->status.text : "", len);
    batch->counts[JOB_OK] = (uint32_t)event->ok;
    batch->counts[JOB_FAILED] = (uint32_t)event->failed;
    batch->counts[JOB_TIMED_OUT] = (uint32_t)event->timed_out;
    batch->counts[JOB_CANCELLED] = (uint32_t)event->cancelled;
    batch->counts[JOB_SKIPPED] = (uint32_t)event->skipped;
    batch->elapsed_ns = event->elapsed_ns;
    batch->predicted_ns = event->predicted_ns;
    batch->sequential_ns = event->sequential_ns;
    batch->critical_path_ns = event->critical_path_ns;
    witness->n_finished++;
    return true;
}

/* ---- Jobs --------------------------------------------------------------------- */

static enum occurrence_kind occurrence_kind(enum event_kind kind)
{
    return kind == EVENT_STARTED ? OCCURRED_STARTED
           : kind == EVENT_STEP  ? OCCURRED_STEP
           : kind == EVENT_RETRY ? OCCURRED_RETRY
                                 : OCCURRED_DONE;
}

static uint32_t ordinal_of(const struct event_read *event)
{
    if (event->kind == EVENT_STEP)
        return (uint32_t)event->step;
    if (event->kind == EVENT_DONE)
        return event->attempts > 0 ? (uint32_t)event->attempts : 1;
    return (uint32_t)event->attempt;
}

static bool hear_job(struct witness *witness, struct witness_batch *batch,
                     const struct event_read *event, int64_t now_ns)
{
    int status = status_of(event->status);
    bool has_status = event->kind == EVENT_DONE || event->kind == EVENT_RETRY;

    if (event->job >= batch->jobs)
        return report_fault(witness, "batch %" PRIu64 " has no job %" PRIu64, batch->number,
                            event->job);
    if (batch->ended[event->job] != 0)
        return report_fault(witness,
                            "job %" PRIu64 " of batch %" PRIu64 " is heard of after its end",
                            event->job, batch->number);
    if (event->kind == EVENT_DONE && event->has_due && event->at_ns < event->due_ns)
        return report_fault(witness, "job %" PRIu64 " of batch %" PRIu64 " is done before its time",
                            event->job, batch->number);
    if (has_status && status < 0)
        return report_fault(witness, "job %" PRIu64 " of batch %" PRIu64 " has no status",
                            event->job, batch->number);
    if (batch->n_events == batch->room) {
        batch->room = 2 * batch->room + 8;
        batch->events = enlarge(batch->events, batch->room * sizeof(struct witness_event));
    }
    batch->events[batch->n_events++] = (struct witness_event){
        .heard_ns = now_ns,
        .at_ns = event->at_ns,
        .due_ns = event->due_ns,
        .span_ns = event->kind == EVENT_STEP ? event->duration_ns : event->delay_ns,
        .job = (uint32_t)event->job,
        .ordinal = ordinal_of(event),
        .kind = (uint8_t)occurrence_kind(event->kind),
        .status = (uint8_t)(has_status ? status : 0),
        .step_kind = event_reader_is(event->step_kind, "compute") ? STEP_COMPUTE : STEP_WAIT,
        .has_due = event->has_due,
    };
    if (event->kind == EVENT_DONE) {
        batch->ended[event->job] = (uint8_t)(1 + status);
        batch->counts[status]++;
        batch->n_done++;
    }
    return true;
}

/* ---- Lines -------------------------------------------------------------------- */

static void count_error(struct witness *witness, const struct event_read *event)
{
    for (int code = FAULT_BAD_JSON; code < FAULT_CODES; code++)
        if (event_reader_is(event->code, fault_code_name((enum fault_code)code)))
            witness->n_refused[code]++;
}

static bool hear_event(struct witness *witness, const struct event_read *event, int64_t now_ns)
{
    struct witness_batch *batch = NULL;

    switch (event->kind) {
    case EVENT_UNKNOWN:
        return report_fault(witness, "an event that nobody knows");
    case EVENT_ACCEPTED:
        witness->n_answers++;
        return hear_accepted(witness, event, now_ns);
    case EVENT_ERROR:
        count_error(witness, event);
        witness->n_answers++;
        return true;
    case EVENT_PONG:
    case EVENT_STATS:
    case EVENT_BATCH:
    case EVENT_BATCHES:
    case EVENT_FORGOTTEN:
    case EVENT_UNWATCHED:
    case EVENT_SUSPENDED:
    case EVENT_HEARTBEAT:
    case EVENT_AUTHENTICATED:
    case EVENT_FORECAST:
        witness->n_answers++;
        return true;
    case EVENT_SUMMARY:
    case EVENT_POOL:
    case EVENT_RUN:
        return true;
    case EVENT_CANCELLED:
        witness->n_answers++;
        witness->n_cancels += event->jobs > 0; /* none where the batch is being cancelled */
        batch = find_batch(witness, event->batch);
        if (batch == NULL || batch->finished)
            return report_fault(witness, "what does not run is cancelled: %" PRIu64, event->batch);
        batch->n_cancelled += event->jobs;
        return true;
    case EVENT_STARTED:
    case EVENT_STEP:
    case EVENT_RETRY:
    case EVENT_DONE:
    case EVENT_FINISHED:
        batch = find_batch(witness, event->batch);
        break;
    }
    if (batch == NULL)
        return report_fault(witness, "batch %" PRIu64 " was never accepted", event->batch);
    if (batch->finished)
        return report_fault(witness, "batch %" PRIu64 " is heard of after its end", event->batch);
    return event->kind == EVENT_FINISHED ? hear_finished(witness, batch, event)
                                         : hear_job(witness, batch, event, now_ns);
}

static bool hear_line(struct witness *witness, const char *line, size_t len, int64_t now_ns)
{
    struct event_read event;
    size_t own;

    witness->n_lines++;
    if (event_reader_read(witness->reader, line, len, &event) != 0)
        return report_fault(witness, "not an event: %.*s", (int)(len < 200 ? len : 200), line);
    own = len - event.id.len - event.data.len;
    if (event.name.text == NULL && event.note.text == NULL && own > EVENT_LINE_MAX)
        return report_fault(witness, "a line of %zu bytes of the daemon's own", own);
    return hear_event(witness, &event, now_ns);
}

bool witness_hear(struct witness *witness, const char *bytes, size_t len, int64_t now_ns)
{
    while (len > 0 && witness->diagnostic[0] == '\0') {
        const char *end = memchr(bytes, '\n', len);
        size_t n = end != NULL ? (size_t)(end - bytes) + 1 : len;

        if (witness->line_room - witness->line_len < n) {
            witness->line_room = 2 * witness->line_room + n;
            witness->line = enlarge(witness->line, witness->line_room);
        }
        memcpy(witness->line + witness->line_len, bytes, n);
        witness->line_len += n;
        if (end != NULL) {
            (void)hear_line(witness, witness->line, witness->line_len, now_ns);
            witness->line_len = 0;
        }
        bytes += n;
        len -= n;
    }
    return witness->diagnostic[0] == '\0';
}

bool witness_is_settled(const struct witness *witness)
{
    return witness->line_len == 0 && witness->n_finished == witness->n_batches;
}
