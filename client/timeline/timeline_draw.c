/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/terminal/terminal_text.h"
#include "client/base/text.h"
#include "client/timeline/timeline_axis.h"
#include "client/timeline/timeline_internal.h"

/* Names get at most this many columns, and this part of all. */
#define LABEL_MAX  28
#define LABEL_PART 3
#define LABEL_MIN  4

/* ---- How things look ------------------------------------------------------- */

struct look {
    const char *name;
    const char *utf8[3]; /* the left half, the right one, both */
    char ascii;
    enum terminal_color color;
};

static const struct look kinds[TIMELINE_KINDS] = {
    [TIMELINE_WAIT] = {"wait", {"╸", "╺", "━"}, '-', TERMINAL_CYAN},
    [TIMELINE_COMPUTE] = {"compute", {"▌", "▐", "█"}, '#', TERMINAL_GREEN},
    [TIMELINE_QUEUE] = {"queue", {"·", "·", "·"}, '.', TERMINAL_GREY},
    [TIMELINE_BACKOFF] = {"back-off", {"╌", "╌", "╌"}, '~', TERMINAL_BLUE},
    [TIMELINE_UNKNOWN] = {"until its end", {"╴", "╶", "─"}, '_', TERMINAL_CYAN},
};

static const struct look critical = {"critical path", {"═", "═", "═"}, '=', TERMINAL_CYAN};

static const struct look path_end = {"", {"╛", "╛", "╛"}, '|', TERMINAL_CYAN};

static const struct look marks[TIMELINE_MARKS] = {
    [TIMELINE_OK] = {"ok", {"✓", "✓", "✓"}, '+', TERMINAL_GREEN},
    [TIMELINE_FAILED] = {"failed", {"✗", "✗", "✗"}, 'x', TERMINAL_RED},
    [TIMELINE_TIMED_OUT] = {"timed out", {"◷", "◷", "◷"}, 'T', TERMINAL_YELLOW},
    [TIMELINE_CANCELLED] = {"cancelled", {"⊘", "⊘", "⊘"}, 'C', TERMINAL_MAGENTA},
    [TIMELINE_SKIPPED] = {"skipped", {"↷", "↷", "↷"}, 's', TERMINAL_MAGENTA},
};

/* Where one job of a lane ends and the next may begin. */
static const struct look ends[TIMELINE_KINDS] = {
    [TIMELINE_WAIT] = {"", {"╸", "╸", "╸"}, '>', TERMINAL_CYAN},
    [TIMELINE_COMPUTE] = {"", {"▌", "▌", "▌"}, '|', TERMINAL_GREEN},
    [TIMELINE_QUEUE] = {"", {"·", "·", "·"}, '|', TERMINAL_GREY},
    [TIMELINE_BACKOFF] = {"", {"╌", "╌", "╌"}, '|', TERMINAL_BLUE},
    [TIMELINE_UNKNOWN] = {"", {"╴", "╴", "╴"}, '>', TERMINAL_CYAN},
};

/* In an area, from nearly nothing to all of the cell. */
static const char *const heights[8] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/* ---- Writing ------------------------------------------------------------------- */

/* The colours in effect; they are written only when they change. */
struct pen {
    struct bytes *out;
    const struct timeline_style *style;
    int color; /* enum terminal_color, -1 for plain */
    bool is_bold;
};

static void use(struct pen *pen, int color, bool is_bold)
{
    const struct terminal *terminal = pen->style->terminal;

    if (!pen->style->has_colors || (pen->color == color && pen->is_bold == is_bold))
        return;
    if (pen->color >= 0 || pen->is_bold)
        bytes_add_string(pen->out, terminal->reset);
    if (color >= 0)
        bytes_add_string(pen->out, terminal->color[color]);
    if (is_bold)
        bytes_add_string(pen->out, terminal->bold);
    pen->color = color;
    pen->is_bold = is_bold;
}

static struct pen take_pen(struct bytes *out, const struct timeline_style *style)
{
    return (struct pen){.out = out, .style = style, .color = -1};
}

static void put_look(struct pen *pen, const struct look *look, unsigned fill, bool is_bold)
{
    use(pen, (int)look->color, is_bold);
    if (pen->style->is_utf8)
        bytes_add_string(pen->out, look->utf8[fill - 1]);
    else
        bytes_add_char(pen->out, look->ascii);
}

static void end_line(struct pen *pen)
{
    use(pen, -1, false);
    bytes_add_char(pen->out, '\n');
}

/* ---- Labels -------------------------------------------------------------------- */

static unsigned digits(uint64_t number)
{
    unsigned n = 1;

    while (number >= 10) {
        number /= 10;
        n++;
    }
    return n;
}

static bool names_are_shared(const struct timeline *timeline)
{
    for (unsigned i = 1; i < timeline->n_tracks; i++)
        for (unsigned k = 0; k < i; k++)
            if (timeline->tracks[i].label != NULL && timeline->tracks[k].label != NULL &&
                strcmp(timeline->tracks[i].label, timeline->tracks[k].label) == 0)
                return true;
    return false;
}

/* What jobs with rows of their own want. */
static size_t widest_name(const struct timeline *timeline)
{
    bool is_shared = names_are_shared(timeline);
    size_t width = 0;

    for (unsigned i = 0; i < timeline->n_tracks; i++) {
        const struct timeline_track *track = &timeline->tracks[i];
        size_t own = digits(i) + 1;

        if (track->label != NULL)
            own = terminal_text_width(track->label, track->label_len) +
                  (is_shared ? digits(timeline->n_tracks) + 2 : 0);
        if (own > width)
            width = own;
    }
    return width;
}

/* And what lanes and areas do. */
static size_t widest_figure(const struct timeline *timeline)
{
    size_t width = digits(timeline->jobs);

    for (int mark = TIMELINE_SKIPPED; mark < TIMELINE_MARKS; mark++)
        if (timeline->ended[mark] > 0 && width < strlen(marks[mark].name))
            width = strlen(marks[mark].name);
    return width;
}

/* What rows of pools want. */
static size_t widest_pool(const struct timeline *timeline)
{
    size_t width = 0;

    for (unsigned i = 0; timeline->queues != NULL && i < timeline->queues->n; i++) {
        const struct timeline_queues_pool *pool = &timeline->queues->pools[i];
        size_t own = terminal_text_width(pool->label, pool->label_len);

        width = own > width ? own : width;
    }
    return width;
}

unsigned timeline_draw_label_columns(const struct timeline *timeline, unsigned columns,
                                     unsigned rows)
{
    size_t most = LABEL_MAX < columns / LABEL_PART ? LABEL_MAX : columns / LABEL_PART;
    size_t width = timeline->has_rows && timeline->n_tracks <= rows ? widest_name(timeline)
                                                                    : widest_figure(timeline);
    size_t pools = widest_pool(timeline);

    if (width < pools)
        width = pools;
    if (width > most)
        width = most;
    return width < LABEL_MIN ? LABEL_MIN : (unsigned)width;
}

unsigned timeline_draw_plot_columns(const struct timeline_style *style)
{
    unsigned taken = style->label_columns + TIMELINE_DRAW_MARGIN;

    return style->columns > taken ? style->columns - taken : 1;
}

size_t timeline_draw_name(struct bytes *out, const struct timeline_row *about, size_t columns,
                          bool is_utf8)
{
    char suffix[32] = "";
    size_t width = terminal_text_width(about->label, about->label_len), taken = 0;

    if (about->is_shared)
        taken = (size_t)snprintf(suffix, sizeof suffix, " #%" PRIu64, about->number);
    if (taken + 1 > columns)
        taken = 0;
    if (width > columns - taken)
        width = columns - taken;
    terminal_text_append(out, about->label, about->label_len, width, is_utf8);
    if (taken > 0)
        bytes_add_string(out, suffix);
    return width + taken;
}

static void put_label(struct pen *pen, const struct timeline_grid *grid, unsigned row)
{
    const struct timeline_row *about = &grid->about[row];
    unsigned columns = pen->style->label_columns;
    char number[32];
    int len;

    if (about->mark != TIMELINE_NONE) {
        use(pen, (int)marks[about->mark].color, false);
        terminal_text_append(pen->out, marks[about->mark].name, strlen(marks[about->mark].name),
                             columns, pen->style->is_utf8);
        return;
    }
    if (about->label != NULL) {
        use(pen, about->is_pool ? TERMINAL_GREY : -1, about->is_critical);
        len = (int)timeline_draw_name(pen->out, about, columns, pen->style->is_utf8);
        bytes_add_format(pen->out, "%*s", (int)columns - len, "");
        return;
    }
    len = snprintf(number, sizeof number, "%s%" PRIu64, grid->shape == TIMELINE_ROWS ? "#" : "",
                   about->number);
    use(pen, grid->shape == TIMELINE_ROWS ? -1 : TERMINAL_GREY, false);
    if (grid->shape != TIMELINE_ROWS && (unsigned)len < columns)
        bytes_add_format(pen->out, "%*s", (int)columns, number);
    else
        terminal_text_append(pen->out, number, (size_t)len, columns, pen->style->is_utf8);
}

/* ---- The plot ------------------------------------------------------------------- */

static void put_area(struct pen *pen, const struct timeline_cell *cell, struct timeline_seen *seen)
{
    const struct look *look = &kinds[cell->kind];

    seen->kinds |= 1u << cell->kind;
    if (!pen->style->is_utf8 || cell->fill == 8) {
        put_look(pen, look, TIMELINE_BOTH, false);
        return;
    }
    use(pen, (int)look->color, false);
    if (cell->kind == TIMELINE_COMPUTE)
        bytes_add_string(pen->out, heights[cell->fill - 1]);
    else if (cell->kind == TIMELINE_WAIT)
        bytes_add_string(pen->out, cell->fill >= 4 ? "━" : "╍");
    else
        bytes_add_string(pen->out, look->utf8[2]);
}

static void put_cell(struct pen *pen, const struct timeline_grid *grid,
                     const struct timeline_cell *cell, struct timeline_seen *seen)
{
    if (cell->mark > TIMELINE_OK ||
        (cell->mark == TIMELINE_OK && cell->fill == 0 && grid->shape == TIMELINE_ROWS)) {
        put_look(pen, &marks[cell->mark], TIMELINE_BOTH, true);
        seen->marks |= 1u << cell->mark;
    } else if (cell->fill == 0) {
        use(pen, -1, false);
        bytes_add_char(pen->out, ' ');
    } else if (grid->shape == TIMELINE_AREA) {
        put_area(pen, cell, seen);
    } else if (cell->is_critical && cell->kind == TIMELINE_WAIT) {
        put_look(pen, &critical, TIMELINE_BOTH, true);
        seen->critical = true;
    } else {
        const struct look *look = cell->mark == TIMELINE_OK && grid->shape == TIMELINE_LANES
                                      ? &ends[cell->kind]
                                      : &kinds[cell->kind];

        put_look(pen, look, cell->fill, cell->is_critical);
        seen->kinds |= 1u << cell->kind;
        seen->critical |= cell->is_critical;
    }
}

/* How many jobs queue for a pool. */
static void put_queue(struct pen *pen, const struct timeline_cell *cell)
{
    static const char ascii[] = " .:-=+*#@";

    use(pen, (int)kinds[TIMELINE_QUEUE].color, false);
    if (pen->style->is_utf8 && cell->fill > 0)
        bytes_add_string(pen->out, heights[cell->fill - 1]);
    else
        bytes_add_char(pen->out, ascii[cell->fill]);
}

static bool is_blank(const struct timeline_cell *cell)
{
    return cell->fill == 0 && cell->mark == TIMELINE_NONE;
}

static void put_bar(struct pen *pen, bool is_critical, struct timeline_seen *seen)
{
    if (is_critical) {
        seen->critical_row = true;
        use(pen, -1, true);
        bytes_add_string(pen->out, pen->style->is_utf8 ? " ◆" : " *");
    } else {
        bytes_add_string(pen->out, "  ");
    }
    use(pen, TERMINAL_GREY, false);
    bytes_add_string(pen->out, pen->style->is_utf8 ? "│" : "|");
}

void timeline_draw_grid(struct bytes *out, const struct timeline_style *style,
                        const struct timeline_grid *grid, struct timeline_seen *seen)
{
    seen->lanes |= grid->shape == TIMELINE_LANES;
    seen->area |= grid->shape == TIMELINE_AREA;
    if (grid->queue_most > seen->queue_most)
        seen->queue_most = grid->queue_most;
    for (unsigned row = 0; row < grid->rows; row++) {
        struct pen pen = take_pen(out, style);
        unsigned columns = grid->columns;

        while (columns > 0 && is_blank(timeline_layout_at(grid, row, columns - 1)))
            columns--;
        put_label(&pen, grid, row);
        put_bar(&pen, grid->about[row].is_critical, seen);
        for (unsigned i = 0; i < columns; i++) {
            if (grid->about[row].is_pool)
                put_queue(&pen, timeline_layout_at(grid, row, i));
            else
                put_cell(&pen, grid, timeline_layout_at(grid, row, i), seen);
        }
        end_line(&pen);
    }
}

/* A name needs quiet on both sides. */
#define NAME_MARGIN 3

static void put_segment(struct pen *pen, const struct timeline_segment *segment, unsigned columns)
{
    struct bytes name = {0};
    size_t width = 0;
    bool has_end = columns > 1;

    if (segment->name != NULL)
        text_append_safe(&name, segment->name, segment->name_len, TIMELINE_LABEL_MAX);
    width = terminal_text_width(bytes_at(&name), bytes_len(&name));
    if (width + NAME_MARGIN > columns)
        width = 0;
    for (unsigned i = 0; i < columns; i++) {
        if (i == 1 && width > 0) {
            use(pen, -1, true);
            terminal_text_append(pen->out, bytes_at(&name), bytes_len(&name), width,
                                 pen->style->is_utf8);
            i += (unsigned)width;
        }
        put_look(pen, has_end && i + 1 == columns ? &path_end : &critical, TIMELINE_BOTH, true);
    }
    bytes_fini(&name);
}

void timeline_draw_path(struct bytes *out, const struct timeline_style *style,
                        const struct timeline_segment *segments, size_t n,
                        struct timeline_seen *seen)
{
    struct pen pen = take_pen(out, style);
    unsigned at = 0;

    terminal_text_append(out, "path", 4, style->label_columns, style->is_utf8);
    put_bar(&pen, true, seen);
    for (size_t i = 0; i < n; i++) {
        unsigned first = segments[i].first > at ? segments[i].first : at;

        if (segments[i].last < first)
            continue;
        use(&pen, -1, false);
        bytes_add_format(out, "%*s", (int)(first - at), "");
        put_segment(&pen, &segments[i], segments[i].last + 1 - first);
        at = segments[i].last + 1;
    }
    end_line(&pen);
    seen->critical = true;
}

void timeline_draw_title(struct bytes *out, const struct timeline_style *style, const char *title,
                         size_t len)
{
    struct pen pen = take_pen(out, style);
    size_t width = terminal_text_width(title, len);

    use(&pen, -1, true);
    terminal_text_append(out, title, len, width < style->columns ? width : style->columns,
                         style->is_utf8);
    end_line(&pen);
}

/* ---- The axis -------------------------------------------------------------------- */

static void put_rule(struct pen *pen, const struct timeline_axis *axis, unsigned columns)
{
    bool is_utf8 = pen->style->is_utf8;
    size_t tick = 1;

    bytes_add_format(pen->out, "%*s", (int)pen->style->label_columns + 2, "");
    use(pen, TERMINAL_GREY, false);
    bytes_add_string(pen->out, is_utf8 ? "└" : "+");
    for (unsigned i = 0; i < columns; i++) {
        bool is_tick = tick < axis->n && axis->ticks[tick].column == i;

        bytes_add_string(pen->out, is_utf8 ? (is_tick ? "┴" : "─") : (is_tick ? "+" : "-"));
        tick += is_tick;
    }
    end_line(pen);
}

/* Texts are centred below their ticks, that of the first at the corner. */
static void put_ticks(struct pen *pen, const struct timeline_axis *axis, unsigned columns)
{
    int at = -3 - (int)pen->style->label_columns; /* the next column of the plot */

    use(pen, TERMINAL_GREY, false);
    for (size_t i = 0; i < axis->n; i++) {
        const struct timeline_tick *tick = &axis->ticks[i];
        int len = (int)strlen(tick->text), from = i == 0 ? -1 : (int)tick->column - (len - 1) / 2;

        if (from + len > (int)columns)
            from = (int)columns - len;
        if (i > 0 && from < at + 1)
            break;
        bytes_add_format(pen->out, "%*s%s", from - at, "", tick->text);
        at = from + len;
    }
    end_line(pen);
}

void timeline_draw_axis(struct bytes *out, const struct timeline_style *style, int64_t span_ns)
{
    unsigned columns = timeline_draw_plot_columns(style);
    struct timeline_axis axis;
    struct pen pen = take_pen(out, style);

    timeline_axis_make(&axis, columns, span_ns);
    put_rule(&pen, &axis, columns);
    put_ticks(&pen, &axis, columns);
}

/* ---- Below ------------------------------------------------------------------------ */

/* Room for one entry, on the next line where this one has no more. */
static void begin_entry(struct pen *pen, size_t columns, size_t *used)
{
    if (*used > 0 && *used + 2 + columns > pen->style->columns) {
        end_line(pen);
        *used = 0;
    }
    if (*used > 0) {
        bytes_add_string(pen->out, "  ");
        *used += 2;
    }
    *used += columns;
}

static void put_entry(struct pen *pen, const struct look *look, size_t *used)
{
    begin_entry(pen, strlen(look->name) + 2, used);
    put_look(pen, look, TIMELINE_BOTH, false);
    use(pen, -1, false);
    bytes_add_format(pen->out, " %s", look->name);
}

/* Its cells, and what marks its rows. */
static void put_critical(struct pen *pen, const struct timeline_seen *seen, size_t *used)
{
    const char *diamond = pen->style->is_utf8 ? "◆" : "*";

    if (!seen->critical_row) {
        put_entry(pen, &critical, used);
        return;
    }
    begin_entry(pen, strlen(critical.name) + 4, used);
    put_look(pen, &critical, TIMELINE_BOTH, false);
    use(pen, -1, false);
    bytes_add_format(pen->out, " %s %s", diamond, critical.name);
}

/* What the rows are, in a sentence that is broken where it has to be. */
static void put_sentence(struct pen *pen, const char *text, size_t *used)
{
    if (*used > 0)
        end_line(pen);
    timeline_draw_text(pen->out, pen->style, text);
    *used = 0;
}

void timeline_draw_legend(struct bytes *out, const struct timeline_style *style,
                          const struct timeline_seen *seen)
{
    struct pen pen = take_pen(out, style);
    size_t used = 0;

    for (unsigned i = 0; i < TIMELINE_KINDS; i++)
        if (seen->kinds & (1u << i))
            put_entry(&pen, &kinds[i], &used);
    for (unsigned i = TIMELINE_MARKS - 1; i > TIMELINE_NONE; i--)
        if (seen->marks & (1u << i))
            put_entry(&pen, &marks[i], &used);
    if (seen->critical || seen->critical_row)
        put_critical(&pen, seen, &used);
    if (seen->lanes)
        put_sentence(&pen, "rows are lanes:\na job takes\nthe first one that is free", &used);
    else if (seen->area)
        put_sentence(&pen, "the height is\nthe jobs in flight", &used);
    if (seen->queue_most > 0) {
        char text[96];

        snprintf(text, sizeof text, "rows of pools:\nhow many jobs queue,\n%s for %" PRIu64,
                 style->is_utf8 ? "█" : "@", seen->queue_most);
        put_sentence(&pen, text, &used);
    }
    if (used > 0)
        end_line(&pen);
}

void timeline_draw_text(struct bytes *out, const struct timeline_style *style, const char *text)
{
    terminal_text_fold(out, text, strlen(text), style->columns, 2);
}

size_t timeline_draw_count_lines(const struct bytes *lines)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes_len(lines); i++)
        n += bytes_at(lines)[i] == '\n';
    return n;
}

void timeline_draw_keep_first(struct bytes *lines)
{
    const char *feed =
        bytes_len(lines) > 0 ? memchr(bytes_at(lines), '\n', bytes_len(lines)) : NULL;

    if (feed != NULL)
        lines->end = lines->start + (size_t)(feed + 1 - bytes_at(lines));
}
