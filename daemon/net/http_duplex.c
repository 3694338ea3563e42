/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_duplex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_stream.h"

#define BUFFER_BYTES 65536

/* A chunk's length before it and its end behind it. */
#define CHUNK_HEAD 6
#define CHUNK_TAIL 2

/* How many buffers are written before others are served. */
#define BUFFERS 2

struct http_duplex {
    struct http_connection *c;
    struct event *event; /* the socket takes more */
    size_t at, len;      /* of the buffer */
    enum http_duplex_kind kind;
    bool chunked;
    bool over; /* the last of it is in the buffer */
    bool gone;
    bool waiting;
    char buffer[BUFFER_BYTES];
};

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct http_duplex *duplex = context;
    struct http_connection *c = duplex->c;

    (void)fd;
    (void)what;
    http_duplex_write(duplex);
    http_schedule(c, clock_now_ns());
}

static void put_head(struct http_duplex *duplex)
{
    struct http_connection *c = duplex->c;
    const struct http_stream *stream = c->exchange.stream;
    const char *origin = c->exchange.cross_origin
                             ? MHD_lookup_connection_value(c->library, MHD_HEADER_KIND, "Origin")
                             : NULL;

    duplex->len = (size_t)snprintf(
        duplex->buffer, BUFFER_BYTES,
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n%s%.1024s%s%sConnection: close\r\n\r\n",
        http_stream_type(stream), origin ? "Access-Control-Allow-Origin: " : "",
        origin ? origin : "", origin ? "\r\nVary: Origin\r\n" : "",
        duplex->chunked ? "Transfer-Encoding: chunked\r\n" : "");
}

struct http_duplex *http_duplex_new(struct http_connection *c, enum http_duplex_kind kind)
{
    struct http_duplex *duplex = malloc(sizeof(*duplex));

    if (!duplex)
        return NULL;
    memset(duplex, 0, offsetof(struct http_duplex, buffer));
    duplex->c = c;
    duplex->kind = kind;
    duplex->chunked = !c->exchange.is_http10;
    duplex->event = event_new(c->http->env.base, c->fd, EV_WRITE, on_writable, duplex);
    if (!duplex->event) {
        free(duplex);
        return NULL;
    }
    if (kind == HTTP_DUPLEX_WHOLE)
        put_head(duplex);
    return duplex;
}

void http_duplex_free(struct http_duplex *duplex)
{
    if (!duplex)
        return;
    event_free(duplex->event);
    free(duplex);
}

bool http_duplex_is_over(const struct http_duplex *duplex)
{
    return duplex->gone || (duplex->over && duplex->at == duplex->len);
}

bool http_duplex_is_broken(const struct http_duplex *duplex)
{
    return duplex->gone;
}

bool http_duplex_is_waiting(const struct http_duplex *duplex)
{
    return duplex->waiting;
}

/* Fills the empty buffer.  Returns whether there was anything to fill it with. */
static bool fill(struct http_duplex *duplex)
{
    struct http_stream *stream = duplex->c->exchange.stream;
    size_t room = BUFFER_BYTES - CHUNK_HEAD - CHUNK_TAIL;
    char *body = duplex->buffer + (duplex->chunked ? CHUNK_HEAD : 0);
    int64_t now_ns = clock_now_ns();
    ptrdiff_t n = http_stream_render(stream, now_ns, body, room);
    char size[CHUNK_HEAD + 1];

    duplex->at = duplex->len = 0;
    if (n < 0)
        duplex->gone = true;
    if (n == 0 && http_stream_is_over(stream)) {
        duplex->over = true;
        if (duplex->chunked && duplex->kind == HTTP_DUPLEX_WHOLE)
            memcpy(duplex->buffer, "0\r\n\r\n", duplex->len = 5);
        return duplex->len > 0;
    }
    if (n <= 0)
        return false;
    duplex->c->timeouts.read_ns = now_ns; /* it begins to wait */
    duplex->len = (size_t)n;
    if (duplex->chunked) {
        snprintf(size, sizeof(size), "%04hx\r\n", (unsigned short)n);
        memcpy(duplex->buffer, size, CHUNK_HEAD);
        memcpy(body + n, "\r\n", CHUNK_TAIL);
        duplex->len += CHUNK_HEAD + CHUNK_TAIL;
    }
    return true;
}

/* Sends of the buffer what the socket takes.  Returns whether that was all. */
static bool flush(struct http_duplex *duplex)
{
    while (duplex->at < duplex->len) {
        ssize_t n = send(duplex->c->fd, duplex->buffer + duplex->at, duplex->len - duplex->at,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0) {
            duplex->at += (size_t)n;
            duplex->c->timeouts.read_ns = clock_now_ns();
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            duplex->waiting = event_add(duplex->event, NULL) == 0;
            return false;
        } else if (errno != EINTR) {
            duplex->gone = true;
            return false;
        }
    }
    return true;
}

void http_duplex_write(struct http_duplex *duplex)
{
    struct http_connection *c = duplex->c;

    duplex->waiting = false;
    event_del(duplex->event);
    for (int i = 0; i < BUFFERS; i++) {
        if (!flush(duplex) || duplex->over || !fill(duplex))
            break;
        /* The rest at the next iteration of the loop. */
        if (i == BUFFERS - 1 && !duplex->gone)
            duplex->waiting = event_add(duplex->event, NULL) == 0;
    }
    /* Whatever else comes of the body is for nothing. */
    if (duplex->kind == HTTP_DUPLEX_WHOLE && http_duplex_is_over(duplex))
        shutdown(c->fd, SHUT_WR);
    if (http_duplex_is_over(duplex) ||
        (c->exchange.phase == HTTP_BODY && http_stream_wants_input(c->exchange.stream)))
        http_exchange_resume(c);
}
