/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/plan_names.h"
#include "client/trace/trace_internal.h"
#include "proto/decimal.h"

/*
 * The run in Chrome's trace-event format: a process for each batch, a thread
 * for each lane.  On its lane a job is a slice, in which its attempts are
 * slices (if there are several) and in these its steps, queueing and back-offs.
 * A thread before the lanes has the batch as a whole and, if the request is known, the
 * critical path; there are arrows from each job to those that waited for it, a
 * counter of the jobs in flight, and one of the busy workers of each pool.
 *
 * Each slice is written when it is over, arrows behind those that they are between.  What is kept
 * is what is in flight, and the origins of arrows: one job for each name that is waited for.
 */

/* ---- Batches --------------------------------------------------------------- */

static void free_trace(struct trace_batch *trace)
{
    if (trace == NULL)
        return;
    flight_fini(&trace->flight);
    trace_pools_fini(&trace->pools);
    chain_free(trace->chain);
    free(trace->tails);
    for (unsigned depth = 0; depth < TRACE_DEPTHS; depth++)
        bytes_fini(&trace->inner[depth]);
    free(trace);
}

static struct trace_batch *new_trace(const struct active_batch *batch,
                                     const struct event_read *accepted)
{
    const struct plan *plan = batch->request.plan;
    struct trace_batch *trace = calloc(1, sizeof *trace);

    if (trace == NULL)
        return NULL;
    trace->process = batch->ordinal + 1;
    /* Times of detached batches are those of the schedule. */
    trace->is_late = accepted->ref.text == NULL &&
                     (batch->request.clock == PENDING_CLOCK_REAL || accepted->time.text != NULL);
    trace->is_clock_known = trace->is_late || accepted->ref.text != NULL ||
                            batch->request.clock == PENDING_CLOCK_VIRTUAL;
    if (flight_init(&trace->flight, batch->jobs) < 0 ||
        trace_pools_init(&trace->pools, plan, trace->process) < 0)
        goto fail;
    if (plan == NULL || plan_names_count(plan) == 0)
        return trace;
    trace->tails = calloc(plan_names_count(plan), sizeof trace->tails[0]);
    trace->chain = chain_new(plan);
    if (trace->tails != NULL && trace->chain != NULL)
        return trace;
fail:
    free_trace(trace);
    return NULL;
}

/* Of batches that are one in several modes. */
static const char *mode_of(const struct show_run *run)
{
    const struct show_modes *modes = run->modes;

    return modes != NULL && run->batch->ordinal < modes->n ? modes->names[run->batch->ordinal]
                                                           : NULL;
}

static void take_accepted(struct show_run *run, const struct event_read *event)
{
    struct trace_batch *trace = new_trace(run->batch, event);
    char label[BATCHES_LABEL_MAX];

    if (trace == NULL) {
        run->out->failed = true;
        return;
    }
    *run->kept = trace;
    trace_batch_name(run->out, trace, mode_of(run), batches_label(run->batch, label), event->id);
}

/* ---- Counters ---------------------------------------------------------------- */

static struct trace_counter_name in_flight_of(const struct trace_batch *trace)
{
    return (struct trace_counter_name){trace->process, event_text_of("in flight"), "jobs"};
}

/* To be called once the number has changed. */
static void count_in_flight(struct show_run *run, struct trace_batch *trace)
{
    struct trace_counter_name name = in_flight_of(trace);

    trace_counter_set(run->out, &trace->in_flight, &name, trace->flight.jobs.n, trace->now_ns);
}

/* ---- The beginning of a job ---------------------------------------------------- */

/* `lane 1`, or of a hundred jobs `lane 001`, so that names sort as numbers do: to
 * give the order takes one event more a lane, and of a million jobs at once a
 * quarter of all events were these. */
static void name_lane(struct show_run *run, struct trace_batch *trace, uint32_t lane)
{
    char name[8 + 2 * DECIMAL_MAX] = "lane 00000000000000000000", digits[DECIMAL_MAX];
    size_t width = (size_t)(decimal_put(digits, run->batch->jobs) - digits);
    size_t len = (size_t)(decimal_put(digits, lane + 1u) - digits);

    memcpy(name + 5 + width - len, digits, len);
    trace_writer_thread(run->out, trace_lane(trace, lane), (struct event_text){name, 5 + width});
    trace->named = lane + 1;
}

static void start_job(struct show_run *run, struct trace_batch *trace, uint64_t index)
{
    struct flight_job *job;

    if (!trace->is_clock_known && trace->flight.lanes.n == 0 && trace->now_ns > 0)
        trace->is_late = true;
    job = flight_start(&trace->flight, index, trace->now_ns);
    if (job == NULL)
        return;
    count_in_flight(run, trace);
    if (job->lane >= trace->named)
        name_lane(run, trace, job->lane);
}

static void take_started(struct show_run *run, struct trace_batch *trace,
                         const struct event_read *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    if (job == NULL) {
        start_job(run, trace, event->job);
        return;
    }
    trace_job_end_phase(run->out, trace, job, false);
    flight_try_again(&trace->flight, job, trace->now_ns);
}

/* ---- In a job -------------------------------------------------------------------- */

static void take_step(struct show_run *run, struct trace_batch *trace,
                      const struct event_read *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);
    bool is_compute;

    if (job == NULL)
        return;
    is_compute = event_reader_is(event->step_kind, "compute");
    trace_job_end_phase(run->out, trace, job, is_compute);
    trace_pools_end(run->out, &trace->pools, &trace->flight, event->job, job, trace->now_ns);
    flight_step(&trace->flight, job, event);
    if (is_compute)
        trace_pools_begin(run->out, &trace->pools, &trace->flight, event->job, job, trace->now_ns);
}

static void take_retry(struct show_run *run, struct trace_batch *trace,
                       const struct event_read *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    if (job == NULL)
        return;
    trace_job_end_attempt(run->out, trace, job, event);
    trace_job_end_phase(run->out, trace, job, trace_job_may_have_queued(event->status));
    trace_pools_end(run->out, &trace->pools, &trace->flight, event->job, job, trace->now_ns);
    flight_back_off(&trace->flight, job, trace->now_ns, event->delay_ns);
}

/* ---- The end of a job ------------------------------------------------------------ */

/* Arrows from those that the job has waited for: of each name from the one
 * that ended last.  None of that name has ended since the job started. */
static void write_arrows(struct show_run *run, struct trace_batch *trace, uint64_t index,
                         const struct flight_job *job)
{
    struct trace_extent to = {trace_lane(trace, job->lane), job->start_ns, trace->now_ns};
    const struct plan *plan = run->batch->request.plan;
    uint32_t first, n = plan_names_before(plan, index, &first);

    for (uint32_t i = 0; i < n; i++) {
        const struct trace_tail *tail = &trace->tails[plan_names_awaited(plan, first + i)];
        struct trace_extent from = {trace_lane(trace, tail->lane), tail->start_ns, tail->end_ns};

        if (tail->is_there)
            trace_writer_arrow(run->out, trace->process << 32 | ++trace->arrows, &from, &to);
    }
}

/* Writes what a job was that is over. */
static void end_job(struct show_run *run, struct trace_batch *trace, struct flight_job *job,
                    const struct event_read *event)
{
    trace_pools_end(run->out, &trace->pools, &trace->flight, event->job, job, trace->now_ns);
    trace_job_end(run->out, trace, job, event);
    if (trace->tails != NULL)
        write_arrows(run, trace, event->job, job);
}

/* Keeps what arrows and the critical path need of a job that is over. */
static void note_end(struct show_run *run, struct trace_batch *trace, const struct flight_job *job,
                     const struct event_read *event)
{
    struct chain_job link = {.job = event->job, .start_ns = job->start_ns, .end_ns = trace->now_ns};
    uint32_t number = plan_names_of_job(run->batch->request.plan, event->job);

    if (number != PLAN_NONE)
        trace->tails[number] = (struct trace_tail){true, job->lane, job->start_ns, trace->now_ns};
    chain_done(trace->chain, &link, flight_active_ns(&trace->flight, job, trace->now_ns));
}

static void take_done(struct show_run *run, struct trace_batch *trace,
                      const struct event_read *event)
{
    struct flight_job *job = flight_find(&trace->flight, event->job);

    trace->is_late |= event->has_due && event->at_ns > event->due_ns;
    if (job == NULL) {
        trace_job_unstarted(run->out, trace, event);
        return;
    }
    end_job(run, trace, job, event);
    if (trace->tails != NULL)
        note_end(run, trace, job, event);
    flight_end(&trace->flight, event->job);
    count_in_flight(run, trace);
}

/* ---- The end of the batch ---------------------------------------------------------- */

static void finish(struct show_run *run, struct trace_batch *trace, const struct event_read *event)
{
    struct trace_counter_name in_flight = in_flight_of(trace);

    trace_job_flush(run->out, trace);
    trace_counter_finish(run->out, &trace->in_flight, &in_flight);
    trace_pools_finish(run->out, &trace->pools);
    trace_batch_end(run->out, trace, event);
    trace_batch_path(run->out, trace, run->batch->request.plan);
}

/* The batch was lost: what was in progress is shown for as long as it is known of. */
static void abandon(struct show_run *run, struct trace_batch *trace)
{
    struct event_read event = {.status = event_text_of("unfinished")};
    struct flight_job *job;

    for (uint64_t place = 0; (job = roster_next(&trace->flight.jobs, &place)) != NULL;) {
        event.job = place - 1;
        end_job(run, trace, job, &event);
        flight_end(&trace->flight, event.job);
        count_in_flight(run, trace);
    }
    finish(run, trace, NULL);
}

/* ---- Events -------------------------------------------------------------------------- */

/* Of one batch no event precedes its time, nor are times out of order. */
static void go_on_to(struct show_run *run, struct trace_batch *trace, int64_t at_ns)
{
    if (at_ns <= trace->now_ns)
        return;
    if (trace_writer_us(at_ns) > trace_writer_us(trace->now_ns))
        trace_job_flush(run->out, trace);
    trace->now_ns = at_ns;
    trace_pools_advance(run->out, &trace->pools, &trace->flight, at_ns);
}

static void take_event(struct show_run *run, const struct event_read *event)
{
    struct trace_batch *trace;

    if (run->kept == NULL) /* of no batch */
        return;
    trace = *run->kept;
    if (event->kind == EVENT_ACCEPTED && trace == NULL)
        take_accepted(run, event);
    if (trace == NULL)
        return;
    if (event->kind != EVENT_FINISHED)
        go_on_to(run, trace, event->at_ns);
    if (event->kind == EVENT_STARTED)
        take_started(run, trace, event);
    else if (event->kind == EVENT_STEP)
        take_step(run, trace, event);
    else if (event->kind == EVENT_RETRY)
        take_retry(run, trace, event);
    else if (event->kind == EVENT_DONE)
        take_done(run, trace, event);
    run->out->failed |= trace->flight.no_memory || trace->pools.no_memory;
    if (event->kind == EVENT_FINISHED) {
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
    .needs_plan = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_JOBS | SHOW_KIND(EVENT_FINISHED),
    .begin = begin,
    .event = take_event,
    .forget = forget,
    .end = end,
};
