/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PEER_H
#define WAITD_PEER_H

/*
 * Who answers: a daemon at the other end of a socket, or a simulator in this process.
 * Both are used as a non-blocking socket is.
 */

#include <poll.h>
#include <sys/types.h>

#include "client/net/simulator.h"

struct peer {
    const char *name;            /* for messages */
    int fd;                      /* a non-blocking socket, the caller's; -1 for a simulator */
    struct simulator *simulator; /* the caller's; NULL for a socket */
};

/* As send(2) and recv(2): -1 with errno EAGAIN where there is nothing to be done now. */
ssize_t peer_send(const struct peer *peer, const char *text, size_t len);
ssize_t peer_receive(const struct peer *peer, char *out, size_t room);

/* Nothing more will be sent. */
void peer_end_sending(const struct peer *peer);

/* What will be sent is to end what runs, and not to wait for it. */
void peer_interrupt(const struct peer *peer);

/* Closing it will cancel at once what it runs. */
void peer_reset(const struct peer *peer);

/* Which of these events (POLLIN, POLLOUT) can be handled without waiting; of a
 * socket they are poll()'s to find. */
short peer_ready(const struct peer *peer, short events);

#endif
