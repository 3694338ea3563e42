/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_query.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_stream.h"

#define REF_MAX 64

/* What is asked of one, or of all. */
enum query {
    QUERY_LIST,
    QUERY_ONE,
    QUERY_WHY, /* why there is none: it never was, or is gone */
    QUERY_EVENTS,
    QUERY_CANCEL,
    QUERY_FORGET,
};

struct http_kept {
    enum query query;
    char ref[REF_MAX + 1]; /* empty for all */
    char requests[512];    /* in the protocol's words */
    bool sent;
    bool has_job;
    unsigned long long job; /* to be cancelled alone */
    char *answer;           /* all of it, where it is no stream */
    size_t len, room;
};

void http_kept_free(struct http_kept *kept)
{
    if (!kept)
        return;
    free(kept->answer);
    free(kept);
}

/* ---- Asking ---------------------------------------------------------------------- */

/* Whether a request's string may have a value as it is. */
static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    return *text && strlen(text) <= REF_MAX && text[strspn(text, letters)] == '\0';
}

static bool is_count(const char *text)
{
    return *text && strlen(text) <= 18 && text[strspn(text, "0123456789")] == '\0' &&
           (text[0] != '0' || !text[1]);
}

static void refuse_member(struct http_connection *c, const char *name, const char *takes)
{
    char quote[FAULT_QUOTE_SIZE];

    http_reply_refuse(c, 400, FAULT_INVALID_REQUEST, "\"%s\" %s",
                      fault_quote(quote, name, strlen(name)), takes);
}

/* The members of the query, as those of the operation. */
static void ask_list(struct http_connection *c, char *query)
{
    struct http_kept *kept = c->exchange.kept;
    size_t len = (size_t)snprintf(kept->requests, sizeof(kept->requests), "{\"op\":\"batches\"");
    const char *name, *value;

    while (http_query_next(&query, &name, &value)) {
        bool number = strcmp(name, "limit") == 0;

        if (strcmp(name, "state") != 0 && strcmp(name, "order") != 0 &&
            strcmp(name, "after") != 0 && strcmp(name, "ref") != 0 && !number) {
            refuse_member(c, name, "is no parameter here: state, limit, after, order or ref");
            return;
        }
        if (!value || !(number ? is_count(value) : is_plain(value)) ||
            len + 128 > sizeof(kept->requests)) {
            refuse_member(c, name, "has a value that it does not take");
            return;
        }
        len += (size_t)snprintf(kept->requests + len, sizeof(kept->requests) - len,
                                number ? ",\"%s\":%s" : ",\"%s\":\"%s\"", name, value);
    }
    snprintf(kept->requests + len, sizeof(kept->requests) - len, "}");
}

/* The number behind which events are wanted, plus one: by the header, else by the query. */
static bool find_from(struct http_connection *c, char *query, const struct http_head *head,
                      char from[24])
{
    const char *name, *value, *last = head->last_event_id;
    bool is_given = false;

    snprintf(from, 24, "1");
    while (http_query_next(&query, &name, &value)) {
        if (strcmp(name, "from") != 0) {
            refuse_member(c, name, "is no parameter here: from");
            return false;
        }
        if (is_given) {
            refuse_member(c, name, "is there twice");
            return false;
        }
        if (!value || !is_count(value)) {
            refuse_member(c, name, "takes an event's number");
            return false;
        }
        is_given = true;
        snprintf(from, 24, "%s", value);
    }
    if (last && !is_count(last)) {
        refuse_member(c, "Last-Event-ID", "takes an event's number");
        return false;
    }
    if (last)
        snprintf(from, 24, "%lld", atoll(last) + 1);
    return true;
}

/* Whether the query is `forget' or nothing. */
static bool find_forget(struct http_connection *c, char *query, bool *forget)
{
    const char *name, *value;

    *forget = false;
    while (http_query_next(&query, &name, &value)) {
        if (strcmp(name, "forget") != 0) {
            refuse_member(c, name, "is no parameter here: forget");
            return false;
        }
        if (!value || *value) {
            refuse_member(c, name, "takes no value");
            return false;
        }
        *forget = true;
    }
    return true;
}

static void ask_delete(struct http_connection *c, const char *ref, const char *job, char *query)
{
    struct http_kept *kept = c->exchange.kept;
    bool forget;

    if (!find_forget(c, query, &forget))
        return;
    if (forget && job) {
        refuse_member(c, "forget", "goes with a whole batch, and not with a job of it");
        return;
    }
    kept->has_job = job != NULL;
    kept->job = job ? strtoull(job, NULL, 10) : 0;
    kept->query = forget ? QUERY_FORGET : QUERY_CANCEL;
    if (forget)
        snprintf(kept->requests, sizeof(kept->requests), "{\"op\":\"forget\",\"ref\":\"%s\"}", ref);
    else /* whether it is there distinguishes what has ended from what never was */
        snprintf(kept->requests, sizeof(kept->requests),
                 "{\"op\":\"batches\",\"ref\":\"%s\"}{\"op\":\"cancel\",\"ref\":\"%s\"%s%s}", ref,
                 ref, job ? ",\"job\":" : "", job ? job : "");
}

static void ask_of_one(struct http_connection *c, char *path, char *query,
                       const struct http_head *head)
{
    struct http_kept *kept = c->exchange.kept;
    char *rest = strchr(path, '/'), from[24];
    bool deletes = strcmp(head->method, "DELETE") == 0;
    bool job = rest && strncmp(rest, "/jobs/", 6) == 0 && is_count(rest + 6);
    bool events = rest && strcmp(rest, "/events") == 0;

    if (rest)
        *rest = '\0';
    if (!is_plain(path) || (rest && !job && !events)) {
        http_reply_refuse(c, 404, FAULT_NOT_FOUND, "there is no such batch, or nothing of it here");
        return;
    }
    if (deletes ? events : job) {
        http_reply_refuse_method(c, events ? "a batch's events" : "a job of a batch",
                                 events ? "GET, HEAD" : "DELETE", head->method);
        return;
    }
    snprintf(kept->ref, sizeof(kept->ref), "%.*s", REF_MAX, path);
    if (deletes) {
        ask_delete(c, path, job ? rest + 6 : NULL, query);
    } else if (events) {
        kept->query = QUERY_EVENTS;
        if (find_from(c, query, head, from))
            snprintf(kept->requests, sizeof(kept->requests),
                     "{\"op\":\"watch\",\"ref\":\"%s\",\"from\":%s}", path, from);
    } else {
        kept->query = QUERY_ONE;
        snprintf(kept->requests, sizeof(kept->requests), "{\"op\":\"batches\",\"ref\":\"%s\"}",
                 path);
    }
}

static void begin(struct http_connection *c, const char *rest, char *query,
                  const struct http_head *head)
{
    struct http_exchange *x = &c->exchange;
    char path[2 * REF_MAX + 32];

    x->kept = calloc(1, sizeof(*x->kept));
    x->stream = http_stream_new(c, HTTP_STREAM_REQUESTS, http_head_prefers_events(head));
    if (!x->kept || !x->stream) {
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
        return;
    }
    snprintf(path, sizeof(path), "%s", rest);
    if (*rest)
        ask_of_one(c, path, query, head);
    else
        ask_list(c, query);
}

static void send_requests(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_kept *kept = x->kept;
    size_t len = strlen(kept->requests), used = 0;
    int64_t now_ns = clock_now_ns();

    while (used < len && http_stream_wants_input(x->stream))
        used += http_stream_feed(x->stream, now_ns, kept->requests + used, len - used);
    http_stream_end_input(x->stream, now_ns);
    kept->sent = true;
}

/* ---- Answering -------------------------------------------------------------------- */

/* Gathers what there is of the answer.  Whether all of it is there. */
static bool gather(struct http_connection *c)
{
    struct http_kept *kept = c->exchange.kept;
    struct http_stream *stream = c->exchange.stream;
    ptrdiff_t n;

    http_stream_write_lines(stream);
    do {
        if (kept->room - kept->len < 4096) {
            char *more = realloc(kept->answer, 2 * kept->room + 8192);

            if (!more) {
                http_hang_up(c);
                return false;
            }
            kept->answer = more;
            kept->room = 2 * kept->room + 8192;
        }
        n = http_stream_render(stream, clock_now_ns(), kept->answer + kept->len,
                               kept->room - kept->len - 1);
        kept->len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    kept->answer[kept->len] = '\0';
    return http_stream_is_over(stream);
}

static void reply_json(struct http_connection *c, unsigned status, const char *text, size_t len)
{
    http_reply_text(c, status, "application/json", text, len);
}

/* The last line of the answer. */
static const char *last_line(const struct http_kept *kept)
{
    const char *at = kept->answer + kept->len;

    if (at > kept->answer)
        at--;
    while (at > kept->answer && at[-1] != '\n')
        at--;
    return at;
}

static bool is_event(const char *line, const char *kind)
{
    size_t len = strlen(kind);

    return strncmp(line, "{\"event\":\"", 10) == 0 && strncmp(line + 10, kind, len) == 0 &&
           line[10 + len] == '"';
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
        reply_json(c, http_reply_status_of(c->exchange.kept->answer, c->exchange.kept->len),
                   c->exchange.kept->answer, c->exchange.kept->len);
}

/* `{"batches":[…],"count":N}`, each as its event is written. */
static void reply_list(struct http_connection *c)
{
    struct http_kept *kept = c->exchange.kept;
    const char *end = last_line(kept), *count = strstr(end, "\"count\":");
    char *text = malloc(kept->len + 64), *out = text;

    if (!text || !count) {
        free(text);
        http_hang_up(c);
        return;
    }
    out += sprintf(out, "{\"batches\":[");
    for (const char *line = kept->answer; line < end; line = strchr(line, '\n') + 1) {
        size_t len = strcspn(line, "\n");

        if (line > kept->answer)
            *out++ = ',';
        memcpy(out, line, len);
        out += len;
    }
    out += sprintf(out, "],%s", count);
    reply_json(c, 200, text, (size_t)(out - text));
    free(text);
}

/* Whether the job that is asked for is one of the listed batch. */
static bool has_such_job(const struct http_kept *kept)
{
    const char *jobs = strstr(kept->answer, "\"jobs\":");

    return !kept->has_job || (jobs && kept->job < strtoull(jobs + 7, NULL, 10));
}

static void reply_refusal(struct http_connection *c, const char *line)
{
    const struct http_kept *kept = c->exchange.kept;
    unsigned status = http_reply_status_of(line, strlen(line));
    bool there = is_event(kept->answer, "batch") && has_such_job(kept);

    if (status == 404 && there && kept->query == QUERY_CANCEL)
        http_reply_refuse(c, 409, FAULT_CONFLICT,
                          "the batch, or the job, has ended: ?forget removes a finished batch");
    else
        reply_json(c, status ? status : 400, line, strlen(line));
}

/* A list without it does not say why: to watch it does. */
static void ask_why(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_kept *kept = x->kept;

    http_stream_free(x->stream);
    x->stream = http_stream_new(c, HTTP_STREAM_REQUESTS, false);
    if (!x->stream) {
        http_hang_up(c);
        return;
    }
    snprintf(kept->requests, sizeof(kept->requests), "{\"op\":\"watch\",\"ref\":\"%s\"}",
             kept->ref);
    kept->query = QUERY_WHY;
    kept->len = 0;
    send_requests(c);
    reply_why(c);
}

static void reply_gathered(struct http_connection *c)
{
    struct http_kept *kept = c->exchange.kept;
    const char *last = last_line(kept);

    if (is_event(last, "error"))
        reply_refusal(c, last);
    else if (kept->query == QUERY_LIST)
        reply_list(c);
    else if (kept->query == QUERY_FORGET)
        http_reply(c, 204, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    else if (kept->query == QUERY_CANCEL)
        reply_json(c, 202, last, strlen(last));
    else if (is_event(kept->answer, "batch"))
        reply_json(c, 200, kept->answer, strcspn(kept->answer, "\n") + 1);
    else
        ask_why(c);
}

/* The first line says what follows: events, or nothing. */
static void reply_events(struct http_connection *c)
{
    struct http_stream *stream = c->exchange.stream;
    const char *line;
    size_t len;

    len = http_stream_peek(stream, &line);
    if (len > 0 && http_reply_status_of(line, len) != 0) {
        if (gather(c))
            reply_refusal(c, c->exchange.kept->answer);
        return;
    }
    if (len == 0 && !http_stream_is_over(stream))
        http_exchange_suspend(c);
    else if (len == 0 || strncmp(line, "{\"event\":\"batch\"", 16) == 0)
        http_reply(c, 204, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    else
        http_reply(c, 200, http_stream_response(stream, NULL));
}

static void end(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct http_kept *kept = x->kept;

    if (!kept->sent)
        send_requests(c);
    if (kept->query == QUERY_EVENTS)
        reply_events(c);
    else if (kept->query == QUERY_WHY)
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

    return x->stream ? http_stream_next_due(x->stream, now_ns) : CHANNEL_NEVER;
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

const struct http_resource http_kept_list = {
    .begin = begin, .end = end, .due = due, .next_due = next_due, .cancel = cancel};
const struct http_resource http_kept_one = {
    .begin = begin, .end = end, .due = due, .next_due = next_due, .cancel = cancel};
