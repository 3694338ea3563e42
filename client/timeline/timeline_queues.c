/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_queues.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/bytes.h"
#include "client/base/text.h"

/* At least half of them are in use. */
#define BINS 2048

/* Names are kept so far, in bytes. */
#define LABEL_MAX 160

/* Steps of a job that are looked at for its first compute step. */
#define STEPS_MAX 1000

/*
 * The number of jobs as differences.  For one in the middle of bin b: `part[b]`
 * is the rest of the bin, `whole[b]` counts for all bins behind it.
 */
struct timeline_queue {
    double part[BINS];
    int64_t whole[BINS];
};

static int name_pool(struct timeline_queues_pool *pool, const struct plan *plan, uint32_t number)
{
    struct bytes label = {0};
    size_t len;

    if (number == 0) {
        bytes_add_string(&label, "default pool");
    } else {
        const char *name = plan_pool_name(plan, number, &len);

        bytes_add_string(&label, "pool ");
        text_append_safe(&label, name, len, LABEL_MAX);
    }
    if (!label.failed)
        pool->label = strndup(bytes_at(&label), bytes_len(&label));
    pool->label_len = bytes_len(&label);
    bytes_fini(&label);
    return pool->label != NULL ? 0 : -1;
}

struct timeline_queues *timeline_queues_new(const struct plan *plan)
{
    struct timeline_queues *queues = calloc(1, sizeof *queues);
    uint32_t n = plan_n_pools(plan) + 1;

    if (queues == NULL)
        return NULL;
    queues->plan = plan;
    queues->bin_ns = 1;
    queues->n = n < TIMELINE_QUEUES_MAX ? n : TIMELINE_QUEUES_MAX;
    queues->pools = calloc(queues->n, sizeof queues->pools[0]);
    for (unsigned i = 0; i < queues->n; i++)
        if (queues->pools == NULL || name_pool(&queues->pools[i], plan, i) < 0) {
            timeline_queues_free(queues);
            return NULL;
        }
    return queues;
}

void timeline_queues_free(struct timeline_queues *queues)
{
    if (queues == NULL)
        return;
    for (unsigned i = 0; queues->pools != NULL && i < queues->n; i++) {
        free(queues->pools[i].label);
        free(queues->pools[i].queue);
    }
    free(queues->pools);
    free(queues);
}

uint8_t timeline_queues_pool_of(const struct timeline_queues *queues, uint64_t job, uint64_t step)
{
    uint32_t pool;

    if (queues->plan == NULL || job >= plan_n_jobs(queues->plan))
        return TIMELINE_NO_POOL;
    pool = plan_job_pool(queues->plan, (uint32_t)job, step);
    return pool < queues->n ? (uint8_t)pool : TIMELINE_NO_POOL;
}

uint8_t timeline_queues_first_pool_of(const struct timeline_queues *queues, uint64_t job)
{
    struct job_spec spec;

    if (queues->plan == NULL || job >= plan_n_jobs(queues->plan))
        return TIMELINE_NO_POOL;
    plan_job(queues->plan, (uint32_t)job, &spec);
    for (uint32_t i = 0; i < spec.n_steps && i < STEPS_MAX; i++)
        if (plan_job_step(queues->plan, (uint32_t)job, i).kind == STEP_COMPUTE)
            return timeline_queues_pool_of(queues, job, i);
    return TIMELINE_NO_POOL;
}

/* ---- Bins --------------------------------------------------------------------------- */

/* Makes each two bins one. */
static void halve(struct timeline_queue *queue)
{
    for (size_t i = 0; i < BINS / 2; i++) {
        /* What arrives in the first of two is there for all of the second. */
        queue->part[i] =
            (queue->part[2 * i] + (double)queue->whole[2 * i] + queue->part[2 * i + 1]) / 2;
        queue->whole[i] = queue->whole[2 * i] + queue->whole[2 * i + 1];
    }
    memset(&queue->part[BINS / 2], 0, sizeof queue->part / 2);
    memset(&queue->whole[BINS / 2], 0, sizeof queue->whole / 2);
}

static void reach(struct timeline_queues *queues, int64_t at_ns)
{
    for (; at_ns / queues->bin_ns >= BINS; queues->bin_ns *= 2)
        for (unsigned i = 0; i < queues->n; i++)
            if (queues->pools[i].queue != NULL)
                halve(queues->pools[i].queue);
}

static void change(struct timeline_queue *queue, int64_t bin_ns, int64_t at_ns, int by)
{
    int64_t bin = at_ns / bin_ns, left_ns = (bin + 1) * bin_ns - at_ns;

    queue->part[bin] += by * (double)left_ns / (double)bin_ns;
    queue->whole[bin] += by;
}

int timeline_queues_add(struct timeline_queues *queues, uint8_t pool, int64_t begin_ns,
                        int64_t end_ns)
{
    struct timeline_queue *queue;

    if (pool >= queues->n || end_ns <= begin_ns)
        return 0;
    queue = queues->pools[pool].queue;
    if (queue == NULL)
        queue = queues->pools[pool].queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return -1;
    reach(queues, end_ns);
    change(queue, queues->bin_ns, begin_ns, 1);
    change(queue, queues->bin_ns, end_ns, -1);
    return 0;
}

void timeline_queues_spread(const struct timeline_queues *queues, unsigned pool, int64_t span_ns,
                            unsigned columns, double *levels)
{
    const struct timeline_queue *queue = queues->pools[pool].queue;
    double bins_a_column = (double)span_ns / (double)queues->bin_ns / columns;
    int64_t jobs = 0;

    for (size_t i = 0; queue != NULL && i < BINS; i++) {
        double level = (double)jobs + queue->part[i];
        double from = (double)i / bins_a_column, to = (double)(i + 1) / bins_a_column;

        jobs += queue->whole[i];
        for (unsigned column = (unsigned)from; level > 0 && from < to && column < columns;
             column++) {
            double next = column + 1 < to ? column + 1 : to;

            levels[column] += level * (next - from);
            from = next;
        }
    }
}
