/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PROGRESS_H
#define WAITD_PROGRESS_H

/*
 * One line on a terminal that shows how far things are, redrawn in place.
 * progress_render() makes it and is pure; the rest draws it on standard error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At most ten times a second. */
#define PROGRESS_INTERVAL_NS 100000000

struct progress_figures {
    uint64_t jobs, done;
    int64_t elapsed_ns;
    int64_t left_ns; /* -1 for no idea */
    bool is_exact;   /* left_ns is, and no estimate */
    bool has_in_flight;
    uint64_t in_flight;
};

#define PROGRESS_MAX 512

/*
 * Writes at most `columns` characters, and a NUL: a bar, done/total, elapsed,
 * what is left (`~` before an estimate) and how many jobs are in flight; what does
 * not fit is left out, the bar and the jobs in flight first.  The bar is filled by
 * time where the time left is exact, else by jobs.  Returns the length.
 */
size_t progress_render(char out[PROGRESS_MAX], const struct progress_figures *figures,
                       unsigned columns);

struct progress {
    bool is_on;
    size_t drawn;    /* the length of what is on the terminal; 0 for nothing */
    int64_t next_ns; /* when to draw it again, on the client's clock */
};

/* Whether standard error is a terminal that can redraw a line. */
bool progress_is_possible(void);

/* On if that is possible and `wanted`. */
void progress_init(struct progress *progress, bool wanted, int64_t now_ns);

/* Draws it, whatever the time. */
void progress_draw(struct progress *progress, const struct progress_figures *figures);

/* Takes it away, so that something else can be written. */
void progress_clear(struct progress *progress);

#endif
