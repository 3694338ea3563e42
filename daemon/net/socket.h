/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SOCKET_H
#define WAITD_SOCKET_H

/* A client's connected stream socket, TCP or Unix, as a transport. */

#include "daemon/net/transport.h"

/* Embedded by its owner, who closes the descriptor. */
struct socket_transport {
    struct transport transport;
    int fd;
    bool watched; /* the owner sets `ended` once the client has ended its side */
    bool ended;
};

/*
 * fd: non-blocking.  Where it is watched, a receive of less than there was room for is taken for
 * the last, as epoll(7) has it for edges, which saves a call in three of a client that asks and
 * waits: unless the client has ended its side, the end of file being behind it.  What epoll reports
 * as an error, a reset, it may hide: so it is looked again.
 */
void socket_init(struct socket_transport *socket, int fd);

/*
 * For transports over a socket: whether its client has gone away for good.  After
 * its end of file a full close and a reset show as a hang-up or an error: at once on a
 * Unix socket; on TCP once something sent has been answered by a reset.
 */
bool socket_is_gone(int fd);

/* The same: bytes that were sent and that the other side has not got. */
int64_t socket_unsent(int fd);

/* Whether an error means no more than that the call would have had to wait. */
bool socket_would_block(int error);

#endif
