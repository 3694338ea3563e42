/* SPDX-License-Identifier: ISC */
#include "client/net/replay_stream.h"

#include <stdint.h>
#include <string.h>

#include "proto/event_scan.h"
#include "proto/scan.h"

#define RECORD_SEPARATOR '\x1e' /* RFC 7464 */

static const char byte_order_mark[] = "\xef\xbb\xbf";
static const char event_begins[] = "{\"event\":\"";

void replay_stream_fini(struct replay_stream *stream)
{
    bytes_fini(&stream->input);
    bytes_fini(&stream->line);
    lexer_free(stream->lexer);
    *stream = (struct replay_stream){0};
}

int replay_stream_feed(struct replay_stream *stream, const char *piece, size_t len)
{
    bytes_consume(&stream->input, stream->used);
    stream->used = 0;
    bytes_add(&stream->input, piece, len);
    return stream->input.failed ? -1 : 0;
}

void replay_stream_finish(struct replay_stream *stream)
{
    stream->has_ended = true;
}

/* Behind blanks and marks between values. */
static const char *skip_between(const char *at, const char *end)
{
    const size_t mark_len = sizeof byte_order_mark - 1;

    for (;;) {
        at = scan_blanks(at, end);
        if (at < end && *at == RECORD_SEPARATOR)
            at++;
        else if ((size_t)(end - at) >= mark_len && memcmp(at, byte_order_mark, mark_len) == 0)
            at += mark_len;
        else
            return at;
    }
}

/* Whether the piece ends within a mark. */
static bool is_cut_mark(const char *at, const char *end)
{
    size_t len = (size_t)(end - at);

    return len < sizeof byte_order_mark - 1 && memcmp(at, byte_order_mark, len) == 0;
}

/* ---- Lines of events --------------------------------------------------------------- */

/* The value as a line: less the blanks between tokens. */
static void make_line(struct bytes *line, const char *at, const char *end)
{
    bytes_consume(line, bytes_len(line));
    while ((at = scan_blanks(at, end)) < end) {
        const char *from = at++;

        if (*from == '"')
            while (*at++ != '"')
                at += at[-1] == '\\';
        else
            while (at < end && *at != '"' && (unsigned char)*at > ' ')
                at++;
        bytes_add(line, from, (size_t)(at - from));
    }
    bytes_add_char(line, '\n');
}

static enum replay_stream_kind hand_out(struct replay_stream *stream,
                                        struct replay_stream_item *item,
                                        enum replay_stream_kind kind, const char *text, size_t len)
{
    item->kind = kind;
    item->text = text;
    item->len = len;
    stream->used = (size_t)(text - bytes_at(&stream->input)) + len;
    stream->lexed = 0;
    stream->is_bad = false;
    return kind;
}

/* A value that is whole and well-formed lies between `at` and `to`, and behind it
 * the rest of the input. */
static enum replay_stream_kind hand_out_value(struct replay_stream *stream,
                                              struct replay_stream_item *item, const char *at,
                                              const char *to, const char *end)
{
    hand_out(stream, item, REPLAY_STREAM_VALUE, at, (size_t)(to - at));
    make_line(&stream->line, at, to);
    if (stream->line.failed)
        return REPLAY_STREAM_NOMEM;
    if (to < end && *to == '\n')
        stream->used++;
    item->text = bytes_at(&stream->line);
    item->len = bytes_len(&stream->line);
    return REPLAY_STREAM_VALUE;
}

/* ---- What is no JSON ----------------------------------------------------------------- */

static enum replay_stream_kind hand_out_other(struct replay_stream *stream,
                                              struct replay_stream_item *item, const char *at,
                                              const char *end)
{
    size_t len = (size_t)(end - at);
    const char *event = memmem(at + 1, len - 1, event_begins, sizeof event_begins - 1);
    const char *feed = memchr(at + stream->lexed, '\n', len - stream->lexed);

    if (event != NULL && (feed == NULL || event <= feed))
        return hand_out(stream, item, REPLAY_STREAM_OTHER, at, (size_t)(event - at));
    if (feed != NULL)
        return hand_out(stream, item, REPLAY_STREAM_OTHER, at, (size_t)(feed + 1 - at));
    if (stream->has_ended)
        return hand_out(stream, item, REPLAY_STREAM_OTHER, at, len);
    /* Where an event may have begun, the search continues. */
    if (len > sizeof event_begins) {
        bytes_consume(&stream->input, len - sizeof event_begins);
        stream->lexed = 0;
    }
    return REPLAY_STREAM_MORE;
}

/* ---- Values ---------------------------------------------------------------------------- */

/* Reads on in the value that begins at `at`.  Returns where it ends; NULL where it is
 * not whole, or not JSON: stream->is_bad. */
static const char *lex(struct replay_stream *stream, const char *at, const char *end)
{
    struct lexer_token token;

    lexer_feed(stream->lexer, at + stream->lexed, (size_t)(end - at) - stream->lexed);
    while (lexer_next(stream->lexer, &token) != LEXER_MORE) {
        if (lexer_has_stopped(token.kind)) {
            stream->is_bad = true;
            stream->lexed = (size_t)(end - at) - lexer_rest(stream->lexer);
            lexer_free(stream->lexer);
            stream->lexer = NULL;
            return NULL;
        }
        if (token.depth == 0 && lexer_closes(&token)) {
            size_t rest = lexer_rest(stream->lexer);

            lexer_feed(stream->lexer, NULL, 0); /* the input may move */
            return end - rest;
        }
    }
    stream->lexed = (size_t)(end - at);
    return NULL;
}

static enum replay_stream_kind next_value(struct replay_stream *stream,
                                          struct replay_stream_item *item, const char *at,
                                          const char *end)
{
    const char *to;

    if (stream->lexer == NULL && !stream->is_bad) {
        stream->lexer = lexer_new(UINT64_MAX / 2, LEXER_DEPTH_MAX);
        if (stream->lexer == NULL)
            return REPLAY_STREAM_NOMEM;
        lexer_skip(stream->lexer, true);
    }
    if (!stream->is_bad && (to = lex(stream, at, end)) != NULL)
        return hand_out_value(stream, item, at, to, end);
    return stream->is_bad ? hand_out_other(stream, item, at, end) : REPLAY_STREAM_MORE;
}

enum replay_stream_kind replay_stream_next(struct replay_stream *stream,
                                           struct replay_stream_item *item)
{
    const char *at, *end, *feed;

    bytes_consume(&stream->input, stream->used);
    stream->used = 0;
    at = bytes_at(&stream->input);
    end = at + bytes_len(&stream->input);
    if (stream->lexed == 0 && !stream->is_bad) {
        const char *first = skip_between(at, end);

        bytes_consume(&stream->input, (size_t)(first - at));
        at = first;
        if (at == end || (!stream->has_ended && is_cut_mark(at, end)))
            return REPLAY_STREAM_MORE;
        feed = memchr(at, '\n', (size_t)(end - at));
        /* Nearly all. */
        if (feed != NULL && event_scan(at, (size_t)(feed + 1 - at), &item->event))
            return hand_out(stream, item, REPLAY_STREAM_EVENT, at, (size_t)(feed + 1 - at));
        stream->is_bad = *at != '{' && *at != '[';
    }
    return next_value(stream, item, at, end);
}

const char *replay_stream_rest(const struct replay_stream *stream, size_t *len)
{
    *len = bytes_len(&stream->input) - stream->used;
    return *len > 0 ? bytes_at(&stream->input) + stream->used : NULL;
}
