/* SPDX-License-Identifier: ISC */

/*
 * A request reader makes the same of a text however it is cut and whatever
 * its budget, and what it says of a fault is text of a bounded size.  The
 * first byte chooses the limits.
 */

#include <stdint.h>
#include <stdlib.h>

#include "tests/support/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_limits limits = reading_limits;
    if (size == 0)
        return 0;
    unsigned choice = data[0];
    /* Totals that a fuzzer cannot make slow, and some that it meets at once. */
    limits.plan.max_jobs = (choice & 1) != 0 ? 5 : 500;
    limits.plan.max_steps = (choice & 2) != 0 ? 20 : 100000;
    limits.max_bytes = (choice & 4) != 0 ? 200 : 1u << 20;
    limits.max_depth = (choice & 8) != 0 ? 8 : 64;
    free(reading_all_ways(&limits, (const char *)data + 1, size - 1));
    return 0;
}
