/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_DONE_H
#define WAITD_EVENT_DONE_H

/*
 * `done` lines by the block: what is the same in all of them (batch, status,
 * `at`) is made text once, and a line is little more than three copies and the
 * job's index.  For jobs that ended at their first attempt or before it, without
 * `due` and, being none that was skipped, without `cause`;
 * event_write_occurrence() writes all others, and the same text for these.
 * Pure and re-entrant.
 */

#include <stdint.h>

#include "proto/event.h"

/* Room for what precedes the index and follows the name, each copied whole. */
#define EVENT_DONE_HEAD 64 /* of batches with a number */
#define EVENT_DONE_TAIL 64

/* Without a number the head ends in the index of the last job: that of the next one is mostly the
 * same but for its last digit, which is a third of the instructions of writing it anew. */
struct event_done {
    char head[2 * EVENT_DONE_HEAD], tail[EVENT_DONE_TAIL];
    unsigned head_len, tail_len;
    unsigned index_end; /* in the head; 0: no index has been written yet */
    uint32_t job;
};

void event_done_begin(struct event_done *done, uint64_t batch, enum job_status status,
                      int64_t at_ns);

/* The same for a detached batch, whose lines are written by event_done_write_seq(). */
void event_done_begin_ref(struct event_done *done, const char *ref, enum job_status status,
                          int64_t at_ns);
char *event_done_write_seq(char *out, const struct event_done *done, uint64_t seq, uint32_t job,
                           struct event_text name, struct event_text data);

/* Writes a line, which takes the room that event_write_occurrence() takes. */
char *event_done_write(char *out, struct event_done *done, uint32_t job, struct event_text name,
                       struct event_text data);

#endif
