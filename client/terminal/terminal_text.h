/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TERMINAL_TEXT_H
#define WAITD_TERMINAL_TEXT_H

/*
 * How many columns text takes on a terminal.  What a person takes for one
 * character (a letter with its accents, a flag, a family of emoji) is never
 * cut in two.  Text is UTF-8 and has no control characters: see
 * text_append_safe().  Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/base/bytes.h"

/* Columns that it takes.  Sequences of terminals (ESC [ ...) take none. */
size_t terminal_text_width(const char *text, size_t len);

/* How many bytes of it, from the front, fit into `columns`; *width is
 * what these take. */
size_t terminal_text_fit(const char *text, size_t len, size_t columns, size_t *width);

/*
 * Appends text whose pieces, with a line feed between each two, are on one line as far as there
 * is room in `columns` (0: any number), and else on further ones, indented by `indent`; and a
 * line feed behind it.  A piece that is wider than a line is broken at its blanks.
 */
void terminal_text_fold(struct bytes *out, const char *text, size_t len, size_t columns,
                        unsigned indent);

/*
 * Appends text in exactly `columns` columns: what is longer is cut and ends in
 * an ellipsis, what is shorter is padded with spaces.  Where only ASCII can be
 * written, each other character is a question mark.
 */
void terminal_text_append(struct bytes *out, const char *text, size_t len, size_t columns,
                          bool is_utf8);

#endif
