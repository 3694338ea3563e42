/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>

#include "client/trace/trace_internal.h"

/* In a real run a step is begun a little after it is due; more than so much and
 * it has queued. */
#define QUEUE_WORTH_TELLING_NS 1000000

static const struct phase {
    struct event_string name;
    struct trace_kind kind;
} phases[] = {
    [FLIGHT_BETWEEN] = {{"queueing", 8}, TRACE_KIND("queueing", "thread_state_runnable")},
    [FLIGHT_WAIT] = {{"wait", 4}, TRACE_KIND("wait", "thread_state_sleeping")},
    [FLIGHT_COMPUTE] = {{"compute", 7}, TRACE_KIND("compute", "thread_state_running")},
    [FLIGHT_BACKOFF] = {{"back-off", 8}, TRACE_KIND("back-off", "thread_state_iowait")},
};

static const struct trace_kind job_kinds[TRACE_OUTCOMES] = {
    [TRACE_OK] = TRACE_KIND("job", "good"),
    [TRACE_FAILED] = TRACE_KIND("job", "terrible"),
    [TRACE_TIMED_OUT] = TRACE_KIND("job", "bad"),
    [TRACE_OTHER] = TRACE_KIND("job", "grey"),
};

static const struct trace_kind attempt_kinds[TRACE_OUTCOMES] = {
    [TRACE_OK] = TRACE_KIND("attempt", "good"),
    [TRACE_FAILED] = TRACE_KIND("attempt", "terrible"),
    [TRACE_TIMED_OUT] = TRACE_KIND("attempt", "bad"),
    [TRACE_OTHER] = TRACE_KIND("attempt", "grey"),
};

enum trace_outcome trace_outcome(struct event_string status)
{
    return event_reader_is(status, "ok")          ? TRACE_OK
           : event_reader_is(status, "failed")    ? TRACE_FAILED
           : event_reader_is(status, "timed_out") ? TRACE_TIMED_OUT
                                                  : TRACE_OTHER;
}

bool trace_job_may_have_queued(struct event_string status)
{
    return !event_reader_is(status, "ok") && !event_reader_is(status, "failed");
}

/* ---- Within a job -------------------------------------------------------------- */

static void write_phase(struct bytes *out, const struct trace_batch *trace,
                        const struct flight_job *job, enum flight_phase phase, int64_t start_ns,
                        int64_t end_ns)
{
    const struct flight_more *more = flight_more(&trace->flight, job);
    struct trace_where where = trace_lane(trace, job->lane);
    struct trace_what what = {.name = phases[phase].name, .kind = &phases[phase].kind};

    if ((phase == FLIGHT_WAIT || phase == FLIGHT_COMPUTE) && more != NULL && more->note.len > 0)
        what.name = more->note;
    /* Within a slice one of no length confuses viewers: it ends no later than it
     * begins, and they sort. */
    if (end_ns > start_ns)
        trace_writer_slice(out, where, &what, start_ns, end_ns);
    else
        trace_writer_moment(out, where, &what, start_ns);
    trace_writer_close(out);
}

void trace_job_end_phase(struct bytes *out, const struct trace_batch *trace,
                         const struct flight_job *job, bool may_queue)
{
    int64_t now_ns = trace->now_ns, gap_ns = now_ns - job->due_ns;
    int64_t phase_ns = flight_phase_ns(&trace->flight, job);
    bool has_queued = may_queue && job->phase != FLIGHT_BACKOFF &&
                      gap_ns > (trace->is_late ? QUEUE_WORTH_TELLING_NS : 0);
    int64_t end_ns = has_queued ? job->due_ns : now_ns;

    if (job->phase != FLIGHT_BETWEEN && (job->phase != FLIGHT_BACKOFF || end_ns > phase_ns))
        write_phase(out, trace, job, (enum flight_phase)job->phase, phase_ns, end_ns);
    if (has_queued)
        write_phase(out, trace, job, FLIGHT_BETWEEN, end_ns, now_ns);
}

void trace_job_end_attempt(struct bytes *out, const struct trace_batch *trace,
                           const struct flight_job *job, const struct event_read *event)
{
    const struct flight_more *more = flight_more(&trace->flight, job);
    int64_t begin_ns = more != NULL ? more->attempt_ns : job->start_ns;
    char name[40];
    struct trace_what what = {.name.text = name,
                              .kind = &attempt_kinds[trace_outcome(event->status)]};

    what.name.len = (size_t)snprintf(name, sizeof name, "attempt %" PRIu64,
                                     flight_attempt(&trace->flight, job));
    trace_writer_slice(out, trace_lane(trace, job->lane), &what, begin_ns, trace->now_ns);
    trace_writer_args(out, event->job, event->status);
    trace_writer_close_args(out);
}

/* ---- Whole jobs ------------------------------------------------------------------ */

static void write_job(struct bytes *out, const struct trace_batch *trace,
                      const struct flight_job *job, const struct event_read *event)
{
    struct trace_what what = {
        .name = event->name,
        .job = event->job,
        .kind = &job_kinds[trace_outcome(event->status)],
    };
    uint64_t attempts = flight_attempt(&trace->flight, job);

    trace_writer_slice(out, trace_lane(trace, job->lane), &what, job->start_ns, trace->now_ns);
    trace_writer_args(out, event->job, event->status);
    if (attempts > 1)
        trace_writer_count(out, "attempts", attempts);
    if (event->has_due && event->at_ns > event->due_ns)
        trace_writer_seconds(out, "late", event->at_ns - event->due_ns);
    trace_writer_close_args(out);
}

/* The attempt comes to an end along with the job, unless it has done so before. */
void trace_job_end(struct bytes *out, const struct trace_batch *trace, const struct flight_job *job,
                   const struct event_read *event)
{
    write_job(out, trace, job, event);
    if (flight_attempt(&trace->flight, job) > 1 && job->phase != FLIGHT_BACKOFF)
        trace_job_end_attempt(out, trace, job, event);
    trace_job_end_phase(out, trace, job, trace_job_may_have_queued(event->status));
}

void trace_job_unstarted(struct bytes *out, const struct trace_batch *trace,
                         const struct event_read *event)
{
    struct trace_what what = {
        .name = event->name,
        .job = event->job,
        .kind = &job_kinds[trace_outcome(event->status)],
    };

    trace_writer_moment(out, trace_of_batch(trace), &what, trace->now_ns);
    trace_writer_args(out, event->job, event->status);
    trace_writer_close_args(out);
}
