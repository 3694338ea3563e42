/* SPDX-License-Identifier: ISC */

/*
 * That nothing waits for itself: A. B. Kahn, "Topological sorting of large
 * networks" (1962), on names and elements.  A name is settled when every
 * element that has it is, an element when every name in its list is.  What
 * cannot be settled holds a cycle.
 */

#include "proto/plan_seal_internal.h"

static void settle_spec(struct plan *plan, uint32_t spec)
{
    struct sealing *sealing = plan->sealing;
    uint32_t name = plan->graph.name_of[spec];

    if (name != PLAN_NONE && --sealing->bearers_left[name] == 0)
        sealing->queue[sealing->tail++] = name;
}

static void settle_list(struct plan *plan, uint32_t list, uint32_t by)
{
    struct sealing *sealing = plan->sealing;
    const struct after_graph *graph = &plan->graph;

    sealing->names_left[list] -= by;
    if (sealing->names_left[list] != 0)
        return;
    if (list != graph->defaults_list) {
        settle_spec(plan, graph->lists[list].spec);
        return;
    }
    sealing->settling = true;
}

/* Visits all elements, for those that take the list of `defaults`. */
static bool settle_defaults(struct plan *plan)
{
    struct sealing *sealing = plan->sealing;
    uint32_t spec = sealing->settled;

    if (!sealing->settling || spec == plan->n_specs)
        return false;
    if (plan->graph.list_of[spec] == plan->graph.defaults_list)
        settle_spec(plan, spec);
    sealing->settled++;
    return true;
}

/* Counts each name's bearers, then settles the elements that wait for nothing:
 * the first n_specs steps and the second. */
static bool order_prepare(struct plan *plan)
{
    struct sealing *sealing = plan->sealing;
    const struct after_graph *graph = &plan->graph;
    uint64_t at = sealing->at;

    if (at == 2 * (uint64_t)plan->n_specs)
        return false;
    if (at < plan->n_specs) {
        if (graph->name_of[at] != PLAN_NONE)
            sealing->bearers_left[graph->name_of[at]]++;
    } else if (graph->list_of[at - plan->n_specs] == PLAN_NONE) {
        settle_spec(plan, (uint32_t)at - plan->n_specs);
    }
    sealing->at++;
    return true;
}

static enum advance find_cycle(const struct plan *plan, struct plan_fault *fault)
{
    const struct plan_fault *cycle = NULL;
    enum advance found = plan_find_cycle(plan, &cycle);

    if (found == ADVANCE_FAULT && (!plan->sealing->found_unknown || cycle->where < fault->where))
        *fault = *cycle;
    return found;
}

enum advance plan_order(struct plan *plan, struct plan_fault *fault)
{
    struct sealing *sealing = plan->sealing;
    const struct after_graph *graph = &plan->graph;
    const struct awaited *name;

    if (order_prepare(plan) || settle_defaults(plan))
        return ADVANCE_MORE;
    if (sealing->head == sealing->tail) {
        if (sealing->tail < graph->n_names)
            return find_cycle(plan, fault);
        return sealing->found_unknown ? ADVANCE_FAULT : ADVANCE_SEALED;
    }
    name = &graph->names[sealing->queue[sealing->head]];
    if (sealing->inner == 0 && name->in_defaults > 0)
        settle_list(plan, graph->defaults_list, name->in_defaults);
    if (sealing->inner < name->n_edges) {
        settle_list(plan, graph->edges[name->first_edge + sealing->inner], 1);
        sealing->inner++;
    }
    if (sealing->inner == name->n_edges) {
        sealing->head++;
        sealing->inner = 0;
    }
    return ADVANCE_MORE;
}
