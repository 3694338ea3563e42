/* SPDX-License-Identifier: ISC */
#include "client/base/moment.h"

#include <limits.h>
#include <time.h>

int64_t moment_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t moment_after(int64_t ns)
{
    int64_t now_ns = moment_now();

    return ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + ns;
}

int moment_poll_ms(int64_t ns)
{
    int64_t ms;

    if (ns <= 0)
        return 0;
    ms = (ns - 1) / 1000000 + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
