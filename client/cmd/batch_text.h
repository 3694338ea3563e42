/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_TEXT_H
#define WAITD_BATCH_TEXT_H

/* The request of `waitctl run`, as JSON text.  Pure. */

#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "client/net/overrides.h"

struct batch_text {
    char *const *durations;
    size_t n_durations;
    uint64_t count;   /* jobs of each */
    const char *name; /* of the jobs, or NULL; UTF-8 */
    const struct overrides *overrides;
};

/* Appends the request.  NULL, or the operand or name that does not go into
 * one; what is in `out` is then of no use. */
const char *batch_text_make(const struct batch_text *batch, struct bytes *out);

#endif
