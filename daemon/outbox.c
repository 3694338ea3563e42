/* SPDX-License-Identifier: ISC */
#include "daemon/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "proto/event.h"

#define BLOCK_LEAST ((size_t)512)
#define BLOCK_MOST  ((size_t)16384)

enum entry_kind { ENTRY_LINE, ENTRY_RECORDS };

/* What stands in a block, each entry aligned for its header, its line or its
 * records right behind it. */
struct entry {
    enum entry_kind kind;
    uint32_t n; /* bytes of the line, or records */
    union {
        struct outbox_source *ends;         /* ENTRY_LINE */
        const struct outbox_source *source; /* ENTRY_RECORDS */
    } of;
    int64_t at_ns; /* ENTRY_RECORDS */
};

struct outbox_block {
    struct outbox_block *next;
    size_t size, used; /* of bytes[] */
    size_t read;       /* the entry that is rendered next */
    uint32_t read_n;   /* and how much of it has been */
    size_t open;       /* the last entry, if it is one of records that may grow; else `used` */
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
    return entry->kind == ENTRY_LINE ? aligned(entry->n) : entry->n * sizeof(struct occurrence);
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
    block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    *block = (struct outbox_block){.size = size};
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
    block->used += sizeof(*entry) + aligned(len);
    block->open = block->used;
    outbox->backlog += len;
}

struct occurrence *outbox_record_room(struct outbox *outbox, size_t *room)
{
    struct outbox_block *block =
        block_with(outbox, sizeof(struct entry) + BATCH_MIN_ROOM * sizeof(struct occurrence));

    if (block == NULL)
        return NULL;
    *room = (block->size - block->used - sizeof(struct entry)) / sizeof(struct occurrence);
    return (struct occurrence *)(void *)body_of(entry_at(block, block->used));
}

/* Whether records of this source and time can be added to the last entry. */
static bool continues(struct outbox_block *block, const struct outbox_source *source, int64_t at_ns)
{
    const struct entry *last;

    if (block->open >= block->used)
        return false;
    last = entry_at(block, block->open);
    return last->of.source == source && last->at_ns == at_ns;
}

void outbox_record_commit(struct outbox *outbox, const struct outbox_source *source, int64_t at_ns,
                          size_t n)
{
    struct outbox_block *block = outbox->last;
    struct entry *entry = entry_at(block, block->used);
    size_t bytes = n * sizeof(struct occurrence);

    if (n == 0)
        return;
    if (continues(block, source, at_ns)) {
        memmove(entry, body_of(entry), bytes);
        entry_at(block, block->open)->n += (uint32_t)n;
        block->used += bytes;
    } else {
        *entry = (struct entry){
            .kind = ENTRY_RECORDS, .n = (uint32_t)n, .of.source = source, .at_ns = at_ns};
        block->open = block->used;
        block->used += sizeof(*entry) + bytes;
    }
    outbox->backlog += n * source->line_bytes;
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
    block->read += sizeof(*entry) + body_size(entry);
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

static void job_texts(const struct entry *entry, const struct occurrence *occurrence,
                      struct event_job *job)
{
    const struct outbox_source *source = entry->of.source;
    plan_text_ref name, data;

    plan_job_text(source->plan, occurrence->job, &name, &data);
    *job = (struct event_job){
        .batch = source->batch,
        .at_ns = entry->at_ns < 0 ? occurrence->due_ns : entry->at_ns,
        .name = text_of(source->plan, name),
        .with_due = source->with_due,
    };
    if (occurrence->kind == OCCURRED_STEP)
        job->note = text_of(source->plan,
                            plan_job_note(source->plan, occurrence->job, occurrence->ordinal));
    if (occurrence->kind == OCCURRED_DONE)
        job->data = text_of(source->plan, data);
}

/* Renders the next record.  Into the spill if `room` is the whole of it and it
 * is too small; returns 0 if it should be tried again with more room. */
static size_t render_record(struct outbox *outbox, struct outbox_block *block, struct entry *entry,
                            char *out, size_t room, bool is_first)
{
    const struct occurrence *records = (const struct occurrence *)(const void *)body_of(entry);
    const struct occurrence *record = &records[block->read_n];
    struct event_job job;
    size_t most, len;
    char *to = out;

    job_texts(entry, record, &job);
    most = EVENT_LINE_MAX + job.name.len + job.note.len + job.data.len;
    if (most > room) {
        if (!is_first)
            return 0;
        to = outbox->spill = malloc(most);
        if (to == NULL)
            return 0;
    }
    len = (size_t)(event_write_occurrence(to, &job, record) - to);
    outbox->backlog -= entry->of.source->line_bytes;
    outbox->lines++;
    if (++block->read_n == entry->n)
        leave_entry(block, entry);
    if (to == out)
        return len;
    outbox->spill_at = 0;
    outbox->spill_len = len;
    return spill_out(outbox, out, room);
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
        size_t n;

        if (block == NULL)
            break;
        entry = entry_at(block, block->read);
        if (entry->kind == ENTRY_LINE)
            n = render_line(outbox, block, entry, out + used, room - used, ended);
        else
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
