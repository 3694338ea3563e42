/* SPDX-License-Identifier: ISC */
#ifndef WAITD_GONE_H
#define WAITD_GONE_H

/*
 * The refs that were removed last, so that who asks for one is told that it is
 * over and not that it never was.  A ring of the newest and a tree to find them
 * in, O(log n).  For one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>

/* Embedded by its owner; all zero is an empty one. */
struct gone {
    char **ring; /* each on the heap; NULL for unused places */
    size_t next, size;
    void *by_ref; /* a tsearch() tree of them */
};

/* Remembers a ref and forgets the oldest beyond `most`, which is the same in every
 * call.  When out of memory it is not remembered. */
void gone_add(struct gone *gone, const char *ref, size_t most);
bool gone_has(const struct gone *gone, const char *ref);
void gone_fini(struct gone *gone);

#endif
