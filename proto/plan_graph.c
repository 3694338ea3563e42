/* SPDX-License-Identifier: ISC */

/*
 * The graph of `after`: which lists of names there are, who has the names,
 * and from each name to the lists that hold it.
 */

#include "proto/plan_seal_internal.h"

/* ---- Looking names up ------------------------------------------------------- */

/* A name takes as long as this many units, since the table's page may be new to the process, */
#define UNITS_A_NAME 4
/* and one more for so many bytes that are hashed, or compared. */
#define HASHED_A_UNIT   ((size_t)256)
#define COMPARED_A_UNIT ((size_t)2048)

/* One unit is left, which the caller takes. */
static void spend(size_t *budget, size_t units)
{
    *budget -= units < *budget ? units : *budget - 1;
}

/* Goes on with looking up the name at the cursor.  Whether its number is known, or that it has
 * none. */
static bool look_up(struct sealing *sealing, const char *text, size_t len, size_t *budget)
{
    size_t bytes = *budget < SIZE_MAX / COMPARED_A_UNIT ? *budget * COMPARED_A_UNIT : SIZE_MAX;
    size_t hashed = len < LOOKUP_HASHED_BYTES ? len : LOOKUP_HASHED_BYTES, left = bytes;

    if (!sealing->looks_up) {
        names_begin_lookup(sealing->names, &sealing->lookup, text, len);
        spend(budget, UNITS_A_NAME - 1 + hashed / HASHED_A_UNIT);
    }
    sealing->looks_up = !names_look_up(sealing->names, &sealing->lookup, &left);
    spend(budget, (bytes - left) / COMPARED_A_UNIT);
    return !sealing->looks_up;
}

/* ---- Lists: who waits, for which names ------------------------------------ */

static enum advance lists_begin(struct plan *plan)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;

    graph->lists = plan_seal_array(plan->n_details + 1, sizeof(*graph->lists));
    graph->list_of = plan_seal_array(plan->n_specs, sizeof(*graph->list_of));
    graph->name_of = plan_seal_array(plan->n_specs, sizeof(*graph->name_of));
    graph->names = plan_seal_array(plan->n_afters, sizeof(*graph->names));
    graph->defaults_list = PLAN_NONE;
    sealing->names = names_new(plan->n_afters, plan->hash_key);
    if (graph->lists == NULL || graph->list_of == NULL || graph->name_of == NULL ||
        graph->names == NULL || sealing->names == NULL)
        return ADVANCE_NOMEM;
    return ADVANCE_MORE;
}

static uint32_t list_add(struct after_graph *graph, const struct job_spec *work, uint32_t spec)
{
    graph->lists[graph->n_lists] = (struct after_list){
        .spec = spec, .first_after = work->first_after, .n_afters = work->n_afters};
    return graph->n_lists++;
}

/* Gives a spec its list, a new one or that of the defaults. */
static void list_spec(struct plan *plan, uint32_t index)
{
    struct after_graph *graph = &plan->graph;
    const struct spec *spec = &plan->specs[index];
    const struct job_spec *work = plan_work(plan, spec);
    bool own = spec->detail != 0 && (work->set & JOB_AFTER) != 0;

    graph->list_of[index] = PLAN_NONE;
    if (!plan_waits(plan, spec))
        return;
    if (own) {
        graph->list_of[index] = list_add(graph, work, index);
        return;
    }
    if (graph->defaults_list == PLAN_NONE)
        graph->defaults_list = list_add(graph, work, PLAN_NONE);
    graph->list_of[index] = graph->defaults_list;
}

/* Numbers the next name of the newest list.  False when there is none left. */
static bool number_name(struct plan *plan, size_t *budget)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    const struct after_list *list;
    struct after_ref *ref;
    const char *text;
    size_t len;

    if (graph->n_lists == 0)
        return false;
    list = &graph->lists[graph->n_lists - 1];
    if (sealing->inner == list->n_afters)
        return false;
    ref = &plan->afters[list->first_after + sealing->inner];
    text = plan_text(plan, ref->text, &len);
    if (!look_up(sealing, text, len, budget))
        return true;
    sealing->inner++;
    ref->name = sealing->lookup.number;
    if (ref->name == NAMES_NONE)
        ref->name = names_add_looked_up(sealing->names, &sealing->lookup);
    if (list->spec == PLAN_NONE)
        graph->names[ref->name].in_defaults++;
    else
        graph->names[ref->name].n_edges++;
    return true;
}

enum advance plan_graph_lists(struct plan *plan, size_t *budget)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    uint32_t lists = graph->n_lists;

    if (graph->lists == NULL)
        return lists_begin(plan);
    if (number_name(plan, budget))
        return ADVANCE_MORE;
    if (sealing->at == plan->n_specs) {
        graph->n_names = names_count(sealing->names);
        return plan_seal_go_to(sealing, PHASE_BEARERS);
    }
    list_spec(plan, sealing->at++);
    if (graph->n_lists > lists)
        sealing->inner = 0;
    return ADVANCE_MORE;
}

/* ---- Bearers: which elements have the names that are waited for ------------ */

enum advance plan_graph_bearers(struct plan *plan, size_t *budget)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    const struct spec *spec;
    uint32_t count;
    const char *text;
    size_t len;
    uint32_t name = NAMES_NONE;

    if (sealing->at == plan->n_specs)
        return plan_seal_go_to(sealing, PHASE_UNKNOWN);
    spec = &plan->specs[sealing->at];
    text = plan_spec_name(plan, spec, &len);
    if (text != NULL && !look_up(sealing, text, len, budget))
        return ADVANCE_MORE;
    if (text != NULL)
        name = sealing->lookup.number;
    count = plan_count(plan, sealing->at);
    if (count == 0) /* where totals are not held, jobs are numbered modulo 2^32 */
        count = 1;
    if (name != NAMES_NONE &&
        __builtin_add_overflow(graph->names[name].jobs, count, &graph->names[name].jobs))
        graph->names[name].jobs = UINT32_MAX; /* only where totals are not held */
    graph->name_of[sealing->at++] = name == NAMES_NONE ? PLAN_NONE : name;
    return ADVANCE_MORE;
}

/* ---- Unknown names --------------------------------------------------------- */

/* Remembers the first in the request's order; `defaults` may be anywhere in it. */
static void note_unknown(const struct plan *plan, const struct after_list *list, uint32_t index,
                         struct plan_fault *fault)
{
    const struct after_ref *ref = &plan->afters[list->first_after + index];
    struct sealing *sealing = plan->sealing;
    const char *text;
    size_t len;

    if (sealing->found_unknown && fault->where <= ref->where)
        return;
    sealing->found_unknown = true;
    plan_seal_fault_after(plan, list, index, PLAN_FAULT_UNKNOWN, fault);
    text = plan_text(plan, ref->text, &len);
    plan_seal_append_name(fault, text, len);
}

enum advance plan_graph_unknown(struct plan *plan, struct plan_fault *fault)
{
    const struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    const struct after_list *list;
    const struct after_ref *ref;

    if (sealing->at == graph->n_lists) {
        return plan_seal_go_to(sealing, PHASE_EDGES);
    }
    list = &graph->lists[sealing->at];
    if (sealing->inner == list->n_afters) {
        sealing->at++;
        sealing->inner = 0;
        return ADVANCE_MORE;
    }
    ref = &plan->afters[list->first_after + sealing->inner];
    if (graph->names[ref->name].jobs == 0)
        note_unknown(plan, list, sealing->inner, fault);
    sealing->inner++;
    return ADVANCE_MORE;
}

/* ---- Edges: from each name to the lists that hold it ----------------------- */

static enum advance edges_begin(struct plan *plan)
{
    const struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;

    sealing->bearers_left = plan_seal_array(graph->n_names, sizeof(uint32_t));
    sealing->names_left = plan_seal_array(graph->n_lists, sizeof(uint32_t));
    sealing->queue = plan_seal_array(graph->n_names, sizeof(uint32_t));
    if (sealing->bearers_left == NULL || sealing->names_left == NULL || sealing->queue == NULL)
        return ADVANCE_NOMEM;
    return ADVANCE_MORE;
}

/* Gives the next name a place for its edges. */
static enum advance place_edges(struct plan *plan)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    struct awaited *name = &graph->names[sealing->at];

    if (sealing->at == graph->n_names) {
        graph->edges = plan_seal_array(sealing->n_edges, sizeof(*graph->edges));
        sealing->at = 0;
        return graph->edges != NULL ? ADVANCE_MORE : ADVANCE_NOMEM;
    }
    name->first_edge = sealing->n_edges;
    sealing->n_edges += name->n_edges;
    name->n_edges = 0;
    if (name->jobs == 0) /* nobody has it: there may be a cycle earlier in the request */
        sealing->queue[sealing->tail++] = sealing->at;
    sealing->at++;
    return ADVANCE_MORE;
}

enum advance plan_graph_edges(struct plan *plan)
{
    struct after_graph *graph = &plan->graph;
    struct sealing *sealing = plan->sealing;
    const struct after_list *list;
    struct awaited *name;

    if (sealing->queue == NULL)
        return edges_begin(plan);
    if (graph->edges == NULL)
        return place_edges(plan);
    if (sealing->at == graph->n_lists)
        return plan_seal_go_to(sealing, PHASE_ORDER);
    list = &graph->lists[sealing->at];
    if (sealing->inner == list->n_afters) {
        sealing->names_left[sealing->at++] = list->n_afters;
        sealing->inner = 0;
        return ADVANCE_MORE;
    }
    name = &graph->names[plan->afters[list->first_after + sealing->inner++].name];
    if (list->spec != PLAN_NONE)
        graph->edges[name->first_edge + name->n_edges++] = sealing->at;
    return ADVANCE_MORE;
}
