/* SPDX-License-Identifier: ISC */
#include "client/import/digraph.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/array.h"

void digraph_fini(struct digraph *graph)
{
    free(graph->arcs);
    free(graph->first);
    free(graph->order);
    *graph = (struct digraph){0};
}

int digraph_add(struct digraph *graph, struct digraph_arc arc)
{
    struct digraph_arc *arcs =
        array_reserve(graph->arcs, graph->n_arcs, &graph->room, sizeof *arcs);

    if (arcs == NULL)
        return -1;
    graph->arcs = arcs;
    graph->arcs[graph->n_arcs++] = arc;
    return 0;
}

/* Sorts the arcs by node, keeping their order, and sets where each node's begin:
 * counting sort.  by_from: by their origin. */
static struct digraph_arc *sort_arcs(const struct digraph *graph, bool by_from, size_t *first)
{
    struct digraph_arc *sorted = malloc((graph->n_arcs + 1) * sizeof *sorted);

    if (sorted == NULL)
        return NULL;
    memset(first, 0, ((size_t)graph->n_nodes + 2) * sizeof *first);
    for (size_t i = 0; i < graph->n_arcs; i++)
        first[(by_from ? graph->arcs[i].from : graph->arcs[i].to) + 2]++;
    for (size_t node = 2; node < (size_t)graph->n_nodes + 2; node++)
        first[node] += first[node - 1];
    /* What is at node + 1 moves on to where the next node's begin. */
    for (size_t i = 0; i < graph->n_arcs; i++)
        sorted[first[(by_from ? graph->arcs[i].from : graph->arcs[i].to) + 1]++] = graph->arcs[i];
    return sorted;
}

/* Fills in `order`.  Returns how many nodes could be put in order; `blocked` then has how
 * many arcs of each of the others are left. */
static uint32_t put_in_order(struct digraph *graph, const struct digraph_arc *arcs,
                             const size_t *first, size_t *blocked)
{
    uint32_t n = 0;

    for (uint32_t node = 0; node < graph->n_nodes; node++) {
        blocked[node] = graph->first[node + 1] - graph->first[node];
        if (blocked[node] == 0)
            graph->order[n++] = node;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = graph->order[i];

        for (size_t k = first[node]; k < first[node + 1]; k++)
            if (--blocked[arcs[k].to] == 0)
                graph->order[n++] = arcs[k].to;
    }
    return n;
}

/* The first arc to the node from one that could not be put in order either. */
static const struct digraph_arc *blocking_arc(const struct digraph *graph, const size_t *blocked,
                                              uint32_t node)
{
    size_t i = graph->first[node];

    while (blocked[graph->arcs[i].from] == 0)
        i++;
    return &graph->arcs[i];
}

/* Of those that could not be put in order, each has another one before it: a walk
 * back of as many steps as there are nodes ends on a cycle. */
static struct digraph_arc find_cycle(const struct digraph *graph, const size_t *blocked)
{
    uint32_t node = 0;

    while (blocked[node] == 0)
        node++;
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        node = blocking_arc(graph, blocked, node)->from;
    return *blocking_arc(graph, blocked, node);
}

enum digraph_result digraph_sort(struct digraph *graph, uint32_t n_nodes, struct digraph_arc *arc)
{
    size_t n = (size_t)n_nodes + 2;
    size_t *first = malloc(n * sizeof *first), *blocked = malloc(n * sizeof *blocked);
    struct digraph_arc *by_from = NULL, *by_to = NULL;
    enum digraph_result result = DIGRAPH_NOMEM;

    graph->n_nodes = n_nodes;
    graph->first = malloc(n * sizeof *graph->first);
    graph->order = malloc(n * sizeof *graph->order);
    if (first != NULL && blocked != NULL && graph->first != NULL && graph->order != NULL) {
        by_from = sort_arcs(graph, true, first);
        by_to = sort_arcs(graph, false, graph->first);
    }
    if (by_from != NULL && by_to != NULL) {
        free(graph->arcs);
        graph->arcs = by_to;
        by_to = NULL;
        result = DIGRAPH_OK;
        if (put_in_order(graph, by_from, first, blocked) < n_nodes) {
            *arc = find_cycle(graph, blocked);
            result = DIGRAPH_CYCLE;
        }
    }
    free(first);
    free(blocked);
    free(by_from);
    free(by_to);
    return result;
}
