/* SPDX-License-Identifier: ISC */

/* A batch's life and the order of its work (rules 1, 2, 6, 7 and 9). */

#include "daemon/engine/batch.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/engine/batch_internal.h"

/* The most occurrences that one unit of work can write: the step of a job that
 * gets a worker, and two of the job that gave it. */
#define ROOM_OF_A_UNIT 4

int64_t batch_add_ns(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

struct batch *batch_new(const struct plan *plan)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->plan = plan;
    batch->options = plan_options_of(plan);
    batch->pending = plan->n_jobs;
    batch->concurrency = batch->options->mode == PLAN_SEQUENTIAL ? 1 : batch->options->concurrency;
    batch->workers_free = batch->options->workers;
    batch->first_queued = batch->last_queued = NO_JOB;
    batch->more = true;
    batch->jobs = calloc(plan->n_jobs > 0 ? plan->n_jobs : 1, sizeof(*batch->jobs));
    if (batch->jobs == NULL || timerq_init(&batch->queue, plan->n_jobs) != 0 ||
        batch_after_init(batch) != 0) {
        batch_free(batch);
        return NULL;
    }
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    batch_after_fini(batch);
    timerq_fini(&batch->queue);
    free(batch->jobs);
    free(batch);
}

void batch_emit(struct batch *batch, const struct occurrence *occurrence)
{
    if (occurrence->kind == OCCURRED_DONE || batch->options->events == PLAN_EVENTS_ALL)
        batch->out[batch->out_n++] = *occurrence;
}

/* ---- Sweeps (rule 7) ----------------------------------------------------------- */

static void begin_sweep(struct batch *batch, enum job_status status)
{
    batch->sweeping = true;
    batch->sweep_status = status;
    batch->sweep_at = 0;
}

static void sweep_one(struct batch *batch)
{
    uint32_t index = batch->sweep_at++;

    if (batch->jobs[index].state != STATE_ENDED)
        batch_job_end(batch, index, batch->sweep_status);
}

void batch_job_ended(struct batch *batch, uint32_t job, enum job_status status)
{
    enum plan_until until = batch->options->until;

    if (status != JOB_OK)
        batch->any_not_ok = true;
    if (until == PLAN_UNTIL_FIRST_DONE ||
        (until == PLAN_UNTIL_FIRST_FAILED && (status == JOB_FAILED || status == JOB_TIMED_OUT)))
        begin_sweep(batch, JOB_CANCELLED);
    else
        batch_after_note(batch, job, status);
}

/* ---- The order of work ------------------------------------------------------------ */

/* Starts the next ready job if the limits allow it.  False if nothing starts. */
static bool start_one(struct batch *batch)
{
    uint32_t job, spec;

    if (batch->slots_taken >= batch->concurrency ||
        (batch->options->mode == PLAN_BLOCKING && batch->workers_free == 0) ||
        !batch_after_next_ready(batch, &job, &spec))
        return false;
    if (batch->jobs[job].state == STATE_UNTOUCHED) {
        /* Room for every job in flight, so that nothing later on needs memory. */
        if (timerq_reserve(&batch->queue, batch->in_flight + 1 - batch->queue.n) != 0) {
            batch->starved = true;
            return true;
        }
        batch_after_take_ready(batch);
        batch_job_start(batch, job, spec);
    } else {
        batch_after_take_ready(batch); /* cancelled before its turn */
    }
    return true;
}

static bool time_out(struct batch *batch, int64_t now_ns, int64_t next_ns)
{
    int64_t timeout_ns = batch->options->timeout_ns;

    if (timeout_ns < 0 || next_ns <= timeout_ns || timeout_ns > now_ns)
        return false;
    batch->clock_ns = timeout_ns;
    batch->timed_out = true;
    begin_sweep(batch, JOB_TIMED_OUT);
    return true;
}

/* Takes the next occurrence, or the batch's time-out where that comes first.
 * False if nothing is due. */
static bool take_due(struct batch *batch, int64_t now_ns)
{
    const struct timerq_entry *first = timerq_first(&batch->queue);

    if (time_out(batch, now_ns, first != NULL ? first->due_ns : BATCH_NEVER))
        return true;
    if (first == NULL || first->due_ns > now_ns)
        return false;
    batch->clock_ns = first->due_ns;
    batch_job_due(batch, first->id, (enum due_kind)first->tag);
    return true;
}

/* One unit of work.  False if there is none at this time. */
static bool work_once(struct batch *batch, int64_t now_ns)
{
    if (batch->sweeping) {
        sweep_one(batch);
        return true;
    }
    return batch_after_release(batch) || start_one(batch) || take_due(batch, now_ns);
}

size_t batch_run(struct batch *batch, int64_t now_ns, size_t budget, struct occurrence *out,
                 size_t room, size_t *worked)
{
    size_t spent = 0;
    bool idle = false;

    batch->out = out;
    batch->out_n = 0;
    batch->starved = false;
    while (batch->pending > 0 && !idle && !batch->starved && spent < budget &&
           room - batch->out_n >= ROOM_OF_A_UNIT) {
        idle = !work_once(batch, now_ns);
        spent++;
    }
    batch->more = batch->pending > 0 && !idle;
    batch->out = NULL;
    if (worked != NULL)
        *worked = spent;
    return batch->out_n;
}

int64_t batch_next_due(const struct batch *batch)
{
    const struct timerq_entry *first = timerq_first(&batch->queue);
    int64_t timeout_ns = batch->options->timeout_ns;
    int64_t next_ns = first != NULL ? first->due_ns : BATCH_NEVER;

    if (batch->pending == 0)
        return BATCH_NEVER;
    if (batch->more)
        return 0;
    return timeout_ns >= 0 && timeout_ns < next_ns ? timeout_ns : next_ns;
}

bool batch_is_starved(const struct batch *batch)
{
    return batch->starved;
}

bool batch_is_over(const struct batch *batch)
{
    return batch->pending == 0;
}

uint32_t batch_pending(const struct batch *batch)
{
    return batch->pending;
}

int64_t batch_clock(const struct batch *batch)
{
    return batch->clock_ns;
}

/* ---- Cancelling (rule 9) -------------------------------------------------------------- */

uint32_t batch_cancel(struct batch *batch, int64_t now_ns)
{
    if (batch->sweeping || batch->pending == 0)
        return 0;
    if (now_ns > batch->clock_ns)
        batch->clock_ns = now_ns;
    batch->cancelled = true;
    batch->more = true;
    begin_sweep(batch, JOB_CANCELLED);
    return batch->pending;
}

size_t batch_cancel_job(struct batch *batch, uint64_t job, int64_t now_ns, struct occurrence *out,
                        size_t room)
{
    uint32_t index = (uint32_t)job;

    if (job >= batch->plan->n_jobs || room < BATCH_MIN_ROOM || batch->sweeping ||
        batch->jobs[index].state == STATE_ENDED)
        return 0;
    if (now_ns > batch->clock_ns)
        batch->clock_ns = now_ns;
    batch->out = out;
    batch->out_n = 0;
    batch->more = true;
    batch_job_end(batch, index, JOB_CANCELLED);
    batch_job_ended(batch, index, JOB_CANCELLED);
    batch->out = NULL;
    return batch->out_n;
}

/* ---- The result --------------------------------------------------------------------------- */

static enum batch_status overall(const struct batch *batch)
{
    if (batch->cancelled)
        return BATCH_CANCELLED;
    if (batch->timed_out)
        return BATCH_TIMED_OUT;
    return batch->any_not_ok ? BATCH_FAILED : BATCH_OK;
}

void batch_result(const struct batch *batch, struct batch_result *result)
{
    *result = batch->result;
    result->status = overall(batch);
}
