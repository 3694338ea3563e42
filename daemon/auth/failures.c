/* SPDX-License-Identifier: ISC */
#include "daemon/auth/failures.h"

#define MINUTE_NS INT64_C(60000000000)

/* The first one is answered so late, each further one twice as late as that before. */
#define DELAY_LEAST_NS INT64_C(100000000)
#define DOUBLINGS      5

/* How the delay grows where any number of them is allowed. */
#define MOST_UNLIMITED 10

static int64_t interval_of(uint64_t most)
{
    return MINUTE_NS / (int64_t)(most > 0 ? most : MOST_UNLIMITED);
}

bool failures_charge(struct failures *failures, int64_t now_ns, uint64_t most)
{
    int64_t interval_ns = interval_of(most);
    int64_t seen = atomic_load_explicit(&failures->forgiven_ns, memory_order_relaxed), next;

    do {
        next = (seen > now_ns ? seen : now_ns) + interval_ns;
        if (next - now_ns > MINUTE_NS) {
            if (most > 0)
                return false;
            next = now_ns + MINUTE_NS;
        }
    } while (!atomic_compare_exchange_weak_explicit(&failures->forgiven_ns, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

void failures_refund(struct failures *failures, uint64_t most)
{
    atomic_fetch_sub_explicit(&failures->forgiven_ns, interval_of(most), memory_order_relaxed);
}

int64_t failures_wait_ns(const struct failures *failures, int64_t now_ns, uint64_t most)
{
    int64_t forgiven_ns = atomic_load_explicit(&failures->forgiven_ns, memory_order_relaxed);
    int64_t wait_ns = forgiven_ns - now_ns + interval_of(most) - MINUTE_NS;

    return most > 0 && wait_ns > 0 ? wait_ns : 0;
}

int64_t failures_delay_ns(const struct failures *failures, int64_t now_ns, uint64_t most)
{
    int64_t left_ns = atomic_load_explicit(&failures->forgiven_ns, memory_order_relaxed) - now_ns;
    int64_t before = left_ns > 0 ? (left_ns - 1) / interval_of(most) : 0;

    return DELAY_LEAST_NS << (before < DOUBLINGS ? before : DOUBLINGS);
}

bool failures_are_over(const struct failures *failures, int64_t now_ns)
{
    return atomic_load_explicit(&failures->forgiven_ns, memory_order_relaxed) <= now_ns;
}
