/* SPDX-License-Identifier: ISC */
#include "tests/scenario/naive_model.h"

#include <math.h>

#include "engine/draw.h"

static int64_t due_after(struct naive_model *m, int64_t length_ns)
{
    naive_see(m, NAIVE_SATURATIONS, m->clock_ns > INT64_MAX - length_ns);
    return naive_plus(m->clock_ns, length_ns);
}

static uint64_t total_steps(const struct naive_job *job)
{
    return (uint64_t)job->spec.n_steps * job->spec.repeat;
}

/* ---- Steps ------------------------------------------------------------------ */

int64_t naive_drawn(const struct naive_model *m, uint32_t index,
                    const struct description_dist *length, uint32_t attempt, uint32_t step,
                    uint32_t purpose)
{
    const struct draw_key key = {m->batch->options.seed, index, attempt, step};
    const struct dist dist = {length->kind, length->a_ns, length->b_ns};

    if (length->kind == DIST_TRACE)
        return length->values[index % length->n_values];
    return draw_length_for(NULL, &dist, &key, (enum draw_purpose)purpose, m->batch->max_wait_ns);
}

static void begin_step(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];
    const struct description_step *step = &job->spec.steps[job->step % job->spec.n_steps];

    job->state = STEPPING;
    job->began_ns = m->clock_ns;
    job->length_ns = naive_drawn(m, index, &step->length, job->attempt, job->step, 0);
    job->has_end = true;
    job->end_ns = due_after(m, job->length_ns);
    naive_see(m, NAIVE_ZERO_STEPS, job->length_ns == 0);
    naive_emit(m, (struct occurrence){.kind = OCCURRED_STEP,
                                      .job = index,
                                      .ordinal = job->step,
                                      .step_kind = (uint8_t)step->kind,
                                      .span_ns = job->length_ns});
}

static void enter_step(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];
    const struct description_step *step = &job->spec.steps[job->step % job->spec.n_steps];
    bool compute = step->kind == STEP_COMPUTE;

    if (compute)
        job->pool = step->pool > 0 ? step->pool : job->spec.pool;
    if (!compute || naive_is_blocking(m)) {
        begin_step(m, index);
    } else if (m->workers[job->pool] > 0) {
        m->workers[job->pool]--;
        job->worker = true;
        begin_step(m, index);
    } else {
        job->state = QUEUEING;
        job->has_end = false;
        naive_append(&m->queue, index);
    }
}

static void give_worker_back(struct naive_model *m, uint32_t index)
{
    uint32_t pool = m->jobs[index].pool;
    uint32_t head = naive_head(m, &m->queue, pool);

    m->jobs[index].worker = false;
    if (naive_is_blocking(m)) {
        m->workers[0]++;
    } else if (head != NAIVE_NOBODY) {
        for (uint32_t i = 0; m->queue.jobs[i] != head; i++)
            naive_see(m, NAIVE_QUEUE_OVERTAKES, m->jobs[m->queue.jobs[i]].pool == pool);
        naive_see(m, NAIVE_POOL_GRANTS, pool > 0);
        naive_take_out(&m->queue, head);
        m->jobs[head].worker = true;
        begin_step(m, head);
    } else {
        m->workers[pool]++;
    }
}

/* What ran until now counts, be it over or cut short. */
static void count_time(struct naive_model *m, struct naive_job *job)
{
    if (job->has_end && (job->state == STEPPING || job->state == BACKING_OFF)) {
        int64_t until_ns = job->end_ns < m->clock_ns ? job->end_ns : m->clock_ns;

        job->spent_ns = naive_plus(job->spent_ns, until_ns - job->began_ns);
    }
    job->length_ns = 0;
    job->has_end = false;
}

/* ---- Terminal jobs ------------------------------------------------------------ */

static bool meets_until(const struct naive_model *m, enum job_status status)
{
    switch (m->batch->options.until) {
    case PLAN_UNTIL_FIRST_DONE:
        return true;
    case PLAN_UNTIL_FIRST_FAILED:
        return status == JOB_FAILED || status == JOB_TIMED_OUT;
    case PLAN_UNTIL_ALL:
        break;
    }
    return false;
}

static void say_done(struct naive_model *m, uint32_t index, enum job_status status)
{
    struct naive_job *job = &m->jobs[index];

    count_time(m, job);
    job->state = TERMINAL;
    job->status = status;
    job->has_timeout = false;
    m->predicted_ns = m->clock_ns > m->predicted_ns ? m->clock_ns : m->predicted_ns;
    naive_emit(m, (struct occurrence){.kind = OCCURRED_DONE,
                                      .job = index,
                                      .ordinal = job->attempt,
                                      .status = (uint8_t)status,
                                      .cause = status == JOB_SKIPPED ? naive_cause(m, index) : 0});
}

static void turn_terminal(struct naive_model *m, uint32_t index, enum job_status status)
{
    enum plan_until until = m->batch->options.until;
    bool had_slot = m->jobs[index].attempt > 0;

    say_done(m, index, status);
    m->slots += had_slot;
    if (meets_until(m, status)) {
        naive_begin_cancelling(m, JOB_CANCELLED);
        naive_see(m, NAIVE_FIRST_DONE, until == PLAN_UNTIL_FIRST_DONE && naive_pending(m) > 0);
        naive_see(m, NAIVE_FIRST_FAILED, until == PLAN_UNTIL_FIRST_FAILED && naive_pending(m) > 0);
        return;
    }
    if (m->jobs[index].worker)
        give_worker_back(m, index);
    m->releases[m->n_releases++] = (struct naive_release){index, 0, m->clock_ns};
}

/* ---- Attempts ------------------------------------------------------------------ */

void naive_job_start(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];

    job->attempt++;
    job->step = 0;
    job->state = STEPPING;
    job->began_ns = m->clock_ns;
    job->length_ns = 0;
    job->has_timeout = job->spec.timeout_ns >= 0;
    job->timeout_ns = job->has_timeout ? due_after(m, job->spec.timeout_ns) : 0;
    naive_emit(
        m, (struct occurrence){.kind = OCCURRED_STARTED, .job = index, .ordinal = job->attempt});
    if (total_steps(job) == 0) {
        job->has_end = true;
        job->end_ns = m->clock_ns;
    } else {
        enter_step(m, index);
    }
}

/* initial * factor^times in integers, for factors that are a multiple of a
 * half: in halves as long as it is no whole number of them, and saturating. */
static int64_t undrawn_delay(const struct backoff *backoff, uint32_t times)
{
    __extension__ typedef unsigned __int128 wide;
    wide halves = (wide)llround(2 * backoff->factor.nearest);
    wide product = (wide)(uint64_t)backoff->initial_ns, divisor = 1;

    for (uint32_t i = 0; i < times; i++) {
        product *= halves % 2 == 0 ? halves / 2 : halves;
        divisor *= halves % 2 == 0 ? 1 : 2;
        if (product / divisor > INT64_MAX)
            return INT64_MAX;
    }
    return (int64_t)((2 * product + divisor) / (2 * divisor));
}

static int64_t delay_after(const struct naive_model *m, uint32_t index, bool *drawn)
{
    const struct naive_job *job = &m->jobs[index];
    const struct backoff *backoff = &job->spec.backoff;
    const struct draw_key key = {m->batch->options.seed, index, job->attempt, 0};
    int64_t delay_ns = undrawn_delay(backoff, job->attempt - 1);

    if (backoff->initial_ns == 0)
        return 0;
    if (backoff->max_ns >= 0 && delay_ns > backoff->max_ns)
        delay_ns = backoff->max_ns;
    *drawn = backoff->full_jitter;
    return *drawn ? draw_up_to(&key, DRAW_JITTER, delay_ns) : delay_ns;
}

static void back_off(struct naive_model *m, uint32_t index, enum job_status status)
{
    struct naive_job *job = &m->jobs[index];
    bool drawn = false;
    int64_t delay_ns = delay_after(m, index, &drawn);

    naive_emit(m, (struct occurrence){.kind = OCCURRED_RETRY,
                                      .job = index,
                                      .ordinal = job->attempt,
                                      .status = (uint8_t)status,
                                      .span_ns = delay_ns});
    naive_see(m, NAIVE_RETRIES, true);
    naive_see(m, NAIVE_PROMPT_RETRIES, delay_ns == 0);
    naive_see(m, NAIVE_JITTERED_RETRIES, drawn);
    job->state = BACKING_OFF;
    job->began_ns = m->clock_ns;
    job->length_ns = delay_ns;
    job->has_end = true;
    job->end_ns = due_after(m, delay_ns);
}

static void end_attempt(struct naive_model *m, uint32_t index, enum job_status status)
{
    struct naive_job *job = &m->jobs[index];

    job->has_timeout = false;
    if (status != JOB_OK && job->attempt <= job->spec.retries)
        back_off(m, index, status);
    else
        turn_terminal(m, index, status);
}

static enum job_status verdict(const struct naive_model *m, uint32_t index)
{
    const struct naive_job *job = &m->jobs[index];
    const struct draw_key key = {m->batch->options.seed, index, job->attempt, 0};

    return (double)draw_bits(&key, DRAW_FAIL) * 0x1p-53 < job->spec.fail ? JOB_FAILED : JOB_OK;
}

void naive_job_end_step(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];

    naive_see(m, NAIVE_CLOSE_ENDS, job->has_timeout && job->timeout_ns == job->end_ns);
    count_time(m, job);
    if (job->worker && !naive_is_blocking(m))
        give_worker_back(m, index);
    if (total_steps(job) == 0 || ++job->step == total_steps(job))
        end_attempt(m, index, verdict(m, index));
    else
        enter_step(m, index);
}

void naive_job_time_out(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];

    naive_see(m, NAIVE_TIMEOUTS, true);
    naive_see(m, NAIVE_QUEUED_TIMEOUTS, job->state == QUEUEING);
    naive_see(m, NAIVE_HOLDER_TIMEOUTS, job->worker && m->queue.n > 0);
    naive_take_out(&m->queue, index);
    count_time(m, job);
    if (job->worker && !naive_is_blocking(m))
        give_worker_back(m, index);
    end_attempt(m, index, JOB_TIMED_OUT);
}

void naive_job_end_back_off(struct naive_model *m, uint32_t index)
{
    count_time(m, &m->jobs[index]);
    naive_job_start(m, index);
}

void naive_job_skip(struct naive_model *m, uint32_t index)
{
    turn_terminal(m, index, JOB_SKIPPED);
}

/* A worker it holds goes to the head of the queue first, as at a time-out. */
void naive_job_cancel(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];

    naive_see(m, NAIVE_CANCELS, true);
    naive_see(m, NAIVE_QUEUED_CANCELS, job->state == QUEUEING);
    naive_see(m, NAIVE_HOLDER_CANCELS, job->worker && m->queue.n > 0);
    naive_take_out(&m->queue, index);
    naive_take_out(&m->ready, index);
    count_time(m, job);
    if (job->worker && !naive_is_blocking(m))
        give_worker_back(m, index);
    turn_terminal(m, index, JOB_CANCELLED);
}

void naive_job_cancel_rest(struct naive_model *m, uint32_t index)
{
    say_done(m, index, m->cancel_status);
    m->jobs[index].cancelled_with_rest = true;
}
