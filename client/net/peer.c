/* SPDX-License-Identifier: ISC */
#include "client/net/peer.h"

#include <errno.h>
#include <sys/socket.h>

ssize_t peer_send(const struct peer *peer, const char *text, size_t len)
{
    size_t taken;

    if (peer->simulator == NULL)
        return send(peer->fd, text, len, MSG_NOSIGNAL);
    taken = simulator_feed(peer->simulator, text, len);
    errno = EAGAIN;
    return taken > 0 || len == 0 ? (ssize_t)taken : -1;
}

ssize_t peer_receive(const struct peer *peer, char *out, size_t room)
{
    size_t len;

    if (peer->simulator == NULL)
        return recv(peer->fd, out, room, 0);
    len = simulator_read(peer->simulator, out, room);
    errno = EAGAIN;
    return len > 0 || simulator_is_drained(peer->simulator) ? (ssize_t)len : -1;
}

void peer_end_sending(const struct peer *peer)
{
    if (peer->simulator != NULL)
        simulator_end_text(peer->simulator);
    else
        shutdown(peer->fd, SHUT_WR);
}

void peer_interrupt(const struct peer *peer)
{
    if (peer->simulator != NULL)
        simulator_interrupt(peer->simulator);
}

void peer_reset(const struct peer *peer)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    /* Only TCP knows resets; on a Unix socket closing has the same effect. */
    if (peer->simulator == NULL)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

short peer_ready(const struct peer *peer, short events)
{
    short ready = 0;

    if (peer->simulator == NULL)
        return 0;
    if ((events & POLLIN) && simulator_is_ready(peer->simulator))
        ready |= POLLIN;
    if ((events & POLLOUT) && simulator_wants_text(peer->simulator))
        ready |= POLLOUT;
    return ready;
}
