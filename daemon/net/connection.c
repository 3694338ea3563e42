/* SPDX-License-Identifier: ISC */
#include "daemon/net/connection.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/socket.h"
#include "daemon/net/tls.h"
#include "daemon/session/principal.h"
#include "proto/address.h"

struct connection {
    struct event event;
    struct connection_host *host;
    struct ready_link ready;
    struct socket_transport socket;
    struct transport *tls; /* over the socket; NULL for plain text */
    struct pump pump;
    uint32_t slot;
    bool refused;
};

/* ---- Coming and going ----------------------------------------------------- */

static void on_readiness(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;

    (void)fd;
    if (c->tls != NULL) /* which may have to send to receive, and receive to send */
        c->tls->readable = c->tls->writable = true;
    if (what & EV_READ)
        c->socket.transport.readable = true;
    if (what & EV_WRITE)
        c->socket.transport.writable = true;
    pump_wake(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

static struct connection *make(struct connection_host *host, int fd, uint32_t slot, uint64_t number,
                               struct tls *tls)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->host = host;
    c->slot = slot;
    socket_init(&c->socket, fd);
    if (tls != NULL && (c->tls = tls_open(tls, fd, number)) == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

/* what: is known of it. */
static void log_arrival(const struct connection *c, const char *what)
{
    struct log *log = c->host->pumps.log;
    struct address peer;
    char text[ADDRESS_PRINT_MAX];

    if (!log_takes(log, LOG_LEVEL_DEBUG))
        return;
    peer.len = sizeof(peer.room);
    if (getpeername(c->socket.fd, &peer.any, &peer.len) == 0)
        log_write_about(log, LOG_LEVEL_DEBUG, (struct log_about){c->pump.number, 0}, "from %s, %s",
                        address_print(&peer, text), what);
}

/* Of one that has not begun: the socket stays the caller's. */
static struct connection *abandon(struct connection *c)
{
    pump_fini(&c->pump);
    tls_close(c->tls);
    free(c);
    return NULL;
}

static struct transport *transport_of(struct connection *c)
{
    return c->tls != NULL ? c->tls : &c->socket.transport;
}

/* One event for life, edge-triggered: a level-triggered one spins on a
 * half-closed socket, and only one of either kind hears of a later reset. */
static struct connection *begin(struct connection *c, const char *what)
{
    if (event_assign(&c->event, c->host->base, c->socket.fd,
                     EV_READ | EV_WRITE | EV_ET | EV_PERSIST, on_readiness, c) != 0 ||
        event_add(&c->event, NULL) != 0)
        return abandon(c);
    connection_is_ready(c, READY_WOKEN);
    log_arrival(c, what);
    return c;
}

/* The channel has come to have something to do. */
static void on_wake(void *context)
{
    connection_is_ready(context, READY_UNFINISHED);
}

struct connection *connection_new(struct connection_host *host, int fd, uint32_t slot,
                                  uint64_t number, struct tls *tls, struct principal *principal)
{
    struct connection *c = make(host, fd, slot, number, tls);

    if (c == NULL)
        return NULL;
    if (pump_init(&c->pump, &host->pumps, transport_of(c), number, principal) != 0)
        return abandon(c);
    channel_set_wake(c->pump.channel, on_wake, c);
    c = begin(c, principal != NULL ? principal->name : "nobody");
    if (c != NULL)
        stats_connection(host->pumps.env.stats);
    return c;
}

struct connection *connection_new_refused(struct connection_host *host, int fd, uint32_t slot,
                                          uint64_t number, struct tls *tls,
                                          const struct fault *fault)
{
    struct connection *c = make(host, fd, slot, number, tls);

    if (c == NULL)
        return NULL;
    if (pump_init_refused(&c->pump, &host->pumps, transport_of(c), number, fault) != 0)
        return abandon(c);
    c->refused = true;
    return begin(c, "one too many");
}

bool connection_discard(struct connection *c)
{
    return pump_discard(&c->pump);
}

void connection_free(struct connection *c)
{
    event_del(&c->event);
    ready_remove(&c->host->ready, &c->ready);
    pump_fini(&c->pump);
    tls_close(c->tls);
    close(c->socket.fd);
    free(c);
}

/* ---- Service -------------------------------------------------------------- */

void connection_is_ready(struct connection *c, enum ready_class reason)
{
    ready_add(&c->host->ready, &c->ready, reason);
}

struct connection *connection_next(struct connection_host *host)
{
    struct ready_link *link = ready_next(&host->ready);

    if (link == NULL)
        return NULL;
    return (struct connection *)((char *)link - offsetof(struct connection, ready));
}

int64_t connection_serve(struct connection *c, int64_t slice_ns)
{
    int64_t now_ns;

    if (pump_serve(&c->pump, slice_ns, &now_ns))
        connection_is_ready(c, READY_UNFINISHED);
    return now_ns;
}

int64_t connection_due(const struct connection *c)
{
    return pump_due(&c->pump);
}

bool connection_is_queued(const struct connection *c)
{
    return c->ready.list != NULL;
}

bool connection_is_dead(const struct connection *c)
{
    return pump_is_dead(&c->pump);
}

bool connection_was_refused(const struct connection *c)
{
    return c->refused;
}

uint32_t connection_slot(const struct connection *c)
{
    return c->slot;
}

/* ---- Orders --------------------------------------------------------------- */

void connection_drain(struct connection *c)
{
    pump_drain(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

void connection_cancel(struct connection *c)
{
    pump_cancel(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

void connection_limits_changed(struct connection *c)
{
    pump_limits_changed(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}
