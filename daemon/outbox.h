/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OUTBOX_H
#define WAITD_OUTBOX_H

/*
 * What a client is to be told and has not been yet, in order.  What happened
 * to jobs waits as compact records (32 bytes, whatever the names) and becomes
 * text only when the client takes bytes; answers wait as the lines they are.
 * Kept in blocks that grow with the amount, so that an empty outbox owns no
 * memory and a small one little.  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/engine/batch.h"

/* Where a record's texts are found.  The owner keeps it, and the plan, until
 * outbox_render() tells that it was the last. */
struct outbox_source {
    uint64_t batch;
    const struct plan *plan;
    bool with_due;       /* `done` tells `due` */
    uint32_t line_bytes; /* about how long a line of it is */
};

struct outbox_block;

/* Embedded by its owner; all zero is an empty one. */
struct outbox {
    struct outbox_block *first, *last;
    size_t backlog;
    char *spill; /* a line longer than the room it was to go to */
    size_t spill_at, spill_len;
    uint64_t lines;
};

void outbox_fini(struct outbox *outbox);

/*
 * Room for one line of up to `size` bytes at the end, to be written and then
 * committed at its real length.  ends: NULL, or the source whose last line
 * this is.  NULL when memory is short.
 */
char *outbox_line_room(struct outbox *outbox, size_t size);
void outbox_line_commit(struct outbox *outbox, size_t len, struct outbox_source *ends);

/*
 * Room for records at the end, *room of them, BATCH_MIN_ROOM or more; then
 * committed, with the time at which they were handled (since acceptance; -1:
 * each at its due time).  The room may be given up by asking for other room.
 * NULL when memory is short.
 */
struct occurrence *outbox_record_room(struct outbox *outbox, size_t *room);
void outbox_record_commit(struct outbox *outbox, const struct outbox_source *source, int64_t at_ns,
                          size_t n);

/*
 * Writes up to `room` bytes of text.  Returns how many; 0 for an empty outbox,
 * or if memory is short.  Stops behind the last line of a source and tells it
 * in *ended (else NULL), so that the owner can let go of it.
 */
size_t outbox_render(struct outbox *outbox, char *out, size_t room, struct outbox_source **ended);

bool outbox_is_empty(const struct outbox *outbox);

/* About how many bytes of text are waiting. */
size_t outbox_backlog(const struct outbox *outbox);

/* Lines rendered so far. */
uint64_t outbox_lines(const struct outbox *outbox);

#endif
