/* SPDX-License-Identifier: ISC */
#include "daemon/net/patience.h"

static int64_t end_of(int64_t since_ns, int64_t timeout_ns)
{
    if (timeout_ns == 0 || timeout_ns > INT64_MAX - since_ns)
        return INT64_MAX;
    return since_ns + timeout_ns;
}

int64_t patience_end_ns(const struct patience *patience, const struct limits *limits,
                        enum patience_for what)
{
    switch (what) {
    case PATIENCE_FOR_READING:
        return end_of(patience->taken_ns, limits->client_timeout_ns);
    case PATIENCE_FOR_SENDING:
        return end_of(patience->heard_ns, limits->idle_timeout_ns);
    case PATIENCE_FOR_OPENING:
        return end_of(patience->heard_ns, PATIENCE_OPENING_NS);
    case PATIENCE_FOR_NOTHING:
        break;
    }
    return INT64_MAX;
}
