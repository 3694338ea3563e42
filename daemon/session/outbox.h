/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OUTBOX_H
#define WAITD_OUTBOX_H

/*
 * What a client is to be told and has not been yet, in order.  What happened
 * to jobs waits as compact records and becomes text only when the client takes
 * bytes; answers wait as the lines they are.  Jobs that ended at their first
 * attempt, in the same way and at the same time, are 4 bytes each behind a
 * header of 24; all else that happens is 32 bytes.  Kept in blocks that grow
 * with the amount, so that an empty outbox owns no memory and a small one
 * little.  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/batch.h"

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

/* How much n occurrences take at most: for who asks for the room of a line and
 * needs some for them too. */
#define OUTBOX_OCCURRENCES_BYTES(n) ((n) * (sizeof(struct occurrence) + 24))

/*
 * Makes room for what happened: how many occurrences may be put, between
 * BATCH_MIN_ROOM and `most` (at least that too); 0 when memory is short.
 */
size_t outbox_reserve(struct outbox *outbox, size_t most);

/*
 * Puts n occurrences, no more than there was made room for, with the time at
 * which they were handled (since acceptance; -1: each at its due time).
 */
void outbox_put(struct outbox *outbox, const struct outbox_source *source, int64_t at_ns,
                const struct occurrence *occurred, size_t n);

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
