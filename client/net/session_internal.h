/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SESSION_INTERNAL_H
#define WAITD_SESSION_INTERNAL_H

/* What session.c, session_conclude.c, session_leave.c and session_resume.c share. */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "client/base/lines.h"
#include "client/show/output.h"
#include "client/show/progress.h"
#include "client/net/session.h"

struct session {
    struct session_setup *setup;
    struct fanout *fanout;
    struct output *output; /* standard output, of the fanout's */
    struct progress progress;
    int64_t started_ns;
    bool computes;     /* ends of batches for the progress bar, and has more to do */
    int64_t redraw_ns; /* when the way of showing wants to draw over what it drew */
    struct bytes outgoing;
    struct lines lines;
    char *received;        /* RECEIVE_BYTES */
    int signals;           /* see client/net/interrupt.h */
    uint64_t cancels;      /* requests of our own */
    uint64_t refusals;     /* reported so far */
    int64_t answer_by_ns;  /* when to signal that all is sent, answered or not; 0 before */
    struct bytes sent;     /* of what is sent again over another connection */
    unsigned failures;     /* of connections, in a row: nothing was received */
    int64_t retry_ns;      /* when to connect again; 0 while connected */
    bool is_resumed;       /* this is not the first connection */
    char retry_reason[32]; /* why it is given up though it is there; empty for not */
    int64_t deadline_ns;   /* to give up at; 0 for none */
    bool write_closed, read_closed;
    bool is_interrupted, is_cut_short;
    bool is_foreign; /* what came is not of this protocol */
    int error;       /* of the connection, errno */
};

/* ---- Connecting again (session_resume.c) ---- */

/* Whether what was sent may be sent again over another connection, and is to be kept
 * therefore: nothing has answered it, and a key makes it the same. */
bool session_is_replayable(const struct session *session);

/* Whether a line is a transient refusal (the batch was suspended, or the daemon cannot answer now):
 * the caller then reconnects, as after a lost connection. */
bool session_is_retryable(struct session *session, const char *line, size_t len);

/* The connection was lost: where it continues over another one, all is made ready for that.
 * Else session->read_closed stays. */
void session_schedule_reconnect(struct session *session);

/* Connects again if it is time to. */
void session_resume_try(struct session *session);

/* ---- Leaving detached batches (session_leave.c) ---- */

/* Says, by the answer to the request to send no more of it, how to watch a batch again. */
void session_leave_said(const struct session *session, const struct event_read *unwatched);

/* The same for the batches that run when nothing more will be received. */
void session_leave_all(const struct session *session);

/* How it ended, once all that came is shown: says what was wrong. */
enum status session_conclude(const struct session *session);

#endif
