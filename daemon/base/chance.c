/* SPDX-License-Identifier: ISC */
#include "daemon/base/chance.h"

#include <sys/random.h>

int64_t chance_seed(void)
{
    uint64_t bits = 0;

    /* So few bytes come whole, once the kernel's generator is ready; waitd has
     * seen that at its start. */
    while (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
        continue;
    return (int64_t)(bits >> 11);
}
