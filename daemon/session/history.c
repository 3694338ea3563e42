/* SPDX-License-Identifier: ISC */
#include "daemon/session/history.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/session/history_internal.h"
#include "proto/event.h"
#include "proto/event_done.h"
#include "proto/event_piece.h"

/* The least holds all the events of a small batch, and is one that glibc's malloc
 * keeps at hand for its thread. */
#define BLOCK_LEAST ((size_t)960)
#define BLOCK_MOST  ((size_t)16384)

/* ---- Cursors ------------------------------------------------------------------- */

static void free_first(struct history *history)
{
    struct history_block *first = history->first;

    history->first = first->next;
    if (history->first == NULL)
        history->last = NULL;
    history->held -= first->size;
    free(first);
}

/* Blocks that all have passed: nobody moves backwards. */
static void free_passed(struct history *history)
{
    while (history->first != NULL && history->first->cursors == 0)
        free_first(history);
}

struct history_source history_source_of(const struct plan *plan, uint32_t frame_bytes)
{
    bool has_all = plan_options_of(plan)->events == PLAN_EVENTS_ALL;
    uint64_t text = plan_text_bytes(plan) / (plan_n_jobs(plan) + 1);

    return (struct history_source){
        .plan = plan,
        .with_due = has_all,
        .line_bytes = frame_bytes + (has_all ? 30 : 0) +
                      (uint32_t)(text > UINT32_MAX / 2 ? UINT32_MAX / 2 : text),
    };
}

void history_fini(struct history *history)
{
    while (history->first != NULL)
        free_first(history);
}

void history_join(struct history *history, struct history_cursor *cursor)
{
    *cursor = (struct history_cursor){
        .history = history, .next = history->cursors, .seq = history->next_seq};
    if (cursor->next != NULL)
        cursor->next->before = cursor;
    history->cursors = cursor;
}

void history_leave(struct history_cursor *cursor)
{
    struct history *history = cursor->history;

    if (history == NULL)
        return;
    if (cursor->before != NULL)
        cursor->before->next = cursor->next;
    else
        history->cursors = cursor->next;
    if (cursor->next != NULL)
        cursor->next->before = cursor->before;
    if (cursor->block != NULL)
        cursor->block->cursors--;
    free_passed(history);
    memset(cursor, 0, sizeof(*cursor));
}

/* On to the next entry, or the end. */
static void leave_entry(struct history_cursor *cursor, const struct entry *entry)
{
    struct history_block *block = cursor->block;

    cursor->read += (uint32_t)(sizeof(*entry) + body_size(entry));
    cursor->read_n = 0;
    if (cursor->read < block->used)
        return;
    cursor->block = block->next;
    cursor->read = 0;
    block->cursors--;
    /* A block may have been made for what was not put after all. */
    while (cursor->block != NULL && cursor->block->used == 0)
        cursor->block = cursor->block->next;
    if (cursor->block != NULL)
        cursor->block->cursors++;
    free_passed(cursor->history);
}

/* Whether one of the next n records is for the cursor. */
static bool wants(const struct history_cursor *cursor, size_t n)
{
    return cursor->skip_seq < cursor->history->next_seq + n;
}

static bool is_wanted(const struct history *history, size_t n)
{
    for (const struct history_cursor *at = history->cursors; at != NULL; at = at->next)
        if (wants(at, n))
            return true;
    return false;
}

/* The next n records are counted and not kept. */
static void skip(struct history *history, size_t n)
{
    for (struct history_cursor *at = history->cursors; at != NULL; at = at->next)
        at->seq += n; /* all are at the end: what somebody wanted before is wanted still */
    history->next_seq += n;
}

/* The next n records are for those at the end too: from an entry of its own on. */
static void summon(struct history *history, struct history_block *block, size_t n, size_t bytes)
{
    for (struct history_cursor *cursor = history->cursors; cursor != NULL; cursor = cursor->next) {
        if (!wants(cursor, n)) {
            cursor->seq += n;
            continue;
        }
        cursor->unread += bytes;
        if (cursor->block != NULL)
            continue;
        cursor->block = block;
        cursor->read = block->used;
        block->cursors++;
        block->open = block->used;
    }
}

/* ---- Writing ------------------------------------------------------------------- */

/* The last block, with `need` bytes free behind what is used. */
static struct history_block *block_with(struct history *history, size_t need)
{
    struct history_block *last = history->last, *block;
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
    *block = (struct history_block){.size = (uint32_t)size};
    if (last != NULL)
        last->next = block;
    else
        history->first = block;
    history->last = block;
    history->held += size;
    return block;
}

char *history_line_room(struct history *history, size_t size)
{
    struct history_block *block = block_with(history, sizeof(struct entry) + aligned(size));

    return block == NULL ? NULL : body_of(entry_at(block, block->used));
}

/* Puts the entry of a line that is written at its place. */
static void put_line(struct history *history, struct entry line, size_t len)
{
    struct history_block *block = history->last;
    struct entry *entry = entry_at(block, block->used);

    summon(history, block, 1, len);
    *entry = line;
    block->used += (uint32_t)(sizeof(*entry) + body_size(entry));
    block->open = block->used;
    history->next_seq++;
}

void history_line_commit(struct history *history, size_t len)
{
    put_line(history, (struct entry){.kind = ENTRY_LINE, .n = (uint32_t)len}, len);
}

void history_line_commit_around(struct history *history, size_t len, struct event_text text)
{
    char *line = body_of(entry_at(history->last, history->last->used));
    const struct around around = around_take(line, &len, text);

    if (around.text_len == 0) {
        history_line_commit(history, len);
        return;
    }
    memmove(line + sizeof(around), line, len);
    memcpy(line, &around, sizeof(around));
    put_line(history, (struct entry){.kind = ENTRY_AROUND, .n = (uint32_t)len},
             len + around.text_len);
}

bool history_is_wanted(const struct history *history)
{
    return is_wanted(history, 1);
}

void history_skip_line(struct history *history)
{
    skip(history, 1);
}

size_t history_reserve(struct history *history, size_t most)
{
    struct history_block *block;
    size_t room;

    if (history->cursors == NULL)
        return most;
    block = block_with(history, HISTORY_OCCURRENCES_BYTES(BATCH_MIN_ROOM));
    if (block == NULL)
        return 0;
    room = (block->size - block->used) / HISTORY_OCCURRENCES_BYTES(1);
    return room < most ? room : most;
}

/* The last entry, if more records may be added to it; else a new one. */
static struct entry *open_entry(struct history_block *block, struct entry like)
{
    struct entry *last;

    if (block->open < block->used) {
        last = entry_at(block, block->open);
        if (last->kind == like.kind && last->status == like.status && last->at_ns == like.at_ns)
            return last;
    }
    block->open = block->used;
    block->used += (uint32_t)sizeof(like);
    last = entry_at(block, block->open);
    *last = like;
    return last;
}

/* Whether its line says no more than the job, how it ended and when it was handled. */
static bool is_compact(const struct history_source *source, const struct occurrence *o)
{
    return o->kind == OCCURRED_DONE && o->status != JOB_SKIPPED && o->ordinal <= 1 &&
           !source->with_due;
}

/* Puts those at the beginning that ended alike.  Returns how many. */
static size_t put_done(struct history *history, int64_t at_ns, const struct occurrence *occurred,
                       size_t n)
{
    struct history_block *block = history->last;
    struct entry *entry =
        open_entry(block, (struct entry){.kind = ENTRY_DONE,
                                         .status = occurred->status,
                                         .at_ns = at_ns < 0 ? occurred->due_ns : at_ns});
    uint32_t *jobs = (uint32_t *)(void *)body_of(entry) + entry->n;
    size_t put = 0;

    do {
        jobs[put] = occurred[put].job;
        put++;
    } while (put < n && occurred[put].status == occurred->status &&
             (at_ns >= 0 || occurred[put].due_ns == occurred->due_ns) &&
             is_compact(&history->source, &occurred[put]));
    entry->n += (uint32_t)put;
    block->used = block->open + (uint32_t)(sizeof(*entry) + body_size(entry));
    return put;
}

/* The same for those that differ.  Returns how many. */
static size_t put_full(struct history *history, int64_t at_ns, const struct occurrence *occurred,
                       size_t n)
{
    struct history_block *block = history->last;
    struct entry *entry =
        open_entry(block, (struct entry){.kind = ENTRY_OCCURRENCES, .at_ns = at_ns});
    size_t put = 1;

    while (put < n && !is_compact(&history->source, &occurred[put]))
        put++;
    memcpy((struct occurrence *)(void *)body_of(entry) + entry->n, occurred,
           put * sizeof(*occurred));
    entry->n += (uint32_t)put;
    block->used += (uint32_t)(put * sizeof(*occurred));
    return put;
}

void history_put(struct history *history, int64_t at_ns, const struct occurrence *occurred,
                 size_t n)
{
    if (n == 0)
        return;
    if (!is_wanted(history, n)) {
        skip(history, n);
        return;
    }
    summon(history, history->last, n, n * history->source.line_bytes);
    history->next_seq += n;
    while (n > 0) {
        size_t put = is_compact(&history->source, occurred) ? put_done(history, at_ns, occurred, n)
                                                            : put_full(history, at_ns, occurred, n);

        occurred += put;
        n -= put;
    }
}

/* ---- Reading ------------------------------------------------------------------- */

/* The next record, whatever kind of entry it is in. */
static struct occurrence record_of(const struct history_cursor *cursor, struct entry *entry)
{
    const void *records = body_of(entry);

    if (entry->kind == ENTRY_OCCURRENCES)
        return ((const struct occurrence *)records)[cursor->read_n];
    return (struct occurrence){.kind = OCCURRED_DONE,
                               .status = entry->status,
                               .job = ((const uint32_t *)records)[cursor->read_n]};
}

static void job_texts(const struct history_source *source, uint64_t seq, const struct entry *entry,
                      const struct occurrence *occurrence, struct event_job *job)
{
    *job = (struct event_job){
        .batch = source->batch,
        .ref = source->ref,
        .seq = seq,
        .at_ns = entry->at_ns < 0 ? occurrence->due_ns : entry->at_ns,
        .with_due = source->with_due,
    };
    event_job_texts(job, source->plan, occurrence);
}

static void leave_records(struct history_cursor *cursor, const struct entry *entry, uint32_t n)
{
    cursor->unread -= n * (uint64_t)cursor->history->source.line_bytes;
    cursor->seq += n;
    cursor->read_n += n;
    if (cursor->read_n == entry->n)
        leave_entry(cursor, entry);
}

/* Renders the next record; in pieces if it is longer than all the room there is, else
 * only as a whole. */
static size_t read_record(struct history_cursor *cursor, struct entry *entry, char *out,
                          size_t room, bool is_first)
{
    struct occurrence record = record_of(cursor, entry);
    struct event_job job;
    bool whole = true;
    size_t len;

    job_texts(&cursor->history->source, cursor->seq + 1, entry, &record, &job);
    if (EVENT_LINE_MAX + job.name.len + job.note.len + job.data.len <= room &&
        cursor->line_at == 0) {
        len = (size_t)(event_write_occurrence(out, &job, &record) - out);
    } else if (is_first || cursor->line_at > 0) {
        len = event_piece_write(out, room, cursor->line_at, &job, &record, &whole);
        cursor->line_at = whole ? 0 : cursor->line_at + len;
    } else {
        return 0;
    }
    if (whole)
        leave_records(cursor, entry, 1);
    return len;
}

/* Renders jobs that ended alike, `most` at most and as many as there is ample room for. */
static size_t read_done(struct history_cursor *cursor, struct entry *entry, uint64_t most,
                        char *out, size_t room)
{
    const struct history_source *source = &cursor->history->source;
    const uint32_t *jobs = (const uint32_t *)(const void *)body_of(entry);
    struct event_done done;
    uint32_t i = cursor->read_n, end = entry->n;
    char *at = out;

    if (most < end - i)
        end = i + (uint32_t)most;
    if (source->ref == NULL)
        event_done_begin(&done, source->batch, (enum job_status)entry->status, entry->at_ns);
    else
        event_done_begin_ref(&done, source->ref, (enum job_status)entry->status, entry->at_ns);
    for (; i < end; i++) {
        plan_text_ref name_ref, data_ref;
        struct event_text name, data;

        plan_job_text(source->plan, jobs[i], &name_ref, &data_ref);
        name = event_plan_text(source->plan, name_ref);
        data = event_plan_text(source->plan, data_ref);
        if (EVENT_LINE_MAX + name.len + data.len > room - (size_t)(at - out))
            break;
        at = source->ref == NULL
                 ? event_done_write(at, &done, jobs[i], name, data)
                 : event_done_write_seq(at, &done, cursor->seq + 1 + (i - cursor->read_n), jobs[i],
                                        name, data);
    }
    leave_records(cursor, entry, i - cursor->read_n);
    return (size_t)(at - out);
}

/* Renders as much of a line as fits. */
static size_t read_line(struct history_cursor *cursor, struct entry *entry, char *out, size_t room)
{
    size_t end = line_len(entry), n = 0;

    while (n < room && cursor->read_n < end) {
        size_t more;
        const char *from = line_at(entry, cursor->read_n, &more);

        if (more > room - n)
            more = room - n;
        memcpy(out + n, from, more);
        n += more;
        cursor->read_n += (uint32_t)more;
    }
    cursor->unread -= n;
    if (cursor->read_n == end) {
        cursor->seq++;
        leave_entry(cursor, entry);
    }
    return n;
}

/* What of a record's line has not been read, on the heap; NULL when out of memory. */
static char *rest_of_record(struct history_cursor *cursor, struct entry *entry, size_t *len)
{
    struct occurrence record = record_of(cursor, entry);
    struct event_job job;
    bool whole;
    size_t most;
    char *text;

    job_texts(&cursor->history->source, cursor->seq + 1, entry, &record, &job);
    most = EVENT_LINE_MAX + job.name.len + job.note.len + job.data.len;
    text = malloc(most);
    if (text == NULL)
        return NULL;
    *len = event_piece_write(text, most, cursor->line_at, &job, &record, &whole);
    cursor->line_at = 0;
    leave_records(cursor, entry, 1);
    return text;
}

int history_take_rest(struct history_cursor *cursor, char **text, size_t *len)
{
    struct entry *entry;

    *text = NULL;
    if (cursor->block == NULL)
        return 0;
    entry = entry_at(cursor->block, cursor->read);
    if (cursor->line_at > 0) {
        *text = rest_of_record(cursor, entry, len);
        return *text == NULL ? -1 : 0;
    }
    if (!is_line(entry) || cursor->read_n == 0)
        return 0;
    *len = line_len(entry) - cursor->read_n;
    *text = malloc(*len);
    if (*text == NULL)
        return -1;
    (void)read_line(cursor, entry, *text, *len);
    return 0;
}

/* Passes records that the cursor's owner does not want, behind which there is one that
 * it does. */
static void pass_unwanted(struct history_cursor *cursor)
{
    while (cursor->seq < cursor->skip_seq) {
        struct entry *entry = entry_at(cursor->block, cursor->read);
        uint64_t most = cursor->skip_seq - cursor->seq;
        uint32_t n = entry->n - cursor->read_n;

        leave_records(cursor, entry, most < n ? (uint32_t)most : n);
    }
}

/* The next entry, whatever it is.  It is freed once it was read whole. */
static size_t read_next(struct history_cursor *cursor, uint64_t most, char *out, size_t room,
                        bool is_first)
{
    struct entry *entry = entry_at(cursor->block, cursor->read);
    size_t n = 0;

    if (is_line(entry))
        return read_line(cursor, entry, out, room);
    if (entry->kind == ENTRY_DONE && cursor->line_at == 0)
        n = read_done(cursor, entry, most, out, room);
    return n > 0 ? n : read_record(cursor, entry, out, room, is_first);
}

size_t history_read(struct history_cursor *cursor, uint64_t until_seq, char *out, size_t room,
                    bool is_first)
{
    size_t used = 0;

    pass_unwanted(cursor);
    while (used < room && cursor->seq < until_seq) {
        size_t n = read_next(cursor, until_seq - cursor->seq, out + used, room - used,
                             is_first && used == 0);

        if (n == 0)
            break;
        used += n;
    }
    return used;
}
