/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_PICTURE_H
#define WAITD_TIMELINE_PICTURE_H

/*
 * The picture of one batch, while it runs and when it is over: a title, the
 * rows, the axis and a legend.  Times are in ns.  out: appended to; check out->failed.
 * Pure.
 */

#include "client/base/bytes.h"
#include "proto/plan_names.h"
#include "client/terminal/terminal.h"
#include "client/timeline/timeline_draw.h"

/* Jobs that have rows of their own, with their names, where no screen bounds the
 * rows: in a picture that is drawn once, and then scrolls. */
#define TIMELINE_PICTURE_ROWS 1000

/* The lanes that are distinguished where there are more jobs, or as many as the screen has
 * rows. */
#define TIMELINE_PICTURE_LANES 100

struct timeline_picture;

/* For a batch that was accepted at accepted_ns by the client's clock.  name: for
 * the title, UTF-8 that a terminal only shows; empty for none.  tracks_max: as
 * timeline_new() has it; timeline_picture_tracks() is enough for a screen.  plan: borrowed
 * until the picture is freed; NULL where it is not known.  NULL when out of memory. */
struct timeline_picture *timeline_picture_new(uint64_t jobs, const char *name,
                                              const struct plan *plan, unsigned tracks_max,
                                              int64_t accepted_ns);
unsigned timeline_picture_tracks(uint64_t jobs, const struct terminal *terminal);
void timeline_picture_free(struct timeline_picture *picture); /* NULL is fine */

/* Gives one that has no name this one: `batch 7`. */
void timeline_picture_label(struct timeline_picture *picture, const char *label);

/* Takes an event of the batch's.  Returns 0, or -1 when out of memory. */
int timeline_picture_take(struct timeline_picture *picture, const struct event_read *event);

/* Borrowed until the picture is freed. */
const struct timeline *timeline_picture_timeline(const struct timeline_picture *picture);

/* As it is at now_ns by the client's clock; the axis extends a little beyond, and
 * seldom changes.  is_virtual: the batch's times are not the clock's. */
void timeline_picture_draw_live(struct timeline_picture *picture, const struct terminal *terminal,
                                bool has_colors, bool is_virtual, int64_t now_ns,
                                struct bytes *out);

/* All of it, up to the last event. */
void timeline_picture_draw_whole(struct timeline_picture *picture, const struct terminal *terminal,
                                 bool has_colors, struct bytes *out);

/* The same as SVG, from y on (SVG user units), with that text below it: see
 * timeline_svg_add().  Returns the y at which it ends. */
unsigned timeline_picture_svg(struct timeline_picture *picture, const char *totals, unsigned y,
                              struct bytes *out);

/* ---- As part of a larger picture ------------------------------------------- */

/* From here on the plan is not used any more. */
void timeline_picture_drop_plan(struct timeline_picture *picture);

/* How long it has been going on at now_ns by the client's clock; is_virtual: as
 * above. */
int64_t timeline_picture_elapsed(const struct timeline_picture *picture, bool is_virtual,
                                 int64_t now_ns);

/* What an axis that is to go on for a while spans after elapsed_ns. */
int64_t timeline_picture_span(struct timeline_picture *picture, int64_t elapsed_ns);

/* Appends `3 done, 2 in flight, 1.2 s`. */
void timeline_picture_add_state(const struct timeline_picture *picture, int64_t elapsed_ns,
                                struct bytes *out);

/* The style of a picture whose left margin takes label_columns. */
struct timeline_style timeline_picture_style(const struct terminal *terminal, bool has_colors,
                                             unsigned label_columns);

/* The rows alone, at most `rows`.  0, or -1 when out of memory. */
int timeline_picture_draw_rows(const struct timeline_picture *picture,
                               const struct timeline_style *style, unsigned rows, int64_t span_ns,
                               int64_t elapsed_ns, struct timeline_seen *seen, struct bytes *out);

#endif
