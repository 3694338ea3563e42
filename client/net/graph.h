/* SPDX-License-Identifier: ISC */
#ifndef WAITD_GRAPH_H
#define WAITD_GRAPH_H

/*
 * What events do not tell and only the request knows: which jobs wait for which
 * names (`after`), after every `count` and with the `defaults`.  Built by
 * client/net/digest.c from the request's own tokens as they are sent, so there is
 * nothing to build by hand outside of tests.
 *
 * Kept by name, as the daemon does it: a job's predecessors are names, and a
 * name may stand for any number of jobs.  Jobs in a row with the same `after`
 * and count are one entry of 24 bytes, so a million jobs that wait for nothing
 * take one; a million that each wait for a name of their own take some 100 MB,
 * and beyond GRAPH_MAX_BYTES the graph is given up and counts as unknown.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAPH_MAX_BYTES ((size_t)256 << 20)

#define GRAPH_NONE UINT32_MAX

struct graph;

struct graph *graph_new(void);        /* NULL when memory is short */
void graph_free(struct graph *graph); /* NULL is fine */

/* ---- Building ------------------------------------------------------------ */

/* Adds a name, decoded, to the `after` that comes next. */
void graph_add_after(struct graph *graph, const char *name, size_t len);

/* A job as it stands in the request: the names added since the last one are
 * its `after`, if it has one.  count: 0 where it says none. */
void graph_add_jobs(struct graph *graph, uint64_t count, bool has_after);

/* The same of the request's `defaults`, which may stand before or after the jobs. */
void graph_set_defaults(struct graph *graph, uint64_t count, bool has_after);

/* Ends the building.  Returns whether all of it is there: memory may have been
 * short, or GRAPH_MAX_BYTES met; the graph is then of no use. */
bool graph_seal(struct graph *graph);

/* ---- Asking ---------------------------------------------------------------- */

/* How many jobs there are, as `accepted` has it. */
uint64_t graph_jobs(const struct graph *graph);

/* How many names jobs wait for: they are numbered from 0. */
uint32_t graph_names(const struct graph *graph);

/* The number of a name, decoded as events have it; GRAPH_NONE for one that no
 * job waits for. */
uint32_t graph_find(const struct graph *graph, const char *name, size_t len);

/* The name of that number.  There is a NUL behind it. */
const char *graph_name(const struct graph *graph, uint32_t number, size_t *len);

/* The numbers of the names that job `job` waits for: *names is the graph's
 * own.  Returns how many; 0 for none. */
size_t graph_after(const struct graph *graph, uint64_t job, const uint32_t **names);

#endif
