/* SPDX-License-Identifier: ISC */
#ifndef WAITD_AUTH_FAILURES_H
#define WAITD_AUTH_FAILURES_H

/*
 * How often clients of one address have failed to prove who they are: a leaky bucket that
 * holds a number of failures and forgives one after another, all within a minute.  It is
 * charged before a token is verified and refunded if the token is right, so that tokens
 * that are verified at the same time count as well.  Each failure is answered later than
 * the one before.
 *
 * One number, the time at which all is forgiven (the generic cell rate algorithm).  For any
 * thread.  Times are of one monotonic clock.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero: none so far. */
struct failures {
    _Atomic int64_t forgiven_ns;
};

/* Counts one more, unless there are `most` already; 0 for any number.  Whether it did. */
bool failures_charge(struct failures *failures, int64_t now_ns, uint64_t most);

/* Takes one back that was counted with the same `most`. */
void failures_refund(struct failures *failures, uint64_t most);

/* How long it takes until one more is counted: 0 where one is at once. */
int64_t failures_wait_ns(const struct failures *failures, int64_t now_ns, uint64_t most);

/* How much later than at once a failure that has been counted is to be answered. */
int64_t failures_delay_ns(const struct failures *failures, int64_t now_ns, uint64_t most);

/* Whether all are forgiven. */
bool failures_are_over(const struct failures *failures, int64_t now_ns);

#endif
