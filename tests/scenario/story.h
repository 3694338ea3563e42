/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_STORY_H
#define WAITD_TEST_STORY_H

/*
 * Runs a described batch through the engine and says what happened, as data
 * and as text that can be compared at one glance.  An occurrence is a line:
 *
 *     0 #1 started 1           at 0, job 1, its first attempt
 *     0 #1 wait 0 for 5        its step 0 (or `compute`)
 *     5 #1 retry 1 failed for 3
 *     9 #1 done ok 2           after two attempts
 *
 * and the result is the last:
 *
 *     = failed 9 of 12, chain 7    status, predicted, sequential, critical path
 *
 * with times in units of the caller's choice.  What fails a promise of the
 * engine fails the test that runs it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/batch.h"
#include "tests/scenario/description.h"

#define STORY_NOBODY (UINT32_MAX - 1)
#define STORY_WHOLE  UINT32_MAX

struct story {
    struct occurrence *occurred;
    size_t n_occurred;
    struct batch_result result;
    uint32_t cancelled; /* what the request to cancel was answered */
    char *text;
};

/* On the virtual clock, from end to end.  `unit_ns` is 1 in the text. */
void story_run(struct story *story, const struct description *batch, int64_t unit_ns);

/* Up to at_ns, then job `job` (or STORY_WHOLE) is cancelled, then to the end. */
void story_cancel(struct story *story, const struct description *batch, int64_t unit_ns,
                  int64_t at_ns, uint32_t job);

void story_fini(struct story *story);

/* When job `job` was done, in nanoseconds; its n-th step began (from 0). */
int64_t story_done_at(const struct story *story, uint32_t job);
int64_t story_step_at(const struct story *story, uint32_t job, uint32_t step);

#endif
