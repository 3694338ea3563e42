/* SPDX-License-Identifier: ISC */

/* The life of a job that is not one-shot: attempts, steps, workers. */

#include "engine/batch_internal.h"

#include <assert.h>

#include "engine/backoff.h"
#include "engine/draw.h"
#include "proto/saturate.h"

static const struct spec *spec_of(const struct batch *batch, const struct active_job *active)
{
    return &batch->plan->specs[active->spec];
}

static const struct job_spec *work_of(const struct batch *batch, const struct active_job *active)
{
    return plan_work(batch->plan, spec_of(batch, active));
}

static enum job_state state_of(const struct batch *batch, const struct active_job *active)
{
    return (enum job_state)batch->states[active->job];
}

static void set_state(struct batch *batch, const struct active_job *active, enum job_state state)
{
    batch->states[active->job] = (uint8_t)state;
}

static struct draw_key draw_key(const struct batch *batch, const struct active_job *active,
                                uint32_t step)
{
    return (struct draw_key){
        .seed = batch->seed, .job = active->job, .attempt = active->attempt, .step = step};
}

/* Sets when the step or back-off that begins now is over.  The job's entry
 * is then, or at its attempt's time-out if that is earlier. */
static void set_due(struct batch *batch, struct active_job *active, int64_t length_ns,
                    int64_t timeout_ns)
{
    int64_t end_ns = saturate_add_ns(batch->clock_ns, length_ns);
    bool in_time = timeout_ns < 0 || end_ns <= timeout_ns;

    active->began_ns = batch->clock_ns;
    active->due_ns = end_ns;
    active->times_out = !in_time;
    dueq_push(&batch->queue, &(struct dueq_entry){.due_ns = in_time ? end_ns : timeout_ns,
                                                  .id = active->job,
                                                  .tag = active->spec});
}

/* ---- Steps -------------------------------------------------------------------- */

/* Whether it is in its first attempt, and that is drawn ahead. */
static bool is_drawn(const struct batch *batch, const struct active_job *active)
{
    return batch->ahead.of != NULL && active->attempt == 1;
}

/* In the attempt, of which the first step is all, if that is drawn: NULL for any other. */
static const struct batch_drawn *whole_attempt(const struct batch *batch,
                                               const struct active_job *active)
{
    return is_drawn(batch, active) && batch->ahead.of[active->job].whole
               ? &batch->ahead.of[active->job]
               : NULL;
}

static struct step current_step(const struct batch *batch, const struct active_job *active)
{
    const struct spec *spec = spec_of(batch, active);
    uint32_t steps = plan_spec_steps(batch->plan, spec);

    if (active->step < steps) /* most jobs repeat nothing: a division less */
        return plan_spec_step(batch->plan, spec, active->step);
    assert(steps > 0);
    return plan_spec_step(batch->plan, spec, active->step % steps);
}

/* How long the current step takes. */
static int64_t length_of(const struct batch *batch, const struct active_job *active)
{
    struct draw_key key;
    struct step step;

    if (is_drawn(batch, active) && active->step == 0)
        return batch->ahead.of[active->job].length_ns;
    key = draw_key(batch, active, active->step);
    step = current_step(batch, active);
    return draw_length(batch->plan, &step.length, &key, batch->plan->max_wait_ns);
}

static void begin_step(struct batch *batch, struct active_job *active, enum step_kind kind)
{
    int64_t length_ns = length_of(batch, active);
    bool computes = kind == STEP_COMPUTE && !batch->is_blocking;

    set_state(batch, active, computes ? STATE_COMPUTING : STATE_RUNNING);
    set_due(batch, active, length_ns, active->timeout_ns);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_STEP,
                                           .job = active->job,
                                           .ordinal = active->step,
                                           .due_ns = batch->clock_ns,
                                           .span_ns = length_ns,
                                           .step_kind = (uint8_t)kind});
}

/* Passes on the worker that the active job has held, with the head's step. */
static void release_worker(struct batch *batch, const struct active_job *active)
{
    struct active_job *head = batch_pool_release(batch, active);

    if (head != NULL)
        begin_step(batch, head, STEP_COMPUTE);
}

static void end_attempt(struct batch *batch, struct active_job *active);

/* Begins a step of that kind, or queues for a worker of that pool. */
static void begin_or_queue(struct batch *batch, struct active_job *active, enum step_kind kind,
                           uint32_t pool)
{
    if (kind == STEP_COMPUTE && !batch->is_blocking && !batch_pool_take(batch, active, pool)) {
        set_state(batch, active, STATE_QUEUED);
        batch_pool_queue(batch, active, pool);
        return;
    }
    begin_step(batch, active, kind);
}

static void enter_step(struct batch *batch, struct active_job *active)
{
    const struct spec *spec = spec_of(batch, active);
    uint64_t steps = plan_spec_steps(batch->plan, spec) * work_of(batch, active)->repeat;
    struct step step;

    if (active->step == steps) {
        end_attempt(batch, active);
        return;
    }
    step = current_step(batch, active);
    begin_or_queue(batch, active, (enum step_kind)step.kind,
                   plan_step_pool(batch->plan, spec, &step));
}

/* ---- Attempts ------------------------------------------------------------------- */

static void start_attempt(struct batch *batch, struct active_job *active)
{
    const struct batch_drawn *drawn;
    int64_t timeout_ns;

    active->attempt++;
    active->step = 0;
    drawn = whole_attempt(batch, active);
    timeout_ns = drawn != NULL ? -1 : work_of(batch, active)->timeout_ns;
    active->timeout_ns = timeout_ns < 0 ? -1 : saturate_add_ns(batch->clock_ns, timeout_ns);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_STARTED,
                                           .job = active->job,
                                           .ordinal = active->attempt,
                                           .due_ns = batch->clock_ns});
    if (drawn != NULL) {
        begin_or_queue(batch, active, (enum step_kind)drawn->kind, drawn->pool);
        return;
    }
    if (plan_spec_steps(batch->plan, spec_of(batch, active)) == 0) {
        set_state(batch, active, STATE_BETWEEN);
        set_due(batch, active, 0, -1);
        return;
    }
    enter_step(batch, active);
}

/* The delay after the attempt that has just ended. */
static int64_t delay_ns_after(const struct batch *batch, const struct active_job *active)
{
    const struct backoff *backoff = &work_of(batch, active)->backoff;
    int64_t delay_ns = backoff_delay_ns(batch->plan, backoff, active->attempt);
    struct draw_key key = draw_key(batch, active, 0);

    return backoff->full_jitter ? draw_up_to(&key, DRAW_JITTER, delay_ns) : delay_ns;
}

/* Ends the job, which has left whatever it was in. */
static void end_job(struct batch *batch, struct active_job *active, enum job_status status)
{
    struct ended ended = {.job = active->job,
                          .spec = active->spec,
                          .attempts = active->attempt,
                          .ran_ns = active->ran_ns,
                          .status = status};

    batch->n_active--;
    batch_make_terminal(batch, &ended);
    batch_job_ended(batch, &ended);
}

static void attempt_ended(struct batch *batch, struct active_job *active, enum job_status status)
{
    int64_t delay_ns;

    if (status == JOB_OK || active->attempt > work_of(batch, active)->retries) {
        end_job(batch, active, status);
        return;
    }
    delay_ns = delay_ns_after(batch, active);
    set_state(batch, active, STATE_BACKOFF);
    set_due(batch, active, delay_ns, -1);
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_RETRY,
                                           .job = active->job,
                                           .ordinal = active->attempt,
                                           .status = (uint8_t)status,
                                           .due_ns = batch->clock_ns,
                                           .span_ns = delay_ns});
}

/* Whether the attempt does, at its end. */
static bool fails(const struct batch *batch, const struct active_job *active)
{
    struct draw_key key;

    if (is_drawn(batch, active))
        return batch->ahead.of[active->job].fails;
    key = draw_key(batch, active, 0);
    return draw_fails(&key, work_of(batch, active)->fail_below);
}

static void end_attempt(struct batch *batch, struct active_job *active)
{
    attempt_ended(batch, active, fails(batch, active) ? JOB_FAILED : JOB_OK);
}

/* ---- Leaving ------------------------------------------------------------------------ */

/* Counts the time since the step or back-off began, up to the clock or, should
 * its end be due already and not handled, up to that. */
static void count_run(struct batch *batch, struct active_job *active, bool computes)
{
    int64_t until_ns = active->due_ns < batch->clock_ns ? active->due_ns : batch->clock_ns;
    int64_t ran_ns = until_ns > active->began_ns ? until_ns - active->began_ns : 0;

    active->ran_ns = saturate_add_ns(active->ran_ns, ran_ns);
    if (batch->report != NULL && computes)
        batch_report_held(batch, active->pool, ran_ns);
    batch->result.sequential_ns = saturate_add_ns(batch->result.sequential_ns, ran_ns);
}

void batch_job_leave(struct batch *batch, struct active_job *active)
{
    enum job_state state = state_of(batch, active);

    set_state(batch, active, STATE_BETWEEN);
    if (state == STATE_QUEUED)
        batch_pool_leave_queue(batch, active);
    if (state == STATE_RUNNING || state == STATE_BACKOFF || state == STATE_COMPUTING)
        count_run(batch, active, state == STATE_COMPUTING);
    if (state == STATE_COMPUTING && !batch->cancelling) /* what remains takes no worker */
        release_worker(batch, active);
}

/* ---- What the batch asks for ------------------------------------------------------- */

bool batch_job_start(struct batch *batch, uint32_t job, uint32_t spec)
{
    struct active_job *active = &batch->active_jobs[plan_active_job(batch->plan, spec, job)];

    /* Room for all, so that nothing later on needs memory. */
    if (batch->queue_timeouts.ids > 0 &&
        timerq_reserve(&batch->queue_timeouts, batch->n_active + 1 - batch->queue_timeouts.n) != 0)
        return false;
    *active = (struct active_job){.job = job, .spec = spec};
    batch->n_active++;
    batch_take_slot(batch, job);
    start_attempt(batch, active);
    return true;
}

void batch_job_due(struct batch *batch, struct active_job *active)
{
    enum job_state state = state_of(batch, active);

    batch_job_leave(batch, active);
    if (active->times_out) {
        attempt_ended(batch, active, JOB_TIMED_OUT);
    } else if (state == STATE_BETWEEN) {
        end_attempt(batch, active);
    } else if (state == STATE_BACKOFF) {
        start_attempt(batch, active);
    } else if (whole_attempt(batch, active) != NULL) {
        end_attempt(batch, active);
    } else {
        active->step++;
        enter_step(batch, active);
    }
}

void batch_job_queue_timed_out(struct batch *batch, uint32_t number)
{
    struct active_job *active = &batch->active_jobs[number];

    batch_job_leave(batch, active);
    attempt_ended(batch, active, JOB_TIMED_OUT);
}
