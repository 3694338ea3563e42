/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REMARKS_H
#define WAITD_REMARKS_H

/* What an import leaves out or infers: counted as it happens, reported once a kind.
 * Pure. */

#include <stdint.h>

#include "client/base/bytes.h"

enum remark {
    REMARK_NO_GRAPH,
    REMARK_NOT_IN_GRAPH,
    REMARK_OLDER_BUILDS,
    REMARK_HASH_ORDER,
    REMARK_JOINT_OUTPUTS,
    REMARK_NO_WORKFLOW,
    REMARK_NOT_IN_WORKFLOW,
    REMARK_CALLED_WORKFLOW,
    REMARK_QUEUEING,
    REMARK_JOB_NOT_ENDED,
    REMARK_STEP_NOT_ENDED,
    REMARK_NO_STEPS,
    REMARK_OLDER_ATTEMPTS,
    REMARK_OTHER_PAGES,
    REMARK_RAN_ALTHOUGH,
    REMARK_NO_RUNTIME,
    REMARK_SHARED_NAMES,
    REMARK_OLDER_ROWS,
    REMARK_BACKWARDS,
    REMARK_NOT_UTF8,
    REMARK_RENAMED_FILES,
    REMARK_TOO_LONG,
    REMARK_NO_JOBS,
};
#define REMARKS 23

/* All zero for none. */
struct remarks {
    uint64_t count[REMARKS];
};

static inline void remarks_add(struct remarks *remarks, enum remark which, uint64_t n)
{
    remarks->count[which] += n;
}

/* Appends the sentence, without a full stop.  Nothing where the count is 0. */
void remarks_word(const struct remarks *remarks, enum remark which, struct bytes *out);

#endif
