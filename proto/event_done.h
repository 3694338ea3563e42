/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_DONE_H
#define WAITD_EVENT_DONE_H

/*
 * `done` lines by the block: what is the same in all of them (batch, status,
 * `at`) is made text once, and a line is little more than three copies, the
 * job's index and, of a detached batch, its seq.  For jobs that ended at their first attempt or
 * before it, without `due` and, being none that was skipped, without `cause`;
 * event_write_occurrence() writes all others, and the same text for these.
 * Pure and re-entrant.
 */

#include <stdint.h>

#include "proto/event.h"

/* Room for what precedes the numbers and follows the name, each copied whole. */
#define EVENT_DONE_HEAD 64 /* of batches with a number; twice that with a ref */
#define EVENT_DONE_TAIL 64

/* A number that was written last: the next one is mostly the same but for its last two digits,
 * which is less work than to write it anew.  They are kept as one word, since bytes that were
 * just changed in memory are slow to read as part of something wider. */
struct event_done_number {
    uint64_t value;
    uint64_t digits; /* its bytes are the text; of up to 8 digits alone */
    unsigned len;    /* 0 where there are no digits */
};

struct event_done {
    char head[2 * EVENT_DONE_HEAD], tail[EVENT_DONE_TAIL];
    unsigned head_len, tail_len;
    struct event_done_number seq, job;
};

void event_done_begin(struct event_done *done, uint64_t batch, enum job_status status,
                      int64_t at_ns);

/* The same for a detached batch, whose lines are written by event_done_write_seq(). */
void event_done_begin_ref(struct event_done *done, const char *ref, enum job_status status,
                          int64_t at_ns);
char *event_done_write_seq(char *out, struct event_done *done, uint64_t seq, uint32_t job,
                           struct event_text name, struct event_text data);

/* Writes a line, which takes the room that event_write_occurrence() takes. */
char *event_done_write(char *out, struct event_done *done, uint32_t job, struct event_text name,
                       struct event_text data);

#endif
