/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NINJA_GRAPH_H
#define WAITD_NINJA_GRAPH_H

/*
 * What `ninja -t graph` prints: for Graphviz, a node for each file, one for each command
 * that has several inputs or outputs, and arrows from what is read to what is made.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/import/digraph.h"
#include "client/import/import_internal.h"
#include "client/import/ninja_log.h"

struct ninja_graph_node {
    uint32_t job;     /* of the build, which made the file; NINJA_GRAPH_NO_JOB for none */
    uint32_t visitor; /* the last job whose needs led here */
    bool is_made;     /* whether a job made it or what it is made from */
};

#define NINJA_GRAPH_NO_JOB UINT32_MAX

/* All zero to begin with. */
struct ninja_graph {
    struct digraph arrows;
    struct names *ids;   /* the nodes, by what the file calls them */
    struct names *files; /* the files, by their paths */
    uint32_t *file_nodes;
    struct ninja_graph_node *nodes;
    uint32_t *stack;   /* nodes to be visited, each at most once */
    uint32_t *visitor; /* by job: the last job that was found to need it */
    struct bytes path; /* that is being looked for */
};

void ninja_graph_fini(struct ninja_graph *graph);

/* Reads the graph; one with a cycle is refused.  0, or -1 with the fault set. */
int ninja_graph_read(struct ninja_graph *graph, struct import *import,
                     const struct import_text *file);

/* Enters which files the build's jobs made.  Jobs that made none of the graph's are
 * remarked.  To be called once.  0, or -1 with the fault set. */
int ninja_graph_enter_jobs(struct ninja_graph *graph, struct import *import,
                           const struct ninja_log *log);

/*
 * Writes the jobs that the job needs which made these outputs, whatever lies in between
 * that no job made: phony targets, and what was up to date.  jobs has room for all jobs.
 * Returns how many there are, each once, in ascending order.
 */
size_t ninja_graph_needs(struct ninja_graph *graph, const struct ninja_entry *outputs,
                         size_t n_outputs, uint32_t *jobs);

#endif
