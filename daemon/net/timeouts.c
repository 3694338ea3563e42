/* SPDX-License-Identifier: ISC */
#include "daemon/net/timeouts.h"

#include "proto/due.h"

int64_t timeouts_end_ns(const struct timeouts *timeouts, const struct limits *limits,
                        enum timeouts_for what)
{
    switch (what) {
    case TIMEOUTS_FOR_READING:
        return due_timeout(timeouts->read_ns, limits->client_timeout_ns);
    case TIMEOUTS_FOR_SENDING:
        return due_timeout(timeouts->active_ns, limits->idle_timeout_ns);
    case TIMEOUTS_FOR_OPENING:
        return due_timeout(timeouts->active_ns, TIMEOUTS_OPENING_NS);
    case TIMEOUTS_FOR_NOTHING:
        break;
    }
    return DUE_NEVER;
}
