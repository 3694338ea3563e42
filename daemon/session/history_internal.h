/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HISTORY_INTERNAL_H
#define WAITD_HISTORY_INTERNAL_H

/* How the blocks of a history are laid out: entries one behind the other, each of which is a line
 * or some records.  For history.c alone. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/around.h"
#include "daemon/session/history.h"

enum entry_kind {
    ENTRY_LINE,
    ENTRY_AROUND,      /* a struct around, and the line without its text */
    ENTRY_OCCURRENCES, /* of any kind, each in full */
    ENTRY_DONE,        /* the indexes of jobs that ended alike: see is_compact() */
};

/* What stands in a block, each entry aligned for its header, its line or its
 * records right behind it. */
struct entry {
    int64_t at_ns;  /* not of ENTRY_LINE */
    uint32_t n;     /* bytes of the line, or records */
    uint8_t kind;   /* enum entry_kind */
    uint8_t status; /* ENTRY_DONE: enum job_status */
};

static_assert(HISTORY_OCCURRENCES_BYTES(1) == sizeof(struct entry) + sizeof(struct occurrence),
              "the most that an occurrence takes is an entry of its own");

struct history_block {
    struct history_block *next;
    uint32_t size, used; /* of bytes[] */
    uint32_t open;       /* the last entry, if it is one of records that may grow; else `used` */
    uint32_t cursors;    /* how many are in it */
    _Alignas(struct entry) char bytes[];
};

static inline size_t aligned(size_t n)
{
    return (n + _Alignof(struct entry) - 1) / _Alignof(struct entry) * _Alignof(struct entry);
}

static inline struct entry *entry_at(struct history_block *block, size_t at)
{
    return (struct entry *)(void *)(block->bytes + at);
}

static inline char *body_of(struct entry *entry)
{
    return (char *)(entry + 1);
}

static inline size_t body_size(const struct entry *entry)
{
    switch ((enum entry_kind)entry->kind) {
    case ENTRY_LINE:
        return aligned(entry->n);
    case ENTRY_AROUND:
        return sizeof(struct around) + aligned(entry->n);
    case ENTRY_OCCURRENCES:
        return entry->n * sizeof(struct occurrence);
    case ENTRY_DONE:
        return aligned(entry->n * sizeof(uint32_t));
    }
    return 0;
}

/* ---- Lines ----------------------------------------------------------------------- */

static inline bool is_line(const struct entry *entry)
{
    return entry->kind == ENTRY_LINE || entry->kind == ENTRY_AROUND;
}

/* How long a line is, with the text that it stands around. */
static inline size_t line_len(struct entry *entry)
{
    const struct around *around = (const void *)body_of(entry);

    return entry->n + (entry->kind == ENTRY_AROUND ? around->text_len : 0);
}

/* The bytes of a line from one on, and how many of those stand side by side. */
static inline const char *line_at(struct entry *entry, size_t at, size_t *n)
{
    const char *line = body_of(entry);

    if (entry->kind == ENTRY_AROUND)
        return around_piece((const void *)line, line + sizeof(struct around), entry->n, at, n);
    *n = entry->n - at;
    return line + at;
}

#endif
