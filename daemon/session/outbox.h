/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OUTBOX_H
#define WAITD_OUTBOX_H

/*
 * What is still to be sent to a client, in the order in which it
 * happened: answers, which are lines, and what is new in the histories of the
 * batches that it watches.  Only the order is kept here, 16 bytes for each stretch
 * of one batch's records; they stay in their history until they are rendered.
 * Reading frees no batch: one whose end was read is handed to its owner by
 * outbox_passed().  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/history.h"
#include "proto/request_id.h"

struct outbox;
struct outbox_lines;

/* A client's watch of a batch.  Embedded by its owner; all zero is none. */
struct outbox_watch {
    struct history_cursor cursor;
    struct outbox *outbox;
    struct outbox_watch *next; /* among those passed */
    uint64_t counted;          /* of what the cursor has unread, in the outbox's backlog */
    uint64_t place;            /* of its last stretch in the queue, if it is still there */
    uint64_t until_seq;        /* up to where stretches are queued */
    int64_t read_ns;           /* when something of it was read last; 0 for not yet */
    bool is_follower;          /* the owner's: what kind of watch it is */
    bool passed;               /* it is among those passed */
    bool ended;                /* nothing follows what is in the history by now */
};

/* Something to be rendered. */
struct outbox_stretch {
    struct outbox_watch *watch; /* NULL: answers */
    uint64_t until;             /* a seq; of answers, how many bytes are left */
};

/* Embedded by its owner; all zero is an empty one. */
struct outbox {
    struct outbox_stretch *queue;      /* a ring; its size is a power of two */
    uint64_t head, tail, size;         /* places are counted from the beginning of time */
    uint64_t n_watches;                /* each has a place of its own in reserve */
    struct outbox_lines *first, *last; /* the text of answers */
    struct outbox_watch *passed;       /* watches that were read to their end */
    size_t backlog;
    char *rest; /* of a line that was being read when its watch ended; it is sent first */
    size_t rest_at, rest_len;
    uint64_t lines;
    struct request_id *unused_ids; /* the owner's to free, in slices; what it has it may add */
    int64_t now_ns;                /* the owner's clock, for read_ns */
};

/* Drops what waits, but for unused ids.  Watches are their owners' to end, before or after. */
void outbox_fini(struct outbox *outbox);

/* ---- Answers ----------------------------------------------------------------------- */

/* What to write for the id of the request that a line answers; NULL for none. */
static inline struct event_text outbox_id(const struct request_id *id)
{
    return around_written(request_id_text(id));
}

/*
 * Room for one line at the end, of up to `size` bytes without the id, which is kept for it if
 * it is long: to be written and then committed up to its real end.  NULL when out of
 * memory.
 */
char *outbox_line_room(struct outbox *outbox, size_t size, struct request_id *id);
void outbox_line_commit(struct outbox *outbox, const char *end);

/* ---- Batches ----------------------------------------------------------------------- */

/* Begins to watch, at the end of the history.  Both outlive the watch.  0, or -1 when
 * out of memory: the watch is then none. */
int outbox_watch_begin(struct outbox *outbox, struct outbox_watch *watch, struct history *history);

/* Continues with another history of the same batch, at its end, where this one's end, all
 * of which was read, is too.  Needs no memory. */
void outbox_watch_move(struct outbox_watch *watch, struct history *history);

/* Whether all that is in the history by now was read. */
bool outbox_watch_is_drained(const struct outbox_watch *watch);

/* The number of the last record that was read or is being read; what of its line is
 * still to be read is sent before anything else.  0, or -1 when out of memory. */
int outbox_watch_settle(struct outbox_watch *watch, uint64_t *last_seq);

/* Ends it, whatever is unread; also fine if it has not begun. */
void outbox_watch_end(struct outbox_watch *watch);

/* There is something new in the history.  To be called each time after something was put
 * there, for each that watches it.  Needs no memory; but what would be sent in the
 * order of time among batches may be sent earlier when out of it. */
void outbox_notice(struct outbox_watch *watch);

/* ---- Reading ----------------------------------------------------------------------- */

/* Writes up to `room` bytes of text.  Returns how many; 0 for an empty outbox,
 * or when out of memory. */
size_t outbox_render(struct outbox *outbox, char *out, size_t room);

/* A watch that has ended and was read to its end, each once; NULL for no more. */
struct outbox_watch *outbox_passed(struct outbox *outbox);

bool outbox_is_empty(const struct outbox *outbox);

/* About how many bytes of text are waiting. */
size_t outbox_backlog(const struct outbox *outbox);

/* Lines rendered so far. */
uint64_t outbox_lines(const struct outbox *outbox);

#endif
