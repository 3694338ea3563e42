/* SPDX-License-Identifier: ISC */

/* The life of a one-shot job: it waits once, or not at all. */

#include <stdlib.h>

#include "engine/batch_internal.h"
#include "engine/draw.h"
#include "proto/saturate.h"

/* ---- Lengths --------------------------------------------------------------------------- */

/* What the only step of a spec's jobs is drawn by, where that is not one constant known to all:
 * spec->wait_ns is -1.  NULL where they have no step. */
static const struct dist *dist_of(const struct plan *plan, const struct spec *spec)
{
    const struct job_spec *work = plan_work(plan, spec);

    return work->n_steps > 0 ? &plan->steps[work->first_step].length : NULL;
}

static int64_t draw_one(const struct batch *batch, uint32_t job, const struct dist *dist)
{
    const struct draw_key key = {.seed = batch->seed, .job = job, .attempt = 1, .step = 0};

    return dist != NULL ? draw_length(batch->plan, dist, &key, batch->plan->max_wait_ns) : 0;
}

/* How long a job waits. */
static int64_t length_of(const struct batch *batch, uint32_t job, const struct spec *spec)
{
    if (batch->ahead.of != NULL)
        return batch->ahead.of[job].length_ns;
    return spec->wait_ns >= 0 ? spec->wait_ns : draw_one(batch, job, dist_of(batch->plan, spec));
}

/* So many jobs, left of a spec, are worth the memory of a series: 6 bytes a job. */
#define SERIES_JOBS 256

/* Whether there is a series for as many jobs: where they start one behind the other. */
static bool have_series(struct batch *batch, uint32_t left)
{
    if (batch->series == NULL && left >= SERIES_JOBS && batch->arrivals == NULL) {
        batch->series = malloc(sizeof(*batch->series)); /* without it each draws by itself */
        if (batch->series != NULL)
            draw_series_begin(batch->series, batch->seed);
    }
    return batch->series != NULL && left >= DRAW_ROW;
}

/* Draws for the job at the front, and for those behind it if they may draw in a row. */
static int64_t draw_next(struct batch *batch, uint32_t job, uint32_t spec)
{
    const struct plan *plan = batch->plan;
    const struct dist *dist = dist_of(plan, &plan->specs[spec]);

    if (dist == NULL || !draw_row_takes(dist) ||
        !have_series(batch, plan_count(plan, spec) - batch->ready.job))
        return draw_one(batch, job, dist);
    draw_series_fill(batch->series, dist, job, plan->max_wait_ns);
    return draw_series_length(batch->series, job);
}

/* How long the job at the front waits, which starts now. */
static inline int64_t next_length(struct batch *batch, uint32_t job, uint32_t spec)
{
    if (batch->series != NULL && draw_series_holds(batch->series, job))
        return draw_series_length(batch->series, job);
    if (batch->ahead.of != NULL || batch->plan->specs[spec].wait_ns >= 0)
        return length_of(batch, job, &batch->plan->specs[spec]);
    return draw_next(batch, job, spec);
}

/* ---- One job ---------------------------------------------------------------------------- */

static int64_t began(const struct batch *batch, uint32_t job)
{
    return batch->began_ns != NULL ? batch->began_ns[job] : 0;
}

static void write_start(struct batch *batch, uint32_t job, const struct spec *spec,
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
    int64_t length_ns = next_length(batch, job, spec_index);

    batch_take_slot(batch, job);
    batch->states[job] = STATE_WAITING;
    if (batch->began_ns != NULL)
        batch->began_ns[job] = batch->clock_ns;
    dueq_push(&batch->queue,
              &(struct dueq_entry){.due_ns = saturate_add_ns(batch->clock_ns, length_ns),
                                   .id = job,
                                   .tag = spec_index});
    if (batch->writes_all)
        write_start(batch, job, spec, length_ns);
}

/* ---- Flow ---------------------------------------------------------------------- */

bool batch_one_shot_flows(const struct batch *batch)
{
    return !batch->plan->graph.used && batch->arrivals == NULL && batch->report == NULL &&
           !batch->writes_all && batch->options->until != PLAN_UNTIL_FIRST_DONE &&
           batch->options->timeout_ns < 0;
}

/* What start_one() does where jobs flow, but for the slot and the queue. */
static inline struct dueq_entry start_flowing(struct batch *batch, uint32_t job, uint32_t spec,
                                              int64_t length_ns)
{
    batch->states[job] = STATE_WAITING;
    if (batch->began_ns != NULL)
        batch->began_ns[job] = batch->clock_ns;
    return (struct dueq_entry){
        .due_ns = saturate_add_ns(batch->clock_ns, length_ns), .id = job, .tag = spec};
}

/* The same of end_one(). */
static inline void end_flowing(struct batch *batch, const struct dueq_entry *entry)
{
    struct batch_result *result = &batch->result;
    int64_t ran_ns = entry->due_ns - began(batch, entry->id);

    batch->clock_ns = entry->due_ns;
    batch->states[entry->id] = STATE_ENDED;
    batch->pending--;
    result->counts[JOB_OK]++;
    result->sequential_ns = saturate_add_ns(result->sequential_ns, ran_ns);
    if (batch->clock_ns > result->predicted_ns)
        result->predicted_ns = batch->clock_ns;
    if (batch->ran_ns != NULL)
        batch_keep_run(batch, entry->id, ran_ns, ran_ns);
    if (ran_ns > result->critical_path_ns)
        result->critical_path_ns = ran_ns;
    if (!batch->quiet)
        batch->out[batch->out_n++] = (struct occurrence){.kind = OCCURRED_DONE,
                                                         .job = entry->id,
                                                         .ordinal = 1,
                                                         .status = JOB_OK,
                                                         .due_ns = batch->clock_ns};
}

/* Takes so many slots at once; releases them where n is negative. */
static void take_slots(struct batch *batch, int32_t n)
{
    batch->slots_taken += (uint32_t)n;
    if (batch->is_blocking)
        batch->pools[0].free -= (uint32_t)n;
}

/* Starts those of the specs that come next in the request, as long as each is one job, untouched
 * and one-shot.  Returns how many. */
static size_t start_row(struct batch *batch, size_t most)
{
    const struct plan *plan = batch->plan;
    struct ready *ready = &batch->ready;
    size_t n = 0;

    if (plan->firsts != NULL)
        return 0;
    for (; n < most && ready->first < plan->n_specs; n++, ready->first++) {
        struct dueq_entry entry;

        if (!plan_is_one_shot(plan, &plan->specs[ready->first]) ||
            batch->states[ready->first] != STATE_UNTOUCHED)
            break;
        entry = start_flowing(batch, ready->first, ready->first,
                              length_of(batch, ready->first, &plan->specs[ready->first]));
        dueq_push(&batch->queue, &entry);
    }
    take_slots(batch, (int32_t)n);
    return n;
}

/* Ends those shown that are due and wait.  Returns how many. */
static size_t end_row(struct batch *batch, const struct dueq_entry *entries, size_t shown,
                      int64_t until_ns)
{
    size_t n = 0;

    for (; n < shown && entries[n].due_ns <= until_ns &&
           batch->states[entries[n].id] == STATE_WAITING;
         n++)
        end_flowing(batch, &entries[n]);
    take_slots(batch, -(int32_t)n);
    return n;
}

size_t batch_one_shot_flow(struct batch *batch, int64_t until_ns, size_t most)
{
    size_t n = 0;

    for (; n + 2 <= most && batch->out_n < batch->room; n += 2) {
        const struct dueq_entry *first = dueq_first(&batch->queue);
        uint32_t spec = batch_front(batch), job;
        struct dueq_entry next;

        if (first == NULL || first->due_ns > until_ns || spec == PLAN_NONE ||
            batch->states[first->id] != STATE_WAITING ||
            !plan_is_one_shot(batch->plan, &batch->plan->specs[spec]))
            break;
        job = batch_front_job(batch, spec);
        if (batch->states[job] != STATE_UNTOUCHED)
            break;
        end_flowing(batch, first);
        next = start_flowing(batch, job, spec, next_length(batch, job, spec));
        dueq_replace_first(&batch->queue, &next);
        batch_leave_front(batch, spec);
    }
    return n;
}

/* ---- Starting and ending ---------------------------------------------------------- */

size_t batch_one_shot_start(struct batch *batch, size_t most)
{
    size_t n = batch->flows ? start_row(batch, most) : 0;

    for (uint32_t spec; n < most && (spec = batch_front(batch)) != PLAN_NONE; n++) {
        uint32_t job = batch_front_job(batch, spec);

        if (!plan_is_one_shot(batch->plan, &batch->plan->specs[spec]))
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
    batch->result.sequential_ns = saturate_add_ns(batch->result.sequential_ns, ended.ran_ns);
    batch_make_terminal(batch, &ended);
    return ended;
}

size_t batch_one_shot_end(struct batch *batch, int64_t until_ns, size_t most)
{
    struct ended last = {.status = JOB_OK};
    size_t n = 0;

    while (n < most) {
        size_t shown, i = 0;
        const struct dueq_entry *entries = dueq_look(&batch->queue, most - n, &shown), *soon;

        if (entries == NULL)
            break;
        if (batch->flows)
            i = end_row(batch, entries, shown, until_ns);
        for (; !batch->flows && i < shown && entries[i].due_ns <= until_ns &&
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

int64_t batch_one_shot_ran(const struct batch *batch, uint32_t job, uint32_t spec)
{
    int64_t length_ns = length_of(batch, job, &batch->plan->specs[spec]);
    int64_t since_ns = batch->clock_ns - began(batch, job);

    return since_ns < length_ns ? since_ns : length_ns;
}
