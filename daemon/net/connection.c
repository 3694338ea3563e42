/* SPDX-License-Identifier: ISC */
#include "daemon/net/connection.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/peers.h"
#include "daemon/net/socket.h"
#include "daemon/net/tls.h"
#include "daemon/session/principal.h"
#include "proto/address.h"
#include "proto/due.h"

struct connection {
    struct event event;
    struct connection_host *host;
    struct ready_link ready;
    struct socket_transport socket;
    struct transport *tls; /* over the socket; NULL for plain text */
    struct entry *entry;   /* until it has proved who it is; else NULL, and there is a pump: */
    struct pump pump;
    struct peer *peer; /* which it has joined, or NULL */
    uint64_t number;
    uint64_t served; /* the last iteration of the loop that did; 0 for none */
    uint32_t slot;
    bool refused;
    bool is_unauthenticated; /* it is counted among those who have to prove who they are */
    bool is_dead;            /* without ever having had a pump */
};

/* ---- Coming and going ----------------------------------------------------- */

static void on_readiness(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;

    (void)fd;
    if (c->tls != NULL) /* which may have to send to receive, and receive to send */
        c->tls->readable = c->tls->writable = true;
    if (what & EV_CLOSED)
        c->socket.ended = c->socket.transport.readable = true;
    if (what & EV_READ)
        c->socket.transport.readable = true;
    if (what & EV_WRITE)
        c->socket.transport.writable = true;
    if (c->entry == NULL && !c->is_dead)
        pump_wake(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

static struct connection *make(struct connection_host *host, const struct arrival *client,
                               uint64_t number)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->host = host;
    c->number = number;
    socket_init(&c->socket, client->fd);
    c->socket.watched = true;
    if (client->tls != NULL && (c->tls = tls_open(client->tls, client->fd, number)) == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

/* NULL where it is not known. */
static const char *print_peer(const struct connection *c, char text[ADDRESS_PRINT_MAX])
{
    struct address peer = {.len = sizeof(peer.room)};

    if (getpeername(c->socket.fd, &peer.any, &peer.len) != 0)
        return NULL;
    return address_print(&peer, text);
}

/* what: is known of it. */
static void log_arrival(const struct connection *c, const char *what)
{
    struct log *log = c->host->pumps.log;
    char text[ADDRESS_PRINT_MAX];

    if (log_takes(log, LOG_LEVEL_DEBUG) && print_peer(c, text) != NULL)
        log_write_about(log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0}, "from %s, %s", text,
                        what);
}

/* Of one that has not begun: the socket stays the caller's. */
static struct connection *abandon(struct connection *c)
{
    if (c->entry != NULL)
        entry_free(c->entry);
    else
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
                     EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_readiness, c) != 0 ||
        event_add(&c->event, NULL) != 0)
        return abandon(c);
    connection_is_ready(c, READY_WOKEN);
    log_arrival(c, what);
    return c;
}

/* The channel has something to do. */
static void on_wake(void *context)
{
    connection_is_ready(context, READY_UNFINISHED);
}

/* A pump from now on.  0, or -1 when out of memory. */
static int open_pump(struct connection *c, struct principal *principal)
{
    if (pump_init(&c->pump, &c->host->pumps, transport_of(c), c->number, principal) != 0)
        return -1;
    channel_set_wake(c->pump.channel, on_wake, c);
    return 0;
}

static int open_entry(struct connection *c, struct failures *failures)
{
    c->entry = entry_new(&c->host->pumps, &c->host->gates, transport_of(c), failures, on_wake, c);
    return c->entry != NULL ? 0 : -1;
}

struct connection *connection_new(struct connection_host *host, const struct arrival *client,
                                  uint64_t number)
{
    struct connection *c = make(host, client, number);
    struct principal *principal = client->principal;

    if (c == NULL)
        return NULL;
    if ((principal != NULL ? open_pump(c, principal) : open_entry(c, client->failures)) != 0)
        return abandon(c);
    c = begin(c, principal != NULL ? principal->name : "who has to prove who it is");
    if (c == NULL)
        return NULL;
    c->is_unauthenticated = principal == NULL;
    c->peer = client->peer;
    stats_connection(host->pumps.env.stats);
    return c;
}

struct connection *connection_new_refused(struct connection_host *host,
                                          const struct arrival *client, uint64_t number,
                                          const struct fault *fault)
{
    struct connection *c = make(host, client, number);
    struct event_text no_id = {NULL, 0};

    if (c == NULL)
        return NULL;
    if (pump_init_refused(&c->pump, &host->pumps, transport_of(c), number, fault, no_id) != 0)
        return abandon(c);
    c->refused = true;
    c = begin(c, "one too many");
    if (c != NULL)
        c->peer = client->peer;
    return c;
}

bool connection_discard(struct connection *c)
{
    return c->entry != NULL || pump_discard(&c->pump);
}

/* It is counted among those who have to prove who they are no more. */
static void mark_authenticated(struct connection *c)
{
    if (c->is_unauthenticated)
        ledger_release_unauthenticated(c->host->pumps.env.ledger);
    c->is_unauthenticated = false;
}

void connection_free(struct connection *c)
{
    event_del(&c->event);
    ready_remove(&c->host->ready, &c->ready);
    mark_authenticated(c);
    peers_leave(c->peer);
    if (c->entry != NULL)
        entry_free(c->entry);
    else
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

/* It is let in: a pump goes on with what was read and written so far. */
static int let_in(struct connection *c)
{
    struct principal *principal = entry_principal(c->entry);

    log_write_about(c->host->pumps.log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0},
                    "authenticated, %s", principal->name);
    mark_authenticated(c);
    return open_pump(c, principal);
}

/* 0; or -1 where it is dead. */
static int refuse_client(struct connection *c)
{
    const struct fault *fault = entry_fault(c->entry);
    char text[ADDRESS_PRINT_MAX];

    stats_refused(c->host->pumps.env.stats, fault->code);
    log_write_rarely(c->host->pumps.log, c->host->auth_failures, clock_now_ns(), LOG_LEVEL_WARNING,
                     (struct log_about){c->number, 0}, "not let in: from %s: %s",
                     print_peer(c, text) != NULL ? text : "nowhere", fault->message);
    if (transport_of(c)->is_opening)
        return -1; /* and cannot be sent anything */
    return pump_init_refused(&c->pump, &c->host->pumps, transport_of(c), c->number, fault,
                             entry_id(c->entry));
}

/* Serves one that has to prove who it is.  Whether there is a pump now. */
static bool serve_entry(struct connection *c, int64_t now_ns)
{
    struct entry *entry = c->entry;
    int result = -1;

    switch (entry_serve(entry, now_ns)) {
    case ENTRY_WAITING:
        return false;
    case ENTRY_OPEN:
        result = let_in(c);
        break;
    case ENTRY_REFUSED:
        result = refuse_client(c);
        break;
    case ENTRY_DEAD:
        c->is_dead = true;
        return false;
    }
    if (result == 0)
        result = pump_inherit(&c->pump, entry_unread(entry), entry_unsent(entry));
    c->entry = NULL;
    entry_free(entry);
    c->is_dead |= result != 0;
    return result == 0;
}

int64_t connection_serve(struct connection *c, int64_t slice_ns)
{
    int64_t now_ns = c->entry != NULL ? clock_now_ns() : 0;

    if (c->is_dead || (c->entry != NULL && !serve_entry(c, now_ns)))
        return now_ns;
    if (pump_serve(&c->pump, slice_ns, &now_ns))
        connection_is_ready(c, READY_UNFINISHED);
    return now_ns;
}

bool connection_note_served(struct connection *c, uint64_t iteration)
{
    bool again = c->served != 0 && c->served + 1 == iteration;

    c->served = iteration;
    return again;
}

int64_t connection_due(const struct connection *c)
{
    if (c->is_dead)
        return DUE_NEVER;
    return c->entry != NULL ? entry_due(c->entry) : pump_due(&c->pump);
}

bool connection_is_queued(const struct connection *c)
{
    return c->ready.list != NULL;
}

bool connection_is_dead(const struct connection *c)
{
    return c->is_dead || (c->entry == NULL && pump_is_dead(&c->pump));
}

bool connection_was_refused(const struct connection *c)
{
    return c->refused;
}

void connection_set_slot(struct connection *c, uint32_t slot)
{
    c->slot = slot;
}

uint32_t connection_slot(const struct connection *c)
{
    return c->slot;
}

/* ---- Orders --------------------------------------------------------------- */

void connection_drain(struct connection *c)
{
    if (c->entry == NULL && !c->is_dead)
        pump_drain(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

void connection_cancel(struct connection *c)
{
    if (c->entry == NULL && !c->is_dead)
        pump_cancel(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}

void connection_limits_changed(struct connection *c)
{
    if (c->entry == NULL && !c->is_dead)
        pump_limits_changed(&c->pump);
    connection_is_ready(c, READY_WOKEN);
}
