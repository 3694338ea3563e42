/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_layout.h"

#include <stdlib.h>
#include <string.h>

#include "client/timeline/timeline_internal.h"
#include "proto/due.h"

/* What is shown of a half column that has so much of something. */
#define HALF_ENOUGH     0.5
#define NEXT_TO_NOTHING 1e-4

/* Computing is often short, and is what there is to see: what it has of a cell
 * counts for more, and what it is owed for more again. */
#define COMPUTE_WEIGHT 1.2
#define COMPUTE_OWED   1.5

/* How far each kind may be owed cells, and may have had too many: waiting is
 * the background of all else, and computing always has another chance. */
static const struct {
    double least, most;
} debts[TIMELINE_KINDS] = {
    [TIMELINE_WAIT] = {-1, 0},    [TIMELINE_COMPUTE] = {0, 1},  [TIMELINE_QUEUE] = {-1, 1},
    [TIMELINE_BACKOFF] = {-1, 1}, [TIMELINE_UNKNOWN] = {-1, 1},
};

struct halves {
    double (*share)[TIMELINE_KINDS]; /* 2 * columns */
    uint8_t *marks;                  /* columns */
};

struct layout {
    const struct timeline *timeline;
    struct timeline_grid *grid;
    unsigned rows_max;
    double half_ns;
    int64_t now_ns;
    const struct timeline_job **open; /* by track: what runs there now */
    struct halves halves;
};

/* ---- From times to halves of columns --------------------------------------- */

static unsigned column_of(const struct layout *layout, int64_t at_ns)
{
    return timeline_layout_column(layout->grid, at_ns);
}

/* Adds `density` of a kind from one time to another. */
static void spread(struct layout *layout, enum timeline_kind kind, double density, double begin_ns,
                   double end_ns)
{
    double from = begin_ns / layout->half_ns, to = end_ns / layout->half_ns;
    double last = 2.0 * layout->grid->columns;

    if (to > last)
        to = last;
    while (from < to) {
        size_t half = (size_t)from;
        double next = (double)(half + 1) < to ? (double)(half + 1) : to;

        layout->halves.share[half][kind] += density * (next - from);
        from = next;
    }
}

static void spread_pieces(struct layout *layout, const struct timeline_track *track)
{
    for (unsigned i = 0; i < track->n_pieces; i++) {
        const struct timeline_piece *piece = &track->pieces[i];

        if (piece->mark == TIMELINE_NONE)
            spread(layout, piece->kind, 1, (double)piece->begin_ns, (double)piece->end_ns);
        else
            layout->halves.marks[column_of(layout, piece->begin_ns - (piece->begin_ns > 0))] |=
                (uint8_t)(1u << piece->mark);
    }
}

static void spread_bins(struct layout *layout, const struct timeline_track *track)
{
    double bin_ns = (double)layout->timeline->bin_ns;
    size_t bins = (size_t)(layout->timeline->latest_ns / layout->timeline->bin_ns) + 1;

    for (size_t i = 0; i < bins && i < TIMELINE_BINS; i++) {
        const struct timeline_bin *bin = &track->bins[i];
        double begin_ns = (double)i * bin_ns;

        for (int kind = 0; kind < TIMELINE_KINDS; kind++)
            if (bin->share[kind] > 0)
                spread(layout, (enum timeline_kind)kind, (double)bin->share[kind], begin_ns,
                       begin_ns + bin_ns);
        if (bin->marks != 0)
            layout->halves.marks[column_of(layout, (int64_t)i * layout->timeline->bin_ns)] |=
                bin->marks;
    }
}

/* What has not ended yet. */
static void spread_open(struct layout *layout, const struct timeline_job *job)
{
    int64_t end_ns = layout->now_ns;
    bool is_over = job->kind != TIMELINE_QUEUE && job->due_ns < end_ns - TIMELINE_LATE_NS;

    if (is_over)
        end_ns = job->due_ns;
    spread(layout, job->kind, 1, (double)job->since_ns, (double)end_ns);
    if (is_over)
        spread(layout, TIMELINE_QUEUE, 1, (double)end_ns, (double)layout->now_ns);
}

/* ---- From halves to cells ---------------------------------------------------- */

static double sum(const double share[TIMELINE_KINDS])
{
    double total = 0;

    for (int kind = 0; kind < TIMELINE_KINDS; kind++)
        total += share[kind];
    return total;
}

/* Chooses a kind for a cell that several share.  What loses is owed its part
 * in the following cells, so that what is never the most of a cell is seen too. */
static enum timeline_kind choose(const double left[TIMELINE_KINDS],
                                 const double right[TIMELINE_KINDS], double owed[TIMELINE_KINDS])
{
    int chosen = -1;
    double best = 0, total = 0;

    for (int kind = 0; kind < TIMELINE_KINDS; kind++) {
        double share = left[kind] + right[kind];
        double weight = kind == TIMELINE_COMPUTE
                            ? share * COMPUTE_WEIGHT + owed[kind] * COMPUTE_OWED
                            : share + owed[kind];

        total += share;
        if (share > NEXT_TO_NOTHING && (chosen < 0 || weight > best)) {
            chosen = kind;
            best = weight;
        }
    }
    for (int kind = 0; kind < TIMELINE_KINDS; kind++) {
        owed[kind] += left[kind] + right[kind] - (kind == chosen ? total : 0);
        if (owed[kind] > debts[kind].most)
            owed[kind] = debts[kind].most;
        if (owed[kind] < debts[kind].least)
            owed[kind] = debts[kind].least;
    }
    return (enum timeline_kind)(chosen < 0 ? TIMELINE_WAIT : chosen);
}

static bool is_enough(const struct layout *layout, size_t half)
{
    return half < 2u * layout->grid->columns && sum(layout->halves.share[half]) >= HALF_ENOUGH;
}

static uint8_t fill_of(const struct layout *layout, unsigned column)
{
    size_t left = 2 * (size_t)column, right = left + 1;
    unsigned fill = (is_enough(layout, left) ? TIMELINE_LEFT : 0) |
                    (is_enough(layout, right) ? TIMELINE_RIGHT : 0);
    double in_left = sum(layout->halves.share[left]), in_right = sum(layout->halves.share[right]);

    /* What is shorter than all of this is there all the same. */
    if (fill == 0 && in_left + in_right > NEXT_TO_NOTHING &&
        !(left > 0 && is_enough(layout, left - 1)) && !is_enough(layout, right + 1))
        fill = in_left >= in_right ? TIMELINE_LEFT : TIMELINE_RIGHT;
    return (uint8_t)fill;
}

static enum timeline_mark worst(uint8_t marks)
{
    for (int mark = TIMELINE_MARKS - 1; mark > TIMELINE_NONE; mark--)
        if (marks & (1u << mark))
            return (enum timeline_mark)mark;
    return TIMELINE_NONE;
}

/* Makes the halves a row of cells, and clears them. */
static void make_cells(struct layout *layout, unsigned row)
{
    double owed[TIMELINE_KINDS] = {0};
    struct halves *halves = &layout->halves;
    unsigned columns = layout->grid->columns;

    for (unsigned i = 0; i < columns; i++) {
        struct timeline_cell *cell = timeline_layout_at(layout->grid, row, i);
        size_t left = 2 * (size_t)i;

        cell->fill = fill_of(layout, i);
        cell->mark = (uint8_t)worst(halves->marks[i]);
        if (cell->fill != 0)
            cell->kind = (uint8_t)choose(halves->share[left], halves->share[left + 1], owed);
    }
    memset(halves->share, 0, 2u * columns * sizeof halves->share[0]);
    memset(halves->marks, 0, columns);
}

/* ---- Rows and lanes ------------------------------------------------------------ */

static void put_track(struct layout *layout, unsigned index)
{
    const struct timeline_track *track = &layout->timeline->tracks[index];

    if (track->bins != NULL)
        spread_bins(layout, track);
    else
        spread_pieces(layout, track);
    if (layout->open[index] != NULL)
        spread_open(layout, layout->open[index]);
}

/* How the job of a row ended is shown exactly where its bar ends. */
static void put_end(struct layout *layout, unsigned row, const struct timeline_track *track)
{
    unsigned column;

    if (!track->is_begun || track->mark == TIMELINE_NONE || layout->open[row] != NULL)
        return;
    column = column_of(layout, track->end_ns - (track->end_ns > 0));
    /* A bar by itself shows that it was ok. */
    timeline_layout_at(layout->grid, row, column)->mark =
        (uint8_t)(track->mark == TIMELINE_OK && track->end_ns > track->begin_ns ? TIMELINE_NONE
                                                                                : track->mark);
    if (column + 1 < layout->grid->columns)
        timeline_layout_at(layout->grid, row, column + 1)->mark = TIMELINE_NONE;
}

/* Marks the cells of a job on the critical path. */
static void put_critical(struct layout *layout, unsigned row, const struct timeline_track *track)
{
    unsigned first = column_of(layout, track->begin_ns), last = column_of(layout, track->end_ns);

    for (unsigned i = first; track->is_critical && i <= last; i++)
        timeline_layout_at(layout->grid, row, i)->is_critical = true;
}

static int make_grid(struct timeline_grid *grid, unsigned rows)
{
    grid->rows = rows;
    grid->cells = calloc((size_t)rows * grid->columns + 1, sizeof grid->cells[0]);
    grid->about = calloc(rows + 1u, sizeof grid->about[0]);
    return grid->cells != NULL && grid->about != NULL ? 0 : -1;
}

static int compare_rows(const void *a, const void *b)
{
    const struct timeline_row *left = *(struct timeline_row *const *)a;
    const struct timeline_row *right = *(struct timeline_row *const *)b;
    size_t len = left->label_len < right->label_len ? left->label_len : right->label_len;
    int order = len > 0 ? memcmp(left->label, right->label, len) : 0;

    return order != 0 ? order
                      : (left->label_len > right->label_len) - (left->label_len < right->label_len);
}

/* Finds the rows whose names are not theirs alone. */
static int distinguish(struct timeline_grid *grid)
{
    struct timeline_row **rows = calloc(grid->rows + 1u, sizeof *rows);

    if (rows == NULL)
        return -1;
    for (unsigned i = 0; i < grid->rows; i++)
        rows[i] = &grid->about[i];
    qsort(rows, grid->rows, sizeof *rows, compare_rows);
    for (unsigned i = 1; i < grid->rows; i++)
        if (compare_rows(&rows[i - 1], &rows[i]) == 0)
            rows[i - 1]->is_shared = rows[i]->is_shared = true;
    free(rows);
    return 0;
}

static int lay_out_tracks(struct layout *layout, enum timeline_shape shape)
{
    const struct timeline *timeline = layout->timeline;
    struct timeline_grid *grid = layout->grid;

    grid->shape = shape;
    if (make_grid(grid, timeline->n_tracks) < 0)
        return -1;
    for (unsigned i = 0; i < timeline->n_tracks; i++) {
        put_track(layout, i);
        make_cells(layout, i);
        grid->about[i].number = shape == TIMELINE_ROWS ? i : i + 1u;
        if (shape == TIMELINE_ROWS) {
            grid->about[i].is_critical = timeline->tracks[i].is_critical;
            put_critical(layout, i, &timeline->tracks[i]);
            put_end(layout, i, &timeline->tracks[i]);
            grid->about[i].label = timeline->tracks[i].label;
            grid->about[i].label_len = timeline->tracks[i].label_len;
        }
    }
    return shape == TIMELINE_ROWS ? distinguish(grid) : 0;
}

/* ---- Lanes out of rows --------------------------------------------------------- */

struct stay {
    int64_t begin_ns, end_ns;
    unsigned track, lane;
};

static int compare_stays(const void *a, const void *b)
{
    const struct stay *left = a, *right = b;

    if (left->begin_ns != right->begin_ns)
        return left->begin_ns < right->begin_ns ? -1 : 1;
    return left->track < right->track ? -1 : 1;
}

/* Gives each the first lane that is free.  Returns how many lanes that takes;
 * more than lanes_max is one more.  until_ns: of lanes_max. */
static unsigned pack(struct stay *stays, size_t n, unsigned lanes_max, int64_t *until_ns)
{
    unsigned lanes = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned lane = 0;

        while (lane < lanes && until_ns[lane] > stays[i].begin_ns)
            lane++;
        stays[i].lane = lane;
        if (lane == lanes && lane == lanes_max) {
            /* What lasted for no time takes no lane for itself. */
            if (stays[i].end_ns > stays[i].begin_ns)
                return lanes_max + 1;
            continue;
        }
        if (lane == lanes)
            lanes++;
        until_ns[lane] = stays[i].end_ns;
    }
    return lanes;
}

static size_t find_stays(const struct layout *layout, struct stay *stays)
{
    size_t n = 0;

    for (unsigned i = 0; i < layout->timeline->n_tracks; i++) {
        const struct timeline_track *track = &layout->timeline->tracks[i];

        if (track->is_begun)
            stays[n++] = (struct stay){
                .begin_ns = track->begin_ns,
                .end_ns = layout->open[i] != NULL ? DUE_NEVER : track->end_ns,
                .track = i,
            };
    }
    qsort(stays, n, sizeof stays[0], compare_stays);
    return n;
}

static int make_lanes(struct layout *layout, const struct stay *stays, size_t n, unsigned lanes)
{
    layout->grid->shape = TIMELINE_LANES;
    if (make_grid(layout->grid, lanes) < 0)
        return -1;
    for (unsigned lane = 0; lane < lanes; lane++) {
        for (size_t i = 0; i < n; i++)
            if (stays[i].lane == lane)
                put_track(layout, stays[i].track);
        make_cells(layout, lane);
        for (size_t i = 0; i < n; i++)
            if (stays[i].lane == lane)
                put_critical(layout, lane, &layout->timeline->tracks[stays[i].track]);
        layout->grid->about[lane].number = lane + 1u;
    }
    return 0;
}

/* 1 if it was done, 0 if there are too many lanes, -1 when out of memory. */
static int lay_out_lanes(struct layout *layout)
{
    unsigned tracks = layout->timeline->n_tracks, lanes;
    struct stay *stays = calloc(tracks + 1u, sizeof stays[0]);
    int64_t *until_ns = calloc(layout->rows_max + 1u, sizeof until_ns[0]);
    int result = -1;
    size_t n;

    if (stays != NULL && until_ns != NULL) {
        n = find_stays(layout, stays);
        lanes = pack(stays, n, layout->rows_max, until_ns);
        result = lanes > layout->rows_max ? 0 : make_lanes(layout, stays, n, lanes) < 0 ? -1 : 1;
    }
    free(stays);
    free(until_ns);
    return result;
}

/* ---- All together ---------------------------------------------------------------- */

static int find_open(struct layout *layout)
{
    const struct timeline *timeline = layout->timeline;

    layout->open = calloc(timeline->n_tracks + 1u, sizeof layout->open[0]);
    if (layout->open == NULL)
        return -1;
    for (uint64_t place = 0; timeline->n_tracks > 0;) {
        const struct timeline_job *job = roster_next(&timeline->running, &place);

        if (job == NULL)
            break;
        if (job->track < timeline->n_tracks)
            layout->open[job->track] = job;
    }
    return 0;
}

static int set_up(struct layout *layout)
{
    unsigned columns = layout->grid->columns;

    layout->halves.share = calloc(2u * columns, sizeof layout->halves.share[0]);
    layout->halves.marks = calloc(columns, 1);
    return layout->halves.share != NULL && layout->halves.marks != NULL ? find_open(layout) : -1;
}

static int lay_out(struct layout *layout)
{
    const struct timeline *timeline = layout->timeline;
    int done = 0;

    if (timeline->n_tracks > 0 && timeline->n_tracks <= layout->rows_max)
        return lay_out_tracks(layout, timeline->has_rows ? TIMELINE_ROWS : TIMELINE_LANES);
    if (timeline->has_rows && timeline->n_tracks > 0)
        done = lay_out_lanes(layout);
    return done != 0
               ? (done > 0 ? 0 : -1)
               : timeline_layout_area(timeline, layout->rows_max, layout->now_ns, layout->grid);
}

/* Pools have rows where at least as many are left. */
static bool has_room_for_pools(unsigned pools, unsigned rows)
{
    return pools > 0 && pools <= rows / 2;
}

int timeline_layout(const struct timeline *timeline, unsigned columns, unsigned rows,
                    int64_t span_ns, int64_t now_ns, struct timeline_grid *grid)
{
    unsigned pools = timeline_layout_pool_rows(timeline);
    bool has_pools = has_room_for_pools(pools, rows);
    struct layout layout = {.timeline = timeline,
                            .grid = grid,
                            .rows_max = has_pools ? rows - pools : rows,
                            .now_ns = now_ns};
    int result = -1;

    *grid = (struct timeline_grid){.columns = columns, .span_ns = span_ns > 0 ? span_ns : 1};
    layout.half_ns = (double)grid->span_ns / (2.0 * columns);
    if (set_up(&layout) == 0)
        result = lay_out(&layout);
    if (result == 0 && has_pools)
        result = timeline_layout_pools(timeline, now_ns, grid);
    free(layout.open);
    free(layout.halves.share);
    free(layout.halves.marks);
    return result;
}

void timeline_layout_fini(struct timeline_grid *grid)
{
    free(grid->cells);
    free(grid->about);
    *grid = (struct timeline_grid){0};
}

unsigned timeline_layout_column(const struct timeline_grid *grid, int64_t at_ns)
{
    /* Exactly: what ends at the edge of a column is not to show in the next. */
    unsigned __int128 column = (unsigned __int128)at_ns * grid->columns / (uint64_t)grid->span_ns;

    return column < grid->columns ? (unsigned)column : grid->columns - 1;
}

int64_t timeline_layout_round_span(int64_t ns)
{
    static const int steps[] = {10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100};
    int64_t unit = 1;

    if (ns > INT64_MAX / 200)
        return ns;
    while (unit * 100 < ns)
        unit *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (unit * steps[i] >= ns)
            return unit * steps[i];
    return ns;
}
