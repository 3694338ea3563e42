/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_PLAN_KIT_H
#define WAITD_TEST_PLAN_KIT_H

/*
 * Fills a plan in few words and looks into it.  One plan at a time; what fails
 * a promise fails the test.  plan_kit_open() and plan_kit_close() are the
 * fixture.
 */

#include <stdint.h>

#include "engine/batch.h"
#include "proto/plan.h"

#define PLAN_KIT_MILLION 1000000

extern const struct plan_limits plan_kit_limits; /* a million jobs, as many steps as can be */
extern struct plan *plan_kit_plan;
extern struct plan_fault plan_kit_fault; /* of the last seal */

void plan_kit_open(void);
void plan_kit_close(void);

/* Adds a text as it is; a name as a token, in quotes. */
plan_text_ref plan_kit_text(const char *token);
plan_text_ref plan_kit_token(const char *name);

/* Add to what an element refers to: a name to wait for, the first of a plan
 * at 101, the next at 102 and so on; a step of a constant length. */
void plan_kit_wait_for(struct job_spec *spec, const char *name);
void plan_kit_add_step(struct job_spec *spec, enum step_kind kind, int64_t length_ns,
                       plan_text_ref note);

/* Adds an element; one with a single wait; one with a name (or NULL), a count
 * (or 0 for none) and up to two names to wait for (or NULL). */
void plan_kit_add(const struct job_spec *spec);
void plan_kit_add_wait(int64_t length_ns);
void plan_kit_add_named(const char *name, uint64_t count, const char *after,
                        const char *also_after);
void plan_kit_set_defaults(const struct job_spec *spec);

/* Seals in slices of `budget`; in slices of one, and it must be accepted; must
 * be refused for this fault of this element. */
enum plan_seal plan_kit_seal_by(size_t budget, const struct plan_limits *by);
void plan_kit_seal(void);
void plan_kit_refuses(enum plan_fault_kind kind, uint32_t element);

/* Runs a sealed plan at once.  Returns the units of work that it took: starts, ends, releases. */
uint64_t plan_kit_run(const struct plan *plan, struct batch_result *result);

/* A job of the sealed plan; a text must be `expected`, or none if that is NULL. */
struct job_spec plan_kit_job(uint32_t index);
void plan_kit_text_is(plan_text_ref ref, const char *expected);

#endif
