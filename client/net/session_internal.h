/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SESSION_INTERNAL_H
#define WAITD_SESSION_INTERNAL_H

/* What session.c and session_conclude.c share. */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "client/base/lines.h"
#include "client/show/output.h"
#include "client/show/progress.h"
#include "client/net/session.h"

struct session {
    const struct session_setup *setup;
    struct fanout *fanout;
    struct output *output; /* standard output, of the fanout's */
    struct progress progress;
    int64_t started_ns;
    bool computes;     /* ends of batches for the progress bar, and has more to do */
    int64_t redraw_ns; /* when the way of showing wants to draw over what it drew */
    struct bytes outgoing;
    struct lines lines;
    char *received;       /* RECEIVE_BYTES */
    int signals;          /* see client/net/interrupt.h */
    uint64_t cancels;     /* requests of our own */
    uint64_t refusals;    /* told of so far */
    int64_t answer_by_ns; /* when to tell that all is sent, answered or not; 0 before */
    int64_t deadline_ns;  /* to give up at; 0 for none */
    bool write_closed, read_closed;
    bool is_interrupted, is_cut_short;
    bool is_foreign; /* what came is not of this protocol */
    int error;       /* of the connection, errno */
};

/* How it ended, once all that came is shown: says what was wrong. */
enum status session_conclude(const struct session *session);

#endif
