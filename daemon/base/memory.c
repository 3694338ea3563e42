/* SPDX-License-Identifier: ISC */
#include "daemon/base/memory.h"

#include <malloc.h>
#include <stdlib.h>

/* Blocks of this size and more are mappings of their own, and so much may be free at the
 * end of a heap while there is work: less than BLOCK_MAPPED_BYTES (proto/block.h), so that no
 * block of those lies there. */
#define MAPPED_BYTES (1 << 20)
#define END_BYTES    (4 << 20)

/* A block large enough for free() to look at the end of its heap (glibc's
 * FASTBIN_CONSOLIDATION_THRESHOLD is 64 KiB). */
#define NOTED_BYTES (1 << 17)

void memory_tune(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
    mallopt(M_TRIM_THRESHOLD, END_BYTES);
#endif
}

void memory_release_unused(void)
{
#ifdef __GLIBC__
    void *volatile noted;

    malloc_trim(0);
    /* That leaves the end of every heap but the first thread's, which only free() gives
     * back.  Two threads that do this at once may keep theirs until the next time. */
    mallopt(M_TRIM_THRESHOLD, 0);
    noted = malloc(NOTED_BYTES);
    free(noted);
    mallopt(M_TRIM_THRESHOLD, END_BYTES);
#endif
}
