/* SPDX-License-Identifier: ISC */
#include "daemon/base/random.h"

#include <stddef.h>
#include <sys/random.h>

/* So few bytes are returned whole, once the kernel's generator is ready; waitd has seen that at its
 * start. */
static void draw(void *out, size_t len)
{
    while (getrandom(out, len, 0) != (ssize_t)len)
        continue;
}

int64_t random_seed(void)
{
    uint64_t bits = 0;

    draw(&bits, sizeof(bits));
    return (int64_t)(bits >> 11);
}

void random_key(uint8_t key[16])
{
    draw(key, 16);
}
