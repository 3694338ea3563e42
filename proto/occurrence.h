/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OCCURRENCE_H
#define WAITD_OCCURRENCE_H

/*
 * What the schedule reports and events are written from: one record for each
 * thing that happens to a job, and the result of a batch.  The engine fills
 * them in, the event writer turns them into text; neither knows the other.
 */

#include <stddef.h>
#include <stdint.h>

enum job_status { JOB_OK, JOB_FAILED, JOB_TIMED_OUT, JOB_CANCELLED, JOB_SKIPPED };
#define JOB_STATUSES 5

enum occurrence_kind { OCCURRED_STARTED, OCCURRED_STEP, OCCURRED_RETRY, OCCURRED_DONE };

/* One thing that happened to one job: the material of one event. */
struct occurrence {
    int64_t due_ns;  /* when it was due, since acceptance */
    int64_t span_ns; /* STEP: its duration; RETRY: the delay, so the next attempt is due
                      * at due_ns + span_ns */
    uint32_t job;
    uint32_t ordinal;  /* STARTED, RETRY: the attempt (the one that ended), from 1;
                        * STEP: the step, from 0; DONE: how many attempts were made, from 0 */
    uint8_t kind;      /* enum occurrence_kind */
    uint8_t status;    /* enum job_status: DONE, and RETRY for the attempt that ended */
    uint8_t step_kind; /* enum step_kind: STEP */
    uint32_t cause;    /* DONE of a skipped job: the first, by index, of the jobs that it names
                        * which had ended otherwise than ok when it was skipped */
};

/* How many of n in a row, with the first, ended as it did and were due at the same time. */
static inline size_t occurrence_alike(const struct occurrence *occurred, size_t n)
{
    size_t i = 1;

    while (i < n && occurred[i].kind == OCCURRED_DONE && occurred[i].status == occurred->status &&
           occurred[i].due_ns == occurred->due_ns)
        i++;
    return i;
}

/* How a batch ended. */
enum batch_status { BATCH_OK, BATCH_FAILED, BATCH_TIMED_OUT, BATCH_CANCELLED };

struct batch_result {
    enum batch_status status;
    uint32_t counts[JOB_STATUSES]; /* by enum job_status */
    int64_t predicted_ns;          /* when the last job ended by the schedule alone */
    int64_t sequential_ns;         /* what the steps and back-offs took, added up (saturating) */
    int64_t critical_path_ns;      /* the longest chain of such times through `after` */
};

#endif
