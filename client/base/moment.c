/* SPDX-License-Identifier: ISC */
#include "client/base/moment.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "proto/saturate.h"

int64_t moment_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t moment_after(int64_t ns)
{
    return saturate_add_ns(moment_now(), ns);
}

int moment_poll_ms(int64_t ns)
{
    int64_t ms;

    if (ns <= 0)
        return 0;
    ms = (ns - 1) / 1000000 + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

int moment_await(int fd, short events, int64_t deadline_ns)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        int64_t left_ns = deadline_ns - moment_now();
        int ready = poll(&poller, 1, moment_poll_ms(left_ns));

        if (ready > 0)
            return 0;
        if (ready == 0 && left_ns <= 0)
            return ETIMEDOUT;
        if (ready < 0 && errno != EINTR)
            return errno;
    }
}
