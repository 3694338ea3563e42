/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/trace/chain.h"
#include "client/base/text.h"
#include "client/timeline/timeline_svg.h"

/* Where no screen bounds the rows lanes and areas take so many. */
#define PIPED_LANES 20

/* What is neither row nor area takes so many lines at most, where it is wide
 * enough: the title, the axis, the legend, what the rows are, the totals, and one
 * for the cursor. */
#define OTHER_LINES        9
#define OTHER_LINES_NARROW 13
#define NARROW             72

/* What falls due so soon has room on the axis at once; what takes longer once
 * this part of it has passed. */
#define SOON_NS   60000000000
#define FORESIGHT 8
#define FIRST_NS  1000000000

/* Of a longer critical path the first jobs are not shown. */
#define PATH_MAX_JOBS 256

struct timeline_picture {
    struct timeline *timeline;
    const struct plan *plan;
    struct chain *chain;
    struct bytes name;
    int64_t accepted_ns, span_ns;
    bool is_over;
    bool has_path; /* what is known of the chains is the critical path */
};

struct timeline_picture *timeline_picture_new(uint64_t jobs, const char *name,
                                              const struct plan *plan, unsigned tracks_max,
                                              int64_t accepted_ns)
{
    struct timeline_picture *picture = calloc(1, sizeof *picture);

    if (picture == NULL)
        return NULL;
    picture->timeline = timeline_new(jobs, tracks_max);
    picture->plan = plan;
    picture->chain = chain_new(plan);
    picture->accepted_ns = accepted_ns;
    bytes_add_string(&picture->name, name);
    if (picture->timeline == NULL || picture->chain == NULL || picture->name.failed ||
        (plan != NULL && plan_n_pools(plan) > 0 &&
         timeline_use_pools(picture->timeline, plan) < 0)) {
        timeline_picture_free(picture);
        return NULL;
    }
    return picture;
}

unsigned timeline_picture_tracks(uint64_t jobs, const struct terminal *terminal)
{
    if (jobs <= TIMELINE_PICTURE_ROWS)
        return TIMELINE_PICTURE_ROWS;
    return terminal->rows > TIMELINE_PICTURE_LANES ? terminal->rows : TIMELINE_PICTURE_LANES;
}

void timeline_picture_free(struct timeline_picture *picture)
{
    if (picture == NULL)
        return;
    timeline_free(picture->timeline);
    chain_free(picture->chain);
    bytes_fini(&picture->name);
    free(picture);
}

void timeline_picture_label(struct timeline_picture *picture, const char *label)
{
    bytes_add_string(&picture->name, label);
}

const struct timeline *timeline_picture_timeline(const struct timeline_picture *picture)
{
    return picture->timeline;
}

/* ---- Events ----------------------------------------------------------------- */

/* Without the request chains are single jobs: what the daemon found is longer then
 * where jobs waited for one another.  Without starts that is not known. */
static bool is_path_known(const struct timeline_picture *picture, int64_t critical_path_ns)
{
    int64_t missing_ns = critical_path_ns - chain_length(picture->chain);

    return picture->plan != NULL || (timeline_figures(picture->timeline).is_detailed &&
                                     missing_ns <= critical_path_ns / 100);
}

/* The jobs of the critical path, the last one first; none where it is not known,
 * where there is but one job, or where any of several would do as well. */
static size_t find_path(const struct timeline_picture *picture,
                        struct chain_job jobs[PATH_MAX_JOBS])
{
    size_t n = chain_jobs(picture->chain, jobs, PATH_MAX_JOBS);

    if (!picture->has_path)
        return 0;
    if (n == 1 &&
        (timeline_figures(picture->timeline).jobs == 1 || !timeline_has_longest(picture->timeline)))
        return 0;
    return n < PATH_MAX_JOBS ? n : PATH_MAX_JOBS;
}

static void mark_path(struct timeline_picture *picture)
{
    struct chain_job jobs[PATH_MAX_JOBS];
    size_t n = find_path(picture, jobs);

    for (size_t i = 0; i < n; i++)
        timeline_mark_critical(picture->timeline, jobs[i].job);
}

static void add_to_chain(struct timeline_picture *picture, const struct event_read *event)
{
    struct chain_job job = {
        .job = event->job,
        .start_ns = timeline_figures(picture->timeline).begin_ns,
        .end_ns = event->at_ns,
    };

    chain_done(picture->chain, &job, timeline_figures(picture->timeline).own_ns);
}

int timeline_picture_take(struct timeline_picture *picture, const struct event_read *event)
{
    if (timeline_take(picture->timeline, event) < 0)
        return -1;
    if (event->kind == EVENT_DONE && event_reader_is(event->status, "skipped"))
        return 0;
    if (event->kind == EVENT_DONE) {
        add_to_chain(picture, event);
    } else if (event->kind == EVENT_FINISHED) {
        picture->is_over = true;
        picture->has_path = is_path_known(picture, event->critical_path_ns);
        mark_path(picture);
    }
    return 0;
}

/* ---- Drawing ------------------------------------------------------------------ */

struct timeline_style timeline_picture_style(const struct terminal *terminal, bool has_colors,
                                             unsigned label_columns)
{
    return (struct timeline_style){
        .terminal = terminal,
        .is_utf8 = terminal->is_utf8,
        .has_colors = has_colors,
        .columns = terminal->columns,
        .label_columns = label_columns,
    };
}

/* scrolls: it need not fit the screen. */
static unsigned choose_rows(const struct terminal *terminal, const struct timeline *timeline,
                            bool scrolls)
{
    unsigned other = terminal->columns < NARROW ? OTHER_LINES_NARROW : OTHER_LINES;

    if (scrolls && timeline_figures(timeline).jobs <= TIMELINE_PICTURE_ROWS)
        return TIMELINE_PICTURE_ROWS;
    if (!terminal->is_terminal)
        return PIPED_LANES;
    return terminal->rows > other + 1 ? terminal->rows - other : 1;
}

/* Where jobs have no rows of their own the critical path has one. */
static size_t make_segments(const struct timeline_picture *picture,
                            const struct timeline_grid *grid,
                            struct timeline_segment segments[PATH_MAX_JOBS])
{
    struct chain_job jobs[PATH_MAX_JOBS];
    size_t n = picture->is_over && grid->shape != TIMELINE_ROWS ? find_path(picture, jobs) : 0;

    for (size_t i = 0; i < n; i++) {
        const struct chain_job *job = &jobs[n - 1 - i];
        struct timeline_segment *segment = &segments[i];

        *segment = (struct timeline_segment){
            .first = timeline_layout_column(grid, job->start_ns),
            .last = timeline_layout_column(grid, job->end_ns - (job->end_ns > job->start_ns)),
        };
        if (picture->plan != NULL)
            segment->name = plan_names_text(picture->plan, job->job, &segment->name_len);
    }
    return n;
}

static void draw_path(const struct timeline_picture *picture, const struct timeline_style *style,
                      const struct timeline_grid *grid, struct timeline_seen *seen,
                      struct bytes *out)
{
    struct timeline_segment segments[PATH_MAX_JOBS];
    size_t n = make_segments(picture, grid, segments);

    if (n > 0)
        timeline_draw_path(out, style, segments, n, seen);
}

int timeline_picture_draw_rows(const struct timeline_picture *picture,
                               const struct timeline_style *style, unsigned rows, int64_t span_ns,
                               int64_t now_ns, struct timeline_seen *seen, struct bytes *out)
{
    struct timeline_grid grid;
    int result = timeline_layout(picture->timeline, timeline_draw_plot_columns(style), rows,
                                 span_ns, now_ns, &grid);

    if (result == 0) {
        timeline_draw_grid(out, style, &grid, seen);
        draw_path(picture, style, &grid, seen, out);
    }
    timeline_layout_fini(&grid);
    return result;
}

static void add_jobs(struct bytes *title, const struct timeline_picture *picture)
{
    uint64_t jobs = timeline_figures(picture->timeline).jobs;

    bytes_add(title, bytes_at(&picture->name), bytes_len(&picture->name));
    if (bytes_len(&picture->name) > 0)
        bytes_add_string(title, ": ");
    bytes_add_format(title, "%" PRIu64 " job%s", jobs, jobs == 1 ? "" : "s");
}

void timeline_picture_add_state(const struct timeline_picture *picture, int64_t elapsed_ns,
                                struct bytes *title)
{
    const struct timeline *timeline = picture->timeline;
    char time[TEXT_SECONDS_MAX];
    uint64_t done = 0;

    for (int mark = TIMELINE_OK; mark < TIMELINE_MARKS; mark++)
        done += timeline_figures(timeline).ended[mark];
    bytes_add_format(title, "%" PRIu64 " done, %" PRIu64 " in flight, ", done,
                     timeline_figures(timeline).running);
    /* Tenths: what changes faster cannot be read. */
    text_seconds(time, elapsed_ns / 100000000 * 100000000);
    memmove(strchr(time, '.') + 2, strchr(time, '.') + 4, strlen(strchr(time, '.') + 4) + 1);
    bytes_add_string(title, time);
}

static void draw(const struct timeline_picture *picture, const struct terminal *terminal,
                 bool has_colors, unsigned rows, const struct bytes *title, int64_t span_ns,
                 int64_t now_ns, struct bytes *out)
{
    const struct timeline *timeline = picture->timeline;
    struct timeline_style style = timeline_picture_style(
        terminal, has_colors, timeline_draw_label_columns(timeline, terminal->columns, rows));
    struct timeline_seen seen = {0};

    timeline_draw_title(out, &style, bytes_at(title), bytes_len(title));
    if (timeline_figures(timeline).jobs == 0)
        return;
    if (timeline_picture_draw_rows(picture, &style, rows, span_ns, now_ns, &seen, out) < 0)
        out->failed = true;
    timeline_draw_axis(out, &style, span_ns);
    timeline_draw_legend(out, &style, &seen);
}

int64_t timeline_picture_elapsed(const struct timeline_picture *picture, bool is_virtual,
                                 int64_t now_ns)
{
    int64_t latest_ns = timeline_figures(picture->timeline).latest_ns;
    int64_t elapsed_ns = now_ns - picture->accepted_ns;

    return is_virtual || picture->is_over || elapsed_ns < latest_ns ? latest_ns : elapsed_ns;
}

int64_t timeline_picture_span(struct timeline_picture *picture, int64_t elapsed_ns)
{
    int64_t horizon_ns = timeline_figures(picture->timeline).horizon_ns;
    int64_t most_ns = elapsed_ns < SOON_NS / FORESIGHT ? SOON_NS : elapsed_ns * FORESIGHT;

    if (horizon_ns > most_ns)
        horizon_ns = most_ns;
    /* What is a little late does not change it. */
    if (horizon_ns < elapsed_ns - picture->span_ns / 64)
        horizon_ns = elapsed_ns + elapsed_ns / 16;
    if (horizon_ns == 0)
        horizon_ns = FIRST_NS;
    if (horizon_ns > picture->span_ns)
        picture->span_ns = timeline_layout_round_span(horizon_ns);
    return picture->span_ns;
}

void timeline_picture_drop_plan(struct timeline_picture *picture)
{
    picture->plan = NULL;
    timeline_forget_plan(picture->timeline);
}

void timeline_picture_draw_live(struct timeline_picture *picture, const struct terminal *terminal,
                                bool has_colors, bool is_virtual, int64_t now_ns, struct bytes *out)
{
    int64_t elapsed_ns = timeline_picture_elapsed(picture, is_virtual, now_ns);
    int64_t span_ns = timeline_picture_span(picture, elapsed_ns);
    struct bytes title = {0};

    add_jobs(&title, picture);
    bytes_add_string(&title, ", ");
    timeline_picture_add_state(picture, elapsed_ns, &title);
    draw(picture, terminal, has_colors, choose_rows(terminal, picture->timeline, false), &title,
         span_ns, elapsed_ns, out);
    out->failed |= title.failed;
    bytes_fini(&title);
}

/* Of one that is not over: as far as it came. */
static void add_whole_title(struct bytes *title, const struct timeline_picture *picture)
{
    add_jobs(title, picture);
    if (picture->is_over)
        return;
    bytes_add_string(title, ", ");
    timeline_picture_add_state(picture, timeline_figures(picture->timeline).latest_ns, title);
}

void timeline_picture_draw_whole(struct timeline_picture *picture, const struct terminal *terminal,
                                 bool has_colors, struct bytes *out)
{
    int64_t latest_ns = timeline_figures(picture->timeline).latest_ns;
    struct bytes title = {0};

    add_whole_title(&title, picture);
    draw(picture, terminal, has_colors, choose_rows(terminal, picture->timeline, true), &title,
         latest_ns, latest_ns, out);
    out->failed |= title.failed;
    bytes_fini(&title);
}

unsigned timeline_picture_svg(struct timeline_picture *picture, const char *totals, unsigned y,
                              struct bytes *out)
{
    const struct timeline *timeline = picture->timeline;
    int64_t latest_ns = timeline_figures(timeline).latest_ns;
    bool has_rows = timeline_figures(timeline).jobs <= TIMELINE_PICTURE_ROWS;
    unsigned rows = has_rows ? TIMELINE_PICTURE_ROWS : TIMELINE_SVG_LANES;
    struct timeline_segment segments[PATH_MAX_JOBS];
    struct timeline_svg_picture drawn = {.totals = totals, .path = segments};
    struct timeline_grid grid = {0};
    struct bytes title = {0};

    if (timeline_figures(timeline).jobs > 0 &&
        timeline_layout(timeline, timeline_svg_columns(timeline, rows), rows, latest_ns, latest_ns,
                        &grid) == 0) {
        drawn.grid = &grid;
        drawn.n_path = make_segments(picture, &grid, segments);
    }
    add_whole_title(&title, picture);
    bytes_add_char(&title, '\0');
    drawn.title = bytes_at(&title);
    y = timeline_svg_add(out, y, &drawn);
    out->failed |= title.failed || (timeline_figures(timeline).jobs > 0 && drawn.grid == NULL);
    timeline_layout_fini(&grid);
    bytes_fini(&title);
    return y;
}
