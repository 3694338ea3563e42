/* SPDX-License-Identifier: ISC */
#include "client/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/terminal.h"
#include "client/text.h"
#include "client/timeline_draw.h"

/*
 * Each batch as a picture of what its jobs did when, drawn when it is over: a
 * title, the rows, the axis, a legend and the totals.
 */

/* Rows, where no screen bounds them; of them an area takes at most so many. */
#define ROWS_MAX 100
#define AREA_MAX 20

/* What is neither row nor area takes so many lines at most, where it is wide
 * enough: the title, the axis, the legend, the totals, and one for the cursor. */
#define OTHER_LINES        8
#define OTHER_LINES_NARROW 11
#define NARROW             72

#define ID_MAX 64

struct screen {
    struct terminal terminal;
};

struct picture {
    struct timeline *timeline; /* NULL: memory is short */
    struct bytes id;
};

/* ---- Batches ------------------------------------------------------------------ */

static struct picture *picture_new(const struct screen *screen, const struct event *accepted)
{
    struct picture *picture = calloc(1, sizeof *picture);
    unsigned rows = screen->terminal.rows > ROWS_MAX ? screen->terminal.rows : ROWS_MAX;

    if (picture == NULL)
        return NULL;
    picture->timeline = timeline_new(accepted->jobs, rows);
    if (accepted->id.text != NULL)
        text_append_safe(&picture->id, accepted->id.text, accepted->id.len, ID_MAX);
    return picture;
}

static void picture_free(struct picture *picture)
{
    if (picture == NULL)
        return;
    timeline_free(picture->timeline);
    bytes_fini(&picture->id);
    free(picture);
}

/* ---- Drawing ------------------------------------------------------------------- */

static unsigned choose_rows(const struct terminal *terminal, const struct timeline *timeline)
{
    unsigned other = terminal->columns < NARROW ? OTHER_LINES_NARROW : OTHER_LINES;

    if (!terminal->is_terminal)
        return timeline_jobs(timeline) <= ROWS_MAX ? ROWS_MAX : AREA_MAX;
    return terminal->rows > other + 1 ? terminal->rows - other : 1;
}

static void add_title(struct bytes *out, const struct show_run *run, const struct picture *picture)
{
    uint64_t jobs = timeline_jobs(picture->timeline);

    if (bytes_len(&picture->id) > 0) {
        bytes_add(out, bytes_at(&picture->id), bytes_len(&picture->id));
        bytes_add_string(out, ": ");
    } else if (run->batches > 1) {
        bytes_add_format(out, "batch %" PRIu64 ": ", run->batch->ordinal + 1);
    }
    bytes_add_format(out, "%" PRIu64 " job%s", jobs, jobs == 1 ? "" : "s");
}

static void draw_title(struct bytes *out, const struct timeline_style *style,
                       const struct show_run *run, const struct picture *picture)
{
    struct bytes title = {0};

    add_title(&title, run, picture);
    timeline_draw_title(out, style, bytes_at(&title), bytes_len(&title));
    bytes_fini(&title);
}

static void draw_totals(struct show_run *run, const struct timeline_style *style,
                        const struct event *finished)
{
    struct bytes text = {0}, *out = run->out;

    run->out = &text;
    show_totals_parts(run, finished, "\n");
    run->out = out;
    bytes_add_char(&text, '\0');
    timeline_draw_text(out, style, bytes_at(&text));
    bytes_fini(&text);
}

static int draw_plot(struct bytes *out, const struct timeline_style *style,
                     const struct timeline *timeline, unsigned rows, int64_t span_ns,
                     int64_t now_ns)
{
    struct timeline_seen seen = {0};
    struct timeline_grid grid;
    int result =
        timeline_layout(timeline, timeline_draw_plot_columns(style), rows, span_ns, now_ns, &grid);

    if (result == 0) {
        timeline_draw_grid(out, style, &grid, &seen);
        timeline_draw_axis(out, style, span_ns);
        timeline_draw_legend(out, style, &seen);
    }
    timeline_layout_fini(&grid);
    return result;
}

static struct timeline_style make_style(const struct show_run *run, const struct screen *screen,
                                        const struct timeline *timeline)
{
    const struct terminal *terminal = &screen->terminal;

    return (struct timeline_style){
        .terminal = terminal,
        .is_utf8 = terminal->is_utf8,
        .has_colors = run->color,
        .columns = terminal->columns,
        .label_columns = timeline_draw_label_columns(timeline, terminal->columns),
    };
}

static void draw_whole(struct show_run *run, const struct picture *picture,
                       const struct event *finished)
{
    const struct screen *screen = run->own;
    const struct timeline *timeline = picture->timeline;
    struct timeline_style style = make_style(run, screen, timeline);
    int64_t span_ns = timeline_latest_ns(timeline);

    draw_title(run->out, &style, run, picture);
    if (timeline_jobs(timeline) > 0 &&
        draw_plot(run->out, &style, timeline, choose_rows(&screen->terminal, timeline), span_ns,
                  span_ns) < 0)
        run->out->failed = true;
    draw_totals(run, &style, finished);
}

/* ---- What comes ------------------------------------------------------------------ */

static void begin(struct show_run *run)
{
    struct screen *screen = calloc(1, sizeof *screen);

    run->own = screen;
    if (screen == NULL) {
        run->out->failed = true;
        return;
    }
    terminal_open(&screen->terminal, STDOUT_FILENO);
    if (run->color)
        terminal_force_colors(&screen->terminal);
}

static void take(struct show_run *run, const struct event *event)
{
    struct picture *picture;

    if (run->own == NULL || run->kept == NULL)
        return;
    if (event->kind == EVENT_ACCEPTED)
        *run->kept = picture_new(run->own, event);
    picture = *run->kept;
    if (picture == NULL || picture->timeline == NULL ||
        timeline_take(picture->timeline, event) < 0) {
        run->out->failed = true;
        return;
    }
    if (event->kind == EVENT_FINISHED) {
        if (run->batch->ordinal > 0)
            bytes_add_char(run->out, '\n');
        draw_whole(run, picture, event);
    }
}

static void forget(struct show_run *run)
{
    picture_free(*run->kept);
    *run->kept = NULL;
}

static void end(struct show_run *run)
{
    free(run->own);
    run->own = NULL;
}

const struct show show_timeline = {
    .name = "timeline",
    .needs_all = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_STARTED) | SHOW_KIND(EVENT_STEP) |
              SHOW_KIND(EVENT_RETRY) | SHOW_KIND(EVENT_DONE) | SHOW_KIND(EVENT_FINISHED),
    .begin = begin,
    .event = take,
    .forget = forget,
    .end = end,
};
