/* SPDX-License-Identifier: ISC */
#ifndef WAITD_VARY_H
#define WAITD_VARY_H

/*
 * What `--vary` says: `workers=1,2,4`, `concurrency=...` or `pools.NAME=...`, that is a
 * member of a batch and the values to try, one after another.  Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "client/net/overrides.h"
#include "proto/plan.h"

#define VARY_VALUES_MAX 1000

enum vary_member { VARY_NOTHING, VARY_WORKERS, VARY_CONCURRENCY, VARY_POOL };

/* All zero for none. */
struct vary {
    enum vary_member member;
    const char *name; /* `workers`, `concurrency`, `pools.NAME`: of the text */
    size_t name_len;
    size_t n;
    uint32_t values[VARY_VALUES_MAX];
};

/* Reads the text, which is borrowed.  NULL, or what --vary takes. */
const char *vary_parse(struct vary *vary, const char *text);

/* Puts value i into the overrides.  plan: of the batch as it is, for its pools.  NULL, or
 * what is wrong (`there is no pool of that name`). */
const char *vary_override(const struct vary *vary, size_t i, const struct plan *plan,
                          struct overrides *overrides);

/*
 * The value from which more brings less than 5 % of the median, each row against the one
 * before it: the index of the first value behind which no row does.  n where the
 * last row still does.
 */
size_t vary_knee(const int64_t *p50_ns, size_t n);

#endif
