/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BACKOFF_H
#define WAITD_BACKOFF_H

/*
 * The delay between attempts.  Pure and re-entrant; uses libmpfr as
 * draw_exact.h says.
 */

#include <stdint.h>

#include "proto/plan.h"

/*
 * The delay before retry `retry`, counted from 1, without jitter:
 * min(max, initial * factor^(retry - 1)), computed exactly and rounded once,
 * a half upwards.  Saturates at INT64_MAX.  The plan has the factor's digits.
 */
int64_t backoff_delay_ns(const struct plan *plan, const struct backoff *backoff, uint32_t retry);

#endif
