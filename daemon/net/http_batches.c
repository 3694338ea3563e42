/* SPDX-License-Identifier: ISC */

/* POST /v1/batches, one batch and its events; POST /v1/forecast, many runs of one;
 * POST /v1/requests, a conversation. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_duplex.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_stream.h"
#include "proto/due.h"
#include "proto/event.h"

/* From so many jobs on the events are written past the library (http_duplex.h), in pieces of
 * 64 KiB: its own cost more than the events. */
#define LARGE_JOBS 65536

static void refuse_empty(struct http_connection *c, enum http_stream_takes takes)
{
    http_reply_refuse(c, 400, FAULT_INVALID_REQUEST, "the body is empty: it takes %s",
                      takes == HTTP_STREAM_REQUESTS ? "requests" : "one request");
}

static void begin(struct http_connection *c, enum http_stream_takes takes,
                  const struct http_head *head)
{
    struct http_exchange *x = &c->exchange;

    if (!x->has_body) {
        refuse_empty(c, takes);
        return;
    }
    x->is_http10 = head->is_http10;
    x->stream = http_stream_new(c, takes, http_head_prefers_events(head));
    if (!x->stream)
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
}

/* Where the body is one request, its length shows early that it is too long. */
static void begin_one(struct http_connection *c, enum http_stream_takes takes,
                      const struct http_head *head)
{
    if (head->has_length && head->length > c->http->env.limits->max_request)
        http_reply_refuse(c, 413, FAULT_TOO_LARGE,
                          "the body is longer than a request may be (max-request)");
    else
        begin(c, takes, head);
}

/* What `Idempotency-Key` says, if it is there; refused where it is no key. */
static void take_key(struct http_connection *c, const char *text)
{
    char key[REQUEST_KEY_MAX + 1];

    if (!text)
        return;
    if (!http_head_read_key(text, key))
        http_reply_refuse(c, 400, FAULT_INVALID_REQUEST,
                          "\"Idempotency-Key\" takes 1 to 255 bytes of UTF-8, in double quotes "
                          "or without any");
    else if (!(c->exchange.key = strdup(key)))
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
}

/* `watch`: the answer of a detached batch is its stream. */
static void begin_submit(struct http_connection *c, const char *rest, const char *const *values,
                         const struct http_head *head)
{
    (void)rest;
    c->exchange.watches = values[0] != NULL;
    take_key(c, head->idempotency_key);
    begin_one(c, HTTP_STREAM_SUBMIT, head);
}

static void begin_forecast(struct http_connection *c, const char *rest, const char *const *values,
                           const struct http_head *head)
{
    (void)rest;
    (void)values;
    begin_one(c, HTTP_STREAM_FORECAST, head);
}

static void begin_requests(struct http_connection *c, const char *rest, const char *const *values,
                           const struct http_head *head)
{
    (void)rest;
    (void)values;
    begin(c, HTTP_STREAM_REQUESTS, head);
}

/* ---- The body ------------------------------------------------------------------- */

static size_t read_submit(struct http_connection *c, const char *bytes, size_t len)
{
    struct http_exchange *x = &c->exchange;

    if (x->body > c->http->env.limits->max_request) {
        http_reply_now(c, false);
        return len;
    }
    if (http_stream_refusal(x->stream) != FAULT_NONE)
        return len;
    return http_stream_feed(x->stream, clock_now_ns(), bytes, len);
}

static size_t read_requests(struct http_connection *c, const char *bytes, size_t len)
{
    struct http_exchange *x = &c->exchange;
    struct http_duplex *duplex = *http_stream_duplex(x->stream);

    if (duplex && http_duplex_is_over(duplex)) {
        x->unread = x->hang_up = true;
        return len;
    }
    return http_stream_feed(x->stream, clock_now_ns(), bytes, len);
}

/* ---- The answer ----------------------------------------------------------------- */

static void answer_with_stream(struct http_connection *c)
{
    http_reply(c, 200, http_stream_response(c->exchange.stream, NULL));
}

/* `"ref":"…"` of what a detached batch was accepted with, into a Location. */
static bool find_location(const char *line, size_t len, char location[128])
{
    static const char before[] = "{\"event\":\"accepted\",";
    const char *ref = memmem(line, len, "\"ref\":\"", 7);
    size_t n = 0;

    if (len < sizeof(before) || memcmp(line, before, sizeof(before) - 1) != 0 || !ref)
        return false;
    ref += 7;
    while (ref + n < line + len && ref[n] != '"' && n < 64)
        n++;
    snprintf(location, 128, "/v1/batches/%.*s", (int)n, ref);
    return true;
}

/* Replies with a line, which it takes over. */
static void reply_line(struct http_connection *c, unsigned status, char *line, size_t len)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, line, MHD_RESPMEM_MUST_FREE);

    if (response)
        MHD_add_response_header(response, "Content-Type", "application/json");
    else
        free(line);
    http_reply(c, status, response);
}

/* A batch that stays: its place, and its first event alone unless it is to be watched. */
static void answer_detached(struct http_connection *c, const char *location, bool existing)
{
    struct http_exchange *x = &c->exchange;
    unsigned status = existing ? 200 : 201;

    if (x->watches) {
        http_reply(c, status, http_stream_response(x->stream, NULL));
    } else {
        size_t len;
        char *line = http_stream_take_line(x->stream, &len);

        if (line)
            reply_line(c, status, line, len);
        else
            http_hang_up(c);
    }
    if (x->reply)
        MHD_add_response_header(x->reply, "Location", location);
}

static void answer_accepted(struct http_connection *c)
{
    char location[128];
    const char *line;
    size_t len = http_stream_peek(c->exchange.stream, &line);

    if (find_location(line, len, location))
        answer_detached(c, location, memmem(line, len, "\"existing\":true", 15) != NULL);
    else
        answer_with_stream(c);
}

/* The line that it was refused with, under the status that belongs to it. */
static void answer_refused(struct http_connection *c)
{
    size_t len;
    char *line = http_stream_take_line(c->exchange.stream, &len);

    if (!line) {
        http_hang_up(c);
    } else if (len == 0) {
        free(line);
        refuse_empty(c, HTTP_STREAM_SUBMIT);
    } else {
        reply_line(c, http_reply_status_of(line, len), line, len);
    }
}

static bool is_decided(const struct http_stream *stream)
{
    return http_stream_has_output(stream) || http_stream_refusal(stream) != FAULT_NONE ||
           http_stream_is_over(stream);
}

static bool is_refused(struct http_stream *stream)
{
    const char *line;
    size_t len = http_stream_peek(stream, &line);

    return len == 0 || http_reply_status_of(line, len) != 0;
}

/* Whether the batch that was accepted is one whose events are many: by its `jobs`. */
static bool is_large(struct http_stream *stream)
{
    const char *line, *jobs;
    size_t len = http_stream_peek(stream, &line);

    jobs = memmem(line, len, ",\"jobs\":", 8);
    return jobs && strtoull(jobs + 8, NULL, 10) >= LARGE_JOBS;
}

/* Writes on, and ends once all is sent. */
static void go_on_writing(struct http_connection *c, struct http_duplex *duplex)
{
    http_duplex_write(duplex);
    if (http_duplex_is_over(duplex))
        c->exchange.unread = c->exchange.hang_up =
            true; /* it lingers: all is sent, but perhaps not received */
    else
        http_exchange_suspend(c);
}

static void end_submit(struct http_connection *c)
{
    struct http_stream *stream = c->exchange.stream;

    http_stream_end_input(stream, clock_now_ns());
    if (!is_decided(stream)) {
        http_exchange_suspend(c);
    } else if (is_refused(stream)) {
        answer_refused(c);
    } else {
        if (is_large(stream))
            http_stream_expect_many(stream);
        answer_accepted(c);
    }
}

/* One event, or those of the runs before it. */
static void end_forecast(struct http_connection *c)
{
    struct http_stream *stream = c->exchange.stream;

    http_stream_end_input(stream, clock_now_ns());
    if (!http_stream_has_output(stream) && !http_stream_is_over(stream)) {
        http_exchange_suspend(c);
    } else if (is_refused(stream)) {
        answer_refused(c);
    } else if (http_stream_begins_with(stream, "{\"event\":\"run\"")) {
        answer_with_stream(c);
    } else {
        http_stream_write_lines(stream);
        http_reply(c, 200, http_stream_response(stream, "application/json"));
    }
}

static void end_requests(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_duplex *duplex = *http_stream_duplex(x->stream);

    if (x->body == 0) { /* in chunks, of which there was none */
        refuse_empty(c, HTTP_STREAM_REQUESTS);
        return;
    }
    http_stream_end_input(x->stream, clock_now_ns());
    if (!duplex) {
        answer_with_stream(c);
        return;
    }
    go_on_writing(c, duplex);
}

/* ---- Time ----------------------------------------------------------------------- */

/* Events that the library does not send are sent at once. */
static bool writes_itself(const struct http_connection *c)
{
    const struct http_exchange *x = &c->exchange;
    const struct http_duplex *duplex = *http_stream_duplex(x->stream);

    if (!duplex && http_stream_is_over(x->stream)) /* by what came of its body */
        return x->phase == HTTP_BODY && x->resource == &http_batches_requests;
    if (!http_stream_has_output(x->stream))
        return false;
    return duplex ? !http_duplex_is_waiting(duplex)
                  : x->phase == HTTP_BODY && x->resource == &http_batches_requests;
}

static int64_t next_due(struct http_connection *c, int64_t now_ns)
{
    const struct http_exchange *x = &c->exchange;

    if (!x->stream)
        return DUE_NEVER;
    if (x->phase == HTTP_BODY && x->suspended && http_stream_wants_input(x->stream))
        return 0;
    if (writes_itself(c))
        return 0;
    return http_stream_next_due(x->stream, now_ns);
}

static void go_on_reading(struct http_connection *c)
{
    if (c->exchange.phase == HTTP_BODY && http_stream_wants_input(c->exchange.stream))
        http_exchange_resume(c);
}

static void due_submit(struct http_connection *c, int64_t now_ns)
{
    struct http_exchange *x = &c->exchange;
    struct http_duplex *duplex = *http_stream_duplex(x->stream);

    http_stream_work(x->stream, now_ns);
    if (duplex) {
        if (!http_duplex_is_waiting(duplex))
            http_duplex_write(duplex);
        return;
    }
    go_on_reading(c);
    if (x->phase == HTTP_PENDING && (is_decided(x->stream) || http_stream_has_output(x->stream)))
        http_exchange_resume(c);
    if (x->phase == HTTP_ANSWERING)
        http_exchange_resume(c);
}

static void due_requests(struct http_connection *c, int64_t now_ns)
{
    struct http_exchange *x = &c->exchange;
    struct http_duplex **duplex = http_stream_duplex(x->stream);

    http_stream_work(x->stream, now_ns);
    if (x->phase == HTTP_BODY && !*duplex &&
        (http_stream_has_output(x->stream) || http_stream_is_over(x->stream))) {
        *duplex = http_duplex_new(c, HTTP_DUPLEX_WHOLE);
        if (!*duplex) {
            http_hang_up(c);
            return;
        }
    }
    if (*duplex && !http_duplex_is_waiting(*duplex))
        http_duplex_write(*duplex);
    go_on_reading(c);
    if (x->phase == HTTP_ANSWERING)
        http_exchange_resume(c);
}

static void cancel(struct http_connection *c, int64_t now_ns)
{
    if (c->exchange.stream)
        http_stream_cancel(c->exchange.stream, now_ns);
}

static const struct http_parameter submit_parameters[] = {{"watch", true}};

const struct http_resource http_batches_submit = {.parameters = {submit_parameters, 1},
                                                  .begin = begin_submit,
                                                  .body = read_submit,
                                                  .end = end_submit,
                                                  .due = due_submit,
                                                  .next_due = next_due,
                                                  .cancel = cancel};
const struct http_resource http_batches_forecast = {.begin = begin_forecast,
                                                    .body = read_submit,
                                                    .end = end_forecast,
                                                    .due = due_submit,
                                                    .next_due = next_due,
                                                    .cancel = cancel};
const struct http_resource http_batches_requests = {.begin = begin_requests,
                                                    .body = read_requests,
                                                    .end = end_requests,
                                                    .due = due_requests,
                                                    .next_due = next_due,
                                                    .cancel = cancel};
