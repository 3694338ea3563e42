/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LABELS_H
#define WAITD_LABELS_H

/*
 * The names that the jobs of a sealed plan have, numbered from 0 in the order of their
 * lowest indexes: jobs of one name are reported together.  Jobs without a name have one
 * number, in the same order.
 *
 * O(1) a spec; 4 bytes for each once it is done, and a table of names until then.
 */

#include <stdint.h>

#include "proto/plan.h"

struct names;

/* Embedded by its owner; all zero owns nothing. */
struct labels {
    const struct plan *plan;
    uint32_t *of;        /* of each spec */
    uint32_t *specs;     /* of each label: the first spec that has it */
    uint32_t n;          /* labels */
    uint32_t at;         /* specs visited */
    uint32_t unnamed;    /* the label of jobs without a name, plus 1; 0: there are none */
    struct names *names; /* of all labels but that, until all are known */
    uint32_t *numbers;   /* of each of these names: its label */
};

/* The plan outlives them.  0, or -1 when out of memory. */
int labels_init(struct labels *labels, const struct plan *plan);
void labels_fini(struct labels *labels);

/* Numbers the names of about `most` specs.  Returns how many it went through: 0 once
 * all are. */
size_t labels_work(struct labels *labels, size_t most);

/* The name, a JSON string token; 0 for that of jobs without one. */
plan_text_ref labels_name(const struct labels *labels, uint32_t label);

#endif
