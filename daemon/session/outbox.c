/* SPDX-License-Identifier: ISC */
#include "daemon/session/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "proto/event_done.h"

#define BLOCK_LEAST ((size_t)512)
#define BLOCK_MOST  ((size_t)16384)

enum entry_kind {
    ENTRY_LINE,
    ENTRY_OCCURRENCES, /* of any kind, each in full */
    ENTRY_DONE,        /* the indexes of jobs that ended alike: see is_plain() */
};

/* What stands in a block, each entry aligned for its header, its line or its
 * records right behind it. */
struct entry {
    uint8_t kind;   /* enum entry_kind */
    uint8_t status; /* ENTRY_DONE: enum job_status */
    uint32_t n;     /* bytes of the line, or records */
    union {
        struct outbox_source *ends;         /* ENTRY_LINE */
        const struct outbox_source *source; /* the others */
    } of;
    int64_t at_ns; /* not of ENTRY_LINE */
};

static_assert(OUTBOX_OCCURRENCES_BYTES(1) == sizeof(struct entry) + sizeof(struct occurrence),
              "the most that an occurrence takes is an entry of its own");

struct outbox_block {
    struct outbox_block *next;
    uint32_t size, used; /* of bytes[] */
    uint32_t read;       /* the entry that is rendered next */
    uint32_t read_n;     /* and how much of it has been */
    uint32_t open;       /* the last entry, if it is one of records that may grow; else `used` */
    _Alignas(struct entry) char bytes[];
};

static size_t aligned(size_t n)
{
    return (n + _Alignof(struct entry) - 1) / _Alignof(struct entry) * _Alignof(struct entry);
}

static struct entry *entry_at(struct outbox_block *block, size_t at)
{
    return (struct entry *)(void *)(block->bytes + at);
}

static char *body_of(struct entry *entry)
{
    return (char *)(entry + 1);
}

static size_t body_size(const struct entry *entry)
{
    switch ((enum entry_kind)entry->kind) {
    case ENTRY_LINE:
        return aligned(entry->n);
    case ENTRY_OCCURRENCES:
        return entry->n * sizeof(struct occurrence);
    case ENTRY_DONE:
        return aligned(entry->n * sizeof(uint32_t));
    }
    return 0;
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->first != NULL) {
        struct outbox_block *next = outbox->first->next;

        free(outbox->first);
        outbox->first = next;
    }
    free(outbox->spill);
    memset(outbox, 0, sizeof(*outbox));
}

/* ---- Putting in --------------------------------------------------------------- */

/* The last block, with `need` bytes free behind what is used. */
static struct outbox_block *block_with(struct outbox *outbox, size_t need)
{
    struct outbox_block *last = outbox->last, *block;
    size_t size = BLOCK_LEAST;

    if (last != NULL && last->size - last->used >= need)
        return last;
    if (last != NULL && last->size < BLOCK_MOST)
        size = last->size * 2;
    else if (last != NULL)
        size = BLOCK_MOST;
    if (size < need)
        size = need;
    if (size > UINT32_MAX)
        return NULL;
    block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    *block = (struct outbox_block){.size = (uint32_t)size};
    if (last != NULL)
        last->next = block;
    else
        outbox->first = block;
    outbox->last = block;
    return block;
}

char *outbox_line_room(struct outbox *outbox, size_t size)
{
    struct outbox_block *block = block_with(outbox, sizeof(struct entry) + aligned(size));

    return block == NULL ? NULL : body_of(entry_at(block, block->used));
}

void outbox_line_commit(struct outbox *outbox, size_t len, struct outbox_source *ends)
{
    struct outbox_block *block = outbox->last;
    struct entry *entry = entry_at(block, block->used);

    *entry = (struct entry){.kind = ENTRY_LINE, .n = (uint32_t)len, .of.ends = ends};
    block->used += (uint32_t)(sizeof(*entry) + aligned(len));
    block->open = block->used;
    outbox->backlog += len;
}

size_t outbox_reserve(struct outbox *outbox, size_t most)
{
    struct outbox_block *block = block_with(outbox, OUTBOX_OCCURRENCES_BYTES(BATCH_MIN_ROOM));
    size_t room;

    if (block == NULL)
        return 0;
    room = (block->size - block->used) / OUTBOX_OCCURRENCES_BYTES(1);
    return room < most ? room : most;
}

/* The last entry, if more records may be added to it; else a new one. */
static struct entry *open_entry(struct outbox_block *block, struct entry like)
{
    struct entry *last;

    if (block->open < block->used) {
        last = entry_at(block, block->open);
        if (last->kind == like.kind && last->status == like.status &&
            last->of.source == like.of.source && last->at_ns == like.at_ns)
            return last;
    }
    block->open = block->used;
    block->used += (uint32_t)sizeof(like);
    last = entry_at(block, block->open);
    *last = like;
    return last;
}

/* Whether its line tells no more than the job, how it ended and when it was handled. */
static bool is_plain(const struct outbox_source *source, int64_t at_ns, const struct occurrence *o)
{
    return o->kind == OCCURRED_DONE && o->ordinal <= 1 && at_ns >= 0 && !source->with_due;
}

/* Puts those at the beginning that ended alike.  Returns how many. */
static size_t put_done(struct outbox_block *block, const struct outbox_source *source,
                       int64_t at_ns, const struct occurrence *occurred, size_t n)
{
    struct entry *entry = open_entry(block, (struct entry){.kind = ENTRY_DONE,
                                                           .status = occurred->status,
                                                           .of.source = source,
                                                           .at_ns = at_ns});
    uint32_t *jobs = (uint32_t *)(void *)body_of(entry) + entry->n;
    size_t put = 0;

    do {
        jobs[put] = occurred[put].job;
        put++;
    } while (put < n && occurred[put].status == occurred->status &&
             is_plain(source, at_ns, &occurred[put]));
    entry->n += (uint32_t)put;
    block->used = block->open + (uint32_t)(sizeof(*entry) + body_size(entry));
    return put;
}

/* The same for those that differ.  Returns how many. */
static size_t put_full(struct outbox_block *block, const struct outbox_source *source,
                       int64_t at_ns, const struct occurrence *occurred, size_t n)
{
    struct entry *entry = open_entry(
        block, (struct entry){.kind = ENTRY_OCCURRENCES, .of.source = source, .at_ns = at_ns});
    size_t put = 1;

    while (put < n && !is_plain(source, at_ns, &occurred[put]))
        put++;
    memcpy((struct occurrence *)(void *)body_of(entry) + entry->n, occurred,
           put * sizeof(*occurred));
    entry->n += (uint32_t)put;
    block->used += (uint32_t)(put * sizeof(*occurred));
    return put;
}

void outbox_put(struct outbox *outbox, const struct outbox_source *source, int64_t at_ns,
                const struct occurrence *occurred, size_t n)
{
    outbox->backlog += n * source->line_bytes;
    while (n > 0) {
        size_t put = is_plain(source, at_ns, occurred)
                         ? put_done(outbox->last, source, at_ns, occurred, n)
                         : put_full(outbox->last, source, at_ns, occurred, n);

        occurred += put;
        n -= put;
    }
}

/* ---- Taking out ---------------------------------------------------------------- */

static struct event_text text_of(const struct plan *plan, plan_text_ref ref)
{
    struct event_text text = {0};

    if (ref != 0)
        text.text = plan_text(plan, ref, &text.len);
    return text;
}

/* Drops blocks that have been rendered whole.  The block there is, or NULL. */
static struct outbox_block *readable(struct outbox *outbox)
{
    while (outbox->first != NULL && outbox->first->read == outbox->first->used) {
        struct outbox_block *next = outbox->first->next;

        free(outbox->first);
        outbox->first = next;
        if (next == NULL)
            outbox->last = NULL;
    }
    return outbox->first;
}

static void leave_entry(struct outbox_block *block, const struct entry *entry)
{
    block->read += (uint32_t)(sizeof(*entry) + body_size(entry));
    block->read_n = 0;
}

static size_t spill_out(struct outbox *outbox, char *out, size_t room)
{
    size_t n = outbox->spill_len - outbox->spill_at;

    if (n > room)
        n = room;
    memcpy(out, outbox->spill + outbox->spill_at, n);
    outbox->spill_at += n;
    if (outbox->spill_at == outbox->spill_len) {
        free(outbox->spill);
        outbox->spill = NULL;
    }
    return n;
}

/* The next record, whatever kind of entry it stands in. */
static struct occurrence record_of(const struct outbox_block *block, struct entry *entry)
{
    const void *records = body_of(entry);

    if (entry->kind == ENTRY_OCCURRENCES)
        return ((const struct occurrence *)records)[block->read_n];
    return (struct occurrence){.kind = OCCURRED_DONE,
                               .status = entry->status,
                               .job = ((const uint32_t *)records)[block->read_n]};
}

static void job_texts(const struct entry *entry, const struct occurrence *occurrence,
                      struct event_job *job)
{
    const struct outbox_source *source = entry->of.source;
    *job = (struct event_job){
        .batch = source->batch,
        .at_ns = entry->at_ns < 0 ? occurrence->due_ns : entry->at_ns,
        .with_due = source->with_due,
    };
    event_job_texts(job, source->plan, occurrence);
}

static void leave_records(struct outbox *outbox, struct outbox_block *block,
                          const struct entry *entry, uint32_t n)
{
    outbox->backlog -= n * (size_t)entry->of.source->line_bytes;
    outbox->lines += n;
    block->read_n += n;
    if (block->read_n == entry->n)
        leave_entry(block, entry);
}

/* Renders the next record.  Into the spill if `room` is the whole of it and it
 * is too small; returns 0 if it should be tried again with more room. */
static size_t render_record(struct outbox *outbox, struct outbox_block *block, struct entry *entry,
                            char *out, size_t room, bool is_first)
{
    struct occurrence record = record_of(block, entry);
    struct event_job job;
    size_t most, len;
    char *to = out;

    job_texts(entry, &record, &job);
    most = EVENT_LINE_MAX + job.name.len + job.note.len + job.data.len;
    if (most > room) {
        if (!is_first)
            return 0;
        to = outbox->spill = malloc(most);
        if (to == NULL)
            return 0;
    }
    len = (size_t)(event_write_occurrence(to, &job, &record) - to);
    leave_records(outbox, block, entry, 1);
    if (to == out)
        return len;
    outbox->spill_at = 0;
    outbox->spill_len = len;
    return spill_out(outbox, out, room);
}

/* Renders jobs that ended alike, as many as there is ample room for. */
static size_t render_done(struct outbox *outbox, struct outbox_block *block, struct entry *entry,
                          char *out, size_t room)
{
    const struct outbox_source *source = entry->of.source;
    const uint32_t *jobs = (const uint32_t *)(const void *)body_of(entry);
    struct event_done done;
    uint32_t i = block->read_n;
    char *at = out;

    event_done_begin(&done, source->batch, (enum job_status)entry->status, entry->at_ns);
    for (; i < entry->n; i++) {
        plan_text_ref name_ref, data_ref;
        struct event_text name, data;

        plan_job_text(source->plan, jobs[i], &name_ref, &data_ref);
        name = text_of(source->plan, name_ref);
        data = text_of(source->plan, data_ref);
        if (EVENT_LINE_MAX + name.len + data.len > room - (size_t)(at - out))
            break;
        at = event_done_write(at, &done, jobs[i], name, data);
    }
    leave_records(outbox, block, entry, i - block->read_n);
    return (size_t)(at - out);
}

/* Renders as much of a line as fits. */
static size_t render_line(struct outbox *outbox, struct outbox_block *block, struct entry *entry,
                          char *out, size_t room, struct outbox_source **ended)
{
    size_t n = entry->n - block->read_n;

    if (n > room)
        n = room;
    memcpy(out, body_of(entry) + block->read_n, n);
    block->read_n += (uint32_t)n;
    outbox->backlog -= n;
    if (block->read_n == entry->n) {
        *ended = entry->of.ends;
        outbox->lines++;
        leave_entry(block, entry);
    }
    return n;
}

size_t outbox_render(struct outbox *outbox, char *out, size_t room, struct outbox_source **ended)
{
    size_t used = 0;

    *ended = NULL;
    if (outbox->spill != NULL)
        used = spill_out(outbox, out, room);
    while (used < room && *ended == NULL) {
        struct outbox_block *block = readable(outbox);
        struct entry *entry;
        size_t n = 0;

        if (block == NULL)
            break;
        entry = entry_at(block, block->read);
        if (entry->kind == ENTRY_LINE)
            n = render_line(outbox, block, entry, out + used, room - used, ended);
        if (entry->kind == ENTRY_DONE)
            n = render_done(outbox, block, entry, out + used, room - used);
        if (entry->kind != ENTRY_LINE && n == 0)
            n = render_record(outbox, block, entry, out + used, room - used, used == 0);
        if (n == 0)
            break;
        used += n;
    }
    readable(outbox);
    return used;
}

bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->first == NULL && outbox->spill == NULL;
}

size_t outbox_backlog(const struct outbox *outbox)
{
    return outbox->backlog;
}

uint64_t outbox_lines(const struct outbox *outbox)
{
    return outbox->lines;
}
