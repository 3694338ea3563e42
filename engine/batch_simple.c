/* SPDX-License-Identifier: ISC */

/* What a simple job goes through: it waits once, or not at all (rules 3 to 5
 * of the schedule, as far as they concern it). */

#include "engine/batch_internal.h"
#include "engine/draw.h"

/* How long it waits. */
static int64_t length_of(const struct batch *batch, uint32_t job, const struct spec *spec)
{
    struct draw_key key = {.seed = batch->seed, .job = job, .attempt = 1, .step = 0};
    struct step step;

    if (batch->ahead.of != NULL)
        return batch->ahead.of[job].length_ns;
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

static void start_one(struct batch *batch, uint32_t job, uint32_t spec_index)
{
    const struct spec *spec = &batch->plan->specs[spec_index];
    int64_t length_ns = length_of(batch, job, spec);

    batch_take_slot(batch, job);
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

size_t batch_simple_start(struct batch *batch, size_t most)
{
    size_t n = 0;

    for (uint32_t spec; n < most && (spec = batch_front(batch)) != PLAN_NONE; n++) {
        uint32_t job = batch_front_job(batch, spec);

        if (!plan_is_simple(batch->plan, &batch->plan->specs[spec]))
            break;
        if (batch->states[job] == STATE_UNTOUCHED)
            start_one(batch, job, spec);
        batch_leave_front(batch, spec);
    }
    return n;
}

static struct ended end_one(struct batch *batch, const struct dueq_entry *entry)
{
    struct ended ended = {.job = entry->id,
                          .spec = entry->tag,
                          .attempts = 1,
                          .ran_ns = entry->due_ns - began(batch, entry->id),
                          .status = JOB_OK};

    batch->clock_ns = entry->due_ns;
    batch->result.sequential_ns = batch_add_ns(batch->result.sequential_ns, ended.ran_ns);
    batch_turn_terminal(batch, &ended);
    return ended;
}

size_t batch_simple_end(struct batch *batch, int64_t until_ns, size_t most)
{
    struct ended last = {.status = JOB_OK};
    size_t n = 0;

    while (n < most) {
        size_t shown, i = 0;
        const struct dueq_entry *entries = dueq_look(&batch->queue, most - n, &shown), *soon;

        if (entries == NULL)
            break;
        for (; i < shown && entries[i].due_ns <= until_ns &&
               batch->states[entries[i].id] == STATE_WAITING;
             i++)
            last = end_one(batch, &entries[i]);
        if (i == 0)
            break;
        n += i;
        soon = dueq_take(&batch->queue, i);
        if (soon != NULL)
            __builtin_prefetch(&batch->states[soon->id]);
    }
    batch_job_ended(batch, &last);
    return n;
}

int64_t batch_simple_ran(const struct batch *batch, uint32_t job, uint32_t spec)
{
    int64_t length_ns = length_of(batch, job, &batch->plan->specs[spec]);
    int64_t since_ns = batch->clock_ns - began(batch, job);

    return since_ns < length_ns ? since_ns : length_ns;
}
