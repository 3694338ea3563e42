/* SPDX-License-Identifier: ISC */
#include "client/show/chain.h"

#include <stdlib.h>

/* The longest chain that ends with a job of one name, or with any. */
struct tip {
    int64_t length_ns; /* -1 for none yet */
    struct chain_job job;
    uint32_t before; /* the name that the job before it has; GRAPH_NONE for none */
};

struct chain {
    const struct graph *graph;
    uint32_t n;
    struct tip longest;
    struct tip tips[]; /* by name */
};

struct chain *chain_new(const struct graph *graph)
{
    uint32_t n = graph != NULL ? graph_names(graph) : 0;
    struct chain *chain = malloc(sizeof *chain + n * sizeof chain->tips[0]);

    if (chain == NULL)
        return NULL;
    chain->graph = graph;
    chain->n = n;
    chain->longest = (struct tip){.length_ns = -1, .before = GRAPH_NONE};
    for (uint32_t i = 0; i < n; i++)
        chain->tips[i] = chain->longest;
    return chain;
}

void chain_free(struct chain *chain)
{
    free(chain);
}

/* The name of which the longest chain before the job comes. */
static uint32_t find_before(const struct chain *chain, uint64_t job)
{
    const uint32_t *names = NULL;
    size_t n = chain->graph != NULL ? graph_after(chain->graph, job, &names) : 0;
    uint32_t before = GRAPH_NONE;

    for (size_t i = 0; i < n; i++)
        if (chain->tips[names[i]].length_ns >= 0 &&
            (before == GRAPH_NONE ||
             chain->tips[names[i]].length_ns > chain->tips[before].length_ns))
            before = names[i];
    return before;
}

void chain_done(struct chain *chain, const struct chain_job *job, struct event_string name,
                int64_t own_ns)
{
    struct tip tip = {own_ns, *job, find_before(chain, job->job)};
    uint32_t number = GRAPH_NONE;

    if (tip.before != GRAPH_NONE &&
        __builtin_add_overflow(own_ns, chain->tips[tip.before].length_ns, &tip.length_ns))
        tip.length_ns = INT64_MAX;
    if (chain->n > 0 && name.text != NULL)
        number = graph_find(chain->graph, name.text, name.len);
    tip.job.name = number;
    if (number != GRAPH_NONE && tip.length_ns > chain->tips[number].length_ns)
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
        if (tip->before == GRAPH_NONE || n > chain->n)
            return n;
        tip = &chain->tips[tip->before];
    }
}
