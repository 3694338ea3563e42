/* SPDX-License-Identifier: ISC */

/* What a simple job goes through: it waits once, or not at all (rules 3 to 5
 * of the schedule, as far as they concern it). */

#include "daemon/engine/batch_internal.h"
#include "daemon/engine/draw.h"

/* How long it waits. */
static int64_t length_of(const struct batch *batch, uint32_t job, const struct spec *spec)
{
    struct draw_key key = {.seed = batch->options->seed, .job = job, .attempt = 1, .step = 0};
    struct step step;

    if (spec->wait_ns >= 0)
        return spec->wait_ns;
    if (plan_spec_steps(batch->plan, spec) == 0)
        return 0;
    step = plan_spec_step(batch->plan, spec, 0);
    return draw_length(batch->plan, &step.length, &key, batch->plan->max_wait_ns);
}

static int64_t began(const struct batch *batch, uint32_t job)
{
    return batch->began_ns != NULL ? batch->began_ns[job] : 0;
}

static void tell_start(struct batch *batch, uint32_t job, const struct spec *spec,
                       int64_t length_ns)
{
    batch_emit(batch,
               &(struct occurrence){
                   .kind = OCCURRED_STARTED, .job = job, .ordinal = 1, .due_ns = batch->clock_ns});
    if (plan_spec_steps(batch->plan, spec) > 0)
        batch_emit(batch, &(struct occurrence){.kind = OCCURRED_STEP,
                                               .job = job,
                                               .due_ns = batch->clock_ns,
                                               .span_ns = length_ns,
                                               .step_kind = STEP_WAIT});
}

void batch_simple_start(struct batch *batch, uint32_t job, uint32_t spec_index)
{
    const struct spec *spec = &batch->plan->specs[spec_index];
    int64_t length_ns = length_of(batch, job, spec);

    batch_take_slot(batch);
    batch->states[job] = STATE_WAITING;
    if (batch->began_ns != NULL)
        batch->began_ns[job] = batch->clock_ns;
    dueq_push(&batch->queue,
              &(struct dueq_entry){.due_ns = batch_add_ns(batch->clock_ns, length_ns),
                                   .id = job,
                                   .tag = spec_index});
    if (batch_tells_all(batch))
        tell_start(batch, job, spec, length_ns);
}

void batch_simple_due(struct batch *batch, uint32_t job, uint32_t spec)
{
    struct ended ended = {.job = job,
                          .spec = spec,
                          .attempts = 1,
                          .ran_ns = batch->clock_ns - began(batch, job),
                          .status = JOB_OK};

    batch->result.sequential_ns = batch_add_ns(batch->result.sequential_ns, ended.ran_ns);
    batch_turn_terminal(batch, &ended);
    batch_job_ended(batch, &ended);
}

int64_t batch_simple_ran(const struct batch *batch, uint32_t job, uint32_t spec)
{
    int64_t length_ns = length_of(batch, job, &batch->plan->specs[spec]);
    int64_t since_ns = batch->clock_ns - began(batch, job);

    if (since_ns < 0) /* the clock of a cancel before its start */
        return 0;
    return since_ns < length_ns ? since_ns : length_ns;
}
