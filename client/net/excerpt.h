/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EXCERPT_H
#define WAITD_EXCERPT_H

/*
 * A line of a text with a mark under a place in it, as compilers show it:
 *
 *       3 |     {"name": "tea", "wiat": 1},
 *         |                     ^~~~~~~~~
 *
 * Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"

struct excerpt_place {
    uint64_t line, column; /* from 1; columns are characters */
};

/* The place of the byte at offset (at most len). */
struct excerpt_place excerpt_place(const char *text, size_t len, size_t offset);

/*
 * Appends the line with a mark under the `marked` bytes from offset on, at least one.
 * number: the line's, 0 for none.  What does not fit into `columns`
 * is cut left and right of the mark, with `...` in its place.
 */
void excerpt_append(struct bytes *out, const char *text, size_t len, size_t offset, size_t marked,
                    uint64_t number, unsigned columns);

#endif
