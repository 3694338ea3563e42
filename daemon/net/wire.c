/* SPDX-License-Identifier: ISC */
#include "daemon/net/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_init(struct wire *wire, int fd)
{
    memset(wire, 0, sizeof(*wire));
    wire->fd = fd;
    wire->readable = wire->writable = true;
}

void wire_fini(struct wire *wire)
{
    close(wire->fd);
    wire_drop(&wire->in);
    wire_drop(&wire->out);
}

/* ---- What is kept --------------------------------------------------------- */

int wire_keep(struct wire_kept *kept, const char *bytes, size_t len)
{
    kept->text = malloc(len);
    if (!kept->text)
        return -1;
    memcpy(kept->text, bytes, len);
    kept->at = 0;
    kept->len = (uint32_t)len;
    return 0;
}

void wire_drop(struct wire_kept *kept)
{
    free(kept->text);
    memset(kept, 0, sizeof(*kept));
}

void wire_use(struct wire_kept *kept, size_t len)
{
    kept->at += (uint32_t)len;
    if (kept->at == kept->len)
        wire_drop(kept);
}

/* ---- The socket ----------------------------------------------------------- */

bool wire_is_gone(const struct wire *wire)
{
    struct pollfd poll_fd = {.fd = wire->fd, .events = 0};

    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

ptrdiff_t wire_receive(struct wire *wire, char *in, size_t room)
{
    ssize_t n;

    do
        n = recv(wire->fd, in, room, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    wire->readable = false;
    wire->eof |= n == 0;
    return n == 0 || would_block(errno) ? 0 : -1;
}

ptrdiff_t wire_send(struct wire *wire, const char *bytes, size_t len)
{
    ssize_t n;

    do
        n = send(wire->fd, bytes, len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    if (!would_block(errno))
        return -1;
    wire->writable = false;
    return 0;
}
