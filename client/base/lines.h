/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LINES_H
#define WAITD_LINES_H

/*
 * Cuts what is received into lines.  A line within one piece is handed out
 * in place; only one that is cut by the end of a piece is kept.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/base/bytes.h"

/* All zero to begin with. */
struct lines {
    struct bytes partial;
    bool is_handed_out; /* the partial line has been completed and returned */
    const char *piece;
    size_t len;
};

void lines_fini(struct lines *lines);

/* Gives the next piece, once the last one is used up. */
void lines_feed(struct lines *lines, const char *piece, size_t len);

/* The next line, its line feed included; valid until the next call.  NULL when
 * the piece is used up (lines->partial.failed: when out of memory). */
const char *lines_next(struct lines *lines, size_t *len);

/* What is left of a line that was never finished; NULL for nothing. */
const char *lines_rest(struct lines *lines, size_t *len);

#endif
