/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/timeline/timeline_internal.h"
#include "client/timeline/timeline_layout.h"

/* A row for each pool, in which it can be seen how many jobs queue for its workers.  Where
 * jobs have rows of their own it is above those of its jobs, which are those whose first
 * compute step takes a worker of it; else below all others. */

#define EIGHTHS 8

/* Below this a column is empty: of late events a real run has as much. */
#define NEXT_TO_NOTHING 0.05

struct pools {
    const struct timeline *timeline;
    struct timeline_grid *grid;
    int64_t now_ns;
    double *levels; /* of each pool, a column behind the other */
    struct timeline_cell *cells;
    struct timeline_row *about;
    unsigned rows;
};

static bool is_shown(const struct timeline *timeline, unsigned pool)
{
    if (timeline->queues->pools[pool].queue != NULL)
        return true;
    for (unsigned i = 0; timeline->has_rows && i < timeline->n_tracks; i++)
        if (timeline->tracks[i].pool == pool)
            return true;
    return false;
}

unsigned timeline_layout_pool_rows(const struct timeline *timeline)
{
    unsigned n = 0;

    for (unsigned i = 0; timeline->queues != NULL && i < timeline->queues->n; i++)
        n += is_shown(timeline, i);
    return n;
}

/* What still queues. */
static void spread_open(struct pools *pools)
{
    const struct timeline *timeline = pools->timeline;
    double column_ns = (double)pools->grid->span_ns / pools->grid->columns;
    double now = (double)pools->now_ns / column_ns;
    const struct timeline_job *job;

    for (uint64_t place = 0; (job = roster_next(&timeline->running, &place)) != NULL;) {
        bool is_queueing = job->kind == TIMELINE_QUEUE;
        int64_t since_ns = is_queueing ? job->since_ns : job->due_ns;
        double from = (double)since_ns / column_ns;

        if (job->pool >= timeline->queues->n ||
            (!is_queueing && job->due_ns >= pools->now_ns - TIMELINE_LATE_NS))
            continue;
        for (unsigned column = (unsigned)from; from < now && column < pools->grid->columns;
             column++) {
            double next = column + 1 < now ? column + 1 : now;

            pools->levels[(size_t)job->pool * pools->grid->columns + column] += next - from;
            from = next;
        }
    }
}

/* How many jobs a full cell represents. */
static double find_most(const struct pools *pools)
{
    size_t n = (size_t)pools->timeline->queues->n * pools->grid->columns;
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = pools->levels[i] > most ? pools->levels[i] : most;
    return most < NEXT_TO_NOTHING ? 0 : most < 1 ? 1 : ceil(most - NEXT_TO_NOTHING);
}

static void put_pool(struct pools *pools, unsigned pool)
{
    const struct timeline_queues_pool *queues = &pools->timeline->queues->pools[pool];
    unsigned columns = pools->grid->columns;
    struct timeline_cell *cells = &pools->cells[(size_t)pools->rows * columns];
    double most = (double)pools->grid->queue_most;

    pools->about[pools->rows++] = (struct timeline_row){
        .label = queues->label, .label_len = queues->label_len, .is_pool = true};
    for (unsigned i = 0; i < columns; i++) {
        double level = pools->levels[(size_t)pool * columns + i];
        double eighths = level < NEXT_TO_NOTHING ? 0 : fmax(1, round(level / most * EIGHTHS));

        cells[i] =
            (struct timeline_cell){.fill = (uint8_t)fmin(eighths, EIGHTHS), .kind = TIMELINE_QUEUE};
    }
}

static void put_row(struct pools *pools, unsigned row)
{
    unsigned columns = pools->grid->columns;

    pools->about[pools->rows] = pools->grid->about[row];
    memcpy(&pools->cells[(size_t)pools->rows * columns], timeline_layout_at(pools->grid, row, 0),
           columns * sizeof pools->cells[0]);
    pools->rows++;
}

/* The rows of jobs that compute in this pool first. */
static void put_rows_of(struct pools *pools, uint8_t pool)
{
    for (unsigned i = 0; i < pools->grid->rows; i++)
        if (pools->timeline->tracks[i].pool == pool)
            put_row(pools, i);
}

static void put_all(struct pools *pools)
{
    const struct timeline *timeline = pools->timeline;
    bool is_grouped = pools->grid->shape == TIMELINE_ROWS;

    for (unsigned i = 0; !is_grouped && i < pools->grid->rows; i++)
        put_row(pools, i);
    if (is_grouped)
        put_rows_of(pools, TIMELINE_NO_POOL);
    for (unsigned pool = 0; pool < timeline->queues->n; pool++) {
        if (!is_shown(timeline, pool))
            continue;
        put_pool(pools, pool);
        if (is_grouped)
            put_rows_of(pools, (uint8_t)pool);
    }
}

int timeline_layout_pools(const struct timeline *timeline, int64_t now_ns,
                          struct timeline_grid *grid)
{
    struct pools pools = {.timeline = timeline, .grid = grid, .now_ns = now_ns};
    unsigned rows = grid->rows + timeline_layout_pool_rows(timeline);

    if (rows == grid->rows)
        return 0;
    pools.levels = calloc((size_t)timeline->queues->n * grid->columns, sizeof pools.levels[0]);
    pools.cells = calloc((size_t)rows * grid->columns + 1, sizeof pools.cells[0]);
    pools.about = calloc(rows + 1u, sizeof pools.about[0]);
    if (pools.levels == NULL || pools.cells == NULL || pools.about == NULL) {
        free(pools.levels);
        free(pools.cells);
        free(pools.about);
        return -1;
    }
    for (unsigned i = 0; i < timeline->queues->n; i++)
        timeline_queues_spread(timeline->queues, i, grid->span_ns, grid->columns,
                               &pools.levels[(size_t)i * grid->columns]);
    spread_open(&pools);
    grid->queue_most = (uint64_t)find_most(&pools);
    put_all(&pools);
    free(pools.levels);
    free(grid->cells);
    free(grid->about);
    grid->cells = pools.cells;
    grid->about = pools.about;
    grid->rows = pools.rows;
    return 0;
}
