/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_DRAW_H
#define WAITD_TIMELINE_DRAW_H

/*
 * Cells as text: glyphs, in colours or not, with what belongs beside and below
 * them.  Each function appends whole lines, none wider than the style has
 * columns.  Pure.
 */

#include "client/base/bytes.h"
#include "client/terminal/terminal.h"
#include "client/timeline/timeline_layout.h"

struct timeline_style {
    const struct terminal *terminal; /* for its sequences */
    bool is_utf8, has_colors;
    unsigned columns;
    unsigned label_columns; /* of these; see timeline_draw_label_columns() */
};

/* What an axis costs besides its labels: what is between the two. */
#define TIMELINE_DRAW_MARGIN 3

/* What has been drawn, for the legend to explain that and no more.  All zero
 * to begin with. */
struct timeline_seen {
    unsigned kinds, marks; /* bits */
    bool critical;         /* cells of the critical path */
    bool critical_row;     /* a row that is marked as its job's */
    bool lanes, area;      /* what the numbers at the left are */
    uint64_t queue_most;   /* jobs that a full cell of a pool's row represents; 0: none */
};

/* The columns, of `columns`, that the names of the timeline's jobs, or what else is at
 * the left of at most `rows` rows, are given. */
unsigned timeline_draw_label_columns(const struct timeline *timeline, unsigned columns,
                                     unsigned rows);

/* Appends the name of a row, and behind one that is several jobs' the index, which
 * is not cut, in at most `columns`.  Returns how many it takes. */
size_t timeline_draw_name(struct bytes *out, const struct timeline_row *about, size_t columns,
                          bool is_utf8);

/* The columns that are left for the plot; at least 1. */
unsigned timeline_draw_plot_columns(const struct timeline_style *style);

/* A line in bold, cut at the style's columns. */
void timeline_draw_title(struct bytes *out, const struct timeline_style *style, const char *title,
                         size_t len);
void timeline_draw_grid(struct bytes *out, const struct timeline_style *style,
                        const struct timeline_grid *grid, struct timeline_seen *seen);
/* A job of the critical path, in columns of the plot. */
struct timeline_segment {
    unsigned first, last;
    const char *name; /* UTF-8; shown where there is room; NULL for none */
    size_t name_len;
};

/* A row of such, in their order. */
void timeline_draw_path(struct bytes *out, const struct timeline_style *style,
                        const struct timeline_segment *segments, size_t n,
                        struct timeline_seen *seen);

void timeline_draw_axis(struct bytes *out, const struct timeline_style *style, int64_t span_ns);

/* Takes as many lines as it needs to be read in that width. */
void timeline_draw_legend(struct bytes *out, const struct timeline_style *style,
                          const struct timeline_seen *seen);

/* Appends text whose pieces, with a line feed between each two, are on one
 * line as far as there is room, and else on further ones, set in a little. */
void timeline_draw_text(struct bytes *out, const struct timeline_style *style, const char *text);

size_t timeline_draw_count_lines(const struct bytes *lines);

/* Leaves the first of the lines alone. */
void timeline_draw_keep_first(struct bytes *lines);

#endif
