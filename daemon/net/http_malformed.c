/* SPDX-License-Identifier: ISC */

/*
 * What the library finds malformed: chunks, trailers, and the heads of later requests of a
 * connection, which have no precheck (http_precheck.c).  It answers with a page of HTML (0.9.75),
 * even in the middle of an answer that has begun past it; the only sign is a line of its log just
 * before.  So there the client is sent our own refusal, and our side of its socket is shut: the
 * page is lost.
 *
 * The line does not say whose request it is.  Whoever it may be of is suspected: a request whose
 * head is not complete, or whose body comes in chunks, and a connection without a request; the last
 * two unless nothing has come since they were looked at.  Where several are, no guess is made, and
 * the page is sent.
 */

#include <string.h>
#include <sys/socket.h>

#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_stream.h"

/* What the library has read of, by what it says. */
struct trace {
    unsigned status;
    bool is_chunk; /* of a body in chunks, for sure */
};

static bool is_suspected(const struct http_connection *c, struct trace trace)
{
    const struct http_exchange *x = &c->exchange;

    if (x->suspended || x->hang_up)
        return false;
    if (x->phase == HTTP_BODY)
        return x->is_chunked && http_has_input_since(c);
    if (x->phase != HTTP_IDLE || trace.is_chunk)
        return false;
    return x->is_opened ? trace.status != 414 : http_has_input_since(c);
}

/* The only one that is suspected; NULL where there are several, or none. */
static struct http_connection *find(const struct http *http, const struct http_library *library,
                                    struct trace trace)
{
    struct http_connection *found = NULL;

    for (uint32_t slot = 0; slot < http->connections.slots.n; slot++) {
        struct http_connection *c = http->connections.slots.items[slot];

        if (!c || !c->library || c->instance != library || !is_suspected(c, trace))
            continue;
        if (found)
            return NULL;
        found = c;
    }
    return found;
}

/* The status that it is refused with, in place of the library's. */
static unsigned describe(const struct http_connection *c, unsigned status, struct fault *fault)
{
    bool is_body = c->exchange.phase == HTTP_BODY;

    switch (status) {
    case 413:
        (void)fault_set(fault, FAULT_TOO_LARGE, 0,
                        "the body is longer than a request may be (max-request)");
        return 413;
    case 414:
    case 431:
        (void)fault_set(fault, FAULT_TOO_LARGE, 0,
                        "the head is longer than it may be (http-max-header)");
        return 431;
    case 505:
        (void)fault_set(fault, FAULT_INVALID_REQUEST, 0, "the version takes HTTP/1.1 or HTTP/1.0");
        return 505;
    default:
        break;
    }
    if (status >= 500) {
        (void)fault_set(fault, FAULT_OVERLOADED, 0, "out of memory; try again later");
        return 503;
    }
    (void)fault_set(fault, FAULT_INVALID_REQUEST, 0, "%s",
                    is_body ? "the body's chunks, or the trailer behind them, are malformed"
                            : "the head of the request is malformed");
    return 400;
}

static void refuse(struct http_connection *c, unsigned status, const struct fault *fault)
{
    stats_refused(c->http->env.env->stats, fault->code);
    if (!c->exchange.stream || !*http_stream_duplex(c->exchange.stream)) /* no answer has begun */
        http_reply_on_socket(c->fd, status, fault, false);
    c->exchange.unread = c->exchange.hang_up = true;
    shutdown(c->fd, SHUT_WR);
}

void http_malformed_refuse(struct http *http, const struct http_library *library, unsigned status,
                           const char *page)
{
    struct trace trace = {status, strstr(page, "chunked") != NULL};
    struct http_connection *c = find(http, library, trace);
    struct fault fault = {0};

    if (c)
        refuse(c, describe(c, status, &fault), &fault);
}

void http_malformed_refuse_chunk(struct http_connection *c)
{
    struct fault fault = {0};

    (void)fault_set(
        &fault, FAULT_TOO_LARGE, 0,
        "the size of a chunk and what follows it on its line are longer than the head of "
        "a request may be (http-max-header)");
    refuse(c, 413, &fault);
}
