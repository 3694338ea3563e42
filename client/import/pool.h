/* SPDX-License-Identifier: ISC */
#ifndef WAITD_POOL_H
#define WAITD_POOL_H

/* Texts that stay where they are until all of them are freed at once.  Pure. */

#include <stddef.h>

struct pool_chunk;

/* All zero is an empty one. */
struct pool {
    struct pool_chunk *chunks; /* the newest first */
};

void pool_fini(struct pool *pool);

/* Room for len bytes, never NULL for 0 of them; NULL when memory ran out. */
char *pool_reserve(struct pool *pool, size_t len);

#endif
