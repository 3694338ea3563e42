/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NET_BACKOFF_H
#define WAITD_NET_BACKOFF_H

/* Exponential back-off, for who connects again.  Pure. */

#include <stdint.h>

/*
 * How long to wait before the next attempt after `failures` of them in a row, 1 or more: at
 * most 100 ms after the first, twice as long after each further one, and never above
 * 10 s.  random: any number; half of the time depends on it, so that those who were cut
 * off together do not come back together.
 */
int64_t backoff_pause_ns(unsigned failures, uint32_t random);

#endif
