/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PLAN_SEAL_INTERNAL_H
#define WAITD_PLAN_SEAL_INTERNAL_H

/*
 * Completing a plan: defaults and totals, then, if any job waits for another,
 * the graph of names.  Everything is a phase of a small machine with a cursor,
 * so that a request of a million jobs is completed in slices.
 *
 *     totals ─► lists ─► bearers ─► unknown ─► edges ─► order ─► sealed
 *
 * plan_seal.c runs the state machine and has the totals, plan_graph.c the phases
 * that build the graph, plan_order.c the question whether there is a
 * cycle, plan_cycle.c which one to report.
 */

#include <stdbool.h>

#include "proto/names.h"
#include "proto/plan_internal.h"

enum phase { PHASE_TOTALS, PHASE_LISTS, PHASE_BEARERS, PHASE_UNKNOWN, PHASE_EDGES, PHASE_ORDER };

/* What elements may have of their own, besides a name. */
enum { KIND_OWN_WAIT, KIND_NOTHING, KIND_DETAILED, KINDS };

/* What is to be known of an element, or of all of a kind, to count it. */
struct kind {
    bool known;
    bool is_one_shot; /* see plan_is_one_shot() */
    bool times_out;   /* an attempt may */
    bool waits;       /* for names */
    bool arrives;     /* later than the batch */
    bool has_priority;
    plan_text_ref name;
    uint64_t count;
    uint64_t steps;    /* of a job, all attempts together */
    uint64_t computes; /* at most */
};

struct plan_search;

struct sealing {
    bool sealed; /* all is done but for what is freed */
    enum phase phase;
    uint32_t at;      /* the phase's cursor */
    uint32_t inner;   /* and the one within it */
    uint32_t element; /* PHASE_TOTALS */
    uint64_t jobs, steps, computes, active_jobs;
    struct kind kinds[KINDS];
    bool no_runs; /* among the specs: plan->firsts says nothing of elements */
    struct names *names;
    struct lookup lookup; /* of the name at the cursor, */
    bool looks_up;        /* if it is in progress */
    bool found_unknown;   /* a name, of a job or a pool, that nobody has */
    uint32_t n_edges;     /* PHASE_EDGES: of the names before the cursor */
    /* PHASE_ORDER */
    uint32_t *bearers_left; /* of each name: elements that have it and are not settled */
    uint32_t *names_left;   /* of each list: names not settled */
    uint32_t *queue;        /* names settled, each once */
    uint32_t head, tail;
    bool settling;              /* the elements that take the list of `defaults` */
    uint32_t settled;           /* how many have been looked at for that */
    struct plan_search *search; /* NULL until a cycle is looked for */
};

/* What a phase answers: on, as long as it has more to do. */
enum advance { ADVANCE_MORE, ADVANCE_SEALED, ADVANCE_FAULT, ADVANCE_NOMEM };

enum advance plan_seal_go_to(struct sealing *sealing, enum phase phase);

/* A zeroed array, never of no size at all. */
void *plan_seal_array(uint32_t n, size_t size);

/* Makes a fault of the name at `index` in the list. */
void plan_seal_fault_after(const struct plan *plan, const struct after_list *list, uint32_t index,
                           enum plan_fault_kind kind, struct plan_fault *fault);

/* Appends text to a fault's names, as much of it as fits in whole characters. */
void plan_seal_append_name(struct plan_fault *fault, const char *text, size_t len);

/* One unit of work of each phase; names take more units from *budget, of which 1 is left at
 * least. */
enum advance plan_graph_lists(struct plan *plan, size_t *budget);
enum advance plan_graph_bearers(struct plan *plan, size_t *budget);
enum advance plan_graph_unknown(struct plan *plan, struct plan_fault *fault);
enum advance plan_graph_edges(struct plan *plan);

enum advance plan_order(struct plan *plan, struct plan_fault *fault);

/* Where there is a cycle, looks for the first one; ADVANCE_FAULT
 * once *cycle has it, which is the sealing's. */
enum advance plan_find_cycle(const struct plan *plan, const struct plan_fault **cycle);
void plan_search_free(struct plan_search *search);

#endif
