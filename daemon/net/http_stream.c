/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_stream.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_auth.h"
#include "daemon/net/http_duplex.h"
#include "daemon/net/http_frames.h"
#include "daemon/net/http_reply.h"
#include "proto/due.h"

/* Between two looks at the clock: units of work; and how long a slice is. */
#define WORK_UNITS 256
#define SLICE_NS   INT64_C(500000)

/* A stream of events that says nothing for so long sends a comment: whoever is in between
 * does not take it for dead, and a client that has gone is found out. */
#define COMMENT_NS INT64_C(15000000000)

/* How much is made into events at a time. */
#define LINES_BYTES 1024

/* How much of a line is looked at. */
#define PEEK_BYTES 256

struct http_stream {
    struct http_connection *c;
    struct channel *channel;
    struct http_duplex *duplex;
    struct http_frames *frames; /* NULL for lines */
    char peeked[PEEK_BYTES];    /* the beginning of a line that was looked at */
    size_t peeked_len;
    char *kept; /* events that there was no room for */
    size_t kept_at, kept_len;
    bool begun;
    bool woken; /* by what it watches */
    bool many;  /* events */
    enum fault_code refusal;
    int64_t sent_ns; /* when output last was rendered */
};

static void on_wake(void *context)
{
    struct http_stream *stream = context;

    stream->woken = true;
    agenda_set(&stream->c->http->connections, stream->c->slot, 0);
}

static int take_one(struct http_stream *stream, enum http_stream_takes takes)
{
    const struct request_expectation expected = {
        .op = takes == HTTP_STREAM_FORECAST ? REQUEST_FORECAST : REQUEST_SUBMIT,
        .key = stream->c->exchange.key,
        .key_name = "Idempotency-Key",
    };

    return channel_expect_one_request(stream->channel, &expected);
}

struct http_stream *http_stream_new(struct http_connection *c, enum http_stream_takes takes,
                                    bool as_events)
{
    struct http_stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        return NULL;
    stream->c = c;
    stream->sent_ns = c->timeouts.active_ns = clock_now_ns();
    stream->channel = channel_new(&c->http->channel_env, http_auth_principal(c));
    if (as_events)
        stream->frames = calloc(1, sizeof(*stream->frames));
    if (!stream->channel || (as_events && !stream->frames) ||
        (takes != HTTP_STREAM_REQUESTS && take_one(stream, takes) != 0)) {
        http_stream_free(stream);
        return NULL;
    }
    channel_set_number(stream->channel, c->number);
    channel_set_wake(stream->channel, on_wake, stream);
    if (c->http->draining)
        channel_refuse_batches(stream->channel);
    return stream;
}

void http_stream_free(struct http_stream *stream)
{
    if (!stream)
        return;
    http_duplex_free(stream->duplex);
    channel_free(stream->channel);
    free(stream->frames);
    free(stream->kept);
    free(stream);
}

void http_stream_note(struct http_stream *stream, const struct channel_event *event)
{
    if (event->kind == CHANNEL_ACCEPTED)
        stream->begun = true;
    if (event->kind == CHANNEL_REFUSED && stream->refusal == FAULT_NONE)
        stream->refusal = event->fault->code;
}

enum fault_code http_stream_refusal(const struct http_stream *stream)
{
    return stream->refusal;
}

void http_stream_expect_many(struct http_stream *stream)
{
    stream->many = true;
}

struct http_duplex **http_stream_duplex(struct http_stream *stream)
{
    return &stream->duplex;
}

/* ---- Input ---------------------------------------------------------------------- */

bool http_stream_wants_input(const struct http_stream *stream)
{
    return channel_wants_input(stream->channel) || channel_input_ended(stream->channel);
}

size_t http_stream_feed(struct http_stream *stream, int64_t now_ns, const char *bytes, size_t len)
{
    int64_t until_ns = now_ns + SLICE_NS;
    size_t used = 0;

    stream->c->timeouts.active_ns = now_ns;
    stream->c->http->speaking = stream;
    while (used < len && now_ns < until_ns && channel_wants_input(stream->channel)) {
        used += channel_feed(stream->channel, now_ns, bytes + used, len - used);
        now_ns = clock_now_ns();
    }
    stream->c->http->speaking = NULL;
    return channel_input_ended(stream->channel) ? len : used;
}

void http_stream_end_input(struct http_stream *stream, int64_t now_ns)
{
    stream->c->http->speaking = stream;
    channel_end_input(stream->channel, now_ns);
    stream->c->http->speaking = NULL;
}

/* ---- Work ----------------------------------------------------------------------- */

void http_stream_work(struct http_stream *stream, int64_t now_ns)
{
    int64_t until_ns = now_ns + SLICE_NS;

    stream->woken = false;
    stream->c->http->speaking = stream;
    while (now_ns < until_ns && channel_next_due(stream->channel) <= now_ns) {
        channel_work(stream->channel, now_ns, WORK_UNITS);
        now_ns = clock_now_ns();
    }
    if (channel_request_due(stream->channel, now_ns) <= now_ns)
        channel_refuse_late(stream->channel);
    stream->c->http->speaking = NULL;
}

bool http_stream_is_quiet(const struct http_stream *stream)
{
    return channel_wants_input(stream->channel) && !http_stream_has_output(stream) &&
           channel_next_due(stream->channel) == DUE_NEVER;
}

int64_t http_stream_next_due(struct http_stream *stream, int64_t now_ns)
{
    const struct http_exchange *x = &stream->c->exchange;
    int64_t due_ns = stream->woken ? 0 : channel_next_due(stream->channel);

    due_ns = due_earlier(due_ns, channel_request_due(stream->channel, now_ns));
    /* Only while the library has nothing to send. */
    if (stream->frames && x->phase == HTTP_ANSWERING && x->suspended)
        due_ns = due_earlier(due_ns, saturate_add_ns(stream->sent_ns, COMMENT_NS));
    return due_ns;
}

/* ---- Output --------------------------------------------------------------------- */

bool http_stream_has_output(const struct http_stream *stream)
{
    return stream->kept || stream->peeked_len > 0 || channel_has_output(stream->channel);
}

bool http_stream_is_over(const struct http_stream *stream)
{
    return !stream->kept && stream->peeked_len == 0 && channel_is_drained(stream->channel);
}

bool http_stream_awaits_event(const struct http_stream *stream)
{
    return !http_stream_has_output(stream) && channel_awaits_event(stream->channel);
}

static size_t render(struct http_stream *stream, char *out, size_t room)
{
    return channel_render(stream->channel, clock_now_ns(), out, room);
}

bool http_stream_begins_with(struct http_stream *stream, const char *text)
{
    if (stream->peeked_len == 0)
        stream->peeked_len = render(stream, stream->peeked, PEEK_BYTES);
    return stream->peeked_len >= strlen(text) && memcmp(stream->peeked, text, strlen(text)) == 0;
}

size_t http_stream_peek(struct http_stream *stream, const char **bytes)
{
    if (stream->peeked_len == 0)
        stream->peeked_len = render(stream, stream->peeked, PEEK_BYTES);
    *bytes = stream->peeked;
    return stream->peeked_len;
}

/* Lines as the channel has them, with what was looked at before them. */
static size_t render_lines(struct http_stream *stream, char *out, size_t room)
{
    size_t n = stream->peeked_len;

    if (n == 0)
        return render(stream, out, room);
    if (n > room)
        n = room;
    memcpy(out, stream->peeked, n);
    stream->peeked_len -= n;
    memmove(stream->peeked, stream->peeked + n, stream->peeked_len);
    return n;
}

static size_t take_kept(struct http_stream *stream, char *out, size_t room)
{
    size_t n = stream->kept_len - stream->kept_at;

    if (n > room)
        n = room;
    memcpy(out, stream->kept + stream->kept_at, n);
    stream->kept_at += n;
    if (stream->kept_at == stream->kept_len) {
        free(stream->kept);
        stream->kept = NULL;
    }
    return n;
}

/* Makes some lines into events, and keeps them. */
static int keep_events(struct http_stream *stream)
{
    char lines[LINES_BYTES];
    size_t n = render_lines(stream, lines, sizeof(lines));
    char *end;

    if (n == 0)
        return -1;
    stream->kept = malloc(HTTP_FRAMES_ROOM(n));
    if (!stream->kept)
        return -1;
    end = http_frames_write(stream->frames, stream->kept, lines, n);
    stream->kept_at = 0;
    stream->kept_len = (size_t)(end - stream->kept);
    if (stream->kept_len == 0) { /* the beginning of a line, which is kept elsewhere */
        free(stream->kept);
        stream->kept = NULL;
    }
    return 0;
}

static ptrdiff_t render_events(struct http_stream *stream, char *out, size_t room)
{
    size_t used = 0;

    while (used < room && http_stream_has_output(stream)) {
        if (stream->kept)
            used += take_kept(stream, out + used, room - used);
        else if (keep_events(stream) != 0)
            return -1;
    }
    return (ptrdiff_t)used;
}

ptrdiff_t http_stream_render(struct http_stream *stream, int64_t now_ns, char *out, size_t room)
{
    static const char comment[] = ":\n\n";
    ptrdiff_t n = 0;

    if (channel_next_due(stream->channel) <= now_ns)
        http_stream_work(stream, now_ns);
    if (stream->frames) {
        n = render_events(stream, out, room);
        if (n == 0 && now_ns >= saturate_add_ns(stream->sent_ns, COMMENT_NS) &&
            room >= strlen(comment)) {
            memcpy(out, comment, strlen(comment));
            n = (ptrdiff_t)strlen(comment);
        }
    } else if (http_stream_has_output(stream)) {
        n = (ptrdiff_t)render_lines(stream, out, room);
        if (n == 0)
            n = -1;
    }
    if (n > 0) {
        stream->sent_ns = stream->c->timeouts.active_ns = now_ns;
        stats_bytes(stream->c->http->env.env->stats, 0, (uint64_t)n);
    }
    return n;
}

void http_stream_write_lines(struct http_stream *stream)
{
    free(stream->frames);
    stream->frames = NULL;
}

/* An `id` may make it as long as a request. */
char *http_stream_take_line(struct http_stream *stream, size_t *len)
{
    size_t room = 0, used = 0;
    char *line = NULL, *feed = NULL;
    ptrdiff_t n;

    http_stream_write_lines(stream);
    do {
        if (room - used < LINES_BYTES) {
            char *more = realloc(line, 2 * room + 2 * LINES_BYTES);

            if (!more) {
                free(line);
                return NULL;
            }
            line = more;
            room = 2 * room + 2 * LINES_BYTES;
        }
        n = http_stream_render(stream, clock_now_ns(), line + used, room - used);
        feed = n > 0 ? memchr(line + used, '\n', (size_t)n) : NULL;
        used += n > 0 ? (size_t)n : 0;
    } while (n > 0 && !feed);
    *len = feed ? (size_t)(feed - line) + 1 : used;
    return line;
}

const char *http_stream_type(const struct http_stream *stream)
{
    return stream->frames ? "text/event-stream" : "application/x-ndjson";
}

/* Between the head of the answer and its end, which the library asks for once it is resumed. */
static ssize_t write_many(struct http_stream *stream)
{
    struct http_connection *c = stream->c;

    if (!stream->duplex)
        stream->duplex = http_duplex_new(c, HTTP_DUPLEX_WITHIN);
    if (!stream->duplex)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!http_duplex_is_over(stream->duplex))
        http_duplex_write(stream->duplex);
    if (http_duplex_is_broken(stream->duplex))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (http_duplex_is_over(stream->duplex))
        return MHD_CONTENT_READER_END_OF_STREAM;
    http_exchange_suspend(c);
    http_schedule(c, clock_now_ns());
    return 0;
}

/* The library asks for more of the answer. */
static ssize_t read_answer(void *context, uint64_t at, char *out, size_t room)
{
    struct http_stream *stream = context;
    struct http_connection *c = stream->c;
    int64_t now_ns = clock_now_ns();
    ptrdiff_t n;

    (void)at;
    if (c->exchange.hang_up)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    c->timeouts.read_ns = now_ns;
    if (stream->many)
        return write_many(stream);
    n = http_stream_render(stream, now_ns, out, room);
    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0 && http_stream_is_over(stream))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0)
        http_exchange_suspend(c);
    http_schedule(c, now_ns);
    return n;
}

struct MHD_Response *http_stream_response(struct http_stream *stream, const char *type)
{
    /* Of an answer until close the library takes a piece at a time of this size. */
    struct MHD_Response *response =
        stream->c->exchange.is_head
            ? http_reply_without_body()
            : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_answer, stream, NULL);

    if (response)
        MHD_add_response_header(response, "Content-Type", type ? type : http_stream_type(stream));
    return response;
}

/* ---- Orders --------------------------------------------------------------------- */

void http_stream_drain(struct http_stream *stream)
{
    channel_refuse_batches(stream->channel);
}

void http_stream_cancel(struct http_stream *stream, int64_t now_ns)
{
    stream->c->http->speaking = stream;
    channel_cancel_all(stream->channel, now_ns);
    stream->c->http->speaking = NULL;
}

void http_stream_limits_changed(struct http_stream *stream)
{
    channel_limits_changed(stream->channel);
}
