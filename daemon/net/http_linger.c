/* SPDX-License-Identifier: ISC */

/* The end of a socket with something unread in it: to close it is a reset, which destroys
 * what the client has not taken yet. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/http_internal.h"

/* How many at a time, how long, and how much is read away. */
#define LINGERS_MAX 256
#define LINGER_S    2
#define MOST_BYTES  (UINT64_C(64) << 20)
#define PIECES      16

struct http_linger {
    struct http *http;
    struct http_linger *next;
    struct event *event;
    uint64_t bytes;
    int fd;
};

static void end(struct http_linger *linger)
{
    struct http_linger **link = &linger->http->lingers;

    while (*link != linger)
        link = &(*link)->next;
    *link = linger->next;
    linger->http->n_lingers--;
    event_free(linger->event);
    close(linger->fd);
    free(linger);
}

static void on_input(evutil_socket_t fd, short what, void *context)
{
    struct http_linger *linger = context;
    ssize_t n = 0;

    for (int i = 0; i < PIECES && !(what & EV_TIMEOUT); i++) {
        n = recv(fd, linger->http->env.scratch, HTTP_SCRATCH_BYTES, MSG_DONTWAIT);
        if (n <= 0)
            break;
        linger->bytes += (uint64_t)n;
    }
    if ((what & EV_TIMEOUT) || n == 0 || linger->bytes > MOST_BYTES)
        end(linger);
}

static bool begin(struct http *http, int fd)
{
    static const struct timeval time = {.tv_sec = LINGER_S};
    struct http_linger *linger = http->n_lingers < LINGERS_MAX ? calloc(1, sizeof(*linger)) : NULL;

    if (!linger)
        return false;
    linger->event = event_new(http->env.base, fd, EV_READ | EV_PERSIST, on_input, linger);
    if (!linger->event || event_add(linger->event, &time) != 0) {
        if (linger->event)
            event_free(linger->event);
        free(linger);
        return false;
    }
    linger->http = http;
    linger->fd = fd;
    linger->next = http->lingers;
    http->lingers = linger;
    http->n_lingers++;
    return true;
}

void http_linger_begin(struct http *http, int fd)
{
    if (fd < 0)
        return;
    shutdown(fd, SHUT_WR);
    if (!begin(http, fd))
        close(fd);
}

void http_linger_drop_all(struct http *http)
{
    for (struct http_linger *linger = http->lingers, *next; linger; linger = next) {
        next = linger->next;
        end(linger);
    }
}
