/* SPDX-License-Identifier: ISC */

/*
 * Which cycle to tell of: that whose name in `after` stands first in the
 * request.  An element is on a cycle if the name it bears and the list it has
 * reach each other, that is if both are in one strongly connected component of
 * the graph of names and lists (R. Tarjan, "Depth-first search and linear graph
 * algorithms", 1972).  Time and memory are those of the request's text.
 */

#include "daemon/engine/plan_seal_internal.h"

#include <stdlib.h>
#include <string.h>

/* Nodes are the names, then the lists. */
struct search {
    const struct plan *plan;
    uint32_t n_names;
    uint32_t *first;   /* of each name: a spec, plus 1, that bears it and has a list; 0: none */
    uint32_t *next;    /* of each spec: the next such one of its name */
    uint32_t *cursor;  /* of each node: what to follow next */
    uint32_t *order;   /* of each node: when it was first seen, from 1; 0: not yet */
    uint32_t *low;     /* the earliest node that it is known to reach, by that */
    uint32_t *knot;    /* its component, once that is closed; else 0 */
    uint32_t *path;    /* nodes being followed */
    uint32_t *pending; /* nodes seen, their component not closed */
    uint32_t n_path, n_pending, n_seen, n_knots;
};

static bool search_init(struct search *search, const struct plan *plan)
{
    const struct after_graph *graph = &plan->graph;
    uint32_t n = graph->n_names + graph->n_lists;

    *search = (struct search){.plan = plan,
                              .n_names = graph->n_names,
                              .first = plan_seal_array(graph->n_names, sizeof(uint32_t)),
                              .next = plan_seal_array(plan->n_specs, sizeof(uint32_t)),
                              .cursor = plan_seal_array(n, sizeof(uint32_t)),
                              .order = plan_seal_array(n, sizeof(uint32_t)),
                              .low = plan_seal_array(n, sizeof(uint32_t)),
                              .knot = plan_seal_array(n, sizeof(uint32_t)),
                              .path = plan_seal_array(n, sizeof(uint32_t)),
                              .pending = plan_seal_array(n, sizeof(uint32_t))};
    return search->first != NULL && search->next != NULL && search->cursor != NULL &&
           search->order != NULL && search->low != NULL && search->knot != NULL &&
           search->path != NULL && search->pending != NULL;
}

static void search_fini(struct search *search)
{
    free(search->first);
    free(search->next);
    free(search->cursor);
    free(search->order);
    free(search->low);
    free(search->knot);
    free(search->path);
    free(search->pending);
}

/* Makes every node's cursor point to the first thing that it leads to. */
static void rewind_cursors(struct search *search)
{
    const struct after_graph *graph = &search->plan->graph;

    memcpy(search->cursor, search->first, graph->n_names * sizeof(uint32_t));
    memset(search->cursor + graph->n_names, 0, graph->n_lists * sizeof(uint32_t));
}

static void chain_bearers(struct search *search)
{
    const struct after_graph *graph = &search->plan->graph;

    for (uint32_t spec = search->plan->n_specs; spec-- > 0;) {
        uint32_t name = graph->name_of[spec];

        if (name == PLAN_NONE || graph->list_of[spec] == PLAN_NONE)
            continue;
        search->next[spec] = search->first[name];
        search->first[name] = spec + 1;
    }
}

/* The next node that this one leads to, or PLAN_NONE. */
static uint32_t follow(struct search *search, uint32_t node)
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

static void enter(struct search *search, uint32_t node)
{
    search->order[node] = search->low[node] = ++search->n_seen;
    search->path[search->n_path++] = node;
    search->pending[search->n_pending++] = node;
}

static void reach(struct search *search, uint32_t node, uint32_t when)
{
    if (when < search->low[node])
        search->low[node] = when;
}

/* All that `node` leads to has been followed. */
static void leave(struct search *search, uint32_t node)
{
    uint32_t member;

    search->n_path--;
    if (search->n_path > 0)
        reach(search, search->path[search->n_path - 1], search->low[node]);
    if (search->low[node] != search->order[node])
        return;
    search->n_knots++;
    do {
        member = search->pending[--search->n_pending];
        search->knot[member] = search->n_knots;
    } while (member != node);
}

static void find_components(struct search *search)
{
    for (uint32_t root = 0; root < search->n_names; root++) {
        if (search->order[root] == 0)
            enter(search, root);
        while (search->n_path > 0) {
            uint32_t node = search->path[search->n_path - 1], to = follow(search, node);

            if (to == PLAN_NONE)
                leave(search, node);
            else if (search->order[to] == 0)
                enter(search, to);
            else if (search->knot[to] == 0)
                reach(search, node, search->order[to]);
        }
    }
}

/* ---- The first one ---------------------------------------------------------- */

struct place {
    uint32_t spec, index; /* of the name in the spec's list */
    uint64_t where;
};

/* Where in its list a spec that is on a cycle names the next one. */
static struct place place_of(const struct search *search, uint32_t spec)
{
    const struct plan *plan = search->plan;
    const struct after_list *list = &plan->graph.lists[plan->graph.list_of[spec]];
    const struct after_ref *refs = &plan->afters[list->first_after];
    uint32_t knot = search->knot[plan->graph.name_of[spec]], index = 0;

    while (search->knot[refs[index].name] != knot)
        index++;
    return (struct place){.spec = spec, .index = index, .where = refs[index].where};
}

static bool is_on_cycle(const struct search *search, uint32_t spec)
{
    uint32_t name = search->plan->graph.name_of[spec], list = search->plan->graph.list_of[spec];

    return name != PLAN_NONE && list != PLAN_NONE &&
           search->knot[name] == search->knot[search->n_names + list];
}

static struct place first_place(const struct search *search)
{
    const struct after_graph *graph = &search->plan->graph;
    struct place first = {.spec = PLAN_NONE, .where = UINT64_MAX};
    bool defaults_seen = false;

    for (uint32_t spec = 0; spec < search->plan->n_specs; spec++) {
        bool shared = graph->list_of[spec] == graph->defaults_list;
        struct place place;

        if (!is_on_cycle(search, spec) || (shared && defaults_seen))
            continue;
        defaults_seen = defaults_seen || shared;
        place = place_of(search, spec);
        if (place.where < first.where)
            first = place;
    }
    return first;
}

/* ---- Its circle, for the message ------------------------------------------- */

/* Follows what `from` leads to, nearest first, as far as `to`; search->low then
 * has the node, plus 1, from which each was come upon. */
static void trace(struct search *search, uint32_t from, uint32_t to)
{
    uint32_t head = 0, tail = 0, node, next;

    rewind_cursors(search);
    memset(search->low, 0, (search->n_names + search->plan->graph.n_lists) * sizeof(uint32_t));
    search->pending[tail++] = from;
    search->low[from] = from + 1;
    while (search->low[to] == 0) {
        node = search->pending[head++];
        while ((next = follow(search, node)) != PLAN_NONE) {
            if (search->low[next] != 0)
                continue;
            search->low[next] = node + 1;
            search->pending[tail++] = next;
        }
    }
}

static void append_name(const struct search *search, uint32_t name, struct plan_fault *fault)
{
    size_t len;
    const char *text =
        plan_spec_name(search->plan, &search->plan->specs[search->first[name] - 1], &len);

    plan_seal_append_name(fault, text, len);
}

static void tell_circle(struct search *search, const struct place *place, struct plan_fault *fault)
{
    const struct plan *plan = search->plan;
    const struct after_list *list = &plan->graph.lists[plan->graph.list_of[place->spec]];
    uint32_t from = plan->afters[list->first_after + place->index].name;
    uint32_t last = plan->graph.name_of[place->spec], n = 0;

    plan_seal_fault_after(plan, list, place->index, PLAN_FAULT_CYCLE, fault);
    trace(search, from, last);
    for (uint32_t node = last; node != from; node = search->low[node] - 1)
        search->path[n++] = node;
    search->path[n++] = from;
    append_name(search, last, fault);
    while (n-- > 0) {
        if (search->path[n] >= search->n_names)
            continue;
        plan_seal_append_name(fault, " -> ", 4);
        append_name(search, search->path[n], fault);
    }
}

int plan_find_cycle(const struct plan *plan, struct plan_fault *fault)
{
    struct search search;
    struct place first;
    bool ready = search_init(&search, plan);

    if (ready) {
        chain_bearers(&search);
        rewind_cursors(&search);
        find_components(&search);
        first = first_place(&search);
        tell_circle(&search, &first, fault);
    }
    search_fini(&search);
    return ready ? PLAN_OK : PLAN_NOMEM;
}
