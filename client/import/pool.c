/* SPDX-License-Identifier: ISC */
#include "client/import/pool.h"

#include <stdint.h>
#include <stdlib.h>

#define CHUNK_BYTES 65536

struct pool_chunk {
    struct pool_chunk *next;
    size_t used, room;
    char bytes[];
};

void pool_fini(struct pool *pool)
{
    while (pool->chunks != NULL) {
        struct pool_chunk *chunk = pool->chunks;

        pool->chunks = chunk->next;
        free(chunk);
    }
}

char *pool_reserve(struct pool *pool, size_t len)
{
    struct pool_chunk *chunk = pool->chunks;

    if (chunk == NULL || chunk->room - chunk->used < len) {
        size_t room = len > CHUNK_BYTES ? len : CHUNK_BYTES;

        if (room > SIZE_MAX - sizeof *chunk)
            return NULL;
        chunk = malloc(sizeof *chunk + room);
        if (chunk == NULL)
            return NULL;
        *chunk = (struct pool_chunk){.next = pool->chunks, .room = room};
        pool->chunks = chunk;
    }
    chunk->used += len;
    return chunk->bytes + chunk->used - len;
}
