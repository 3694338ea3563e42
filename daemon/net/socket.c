/* SPDX-License-Identifier: ISC */
#include "daemon/net/socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool socket_is_gone(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = 0};

    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

int64_t socket_unsent(int fd)
{
    int unsent;

    return ioctl(fd, SIOCOUTQ, &unsent) == 0 ? unsent : 0;
}

bool socket_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

static ptrdiff_t receive(struct transport *transport, char *in, size_t room)
{
    const struct socket_transport *socket = (const struct socket_transport *)transport;
    ssize_t n;

    do
        n = recv(socket->fd, in, room, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        transport->look_again = socket->watched && !socket->ended && (size_t)n < room;
        transport->readable = !transport->look_again;
        return n;
    }
    transport->readable = transport->look_again = false;
    transport->eof |= n == 0;
    return n == 0 || socket_would_block(errno) ? 0 : -1;
}

static ptrdiff_t transmit(struct transport *transport, const char *bytes, size_t len)
{
    const struct socket_transport *socket = (const struct socket_transport *)transport;
    ssize_t n;

    do
        n = send(socket->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    if (!socket_would_block(errno))
        return -1;
    transport->writable = false;
    return 0;
}

static bool is_gone(struct transport *transport)
{
    return socket_is_gone(((const struct socket_transport *)transport)->fd);
}

static void shut(struct transport *transport)
{
    (void)shutdown(((const struct socket_transport *)transport)->fd, SHUT_WR);
}

static int64_t unsent(struct transport *transport)
{
    return socket_unsent(((const struct socket_transport *)transport)->fd);
}

void socket_init(struct socket_transport *socket, int fd)
{
    static const struct transport_ops ops = {receive, transmit, is_gone, shut, unsent, NULL};

    *socket = (struct socket_transport){
        .transport = {.ops = &ops, .readable = true, .writable = true, .lingers = true}, .fd = fd};
}
