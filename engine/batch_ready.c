/* SPDX-License-Identifier: ISC */

/*
 * Arrivals, and the ready by priority, in a batch whose plan has
 * either.  Jobs are visited once, in the order of the request, to draw their
 * arrivals; that is done in units, as all work is.
 */

#include <stdlib.h>

#include "engine/batch_internal.h"
#include "engine/draw.h"
#include "proto/saturate.h"

int batch_ready_init(struct batch *batch)
{
    const struct plan *plan = batch->plan;
    size_t jobs = plan->n_jobs > 0 ? plan->n_jobs : 1;
    struct arrivals *arrivals;

    if (!plan->has_arrivals && !plan->has_priorities && batch->report == NULL)
        return 0;
    arrivals = batch->arrivals = calloc(1, sizeof(*arrivals));
    if (arrivals == NULL)
        return -1;
    arrivals->ready = PRIOQ_NONE;
    arrivals->nodes = calloc(jobs, sizeof(*arrivals->nodes));
    if (arrivals->nodes == NULL)
        return -1;
    if (!plan->has_arrivals)
        return 0;
    arrivals->at_ns = calloc(jobs, sizeof(*arrivals->at_ns));
    if (arrivals->at_ns == NULL)
        return -1;
    return dueq_init(&arrivals->due, plan->n_jobs);
}

void batch_ready_restart(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;

    if (arrivals == NULL)
        return;
    dueq_clear(&arrivals->due);
    arrivals->ready = PRIOQ_NONE;
    arrivals->n_ready = 0;
    arrivals->spec = arrivals->job = 0;
    arrivals->instance = 0;
}

void batch_ready_fini(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;

    if (arrivals == NULL)
        return;
    dueq_fini(&arrivals->due);
    free(arrivals->at_ns);
    free(arrivals->nodes);
    free(arrivals);
}

void batch_ready_add(struct batch *batch, uint32_t job, uint32_t spec)
{
    struct arrivals *arrivals = batch->arrivals;
    const struct job_class *job_class = plan_class(batch->plan, &batch->plan->specs[spec]);
    int32_t priority = job_class != NULL ? job_class->priority : 0;

    if (batch->states[job] != STATE_UNTOUCHED)
        return;
    prioq_push(arrivals->nodes, &arrivals->ready, job, prioq_key(priority, arrivals->n_ready++));
    if (batch->report != NULL)
        batch_report_ready(batch, job);
}

/* ---- Acceptance --------------------------------------------------------------- */

static int64_t draw(const struct batch *batch, const struct dist *dist, uint32_t job,
                    enum draw_purpose purpose)
{
    const struct draw_key key = {.seed = batch->seed, .job = job};

    return draw_length_for(batch->plan, dist, &key, purpose, batch->plan->max_wait_ns);
}

/* When the job at the cursor arrives.  A spec may represent several elements in a row,
 * each with instances of its own. */
static int64_t draw_arrival(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;
    const struct spec *spec = &batch->plan->specs[arrivals->spec];
    const struct job_class *job_class = plan_class(batch->plan, spec);

    if (arrivals->instance == plan_work(batch->plan, spec)->count)
        arrivals->instance = 0;
    if (arrivals->instance == 0)
        arrivals->gaps_ns = 0;
    else if (job_class != NULL)
        arrivals->gaps_ns = saturate_add_ns(
            arrivals->gaps_ns, draw(batch, &job_class->every, arrivals->job, DRAW_EVERY));
    arrivals->instance++;
    if (job_class == NULL)
        return 0;
    return saturate_add_ns(draw(batch, &job_class->start, arrivals->job, DRAW_START),
                           arrivals->gaps_ns);
}

/* Moves on to the next job. */
static void go_on(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;
    uint32_t spec = arrivals->spec;

    arrivals->job++;
    if (arrivals->job == plan_first_job(batch->plan, spec) + plan_count(batch->plan, spec)) {
        arrivals->spec++;
        arrivals->instance = 0;
    }
}

static void accept_one(struct batch *batch)
{
    struct arrivals *arrivals = batch->arrivals;
    uint32_t job, spec;
    int64_t at_ns;

    job = arrivals->job;
    spec = arrivals->spec;
    at_ns = arrivals->at_ns != NULL ? draw_arrival(batch) : 0;
    if (arrivals->at_ns != NULL)
        arrivals->at_ns[job] = at_ns;
    if (at_ns > 0) {
        if (batch->states[job] == STATE_UNTOUCHED) { /* not cancelled meanwhile */
            batch->states[job] = STATE_EXPECTED;
            dueq_push(&arrivals->due,
                      &(struct dueq_entry){.due_ns = at_ns, .id = job, .tag = spec});
        }
    } else if (batch_list_of(batch, spec) == PLAN_NONE) {
        batch_ready_add(batch, job, spec);
    }
    go_on(batch);
}

size_t batch_ready_accept(struct batch *batch, size_t most)
{
    size_t n = 0;

    for (; n < most && batch_ready_is_due(batch); n++)
        accept_one(batch);
    return n;
}

/* ---- Arrivals --------------------------------------------------------------------- */

void batch_ready_arrive(struct batch *batch)
{
    size_t shown;
    const struct dueq_entry *first = dueq_look(&batch->arrivals->due, 1, &shown);
    uint32_t job = first->id, spec = first->tag;

    (void)dueq_take(&batch->arrivals->due, 1);
    if (batch->states[job] != STATE_EXPECTED)
        return;
    batch->states[job] = STATE_UNTOUCHED;
    if (batch_list_of(batch, spec) == PLAN_NONE || batch_after_is_met(batch, spec))
        batch_ready_add(batch, job, spec);
}
