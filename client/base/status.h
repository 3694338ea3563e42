/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STATUS_H
#define WAITD_STATUS_H

/* What waitctl exits with: the highest that applies. */
enum status {
    STATUS_OK = 0,
    STATUS_NOT_OK = 1,        /* a batch ended otherwise */
    STATUS_REFUSED = 2,       /* usage, or a request refused */
    STATUS_LOST = 3,          /* no connection, or one lost before the end */
    STATUS_INTERRUPTED = 130, /* by SIGINT or SIGTERM */
};

static inline enum status status_worse(enum status a, enum status b)
{
    return a > b ? a : b;
}

#endif
