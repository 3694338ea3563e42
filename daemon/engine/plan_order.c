/* SPDX-License-Identifier: ISC */

/*
 * That nothing waits for itself: A. B. Kahn, "Topological sorting of large
 * networks" (1962), on names and elements.  A name is settled when every
 * element that bears it is, an element when every name in its list is.  What
 * cannot be settled holds a cycle.
 */

#include "daemon/engine/plan_seal_internal.h"

#include <stdlib.h>
#include <string.h>

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
    for (uint32_t spec = 0; spec < plan->n_specs; spec++)
        if (graph->list_of[spec] == list)
            settle_spec(plan, spec);
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

static enum advance find_cycle(struct plan *plan, struct plan_fault *fault);

enum advance plan_order(struct plan *plan, struct plan_fault *fault)
{
    struct sealing *sealing = plan->sealing;
    const struct after_graph *graph = &plan->graph;
    const struct awaited *name;

    if (order_prepare(plan))
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

/* ---- The cycle, for the message -------------------------------------------- */

struct walk {
    uint32_t *bearer; /* of each name: the first unsettled element that bears it */
    uint8_t *seen;    /* of each spec */
};

static bool is_unsettled(const struct plan *plan, uint32_t spec)
{
    uint32_t list = plan->graph.list_of[spec];

    return list != PLAN_NONE && plan->sealing->names_left[list] != 0;
}

/* Which of its names an unsettled element waits for in vain, from 0. */
static uint32_t blocked_by(const struct plan *plan, uint32_t spec)
{
    const struct after_list *list = &plan->graph.lists[plan->graph.list_of[spec]];
    uint32_t i = 0;

    while (plan->sealing->bearers_left[plan->afters[list->first_after + i].name] == 0)
        i++;
    return i;
}

static uint32_t walk_on(const struct plan *plan, const struct walk *walk, uint32_t spec)
{
    const struct after_list *list = &plan->graph.lists[plan->graph.list_of[spec]];

    return walk->bearer[plan->afters[list->first_after + blocked_by(plan, spec)].name];
}

static void tell_cycle(const struct plan *plan, const struct walk *walk, uint32_t from,
                       struct plan_fault *fault)
{
    const struct after_graph *graph = &plan->graph;
    uint32_t spec = from;
    const char *text;
    size_t len;

    plan_seal_fault_after(plan, &graph->lists[graph->list_of[from]], blocked_by(plan, from),
                          PLAN_FAULT_CYCLE, fault);
    do {
        text = plan_spec_name(plan, &plan->specs[spec], &len);
        plan_seal_append_name(fault, text, len);
        plan_seal_append_name(fault, " -> ", 4);
        spec = walk_on(plan, walk, spec);
    } while (spec != from && strlen(fault->names) < sizeof(fault->names) - 1);
    text = plan_spec_name(plan, &plan->specs[from], &len);
    plan_seal_append_name(fault, text, len);
}

/* Follows what is waited for from the first unsettled element until one comes
 * round again, then tells the circle from its first element on. */
static void walk_cycle(const struct plan *plan, const struct walk *walk, struct plan_fault *fault)
{
    uint32_t spec = 0, first;

    while (!is_unsettled(plan, spec))
        spec++;
    while (walk->seen[spec] == 0) {
        walk->seen[spec] = 1;
        spec = walk_on(plan, walk, spec);
    }
    first = spec;
    for (uint32_t next = walk_on(plan, walk, spec); next != spec; next = walk_on(plan, walk, next))
        if (next < first)
            first = next;
    tell_cycle(plan, walk, first, fault);
}

static enum advance find_cycle(struct plan *plan, struct plan_fault *fault)
{
    const struct after_graph *graph = &plan->graph;
    struct walk walk = {.bearer = plan_seal_array(graph->n_names, sizeof(uint32_t)),
                        .seen = plan_seal_array(plan->n_specs, 1)};
    enum advance found = ADVANCE_NOMEM;
    struct plan_fault cycle;

    if (walk.bearer != NULL && walk.seen != NULL) {
        for (uint32_t spec = plan->n_specs; spec-- > 0;)
            if (graph->name_of[spec] != PLAN_NONE && is_unsettled(plan, spec))
                walk.bearer[graph->name_of[spec]] = spec;
        walk_cycle(plan, &walk, &cycle);
        if (!plan->sealing->found_unknown || cycle.where < fault->where)
            *fault = cycle;
        found = ADVANCE_FAULT;
    }
    free(walk.bearer);
    free(walk.seen);
    return found;
}
