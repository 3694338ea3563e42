/* SPDX-License-Identifier: ISC */
#ifndef WAITD_GONE_H
#define WAITD_GONE_H

/*
 * The refs that were removed last, so that their owners, who ask for one, learn that it
 * is over and not that it never was.  A ring of the newest.  For one thread at a
 * time.
 */

#include <stddef.h>

#include "daemon/session/principal.h"
#include "proto/hash.h"

/* Embedded by its owner; all zero is an empty one. */
struct gone {
    struct gone_ref **ring; /* each on the heap; NULL for unused places */
    size_t next, size;
    struct hash by_ref; /* places of the ring */
};

/* Remembers a ref and its owner (held), and forgets the oldest beyond `most`, which is the
 * same in every call.  When out of memory it is not remembered. */
void gone_add(struct gone *gone, const char *ref, struct principal *owner, size_t most);

/* Whose it was; NULL where it is not remembered. */
const struct principal *gone_owner(const struct gone *gone, const char *ref);
void gone_fini(struct gone *gone);

#endif
