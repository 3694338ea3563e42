/* SPDX-License-Identifier: ISC */
#ifndef WAITD_AROUND_H
#define WAITD_AROUND_H

/*
 * Lines that contain a text of a client's: a short one is copied, a line with a long one is kept
 * without it, around its place, and read from both.  While such a line is written, a mark stands
 * for the text, which is a control character that no line holds otherwise.  Pure and re-entrant.
 */

#include <string.h>

#include "proto/event_text.h"

/* The longest text that is copied. */
#define AROUND_COPIED_BYTES ((size_t)4096)

/* The text that a line is around, which is its owner's, and how many bytes stand before it.  All
 * zero for a line around none. */
struct around {
    const char *text;
    size_t text_len, at;
};

/* What is to be written of the text: all of it, or its mark. */
static inline struct event_text around_written(struct event_text text)
{
    return text.len <= AROUND_COPIED_BYTES ? text : (struct event_text){"\1", 1};
}

/* Takes the mark of the text, if it has one, out of a line that was written, of *len bytes. */
static inline struct around around_take(char *line, size_t *len, struct event_text text)
{
    char *mark = text.len > AROUND_COPIED_BYTES ? memchr(line, '\1', *len) : NULL;
    size_t at;

    if (mark == NULL)
        return (struct around){NULL, 0, 0};
    at = (size_t)(mark - line);
    memmove(mark, mark + 1, --*len - at);
    return (struct around){text.text, text.len, at};
}

/* The bytes from one on of a line of `len` bytes without its text, and how many of those stand side
 * by side. */
static inline const char *around_piece(const struct around *around, const char *line, size_t len,
                                       size_t from, size_t *n)
{
    if (from < around->at) {
        *n = around->at - from;
        return line + from;
    }
    from -= around->at;
    if (from < around->text_len) {
        *n = around->text_len - from;
        return around->text + from;
    }
    from -= around->text_len;
    *n = len - around->at - from;
    return line + around->at + from;
}

#endif
