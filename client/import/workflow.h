/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WORKFLOW_H
#define WAITD_WORKFLOW_H

/*
 * The jobs of a GitHub Actions workflow, from its YAML: what they are called and which
 * they need.
 *
 * A run's jobs have names for people.  That of a workflow's job is its `name`, or its
 * id; it is followed by ` (...)` for a job of a matrix, and ` / ...` for a job of a
 * workflow that it calls.  What is `${{ ... }}` in a `name` may be anything in the run's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "client/import/import_internal.h"
#include "proto/names.h"

struct workflow_job {
    const char *id, *name; /* name is the id where it has none */
    size_t id_len, name_len;
    size_t first_need, n_needs;
    size_t line;
};

/* All zero to begin with. */
struct workflow {
    yaml_document_t document; /* which has the texts */
    bool has_document;
    struct workflow_job *jobs;
    size_t n_jobs;
    uint32_t *needs; /* numbers of jobs */
    size_t n_needs, room_needs;
    struct names *ids;
    bool *is_passed; /* by job, and */
    uint32_t *stack; /* room for all jobs: of workflow_needs() */
};

#define WORKFLOW_NONE SIZE_MAX

void workflow_fini(struct workflow *workflow);

/* Reads the workflow; one whose needs are a cycle is refused.  0, or -1 with the fault
 * set. */
int workflow_read(struct workflow *workflow, struct import *import, const struct import_text *file);

/* The job that a run's job of this name is of: of several, the one whose name has most of
 * it literally.  WORKFLOW_NONE for none. */
size_t workflow_find(const struct workflow *workflow, const char *name, size_t len);

/* Whether a run's job of that name is one of a workflow that the job calls. */
bool workflow_is_called(const struct workflow *workflow, size_t job, const char *name, size_t len);

/*
 * Writes the jobs that a job needs.  Of those that are not `there`, which the run left
 * out, it has what they need in their place.  Returns how many there are, each once;
 * jobs has room for all.
 */
size_t workflow_needs(struct workflow *workflow, size_t job, const bool *there, uint32_t *jobs);

#endif
