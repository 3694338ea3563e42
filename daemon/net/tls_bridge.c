/* SPDX-License-Identifier: ISC */
#include "daemon/net/tls_bridge.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/socket.h"
#include "daemon/net/tls.h"

/* Each way, at a time. */
#define PIECE_BYTES 16384

/* Pieces that are carried before others of the loop are served. */
#define PIECES 8

/* How long a client may take to close, once it has been left. */
#define LEAVING_S 5

/* One way. */
struct way {
    char *bytes; /* PIECE_BYTES */
    size_t at, len;
    bool has_ended; /* nothing more is received */
    bool is_shut;   /* and the other side knows it */
};

struct tls_bridge {
    struct transport *tls;
    struct socket_transport local;
    int fd; /* the client's */
    struct event *client_event, *local_event, *again_event, *leaving_event;
    struct way in, out; /* to the local socket, and to the client */
    bool is_left, is_over;
    void (*over)(void *context); /* once it has been left */
    void *context;
};

/* ---- Relaying ------------------------------------------------------------- */

/* Relays a piece.  Whether there may be more; *broken: for good. */
static bool relay(struct way *way, struct transport *from, struct transport *to, bool *broken)
{
    ptrdiff_t n = 0;

    if (way->len == 0 && !way->has_ended && from->readable) {
        n = from->ops->receive(from, way->bytes, PIECE_BYTES);
        if (n > 0) {
            way->at = 0;
            way->len = (size_t)n;
        }
        way->has_ended = from->eof;
    }
    if (n >= 0 && way->len > 0 && to->writable) {
        n = to->ops->send(to, way->bytes + way->at, way->len);
        if (n > 0) {
            way->at += (size_t)n;
            way->len -= (size_t)n;
        }
    }
    *broken |= n < 0;
    if (way->len == 0 && way->has_ended && !way->is_shut) {
        to->ops->shut(to);
        way->is_shut = true;
    }
    return !*broken &&
           ((way->len > 0 && to->writable) || (way->len == 0 && !way->has_ended && from->readable));
}

static void end(struct tls_bridge *bridge)
{
    bridge->is_over = true;
    event_del(bridge->client_event);
    event_del(bridge->local_event);
    event_del(bridge->again_event);
    /* The local side hears of it. */
    (void)shutdown(bridge->local.fd, SHUT_RDWR);
    if (bridge->is_left)
        bridge->over(bridge->context);
}

static void work(struct tls_bridge *bridge)
{
    static const struct timeval now = {0};
    struct transport *tls = bridge->tls, *local = &bridge->local.transport;
    bool broken = false, more = true;

    for (int i = 0; i < PIECES && more && !broken; i++) {
        more = relay(&bridge->in, tls, local, &broken);
        more |= relay(&bridge->out, local, tls, &broken);
    }
    if (broken || (bridge->in.is_shut && bridge->out.is_shut))
        end(bridge);
    else if (more)
        event_add(bridge->again_event, &now);
}

static void on_client(evutil_socket_t fd, short what, void *context)
{
    struct tls_bridge *bridge = context;

    (void)fd;
    (void)what;
    bridge->tls->readable = bridge->tls->writable = true;
    work(bridge);
}

static void on_local(evutil_socket_t fd, short what, void *context)
{
    struct tls_bridge *bridge = context;

    (void)fd;
    if (what & EV_READ)
        bridge->local.transport.readable = true;
    if (what & EV_WRITE)
        bridge->local.transport.writable = true;
    work(bridge);
}

static void on_again(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    work(context);
}

static void on_left_long_ago(evutil_socket_t fd, short what, void *context)
{
    struct tls_bridge *bridge = context;

    (void)fd;
    (void)what;
    if (!bridge->is_over)
        end(bridge);
}

/* ---- Making --------------------------------------------------------------- */

static int make_events(struct tls_bridge *bridge, struct event_base *base)
{
    const short what = EV_READ | EV_WRITE | EV_ET | EV_PERSIST;

    bridge->client_event = event_new(base, bridge->fd, what, on_client, bridge);
    bridge->local_event = event_new(base, bridge->local.fd, what, on_local, bridge);
    bridge->again_event = evtimer_new(base, on_again, bridge);
    bridge->leaving_event = evtimer_new(base, on_left_long_ago, bridge);
    if (bridge->client_event == NULL || bridge->local_event == NULL ||
        bridge->again_event == NULL || bridge->leaving_event == NULL)
        return -1;
    return event_add(bridge->client_event, NULL) != 0 || event_add(bridge->local_event, NULL) != 0
               ? -1
               : 0;
}

static struct tls_bridge *make(struct tls *tls, int fd, uint64_t number, int inner)
{
    struct tls_bridge *bridge = calloc(1, sizeof(*bridge));

    if (bridge == NULL) {
        close(inner);
        return NULL;
    }
    bridge->fd = -1;
    socket_init(&bridge->local, inner);
    bridge->in.bytes = malloc(PIECE_BYTES);
    bridge->out.bytes = malloc(PIECE_BYTES);
    bridge->tls = tls_open(tls, fd, number);
    if (bridge->in.bytes == NULL || bridge->out.bytes == NULL || bridge->tls == NULL) {
        tls_bridge_free(bridge);
        return NULL;
    }
    bridge->fd = fd;
    return bridge;
}

struct tls_bridge *tls_bridge_new(struct event_base *base, struct tls *tls, int fd, uint64_t number,
                                  int *local)
{
    struct tls_bridge *bridge;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return NULL;
    bridge = make(tls, fd, number, pair[0]);
    if (bridge == NULL || make_events(bridge, base) != 0) {
        if (bridge != NULL)
            bridge->fd = -1; /* the caller's still */
        tls_bridge_free(bridge);
        close(pair[1]);
        errno = ENOMEM;
        return NULL;
    }
    *local = pair[1];
    return bridge;
}

void tls_bridge_leave(struct tls_bridge *bridge, void (*over)(void *context), void *context)
{
    static const struct timeval timeout = {.tv_sec = LEAVING_S};

    bridge->is_left = true;
    bridge->over = over;
    bridge->context = context;
    if (bridge->is_over)
        over(context);
    else
        event_add(bridge->leaving_event, &timeout);
}

bool tls_bridge_is_over(const struct tls_bridge *bridge)
{
    return bridge->is_left && bridge->is_over;
}

static void drop_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void tls_bridge_free(struct tls_bridge *bridge)
{
    if (bridge == NULL)
        return;
    drop_event(bridge->client_event);
    drop_event(bridge->local_event);
    drop_event(bridge->again_event);
    drop_event(bridge->leaving_event);
    tls_close(bridge->tls);
    close(bridge->local.fd);
    if (bridge->fd >= 0)
        close(bridge->fd);
    free(bridge->in.bytes);
    free(bridge->out.bytes);
    free(bridge);
}

enum transport_identity tls_bridge_identify(struct tls_bridge *bridge, char *name, size_t size)
{
    return bridge->tls->ops->identify(bridge->tls, name, size);
}
