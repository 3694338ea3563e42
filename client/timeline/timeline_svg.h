/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_SVG_H
#define WAITD_TIMELINE_SVG_H

/*
 * Cells as SVG (Scalable Vector Graphics 1.1): what timeline_draw.h makes text of,
 * as lines and shapes for a slide or a page.  A document has any number of
 * pictures, one below the other; its colours are those of the reader's scheme,
 * light or dark.  Pure.
 */

#include "client/base/bytes.h"
#include "client/timeline/timeline_draw.h"
#include "client/timeline/timeline_layout.h"

/* All of these are user units of the document, a pixel each at its own size. */
#define TIMELINE_SVG_WIDTH 960
#define TIMELINE_SVG_GAP   24 /* above, below and between pictures */

/* The lanes that are drawn of jobs without rows of their own; of more, an area. */
#define TIMELINE_SVG_LANES 40

/* What a picture is made of.  Texts are UTF-8 without control characters. */
struct timeline_svg_picture {
    const char *title, *totals;          /* totals: a line feed where a line has to end */
    const struct timeline_grid *grid;    /* NULL: no jobs */
    const struct timeline_segment *path; /* in cells of the grid; a row of its own */
    size_t n_path;
};

/* How many columns a grid has to have beside labels of the timeline's, where
 * there may be `rows` rows. */
unsigned timeline_svg_columns(const struct timeline *timeline, unsigned rows);

/* Appends a picture whose top is at y.  Returns where it ends. */
unsigned timeline_svg_add(struct bytes *out, unsigned y,
                          const struct timeline_svg_picture *picture);

/* What precedes the pictures, once it is known how high these are together,
 * and behind them. */
void timeline_svg_begin(struct bytes *out, unsigned height);
void timeline_svg_end(struct bytes *out);

#endif
