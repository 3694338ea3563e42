/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "proto/event.h"

#define JSON "application/json"

#define RETRY_FIELD "Retry-After"
#define RETRY_SOON  "1"

unsigned http_reply_status(enum fault_code code)
{
    switch (code) {
    case FAULT_UNAUTHORIZED:
        return 401;
    case FAULT_NOT_FOUND:
        return 404;
    case FAULT_CONFLICT:
    case FAULT_CANCELLED:
        return 409;
    case FAULT_GONE:
        return 410;
    case FAULT_TOO_LARGE:
        return 413;
    case FAULT_OVERLOADED:
    case FAULT_SHUTTING_DOWN:
    case FAULT_UNAVAILABLE:
        return 503;
    case FAULT_NONE:
    case FAULT_BAD_JSON:
    case FAULT_INVALID_REQUEST:
        break;
    }
    return 400;
}

unsigned http_reply_status_of(const char *line, size_t len)
{
    static const char before[] = "{\"event\":\"error\",";
    const char *code;

    if (len < sizeof(before) || memcmp(line, before, sizeof(before) - 1) != 0)
        return 0;
    code = memmem(line, len, "\"code\":\"", 8);
    for (int i = FAULT_NONE + 1; code && i < STATS_FAULT_CODES; i++) {
        const char *name = fault_code_name((enum fault_code)i);
        size_t n = strlen(name);

        if (code + 8 + n < line + len && memcmp(code + 8, name, n) == 0 && code[8 + n] == '"')
            return http_reply_status((enum fault_code)i);
    }
    return 400;
}

/* The fields for an allowed page of others on all that it gets. */
static void allow_origin(struct http_connection *c, struct MHD_Response *response)
{
    const char *origin = MHD_lookup_connection_value(c->library, MHD_HEADER_KIND, "Origin");

    MHD_add_response_header(response, "Access-Control-Allow-Origin", origin ? origin : "null");
    MHD_add_response_header(response, "Access-Control-Expose-Headers", "Location, Retry-After");
    MHD_add_response_header(response, "Vary", "Origin");
}

void http_reply(struct http_connection *c, unsigned status, struct MHD_Response *response)
{
    struct http_exchange *x = &c->exchange;

    if (!response) {
        http_hang_up(c);
        return;
    }
    if (x->reply) { /* the first one counts */
        MHD_destroy_response(response);
        return;
    }
    x->status = status;
    x->reply = response;
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == 503 || status == 429)
        MHD_add_response_header(response, RETRY_FIELD, RETRY_SOON);
    if (x->cross_origin)
        allow_origin(c, response);
    else if (x->any_origin)
        MHD_add_response_header(response, "Access-Control-Allow-Origin", "*");
    if (http_is_to_end(c))
        MHD_add_response_header(response, "Connection", "close");
}

struct MHD_Response *http_reply_without_body(void)
{
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

void http_reply_text(struct http_connection *c, unsigned status, const char *type, const char *text,
                     size_t len)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

    if (response)
        MHD_add_response_header(response, "Content-Type", type);
    http_reply(c, status, response);
}

void http_reply_fault(struct http_connection *c, unsigned status, const struct fault *fault)
{
    char line[EVENT_LINE_MAX];
    char *end = event_write_error(line, fault, (struct event_text){NULL, 0});

    stats_refused(c->http->env.env->stats, fault->code);
    http_reply_text(c, status, JSON, line, (size_t)(end - line));
}

void http_reply_refuse(struct http_connection *c, unsigned status, enum fault_code code,
                       const char *format, ...)
{
    struct fault fault = {0};
    va_list arguments;

    va_start(arguments, format);
    (void)fault_vset(&fault, code, 0, format, arguments);
    va_end(arguments);
    http_reply_fault(c, status, &fault);
}

void http_reply_refuse_method(struct http_connection *c, const char *place, const char *allowed,
                              const char *method)
{
    char quote[FAULT_QUOTE_SIZE];

    http_reply_refuse(c, 405, FAULT_INVALID_REQUEST, "%s takes %s, not %s", place, allowed,
                      fault_quote(quote, method, strlen(method)));
    if (c->exchange.reply)
        MHD_add_response_header(c->exchange.reply, "Allow", allowed);
}

void http_reply_retry_after(struct http_connection *c, int64_t wait_ns)
{
    struct MHD_Response *response = c->exchange.reply;
    char seconds[24];

    if (!response || MHD_del_response_header(response, RETRY_FIELD, RETRY_SOON) != MHD_YES)
        return;
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_ns / 1000000000) + 1);
    MHD_add_response_header(response, RETRY_FIELD, seconds);
}

void http_reply_give(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;
    struct MHD_Response *response = x->reply;

    x->reply = NULL;
    c->timeouts.read_ns = clock_now_ns();
    if (MHD_queue_response(c->library, x->status, response) != MHD_YES)
        x->hang_up = true;
    MHD_destroy_response(response);
}

void http_reply_now(struct http_connection *c, bool late)
{
    struct fault fault = {0};
    unsigned status = c->exchange.is_refused ? c->exchange.status : 413;

    if (status == 401)
        (void)fault_set(&fault, FAULT_UNAUTHORIZED, 0,
                        "\"Authorization\" takes Bearer and a token that is known here");
    else if (status != 413)
        (void)fault_set(&fault, FAULT_OVERLOADED, 0, "try again later, with a shorter body");
    else
        (void)fault_set(&fault, FAULT_TOO_LARGE, 0, "%s",
                        late ? "the request was not complete in time (request-timeout)"
                             : "the body is longer than a request may be (max-request)");
    http_reply_on_socket(c->fd, status, &fault, false);
    c->exchange.unread = true;
    c->exchange.hang_up = true;
}

static const char *reason_of(unsigned status)
{
    switch (status) {
    case 401:
        return "Unauthorized";
    case 413:
        return "Content Too Large";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    case 503:
        return "Service Unavailable";
    default:
        return "Bad Request";
    }
}

static const char *field_of(unsigned status)
{
    if (status == 401)
        return HTTP_REPLY_CHALLENGE_FIELD ": " HTTP_REPLY_CHALLENGE "\r\n";
    return status == 503 || status == 429 ? RETRY_FIELD ": " RETRY_SOON "\r\n" : "";
}

/* The socket's buffer is empty and takes it whole. */
void http_reply_on_socket(int fd, unsigned status, const struct fault *fault, bool is_head)
{
    char line[EVENT_LINE_MAX], text[EVENT_LINE_MAX + 256];
    size_t len = (size_t)(event_write_error(line, fault, (struct event_text){NULL, 0}) - line);
    int n =
        snprintf(text, sizeof(text),
                 "HTTP/1.1 %u %s\r\nContent-Type: " JSON "\r\nContent-Length: %zu\r\n%s"
                 "Connection: close\r\n\r\n%.*s",
                 status, reason_of(status), len, field_of(status), is_head ? 0 : (int)len, line);

    (void)!send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}
