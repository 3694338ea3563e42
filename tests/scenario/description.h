/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_DESCRIPTION_H
#define WAITD_TEST_DESCRIPTION_H

/*
 * A request in plain arrays, small and fixed in size, so that a test can make
 * it up, copy it, cut it down and print it.  From one description come the
 * engine's plan (description_plan()), what the naive model runs, and a request
 * that can be fed to waitd (description_print()).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/plan.h"

#define DESCRIPTION_ELEMENTS   24
#define DESCRIPTION_STEPS      4
#define DESCRIPTION_AFTERS     4
#define DESCRIPTION_VALUES     4
#define DESCRIPTION_NAME_BYTES 12
#define DESCRIPTION_POOLS      3

/* A law of plan.h; DIST_TRACE takes its values from here. */
struct description_dist {
    enum dist_kind kind;
    int64_t a_ns, b_ns;
    uint32_t n_values;
    int64_t values[DESCRIPTION_VALUES];
};

struct description_step {
    enum step_kind kind;
    uint32_t pool; /* its own, as below; 0: that of the job */
    struct description_dist length;
};

/* One object of `jobs`, or `defaults`; only the members named in `set` (enum
 * job_member) mean anything.  Names are plain ASCII letters. */
struct description_element {
    unsigned set;
    char name[DESCRIPTION_NAME_BYTES];
    bool escaped; /* the request writes the name's first letter as \u00xx */
    uint32_t n_steps;
    struct description_step steps[DESCRIPTION_STEPS];
    uint32_t repeat, count, retries;
    uint32_t n_afters;
    char after[DESCRIPTION_AFTERS][DESCRIPTION_NAME_BYTES];
    int64_t timeout_ns;
    double fail;
    struct backoff backoff;
    uint32_t pool; /* from 1; 0 where none is set, which the request cannot say */
    int32_t priority;
    struct description_dist start, every;
};

struct description {
    struct plan_options options;
    int64_t max_wait_ns;
    struct description_element defaults;
    uint32_t defaults_at; /* before which element the request sets them */
    uint32_t n_pools;     /* called p1, p2, … */
    uint32_t pool_workers[DESCRIPTION_POOLS];
    uint32_t n_elements;
    struct description_element elements[DESCRIPTION_ELEMENTS];
};

/* An empty batch with the contract's defaults, but on the virtual clock and
 * with all events; waits of up to 30 days. */
void description_init(struct description *batch);

/* Adds an element without members and returns it; aborts when there is no room. */
struct description_element *description_add(struct description *batch);

/* Adds a step of a constant length; a name to wait for; sets the name, the count. */
struct description_step *description_step(struct description_element *element, enum step_kind kind,
                                          int64_t length_ns);
void description_after(struct description_element *element, const char *name);
void description_name(struct description_element *element, const char *name);
void description_count(struct description_element *element, uint32_t count);

/* An element with all members as they hold for its jobs, `defaults` taken in. */
void description_effective(const struct description *batch, uint32_t element,
                           struct description_element *effective);

uint32_t description_n_jobs(const struct description *batch);

/* Whether every name that is waited for is that of a job, and no wait goes in a circle. */
bool description_is_sound(const struct description *batch);

/* The batch as a plan, sealed in slices of `budget`; NULL, with *fault, if it
 * is refused.  Aborts when out of memory. */
struct plan *description_plan(const struct description *batch, size_t budget,
                              struct plan_fault *fault);

/* Prints the batch as a request, on one line. */
void description_print(const struct description *batch, FILE *out);

#endif
