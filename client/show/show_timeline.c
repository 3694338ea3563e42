/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "client/terminal/terminal_frame.h"
#include "client/base/text.h"
#include "client/timeline/timeline_picture.h"
#include "proto/due.h"

/*
 * A picture of each batch when it is over, one below the other, and on a
 * terminal that can draw over what it shows also while it runs.  Of several
 * that run at one time the one that was accepted first is drawn.
 */

/* Redrawn at most ten times a second; what is over at once is not drawn twice. */
#define INTERVAL_NS 100000000
#define AT_ONCE_NS  50000000

struct batch_picture {
    struct timeline_picture *picture;
    struct failures *failures;
    struct bytes pools;               /* lines of its report */
    const struct active_batch *batch; /* as long as it runs */
    bool is_named;
    struct batch_picture *next;
};

struct screen {
    struct terminal terminal;
    struct terminal_frame frame;
    struct batch_picture *running; /* in the order in which they were accepted */
    int64_t next_ns;
    bool needs_gap; /* below a batch that was drawn as a whole */
};

/* ---- Batches ------------------------------------------------------------------ */

static struct timeline_picture *new_picture(const struct show_run *run,
                                            const struct event_read *accepted)
{
    const struct screen *screen = run->own;
    unsigned tracks = timeline_picture_tracks(accepted->jobs, &screen->terminal);
    struct timeline_picture *picture = NULL;
    struct bytes name = {0};

    if (accepted->id.text != NULL)
        show_id(&name, accepted->id);
    bytes_add_char(&name, '\0');
    if (!name.failed)
        picture = timeline_picture_new(accepted->jobs, bytes_at(&name), run->batch->request.plan,
                                       tracks, moment_now());
    bytes_fini(&name);
    return picture;
}

static struct batch_picture *add_batch(struct show_run *run, const struct event_read *accepted)
{
    struct screen *screen = run->own;
    struct batch_picture *added = calloc(1, sizeof *added), **last = &screen->running;

    if (added == NULL)
        return NULL;
    added->picture = new_picture(run, accepted);
    added->failures = failures_new();
    added->batch = run->batch;
    added->is_named = accepted->id.text != NULL;
    if (screen->running == NULL)
        screen->next_ns = moment_after(AT_ONCE_NS);
    while (*last != NULL)
        last = &(*last)->next;
    *last = added;
    return added;
}

static void drop_batch(struct screen *screen, struct batch_picture *dropped)
{
    struct batch_picture **at = &screen->running;

    while (*at != dropped)
        at = &(*at)->next;
    *at = dropped->next;
    timeline_picture_free(dropped->picture);
    failures_free(dropped->failures);
    bytes_fini(&dropped->pools);
    free(dropped);
}

/* One of several that the client gave no name has the daemon's number, as
 * everywhere.  That there are several is known only in time. */
static void name_batch(const struct show_run *run, struct batch_picture *own)
{
    char label[BATCHES_LABEL_MAX];

    if (run->batches < 2 || own->is_named)
        return;
    timeline_picture_label(own->picture, batches_label(own->batch, label));
    own->is_named = true;
}

/* An empty line between batches, before the first that is drawn of the next one. */
static void add_gap(struct show_run *run)
{
    struct screen *screen = run->own;

    if (screen->needs_gap)
        bytes_add_char(run->out, '\n');
    screen->needs_gap = false;
}

/* ---- While it runs -------------------------------------------------------------- */

static void draw_running(struct show_run *run, int64_t now_ns)
{
    struct screen *screen = run->own;
    struct batch_picture *first = screen->running;
    struct bytes lines = {0};
    size_t others = 0;

    for (const struct batch_picture *at = first->next; at != NULL; at = at->next)
        others++;
    name_batch(run, first);
    timeline_picture_draw_live(first->picture, &screen->terminal, run->color,
                               first->batch->request.clock == PENDING_CLOCK_VIRTUAL, now_ns,
                               &lines);
    if (others > 0)
        bytes_add_format(&lines, "and %zu more batch%s\n", others, others == 1 ? "" : "es");
    /* Where there is no room for a picture its title shows how far it is. */
    if (timeline_draw_count_lines(&lines) >= screen->terminal.rows)
        timeline_draw_keep_first(&lines);
    add_gap(run);
    terminal_frame_draw(&screen->frame, &screen->terminal, &lines, run->out);
    run->out->failed |= lines.failed;
    bytes_fini(&lines);
}

static int64_t refresh(struct show_run *run, int64_t now_ns, bool is_resized)
{
    struct screen *screen = run->own;

    if (screen == NULL || !screen->terminal.can_redraw)
        return DUE_NEVER;
    if (is_resized && terminal_measure(&screen->terminal))
        screen->next_ns = now_ns;
    if (screen->running == NULL || screen->running->picture == NULL)
        return DUE_NEVER;
    if (now_ns >= screen->next_ns) {
        draw_running(run, now_ns);
        screen->next_ns = now_ns + INTERVAL_NS;
    }
    return screen->next_ns;
}

static void clear(struct show_run *run)
{
    struct screen *screen = run->own;

    if (screen != NULL)
        terminal_frame_clear(&screen->frame, &screen->terminal, run->out);
}

/* ---- When it is over -------------------------------------------------------------- */

static void add_totals(struct show_run *run, const struct event_read *finished,
                       const struct failures *failures, struct bytes *lines)
{
    const struct screen *screen = run->own;
    struct timeline_style style = timeline_picture_style(&screen->terminal, run->color, 0);
    struct bytes text = {0}, *out = run->out;

    run->out = &text;
    show_totals_parts(run, finished, "\n");
    run->out = out;
    bytes_add_char(&text, '\0');
    timeline_draw_text(lines, &style, bytes_at(&text));
    bytes_consume(&text, bytes_len(&text));
    if (screen->terminal.is_terminal && failures_add_list(failures, "\n", &text)) {
        bytes_add_char(&text, '\0');
        timeline_draw_text(lines, &style, bytes_at(&text));
    }
    lines->failed |= text.failed;
    bytes_fini(&text);
}

/* finished: NULL for a batch of which no more is heard. */
static void draw_whole(struct show_run *run, struct batch_picture *own,
                       const struct event_read *finished)
{
    struct screen *screen = run->own;
    struct bytes lines = {0};

    name_batch(run, own);
    add_gap(run);
    timeline_picture_draw_whole(own->picture, &screen->terminal, run->color, &lines);
    bytes_add(&lines, bytes_at(&own->pools), bytes_len(&own->pools));
    lines.failed |= own->pools.failed;
    if (finished != NULL)
        add_totals(run, finished, own->failures, &lines);
    if (screen->terminal.can_redraw && timeline_draw_count_lines(&lines) < screen->terminal.rows) {
        terminal_frame_draw(&screen->frame, &screen->terminal, &lines, run->out);
        terminal_frame_leave(&screen->frame);
    } else {
        clear(run);
        bytes_add(run->out, bytes_at(&lines), bytes_len(&lines));
    }
    screen->needs_gap = true;
    run->out->failed |= lines.failed;
    bytes_fini(&lines);
}

/* ---- Events ------------------------------------------------------------------------- */

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

/* How its workers were used, and queued for, is shown below the picture. */
static void note_pool(const struct show_run *run, struct batch_picture *own,
                      const struct event_read *event)
{
    struct show_run below = {
        .out = &own->pools,
        .columns = ((const struct screen *)run->own)->terminal.columns,
    };

    show_report(&below, event);
}

/* It is no batch, and has a line of its own between their pictures. */
static void add_forecast(struct show_run *run, const struct event_read *event)
{
    struct screen *screen = run->own;
    struct show_run line = {.out = run->out, .columns = screen->terminal.columns};

    clear(run);
    add_gap(run);
    show_forecast(&line, event);
    screen->needs_gap = true;
}

static void take(struct show_run *run, const struct event_read *event)
{
    struct batch_picture *own;

    if (run->own != NULL && event->kind == EVENT_FORECAST)
        add_forecast(run, event);
    if (run->own == NULL || run->kept == NULL)
        return;
    if (event->kind == EVENT_ACCEPTED)
        *run->kept = add_batch(run, event);
    own = *run->kept;
    if (own == NULL || own->picture == NULL || own->failures == NULL ||
        timeline_picture_take(own->picture, event) < 0) {
        run->out->failed = true;
        return;
    }
    if (event->kind == EVENT_DONE)
        failures_take(own->failures, event);
    if (event->kind == EVENT_POOL)
        note_pool(run, own, event);
    if (event->kind == EVENT_FINISHED) {
        draw_whole(run, own, event);
        timeline_picture_free(own->picture);
        own->picture = NULL;
    }
}

static void forget(struct show_run *run)
{
    struct batch_picture *own = *run->kept;

    if (own == NULL)
        return;
    if (own->picture != NULL)
        draw_whole(run, own, NULL);
    drop_batch(run->own, own);
    *run->kept = NULL;
}

static void end(struct show_run *run)
{
    struct screen *screen = run->own;

    if (screen != NULL)
        terminal_frame_fini(&screen->frame);
    free(screen);
    run->own = NULL;
}

const struct show show_timeline = {
    .name = "timeline",
    .needs_all = true,
    .needs_plan = true,
    .events = SHOW_KIND(EVENT_ACCEPTED) | SHOW_JOBS | SHOW_KIND(EVENT_FINISHED) |
              SHOW_KIND(EVENT_POOL) | SHOW_KIND(EVENT_FORECAST),
    .begin = begin,
    .event = take,
    .forget = forget,
    .refresh = refresh,
    .clear = clear,
    .end = end,
};
