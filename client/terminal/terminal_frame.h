/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TERMINAL_FRAME_H
#define WAITD_TERMINAL_FRAME_H

/*
 * Lines at the end of what is on a terminal that are drawn again and again in
 * their place.  Only lines that changed are written.  Between two drawings the
 * cursor is below them, and visible: whatever becomes of the
 * program, the terminal is left in order.  Pure: what is to be written is
 * appended to `out`.
 */

#include "client/base/bytes.h"
#include "client/terminal/terminal.h"

/* All zero to begin with. */
struct terminal_frame {
    struct bytes drawn;     /* the lines as they are on the terminal */
    unsigned columns, rows; /* of the terminal when they were drawn */
};

void terminal_frame_fini(struct terminal_frame *frame);

/*
 * Draws the lines, each with its line feed, in place of those before.  There
 * have to be fewer than the terminal has rows, and each is to be narrower than
 * it or just as wide.
 */
void terminal_frame_draw(struct terminal_frame *frame, const struct terminal *terminal,
                         const struct bytes *lines, struct bytes *out);

/* Takes them away, so that something else can be written. */
void terminal_frame_clear(struct terminal_frame *frame, const struct terminal *terminal,
                          struct bytes *out);

/* Leaves them where they are; what is drawn next is below. */
void terminal_frame_leave(struct terminal_frame *frame);

#endif
