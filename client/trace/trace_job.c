/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>

#include "client/trace/trace_internal.h"

/* In a real run a step is begun a little after it is due; more than so much and
 * it has queued. */
#define QUEUE_SHOWN_NS 1000000

static const struct phase {
    struct event_text name;
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

enum trace_outcome trace_outcome(struct event_text status)
{
    return event_reader_is(status, "ok")          ? TRACE_OK
           : event_reader_is(status, "failed")    ? TRACE_FAILED
           : event_reader_is(status, "timed_out") ? TRACE_TIMED_OUT
                                                  : TRACE_OTHER;
}

bool trace_job_may_have_queued(struct event_text status)
{
    return !event_reader_is(status, "ok") && !event_reader_is(status, "failed");
}

/* ---- Within a job -------------------------------------------------------------- */

/* Where to write what begins at start_ns and ends within what began at outer_ns:
 * what is longer than it, or may be, has to be first. */
static struct bytes *place(struct bytes *out, struct trace_batch *trace, enum trace_depth depth,
                           int64_t start_ns, int64_t outer_ns)
{
    int64_t start_us = trace_writer_us(start_ns);
    bool may_be_equal =
        start_us == trace_writer_us(outer_ns) && start_us < trace_writer_us(trace->now_ns);

    return may_be_equal ? &trace->inner[depth] : out;
}

void trace_job_flush(struct bytes *out, struct trace_batch *trace)
{
    for (unsigned depth = 0; depth < TRACE_DEPTHS; depth++) {
        struct bytes *inner = &trace->inner[depth];

        bytes_add(out, bytes_at(inner), bytes_len(inner));
        bytes_consume(inner, bytes_len(inner));
        out->failed |= inner->failed;
    }
}

/* One argument is enough to know a slice by from its neighbours of the same name. */
static void write_phase(struct bytes *out, const struct trace_batch *trace,
                        const struct flight_job *job, enum flight_phase phase, int64_t start_ns,
                        int64_t end_ns)
{
    const struct flight_extra *extra = flight_extra(&trace->flight, job);
    struct trace_what what = {.name = phases[phase].name, .kind = &phases[phase].kind};
    uint64_t step = flight_step_index(&trace->flight, job);

    if ((phase == FLIGHT_WAIT || phase == FLIGHT_COMPUTE) && extra != NULL && extra->note.len > 0)
        what.name = extra->note;
    trace_writer_slice(out, trace_lane(trace, job->lane), &what, start_ns, end_ns);
    if (phase == FLIGHT_BACKOFF)
        trace_writer_arg(out, "attempt", flight_attempt(&trace->flight, job));
    else if (phase == FLIGHT_BETWEEN && job->phase != FLIGHT_BETWEEN)
        trace_writer_arg(out, "step", step + 1);
    else
        trace_writer_arg(out, "step", step);
    trace_writer_close_args(out);
}

/* The phase, and the queueing behind it. */
static void write_phases(struct bytes *out, const struct trace_batch *trace,
                         const struct flight_job *job, bool may_queue)
{
    int64_t now_ns = trace->now_ns, gap_ns = now_ns - job->due_ns;
    int64_t phase_ns = flight_phase_ns(&trace->flight, job);
    bool has_queued =
        may_queue && job->phase != FLIGHT_BACKOFF && gap_ns > (trace->is_late ? QUEUE_SHOWN_NS : 0);
    int64_t end_ns = has_queued ? job->due_ns : now_ns;

    if (job->phase != FLIGHT_BETWEEN && (job->phase != FLIGHT_BACKOFF || end_ns > phase_ns))
        write_phase(out, trace, job, (enum flight_phase)job->phase, phase_ns, end_ns);
    if (has_queued)
        write_phase(out, trace, job, FLIGHT_BETWEEN, end_ns, now_ns);
}

static int64_t attempt_ns(const struct trace_batch *trace, const struct flight_job *job)
{
    const struct flight_extra *extra = flight_extra(&trace->flight, job);

    return extra != NULL ? extra->attempt_ns : job->start_ns;
}

void trace_job_end_phase(struct bytes *out, struct trace_batch *trace, const struct flight_job *job,
                         bool may_queue)
{
    bool is_backoff = job->phase == FLIGHT_BACKOFF;
    int64_t outer_ns = is_backoff ? job->start_ns : attempt_ns(trace, job);

    out = place(out, trace, is_backoff ? TRACE_ATTEMPT : TRACE_PHASE,
                flight_phase_ns(&trace->flight, job), outer_ns);
    write_phases(out, trace, job, may_queue);
}

static void write_attempt(struct bytes *out, const struct trace_batch *trace,
                          const struct flight_job *job, const struct event_read *event)
{
    char name[40];
    struct trace_what what = {.name.text = name,
                              .kind = &attempt_kinds[trace_outcome(event->status)]};

    what.name.len = (size_t)snprintf(name, sizeof name, "attempt %" PRIu64,
                                     flight_attempt(&trace->flight, job));
    trace_writer_slice(out, trace_lane(trace, job->lane), &what, attempt_ns(trace, job),
                       trace->now_ns);
    trace_writer_args(out, event->job, event->status);
    trace_writer_close_args(out);
}

void trace_job_end_attempt(struct bytes *out, struct trace_batch *trace,
                           const struct flight_job *job, const struct event_read *event)
{
    out = place(out, trace, TRACE_ATTEMPT, attempt_ns(trace, job), job->start_ns);
    write_attempt(out, trace, job, event);
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

/* The attempt ends along with the job, unless it has done so before. */
void trace_job_end(struct bytes *out, const struct trace_batch *trace, const struct flight_job *job,
                   const struct event_read *event)
{
    write_job(out, trace, job, event);
    if (flight_attempt(&trace->flight, job) > 1 && job->phase != FLIGHT_BACKOFF)
        write_attempt(out, trace, job, event);
    write_phases(out, trace, job, trace_job_may_have_queued(event->status));
}

void trace_job_unstarted(struct bytes *out, const struct trace_batch *trace,
                         const struct event_read *event)
{
    struct trace_what what = {
        .name = event->name,
        .job = event->job,
        .kind = &job_kinds[trace_outcome(event->status)],
    };

    trace_writer_slice(out, trace_of_batch(trace), &what, trace->now_ns, trace->now_ns);
    trace_writer_args(out, event->job, event->status);
    trace_writer_close_args(out);
}
