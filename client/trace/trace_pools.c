/* SPDX-License-Identifier: ISC */
#include "client/trace/trace_pools.h"

#include <stdlib.h>

#include "client/base/array.h"

int trace_pools_init(struct trace_pools *pools, const struct plan *plan, uint64_t process)
{
    *pools = (struct trace_pools){.process = process};
    if (plan == NULL || plan_n_pools(plan) == 0)
        return 0;
    pools->plan = plan;
    pools->n = plan_n_pools(plan) + 1;
    pools->pools = calloc(pools->n, sizeof pools->pools[0]);
    if (pools->pools == NULL)
        return -1;
    bytes_add_string(&pools->pools[0].name, "default pool");
    for (uint32_t i = 1; i < pools->n; i++) {
        size_t len;
        const char *name = plan_pool_name(plan, i, &len);

        bytes_add_string(&pools->pools[i].name, "pool ");
        bytes_add(&pools->pools[i].name, name, len);
    }
    return 0;
}

void trace_pools_fini(struct trace_pools *pools)
{
    for (uint32_t i = 0; pools->pools != NULL && i < pools->n; i++)
        bytes_fini(&pools->pools[i].name);
    free(pools->pools);
    free(pools->steps);
    *pools = (struct trace_pools){0};
}

static struct trace_counter_name name_of(const struct trace_pools *pools,
                                         const struct trace_pool *pool)
{
    return (struct trace_counter_name){
        .process = pools->process,
        .name = {bytes_at(&pool->name), bytes_len(&pool->name)},
        .series = "busy",
    };
}

/* ---- The heap --------------------------------------------------------------------- */

static int push(struct trace_pools *pools, struct trace_pools_step step)
{
    struct trace_pools_step *steps =
        array_reserve(pools->steps, pools->n_steps, &pools->steps_room, sizeof steps[0]);
    size_t at = pools->n_steps;

    if (steps == NULL)
        return -1;
    pools->steps = steps;
    pools->n_steps++;
    for (; at > 0 && pools->steps[(at - 1) / 2].due_ns > step.due_ns; at = (at - 1) / 2)
        pools->steps[at] = pools->steps[(at - 1) / 2];
    pools->steps[at] = step;
    return 0;
}

static struct trace_pools_step pop(struct trace_pools *pools)
{
    struct trace_pools_step first = pools->steps[0], last = pools->steps[--pools->n_steps];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < pools->n_steps) {
        if (child + 1 < pools->n_steps &&
            pools->steps[child + 1].due_ns < pools->steps[child].due_ns)
            child++;
        if (pools->steps[child].due_ns >= last.due_ns)
            break;
        pools->steps[at] = pools->steps[child];
        at = child;
    }
    pools->steps[at] = last;
    return first;
}

/* ---- Workers ------------------------------------------------------------------------ */

static void add_busy(struct bytes *out, struct trace_pools *pools, const struct flight *flight,
                     uint64_t index, const struct flight_job *job, int change, int64_t now_ns)
{
    uint64_t step = flight_step_index(flight, job);
    struct trace_pool *pool = &pools->pools[plan_job_pool(pools->plan, (uint32_t)index, step)];
    struct trace_counter_name name = name_of(pools, pool);

    trace_counter_set(out, &pool->counter, &name, pool->counter.value + (uint64_t)change, now_ns);
}

void trace_pools_begin(struct bytes *out, struct trace_pools *pools, const struct flight *flight,
                       uint64_t index, struct flight_job *job, int64_t now_ns)
{
    if (pools->plan == NULL || index >= plan_n_jobs(pools->plan))
        return;
    if (push(pools, (struct trace_pools_step){job->due_ns, index}) < 0) {
        pools->no_memory = true;
        return;
    }
    job->is_busy = true;
    add_busy(out, pools, flight, index, job, 1, now_ns);
}

void trace_pools_end(struct bytes *out, struct trace_pools *pools, const struct flight *flight,
                     uint64_t index, struct flight_job *job, int64_t now_ns)
{
    if (!job->is_busy)
        return;
    job->is_busy = false;
    add_busy(out, pools, flight, index, job, -1, now_ns);
}

void trace_pools_advance(struct bytes *out, struct trace_pools *pools, struct flight *flight,
                         int64_t now_ns)
{
    while (pools->n_steps > 0 && pools->steps[0].due_ns <= now_ns) {
        struct trace_pools_step step = pop(pools);
        struct flight_job *job = flight_find(flight, step.job);

        /* Else it was cut short. */
        if (job != NULL && job->due_ns == step.due_ns)
            trace_pools_end(out, pools, flight, step.job, job, step.due_ns);
    }
}

void trace_pools_finish(struct bytes *out, struct trace_pools *pools)
{
    for (uint32_t i = 0; i < pools->n; i++) {
        struct trace_counter_name name = name_of(pools, &pools->pools[i]);

        trace_counter_finish(out, &pools->pools[i].counter, &name);
    }
}
