/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHAINS_H
#define WAITD_CHAINS_H

/*
 * The longest chain of jobs through `after` in a batch that has run, as times make it:
 *
 *     c(i) = max(arrival of i, greatest c of what i names) + what i took
 *
 * a job that never started having no arrival and having taken nothing.  The chain is
 * taken backwards from the job of greatest c to the greatest c that it names, and ends
 * at a job that arrived later than every c that it names, or that names none; of
 * equals the lowest index counts.  (The critical path method: J. E. Kelley, M. R.
 * Walker, 1959; the chain of one run of many is what PERT's criticality index counts:
 * R. M. Van Slyke, "Monte Carlo methods and the PERT problem", 1963.)
 *
 * Elements are visited in an order that A. B. Kahn's method (1962) gives once; a
 * run costs O(jobs + names in `after`) then.  Where all jobs are `ok`, what the batch noted
 * of its names as they ended is enough, and a run costs O(names in `after` along its
 * chain).  Everything is done in slices.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/batch.h"

/* The end of a chain: its length, and the job there. */
struct chain {
    int64_t ns; /* -1 for none */
    uint32_t job, spec;
};

/* Embedded by its owner; all zero owns nothing. */
struct chains {
    const struct plan *plan;
    /* The order, once and for all: */
    uint32_t *order; /* specs; NULL where nothing waits for anything */
    uint32_t head, tail;
    uint32_t *bearers_left, *names_left; /* until all are in order */
    uint32_t at;                         /* cursor of what is done before */
    /* A run: */
    bool noted;            /* all is ok: what the batch noted of its names suffices */
    struct chain *names;   /* the greatest that ends in a job of each name */
    struct chain *before;  /* of each spec: the greatest among what it names */
    struct chain defaults; /* the greatest among what the list of `defaults` names */
    bool has_defaults;     /* that is known */
    struct chain last;     /* the greatest of all */
    uint32_t n_names;      /* names forgotten of the run before */
    uint32_t n_specs;      /* visited, in that order */
    uint32_t n_jobs;       /* and of the next one */
};

/* The plan, sealed, outlives them.  0, or -1 when out of memory. */
int chains_init(struct chains *chains, const struct plan *plan);
void chains_fini(struct chains *chains);

/* Finds the order, about `budget` steps at a time.  Whether it is found. */
bool chains_prepare(struct chains *chains, size_t budget, size_t *worked);

/* Begins with a run that is over, and continues with it, about `budget` jobs at a time.
 * Whether it is done: chains->last is the end of its longest chain then. */
void chains_begin(struct chains *chains, const struct batch *batch);
bool chains_work(struct chains *chains, const struct batch *batch, size_t budget, size_t *worked);

/* What precedes a job on its chain; ns -1 where the chain begins with it. */
struct chain chains_before(const struct chains *chains, const struct batch *batch,
                           struct chain chain, size_t *worked);

#endif
