/* SPDX-License-Identifier: ISC */

/* What one job goes through: attempts, steps, workers (rules 3 to 5). */

#include "daemon/engine/batch_internal.h"

#include <math.h>

#include "daemon/engine/draw.h"

static bool is_blocking(const struct batch *batch)
{
    return batch->options->mode == PLAN_BLOCKING;
}

static const struct spec *spec_of(const struct batch *batch, const struct job *job)
{
    return &batch->plan->specs[job->spec];
}

static const struct job_spec *work_of(const struct batch *batch, const struct job *job)
{
    return plan_work(batch->plan, spec_of(batch, job));
}

static struct draw_key draw_key(const struct batch *batch, uint32_t index, uint32_t step)
{
    return (struct draw_key){.seed = batch->options->seed,
                             .job = index,
                             .attempt = batch->jobs[index].attempt,
                             .step = step};
}

/* ---- The queue for workers -------------------------------------------------- */

static void queue_for_worker(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];

    job->state = STATE_QUEUED;
    job->prev = batch->last_queued;
    job->next = NO_JOB;
    if (batch->last_queued != NO_JOB)
        batch->jobs[batch->last_queued].next = index;
    else
        batch->first_queued = index;
    batch->last_queued = index;
    if (job->timeout_ns >= 0)
        timerq_set(&batch->queue, index, job->timeout_ns, DUE_TIMEOUT);
    else
        timerq_remove(&batch->queue, index);
}

static void leave_queue(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];

    if (job->prev != NO_JOB)
        batch->jobs[job->prev].next = job->next;
    else
        batch->first_queued = job->next;
    if (job->next != NO_JOB)
        batch->jobs[job->next].prev = job->prev;
    else
        batch->last_queued = job->prev;
}

/* ---- Steps -------------------------------------------------------------------- */

static void begin_step(struct batch *batch, uint32_t index, const struct step *step)
{
    struct job *job = &batch->jobs[index];
    struct draw_key key = draw_key(batch, index, job->step);
    int64_t length_ns = draw_length(batch->plan, &step->length, &key, batch->plan->max_wait_ns);
    int64_t end_ns = batch_add_ns(batch->clock_ns, length_ns);
    bool in_time = job->timeout_ns < 0 || end_ns <= job->timeout_ns;

    job->state =
        step->kind == STEP_COMPUTE && !is_blocking(batch) ? STATE_COMPUTING : STATE_RUNNING;
    job->began_ns = batch->clock_ns;
    timerq_set(&batch->queue, index, in_time ? end_ns : job->timeout_ns,
               in_time ? DUE_END : DUE_TIMEOUT);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_STEP,
                                           .job = index,
                                           .ordinal = job->step,
                                           .due_ns = batch->clock_ns,
                                           .span_ns = length_ns,
                                           .step_kind = (uint8_t)step->kind});
}

static struct step current_step(const struct batch *batch, const struct job *job)
{
    const struct spec *spec = spec_of(batch, job);

    return plan_spec_step(batch->plan, spec, job->step % plan_spec_steps(batch->plan, spec));
}

static void free_worker(struct batch *batch)
{
    uint32_t head = batch->first_queued;
    struct step step;

    if (head == NO_JOB) {
        batch->workers_free++;
        return;
    }
    leave_queue(batch, head);
    step = current_step(batch, &batch->jobs[head]);
    begin_step(batch, head, &step);
}

static void end_attempt(struct batch *batch, uint32_t index);

static void enter_step(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];
    const struct spec *spec = spec_of(batch, job);
    uint64_t steps = plan_spec_steps(batch->plan, spec) * work_of(batch, job)->repeat;
    struct step step;

    if (job->step == steps) {
        end_attempt(batch, index);
        return;
    }
    step = current_step(batch, job);
    if (step.kind == STEP_COMPUTE && !is_blocking(batch)) {
        if (batch->workers_free == 0) {
            queue_for_worker(batch, index);
            return;
        }
        batch->workers_free--;
    }
    begin_step(batch, index, &step);
}

/* ---- Attempts ------------------------------------------------------------------- */

static void start_attempt(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];
    const struct job_spec *work = work_of(batch, job);

    job->attempt++;
    job->step = 0;
    job->timeout_ns = work->timeout_ns < 0 ? -1 : batch_add_ns(batch->clock_ns, work->timeout_ns);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_STARTED,
                                           .job = index,
                                           .ordinal = job->attempt,
                                           .due_ns = batch->clock_ns});
    if (plan_spec_steps(batch->plan, spec_of(batch, job)) == 0) {
        job->state = STATE_BETWEEN;
        timerq_set(&batch->queue, index, batch->clock_ns, DUE_END);
        return;
    }
    enter_step(batch, index);
}

/* The delay after the attempt that has just ended. */
static int64_t backoff_delay(const struct batch *batch, uint32_t index)
{
    const struct job *job = &batch->jobs[index];
    const struct backoff *backoff = &work_of(batch, job)->backoff;
    double delay = (double)backoff->initial_ns;
    struct draw_key key = draw_key(batch, index, 0);
    int64_t delay_ns;

    if (backoff->initial_ns == 0)
        return 0; /* whatever the power: it may be infinite */
    if (job->attempt > 1)
        delay *= pow(backoff->factor, (double)(job->attempt - 1));
    delay_ns = delay >= 0x1p63 ? INT64_MAX : llround(delay);
    if (backoff->max_ns >= 0 && delay_ns > backoff->max_ns)
        delay_ns = backoff->max_ns;
    if (backoff->full_jitter)
        delay_ns = llround(draw_unit(&key, DRAW_JITTER) * (double)delay_ns);
    return delay_ns;
}

static void attempt_ended(struct batch *batch, uint32_t index, enum job_status status)
{
    struct job *job = &batch->jobs[index];
    int64_t delay_ns;

    if (status == JOB_OK || job->attempt > work_of(batch, job)->retries) {
        batch_job_end(batch, index, status);
        batch_job_ended(batch, index, status);
        return;
    }
    delay_ns = backoff_delay(batch, index);
    job->state = STATE_BACKOFF;
    job->began_ns = batch->clock_ns;
    timerq_set(&batch->queue, index, batch_add_ns(batch->clock_ns, delay_ns), DUE_END);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_RETRY,
                                           .job = index,
                                           .ordinal = job->attempt,
                                           .status = (uint8_t)status,
                                           .due_ns = batch->clock_ns,
                                           .span_ns = delay_ns});
}

static void end_attempt(struct batch *batch, uint32_t index)
{
    double fail = work_of(batch, &batch->jobs[index])->fail;
    struct draw_key key = draw_key(batch, index, 0);
    bool failed = fail >= 1.0 || (fail > 0.0 && draw_unit(&key, DRAW_FAIL) < fail);

    attempt_ended(batch, index, failed ? JOB_FAILED : JOB_OK);
}

/* ---- Ends -------------------------------------------------------------------------- */

/* Counts the time since the step or back-off began, up to the clock or, should
 * its end be due already and not handled, up to that. */
static void count_run(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];
    int64_t until_ns = timerq_due(&batch->queue, index, batch->clock_ns);
    int64_t ran_ns;

    if (until_ns > batch->clock_ns)
        until_ns = batch->clock_ns;
    ran_ns = until_ns > job->began_ns ? until_ns - job->began_ns : 0;
    job->ran_ns = batch_add_ns(job->ran_ns, ran_ns);
    batch->result.sequential_ns = batch_add_ns(batch->result.sequential_ns, ran_ns);
}

/* Leaves the step, the queue or the back-off that the job is in. */
static void leave_state(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];
    enum job_state state = (enum job_state)job->state;

    switch (state) {
    case STATE_RUNNING:
    case STATE_BACKOFF:
        count_run(batch, index);
        job->state = STATE_BETWEEN;
        break;
    case STATE_COMPUTING:
        count_run(batch, index);
        job->state = STATE_BETWEEN;
        if (!batch->sweeping) /* nothing steps in consequence of a sweep */
            free_worker(batch);
        break;
    case STATE_QUEUED:
        leave_queue(batch, index);
        job->state = STATE_BETWEEN;
        break;
    case STATE_UNTOUCHED:
    case STATE_BETWEEN:
    case STATE_SKIPPING:
    case STATE_ENDED:
        break;
    }
}

void batch_job_start(struct batch *batch, uint32_t index, uint32_t spec)
{
    batch->jobs[index].spec = spec;
    batch->slots_taken++;
    batch->in_flight++;
    if (is_blocking(batch))
        batch->workers_free--;
    start_attempt(batch, index);
}

static void end_due(struct batch *batch, uint32_t index)
{
    struct job *job = &batch->jobs[index];
    enum job_state state = (enum job_state)job->state;

    leave_state(batch, index);
    switch (state) {
    case STATE_BETWEEN:
        end_attempt(batch, index);
        break;
    case STATE_RUNNING:
    case STATE_COMPUTING:
        job->step++;
        enter_step(batch, index);
        break;
    case STATE_BACKOFF:
        start_attempt(batch, index);
        break;
    case STATE_SKIPPING:
        batch_job_end(batch, index, JOB_SKIPPED);
        batch_job_ended(batch, index, JOB_SKIPPED);
        break;
    case STATE_UNTOUCHED:
    case STATE_QUEUED:
    case STATE_ENDED:
        break;
    }
}

void batch_job_due(struct batch *batch, uint32_t index, enum due_kind kind)
{
    if (kind == DUE_END) {
        end_due(batch, index);
        return;
    }
    leave_state(batch, index);
    attempt_ended(batch, index, JOB_TIMED_OUT);
}

static void give_back_slot(struct batch *batch)
{
    batch->slots_taken--;
    if (is_blocking(batch))
        batch->workers_free++;
}

void batch_job_end(struct batch *batch, uint32_t index, enum job_status status)
{
    struct job *job = &batch->jobs[index];
    bool started = job->attempt > 0;
    int64_t chain_ns;

    leave_state(batch, index);
    timerq_remove(&batch->queue, index);
    if (started || job->state == STATE_SKIPPING)
        batch->in_flight--;
    if (started)
        give_back_slot(batch);
    else if (job->state == STATE_UNTOUCHED)
        job->spec = plan_spec_of(batch->plan, index);
    job->state = STATE_ENDED;
    batch->pending--;
    batch->result.counts[status]++;
    if (batch->clock_ns > batch->result.predicted_ns)
        batch->result.predicted_ns = batch->clock_ns;
    chain_ns = batch_after_chain(batch, job->spec, job->ran_ns);
    if (chain_ns > batch->result.critical_path_ns)
        batch->result.critical_path_ns = chain_ns;
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_DONE,
                                           .job = index,
                                           .ordinal = job->attempt,
                                           .status = (uint8_t)status,
                                           .due_ns = batch->clock_ns});
}
