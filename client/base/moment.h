/* SPDX-License-Identifier: ISC */
#ifndef WAITD_MOMENT_H
#define WAITD_MOMENT_H

/* The client's monotonic clock, in nanoseconds. */

#include <stdint.h>

int64_t moment_now(void);

/* Now and so much, saturating. */
int64_t moment_after(int64_t ns);

/* A time to wait, for poll(): milliseconds, rounded up, as many as fit. */
int moment_poll_ms(int64_t ns);

#endif
