/* SPDX-License-Identifier: ISC */
#include "client/net/excerpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/terminal/terminal_text.h"
#include "client/base/text.h"
#include "proto/utf8.h"

#define CUT      "..."
#define CUT_LEN  3
#define LEAST    24 /* columns of text, whatever the terminal */
#define MOST     400
#define BYTES_OF 16 /* at most so many bytes are looked at for each column */

static bool is_inside_character(const char *text, size_t len, size_t at)
{
    return at < len && utf8_is_inside(text[at]);
}

struct excerpt_place excerpt_place(const char *text, size_t len, size_t offset)
{
    struct excerpt_place place = {1, 1};

    for (size_t i = 0; i < offset && i < len; i++) {
        if (text[i] == '\n')
            place = (struct excerpt_place){place.line + 1, 1};
        else if (!is_inside_character(text, len, i + 1))
            place.column++;
    }
    return place;
}

/* ---- The part of the line that is shown ------------------------------------ */

/* Its bytes: [from, to) of the text, and the mark in it. */
struct window {
    const char *text;
    size_t line_start, line_end;
    size_t from, to;
    size_t mark, mark_end;
};

static void append_shown(struct bytes *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        const char *tab = memchr(text + i, '\t', len - i);

        n = tab == text + i ? 1 : tab != NULL ? (size_t)(tab - text) - i : len - i;
        if (tab == text + i)
            bytes_add_char(out, ' ');
        else
            text_append_safe(out, text + i, n, SIZE_MAX);
    }
}

/* Columns that the bytes [from, to) take as they are shown. */
static size_t width_of(const struct window *window, size_t from, size_t to)
{
    struct bytes shown = {0};
    size_t width;

    append_shown(&shown, window->text + from, to - from);
    width = terminal_text_width(bytes_at(&shown), bytes_len(&shown));
    bytes_fini(&shown);
    return width;
}

static size_t character_before(const struct window *window, size_t at)
{
    do
        at--;
    while (at > window->line_start && is_inside_character(window->text, window->line_end, at));
    return at;
}

static size_t character_behind(const struct window *window, size_t at)
{
    do
        at++;
    while (is_inside_character(window->text, window->line_end, at));
    return at;
}

/* Widens what is shown by whole characters while it fits into so many columns:
 * to the left until a third of them is used, then to the right, then to the left. */
static void widen(struct window *window, size_t columns)
{
    size_t used = width_of(window, window->from, window->to);

    for (int pass = 0; pass < 3; pass++) {
        size_t most = pass == 0 ? used + (columns - used) / 3 : columns;

        for (;;) {
            bool to_left = pass != 1;
            size_t next = to_left ? window->from : window->to, width;

            if (next == (to_left ? window->line_start : window->line_end))
                break;
            next = to_left ? character_before(window, next) : character_behind(window, next);
            width =
                to_left ? width_of(window, next, window->from) : width_of(window, window->to, next);
            if (used + width > most)
                break;
            used += width;
            *(to_left ? &window->from : &window->to) = next;
        }
    }
}

static void choose(struct window *window, size_t columns)
{
    size_t room = columns - (size_t)(2 * CUT_LEN);
    size_t len = window->line_end - window->line_start;

    if (len <= columns * BYTES_OF &&
        width_of(window, window->line_start, window->line_end) <= columns) {
        window->from = window->line_start;
        window->to = window->line_end;
        return;
    }
    /* A mark wider than that is cut as well. */
    window->from = window->to = window->mark;
    while (window->to < window->mark_end) {
        size_t next = character_behind(window, window->to);

        if (width_of(window, window->from, next) > room)
            break;
        window->to = next;
    }
    widen(window, room);
}

/* ---- The lines ---------------------------------------------------------------- */

static void append_gutter(struct bytes *out, uint64_t number, bool has_number, size_t *width)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%4" PRIu64, number);

    if (number == 0)
        len = 2;
    bytes_add_format(out, "%*s%s ", len, has_number && number > 0 ? digits : "",
                     number > 0 ? " |" : "");
    *width = (size_t)len + (number > 0 ? 3 : 1);
}

static void append_mark(struct bytes *out, size_t indent, size_t width)
{
    bytes_add_format(out, "%*s^", (int)indent, "");
    for (; width > 1; width--)
        bytes_add_char(out, '~');
    bytes_add_char(out, '\n');
}

void excerpt_append(struct bytes *out, const char *text, size_t len, size_t offset, size_t marked,
                    uint64_t number, unsigned columns)
{
    struct window window = {.text = text, .mark = offset};
    const char *line_feed;
    size_t gutter, indent = 0, room;
    bool is_cut;

    for (window.line_start = offset; window.line_start > 0;)
        if (text[--window.line_start] == '\n') {
            window.line_start++;
            break;
        }
    line_feed = memchr(text + offset, '\n', len - offset);
    window.line_end = line_feed != NULL ? (size_t)(line_feed - text) : len;
    if (window.line_end > offset && text[window.line_end - 1] == '\r')
        window.line_end--;
    window.mark_end = marked < window.line_end - offset ? offset + marked : window.line_end;
    append_gutter(out, number, true, &gutter);
    room = columns > gutter + LEAST ? columns - gutter - 1 : LEAST;
    choose(&window, room < MOST ? room : MOST);
    is_cut = window.from > window.line_start;
    if (is_cut) {
        bytes_add_string(out, CUT);
        indent = CUT_LEN;
    }
    append_shown(out, text + window.from, window.to - window.from);
    bytes_add_string(out, window.to < window.line_end ? CUT "\n" : "\n");
    append_gutter(out, number, false, &gutter);
    indent += width_of(&window, window.from, window.mark);
    append_mark(
        out, indent,
        width_of(&window, window.mark, window.mark_end < window.to ? window.mark_end : window.to));
}
