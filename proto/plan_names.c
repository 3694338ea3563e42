/* SPDX-License-Identifier: ISC */
#include "proto/plan_names.h"

#include "proto/plan_internal.h"

uint32_t plan_names_count(const struct plan *plan)
{
    return plan->graph.used ? plan->graph.n_names : 0;
}

uint32_t plan_names_of_job(const struct plan *plan, uint64_t job)
{
    if (!plan->graph.used || job >= plan->n_jobs)
        return PLAN_NONE;
    return plan->graph.name_of[plan_spec_of(plan, (uint32_t)job)];
}

uint32_t plan_names_before(const struct plan *plan, uint64_t job, uint32_t *first)
{
    uint32_t list = PLAN_NONE;

    *first = 0;
    if (plan->graph.used && job < plan->n_jobs)
        list = plan->graph.list_of[plan_spec_of(plan, (uint32_t)job)];
    if (list == PLAN_NONE)
        return 0;
    *first = plan->graph.lists[list].first_after;
    return plan->graph.lists[list].n_afters;
}

uint32_t plan_names_awaited(const struct plan *plan, uint32_t place)
{
    return plan->afters[place].name;
}

const char *plan_names_text(const struct plan *plan, uint64_t job, size_t *len)
{
    *len = 0;
    if (job >= plan->n_jobs)
        return NULL;
    return plan_spec_name(plan, &plan->specs[plan_spec_of(plan, (uint32_t)job)], len);
}
