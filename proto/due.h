/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DUE_H
#define WAITD_DUE_H

/*
 * Due times: nanoseconds (ns) by the clock of their owner, 0 or more.  What has nothing to do
 * until something happens is due at DUE_NEVER, which is after every other time.
 */

#include <stdint.h>

#include "proto/saturate.h"

#define DUE_NEVER INT64_MAX

static inline int64_t due_earlier(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* When a time-out that began at since_ns expires; one of 0 never does. */
static inline int64_t due_timeout(int64_t since_ns, int64_t timeout_ns)
{
    return timeout_ns == 0 ? DUE_NEVER : saturate_add_ns(since_ns, timeout_ns);
}

#endif
