/* SPDX-License-Identifier: ISC */
#include "client/trace/chain.h"

#include <stdlib.h>

/* The longest chain that ends with a job of one name, or with any. */
struct tip {
    int64_t length_ns; /* -1 for none yet */
    struct chain_job job;
    uint32_t before; /* the name that the job before it has; PLAN_NONE for none */
};

struct chain {
    const struct plan *plan;
    uint32_t n;
    struct tip longest;
    struct tip tips[]; /* by name */
};

struct chain *chain_new(const struct plan *plan)
{
    uint32_t n = plan != NULL ? plan_names_count(plan) : 0;
    struct chain *chain = malloc(sizeof *chain + n * sizeof chain->tips[0]);

    if (chain == NULL)
        return NULL;
    chain->plan = plan;
    chain->n = n;
    chain->longest = (struct tip){.length_ns = -1, .before = PLAN_NONE};
    for (uint32_t i = 0; i < n; i++)
        chain->tips[i] = chain->longest;
    return chain;
}

void chain_free(struct chain *chain)
{
    free(chain);
}

/* The name at which the longest chain before the job ends. */
static uint32_t find_before(const struct chain *chain, uint64_t job)
{
    uint32_t first = 0, n = 0, before = PLAN_NONE;

    if (chain->plan != NULL)
        n = plan_names_before(chain->plan, job, &first);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t name = plan_names_awaited(chain->plan, first + i);

        if (chain->tips[name].length_ns >= 0 &&
            (before == PLAN_NONE || chain->tips[name].length_ns > chain->tips[before].length_ns))
            before = name;
    }
    return before;
}

void chain_done(struct chain *chain, const struct chain_job *job, int64_t own_ns)
{
    struct tip tip = {own_ns, *job, find_before(chain, job->job)};
    uint32_t number = PLAN_NONE;

    if (tip.before != PLAN_NONE &&
        __builtin_add_overflow(own_ns, chain->tips[tip.before].length_ns, &tip.length_ns))
        tip.length_ns = INT64_MAX;
    if (chain->plan != NULL)
        number = plan_names_of_job(chain->plan, job->job);
    if (number != PLAN_NONE && tip.length_ns > chain->tips[number].length_ns)
        chain->tips[number] = tip;
    if (tip.length_ns > chain->longest.length_ns)
        chain->longest = tip;
}

int64_t chain_length(const struct chain *chain)
{
    return chain->longest.length_ns > 0 ? chain->longest.length_ns : 0;
}

size_t chain_jobs(const struct chain *chain, struct chain_job *jobs, size_t max)
{
    const struct tip *tip = &chain->longest;
    size_t n = 0;

    if (tip->length_ns < 0)
        return 0;
    for (;;) {
        if (n < max)
            jobs[n] = tip->job;
        n++;
        /* No chain has more names in it than there are. */
        if (tip->before == PLAN_NONE || n > chain->n)
            return n;
        tip = &chain->tips[tip->before];
    }
}
