/* SPDX-License-Identifier: ISC */

/* The end of a socket with something unread in it: a lingering close (lingering.h), as a pump
 * does it, beside the library, which closes at once. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/lingering.h"
#include "daemon/net/socket.h"

/* How many at a time, and how much is read away in one go. */
#define LINGERS_MAX 256
#define PIECES      16

struct http_linger {
    struct http *http;
    struct http_linger *next;
    struct event *event;
    struct lingering lingering;
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

static bool wait_on(struct http_linger *linger, int64_t now_ns)
{
    int64_t left_ns = linger->lingering.until_ns - now_ns;
    struct timeval time = clock_timeval(left_ns > 0 ? left_ns : 0);

    return event_add(linger->event, &time) == 0;
}

/* Reads away what there is.  Whether it is over: the client has closed, or sends on and on. */
static bool discard(struct http_linger *linger)
{
    struct http *http = linger->http;

    for (int i = 0; i < PIECES; i++) {
        ssize_t n = recv(linger->fd, http->env.scratch, HTTP_SCRATCH_BYTES, MSG_DONTWAIT);

        if (n < 0)
            return false;
        if (n == 0 || lingering_discarded(&linger->lingering, (uint64_t)n))
            return true;
    }
    return false;
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
    struct http_linger *linger = context;
    int64_t now_ns = clock_now_ns();
    bool over = (what & EV_READ) && discard(linger);

    if (!over && lingering_is_due(&linger->lingering, now_ns))
        over =
            lingering_check(&linger->lingering, socket_unsent(fd), now_ns, linger->http->draining);
    if (over || !wait_on(linger, now_ns))
        end(linger);
}

static bool begin(struct http *http, int fd)
{
    struct http_linger *linger = http->n_lingers < LINGERS_MAX ? calloc(1, sizeof(*linger)) : NULL;
    int64_t now_ns = clock_now_ns();

    if (!linger)
        return false;
    lingering_begin(&linger->lingering, now_ns, http->draining);
    linger->event = event_new(http->env.base, fd, EV_READ, on_event, linger);
    if (!linger->event || !wait_on(linger, now_ns)) {
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
