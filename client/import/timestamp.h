/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMESTAMP_H
#define WAITD_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads `2023-08-25T15:57:59Z`, with a fraction of the second and an offset such as
 * `+09:00` where there are any (RFC 3339), from 1970 to 2261.  Digits beyond the
 * nanosecond are dropped.  Returns whether it is one; then *ns is the time since 1970. */
bool timestamp_read(const char *text, size_t len, int64_t *ns);

#endif
