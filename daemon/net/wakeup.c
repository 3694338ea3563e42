/* SPDX-License-Identifier: ISC */
#include "daemon/net/wakeup.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "proto/due.h"

static void on_expiry(evutil_socket_t fd, short what, void *context)
{
    struct wakeup *wakeup = context;

    (void)fd;
    (void)what;
    wakeup->set_ns = DUE_NEVER;
}

int wakeup_open(struct wakeup *wakeup, struct event_base *base, clockid_t clock)
{
    *wakeup = (struct wakeup){.set_ns = DUE_NEVER};
    wakeup->fd = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    if (wakeup->fd < 0)
        return -1;
    /* Edge-triggered: it need not be read. */
    wakeup->event = event_new(base, wakeup->fd, EV_READ | EV_ET | EV_PERSIST, on_expiry, wakeup);
    if (wakeup->event && event_add(wakeup->event, NULL) == 0)
        return 0;
    if (wakeup->event)
        event_free(wakeup->event);
    wakeup->event = NULL;
    close(wakeup->fd);
    errno = ENOMEM;
    return -1;
}

void wakeup_close(struct wakeup *wakeup)
{
    if (!wakeup->event)
        return;
    event_free(wakeup->event);
    wakeup->event = NULL;
    close(wakeup->fd);
}

void wakeup_set(struct wakeup *wakeup, int64_t at_ns)
{
    struct itimerspec at;

    if (at_ns == wakeup->set_ns)
        return;
    memset(&at, 0, sizeof(at));
    if (at_ns != DUE_NEVER) {
        /* All zero would disarm it. */
        int64_t set_ns = at_ns > 0 ? at_ns : 1;

        at.it_value.tv_sec = set_ns / 1000000000;
        at.it_value.tv_nsec = set_ns % 1000000000;
    }
    timerfd_settime(wakeup->fd, TFD_TIMER_ABSTIME, &at, NULL);
    wakeup->set_ns = at_ns;
}
