/* SPDX-License-Identifier: ISC */
#include "client/terminal/terminal_text.h"

#include <string.h>
#include <utf8proc.h>

#define JOINER 0x200d /* glues emoji together to one */

/* One character of a person's: its bytes and columns. */
struct character {
    size_t len, width;
};

/* Reads the code point at the front; what is malformed is one byte that takes
 * one column, as terminals show it. */
static size_t read_code(const char *text, size_t len, utf8proc_int32_t *code, size_t *width)
{
    utf8proc_ssize_t taken =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, code);

    if (taken <= 0) {
        *code = '?';
        *width = 1;
        return 1;
    }
    *width = (size_t)utf8proc_charwidth(*code);
    return (size_t)taken;
}

static struct character next_character(const char *text, size_t len)
{
    struct character character;
    utf8proc_int32_t last, code, state = 0;
    bool is_joined = false;
    size_t width;

    character.len = read_code(text, len, &last, &character.width);
    while (character.len < len) {
        size_t taken = read_code(text + character.len, len - character.len, &code, &width);

        if (utf8proc_grapheme_break_stateful(last, code, &state))
            break;
        /* A flag is two letters side by side; joined emoji take one place. */
        is_joined |= code == JOINER;
        if (!is_joined)
            character.width += width;
        character.len += taken;
        last = code;
    }
    return character;
}

/* The length of a terminal's sequence at the front; 0 for none. */
static size_t sequence_length(const char *text, size_t len)
{
    size_t i = 2;

    if (len < 2 || text[0] != '\033')
        return 0;
    if (text[1] != '[')
        return text[1] == '(' && len > 2 ? 3 : 2;
    while (i < len && (text[i] < '@' || text[i] > '~'))
        i++;
    return i < len ? i + 1 : len;
}

size_t terminal_text_fit(const char *text, size_t len, size_t columns, size_t *width)
{
    size_t used = 0, i = 0;

    while (i < len) {
        size_t sequence = sequence_length(text + i, len - i);
        struct character character = {sequence, 0};

        if (text[i] == '\016' || text[i] == '\017') /* some terminals' plain has such */
            character.len = 1;
        else if (sequence == 0)
            character = next_character(text + i, len - i);
        if (used + character.width > columns)
            break;
        used += character.width;
        i += character.len;
    }
    *width = used;
    return i;
}

size_t terminal_text_width(const char *text, size_t len)
{
    size_t width;

    terminal_text_fit(text, len, (size_t)-1 / 2, &width);
    return width;
}

static void pad(struct bytes *out, size_t columns)
{
    while (columns-- > 0)
        bytes_add_char(out, ' ');
}

/* The same with question marks. */
static void add_ascii(struct bytes *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        struct character character = next_character(text + i, len - i);

        if (character.width > 0)
            bytes_add_char(out, (signed char)text[i] < 0 || character.len > 1 ? '?' : text[i]);
        i += character.len;
    }
}

static void append_ascii(struct bytes *out, const char *text, size_t len, size_t columns)
{
    struct bytes stripped = {0};
    size_t dots = columns < 6 ? 1 : 2, kept;

    add_ascii(&stripped, text, len);
    kept = bytes_len(&stripped);
    if (kept > columns) {
        kept = columns > dots ? columns - dots : 0;
        dots = columns - kept;
    } else {
        dots = 0;
    }
    bytes_add(out, bytes_at(&stripped), kept);
    for (size_t i = 0; i < dots; i++)
        bytes_add_char(out, '.');
    pad(out, columns - kept - dots);
    out->failed |= stripped.failed;
    bytes_fini(&stripped);
}

void terminal_text_append(struct bytes *out, const char *text, size_t len, size_t columns,
                          bool is_utf8)
{
    size_t width, fits;

    if (!is_utf8) {
        append_ascii(out, text, len, columns);
        return;
    }
    fits = terminal_text_fit(text, len, columns, &width);
    if (fits < len && columns > 0) {
        fits = terminal_text_fit(text, len, columns - 1, &width);
        bytes_add(out, text, fits);
        bytes_add_string(out, "\u2026");
        width++;
    } else {
        bytes_add(out, text, fits);
    }
    pad(out, columns - width);
}

/* How much from the front is kept together: a piece, or its first word where the piece has more
 * columns than a line. */
static size_t together(const char *text, const char *end, size_t columns)
{
    const char *feed = memchr(text, '\n', (size_t)(end - text)), *blank;
    size_t len = (size_t)((feed != NULL ? feed : end) - text);

    if (columns == 0 || terminal_text_width(text, len) <= columns)
        return len;
    blank = memchr(text, ' ', len);
    return blank != NULL ? (size_t)(blank - text) : len;
}

void terminal_text_fold(struct bytes *out, const char *text, size_t len, size_t columns,
                        unsigned indent)
{
    size_t used = 0, room = columns > indent ? columns - indent : columns;

    for (const char *end = text + len, *piece = text; piece < end;) {
        size_t piece_len = together(piece, end, used > 0 ? room : columns);
        size_t width = terminal_text_width(piece, piece_len);

        if (columns > 0 && used > 0 && used + 1 + width > columns) {
            bytes_add_format(out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > 0) {
            bytes_add_char(out, ' ');
            used++;
        }
        bytes_add(out, piece, piece_len);
        used += width;
        piece += piece_len + (piece + piece_len < end);
    }
    bytes_add_char(out, '\n');
}
