/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_frames.h"

#include <stdbool.h>
#include <string.h>

static char *put(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

static char *put_text(char *out, const char *text)
{
    return put(out, text, strlen(text));
}

/* What follows a prefix, up to one of `ends`; NULL where the prefix is another. */
static const char *behind(const char *text, const char *end, const char *prefix, const char *ends,
                          size_t *len)
{
    size_t n = strlen(prefix);
    const char *at = text + n;

    if ((size_t)(end - text) <= n || memcmp(text, prefix, n) != 0)
        return NULL;
    while (at < end && !strchr(ends, *at))
        at++;
    *len = (size_t)(at - text) - n;
    return at < end ? text + n : NULL;
}

/* Names the line, by what is kept of it. */
static char *name(const struct http_frames *frames, char *out)
{
    const char *end = frames->head + frames->len;
    size_t kind_len = 0, ref_len, seq_len;
    const char *kind = behind(frames->head, end, "{\"event\":\"", "\"", &kind_len);
    const char *ref = kind ? behind(kind + kind_len, end, "\",\"ref\":\"", "\"", &ref_len) : NULL;
    const char *seq = ref ? behind(ref + ref_len, end, "\",\"seq\":", ",}", &seq_len) : NULL;

    if (kind) {
        out = put_text(out, "event: ");
        if (kind_len == 5 && memcmp(kind, "error", 5) == 0)
            out = put_text(out, "refused");
        else
            out = put(out, kind, kind_len);
        *out++ = '\n';
    }
    if (seq) {
        out = put_text(out, "id: ");
        out = put(out, seq, seq_len);
        *out++ = '\n';
    }
    out = put_text(out, "data: ");
    return put(out, frames->head, frames->len);
}

/* Keeps more of a line's beginning, and names it once it says all or is full.  Returns
 * how much of it is taken. */
static size_t keep(struct http_frames *frames, const char *line, size_t len)
{
    size_t room = HTTP_FRAMES_HEAD - frames->len;
    size_t taken = len < room ? len : room;

    memcpy(frames->head + frames->len, line, taken);
    frames->len += taken;
    return taken;
}

char *http_frames_write(struct http_frames *frames, char *out, const char *lines, size_t n)
{
    while (n > 0) {
        const char *feed = memchr(lines, '\n', n);
        size_t len = feed ? (size_t)(feed - lines) : n, taken = 0;

        if (!frames->is_named) {
            taken = keep(frames, lines, len);
            if (feed || frames->len == HTTP_FRAMES_HEAD) {
                out = name(frames, out);
                frames->is_named = true;
            }
        }
        out = put(out, lines + taken, len - taken);
        if (feed) {
            out = put_text(out, "\n\n");
            frames->is_named = false;
            frames->len = 0;
            len++;
        }
        lines += len;
        n -= len;
    }
    return out;
}
