/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "client/timeline/timeline_internal.h"
#include "client/timeline/timeline_layout.h"

/* The flow of all jobs as an area: in each column as high as there were jobs
 * in flight, on the average, by what they did. */

#define EIGHTHS 8

/* What is stacked on what, from below. */
static const enum timeline_kind order[TIMELINE_KINDS] = {
    TIMELINE_COMPUTE, TIMELINE_WAIT, TIMELINE_BACKOFF, TIMELINE_QUEUE, TIMELINE_UNKNOWN,
};

struct area {
    const struct timeline *timeline;
    struct timeline_grid *grid;
    double column_ns, now_ns;
    double (*level)[TIMELINE_KINDS]; /* jobs in each column */
    double peak;
    uint64_t per_row;
};

/* ---- Levels ------------------------------------------------------------------ */

/* Adds what was so from one time to another, in job-nanoseconds. */
static void spread(struct area *area, enum timeline_kind kind, double jobs, double begin_ns,
                   double end_ns)
{
    if (end_ns > area->now_ns)
        end_ns = area->now_ns;
    for (unsigned column = (unsigned)(begin_ns / area->column_ns);
         begin_ns < end_ns && column < area->grid->columns; column++) {
        double next_ns = (column + 1) * area->column_ns;

        if (next_ns > end_ns)
            next_ns = end_ns;
        if (next_ns > begin_ns)
            area->level[column][kind] += jobs * (next_ns - begin_ns);
        begin_ns = next_ns > begin_ns ? next_ns : begin_ns;
    }
}

static void spread_kind(struct area *area, enum timeline_kind kind)
{
    const struct timeline_flow *flow = area->timeline->flow;
    double bin_ns = (double)area->timeline->bin_ns;
    int64_t jobs = 0;

    for (size_t i = 0; i < TIMELINE_BINS && (double)i * bin_ns < area->now_ns; i++) {
        double level = (double)jobs + flow->part[kind][i];

        if (level > 0)
            spread(area, kind, level, (double)i * bin_ns, (double)(i + 1) * bin_ns);
        jobs += flow->whole[kind][i];
    }
    /* Time passes where there is no event. */
    if (jobs > 0)
        spread(area, kind, (double)jobs, TIMELINE_BINS * bin_ns, area->now_ns);
}

static void spread_track(struct area *area, const struct timeline_track *track)
{
    double bin_ns = (double)area->timeline->bin_ns;

    for (unsigned i = 0; i < track->n_pieces; i++) {
        const struct timeline_piece *piece = &track->pieces[i];

        spread(area, piece->kind, 1, (double)piece->begin_ns, (double)piece->end_ns);
    }
    for (size_t i = 0; track->bins != NULL && i < TIMELINE_BINS; i++)
        for (int kind = 0; kind < TIMELINE_KINDS; kind++)
            if (track->bins[i].share[kind] > 0)
                spread(area, (enum timeline_kind)kind, (double)track->bins[i].share[kind],
                       (double)i * bin_ns, (double)(i + 1) * bin_ns);
}

/* Of all jobs, each by its track, and what it does now. */
static void spread_tracks(struct area *area)
{
    const struct timeline_job *job;

    for (unsigned i = 0; i < area->timeline->n_tracks; i++)
        spread_track(area, &area->timeline->tracks[i]);
    for (uint64_t place = 0; (job = roster_next(&area->timeline->running, &place)) != NULL;)
        spread(area, job->kind, 1, (double)job->since_ns, area->now_ns);
}

static void spread_all(struct area *area)
{
    if (area->timeline->flow == NULL)
        spread_tracks(area);
    for (int kind = 0; area->timeline->flow != NULL && kind < TIMELINE_KINDS; kind++)
        spread_kind(area, (enum timeline_kind)kind);
}

/* From job-nanoseconds to jobs.  A column that has just begun counts for what
 * there is of it. */
static void average(struct area *area)
{
    for (unsigned i = 0; i < area->grid->columns; i++) {
        double covered_ns = area->now_ns - i * area->column_ns, total = 0;

        if (covered_ns > area->column_ns)
            covered_ns = area->column_ns;
        if (covered_ns <= 0)
            return;
        for (int kind = 0; kind < TIMELINE_KINDS; kind++) {
            area->level[i][kind] /= covered_ns;
            total += area->level[i][kind];
        }
        if (total > area->peak)
            area->peak = total;
    }
}

/* ---- Cells --------------------------------------------------------------------- */

/* A figure that is easy to count by: one digit and noughts behind it. */
static uint64_t round_up(double jobs)
{
    static const unsigned steps[] = {1, 2, 3, 4, 5, 6, 8, 10};
    uint64_t unit = 1;
    size_t i = 0;

    while ((double)unit * 10 < jobs)
        unit *= 10;
    while (i + 1 < sizeof steps / sizeof steps[0] && (double)(unit * steps[i]) < jobs)
        i++;
    return unit * steps[i];
}

static struct timeline_cell cell_for(const double level[TIMELINE_KINDS], double low, double high)
{
    struct timeline_cell cell = {0};
    double base = 0, most = 0, filled = 0;

    for (int i = 0; i < TIMELINE_KINDS; i++) {
        double top = base + level[order[i]];
        double from = base > low ? base : low, to = top < high ? top : high;

        if (to > from) {
            filled += to - from;
            if (to - from > most) {
                most = to - from;
                cell.kind = (uint8_t)order[i];
            }
        }
        base = top;
    }
    cell.fill = (uint8_t)(filled / (high - low) * EIGHTHS + 0.5);
    /* A little is something. */
    if (cell.fill == 0 && low == 0 && filled > 0)
        cell.fill = 1;
    return cell;
}

static void fill_rows(struct area *area, unsigned rows)
{
    for (unsigned row = 0; row < rows; row++) {
        uint64_t low = (rows - 1 - row) * area->per_row, high = low + area->per_row;

        area->grid->about[row].number = high;
        for (unsigned i = 0; i < area->grid->columns; i++)
            *timeline_layout_at(area->grid, row, i) =
                cell_for(area->level[i], (double)low, (double)high);
    }
}

static void put_end(struct area *area, unsigned row, enum timeline_mark mark, int64_t at_ns)
{
    unsigned column = timeline_layout_column(area->grid, at_ns);

    timeline_layout_at(area->grid, row, column)->mark = (uint8_t)mark;
}

/* A row that shows when jobs ended in that way. */
static void fill_ends(struct area *area, unsigned row, enum timeline_mark mark)
{
    const struct timeline *timeline = area->timeline;

    area->grid->about[row].mark = mark;
    area->grid->about[row].number = timeline->ended[mark];
    for (int64_t i = 0; timeline->flow != NULL && i < TIMELINE_BINS; i++)
        if (timeline->flow->ended[mark][i] > 0)
            put_end(area, row, mark, i * timeline->bin_ns);
    for (unsigned i = 0; timeline->flow == NULL && i < timeline->n_tracks; i++) {
        const struct timeline_track *track = &timeline->tracks[i];

        if (track->mark == mark && roster_find(&timeline->running, i) == NULL)
            put_end(area, row, mark, track->end_ns - (track->end_ns > 0));
    }
}

static int fill(struct area *area, unsigned rows_max)
{
    enum timeline_mark marks[TIMELINE_MARKS];
    unsigned n_marks = 0, rows;

    for (int mark = TIMELINE_MARKS - 1; mark > TIMELINE_OK; mark--)
        if (area->timeline->ended[mark] > 0 && n_marks + 2 < rows_max)
            marks[n_marks++] = (enum timeline_mark)mark;
    /* A sliver more than whole jobs is the rounding of sums. */
    area->peak *= 1 - 1e-6;
    area->per_row = round_up(area->peak / (rows_max - n_marks));
    rows = (unsigned)(area->peak / (double)area->per_row) + 1;
    area->grid->rows = rows + n_marks;
    area->grid->cells =
        calloc((size_t)area->grid->rows * area->grid->columns, sizeof area->grid->cells[0]);
    area->grid->about = calloc(area->grid->rows, sizeof area->grid->about[0]);
    if (area->grid->cells == NULL || area->grid->about == NULL)
        return -1;
    fill_rows(area, rows);
    for (unsigned i = 0; i < n_marks; i++)
        fill_ends(area, rows + i, marks[i]);
    return 0;
}

int timeline_layout_area(const struct timeline *timeline, unsigned rows_max, int64_t now_ns,
                         struct timeline_grid *grid)
{
    struct area area = {.timeline = timeline, .grid = grid, .now_ns = (double)now_ns};
    int result = -1;

    grid->shape = TIMELINE_AREA;
    area.column_ns = (double)grid->span_ns / grid->columns;
    area.level = calloc(grid->columns, sizeof area.level[0]);
    if (area.level != NULL) {
        spread_all(&area);
        average(&area);
        result = fill(&area, rows_max);
    }
    free(area.level);
    return result;
}
