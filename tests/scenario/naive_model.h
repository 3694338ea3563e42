/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_NAIVE_MODEL_H
#define WAITD_TEST_NAIVE_MODEL_H

/*
 * The naive model's state, shared by the files that make it up:
 *
 *     naive.c      what comes next: readiness, occurrences, cancels, the result
 *     naive_job.c  the life of one job: attempts, steps, workers, its end
 */

#include "tests/scenario/naive.h"

enum naive_state { WAITING, READY, STEPPING, QUEUEING, BACKING_OFF, TO_BE_SKIPPED, TERMINAL };

struct naive_job {
    struct description_element spec;
    enum naive_state state;
    enum job_status status;
    uint32_t attempt;
    uint32_t step;
    bool has_end, has_timeout;
    int64_t end_ns, timeout_ns;
    int64_t began_ns, length_ns; /* of the step or the back-off in progress */
    int64_t spent_ns;            /* on steps and back-offs that are over */
    int64_t chain_ns;
    bool arrived;
    int64_t arrival_ns;
    bool worker;
    uint32_t pool; /* whose worker it has or queues for */
    bool cancelled_with_rest;
};

/* A list of job indexes, taken from its head. */
struct naive_line {
    uint32_t *jobs;
    uint32_t n;
};

/* A terminal job whose dependents have still to be looked at, from `next` on. */
struct naive_release {
    uint32_t job, next;
    int64_t at_ns;
};

struct naive_model {
    const struct description *batch;
    struct naive_job *jobs;
    uint32_t n_jobs;
    struct naive_line ready, queue;
    struct naive_release *releases;
    uint32_t n_releases;
    uint32_t slots;
    uint32_t workers[1 + DESCRIPTION_POOLS]; /* free ones of each pool */
    int64_t clock_ns;
    bool cancelling, cancelled, timed_out;
    enum job_status cancel_status;
    int64_t predicted_ns;
    struct naive_outcome *outcome;
    size_t room;
};

/* Of times, saturating. */
int64_t naive_plus(int64_t a, int64_t b);

/* Counts a situation if it holds. */
void naive_see(struct naive_model *m, enum naive_situation situation, bool holds);

void naive_append(struct naive_line *line, uint32_t job);
void naive_take_out(struct naive_line *line, uint32_t job);

/* Of the jobs in the line that take workers from the pool (all for NAIVE_ANY), the one
 * of the highest priority that came first; NAIVE_NOBODY if there is none. */
#define NAIVE_ANY    UINT32_MAX
#define NAIVE_NOBODY UINT32_MAX
uint32_t naive_head(const struct naive_model *m, const struct naive_line *line, uint32_t pool);

/* A length of the job's own that is drawn for a purpose. */
int64_t naive_drawn(const struct naive_model *m, uint32_t index,
                    const struct description_dist *length, uint32_t attempt, uint32_t step,
                    uint32_t purpose);

bool naive_is_blocking(const struct naive_model *m);
/* The first job of those that a job names which has ended otherwise than ok. */
uint32_t naive_cause(const struct naive_model *m, uint32_t index);

uint32_t naive_pending(const struct naive_model *m);

/* Writes an occurrence at the model's clock, if the batch asks for its kind. */
void naive_emit(struct naive_model *m, struct occurrence what);

void naive_begin_cancelling(struct naive_model *m, enum job_status status);

/* ---- naive_job.c: all at the model's clock ------------------------------------ */

void naive_job_start(struct naive_model *m, uint32_t index);
void naive_job_end_step(struct naive_model *m, uint32_t index);
void naive_job_end_back_off(struct naive_model *m, uint32_t index);
void naive_job_time_out(struct naive_model *m, uint32_t index);
void naive_job_skip(struct naive_model *m, uint32_t index);
void naive_job_cancel(struct naive_model *m, uint32_t index);
void naive_job_cancel_rest(struct naive_model *m, uint32_t index);

#endif
