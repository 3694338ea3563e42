/* SPDX-License-Identifier: ISC */
#include "engine/chains.h"

#include <stdlib.h>
#include <string.h>

#include "engine/batch_internal.h"
#include "proto/saturate.h"

static const struct chain none = {.ns = -1, .job = UINT32_MAX};

static void *array(uint32_t n, size_t size)
{
    return calloc(n > 0 ? n : 1, size);
}

int chains_init(struct chains *chains, const struct plan *plan)
{
    const struct after_graph *graph = &plan->graph;

    memset(chains, 0, sizeof(*chains));
    chains->plan = plan;
    if (!graph->used)
        return 0;
    chains->order = array(plan->n_specs, sizeof(*chains->order));
    chains->bearers_left = array(graph->n_names, sizeof(*chains->bearers_left));
    chains->names_left = array(graph->n_lists, sizeof(*chains->names_left));
    chains->names = array(graph->n_names, sizeof(*chains->names));
    chains->before = array(plan->n_specs, sizeof(*chains->before));
    if (chains->order != NULL && chains->bearers_left != NULL && chains->names_left != NULL &&
        chains->names != NULL && chains->before != NULL)
        return 0;
    chains_fini(chains);
    return -1;
}

static void free_counts(struct chains *chains)
{
    free(chains->bearers_left);
    free(chains->names_left);
    chains->bearers_left = chains->names_left = NULL;
}

void chains_fini(struct chains *chains)
{
    free_counts(chains);
    free(chains->order);
    free(chains->names);
    free(chains->before);
    memset(chains, 0, sizeof(*chains));
}

/* ---- The order -------------------------------------------------------------------- */

/* All names in that list have been settled but for so many less. */
static void settle_list(struct chains *chains, uint32_t list, uint32_t by)
{
    const struct after_graph *graph = &chains->plan->graph;

    chains->names_left[list] -= by;
    if (chains->names_left[list] > 0)
        return;
    if (list != graph->defaults_list) {
        chains->order[chains->tail++] = graph->lists[list].spec;
        return;
    }
    for (uint32_t spec = 0; spec < chains->plan->n_specs; spec++)
        if (graph->list_of[spec] == list)
            chains->order[chains->tail++] = spec;
}

/* The next spec in order: those that waited for it alone are in order too. */
static void settle_next(struct chains *chains)
{
    const struct after_graph *graph = &chains->plan->graph;
    uint32_t number = graph->name_of[chains->order[chains->head++]];
    const struct awaited *name;

    if (number == PLAN_NONE || --chains->bearers_left[number] > 0)
        return;
    name = &graph->names[number];
    for (uint32_t i = 0; i < name->n_edges; i++)
        settle_list(chains, graph->edges[name->first_edge + i], 1);
    if (name->in_defaults > 0)
        settle_list(chains, graph->defaults_list, name->in_defaults);
}

/* Counts what each spec and each list waits for, or puts those in order that wait for
 * nothing.  False when all that is done. */
static bool count_next(struct chains *chains)
{
    const struct plan *plan = chains->plan;
    const struct after_graph *graph = &plan->graph;
    uint32_t at = chains->at;

    if (at < graph->n_lists)
        chains->names_left[at] = graph->lists[at].n_afters;
    if (at < plan->n_specs) {
        if (graph->name_of[at] != PLAN_NONE)
            chains->bearers_left[graph->name_of[at]]++;
        if (graph->list_of[at] == PLAN_NONE)
            chains->order[chains->tail++] = at;
    }
    if (at >= graph->n_lists && at >= plan->n_specs)
        return false;
    chains->at++;
    return true;
}

bool chains_prepare(struct chains *chains, size_t budget, size_t *worked)
{
    size_t spent = 0;

    if (chains->order == NULL)
        return true;
    for (; spent < budget && chains->head < chains->plan->n_specs; spent++)
        if (!count_next(chains))
            settle_next(chains);
    *worked += spent;
    if (chains->head < chains->plan->n_specs)
        return false;
    free_counts(chains);
    return true;
}

/* ---- A run ------------------------------------------------------------------------- */

static void keep_greater(struct chain *greatest, struct chain chain)
{
    if (chain.ns > greatest->ns || (chain.ns == greatest->ns && chain.job < greatest->job))
        *greatest = chain;
}

void chains_begin(struct chains *chains, const struct batch *batch)
{
    const struct batch_result *result = &batch->result;

    chains->noted = result->counts[JOB_OK] == batch->plan->n_jobs && batch->plan->n_jobs > 0;
    chains->last = chains->noted
                       ? (struct chain){.ns = result->critical_path_ns,
                                        .job = batch->chain_end,
                                        .spec = plan_spec_of(batch->plan, batch->chain_end)}
                       : none;
    chains->n_specs = chains->n_jobs = 0;
    chains->has_defaults = false;
    chains->n_names = 0;
}

/* Forgets what the run before left of the names, at most `most` of them.  Returns how
 * many. */
static uint32_t forget_names(struct chains *chains, size_t most)
{
    uint32_t left = chains->order != NULL ? chains->plan->graph.n_names - chains->n_names : 0;
    uint32_t n = left < most ? left : (uint32_t)most;

    for (uint32_t i = 0; i < n; i++)
        chains->names[chains->n_names++] = none;
    return n;
}

static bool has_list(const struct chains *chains, uint32_t spec)
{
    return chains->order != NULL && chains->plan->graph.list_of[spec] != PLAN_NONE;
}

/* The greatest that ends in a job which this spec's jobs name; of those that take the
 * list of `defaults`, which may be many, it is looked for once. */
static struct chain find_before(struct chains *chains, uint32_t spec)
{
    const struct after_graph *graph = &chains->plan->graph;
    const struct after_list *list = &graph->lists[graph->list_of[spec]];
    bool shared = graph->list_of[spec] == graph->defaults_list;
    struct chain greatest = none;

    if (shared && chains->has_defaults)
        return chains->defaults;
    for (uint32_t i = 0; i < list->n_afters; i++)
        keep_greater(&greatest, chains->names[chains->plan->afters[list->first_after + i].name]);
    if (shared) {
        chains->defaults = greatest;
        chains->has_defaults = true;
    }
    return greatest;
}

/* When a job arrived; -1 if it never started. */
static int64_t arrival_of(const struct batch *batch, uint32_t job)
{
    if (batch->ran_ns[job] < 0)
        return -1;
    return batch->arrivals != NULL && batch->arrivals->at_ns != NULL ? batch->arrivals->at_ns[job]
                                                                     : 0;
}

static struct chain chain_of(const struct batch *batch, uint32_t job, uint32_t spec,
                             int64_t before_ns)
{
    int64_t arrival_ns = arrival_of(batch, job), ran_ns = batch->ran_ns[job];
    int64_t from_ns = before_ns > arrival_ns ? before_ns : arrival_ns;

    return (struct chain){.ns = saturate_add_ns(from_ns > 0 ? from_ns : 0, ran_ns > 0 ? ran_ns : 0),
                          .job = job,
                          .spec = spec};
}

/* Handles jobs of the next spec, at most `most`.  Returns how many. */
static uint32_t go_through(struct chains *chains, const struct batch *batch, size_t most)
{
    const struct plan *plan = chains->plan;
    uint32_t spec = chains->order != NULL ? chains->order[chains->n_specs] : chains->n_specs;
    uint32_t count = plan_count(plan, spec), first = plan_first_job(plan, spec);
    uint32_t left = count - chains->n_jobs, n = left < most ? left : (uint32_t)most;
    int64_t before_ns = 0;
    struct chain greatest = none;

    if (has_list(chains, spec)) {
        if (chains->n_jobs == 0)
            chains->before[spec] = find_before(chains, spec);
        before_ns = chains->before[spec].ns;
    }
    for (uint32_t i = 0; i < n; i++)
        keep_greater(&greatest, chain_of(batch, first + chains->n_jobs + i, spec, before_ns));
    keep_greater(&chains->last, greatest);
    if (chains->order != NULL && plan->graph.name_of[spec] != PLAN_NONE)
        keep_greater(&chains->names[plan->graph.name_of[spec]], greatest);
    chains->n_jobs += n;
    if (chains->n_jobs == count) {
        chains->n_specs++;
        chains->n_jobs = 0;
    }
    return n;
}

bool chains_work(struct chains *chains, const struct batch *batch, size_t budget, size_t *worked)
{
    size_t spent;

    if (chains->noted)
        return true;
    spent = forget_names(chains, budget);
    while (spent < budget && chains->n_specs < chains->plan->n_specs)
        spent += go_through(chains, batch, budget - spent);
    *worked += spent;
    return chains->n_specs == chains->plan->n_specs;
}

/* The greatest that ends in a job which this spec's jobs name, all being `ok`. */
static struct chain find_noted(const struct chains *chains, const struct batch *batch,
                               uint32_t spec, size_t *worked)
{
    const struct after_list *list = &chains->plan->graph.lists[batch_list_of(batch, spec)];
    struct chain greatest = none;

    for (uint32_t i = 0; i < list->n_afters; i++) {
        const struct name_state *name =
            &batch->names[chains->plan->afters[list->first_after + i].name];

        keep_greater(&greatest, (struct chain){.ns = name->chain_ns, .job = name->chain_end - 1});
    }
    greatest.spec = plan_spec_of(chains->plan, greatest.job);
    *worked += list->n_afters;
    return greatest;
}

struct chain chains_before(const struct chains *chains, const struct batch *batch,
                           struct chain chain, size_t *worked)
{
    struct chain before;

    if (!has_list(chains, chain.spec))
        return none;
    before =
        chains->noted ? find_noted(chains, batch, chain.spec, worked) : chains->before[chain.spec];
    return arrival_of(batch, chain.job) > before.ns ? none : before;
}
