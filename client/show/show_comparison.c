/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "client/terminal/terminal_frame.h"
#include "client/base/text.h"
#include "client/timeline/timeline_picture.h"
#include "proto/due.h"

/*
 * One batch in several modes, one below the other on one axis, with a line above
 * each that says how long it took.
 */

/* Redrawn at most ten times a second; what is over at once is not drawn twice. */
#define INTERVAL_NS 100000000
#define AT_ONCE_NS  50000000

/* Where no screen bounds them, rows of a mode: of jobs, or of lanes. */
#define PIPED_ROWS  100
#define PIPED_LANES 12

/* Lines besides the rows: titles, the axis, the legend, the critical path,
 * and one for the cursor. */
#define OTHER_LINES 10

struct variant {
    struct timeline_picture *picture;
    bool is_virtual, is_finished;
    struct event_read totals; /* its strings are not kept */
};

struct comparison {
    struct terminal terminal;
    struct terminal_frame frame;
    const struct show_modes *modes;
    struct variant variants[SHOW_MODES_MAX];
    size_t n, finished;
    int64_t next_ns;
    bool no_memory;
};

/* ---- Drawing ------------------------------------------------------------------ */

static unsigned choose_rows(const struct comparison *comparison)
{
    const struct terminal *terminal = &comparison->terminal;
    unsigned modes = (unsigned)comparison->modes->n;
    uint64_t jobs =
        timeline_figures(timeline_picture_timeline(comparison->variants[0].picture)).jobs;

    if (!terminal->is_terminal)
        return jobs <= PIPED_ROWS ? PIPED_ROWS : PIPED_LANES;
    return terminal->rows >= OTHER_LINES + modes ? (terminal->rows - OTHER_LINES) / modes : 1;
}

static void add_title(struct bytes *title, const char *mode, const struct variant *variant,
                      int64_t elapsed_ns)
{
    const struct event_read *totals = &variant->totals;
    char time[TEXT_SECONDS_MAX];

    bytes_add_format(title, "%s: ", mode);
    if (!variant->is_finished) {
        timeline_picture_add_state(variant->picture, elapsed_ns, title);
        return;
    }
    bytes_add_format(title, "%s, speed-up %.1f", text_seconds_fine(time, totals->elapsed_ns),
                     totals->speedup);
    if (totals->ok != totals->jobs)
        bytes_add_format(title, ", %" PRIu64 " of %" PRIu64 " job%s ok", totals->ok, totals->jobs,
                         totals->jobs == 1 ? "" : "s");
}

static void draw_variant(struct comparison *comparison, size_t i,
                         const struct timeline_style *style, int64_t span_ns, int64_t elapsed_ns,
                         struct timeline_seen *seen, struct bytes *lines)
{
    const struct variant *variant = &comparison->variants[i];
    struct bytes title = {0};

    add_title(&title, comparison->modes->names[i], variant, elapsed_ns);
    timeline_draw_title(lines, style, bytes_at(&title), bytes_len(&title));
    bytes_fini(&title);
    if (timeline_figures(timeline_picture_timeline(variant->picture)).jobs > 0 &&
        timeline_picture_draw_rows(variant->picture, style, choose_rows(comparison), span_ns,
                                   elapsed_ns, seen, lines) < 0)
        lines->failed = true;
}

static void draw_path(const struct comparison *comparison, const struct timeline_style *style,
                      struct bytes *lines)
{
    const struct event_read *totals = &comparison->variants[comparison->modes->n - 1].totals;
    struct bytes text = {0};
    char time[TEXT_SECONDS_MAX];

    bytes_add_format(&text, "critical path %s", text_seconds_fine(time, totals->critical_path_ns));
    /* What was cut short says nothing of the whole. */
    if (totals->cancelled == 0)
        bytes_add_string(&text, ":\nno mode can take less");
    bytes_add_char(&text, '\0');
    timeline_draw_text(lines, style, bytes_at(&text));
    bytes_fini(&text);
}

/* The left margin is as wide for all, and so is the span. */
static struct timeline_style measure(struct comparison *comparison, bool has_colors, int64_t now_ns,
                                     int64_t elapsed_ns[SHOW_MODES_MAX], int64_t *span_ns)
{
    const struct terminal *terminal = &comparison->terminal;
    unsigned label_columns = 0, rows = choose_rows(comparison);

    *span_ns = 0;
    for (size_t i = 0; i < comparison->n; i++) {
        struct variant *variant = &comparison->variants[i];
        const struct timeline *times = timeline_picture_timeline(variant->picture);
        unsigned columns = timeline_draw_label_columns(times, terminal->columns, rows);
        int64_t own_ns;

        elapsed_ns[i] = timeline_picture_elapsed(variant->picture, variant->is_virtual, now_ns);
        own_ns = comparison->finished == comparison->modes->n
                     ? elapsed_ns[i]
                     : timeline_picture_span(variant->picture, elapsed_ns[i]);
        if (columns > label_columns)
            label_columns = columns;
        if (own_ns > *span_ns)
            *span_ns = own_ns;
    }
    return timeline_picture_style(terminal, has_colors, label_columns);
}

static void draw(struct show_run *run, int64_t now_ns, struct bytes *lines)
{
    struct comparison *comparison = run->own;
    int64_t elapsed_ns[SHOW_MODES_MAX] = {0}, span_ns;
    struct timeline_style style = measure(comparison, run->color, now_ns, elapsed_ns, &span_ns);
    struct timeline_seen seen = {0};

    for (size_t i = 0; i < comparison->n; i++)
        draw_variant(comparison, i, &style, span_ns, elapsed_ns[i], &seen, lines);
    timeline_draw_axis(lines, &style, span_ns);
    timeline_draw_legend(lines, &style, &seen);
    if (comparison->finished == comparison->modes->n)
        draw_path(comparison, &style, lines);
}

/* is_last: it stays as it is. */
static void draw_frame(struct show_run *run, int64_t now_ns, bool is_last)
{
    struct comparison *comparison = run->own;
    struct bytes lines = {0};

    draw(run, now_ns, &lines);
    if (comparison->terminal.can_redraw &&
        timeline_draw_count_lines(&lines) < comparison->terminal.rows) {
        terminal_frame_draw(&comparison->frame, &comparison->terminal, &lines, run->out);
    } else if (is_last) {
        terminal_frame_clear(&comparison->frame, &comparison->terminal, run->out);
        bytes_add(run->out, bytes_at(&lines), bytes_len(&lines));
    }
    run->out->failed |= lines.failed;
    bytes_fini(&lines);
}

static int64_t refresh(struct show_run *run, int64_t now_ns, bool is_resized)
{
    struct comparison *comparison = run->own;

    if (comparison == NULL || comparison->no_memory || !comparison->terminal.can_redraw)
        return DUE_NEVER;
    if (is_resized && terminal_measure(&comparison->terminal))
        comparison->next_ns = now_ns;
    if (comparison->n == 0 || comparison->finished == comparison->n)
        return DUE_NEVER;
    if (now_ns >= comparison->next_ns) {
        draw_frame(run, now_ns, false);
        comparison->next_ns = now_ns + INTERVAL_NS;
    }
    return comparison->next_ns;
}

static void clear(struct show_run *run)
{
    struct comparison *comparison = run->own;

    if (comparison != NULL)
        terminal_frame_clear(&comparison->frame, &comparison->terminal, run->out);
}

/* ---- Events ---------------------------------------------------------------------- */

static void begin(struct show_run *run)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);

    run->own = comparison;
    if (comparison == NULL) {
        run->out->failed = true;
        return;
    }
    comparison->modes = run->modes;
    terminal_open(&comparison->terminal, STDOUT_FILENO);
    if (run->color)
        terminal_force_colors(&comparison->terminal);
}

static struct variant *add_variant(struct show_run *run, const struct event_read *accepted)
{
    struct comparison *comparison = run->own;
    struct variant *variant = &comparison->variants[comparison->n];

    if (comparison->n == comparison->modes->n)
        return NULL;
    if (comparison->n == 0)
        comparison->next_ns = moment_after(AT_ONCE_NS);
    variant->picture = timeline_picture_new(accepted->jobs, "", run->batch->request.plan,
                                            PIPED_ROWS, moment_now());
    variant->is_virtual = run->batch->request.clock == PENDING_CLOCK_VIRTUAL;
    if (variant->picture == NULL)
        return NULL;
    comparison->n++;
    return variant;
}

static void take(struct show_run *run, const struct event_read *event)
{
    struct comparison *comparison = run->own;
    struct variant *variant;

    if (comparison == NULL || comparison->no_memory || run->kept == NULL)
        return;
    if (event->kind == EVENT_ACCEPTED)
        *run->kept = add_variant(run, event);
    variant = *run->kept;
    if (variant == NULL || timeline_picture_take(variant->picture, event) < 0) {
        comparison->no_memory = run->out->failed = true;
    } else if (event->kind == EVENT_FINISHED) {
        variant->totals = *event;
        variant->is_finished = true;
        comparison->finished++;
    }
}

static void forget(struct show_run *run)
{
    struct variant *variant = *run->kept;

    if (variant != NULL)
        timeline_picture_drop_plan(variant->picture);
    *run->kept = NULL;
}

static void end(struct show_run *run)
{
    struct comparison *comparison = run->own;

    if (comparison == NULL)
        return;
    /* Drawn as it is: nothing more follows. */
    if (comparison->n > 0 && !comparison->no_memory) {
        for (size_t i = 0; i < comparison->n; i++)
            comparison->variants[i].is_virtual = true;
        draw_frame(run, 0, true);
    }
    for (size_t i = 0; i < comparison->n; i++)
        timeline_picture_free(comparison->variants[i].picture);
    terminal_frame_fini(&comparison->frame);
    free(comparison);
    run->own = NULL;
}

const struct show show_comparison = {
    .name = "timeline",
    .is_of_one = true,
    .needs_all = true,
    .needs_plan = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_JOBS | SHOW_KIND(EVENT_FINISHED),
    .begin = begin,
    .event = take,
    .forget = forget,
    .refresh = refresh,
    .clear = clear,
    .end = end,
};
