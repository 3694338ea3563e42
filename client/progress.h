/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PROGRESS_H
#define WAITD_PROGRESS_H

/*
 * One line on a terminal that tells how far things are, redrawn in place.
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
};

#define PROGRESS_MAX 512

/* Writes at most `columns` characters, and a NUL, for a terminal so wide:
 * a bar, done/total, elapsed and what is left by the pace so far.  Returns the
 * length. */
size_t progress_render(char out[PROGRESS_MAX], const struct progress_figures *figures,
                       unsigned columns);

struct progress {
    bool is_on;
    bool is_drawn;
    int64_t started_ns, next_ns; /* on the client's clock */
};

/* On if standard error is a terminal that can redraw a line, and `wanted`. */
void progress_init(struct progress *progress, bool wanted, int64_t now_ns);

/* Draws it, whatever the time. */
void progress_draw(struct progress *progress, uint64_t jobs, uint64_t done, int64_t now_ns);

/* Takes it away, so that something else can be written. */
void progress_clear(struct progress *progress);

#endif
