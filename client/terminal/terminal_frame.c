/* SPDX-License-Identifier: ISC */
#include "client/terminal/terminal_frame.h"

#include <string.h>

#include "client/terminal/terminal_text.h"

/* Iterates over lines; returns the length without the line feed. */
static bool next_line(const char **at, const char *end, const char **line, size_t *len)
{
    const char *feed = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (feed == NULL)
        return false;
    *line = *at;
    *len = (size_t)(feed - *at);
    *at = feed + 1;
    return true;
}

/*
 * How many rows of the terminal the drawn lines take.  Most terminals that are
 * made narrower break longer lines into several, and leave the cursor where it
 * was in the text.
 */
static size_t rows_taken(const struct terminal_frame *frame, const struct terminal *terminal)
{
    const char *at = bytes_at(&frame->drawn), *end = at + bytes_len(&frame->drawn), *line;
    size_t len, rows = 0;

    while (next_line(&at, end, &line, &len)) {
        size_t width = frame->columns > terminal->columns ? terminal_text_width(line, len) : 0;

        rows += width > terminal->columns ? (width + terminal->columns - 1) / terminal->columns : 1;
    }
    return rows;
}

static void go_to_top(const struct terminal_frame *frame, const struct terminal *terminal,
                      struct bytes *out)
{
    size_t rows = rows_taken(frame, terminal);

    bytes_add_char(out, '\r');
    if (rows >= terminal->rows)
        rows = terminal->rows - 1;
    for (size_t i = 0; i < rows; i++)
        bytes_add_string(out, terminal->up);
}

void terminal_frame_fini(struct terminal_frame *frame)
{
    bytes_fini(&frame->drawn);
}

void terminal_frame_draw(struct terminal_frame *frame, const struct terminal *terminal,
                         const struct bytes *lines, struct bytes *out)
{
    const char *at = bytes_at(lines), *end = at + bytes_len(lines), *line, *old_line;
    const char *old = bytes_at(&frame->drawn), *old_end = old + bytes_len(&frame->drawn);
    bool has_old = bytes_len(&frame->drawn) > 0;
    /* A terminal of another size has moved things about. */
    bool is_same_size = frame->columns == terminal->columns && frame->rows == terminal->rows;
    size_t len, old_len;

    bytes_add_string(out, terminal->hide);
    if (has_old)
        go_to_top(frame, terminal, out);
    if (has_old && !is_same_size)
        bytes_add_string(out, terminal->erase_below);
    while (next_line(&at, end, &line, &len)) {
        bool is_same = is_same_size && next_line(&old, old_end, &old_line, &old_len) &&
                       len == old_len && memcmp(line, old_line, len) == 0;

        if (!is_same) {
            bytes_add(out, line, len);
            /* In the last column it would erase the character there. */
            if (terminal_text_width(line, len) < terminal->columns)
                bytes_add_string(out, terminal->erase_line);
        }
        bytes_add_string(out, "\r\n");
    }
    /* Older lines, and what was typed meanwhile. */
    bytes_add_string(out, terminal->erase_below);
    bytes_add_string(out, terminal->show);
    bytes_fini(&frame->drawn);
    bytes_add(&frame->drawn, bytes_at(lines), bytes_len(lines));
    frame->columns = terminal->columns;
    frame->rows = terminal->rows;
}

void terminal_frame_clear(struct terminal_frame *frame, const struct terminal *terminal,
                          struct bytes *out)
{
    if (bytes_len(&frame->drawn) == 0)
        return;
    go_to_top(frame, terminal, out);
    bytes_add_string(out, terminal->erase_below);
    bytes_fini(&frame->drawn);
}

void terminal_frame_leave(struct terminal_frame *frame)
{
    bytes_fini(&frame->drawn);
}
