/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_AXIS_H
#define WAITD_TIMELINE_AXIS_H

/* The ticks of an axis of time, at round times with what these are called.  Pure. */

#include <stddef.h>
#include <stdint.h>

#define TIMELINE_TICKS_MAX 64
#define TIMELINE_TICK_TEXT 24

struct timeline_tick {
    int64_t at_ns;
    unsigned column;
    char text[TIMELINE_TICK_TEXT]; /* ASCII */
};

struct timeline_axis {
    size_t n;
    struct timeline_tick ticks[TIMELINE_TICKS_MAX];
};

/* For `columns` columns, at least 1, that show span_ns.  The first tick is
 * at 0.  Their texts have room, with a space between, if each begins in its
 * tick's column or a little left of it; that of the last may not have. */
void timeline_axis_make(struct timeline_axis *axis, unsigned columns, int64_t span_ns);

#endif
