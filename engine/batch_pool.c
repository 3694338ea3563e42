/* SPDX-License-Identifier: ISC */

/* The workers of each pool, and the jobs that queue for them. */

#include <stdlib.h>

#include "engine/batch_internal.h"

void batch_pool_restart(struct batch *batch)
{
    uint32_t n = plan_n_pools(batch->plan);

    for (uint32_t number = 0; number <= n; number++) {
        uint64_t workers =
            number == 0 ? batch->options->workers : plan_pool(batch->plan, number).workers;
        batch->pools[number] = (struct pool_state){
            /* More than there can be jobs are as many as those. */
            .free = workers < UINT32_MAX ? (uint32_t)workers : UINT32_MAX,
            .first_queued = NO_ACTIVE_JOB,
            .last_queued = NO_ACTIVE_JOB,
            .queued = PRIOQ_NONE,
        };
    }
    batch->n_queued = 0;
}

int batch_pool_init(struct batch *batch)
{
    const struct plan *plan = batch->plan;
    uint32_t n = plan_n_pools(plan);

    batch->pools = malloc(((size_t)n + 1) * sizeof(*batch->pools));
    if (batch->pools == NULL)
        return -1;
    batch_pool_restart(batch);
    if (!plan->has_priorities || !plan->has_compute || batch->is_blocking)
        return 0;
    batch->queued =
        calloc(plan->n_active_jobs > 0 ? plan->n_active_jobs : 1, sizeof(*batch->queued));
    return batch->queued != NULL ? 0 : -1;
}

void batch_pool_fini(struct batch *batch)
{
    free(batch->queued);
    free(batch->pools);
}

static uint32_t number_of(const struct batch *batch, const struct active_job *active)
{
    return (uint32_t)(active - batch->active_jobs);
}

bool batch_pool_take(struct batch *batch, struct active_job *active, uint32_t pool)
{
    if (batch->pools[pool].free == 0)
        return false;
    batch->pools[pool].free--;
    active->pool = (uint16_t)pool;
    if (batch->report != NULL)
        batch_report_granted(batch, pool, 0);
    return true;
}

static void append(struct batch *batch, struct pool_state *pool, struct active_job *active)
{
    uint32_t number = number_of(batch, active);

    active->prev = pool->last_queued;
    active->next = NO_ACTIVE_JOB;
    if (pool->last_queued != NO_ACTIVE_JOB)
        batch->active_jobs[pool->last_queued].next = number;
    else
        pool->first_queued = number;
    pool->last_queued = number;
}

static void unlink_active_job(struct batch *batch, struct pool_state *pool,
                              struct active_job *active)
{
    if (active->prev != NO_ACTIVE_JOB)
        batch->active_jobs[active->prev].next = active->next;
    else
        pool->first_queued = active->next;
    if (active->next != NO_ACTIVE_JOB)
        batch->active_jobs[active->next].prev = active->prev;
    else
        pool->last_queued = active->prev;
}

/* The place of the active job in its queue: how often an active job has queued is no more than
 * the batch's steps, which 32 bits count. */
static uint64_t key_of(struct batch *batch, const struct active_job *active)
{
    const struct job_class *job_class = plan_class(batch->plan, &batch->plan->specs[active->spec]);

    return prioq_key(job_class != NULL ? job_class->priority : 0, batch->n_queued++);
}

void batch_pool_queue(struct batch *batch, struct active_job *active, uint32_t pool)
{
    uint32_t number = number_of(batch, active);

    active->pool = (uint16_t)pool;
    active->began_ns = batch->clock_ns;
    if (batch->report != NULL)
        batch_report_queued(batch, pool);
    if (batch->queued != NULL)
        prioq_push(batch->queued, &batch->pools[pool].queued, number, key_of(batch, active));
    else
        append(batch, &batch->pools[pool], active);
    if (active->timeout_ns >= 0)
        timerq_set(&batch->queue_timeouts, number, active->timeout_ns, 0);
}

void batch_pool_leave_queue(struct batch *batch, struct active_job *active)
{
    struct pool_state *pool = &batch->pools[active->pool];
    uint32_t number = number_of(batch, active);

    if (batch->queued != NULL)
        prioq_remove(batch->queued, &pool->queued, number);
    else
        unlink_active_job(batch, pool, active);
    if (batch->report != NULL)
        batch_report_left_queue(batch, active);
    if (active->timeout_ns >= 0)
        timerq_remove(&batch->queue_timeouts, number);
}

struct active_job *batch_pool_release(struct batch *batch, const struct active_job *active)
{
    struct pool_state *pool = &batch->pools[active->pool];
    uint32_t number = batch->queued != NULL ? pool->queued : pool->first_queued;
    struct active_job *head;

    if (number == NO_ACTIVE_JOB) {
        pool->free++;
        return NULL;
    }
    head = &batch->active_jobs[number];
    batch_pool_leave_queue(batch, head);
    if (batch->report != NULL)
        batch_report_granted(batch, head->pool, batch->clock_ns - head->began_ns);
    return head;
}
