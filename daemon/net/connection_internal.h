/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CONNECTION_INTERNAL_H
#define WAITD_CONNECTION_INTERNAL_H

/*
 * A connection, shared by the files that make it up:
 *
 *     connection.c        its life: coming and going, its states, orders of the host
 *     connection_serve.c  a service slice: reading, working, writing, and what follows
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/connection.h"
#include "daemon/net/farewell.h"
#include "daemon/net/wire.h"

enum connection_state {
    CONNECTION_OPEN,
    CONNECTION_INPUT_ENDED,
    CONNECTION_LINGERING,
    CONNECTION_DEAD
};

struct connection {
    struct event event;
    struct connection_host *host;
    struct ready_link ready;
    struct channel *channel; /* NULL for one that was refused, and once lingering */
    struct wire wire;
    uint64_t number;
    uint32_t slot;
    enum connection_state state;
    bool refused;
    bool woken;       /* the socket has become ready since the last slice */
    int64_t heard_ns; /* when bytes last came or went */
    int64_t taken_ns; /* when output last went, or began to wait */
    struct farewell farewell;
    int64_t due_ns;
};

/* The one function that changes a connection's state. */
void connection_move_to(struct connection *c, enum connection_state state, const char *why);

#endif
