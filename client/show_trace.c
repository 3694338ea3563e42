/* SPDX-License-Identifier: ISC */
#include "client/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/chain.h"
#include "client/flight.h"
#include "client/graph.h"
#include "client/text.h"
#include "client/trace_writer.h"

/*
 * The run in Chrome's trace-event format: a process for each batch, a thread
 * for each lane.  On its lane a job is a slice, in which its attempts are
 * slices (if there are several) and in these its steps, queueing and back-offs.
 * A thread before the lanes has the batch as a whole and, if the request is known, the
 * critical path; there are arrows from each job to those that waited for it, and
 * a counter of the jobs in flight.
 *
 * Each slice is written when it is over.  What is kept is what is in flight, and
 * what arrows come from: one job for each name that is waited for.
 */

/* The thread before the lanes. */
#define BATCH_THREAD 1
#define LANE_THREAD  2

/* In a real run a step is begun a little after it is due; more than so much and
 * it has queued. */
#define QUEUE_WORTH_TELLING_NS 1000000

/* So many values of a counter are told as they are; then half as many in the
 * same time, and so on. */
#define COUNTS_AT_ONCE 4096

/* Of the jobs that bear one name, the one that ended last. */
struct tail {
    bool is_there;
    uint32_t lane;
    int64_t start_ns, end_ns;
};

struct trace_batch {
    uint64_t process;
    struct flight flight;
    int64_t now_ns; /* of the last event */
    bool is_late;   /* times are measured: the clock is real, as far as is known */
    uint32_t named; /* lanes */
    /* Arrows and the critical path; NULL without a graph. */
    struct tail *tails; /* by name */
    uint64_t arrows;
    struct chain *chain;
    struct bytes last_name; /* of the last job on the path */
    /* The counter of jobs in flight. */
    uint64_t told;
    int64_t counted_ns, tell_from_ns, interval_ns;
    unsigned tellings;
};

static const struct {
    const char *name, *color;
} phases[] = {
    [FLIGHT_BETWEEN] = {"queueing", "thread_state_runnable"},
    [FLIGHT_WAIT] = {"wait", "thread_state_sleeping"},
    [FLIGHT_COMPUTE] = {"compute", "thread_state_running"},
    [FLIGHT_BACKOFF] = {"back-off", "thread_state_iowait"},
};

static const char *color_of(struct event_string status)
{
    return event_reader_is(status, "ok")          ? "good"
           : event_reader_is(status, "failed")    ? "terrible"
           : event_reader_is(status, "timed_out") ? "bad"
                                                  : "grey";
}

static struct event_string string(const char *text)
{
    return (struct event_string){text, strlen(text)};
}

static struct trace_where lane_of(const struct trace_batch *trace, uint32_t lane)
{
    return (struct trace_where){trace->process, LANE_THREAD + (uint64_t)lane};
}

/* ---- Batches --------------------------------------------------------------- */

static void free_trace(struct trace_batch *trace)
{
    if (trace == NULL)
        return;
    flight_fini(&trace->flight);
    chain_free(trace->chain);
    free(trace->tails);
    bytes_fini(&trace->last_name);
    free(trace);
}

static struct trace_batch *new_trace(const struct batch *batch)
{
    const struct graph *graph = batch->asked.graph;
    struct trace_batch *trace = calloc(1, sizeof *trace);

    if (trace == NULL)
        return NULL;
    trace->process = batch->ordinal + 1;
    trace->is_late = batch->asked.clock == ASKED_REAL;
    if (flight_init(&trace->flight, batch->jobs) < 0)
        goto fail;
    if (graph == NULL || graph_names(graph) == 0)
        return trace;
    trace->tails = calloc(graph_names(graph), sizeof trace->tails[0]);
    trace->chain = chain_new(graph);
    if (trace->tails != NULL && trace->chain != NULL)
        return trace;
fail:
    free_trace(trace);
    return NULL;
}

/* `batch 7`, or with the client's id `batch 7: tea`. */
static void name_process(struct show_run *run, const struct trace_batch *trace,
                         struct event_string id)
{
    struct trace_where where = {trace->process, BATCH_THREAD};
    struct bytes name = {0};

    bytes_add_format(&name, "batch %" PRIu64, run->batch->number);
    if (id.len >= 2 && id.text[0] == '"') {
        id.text++;
        id.len -= 2;
    }
    if (id.len > 0) {
        bytes_add_string(&name, ": ");
        bytes_add(&name, id.text, id.len);
    }
    trace_writer_process(run->out, where, (struct event_string){bytes_at(&name), bytes_len(&name)},
                         run->batch->ordinal == 0);
    trace_writer_thread(run->out, where, string("batch"));
    bytes_fini(&name);
}

static void take_accepted(struct show_run *run, const struct event *event)
{
    struct trace_batch *trace = new_trace(run->batch);

    if (trace == NULL) {
        run->out->failed = true;
        return;
    }
    *run->kept = trace;
    name_process(run, trace, event->id);
}

/* ---- The counter ------------------------------------------------------------- */

static void tell_count(struct show_run *run, struct trace_batch *trace)
{
    trace->told = trace->flight.n;
    trace_writer_counter(run->out, trace->process, "in flight", "jobs", trace->counted_ns,
                         trace->told);
    if (++trace->tellings % COUNTS_AT_ONCE == 0)
        trace->interval_ns = trace->counted_ns / COUNTS_AT_ONCE;
    trace->tell_from_ns = trace->counted_ns + trace->interval_ns;
}

/* To be called before the number changes: what it was until now is told once
 * for each moment. */
static void count_until(struct show_run *run, struct trace_batch *trace)
{
    if (trace->now_ns > trace->counted_ns && trace->flight.n != trace->told &&
        trace->counted_ns >= trace->tell_from_ns)
        tell_count(run, trace);
    trace->counted_ns = trace->now_ns;
}

/* ---- Within a job -------------------------------------------------------------- */

static void write_phase(struct show_run *run, const struct trace_batch *trace,
                        const struct flight_job *job, enum flight_phase phase, int64_t start_ns,
                        int64_t end_ns)
{
    struct trace_what what = {
        .name = string(phases[phase].name),
        .category = phases[phase].name,
        .color = phases[phase].color,
    };

    if ((phase == FLIGHT_WAIT || phase == FLIGHT_COMPUTE) && job->note.len > 0)
        what.name = job->note;
    /* Within a slice one of no length confuses viewers: it ends no later than it
     * begins, and they sort. */
    if (end_ns > start_ns)
        trace_writer_slice(run->out, lane_of(trace, job->lane), &what, start_ns, end_ns);
    else
        trace_writer_moment(run->out, lane_of(trace, job->lane), &what, start_ns);
    trace_writer_close(run->out);
}

/* What was under way in the job ends now.  may_queue: what comes next is such
 * that the job may have waited for a worker since the end of it was due. */
static void end_phase(struct show_run *run, struct trace_batch *trace, struct flight_job *job,
                      bool may_queue)
{
    int64_t now_ns = trace->now_ns, gap_ns = now_ns - job->due_ns;
    bool has_queued = may_queue && job->phase != FLIGHT_BACKOFF &&
                      gap_ns > (trace->is_late ? QUEUE_WORTH_TELLING_NS : 0);
    int64_t end_ns = has_queued ? job->due_ns : now_ns;

    if (job->phase != FLIGHT_BETWEEN && (job->phase != FLIGHT_BACKOFF || end_ns > job->phase_ns))
        write_phase(run, trace, job, job->phase, job->phase_ns, end_ns);
    if (has_queued)
        write_phase(run, trace, job, FLIGHT_BETWEEN, end_ns, now_ns);
    job->own_ns = flight_own(job, now_ns);
}

static void write_attempt(struct show_run *run, const struct trace_batch *trace,
                          const struct flight_job *job, struct event_string status)
{
    char name[40];
    struct trace_what what = {.job = job->job, .category = "attempt", .color = color_of(status)};

    what.name.text = name;
    what.name.len = (size_t)snprintf(name, sizeof name, "attempt %" PRIu64, job->attempt);
    trace_writer_slice(run->out, lane_of(trace, job->lane), &what, job->attempt_ns, trace->now_ns);
    trace_writer_args(run->out, job->job);
    trace_writer_word(run->out, "status", status);
    trace_writer_close_args(run->out);
}

static void begin_attempt(struct flight_job *job, int64_t now_ns)
{
    job->phase = FLIGHT_BETWEEN;
    job->attempt++;
    job->attempt_ns = job->phase_ns = job->due_ns = now_ns;
}

static void name_lane(struct show_run *run, struct trace_batch *trace, uint32_t lane)
{
    struct trace_where where = lane_of(trace, lane);
    char name[32];
    int len = snprintf(name, sizeof name, "lane %u", lane + 1);

    trace_writer_thread(run->out, where, (struct event_string){name, (size_t)len});
    trace->named = lane + 1;
}

/* Arrows from those that the job has waited for: of each name from the one
 * that ended last. */
static void write_arrows(struct show_run *run, struct trace_batch *trace,
                         const struct flight_job *job)
{
    const uint32_t *names;
    size_t n = graph_after(run->batch->asked.graph, job->job, &names);

    for (size_t i = 0; i < n; i++) {
        const struct tail *tail = &trace->tails[names[i]];
        int64_t from_ns = tail->end_ns;

        if (!tail->is_there)
            continue;
        /* Behind its end the lane may be another's. */
        if (from_ns > tail->start_ns)
            from_ns--;
        trace_writer_arrow(run->out, trace->process << 32 | ++trace->arrows,
                           lane_of(trace, tail->lane), from_ns, lane_of(trace, job->lane),
                           job->start_ns);
    }
}

static void take_started(struct show_run *run, struct trace_batch *trace, const struct event *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    if (job != NULL) {
        end_phase(run, trace, job, false);
        begin_attempt(job, trace->now_ns);
        return;
    }
    if (trace->flight.lanes == 0 && trace->now_ns > 0)
        trace->is_late = true;
    count_until(run, trace);
    job = flight_start(&trace->flight, event->job, trace->now_ns);
    if (job == NULL)
        return;
    if (job->lane >= trace->named)
        name_lane(run, trace, job->lane);
    if (trace->tails != NULL)
        write_arrows(run, trace, job);
}

static void take_step(struct show_run *run, struct trace_batch *trace, const struct event *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    if (job == NULL)
        return;
    end_phase(run, trace, job, event_reader_is(event->step_kind, "compute"));
    flight_step(job, event);
}

/* What a job or an attempt that ended like this may have been at. */
static bool may_have_queued(struct event_string status)
{
    return !event_reader_is(status, "ok") && !event_reader_is(status, "failed");
}

static void take_retry(struct show_run *run, struct trace_batch *trace, const struct event *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    if (job == NULL)
        return;
    /* Of two slices that are equally long the outer one has to come first. */
    write_attempt(run, trace, job, event->status);
    end_phase(run, trace, job, may_have_queued(event->status));
    job->phase = FLIGHT_BACKOFF;
    job->phase_ns = trace->now_ns;
    if (__builtin_add_overflow(trace->now_ns, event->delay_ns, &job->due_ns))
        job->due_ns = INT64_MAX;
}

/* ---- The end of a job ------------------------------------------------------------ */

static void write_job(struct show_run *run, const struct trace_batch *trace,
                      const struct flight_job *job, const struct event *event)
{
    struct trace_what what = {
        .name = event->name,
        .job = job->job,
        .category = "job",
        .color = color_of(event->status),
    };

    trace_writer_slice(run->out, lane_of(trace, job->lane), &what, job->start_ns, trace->now_ns);
    trace_writer_args(run->out, job->job);
    trace_writer_word(run->out, "status", event->status);
    if (job->attempt > 1)
        trace_writer_count(run->out, "attempts", job->attempt);
    if (event->has_due && event->at_ns > event->due_ns)
        trace_writer_seconds(run->out, "late", event->at_ns - event->due_ns);
    trace_writer_close_args(run->out);
}

/* Skipped, or swept before it had started. */
static void write_unstarted(struct show_run *run, const struct trace_batch *trace,
                            const struct event *event)
{
    struct trace_where where = {trace->process, BATCH_THREAD};
    struct trace_what what = {
        .name = event->name,
        .job = event->job,
        .category = "job",
        .color = color_of(event->status),
    };

    trace_writer_moment(run->out, where, &what, trace->now_ns);
    trace_writer_args(run->out, event->job);
    trace_writer_word(run->out, "status", event->status);
    trace_writer_close_args(run->out);
}

/* Keeps what arrows and the critical path need of a job that is over. */
static void note_end(struct show_run *run, struct trace_batch *trace, const struct flight_job *job,
                     struct event_string name)
{
    struct chain_job link = {.job = job->job, .start_ns = job->start_ns, .end_ns = trace->now_ns};
    int64_t longest_ns = chain_length(trace->chain);
    uint32_t number = GRAPH_NONE;

    if (name.text != NULL)
        number = graph_find(run->batch->asked.graph, name.text, name.len);
    if (number != GRAPH_NONE)
        trace->tails[number] = (struct tail){true, job->lane, job->start_ns, trace->now_ns};
    chain_done(trace->chain, &link, name, job->own_ns);
    if (chain_length(trace->chain) > longest_ns) {
        bytes_consume(&trace->last_name, bytes_len(&trace->last_name));
        bytes_add(&trace->last_name, name.text, name.len);
    }
}

/* The attempt comes to an end along with the job, unless it has done so before. */
static void end_job(struct show_run *run, struct trace_batch *trace, struct flight_job *job,
                    const struct event *event)
{
    count_until(run, trace);
    write_job(run, trace, job, event);
    if (job->attempt > 1 && job->phase != FLIGHT_BACKOFF)
        write_attempt(run, trace, job, event->status);
    end_phase(run, trace, job, may_have_queued(event->status));
}

static void take_done(struct show_run *run, struct trace_batch *trace, const struct event *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    trace->is_late |= event->has_due && event->at_ns > event->due_ns;
    if (job == NULL) {
        write_unstarted(run, trace, event);
        return;
    }
    end_job(run, trace, job, event);
    if (trace->tails != NULL)
        note_end(run, trace, job, event->name);
    flight_end(&trace->flight, job);
}

/* ---- The end of the batch ---------------------------------------------------------- */

static void write_path(struct show_run *run, const struct trace_batch *trace)
{
    struct trace_where where = {trace->process, BATCH_THREAD};
    size_t n = chain_jobs(trace->chain, NULL, 0);
    struct chain_job *jobs = malloc((n > 0 ? n : 1) * sizeof *jobs);

    if (jobs == NULL) {
        run->out->failed = true;
        return;
    }
    chain_jobs(trace->chain, jobs, n);
    for (size_t i = n; i-- > 0;) {
        struct trace_what what = {.job = jobs[i].job, .category = "critical path"};

        if (i == 0 && bytes_len(&trace->last_name) > 0)
            what.name =
                (struct event_string){bytes_at(&trace->last_name), bytes_len(&trace->last_name)};
        else if (i > 0 && jobs[i].name != GRAPH_NONE)
            what.name.text = graph_name(run->batch->asked.graph, jobs[i].name, &what.name.len);
        if (jobs[i].end_ns > jobs[i].start_ns)
            trace_writer_slice(run->out, where, &what, jobs[i].start_ns, jobs[i].end_ns);
        else
            trace_writer_moment(run->out, where, &what, jobs[i].start_ns);
        trace_writer_args(run->out, jobs[i].job);
        trace_writer_close_args(run->out);
    }
    free(jobs);
}

/* event: `finished`, or NULL where it never came. */
static void write_batch(struct show_run *run, const struct trace_batch *trace,
                        const struct event *event)
{
    struct trace_where where = {trace->process, BATCH_THREAD};
    struct event_string status = event != NULL ? event->status : string("unfinished");
    struct trace_what what = {.name = status, .category = "batch", .color = color_of(status)};
    int64_t end_ns =
        event != NULL && event->elapsed_ns > trace->now_ns ? event->elapsed_ns : trace->now_ns;

    trace_writer_slice(run->out, where, &what, 0, end_ns);
    if (event == NULL) {
        trace_writer_close(run->out);
        return;
    }
    bytes_add_string(run->out, ",\"args\":{\"status\":");
    text_append_json(run->out, status.text, status.len);
    trace_writer_count(run->out, "jobs", event->jobs);
    trace_writer_count(run->out, "ok", event->ok);
    trace_writer_count(run->out, "failed", event->failed);
    trace_writer_count(run->out, "timed_out", event->timed_out);
    trace_writer_count(run->out, "cancelled", event->cancelled);
    trace_writer_count(run->out, "skipped", event->skipped);
    trace_writer_seconds(run->out, "elapsed", event->elapsed_ns);
    trace_writer_seconds(run->out, "predicted", event->predicted_ns);
    trace_writer_seconds(run->out, "sequential", event->sequential_ns);
    trace_writer_seconds(run->out, "critical_path", event->critical_path_ns);
    trace_writer_close_args(run->out);
}

static void finish(struct show_run *run, struct trace_batch *trace, const struct event *event)
{
    trace->counted_ns = trace->now_ns;
    if (trace->flight.n != trace->told)
        tell_count(run, trace);
    write_batch(run, trace, event);
    if (trace->chain != NULL)
        write_path(run, trace);
}

/* The batch was lost: what was under way is shown for as long as it is known of. */
static void abandon(struct show_run *run, struct trace_batch *trace)
{
    struct event event = {.status = string("unfinished")};

    while (trace->flight.n > 0) {
        struct flight_job *job = &trace->flight.in_flight[trace->flight.n - 1];

        end_job(run, trace, job, &event);
        flight_end(&trace->flight, job);
    }
    finish(run, trace, NULL);
}

/* ---- Events -------------------------------------------------------------------------- */

static void take_event(struct show_run *run, const struct event *event)
{
    struct trace_batch *trace;

    if (run->kept == NULL) /* of no batch */
        return;
    trace = *run->kept;
    if (event->kind == EVENT_ACCEPTED && trace == NULL)
        take_accepted(run, event);
    if (trace == NULL)
        return;
    /* Of one batch no event comes before its time, nor the times out of order. */
    if (event->kind != EVENT_FINISHED && event->at_ns > trace->now_ns)
        trace->now_ns = event->at_ns;
    if (event->kind == EVENT_STARTED)
        take_started(run, trace, event);
    else if (event->kind == EVENT_STEP)
        take_step(run, trace, event);
    else if (event->kind == EVENT_RETRY)
        take_retry(run, trace, event);
    else if (event->kind == EVENT_DONE)
        take_done(run, trace, event);
    else if (event->kind == EVENT_FINISHED) {
        finish(run, trace, event);
        free_trace(trace);
        *run->kept = NULL;
    }
}

static void forget(struct show_run *run)
{
    if (*run->kept == NULL)
        return;
    abandon(run, *run->kept);
    free_trace(*run->kept);
}

static void begin(struct show_run *run)
{
    trace_writer_begin(run->out);
}

static void end(struct show_run *run)
{
    trace_writer_end(run->out);
}

const struct show show_trace = {
    .name = "trace",
    .has_progress = true,
    .needs_all = true,
    .needs_graph = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_STARTED) | SHOW_KIND(EVENT_STEP) |
              SHOW_KIND(EVENT_RETRY) | SHOW_KIND(EVENT_DONE) | SHOW_KIND(EVENT_FINISHED),
    .begin = begin,
    .event = take_event,
    .forget = forget,
    .end = end,
};
