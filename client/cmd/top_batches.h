/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TOP_BATCHES_H
#define WAITD_TOP_BATCHES_H

/*
 * The detached batches that run, for `waitctl top`: what a daemon lists of them, a row
 * each with its name, how many of its jobs have ended and how long it has been running.
 * Batches that belong to a connection have no name that others could know them by, and
 * are not listed.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "proto/event_read.h"

/* So many are asked for, the newest. */
#define TOP_BATCHES_MAX 64

/* Bytes of a name that are kept. */
#define TOP_BATCHES_NAME_MAX 255

struct top_batch {
    char name[TOP_BATCHES_NAME_MAX]; /* its key, or else its ref: UTF-8, shown safely */
    size_t name_len;
    uint64_t jobs, pending;
    int64_t elapsed_ns;
};

struct top_batches_list {
    size_t n;
    struct top_batch batches[TOP_BATCHES_MAX];
};

/* All zero to begin with. */
struct top_batches {
    struct top_batches_list lists[2]; /* the last one that is complete, and one being read */
    unsigned complete;                /* which of them */
};

/* The request for them, with a line feed; its answers have this id, as JSON has it. */
#define TOP_BATCHES_ID "\"batches\""
extern const char top_batches_request[];

/* Takes a `batch` event, or the `batches` behind them, from which on they are drawn. */
void top_batches_take(struct top_batches *batches, const struct event_read *event);

/* Forgets them: there is no connection, or no answer. */
void top_batches_clear(struct top_batches *batches);

/* Appends them in at most `rows` lines, none where none runs, each no longer than
 * `columns`; in block characters or in ASCII. */
void top_batches_draw(const struct top_batches *batches, unsigned columns, unsigned rows,
                      bool is_utf8, struct bytes *out);

#endif
