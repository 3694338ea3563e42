/* SPDX-License-Identifier: ISC */
#ifndef WAITD_RECORDING_H
#define WAITD_RECORDING_H

/*
 * What a program has recorded of its own run, whichever it was: tasks with a
 * begin, an end and what they waited for.  It is written as a batch, a job for
 * each task.  Pure.
 *
 * Tasks are added one after another, and what belongs to a task while it is the
 * last one.  When memory runs out what is added is dropped and `failed` stays
 * set, so that it needs to be looked at once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "client/import/pool.h"

/* The most tasks of a recording: ten times the jobs of a batch by waitd's default. */
#define RECORDING_TASKS_MAX 10000000

/* The most names in `after`, waitd's own default. */
#define RECORDING_AFTER_MAX 10000000

/* One of the recording's own texts: UTF-8, without a NUL behind it. */
struct recording_text {
    const char *text;
    size_t len;
};

struct recording_step {
    int64_t compute_ns;
    struct recording_text note;
};

struct recording_task {
    struct recording_text name;
    int64_t start_ns, end_ns; /* by the file's own clock, whose origin is its own */
    int64_t compute_ns;       /* where it has no steps */
    size_t first_step, n_steps;
    size_t first_after, n_after;
    bool fails;
};

/* All zero is an empty one. */
struct recording {
    struct pool texts;
    struct recording_task *tasks;
    struct recording_step *steps;
    struct recording_text *after;
    size_t *files; /* the first task of each file */
    size_t n_tasks, n_steps, n_after, n_files;
    size_t room_tasks, room_steps, room_after, room_files;
    size_t n_repaired; /* texts that were not UTF-8 */
    bool failed;
};

void recording_fini(struct recording *recording);

/* Begins the tasks of the next file. */
void recording_begin_file(struct recording *recording);

/*
 * Adds a task that computes for end - start; end is not before start.  In its
 * name, as in all texts, bytes that are not UTF-8 become U+FFFD.
 */
void recording_add_task(struct recording *recording, const char *name, size_t len, int64_t start_ns,
                        int64_t end_ns);

/* Says that the last task failed. */
void recording_set_fails(struct recording *recording);

/* Adds a step to the last task, which then computes for as long as its steps. */
void recording_add_step(struct recording *recording, const char *note, size_t len,
                        int64_t compute_ns);

/* Adds a name to those that the last task waits for. */
void recording_add_after(struct recording *recording, const char *name, size_t len);

/* Adds task `other`'s name to those that `task` waits for.  Of all tasks for which
 * this is called, `task` never falls from one call to the next. */
void recording_add_dependency(struct recording *recording, size_t task, size_t other);

/*
 * Keeps files apart, once all are there: the names of a file that has one in common
 * with an earlier file get ` (2)` behind them, or a higher number, since a job that
 * waits for a name waits for all jobs that have it.  Nothing is done where no task
 * waits for another.  Returns how many files were renamed.
 */
size_t recording_separate_files(struct recording *recording);

/* The most tasks that ran at one instant; one that ends as another begins does not
 * run beside it.  At least 1. */
size_t recording_peak(struct recording *recording);

/*
 * Appends the batch as JSON, indented, members always in the same order, with as
 * many workers.  Times are seconds as numbers; where a number would not be exact
 * they are text with a unit.  0, or -1 when memory ran out.
 */
int recording_write(const struct recording *recording, size_t workers, struct bytes *out);

#endif
