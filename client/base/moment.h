/* SPDX-License-Identifier: ISC */
#ifndef WAITD_MOMENT_H
#define WAITD_MOMENT_H

/* The client's monotonic clock, in nanoseconds, and waiting by it. */

#include <stdint.h>

int64_t moment_now(void);

/* The time `ns` from now, saturating. */
int64_t moment_after(int64_t ns);

/* A time to wait, for poll(): milliseconds, rounded up, as many as fit. */
int moment_poll_ms(int64_t ns);

/* Waits until poll() reports something of the descriptor.  0, or an error: ETIMEDOUT once
 * moment_now() is past deadline_ns. */
int moment_await(int fd, short events, int64_t deadline_ns);

#endif
