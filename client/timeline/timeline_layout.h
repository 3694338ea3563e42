/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_LAYOUT_H
#define WAITD_TIMELINE_LAYOUT_H

/*
 * A timeline as cells, in columns and rows.  Where there are more jobs
 * than rows, the rows are lanes that jobs take one after another, and where
 * even these are too many, it is an area, as high as there are jobs in flight.
 * Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/timeline/timeline.h"

enum timeline_shape { TIMELINE_ROWS, TIMELINE_LANES, TIMELINE_AREA };

/* For struct timeline_cell's `fill`. */
#define TIMELINE_LEFT  1u
#define TIMELINE_RIGHT 2u
#define TIMELINE_BOTH  3u

struct timeline_cell {
    uint8_t fill; /* which halves; in an area how many eighths, from below; 0: empty */
    uint8_t kind; /* enum timeline_kind */
    uint8_t mark; /* enum timeline_mark: what ended here */
    bool is_critical;
};

struct timeline_row {
    const char *label; /* of the timeline's; NULL for none */
    size_t label_len;
    bool is_shared;  /* the label is another row's as well */
    bool is_pool;    /* not of jobs: how many queue for a pool, in eighths of queue_most */
    uint64_t number; /* of the job, of the lane (from 1), or of jobs, at the top of the row */
    enum timeline_mark mark; /* a row of an area that shows when jobs ended so */
    bool is_critical;
};

struct timeline_grid {
    enum timeline_shape shape;
    unsigned columns, rows;
    int64_t span_ns;     /* what the columns represent */
    uint64_t queue_most; /* jobs that queue: what a full cell of a pool's row represents */
    struct timeline_cell *cells;
    struct timeline_row *about; /* `rows` of them */
};

/*
 * Makes it out of what happened until now_ns.  rows: the most, at least 1, as columns; an area
 * takes as many below them as there are ways that jobs ended other than ok, but leaves out what
 * rows has no room for. Returns 0, or -1 when out of memory.  To be released by
 * timeline_layout_fini() in either case, and before the timeline is.
 */
int timeline_layout(const struct timeline *timeline, unsigned columns, unsigned rows,
                    int64_t span_ns, int64_t now_ns, struct timeline_grid *grid);
void timeline_layout_fini(struct timeline_grid *grid);

/* How many rows the pools take: they are not left for anything else. */
unsigned timeline_layout_pool_rows(const struct timeline *timeline);

/* Parts of timeline_layout(): the rows of pools, put among those that there are; and the
 * area, into a grid that has its columns and
 * its span. */
int timeline_layout_pools(const struct timeline *timeline, int64_t now_ns,
                          struct timeline_grid *grid);
int timeline_layout_area(const struct timeline *timeline, unsigned rows_max, int64_t now_ns,
                         struct timeline_grid *grid);

/* The column that a time is in; the last one for a later one.  at_ns: not below 0. */
unsigned timeline_layout_column(const struct timeline_grid *grid, int64_t at_ns);

/* The cell in that row and column. */
static inline struct timeline_cell *timeline_layout_at(const struct timeline_grid *grid,
                                                       unsigned row, unsigned column)
{
    return &grid->cells[(size_t)row * grid->columns + column];
}

/* A span for an axis that is to go on for a while: a round number of at least
 * so much. */
int64_t timeline_layout_round_span(int64_t ns);

#endif
