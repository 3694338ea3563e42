/* SPDX-License-Identifier: ISC */
#include "client/base/lines.h"

#include <string.h>

void lines_fini(struct lines *lines)
{
    bytes_fini(&lines->partial);
}

void lines_feed(struct lines *lines, const char *piece, size_t len)
{
    lines->piece = piece;
    lines->len = len;
}

static void forget_partial(struct lines *lines)
{
    if (lines->is_handed_out)
        bytes_consume(&lines->partial, bytes_len(&lines->partial));
    lines->is_handed_out = false;
}

const char *lines_next(struct lines *lines, size_t *len)
{
    const char *line = lines->piece;
    const char *end = lines->len > 0 ? memchr(line, '\n', lines->len) : NULL;
    size_t used = end != NULL ? (size_t)(end - line) + 1 : lines->len;

    forget_partial(lines);
    lines->piece += used;
    lines->len -= used;
    if (end != NULL && bytes_len(&lines->partial) == 0) {
        *len = used;
        return line;
    }
    bytes_add(&lines->partial, line, used);
    if (end == NULL || lines->partial.failed)
        return NULL;
    lines->is_handed_out = true;
    *len = bytes_len(&lines->partial);
    return bytes_at(&lines->partial);
}

const char *lines_rest(struct lines *lines, size_t *len)
{
    forget_partial(lines);
    *len = bytes_len(&lines->partial);
    return *len > 0 ? bytes_at(&lines->partial) : NULL;
}
