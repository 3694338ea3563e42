/* SPDX-License-Identifier: ISC */

/*
 * Which cycle to report: that whose name in `after` is first in the
 * request.  An element is on a cycle if the name it has and the list it waits for
 * reach each other, that is if both are in one strongly connected component of
 * the graph of names and lists (R. Tarjan, "Depth-first search and linear graph
 * algorithms", 1972).  Time and memory are those of the request's text, and
 * the time is taken in slices like that of every other phase: what each stage
 * does at a call is one step, whatever the request is like.
 */

#include "proto/plan_seal_internal.h"

#include <stdlib.h>

enum stage {
    CHAIN,      /* which specs have each name and a list */
    COMPONENTS, /* of the graph */
    PLACES,     /* the first name that leads on along a cycle */
    REWIND,     /* every node's cursor, to follow it once more */
    TRACE,      /* the way from it back to who names it, the shortest */
    BACK,       /* the same from its end */
    REPORT,
};

/* Nodes are the names, then the lists. */
struct plan_search {
    const struct plan *plan;
    enum stage stage;
    uint32_t at, inner; /* the stage's cursor, and the one within it */
    uint32_t n_names;
    uint32_t *first;   /* of each name: a spec, plus 1, that has it and a list; 0: none */
    uint32_t *next;    /* of each spec: the next such one of its name */
    uint32_t *cursor;  /* of each node: what to follow next */
    uint32_t *order;   /* of each node: when it was first seen, from 1; 0: not yet */
    uint32_t *low;     /* the earliest node that it is known to reach, by that */
    uint32_t *knot;    /* its component, once that is closed; else 0 */
    uint32_t *path;    /* nodes being followed */
    uint32_t *pending; /* nodes seen, their component not closed */
    uint32_t n_path, n_pending, n_seen, n_knots;
    uint32_t closing; /* the node whose component is being closed, or PLAN_NONE */
    /* The first place of all, in the list of a spec: */
    uint32_t spec, index;
    uint64_t where;
    bool defaults_seen;
    uint32_t from, to; /* the circle: from that name to who names it */
    uint32_t head, tail;
    struct plan_fault fault;
};

static struct plan_search *search_new(const struct plan *plan)
{
    const struct after_graph *graph = &plan->graph;
    uint32_t n = graph->n_names + graph->n_lists;
    struct plan_search *search = plan_seal_array(1, sizeof(*search));

    if (search == NULL)
        return NULL;
    *search = (struct plan_search){.plan = plan,
                                   .at = plan->n_specs,
                                   .closing = PLAN_NONE,
                                   .where = UINT64_MAX,
                                   .n_names = graph->n_names,
                                   .first = plan_seal_array(graph->n_names, sizeof(uint32_t)),
                                   .next = plan_seal_array(plan->n_specs, sizeof(uint32_t)),
                                   .cursor = plan_seal_array(n, sizeof(uint32_t)),
                                   .order = plan_seal_array(n, sizeof(uint32_t)),
                                   .low = plan_seal_array(n, sizeof(uint32_t)),
                                   .knot = plan_seal_array(n, sizeof(uint32_t)),
                                   .path = plan_seal_array(n, sizeof(uint32_t)),
                                   .pending = plan_seal_array(n, sizeof(uint32_t))};
    if (search->first != NULL && search->next != NULL && search->cursor != NULL &&
        search->order != NULL && search->low != NULL && search->knot != NULL &&
        search->path != NULL && search->pending != NULL)
        return search;
    plan_search_free(search);
    return NULL;
}

void plan_search_free(struct plan_search *search)
{
    if (search == NULL)
        return;
    free(search->first);
    free(search->next);
    free(search->cursor);
    free(search->order);
    free(search->low);
    free(search->knot);
    free(search->path);
    free(search->pending);
    free(search);
}

static void go_to(struct plan_search *search, enum stage stage)
{
    search->stage = stage;
    search->at = search->inner = 0;
}

/* From the last spec to the first, so that each name's chain is in their order. */
static void chain_bearer(struct plan_search *search)
{
    const struct after_graph *graph = &search->plan->graph;
    uint32_t spec, name;

    if (search->at == 0) {
        go_to(search, COMPONENTS);
        return;
    }
    spec = --search->at;
    name = graph->name_of[spec];
    if (name == PLAN_NONE || graph->list_of[spec] == PLAN_NONE)
        return;
    search->next[spec] = search->first[name];
    search->cursor[name] = search->first[name] = spec + 1;
}

/* The next node that this one leads to, or PLAN_NONE. */
static uint32_t follow(struct plan_search *search, uint32_t node)
{
    const struct after_graph *graph = &search->plan->graph;
    const struct after_list *list;
    uint32_t at = search->cursor[node];

    if (node < search->n_names) {
        if (at == 0)
            return PLAN_NONE;
        search->cursor[node] = search->next[at - 1];
        return search->n_names + graph->list_of[at - 1];
    }
    list = &graph->lists[node - search->n_names];
    if (at == list->n_afters)
        return PLAN_NONE;
    search->cursor[node]++;
    return search->plan->afters[list->first_after + at].name;
}

/* ---- Components ------------------------------------------------------------- */

static void enter(struct plan_search *search, uint32_t node)
{
    search->order[node] = search->low[node] = ++search->n_seen;
    search->path[search->n_path++] = node;
    search->pending[search->n_pending++] = node;
}

static void reach(struct plan_search *search, uint32_t node, uint32_t when)
{
    if (when < search->low[node])
        search->low[node] = when;
}

/* All that `node` leads to has been followed. */
static void leave(struct plan_search *search, uint32_t node)
{
    search->n_path--;
    if (search->n_path > 0)
        reach(search, search->path[search->n_path - 1], search->low[node]);
    if (search->low[node] != search->order[node])
        return;
    search->n_knots++;
    search->closing = node;
}

static void close_one(struct plan_search *search)
{
    uint32_t member = search->pending[--search->n_pending];

    search->knot[member] = search->n_knots;
    if (member == search->closing)
        search->closing = PLAN_NONE;
}

static void find_component(struct plan_search *search)
{
    uint32_t node, to;

    if (search->closing != PLAN_NONE) {
        close_one(search);
    } else if (search->n_path > 0) {
        node = search->path[search->n_path - 1];
        to = follow(search, node);
        if (to == PLAN_NONE)
            leave(search, node);
        else if (search->order[to] == 0)
            enter(search, to);
        else if (search->knot[to] == 0)
            reach(search, node, search->order[to]);
    } else if (search->at == search->n_names) {
        go_to(search, PLACES);
    } else {
        if (search->order[search->at] == 0)
            enter(search, search->at);
        search->at++;
    }
}

/* ---- The first one ---------------------------------------------------------- */

static bool is_on_cycle(const struct plan_search *search, uint32_t spec)
{
    uint32_t name = search->plan->graph.name_of[spec], list = search->plan->graph.list_of[spec];

    return name != PLAN_NONE && list != PLAN_NONE &&
           search->knot[name] == search->knot[search->n_names + list];
}

/* Where in its list a spec that is on a cycle names the next one, name by name;
 * the list of the defaults is read once. */
static void look_for_place(struct plan_search *search)
{
    const struct plan *plan = search->plan;
    const struct after_graph *graph = &plan->graph;
    uint32_t spec = search->at;
    const struct after_ref *ref;
    bool shared;

    if (spec == plan->n_specs) {
        go_to(search, REWIND);
        return;
    }
    shared = graph->list_of[spec] == graph->defaults_list;
    if (!is_on_cycle(search, spec) || (shared && search->defaults_seen)) {
        search->at++;
        return;
    }
    ref = &plan->afters[graph->lists[graph->list_of[spec]].first_after + search->inner];
    if (search->knot[ref->name] != search->knot[graph->name_of[spec]]) {
        search->inner++;
        return;
    }
    if (ref->where < search->where) {
        search->where = ref->where;
        search->spec = spec;
        search->index = search->inner;
    }
    search->defaults_seen = search->defaults_seen || shared;
    search->inner = 0;
    search->at++;
}

/* ---- Its circle, for the message ------------------------------------------- */

/* Makes a node's cursor point again to the first thing that it leads to. */
static void rewind_one(struct plan_search *search)
{
    uint32_t node = search->at++;

    if (node == search->n_names + search->plan->graph.n_lists) {
        go_to(search, TRACE);
        return;
    }
    search->cursor[node] = node < search->n_names ? search->first[node] : 0;
    search->low[node] = 0;
}

static void trace_begin(struct plan_search *search)
{
    const struct plan *plan = search->plan;
    const struct after_list *list = &plan->graph.lists[plan->graph.list_of[search->spec]];

    plan_seal_fault_after(plan, list, search->index, PLAN_FAULT_CYCLE, &search->fault);
    search->from = plan->afters[list->first_after + search->index].name;
    search->to = plan->graph.name_of[search->spec];
    search->pending[search->tail++] = search->from;
    search->low[search->from] = search->from + 1;
}

/* Follows what `from` leads to, nearest first, as far as `to`; search->low then
 * has the node, plus 1, from which each was reached. */
static void trace(struct plan_search *search)
{
    uint32_t node, next;

    if (search->tail == 0)
        trace_begin(search);
    if (search->low[search->to] != 0) {
        go_to(search, BACK);
        search->at = search->to;
        search->n_path = 0;
        return;
    }
    node = search->pending[search->head];
    next = follow(search, node);
    if (next == PLAN_NONE) {
        search->head++;
    } else if (search->low[next] == 0) {
        search->low[next] = node + 1;
        search->pending[search->tail++] = next;
    }
}

static void append_name(struct plan_search *search, uint32_t name)
{
    size_t len;
    const char *text =
        plan_spec_name(search->plan, &search->plan->specs[search->first[name] - 1], &len);

    plan_seal_append_name(&search->fault, text, len);
}

static void go_back(struct plan_search *search)
{
    search->path[search->n_path++] = search->at;
    if (search->at != search->from) {
        search->at = search->low[search->at] - 1;
        return;
    }
    append_name(search, search->to);
    go_to(search, REPORT);
}

/* Reports the next name of the cycle.  False when there is none, or no room. */
static bool report_name(struct plan_search *search)
{
    uint32_t node;

    if (search->n_path == 0 || search->fault.names_len + 4 >= sizeof(search->fault.names))
        return false;
    node = search->path[--search->n_path];
    if (node < search->n_names) {
        plan_seal_append_name(&search->fault, " -> ", 4);
        append_name(search, node);
    }
    return true;
}

enum advance plan_find_cycle(const struct plan *plan, const struct plan_fault **cycle)
{
    struct plan_search *search = plan->sealing->search;

    if (search == NULL) {
        plan->sealing->search = search_new(plan);
        return plan->sealing->search == NULL ? ADVANCE_NOMEM : ADVANCE_MORE;
    }
    switch (search->stage) {
    case CHAIN:
        chain_bearer(search);
        break;
    case COMPONENTS:
        find_component(search);
        break;
    case PLACES:
        look_for_place(search);
        break;
    case REWIND:
        rewind_one(search);
        break;
    case TRACE:
        trace(search);
        break;
    case BACK:
        go_back(search);
        break;
    case REPORT:
        if (report_name(search))
            break;
        *cycle = &search->fault;
        return ADVANCE_FAULT;
    }
    return ADVANCE_MORE;
}
