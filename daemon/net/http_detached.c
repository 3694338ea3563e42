/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_detached.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_stream.h"
#include "proto/due.h"

/* What is asked of one, or of all. */
enum query {
    QUERY_LIST,
    QUERY_ONE,
    QUERY_WHY, /* why there is none: it never was, or is gone */
    QUERY_EVENTS,
    QUERY_CANCEL,
    QUERY_FORGET,
};

struct http_detached {
    enum query query;
    char ref[REQUEST_REF_MAX + 1]; /* empty for all */
    char requests[512];            /* in the protocol's words */
    bool sent;
    bool has_job;
    unsigned long long job; /* to be cancelled alone */
    char *answer;           /* all of it, where it is no stream */
    size_t len, room;
};

void http_detached_free(struct http_detached *detached)
{
    if (!detached)
        return;
    free(detached->answer);
    free(detached);
}

/* ---- Asking ---------------------------------------------------------------------- */

/* Whether a request's string may have a value as it is. */
static bool is_key(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    return *text && strlen(text) <= REQUEST_REF_MAX && text[strspn(text, letters)] == '\0';
}

/* Whether it is a whole number, of any size. */
static bool is_count(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0' && (text[0] != '0' || !text[1]);
}

/* One that is too large is as large as there are. */
static unsigned long long count_of(const char *text)
{
    return (unsigned long long)strtoll(text, NULL, 10);
}

static void refuse_parameter(struct http_connection *c, const char *name, const char *takes,
                             const char *got)
{
    char quote[FAULT_QUOTE_SIZE];
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_INVALID_REQUEST, 0, "\"%s\" takes %s, not \"%s\"", name, takes,
                    fault_quote(quote, got, strlen(got)));
    memcpy(fault.path, name, strlen(name) + 1);
    http_reply_fault(c, 400, &fault);
}

static void refuse_path(struct http_connection *c)
{
    http_reply_refuse(c, 404, FAULT_NOT_FOUND, "there is no such batch, or nothing of it here");
}

/* Prepares to ask; NULL where there was no memory. */
static struct http_detached *begin(struct http_connection *c, enum query query,
                                   const struct http_head *head)
{
    struct http_exchange *x = &c->exchange;

    x->detached = calloc(1, sizeof(*x->detached));
    x->stream = http_stream_new(c, HTTP_STREAM_REQUESTS, http_head_prefers_events(head));
    if (!x->detached || !x->stream) {
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
        return NULL;
    }
    x->detached->query = query;
    return x->detached;
}

/* The same of one batch, whose ref the rest of the path begins with. */
static struct http_detached *begin_with(struct http_connection *c, enum query query,
                                        const char *rest, const struct http_head *head)
{
    struct http_detached *detached = begin(c, query, head);

    if (!detached)
        return NULL;
    snprintf(detached->ref, sizeof(detached->ref), "%.*s", (int)strcspn(rest, "/"), rest);
    if (strcspn(rest, "/") <= REQUEST_REF_MAX && is_key(detached->ref))
        return detached;
    refuse_path(c);
    return NULL;
}

/* ---- A list -------------------------------------------------------------------------- */

static const struct http_parameter list_parameters[] = {
    {.name = "state"}, {.name = "limit"}, {.name = "after"}, {.name = "order"}, {.name = "ref"}};

#define LIST_PARAMETERS (sizeof(list_parameters) / sizeof(list_parameters[0]))

/* What each of them takes, for those that are no member's value at all. */
static const char *const list_takes[LIST_PARAMETERS] = {
    "running, finished or foreign", "an integer of 0 or more", "the ref of a batch",
    "oldest or newest", "the ref of a batch"};

/* The parameters, as members of the operation. */
static void begin_list(struct http_connection *c, const char *rest, const char *const *values,
                       const struct http_head *head)
{
    struct http_detached *detached = begin(c, QUERY_LIST, head);
    size_t len;

    (void)rest;
    if (!detached)
        return;
    len = (size_t)snprintf(detached->requests, sizeof(detached->requests), "{\"op\":\"batches\"");
    for (size_t i = 0; i < LIST_PARAMETERS; i++) {
        const char *name = list_parameters[i].name;
        bool is_number = strcmp(name, "limit") == 0;

        if (!values[i])
            continue;
        if (!(is_number ? is_count(values[i]) : is_key(values[i]))) {
            refuse_parameter(c, name, list_takes[i], values[i]);
            return;
        }
        if (is_number)
            len += (size_t)snprintf(detached->requests + len, sizeof(detached->requests) - len,
                                    ",\"%s\":%llu", name, count_of(values[i]));
        else
            len += (size_t)snprintf(detached->requests + len, sizeof(detached->requests) - len,
                                    ",\"%s\":\"%s\"", name, values[i]);
    }
    snprintf(detached->requests + len, sizeof(detached->requests) - len, "}");
}

/* ---- One ------------------------------------------------------------------------------ */

static void begin_one(struct http_connection *c, const char *rest, const char *const *values,
                      const struct http_head *head)
{
    struct http_detached *detached = begin_with(c, QUERY_ONE, rest, head);

    (void)values;
    if (detached)
        snprintf(detached->requests, sizeof(detached->requests),
                 "{\"op\":\"batches\",\"ref\":\"%s\"}", detached->ref);
}

/* Asks for the events from a number on: that behind the header's, else the parameter's, else from
 * the first. */
static void begin_events(struct http_connection *c, const char *rest, const char *const *values,
                         const struct http_head *head)
{
    struct http_detached *detached = begin_with(c, QUERY_EVENTS, rest, head);
    const char *from = values[0], *last = head->last_event_id;

    if (!detached)
        return;
    if (from && !is_count(from))
        refuse_parameter(c, "from", "an event's number", from);
    else if (last && !is_count(last))
        refuse_parameter(c, "Last-Event-ID", "an event's number", last);
    else
        snprintf(detached->requests, sizeof(detached->requests),
                 "{\"op\":\"watch\",\"ref\":\"%s\",\"from\":%llu}", detached->ref,
                 last ? count_of(last) + 1 : count_of(from ? from : "1"));
}

/* Asks to cancel it, or a job of it.  Whether it is there distinguishes what has ended from what
 * never was; either answer may come first. */
static void ask_cancel(struct http_detached *detached)
{
    char job[32] = "";

    if (detached->has_job)
        snprintf(job, sizeof(job), ",\"job\":%llu", detached->job);
    snprintf(detached->requests, sizeof(detached->requests),
             "{\"op\":\"batches\",\"ref\":\"%s\"}{\"op\":\"cancel\",\"ref\":\"%s\"%s}",
             detached->ref, detached->ref, job);
}

static void begin_delete(struct http_connection *c, const char *rest, const char *const *values,
                         const struct http_head *head)
{
    struct http_detached *detached =
        begin_with(c, values[0] ? QUERY_FORGET : QUERY_CANCEL, rest, head);

    if (detached && values[0])
        snprintf(detached->requests, sizeof(detached->requests),
                 "{\"op\":\"forget\",\"ref\":\"%s\"}", detached->ref);
    else if (detached)
        ask_cancel(detached);
}

static void begin_job(struct http_connection *c, const char *rest, const char *const *values,
                      const struct http_head *head)
{
    struct http_detached *detached = begin_with(c, QUERY_CANCEL, rest, head);
    const char *job = strrchr(rest, '/') + 1;

    (void)values;
    if (detached && !is_count(job)) {
        refuse_path(c);
    } else if (detached) {
        detached->has_job = true;
        detached->job = count_of(job);
        ask_cancel(detached);
    }
}

static void send_requests(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_detached *detached = x->detached;
    size_t len = strlen(detached->requests), used = 0;
    int64_t now_ns = clock_now_ns();

    while (used < len && http_stream_wants_input(x->stream))
        used += http_stream_feed(x->stream, now_ns, detached->requests + used, len - used);
    http_stream_end_input(x->stream, now_ns);
    detached->sent = true;
}

/* ---- Answering -------------------------------------------------------------------- */

/* Gathers what there is of the answer.  Whether all of it is there. */
static bool gather(struct http_connection *c)
{
    struct http_detached *detached = c->exchange.detached;
    struct http_stream *stream = c->exchange.stream;
    ptrdiff_t n;

    http_stream_write_lines(stream);
    do {
        if (detached->room - detached->len < 4096) {
            char *more = realloc(detached->answer, 2 * detached->room + 8192);

            if (!more) {
                http_hang_up(c);
                return false;
            }
            detached->answer = more;
            detached->room = 2 * detached->room + 8192;
        }
        n = http_stream_render(stream, clock_now_ns(), detached->answer + detached->len,
                               detached->room - detached->len - 1);
        detached->len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    detached->answer[detached->len] = '\0';
    return http_stream_is_over(stream);
}

static void reply_json(struct http_connection *c, unsigned status, const char *text, size_t len)
{
    http_reply_text(c, status, "application/json", text, len);
}

/* The first line of the answer that is an event of that kind, or NULL. */
static const char *find_event(const struct http_detached *detached, const char *kind)
{
    char begin[32];
    size_t len = (size_t)snprintf(begin, sizeof(begin), "{\"event\":\"%s\"", kind);
    const char *line = detached->answer, *feed;

    while (strncmp(line, begin, len) != 0) {
        feed = strchr(line, '\n');
        if (!feed)
            return NULL;
        line = feed + 1;
    }
    return line;
}

static size_t length_of(const char *line)
{
    return strcspn(line, "\n") + 1;
}

/* Of one that the list does not have: the refusal to watch it.  One that was accepted since was not
 * there. */
static void reply_why(struct http_connection *c)
{
    struct http_stream *stream = c->exchange.stream;
    const char *line;
    size_t len = http_stream_peek(stream, &line);

    if (len == 0 && !http_stream_is_over(stream))
        http_exchange_suspend(c);
    else if (len == 0 || http_reply_status_of(line, len) == 0)
        http_reply_refuse(c, 404, FAULT_NOT_FOUND, "there is no batch of that ref here");
    else if (gather(c))
        reply_json(c, http_reply_status_of(c->exchange.detached->answer, c->exchange.detached->len),
                   c->exchange.detached->answer, c->exchange.detached->len);
}

/* `{"batches":[…],"count":N}`, each as its event is written. */
static void reply_list(struct http_connection *c)
{
    struct http_detached *detached = c->exchange.detached;
    const char *end = find_event(detached, "batches");
    const char *count = end ? strstr(end, "\"count\":") : NULL;
    char *text = malloc(detached->len + 64), *out = text;

    if (!text || !count) {
        free(text);
        http_hang_up(c);
        return;
    }
    out += sprintf(out, "{\"batches\":[");
    for (const char *line = detached->answer; line < end; line = strchr(line, '\n') + 1) {
        size_t len = strcspn(line, "\n");

        if (line > detached->answer)
            *out++ = ',';
        memcpy(out, line, len);
        out += len;
    }
    out += sprintf(out, "],%s", count);
    reply_json(c, 200, text, (size_t)(out - text));
    free(text);
}

/* Whether the job that is asked for is one of the listed batch. */
static bool has_such_job(const struct http_detached *detached, const char *batch)
{
    const char *jobs = strstr(batch, "\"jobs\":");

    return !detached->has_job || (jobs && detached->job < strtoull(jobs + 7, NULL, 10));
}

static void reply_refusal(struct http_connection *c, const char *line)
{
    const struct http_detached *detached = c->exchange.detached;
    const char *batch = find_event(detached, "batch");
    unsigned status = http_reply_status_of(line, length_of(line));

    if (status == 404 && detached->query == QUERY_CANCEL && batch && has_such_job(detached, batch))
        http_reply_refuse(c, 409, FAULT_CONFLICT,
                          "the batch, or the job, has ended: ?forget removes a finished batch");
    else
        reply_json(c, status ? status : 400, line, length_of(line));
}

/* A list without it does not say why: to watch it does. */
static void ask_why(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_detached *detached = x->detached;

    http_stream_free(x->stream);
    x->stream = http_stream_new(c, HTTP_STREAM_REQUESTS, false);
    if (!x->stream) {
        http_hang_up(c);
        return;
    }
    snprintf(detached->requests, sizeof(detached->requests), "{\"op\":\"watch\",\"ref\":\"%s\"}",
             detached->ref);
    detached->query = QUERY_WHY;
    detached->len = 0;
    send_requests(c);
    reply_why(c);
}

static void reply_gathered(struct http_connection *c)
{
    const struct http_detached *detached = c->exchange.detached;
    const char *error = find_event(detached, "error"), *batch = find_event(detached, "batch");
    const char *cancelled = find_event(detached, "cancelled");

    if (error)
        reply_refusal(c, error);
    else if (detached->query == QUERY_LIST)
        reply_list(c);
    else if (detached->query == QUERY_FORGET)
        http_reply(c, 204, http_reply_without_body());
    else if (cancelled)
        reply_json(c, 202, cancelled, length_of(cancelled));
    else if (batch && detached->query == QUERY_ONE)
        reply_json(c, 200, batch, length_of(batch));
    else
        ask_why(c);
}

/* The first line says what follows: events, or nothing.  Of a batch that runs it may be long in
 * coming, and nobody has to wait for the head until then. */
static void reply_events(struct http_connection *c)
{
    struct http_stream *stream = c->exchange.stream;
    const char *line;
    size_t len;

    len = http_stream_peek(stream, &line);
    if (len > 0 && http_reply_status_of(line, len) != 0) {
        if (gather(c))
            reply_refusal(c, c->exchange.detached->answer);
        return;
    }
    if (http_stream_awaits_event(stream))
        http_reply(c, 200, http_stream_response(stream, NULL));
    else if (len == 0 && !http_stream_is_over(stream))
        http_exchange_suspend(c);
    else if (len == 0 || strncmp(line, "{\"event\":\"batch\"", 16) == 0)
        http_reply(c, 204, http_reply_without_body());
    else
        http_reply(c, 200, http_stream_response(stream, NULL));
}

static void end(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_detached *detached = x->detached;

    if (!detached->sent)
        send_requests(c);
    if (detached->query == QUERY_EVENTS)
        reply_events(c);
    else if (detached->query == QUERY_WHY)
        reply_why(c);
    else if (gather(c))
        reply_gathered(c);
    else if (!x->hang_up)
        http_exchange_suspend(c);
}

/* ---- Time ------------------------------------------------------------------------- */

static int64_t next_due(struct http_connection *c, int64_t now_ns)
{
    const struct http_exchange *x = &c->exchange;

    return x->stream ? http_stream_next_due(x->stream, now_ns) : DUE_NEVER;
}

static void due(struct http_connection *c, int64_t now_ns)
{
    struct http_exchange *x = &c->exchange;

    http_stream_work(x->stream, now_ns);
    http_exchange_resume(c);
}

static void cancel(struct http_connection *c, int64_t now_ns)
{
    if (c->exchange.stream)
        http_stream_cancel(c->exchange.stream, now_ns);
}

static const struct http_parameter events_parameters[] = {{.name = "from"}};
static const struct http_parameter delete_parameters[] = {{"forget", true}};

#define RESOURCE(what, takes, n)                                                                   \
    {                                                                                              \
        .parameters = {takes, n}, .begin = begin_##what, .end = end, .due = due,                   \
        .next_due = next_due, .cancel = cancel                                                     \
    }

const struct http_resource http_detached_list = RESOURCE(list, list_parameters, LIST_PARAMETERS);
const struct http_resource http_detached_one = RESOURCE(one, NULL, 0);
const struct http_resource http_detached_delete = RESOURCE(delete, delete_parameters, 1);
const struct http_resource http_detached_events = RESOURCE(events, events_parameters, 1);
const struct http_resource http_detached_job = RESOURCE(job, NULL, 0);
