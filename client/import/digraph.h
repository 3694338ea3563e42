/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DIGRAPH_H
#define WAITD_DIGRAPH_H

/* A directed graph whose nodes are numbers: which precedes which, and in which order
 * all can be done.  Pure. */

#include <stddef.h>
#include <stdint.h>

struct digraph_arc {
    uint32_t from, to; /* `from` precedes `to` */
    size_t line;       /* where the file says so */
};

/* All zero is an empty one. */
struct digraph {
    struct digraph_arc *arcs; /* sorted by `to` once it is sorted */
    size_t *first;            /* of a node's arcs, by `to`; one more than there are nodes */
    uint32_t *order;          /* all nodes, each behind those that precede it */
    size_t n_arcs, room;
    uint32_t n_nodes;
};

void digraph_fini(struct digraph *graph);

/* Adds an arc.  0, or -1 when memory ran out. */
int digraph_add(struct digraph *graph, struct digraph_arc arc);

enum digraph_result { DIGRAPH_OK, DIGRAPH_CYCLE, DIGRAPH_NOMEM };

/*
 * Sorts nodes 0 to n_nodes - 1, which all arcs are between (A. B. Kahn, "Topological
 * sorting of large networks", 1962); nodes that nothing precedes are first, by
 * number.  Where that is impossible *arc is one of a cycle.  To be called once.
 */
enum digraph_result digraph_sort(struct digraph *graph, uint32_t n_nodes, struct digraph_arc *arc);

#endif
