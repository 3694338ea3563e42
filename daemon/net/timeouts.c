/* SPDX-License-Identifier: ISC */
#include "daemon/net/timeouts.h"

static int64_t end_of(int64_t since_ns, int64_t timeout_ns)
{
    if (timeout_ns == 0 || timeout_ns > INT64_MAX - since_ns)
        return INT64_MAX;
    return since_ns + timeout_ns;
}

int64_t timeouts_end_ns(const struct timeouts *timeouts, const struct limits *limits,
                        enum timeouts_for what)
{
    switch (what) {
    case TIMEOUTS_FOR_READING:
        return end_of(timeouts->read_ns, limits->client_timeout_ns);
    case TIMEOUTS_FOR_SENDING:
        return end_of(timeouts->active_ns, limits->idle_timeout_ns);
    case TIMEOUTS_FOR_OPENING:
        return end_of(timeouts->active_ns, TIMEOUTS_OPENING_NS);
    case TIMEOUTS_FOR_NOTHING:
        break;
    }
    return INT64_MAX;
}
