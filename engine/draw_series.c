/* SPDX-License-Identifier: ISC */
#include "engine/draw_series.h"

#include "engine/draw_avx2.h"

void draw_series_begin(struct draw_series *series, int64_t seed)
{
    *series = (struct draw_series){.use = {.seed = seed, .vectors = draw_avx2_is_there()}};
}

/* A full row, of which only the jobs differ from one to the next. */
static void set_dist(struct draw_series *series, const struct dist *dist)
{
    struct draw_row *row = &series->row;

    series->dist = *dist;
    row->n = 0;
    draw_row_add_length(row, 0, &series->dist);
    for (; row->n < DRAW_ROW; row->n++) {
        row->dists[row->n] = row->dists[0];
        row->a_ns[row->n] = row->a_ns[0];
        row->b[row->n] = row->b[0];
    }
}

void draw_series_fill(struct draw_series *series, const struct dist *dist, uint32_t first,
                      int64_t max_ns)
{
    const struct dist *last = &series->dist;

    if (dist->kind != last->kind || dist->a_ns != last->a_ns || dist->b_ns != last->b_ns)
        set_dist(series, dist);
    for (uint32_t i = 0; i < DRAW_ROW; i++)
        series->row.jobs[i] = first + i;
    draw_row_lengths(&series->row, &series->use, max_ns, series->lengths_ns);
    series->first = first;
    series->n = DRAW_ROW;
}
