/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PLAN_NAMES_H
#define WAITD_PLAN_NAMES_H

/*
 * Which jobs wait for which, as a sealed plan has it.  Jobs wait for names, each name may
 * be shared by any number of jobs, and the names that anyone waits for are numbered
 * from 0.  A job beyond the plan's last has no name and waits for none, so that
 * indexes that come from elsewhere may be asked for.
 *
 * All are O(log n), n being the elements of the request.  Re-entrant.
 */

#include "proto/plan.h"

/* How many names jobs wait for. */
uint32_t plan_names_count(const struct plan *plan);

/* The number of the job's own name; PLAN_NONE if no job waits for it. */
uint32_t plan_names_of_job(const struct plan *plan, uint64_t job);

/* How many names the job waits for.  The number of the i-th, from 0, is
 * plan_names_awaited(plan, *first + i). */
uint32_t plan_names_before(const struct plan *plan, uint64_t job, uint32_t *first);
uint32_t plan_names_awaited(const struct plan *plan, uint32_t place);

/* The job's own name, decoded, which anyone may wait for or not; NULL for none.
 * The plan's own bytes, without a NUL. */
const char *plan_names_text(const struct plan *plan, uint64_t job, size_t *len);

#endif
