/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_STREAM_H
#define WAITD_HTTP_STREAM_H

/*
 * A channel behind an exchange: the body is its input, its output the answer, as lines of
 * JSON or as server-sent events.  Under back-pressure both ways: the body is read only
 * while the channel wants input, and output is rendered only into room that there is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/http_internal.h"
#include "daemon/session/channel.h"

/* What the body is: requests, or one of a kind (channel_expect_one_request()). */
enum http_stream_takes {
    HTTP_STREAM_REQUESTS,
    HTTP_STREAM_SUBMIT,
    HTTP_STREAM_FORECAST,
};

/* The exchange's `key`, if any, is that of the batch.  NULL when out of memory. */
struct http_stream *http_stream_new(struct http_connection *c, enum http_stream_takes takes,
                                    bool as_events);
void http_stream_free(struct http_stream *stream); /* NULL is fine */

/* What its channel reports. */
void http_stream_note(struct http_stream *stream, const struct channel_event *event);

/* The code of the first refusal, FAULT_NONE for none. */
enum fault_code http_stream_refusal(const struct http_stream *stream);

/* Input: how much is used up, as channel_feed(); and its end. */
size_t http_stream_feed(struct http_stream *stream, int64_t now_ns, const char *bytes, size_t len);
void http_stream_end_input(struct http_stream *stream, int64_t now_ns);
bool http_stream_wants_input(const struct http_stream *stream);

/* Works for a slice of time if something is due, and refuses what takes too long. */
void http_stream_work(struct http_stream *stream, int64_t now_ns);

/* Output: up to room bytes of it, 0 for none now, -1 when out of memory. */
ptrdiff_t http_stream_render(struct http_stream *stream, int64_t now_ns, char *out, size_t room);
bool http_stream_has_output(const struct http_stream *stream);
bool http_stream_is_over(const struct http_stream *stream);

/* Whether there is none until a batch that it watches has its next event. */
bool http_stream_awaits_event(const struct http_stream *stream);

/* When it is to be looked after, whatever the client does. */
int64_t http_stream_next_due(struct http_stream *stream, int64_t now_ns);

/* Nothing runs, nothing waits to be sent: only the client can make something happen. */
bool http_stream_is_quiet(const struct http_stream *stream);

/* The beginning of the next line, of which nothing has been rendered yet: how long what is
 * known of it is, as long as nothing is rendered. */
size_t http_stream_peek(struct http_stream *stream, const char **bytes);

/* The response whose body it is, with the type of its content or, where it is not NULL,
 * this one; NULL when out of memory. */
struct MHD_Response *http_stream_response(struct http_stream *stream, const char *type);

/* Whether its next line begins so, of which nothing has been rendered yet. */
bool http_stream_begins_with(struct http_stream *stream, const char *text);

/* As lines from now on, whatever was asked for: for a refusal that is no stream. */
void http_stream_write_lines(struct http_stream *stream);

/* Renders the next line, as a line; what follows it is lost.  The caller's to free(), of
 * *len bytes: 0 where there is none.  NULL when out of memory. */
char *http_stream_take_line(struct http_stream *stream, size_t *len);

/* As lines, or as events: the type of its content. */
const char *http_stream_type(const struct http_stream *stream);

void http_stream_drain(struct http_stream *stream);
void http_stream_cancel(struct http_stream *stream, int64_t now_ns);
void http_stream_limits_changed(struct http_stream *stream);

/* Its events are many: they are written past the library, within its answer. */
void http_stream_expect_many(struct http_stream *stream);

/* The answer that has begun before the request has ended (http_duplex.h); NULL for none. */
struct http_duplex **http_stream_duplex(struct http_stream *stream);

#endif
