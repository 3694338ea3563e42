/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HISTORY_H
#define WAITD_HISTORY_H

/*
 * What happened in one batch: a numbered log, from 1, of which as much is kept
 * as some watcher has not read.  A watcher reads through a cursor of its own, at
 * its own pace; what all of them have passed is freed, and while nobody watches
 * records are counted and not kept.
 *
 * What happened to jobs is kept as compact records and becomes text only
 * when it is read; other events are kept as the lines that they are.  Jobs
 * that ended at their first attempt, in the same way and at the same time, are 4
 * bytes each behind a header of 16; all else that happens is 32 bytes.  Kept in
 * blocks that grow with the amount, so that a history with nothing to read owns
 * no memory and a small one little.  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/around.h"
#include "engine/batch.h"
#include "proto/event.h"

/* Where a record's texts are found, and whose they are.  The owner keeps it, and
 * the plan, as long as the history. */
struct history_source {
    uint64_t batch;  /* its number; not used where there is a */
    const char *ref; /* detached: its ref, else NULL */
    const struct plan *plan;
    bool with_due;       /* `done` has `due` */
    uint32_t line_bytes; /* about how long a line of it is */
};

/* That of a plan, with lines of about frame_bytes besides the client's own text and what
 * "events":"all" adds; whose it is is for the caller to set. */
struct history_source history_source_of(const struct plan *plan, uint32_t frame_bytes);

struct history_block;
struct history_cursor;

/* Embedded by its owner; all zero but for `source` is an empty one. */
struct history {
    struct history_source source;
    struct history_block *first, *last;
    struct history_cursor *cursors; /* linked by `next` */
    uint64_t next_seq;              /* records so far */
    size_t held;                    /* bytes of memory */
};

/* A place in a history.  What its owner does not want to read, by skip_seq, is passed
 * as it is put.  Embedded by its watcher; all zero is none. */
struct history_cursor {
    struct history *history;
    struct history_cursor *next, *before;
    struct history_block *block; /* NULL: at the end */
    uint32_t read;               /* the entry in the block that is read next */
    uint32_t read_n;             /* and how much of it has been */
    size_t line_at;              /* how much of the next record's line has been, in bytes */
    uint64_t seq;                /* records before it */
    uint64_t skip_seq;           /* the owner's: records up to this number are not read */
    uint64_t unread;             /* about how many bytes of text are behind it */
};

/* Once no cursor is in it. */
void history_fini(struct history *history);

/* Puts a new cursor at the end; takes it out, wherever it is. */
void history_join(struct history *history, struct history_cursor *cursor);
void history_leave(struct history_cursor *cursor); /* also fine when it is in none */

/* ---- Writing ----------------------------------------------------------------------- */

/*
 * Room for one line of up to `size` bytes at the end, to be written and then
 * committed at its real length.  NULL when out of memory.
 */
char *history_line_room(struct history *history, size_t size);
void history_line_commit(struct history *history, size_t len);

/*
 * The same for a line that contains a text, written as around_written() has it: a long one
 * is not copied but read where it is, and the owner keeps it as long as the history.
 */
void history_line_commit_around(struct history *history, size_t len, struct event_text text);

/* How much room to ask for such a line, of `size` bytes at most without the text. */
static inline size_t history_around_size(size_t size, struct event_text text)
{
    return size + around_written(text).len + sizeof(struct around);
}

/* Whether anyone is to read the next record; if not, a line may be counted without
 * being written. */
bool history_is_wanted(const struct history *history);
void history_skip_line(struct history *history);

/* How much n occurrences take at most: for who asks for the room of a line and
 * needs some for them too. */
#define HISTORY_OCCURRENCES_BYTES(n) ((n) * (sizeof(struct occurrence) + 16))

/*
 * Makes room for what happened: how many occurrences may be put, between
 * BATCH_MIN_ROOM and `most` (at least that too); 0 when out of memory.
 */
size_t history_reserve(struct history *history, size_t most);

/*
 * Puts n occurrences, no more than there was made room for, with the time at
 * which they were handled (since acceptance; -1: each at its due time).
 */
void history_put(struct history *history, int64_t at_ns, const struct occurrence *occurred,
                 size_t n);

/* ---- Reading ----------------------------------------------------------------------- */

/*
 * Writes up to `room` bytes of the text of what follows the cursor, up to
 * the record numbered until_seq.  Returns how many; 0 when the cursor is there,
 * or else when the next line needs more room.  With is_first there is no more room
 * to be had: a line that is longer is written in pieces, call by call.
 */
size_t history_read(struct history_cursor *cursor, uint64_t until_seq, char *out, size_t room,
                    bool is_first);

/* Reads the rest of a line of which something has been read, so that the cursor may leave:
 * on the heap, the caller's to free; *text NULL where there is none.  0, or -1 when out of
 * memory. */
int history_take_rest(struct history_cursor *cursor, char **text, size_t *len);

static inline bool history_at_end(const struct history_cursor *cursor)
{
    return cursor->block == NULL;
}

#endif
