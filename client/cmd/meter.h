/* SPDX-License-Identifier: ISC */
#ifndef WAITD_METER_H
#define WAITD_METER_H

/*
 * A daemon's figures over time, for `waitctl top`: what changes a second is
 * worked out from two answers to `stats`, and the last ones are kept for a small
 * picture of each.  Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "proto/event_reader.h"

enum meter_figure {
    METER_CONNECTIONS,
    METER_BATCHES,
    METER_PENDING,
    METER_COMPLETIONS, /* a second */
    METER_RECEIVED,    /* bytes a second */
    METER_SENT,
    METER_LATE_P50,
    METER_LATE_P99,
    METER_LATE_MAX,
    METER_MEMORY,
};
#define METER_FIGURES 10

/* Lines of the whole picture: the figures, a blank and the totals. */
#define METER_ROWS (METER_FIGURES + 2)

/* Values that are kept of each figure. */
#define METER_HISTORY 240

/* All zero to begin with. */
struct meter {
    bool has_stats; /* of this life of the daemon */
    bool has_rates; /* the last answer had one before it */
    int64_t uptime_ns;
    uint64_t ok, failed, timed_out, cancelled, skipped, bytes_in, bytes_out;
    double history[METER_HISTORY][METER_FIGURES]; /* a ring */
    uint64_t samples;                             /* that were ever put in */
    unsigned restarts;                            /* seen */
};

/* Takes an answer.  One whose daemon is younger than it was is another one's. */
void meter_take(struct meter *meter, const struct event_read *stats);

/* The last value of a figure, in its unit: jobs, bytes, nanoseconds. */
double meter_value(const struct meter *meter, enum meter_figure figure);

/*
 * Appends the picture: a line a figure, each no longer than `columns`, with the
 * last values drawn behind it as far as there is room, in block characters or
 * in ASCII, and the highest of these, which is what they are in proportion to.  At
 * most `rows` lines.
 */
void meter_draw(const struct meter *meter, unsigned columns, unsigned rows, bool is_utf8,
                struct bytes *out);

/* Appends what the figures are, in at most `rows` lines no longer than `columns`. */
void meter_explain(unsigned columns, unsigned rows, struct bytes *out);

/* Appends the figures as one line, for where there is no terminal, and the line
 * that is above them. */
void meter_line(const struct meter *meter, struct bytes *out);
void meter_heading(struct bytes *out);

#endif
