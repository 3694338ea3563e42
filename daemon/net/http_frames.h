/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_FRAMES_H
#define WAITD_HTTP_FRAMES_H

/*
 * Lines of events as server-sent events (HTML Standard, 9.2):
 *
 *     {"event":"done","batch":1,...}  ──►  event: done
 *                                          data: {"event":"done","batch":1,...}
 *
 * with `id:` where an event has a `seq`; an `error` is named `refused`, since `error` is
 * what a browser calls the end of a connection.  Lines are passed in pieces of any length; only
 * the beginning of one is ever kept.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>

/* The most of a line that has its kind and its number:
 * {"event":"KIND","ref":"64 bytes","seq":N, */
#define HTTP_FRAMES_HEAD 160

/* Embedded by its owner; all zero is the beginning of a line. */
struct http_frames {
    char head[HTTP_FRAMES_HEAD];
    size_t len;    /* of what is kept of the line's beginning */
    bool is_named; /* the line has been named, and is being copied */
};

/* Room that n bytes of lines take at most, with the beginning that was kept: an empty
 * line, which waitd has none of, becomes 8 with its line feed, one with a kind no more than three
 * times as long. */
#define HTTP_FRAMES_ROOM(n) ((n)*8 + 5 * HTTP_FRAMES_HEAD)

/* Writes what n bytes of lines become.  Returns the end of it. */
char *http_frames_write(struct http_frames *frames, char *out, const char *lines, size_t n);

#endif
