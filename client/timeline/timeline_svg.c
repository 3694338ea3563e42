/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_svg.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/terminal/terminal_text.h"
#include "client/timeline/timeline_axis.h"

/* A character of the font, which is monospaced, is at most so wide. */
#define CHARACTER 7

#define MARGIN       16
#define LINE         18 /* of text, and a row of a job or a lane */
#define AREA_ROW     8
#define LABEL_MAX    30 /* characters */
#define LABEL_SPACE  22 /* behind the label: the mark of the critical path */
#define TEXT_COLUMNS ((TIMELINE_SVG_WIDTH - 2 * MARGIN) / CHARACTER)

/* ---- How things look ---------------------------------------------------------- */

static const char *const kinds[TIMELINE_KINDS] = {
    [TIMELINE_WAIT] = "wait",
    [TIMELINE_COMPUTE] = "compute",
    [TIMELINE_QUEUE] = "queue",
    [TIMELINE_BACKOFF] = "back-off",
    [TIMELINE_UNKNOWN] = "until-its-end",
};

static const char *const marks[TIMELINE_MARKS] = {
    [TIMELINE_OK] = "ok",
    [TIMELINE_FAILED] = "failed",
    [TIMELINE_TIMED_OUT] = "timed-out",
    [TIMELINE_CANCELLED] = "cancelled",
    [TIMELINE_SKIPPED] = "skipped",
};

/* Shapes around (0, 0), for marks. */
static const char symbols[] =
    "<defs>\n"
    "<path id=\"ok\" d=\"M-4 0l3 4l5-8\"/>\n"
    "<path id=\"failed\" d=\"M-4-4l8 8M4-4l-8 8\"/>\n"
    "<path id=\"timed-out\" d=\"M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M0-3v3h3\"/>\n"
    "<path id=\"cancelled\" d=\"M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M-3 3l6-6\"/>\n"
    "<path id=\"skipped\" d=\"M-5 3a5 5 0 0 1 9-2M4-4v5h-5\"/>\n"
    "<path id=\"critical-path\" d=\"M0-5l5 5l-5 5l-5-5z\"/>\n"
    "</defs>\n";

static const char style[] =
    "<style>\n"
    "svg{color-scheme:light dark;font:12px ui-monospace,\"DejaVu Sans Mono\",monospace}\n"
    ".page{fill:#fff}text{fill:#1f2328}.number,.tick text{fill:#59636e}\n"
    ".title,.critical text{font-weight:bold}.pool text{fill:#59636e}\n"
    "path{fill:none}.rule{stroke:#818b98}.grid{stroke:#d1d9e0}\n"
    ".wait{stroke:#54aeff;stroke-width:5}.compute{stroke:#2da44e;stroke-width:12}\n"
    ".queue{stroke:#818b98;stroke-width:2;stroke-dasharray:2 3}\n"
    ".back-off{stroke:#a475f9;stroke-width:3;stroke-dasharray:6 3}\n"
    ".until-its-end{stroke:#54aeff;stroke-width:2}\n"
    ".critical-path{stroke:#bf8700;stroke-width:2}\n"
    ".area .wait{fill:#54aeff}.area .compute{fill:#2da44e}.area .queue{fill:#d1d9e0}.pool "
    ".queue{fill:#818b98}\n"
    ".area .back-off{fill:#a475f9}.area .until-its-end{fill:#9cd0ff}\n"
    ".area path{stroke:none}\n"
    "use{stroke-width:2}use.critical-path{stroke:none}#critical-path{fill:#bf8700}\n"
    ".ok{stroke:#1a7f37}.failed{stroke:#cf222e}.timed-out{stroke:#bc4c00}\n"
    ".cancelled,.skipped{stroke:#8250df}\n"
    "@media(prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#f0f6fc}\n"
    ".number,.tick text,.pool text{fill:#9198a1}.rule{stroke:#656c76}.grid{stroke:#2f3742}\n"
    ".area .queue{fill:#3d444d}.area .until-its-end{fill:#1f6feb}\n"
    ".ok{stroke:#3fb950}.failed{stroke:#f85149}.timed-out{stroke:#db6d28}\n"
    ".cancelled,.skipped{stroke:#bc8cff}}\n"
    "</style>\n";

/* ---- Text ----------------------------------------------------------------------- */

/* Less what XML has no room for: U+FFFE and U+FFFF are no characters there. */
static void put_escaped(struct bytes *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '&')
            bytes_add_string(out, "&amp;");
        else if (c == '<')
            bytes_add_string(out, "&lt;");
        else if (c == '>')
            bytes_add_string(out, "&gt;");
        else if (c == 0xef && i + 2 < len && memcmp(text + i, "\xef\xbf", 2) == 0 &&
                 (unsigned char)text[i + 2] >= 0xbe) {
            bytes_add_string(out, "\xef\xbf\xbd");
            i += 2;
        } else if (c >= ' ' && c != 0x7f) {
            bytes_add_char(out, text[i]);
        }
    }
}

/* anchor: start, middle or end. */
static void put_text(struct bytes *out, int x, unsigned y, const char *attributes, const char *text,
                     size_t len)
{
    bytes_add_format(out, "<text x=\"%d\" y=\"%u\"%s>", x, y, attributes);
    put_escaped(out, text, len);
    bytes_add_string(out, "</text>\n");
}

static void put_mark(struct bytes *out, const char *mark, double x, unsigned y)
{
    bytes_add_format(out, "<use xlink:href=\"#%s\" class=\"%s\" x=\"%g\" y=\"%u\"/>\n", mark, mark,
                     x, y);
}

/* As many words as fit on a line, and so on; a line feed ends one.  Returns where
 * the text ends. */
static unsigned put_lines(struct bytes *out, unsigned y, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n"), width, fits;

        fits = terminal_text_fit(text, len, TEXT_COLUMNS, &width);
        for (size_t i = fits; fits < len && i > 0; i--)
            if (text[i] == ' ') {
                fits = i;
                break;
            }
        if (fits == 0)
            fits = len;
        y += LINE;
        put_text(out, MARGIN, y - 4, "", text, fits);
        text += fits + (text[fits] == ' ' || text[fits] == '\n');
    }
    return y;
}

/* ---- Where things are ------------------------------------------------------------- */

static unsigned plot_left(unsigned columns)
{
    return TIMELINE_SVG_WIDTH - MARGIN - columns;
}

unsigned timeline_svg_columns(const struct timeline *timeline, unsigned rows)
{
    unsigned label = timeline_draw_label_columns(timeline, 3 * LABEL_MAX, rows);

    return TIMELINE_SVG_WIDTH - 2 * MARGIN - LABEL_SPACE - label * CHARACTER;
}

static unsigned row_height(const struct timeline_grid *grid, unsigned row)
{
    return grid->shape == TIMELINE_AREA && grid->about[row].mark == TIMELINE_NONE &&
                   !grid->about[row].is_pool
               ? AREA_ROW
               : LINE;
}

/* ---- Rows ------------------------------------------------------------------------- */

/* The edges of a cell, in halves of a unit. */
static unsigned left_edge(const struct timeline_cell *cell, unsigned column)
{
    return 2 * column + (cell->fill == TIMELINE_RIGHT);
}

static unsigned right_edge(const struct timeline_cell *cell, unsigned column)
{
    return 2 * column + 2 - (cell->fill == TIMELINE_LEFT);
}

/* What a kind does in a row, as one path.  Returns whether there was any. */
static bool put_bars(struct bytes *out, const struct timeline_grid *grid, unsigned row, unsigned y,
                     enum timeline_kind kind)
{
    double left = plot_left(grid->columns);
    bool any = false;

    for (unsigned i = 0; i < grid->columns; i++) {
        const struct timeline_cell *cell = timeline_layout_at(grid, row, i);
        unsigned from = left_edge(cell, i), to;

        if (cell->fill == 0 || cell->kind != kind)
            continue;
        for (to = right_edge(cell, i); to == 2 * i + 2 && i + 1 < grid->columns; i++) {
            cell = timeline_layout_at(grid, row, i + 1);
            if (cell->fill == 0 || cell->kind != kind || cell->fill == TIMELINE_RIGHT)
                break;
            to = right_edge(cell, i + 1);
        }
        if (!any)
            bytes_add_format(out, "<path class=\"%s\" d=\"", kinds[kind]);
        any = true;
        bytes_add_format(out, "M%g %uH%g", left + from / 2.0, y, left + to / 2.0);
    }
    if (any)
        bytes_add_string(out, "\"/>\n");
    return any;
}

/* The cells of the critical path, framed. */
static void put_frame(struct bytes *out, const struct timeline_grid *grid, unsigned row, unsigned y)
{
    unsigned first = 0, last = grid->columns;

    while (first < grid->columns && !timeline_layout_at(grid, row, first)->is_critical)
        first++;
    while (last > first && !timeline_layout_at(grid, row, last - 1)->is_critical)
        last--;
    if (first < last)
        bytes_add_format(out, "<path class=\"critical-path\" d=\"M%u %uh%uv%uh-%uz\"/>\n",
                         plot_left(grid->columns) + first, y + 1, last - first, LINE - 2,
                         last - first);
}

/* The row of an area, or of a pool: columns that are as high as they are full. */
static bool put_heights(struct bytes *out, const struct timeline_grid *grid, unsigned row,
                        unsigned y, enum timeline_kind kind)
{
    unsigned height = grid->about[row].is_pool ? LINE - 4 : AREA_ROW;
    unsigned bottom = y + row_height(grid, row) - (grid->about[row].is_pool ? 2 : 0);
    unsigned left = plot_left(grid->columns);
    bool any = false;

    for (unsigned i = 0; i < grid->columns;) {
        const struct timeline_cell *cell = timeline_layout_at(grid, row, i);
        unsigned from = i++;

        if (cell->fill == 0 || cell->kind != kind)
            continue;
        while (i < grid->columns && timeline_layout_at(grid, row, i)->fill == cell->fill &&
               timeline_layout_at(grid, row, i)->kind == kind)
            i++;
        if (!any)
            bytes_add_format(out, "<path class=\"%s\" d=\"", kinds[kind]);
        any = true;
        bytes_add_format(out, "M%u %uh%uv-%uh-%uz", left + from, bottom, i - from,
                         (unsigned)cell->fill * height / 8, i - from);
    }
    if (any)
        bytes_add_string(out, "\"/>\n");
    return any;
}

static void put_marks(struct bytes *out, const struct timeline_grid *grid, unsigned row, unsigned y,
                      struct timeline_seen *seen)
{
    for (unsigned i = 0; i < grid->columns; i++) {
        const struct timeline_cell *cell = timeline_layout_at(grid, row, i);
        bool is_shown = cell->mark > TIMELINE_OK || (cell->mark == TIMELINE_OK && cell->fill == 0 &&
                                                     grid->shape == TIMELINE_ROWS);

        if (!is_shown)
            continue;
        put_mark(out, marks[cell->mark], plot_left(grid->columns) + i + 1.0, y + LINE / 2);
        seen->marks |= 1u << cell->mark;
    }
}

static void put_label(struct bytes *out, const struct timeline_grid *grid, unsigned row, unsigned y)
{
    const struct timeline_row *about = &grid->about[row];
    unsigned right = plot_left(grid->columns) - LABEL_SPACE, columns = (right - MARGIN) / CHARACTER;
    bool is_name =
        about->mark != TIMELINE_NONE || about->label != NULL || grid->shape == TIMELINE_ROWS;
    struct bytes label = {0};

    if (about->mark != TIMELINE_NONE)
        bytes_add_string(&label, marks[about->mark]);
    else if (about->label != NULL)
        timeline_draw_name(&label, about, columns, true);
    else
        bytes_add_format(&label, "%s%" PRIu64, is_name ? "#" : "", about->number);
    /* Of an area every fifth row has its figure. */
    if (is_name || grid->shape == TIMELINE_LANES || row % 5 == 0)
        put_text(out, is_name ? MARGIN : (int)right, y,
                 is_name ? "" : " class=\"number\" text-anchor=\"end\"", bytes_at(&label),
                 bytes_len(&label));
    out->failed |= label.failed;
    bytes_fini(&label);
}

static unsigned put_rows(struct bytes *out, unsigned y, const struct timeline_grid *grid,
                         struct timeline_seen *seen)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        const struct timeline_row *about = &grid->about[row];
        bool is_area = row_height(grid, row) == AREA_ROW || about->is_pool;

        bytes_add_format(out, "<g%s>\n",
                         about->is_pool       ? " class=\"area pool\""
                         : is_area            ? " class=\"area\""
                         : about->is_critical ? " class=\"critical\""
                                              : "");
        put_label(out, grid, row, y + (row_height(grid, row) == AREA_ROW ? AREA_ROW : LINE - 5));
        for (unsigned kind = 0; kind < TIMELINE_KINDS; kind++)
            if (is_area ? put_heights(out, grid, row, y, (enum timeline_kind)kind)
                        : put_bars(out, grid, row, y + LINE / 2, (enum timeline_kind)kind))
                seen->kinds |= 1u << kind;
        if (!is_area)
            put_frame(out, grid, row, y);
        if (!is_area)
            put_marks(out, grid, row, y, seen);
        if (about->is_critical) {
            put_mark(out, "critical-path", plot_left(grid->columns) - LABEL_SPACE / 2.0,
                     y + LINE / 2);
            seen->critical = true;
        }
        bytes_add_string(out, "</g>\n");
        y += row_height(grid, row);
    }
    return y;
}

/* ---- The critical path, where jobs have no rows ------------------------------------ */

static unsigned put_path(struct bytes *out, unsigned y, const struct timeline_svg_picture *picture,
                         struct timeline_seen *seen)
{
    unsigned left = plot_left(picture->grid->columns);

    if (picture->n_path == 0)
        return y;
    y += 4;
    put_text(out, MARGIN, y + LINE - 5, " class=\"title\"", "path", 4);
    put_mark(out, "critical-path", left - LABEL_SPACE / 2.0, y + LINE / 2);
    for (size_t i = 0; i < picture->n_path; i++) {
        const struct timeline_segment *segment = &picture->path[i];
        unsigned width = segment->last + 1 - segment->first;

        bytes_add_format(out, "<path class=\"critical-path\" d=\"M%u %uh%uv%uh-%uz\"/>\n",
                         left + segment->first, y + 1, width, LINE - 2, width);
        if (segment->name != NULL &&
            (terminal_text_width(segment->name, segment->name_len) + 1) * CHARACTER < width)
            put_text(out, (int)(left + segment->first) + 4, y + LINE - 5, "", segment->name,
                     segment->name_len);
    }
    seen->critical = true;
    return y + LINE;
}

/* ---- The axis, and what is below ---------------------------------------------------- */

/* top: where the rows begin, through which the ticks go. */
static unsigned put_axis(struct bytes *out, unsigned top, unsigned y,
                         const struct timeline_grid *grid)
{
    unsigned left = plot_left(grid->columns), columns = grid->columns / CHARACTER;
    struct timeline_axis axis;

    y += 4;
    timeline_axis_make(&axis, columns > 0 ? columns : 1, grid->span_ns);
    bytes_add_string(out, "<g class=\"tick\">\n");
    for (size_t i = 0; i < axis.n; i++) {
        const struct timeline_tick *tick = &axis.ticks[i];
        double x = left + (double)tick->at_ns / (double)grid->span_ns * grid->columns;
        int width = (int)strlen(tick->text) * CHARACTER;
        bool is_last = x + width / 2.0 > TIMELINE_SVG_WIDTH - MARGIN;

        bytes_add_format(out, "<path class=\"%s\" d=\"M%.1f %uV%u\"/>\n", i > 0 ? "grid" : "rule",
                         x, top, y);
        put_text(out, is_last ? TIMELINE_SVG_WIDTH - MARGIN : (int)x, y + LINE - 4,
                 is_last ? " text-anchor=\"end\"" : " text-anchor=\"middle\"", tick->text,
                 strlen(tick->text));
    }
    bytes_add_format(out, "<path class=\"rule\" d=\"M%u %uh%u\"/>\n</g>\n", left, y, grid->columns);
    return y + LINE + 4;
}

struct legend {
    struct bytes *out;
    unsigned x, y;
};

/* Room for an entry.  Returns its left edge. */
static unsigned place_entry(struct legend *legend, const char *text)
{
    unsigned width = 34 + ((unsigned)strlen(text) + 2) * CHARACTER, x;

    if (legend->x + width > TIMELINE_SVG_WIDTH - MARGIN) {
        legend->x = MARGIN;
        legend->y += LINE;
    }
    x = legend->x;
    legend->x += width;
    put_text(legend->out, (int)x + 34, legend->y + LINE - 5, "", text, strlen(text));
    return x;
}

/* The names of classes, less their hyphens between words. */
static void put_entry(struct legend *legend, const char *class, bool is_mark)
{
    char text[24];
    unsigned x;

    snprintf(text, sizeof text, "%s", class);
    for (char *at = text; strcmp(class, "back-off") != 0 && (at = strchr(at, '-')) != NULL;)
        *at = ' ';
    x = place_entry(legend, text);
    if (is_mark)
        put_mark(legend->out, class, x + 14, legend->y + LINE / 2);
    else
        bytes_add_format(legend->out, "<path class=\"%s\" d=\"M%u %uh26\"/>\n", class, x + 2,
                         legend->y + LINE / 2);
}

static unsigned put_legend(struct bytes *out, unsigned y, const struct timeline_grid *grid,
                           const struct timeline_seen *seen)
{
    struct legend legend = {out, MARGIN, y};

    for (unsigned i = 0; i < TIMELINE_KINDS; i++)
        if (seen->kinds & (1u << i))
            put_entry(&legend, kinds[i], false);
    for (unsigned i = TIMELINE_MARKS - 1; i > TIMELINE_NONE; i--)
        if (seen->marks & (1u << i))
            put_entry(&legend, marks[i], true);
    if (seen->critical)
        put_entry(&legend, "critical-path", true);
    y = legend.y + LINE;
    if (grid->shape == TIMELINE_LANES)
        y = put_lines(out, y, "rows are lanes: a job takes the first one that is free");
    else if (grid->shape == TIMELINE_AREA)
        y = put_lines(out, y, "the height is the jobs in flight");
    if (grid->queue_most > 0) {
        char text[96];

        snprintf(text, sizeof text, "rows of pools: how many jobs queue, full height for %" PRIu64,
                 grid->queue_most);
        y = put_lines(out, y, text);
    }
    return y;
}

/* ---- All of it ------------------------------------------------------------------------ */

unsigned timeline_svg_add(struct bytes *out, unsigned y, const struct timeline_svg_picture *picture)
{
    struct timeline_seen seen = {0};
    unsigned top;

    bytes_add_string(out, "<g>\n");
    put_text(out, MARGIN, y + 12, " class=\"title\"", picture->title, strlen(picture->title));
    y += LINE + 4;
    if (picture->grid != NULL) {
        struct bytes rows = {0};

        top = y;
        y = put_rows(&rows, y, picture->grid, &seen);
        y = put_path(&rows, y, picture, &seen);
        /* The ticks lie below the rows. */
        y = put_axis(out, top, y, picture->grid);
        bytes_add(out, bytes_at(&rows), bytes_len(&rows));
        out->failed |= rows.failed;
        bytes_fini(&rows);
        y = put_legend(out, y + 4, picture->grid, &seen);
    }
    y = put_lines(out, y, picture->totals);
    bytes_add_string(out, "</g>\n");
    return y;
}

void timeline_svg_begin(struct bytes *out, unsigned height)
{
    bytes_add_format(out,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                     "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%u\" height=\"%u\" "
                     "viewBox=\"0 0 %u %u\">\n",
                     TIMELINE_SVG_WIDTH, height, TIMELINE_SVG_WIDTH, height);
    bytes_add(out, style, sizeof style - 1);
    bytes_add(out, symbols, sizeof symbols - 1);
    bytes_add_format(out, "<rect class=\"page\" width=\"%u\" height=\"%u\"/>\n", TIMELINE_SVG_WIDTH,
                     height);
}

void timeline_svg_end(struct bytes *out)
{
    bytes_add_string(out, "</svg>\n");
}
