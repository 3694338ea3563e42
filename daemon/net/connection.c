/* SPDX-License-Identifier: ISC */
#include "daemon/net/connection.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/address.h"
#include "daemon/base/clock.h"
#include "daemon/net/connection_internal.h"
#include "proto/event.h"

/* Batches that a dead connection drops at a time: a tenth of a millisecond. */
#define DISCARDS 128

/* ---- Coming and going ----------------------------------------------------- */

static void on_readiness(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;

    (void)fd;
    c->woken = true;
    if (what & EV_READ)
        c->wire.readable = true;
    if (what & EV_WRITE)
        c->wire.writable = true;
    connection_is_ready(c, READY_WOKEN);
}

static struct connection *make(struct connection_host *host, int fd, uint32_t slot, uint64_t number)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->host = host;
    wire_init(&c->wire, fd);
    c->slot = slot;
    c->number = number;
    c->heard_ns = c->taken_ns = clock_now_ns();
    c->due_ns = CHANNEL_NEVER;
    return c;
}

/* One event for life, edge-triggered: a level-triggered one spins on a
 * half-closed socket, and only one of either kind hears of a later reset. */
static int watch_socket(struct connection *c)
{
    if (event_assign(&c->event, c->host->base, c->wire.fd, EV_READ | EV_WRITE | EV_ET | EV_PERSIST,
                     on_readiness, c) != 0 ||
        event_add(&c->event, NULL) != 0)
        return -1;
    connection_is_ready(c, READY_WOKEN);
    return 0;
}

static void log_arrival(struct connection *c)
{
    struct address peer;
    char text[ADDRESS_PRINT_MAX];

    if (!log_takes(c->host->log, LOG_LEVEL_DEBUG))
        return;
    peer.len = sizeof(peer.room);
    if (getpeername(c->wire.fd, &peer.any, &peer.len) == 0)
        log_write_about(c->host->log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0},
                        "from %s%s", address_print(&peer, text),
                        c->refused ? ", one too many" : "");
}

struct connection *connection_new(struct connection_host *host, int fd, uint32_t slot,
                                  uint64_t number)
{
    struct connection *c = make(host, fd, slot, number);

    if (!c)
        return NULL;
    c->channel = channel_new(&host->env);
    if (!c->channel || watch_socket(c) != 0) {
        channel_free(c->channel);
        free(c);
        return NULL;
    }
    channel_set_number(c->channel, number);
    stats_connection(host->env.stats);
    log_arrival(c);
    return c;
}

struct connection *connection_new_refused(struct connection_host *host, int fd, uint32_t slot,
                                          uint64_t number, const struct fault *fault)
{
    struct connection *c = make(host, fd, slot, number);
    struct event_text no_id = {NULL, 0};
    char line[EVENT_LINE_MAX];

    if (!c)
        return NULL;
    c->refused = true;
    c->state = CONNECTION_INPUT_ENDED;
    if (wire_keep(&c->wire.out, line, (size_t)(event_write_error(line, fault, no_id) - line)) !=
            0 ||
        watch_socket(c) != 0) {
        wire_drop(&c->wire.out);
        free(c);
        return NULL;
    }
    log_arrival(c);
    return c;
}

bool connection_discard(struct connection *c)
{
    return !c->channel || channel_discard(c->channel, DISCARDS);
}

void connection_free(struct connection *c)
{
    event_del(&c->event);
    ready_remove(&c->host->ready, &c->ready);
    wire_fini(&c->wire);
    channel_free(c->channel);
    free(c);
}

void connection_move_to(struct connection *c, enum connection_state state, const char *why)
{
    static const char *const names[] = {"open", "ending", "lingering", "closed"};

    if (state <= c->state)
        return;
    c->state = state;
    wire_drop(&c->wire.in);
    if (state == CONNECTION_LINGERING) {
        channel_free(c->channel);
        c->channel = NULL;
        farewell_begin(&c->farewell, c->wire.fd, clock_now_ns(), c->host->draining);
    }
    log_write_about(c->host->log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0}, "%s: %s",
                    names[state], why);
}

/* ---- Readiness ------------------------------------------------------------ */

void connection_is_ready(struct connection *c, enum ready_class reason)
{
    ready_add(&c->host->ready, &c->ready, reason);
}

struct connection *connection_next(struct connection_host *host)
{
    struct ready_link *link = ready_next(&host->ready);

    return link ? (struct connection *)((char *)link - offsetof(struct connection, ready)) : NULL;
}

int64_t connection_due(const struct connection *c)
{
    return c->due_ns;
}

bool connection_is_queued(const struct connection *c)
{
    return c->ready.list != NULL;
}

bool connection_is_dead(const struct connection *c)
{
    return c->state == CONNECTION_DEAD;
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
    if (c->channel)
        channel_refuse_batches(c->channel);
    /* What the client has sent so far is still answered. */
    c->wire.readable = true;
    c->farewell.until_ns = 0;
    connection_is_ready(c, READY_WOKEN);
}

void connection_cancel(struct connection *c)
{
    if (c->channel)
        channel_cancel_all(c->channel, clock_now_ns());
    connection_is_ready(c, READY_WOKEN);
}

void connection_limits_changed(struct connection *c)
{
    if (c->channel)
        channel_limits_changed(c->channel);
    connection_is_ready(c, READY_WOKEN);
}
