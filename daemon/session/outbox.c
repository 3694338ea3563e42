/* SPDX-License-Identifier: ISC */
#include "daemon/session/outbox.h"

#include <stdlib.h>
#include <string.h>

#define LINES_LEAST ((size_t)960)
#define QUEUE_LEAST UINT64_C(4)

/* Answers one after another; or one that is around a long id. */
struct outbox_lines {
    struct outbox_lines *next;
    size_t size, used, read; /* of bytes[], without the id; and with it */
    struct request_id *id;   /* NULL for none; held */
    struct around around;
    char bytes[];
};

static size_t unread(const struct outbox_lines *lines)
{
    return lines->used + lines->around.text_len - lines->read;
}

/* ---- The queue ------------------------------------------------------------------ */

static struct outbox_stretch *stretch_at(struct outbox *outbox, uint64_t place)
{
    return &outbox->queue[place & (outbox->size - 1)];
}

/* Makes sure that there are `more` places besides those in use. */
static int reserve(struct outbox *outbox, uint64_t more)
{
    uint64_t n = outbox->tail - outbox->head, size = outbox->size;
    struct outbox_stretch *queue;

    if (size - n >= more)
        return 0;
    size = size > 0 ? 2 * size : QUEUE_LEAST;
    while (size - n < more)
        size *= 2;
    queue = malloc(size * sizeof(*queue));
    if (queue == NULL)
        return -1;
    for (uint64_t place = outbox->head; place < outbox->tail; place++)
        queue[place & (size - 1)] = *stretch_at(outbox, place);
    free(outbox->queue);
    outbox->queue = queue;
    outbox->size = size;
    return 0;
}

/* An empty queue owns no memory, unless watches need it at any time. */
static void pop(struct outbox *outbox)
{
    outbox->head++;
    if (outbox->head < outbox->tail || outbox->n_watches > 0)
        return;
    free(outbox->queue);
    outbox->queue = NULL;
    outbox->size = 0;
}

static void free_lines(struct outbox *outbox)
{
    struct outbox_lines *first = outbox->first;

    outbox->first = first->next;
    if (outbox->first == NULL)
        outbox->last = NULL;
    request_id_release(first->id, &outbox->unused_ids);
    free(first);
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->first != NULL) {
        outbox->backlog -= unread(outbox->first);
        free_lines(outbox);
    }
    free(outbox->queue);
    outbox->queue = NULL;
    outbox->head = outbox->tail;
    outbox->size = 0;
    outbox->passed = NULL;
    free(outbox->rest);
    outbox->rest = NULL;
}

/* ---- Answers -------------------------------------------------------------------- */

/* Whether a line of so many bytes, and around that id, may follow those that there are. */
static bool has_room(const struct outbox_lines *lines, size_t size, const struct request_id *id)
{
    return lines != NULL && lines->id == NULL && id == NULL && lines->size - lines->used >= size;
}

char *outbox_line_room(struct outbox *outbox, size_t size, struct request_id *id)
{
    struct outbox_lines *lines = outbox->last;

    size += outbox_id(id).len;
    if (request_id_text(id).len == outbox_id(id).len)
        id = NULL; /* it is copied */
    if (reserve(outbox, outbox->n_watches + 1) != 0)
        return NULL;
    if (has_room(lines, size, id))
        return lines->bytes + lines->used;
    if (size < LINES_LEAST)
        size = LINES_LEAST;
    lines = malloc(sizeof(*lines) + size);
    if (lines == NULL)
        return NULL;
    *lines = (struct outbox_lines){.size = size, .id = request_id_hold(id)};
    if (outbox->last != NULL)
        outbox->last->next = lines;
    else
        outbox->first = lines;
    outbox->last = lines;
    return lines->bytes;
}

void outbox_line_commit(struct outbox *outbox, const char *end)
{
    struct outbox_lines *lines = outbox->last;
    struct outbox_stretch *last = NULL;
    size_t len = (size_t)(end - lines->bytes) - lines->used;

    lines->around = around_take(lines->bytes + lines->used, &len, request_id_text(lines->id));
    lines->used += len;
    len += lines->around.text_len;
    if (outbox->head < outbox->tail)
        last = stretch_at(outbox, outbox->tail - 1);
    if (last == NULL || last->watch != NULL) {
        last = stretch_at(outbox, outbox->tail++);
        *last = (struct outbox_stretch){0};
    }
    last->until += len;
    outbox->backlog += len;
}

/* ---- Batches -------------------------------------------------------------------- */

int outbox_watch_begin(struct outbox *outbox, struct outbox_watch *watch, struct history *history)
{
    *watch = (struct outbox_watch){0};
    if (reserve(outbox, outbox->n_watches + 1) != 0)
        return -1;
    outbox->n_watches++;
    watch->outbox = outbox;
    watch->until_seq = history->next_seq;
    history_join(history, &watch->cursor);
    return 0;
}

/* What the cursor has unread is in the backlog, no more and no less. */
static void count(struct outbox_watch *watch)
{
    watch->outbox->backlog += watch->cursor.unread - watch->counted;
    watch->counted = watch->cursor.unread;
}

static bool is_queued(const struct outbox_watch *watch)
{
    return watch->cursor.seq < watch->until_seq && watch->outbox->size > 0;
}

/* Its stretches stay as answers of no bytes. */
static void empty_stretches(struct outbox_watch *watch)
{
    struct outbox *outbox = watch->outbox;

    for (uint64_t place = outbox->head; place < outbox->tail; place++)
        if (stretch_at(outbox, place)->watch == watch)
            *stretch_at(outbox, place) = (struct outbox_stretch){0};
    while (outbox->head < outbox->tail && stretch_at(outbox, outbox->head)->watch == NULL &&
           stretch_at(outbox, outbox->head)->until == 0)
        pop(outbox);
}

void outbox_watch_move(struct outbox_watch *watch, struct history *history)
{
    uint64_t skip_seq = watch->cursor.skip_seq;

    history_leave(&watch->cursor);
    history_join(history, &watch->cursor);
    watch->cursor.skip_seq = skip_seq;
    watch->until_seq = history->next_seq;
}

bool outbox_watch_is_drained(const struct outbox_watch *watch)
{
    return !is_queued(watch);
}

int outbox_watch_settle(struct outbox_watch *watch, uint64_t *last_seq)
{
    struct outbox *outbox = watch->outbox;
    bool queued = is_queued(watch);
    char *rest = NULL;
    size_t len = 0;

    *last_seq = watch->cursor.skip_seq;
    if (queued && history_take_rest(&watch->cursor, &rest, &len) != 0)
        return -1;
    if (rest != NULL) { /* nobody else's line can have been begun */
        outbox->rest = rest;
        outbox->rest_at = 0;
        outbox->rest_len = len;
    }
    if (queued && !is_queued(watch)) /* that line was all */
        empty_stretches(watch);
    count(watch);
    if (watch->cursor.seq > *last_seq)
        *last_seq = watch->cursor.seq;
    return 0;
}

static void forget_passed(struct outbox_watch *watch)
{
    struct outbox_watch **at = &watch->outbox->passed;

    while (*at != NULL && *at != watch)
        at = &(*at)->next;
    if (*at != NULL)
        *at = watch->next;
}

void outbox_watch_end(struct outbox_watch *watch)
{
    struct outbox *outbox = watch->outbox;

    if (outbox == NULL)
        return;
    outbox->n_watches--;
    if (is_queued(watch))
        empty_stretches(watch);
    if (watch->passed)
        forget_passed(watch);
    history_leave(&watch->cursor); /* and nothing is unread */
    count(watch);
    *watch = (struct outbox_watch){0};
}

void outbox_notice(struct outbox_watch *watch)
{
    struct outbox *outbox = watch->outbox;
    uint64_t next_seq = watch->cursor.history->next_seq;
    bool queued = is_queued(watch);

    count(watch);
    if (next_seq == watch->until_seq)
        return;
    if (history_at_end(&watch->cursor)) { /* what came is not wanted */
        watch->until_seq = next_seq;
        return;
    }
    watch->until_seq = next_seq;
    /* Longer, if nothing came in between, or if there is no memory to say so. */
    if (queued &&
        (watch->place == outbox->tail - 1 || reserve(outbox, outbox->n_watches + 1) != 0)) {
        stretch_at(outbox, watch->place)->until = next_seq;
        return;
    }
    watch->place = outbox->tail;
    *stretch_at(outbox, outbox->tail++) =
        (struct outbox_stretch){.watch = watch, .until = next_seq};
}

/* ---- Reading --------------------------------------------------------------------- */

static size_t read_answers(struct outbox *outbox, struct outbox_stretch *answers, char *out,
                           size_t room)
{
    struct outbox_lines *lines;
    const char *piece;
    size_t n;

    /* One may have been made for a line that was not written after all. */
    while (unread(outbox->first) == 0)
        free_lines(outbox);
    lines = outbox->first;
    piece = around_piece(&lines->around, lines->bytes, lines->used, lines->read, &n);

    if (n > answers->until)
        n = answers->until;
    if (n > room)
        n = room;
    memcpy(out, piece, n);
    lines->read += n;
    outbox->backlog -= n;
    answers->until -= n;
    if (unread(lines) == 0)
        free_lines(outbox);
    for (size_t i = 0; i < n; i++)
        outbox->lines += out[i] == '\n';
    if (answers->until == 0)
        pop(outbox);
    return n;
}

static size_t read_records(struct outbox *outbox, const struct outbox_stretch *records, char *out,
                           size_t room, bool is_first)
{
    struct outbox_watch *watch = records->watch;
    uint64_t seq = watch->cursor.seq;
    size_t n = history_read(&watch->cursor, records->until, out, room, is_first);

    outbox->lines += watch->cursor.seq - seq;
    if (n > 0)
        watch->read_ns = outbox->now_ns;
    count(watch);
    if (watch->cursor.seq < records->until)
        return n;
    pop(outbox);
    if (watch->ended && watch->cursor.seq == watch->until_seq) {
        watch->next = outbox->passed;
        outbox->passed = watch;
        watch->passed = true;
    }
    return n;
}

static size_t read_rest(struct outbox *outbox, char *out, size_t room)
{
    size_t n = outbox->rest_len - outbox->rest_at;

    if (n > room)
        n = room;
    memcpy(out, outbox->rest + outbox->rest_at, n);
    outbox->rest_at += n;
    if (outbox->rest_at == outbox->rest_len) {
        free(outbox->rest);
        outbox->rest = NULL;
    }
    return n;
}

size_t outbox_render(struct outbox *outbox, char *out, size_t room)
{
    size_t used = outbox->rest != NULL ? read_rest(outbox, out, room) : 0;

    while (used < room) {
        struct outbox_stretch *first;
        size_t n;

        if (outbox->head == outbox->tail)
            break;
        first = stretch_at(outbox, outbox->head);
        if (first->watch == NULL && first->until == 0) {
            pop(outbox); /* of a watch that ended */
            continue;
        }
        if (first->watch == NULL)
            n = read_answers(outbox, first, out + used, room - used);
        else
            n = read_records(outbox, first, out + used, room - used, used == 0);
        used += n;
        if (n == 0)
            break;
    }
    return used;
}

struct outbox_watch *outbox_passed(struct outbox *outbox)
{
    struct outbox_watch *watch = outbox->passed;

    if (watch != NULL) {
        outbox->passed = watch->next;
        watch->passed = false;
    }
    return watch;
}

bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->head == outbox->tail && outbox->rest == NULL;
}

size_t outbox_backlog(const struct outbox *outbox)
{
    return outbox->backlog;
}

uint64_t outbox_lines(const struct outbox *outbox)
{
    return outbox->lines;
}
