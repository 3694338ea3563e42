/* SPDX-License-Identifier: ISC */

/* Completing a plan: the machine, and the totals. */

#include "proto/plan.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/plan_seal_internal.h"
#include "proto/saturate.h"
#include "proto/utf8.h"

/* Names that a report lists one by one, where no limit says so. */
#define MAX_SUMMARIES 1000

/* How much of the scaffolding is freed in a call at least, and for one unit of the budget. */
#define FREE_BYTES_LEAST  ((size_t)256 << 10)
#define FREE_BYTES_A_UNIT ((size_t)512)

static void free_scaffolding(struct plan *plan)
{
    struct sealing *sealing = plan->sealing;

    names_free(sealing->names);
    free(sealing->bearers_left);
    free(sealing->names_left);
    free(sealing->queue);
    plan_search_free(sealing->search);
    free(sealing);
    plan->sealing = NULL;
}

void plan_seal_fini(struct plan *plan)
{
    struct after_graph *graph = &plan->graph;

    if (plan->sealing != NULL)
        free_scaffolding(plan);
    free(graph->lists);
    free(graph->list_of);
    free(graph->name_of);
    free(graph->names);
    free(graph->edges);
    memset(graph, 0, sizeof(*graph));
}

enum advance plan_seal_go_to(struct sealing *sealing, enum phase phase)
{
    sealing->phase = phase;
    sealing->at = sealing->inner = 0;
    return ADVANCE_MORE;
}

void *plan_seal_array(uint32_t n, size_t size)
{
    return calloc(1, block_size((n > 0 ? n : 1) * size));
}

void plan_seal_append_name(struct plan_fault *fault, const char *text, size_t len)
{
    size_t used = fault->names_len;
    size_t room = sizeof(fault->names) - 1 - used;

    len = utf8_cut(text, len, room);
    memcpy(fault->names + used, text, len);
    fault->names[used + len] = '\0';
    fault->names_len = used + len;
}

/* Whose list it is, as the request has it. */
static uint32_t element_of(const struct plan *plan, const struct after_list *list)
{
    if (list->spec == PLAN_NONE)
        return PLAN_NONE;
    return plan->details[plan->specs[list->spec].detail - 1].element;
}

void plan_seal_fault_after(const struct plan *plan, const struct after_list *list, uint32_t index,
                           enum plan_fault_kind kind, struct plan_fault *fault)
{
    *fault = (struct plan_fault){.kind = kind,
                                 .element = element_of(plan, list),
                                 .after = index,
                                 .where = plan->afters[list->first_after + index].where};
}

/* ---- Totals --------------------------------------------------------------- */

/* Whether jobs need no more than to wait once: see plan_is_one_shot(). */
static bool is_one_shot(const struct plan *plan, const struct spec *spec)
{
    const struct job_spec *work = plan_work(plan, spec);
    uint32_t steps = plan_spec_steps(plan, spec);

    if (work->retries > 0 || work->timeout_ns >= 0 || work->fail_below > 0)
        return false;
    return steps == 0 ||
           (steps == 1 && work->repeat == 1 && plan_spec_step(plan, spec, 0).kind == STEP_WAIT);
}

static bool is_zero(const struct dist *dist)
{
    return dist->kind == DIST_CONSTANT && dist->a_ns == 0;
}

static bool arrives_later(const struct job_class *job_class)
{
    return job_class != NULL && !(is_zero(&job_class->start) && is_zero(&job_class->every));
}

static bool has_priority(const struct job_class *job_class)
{
    return job_class != NULL && job_class->priority != 0;
}

/* The compute steps of a job, at most: none where it only waits, and those of one
 * attempt where that cannot end otherwise than ok.  Longer lists are not examined, since
 * many elements may share one: each of their steps counts. */
static uint64_t most_computes(const struct plan *plan, const struct spec *spec)
{
    const struct job_spec *work = plan_work(plan, spec);
    uint32_t steps = plan_spec_steps(plan, spec);
    bool may_retry = work->timeout_ns >= 0 || work->fail_below > 0;

    if (steps == 0 || (steps == 1 && plan_spec_step(plan, spec, 0).kind == STEP_WAIT))
        return 0;
    return saturate_multiply(saturate_multiply(steps, work->repeat),
                             may_retry ? saturate_add(1, work->retries) : 1);
}

/* What all elements of a spec's kind have in common, defaults filled in. */
static struct kind kind_of(const struct plan *plan, const struct spec *spec)
{
    const struct job_spec *work = plan_work(plan, spec);
    uint64_t attempt = saturate_multiply(plan_spec_steps(plan, spec), work->repeat);

    return (struct kind){
        .known = true,
        .count = work->count,
        .steps = saturate_multiply(attempt > 0 ? attempt : 1, saturate_add(1, work->retries)),
        .computes = most_computes(plan, spec),
        .name = work->name,
        .is_one_shot = is_one_shot(plan, spec),
        .times_out = work->timeout_ns >= 0,
        .waits = plan_waits(plan, spec),
        .arrives = arrives_later(plan_class(plan, spec)),
        .has_priority = has_priority(plan_class(plan, spec)),
    };
}

/* The kind of the spec at the cursor: without detail there are but two, and
 * most specs are of one of them. */
static const struct kind *look_up_kind(struct plan *plan)
{
    struct sealing *sealing = plan->sealing;
    const struct spec *spec = &plan->specs[sealing->at];
    struct kind *kind = &sealing->kinds[spec->wait_ns >= 0 ? KIND_OWN_WAIT : KIND_NOTHING];

    if (spec->detail != 0) {
        plan_inherit_defaults(plan, &plan->details[spec->detail - 1].job);
        kind = &sealing->kinds[KIND_DETAILED];
        kind->known = false;
    }
    if (!kind->known)
        *kind = kind_of(plan, spec);
    return kind;
}

static enum advance fault_total(struct plan_fault *fault, enum plan_fault_kind kind,
                                uint32_t element, uint64_t got)
{
    *fault = (struct plan_fault){.kind = kind, .element = element, .got = got};
    return ADVANCE_FAULT;
}

/* Of `elements` alike, each of so many: how many there may be until it is more than `most`. */
static uint32_t how_many_fit(uint64_t had, uint64_t each, uint64_t most, uint32_t elements)
{
    uint64_t fit = had > most ? 0 : (most - had) / each;

    return fit < elements ? (uint32_t)fit : elements;
}

/* Reports the first of the elements of that kind, from the cursor on, that is beyond a limit. */
static enum advance check_elements(const struct sealing *sealing, const struct kind *kind,
                                   uint32_t elements, const struct plan_limits *limits,
                                   struct plan_fault *fault)
{
    uint64_t steps = saturate_multiply(kind->count, kind->steps);
    uint32_t jobs_fit = how_many_fit(sealing->jobs, kind->count, limits->max_jobs, elements);
    uint32_t steps_fit = how_many_fit(sealing->steps, steps, limits->max_steps, elements);
    uint32_t fit = jobs_fit < steps_fit ? jobs_fit : steps_fit;
    uint32_t element = sealing->element + fit;

    if (fit == elements || (limits->unchecked_from != 0 && element >= limits->unchecked_from))
        return ADVANCE_MORE;
    if (jobs_fit == fit)
        return fault_total(fault, PLAN_FAULT_JOBS, element,
                           saturate_add(sealing->jobs, saturate_multiply(fit + 1, kind->count)));
    return fault_total(fault, PLAN_FAULT_STEPS, element,
                       saturate_add(sealing->steps, saturate_multiply(fit + 1, steps)));
}

/* Numbers the active jobs of the spec at the cursor, unless they are one-shot. */
static void number_active_jobs(struct plan *plan, const struct kind *kind, uint64_t jobs)
{
    struct sealing *sealing = plan->sealing;
    const struct spec *spec = &plan->specs[sealing->at];

    if (spec->detail != 0)
        plan->details[spec->detail - 1].first_active_job =
            kind->is_one_shot ? PLAN_NONE : (uint32_t)sealing->active_jobs;
    else if (spec->wait_ns >= 0)
        plan->waits_are_one_shot = kind->is_one_shot;
    else
        plan->defaults_are_one_shot = kind->is_one_shot;
    if (kind->is_one_shot)
        return;
    sealing->active_jobs = saturate_add(sealing->active_jobs, jobs);
    if (spec->detail == 0)
        plan->active_by_job = true;
}

/* Elements that the spec at the cursor represents. */
static uint32_t elements_of(const struct plan *plan)
{
    const struct sealing *sealing = plan->sealing;

    if (sealing->no_runs || plan->firsts == NULL)
        return 1;
    return plan->firsts[sealing->at + 1] - sealing->element;
}

/* Fills in the spec at the cursor from the defaults and counts it. */
static enum advance complete_spec(struct plan *plan, const struct plan_limits *limits,
                                  struct plan_fault *fault)
{
    struct sealing *sealing = plan->sealing;
    struct spec *spec = &plan->specs[sealing->at];
    const struct kind *kind = look_up_kind(plan);
    uint32_t elements = elements_of(plan);
    uint64_t jobs = saturate_multiply(elements, kind->count);
    enum advance checked = check_elements(sealing, kind, elements, limits, fault);

    if (spec->name == 0)
        spec->name = kind->name;
    if (plan->firsts != NULL)
        plan->firsts[sealing->at] = (uint32_t)sealing->jobs;
    number_active_jobs(plan, kind, jobs);
    sealing->jobs = saturate_add(sealing->jobs, jobs);
    sealing->steps = saturate_add(sealing->steps, saturate_multiply(jobs, kind->steps));
    sealing->computes = saturate_add(sealing->computes, saturate_multiply(jobs, kind->computes));
    sealing->element += elements;
    plan->graph.used |= kind->waits;
    plan->has_arrivals |= kind->arrives;
    plan->has_priorities |= kind->has_priority;
    plan->may_queue |= kind->times_out && plan->has_compute;
    return checked;
}

/* How many specs from the cursor on, at most `most`, have no detail and are of the kind of the
 * first. */
static uint64_t alike(const struct plan *plan, uint64_t most)
{
    const struct spec *specs = &plan->specs[plan->sealing->at];
    bool has_wait = specs[0].wait_ns >= 0;
    uint64_t n = 0;

    while (n < most && specs[n].detail == 0 && (specs[n].wait_ns >= 0) == has_wait)
        n++;
    return n;
}

/* Counts specs without detail in a row, at most `most`, all at once: complete_spec() would find
 * nothing to fill in, no limit reached and nothing that the first of their kind has not already
 * shown.  A twelfth of what that takes for each.  Returns how many those are. */
static size_t count_alike(struct plan *plan, const struct plan_limits *limits, size_t most)
{
    struct sealing *sealing = plan->sealing;
    const struct kind *kind =
        &sealing->kinds[plan->specs[sealing->at].wait_ns >= 0 ? KIND_OWN_WAIT : KIND_NOTHING];
    uint64_t n = plan->n_specs - sealing->at;

    if (!kind->known || kind->name != 0 || plan->firsts != NULL)
        return 0;
    if (sealing->jobs >= limits->max_jobs || sealing->steps >= limits->max_steps)
        return 0;
    n = n < most ? n : most;
    n = n < limits->max_jobs - sealing->jobs ? n : limits->max_jobs - sealing->jobs;
    if (n > (limits->max_steps - sealing->steps) / kind->steps)
        n = (limits->max_steps - sealing->steps) / kind->steps;
    n = alike(plan, n);
    sealing->jobs += n;
    sealing->steps += n * kind->steps;
    sealing->computes += n * kind->computes;
    sealing->element += (uint32_t)n;
    sealing->at += (uint32_t)n;
    if (!kind->is_one_shot)
        sealing->active_jobs = saturate_add(sealing->active_jobs, n);
    return n;
}

/* The totals of the whole request, all elements counted. */
static enum advance conclude_totals(struct plan *plan, const struct plan_limits *limits,
                                    struct plan_fault *fault)
{
    struct sealing *sealing = plan->sealing;

    if (plan->firsts != NULL)
        plan->firsts[sealing->at] = (uint32_t)sealing->jobs;
    plan->n_jobs = (uint32_t)sealing->jobs;
    plan->n_all_steps = sealing->steps;
    plan->n_computes = sealing->computes;
    plan->max_summaries = limits->max_summaries > 0 ? limits->max_summaries : MAX_SUMMARIES;
    plan->n_active_jobs = plan->active_by_job ? plan->n_jobs : (uint32_t)sealing->active_jobs;
    plan->max_wait_ns = limits->max_wait_ns;
    sealing->found_unknown = plan_pool_find_unknown(plan, fault);
    if (plan->graph.used)
        return plan_seal_go_to(sealing, PHASE_LISTS);
    return sealing->found_unknown ? ADVANCE_FAULT : ADVANCE_SEALED;
}

/* Counts as many elements as the budget allows: a request may have no more work
 * than this. */
static enum advance do_totals(struct plan *plan, const struct plan_limits *limits, size_t *budget,
                              struct plan_fault *fault)
{
    struct sealing *sealing = plan->sealing;
    enum advance completed = ADVANCE_MORE;

    if (sealing->at == 0) {
        sealing->no_runs = plan->firsts == NULL;
        if (plan->counts && plan->firsts == NULL)
            plan->firsts = plan_seal_array(plan->n_specs + 1, sizeof(*plan->firsts));
        if (plan->counts && plan->firsts == NULL)
            return ADVANCE_NOMEM;
    }
    if (sealing->at == plan->n_specs)
        return conclude_totals(plan, limits, fault);
    for (;; --*budget) {
        completed = complete_spec(plan, limits, fault);
        if (++sealing->at == plan->n_specs || completed != ADVANCE_MORE || *budget <= 1)
            return completed;
        *budget -= count_alike(plan, limits, *budget - 1);
        if (sealing->at == plan->n_specs || *budget <= 1)
            return completed;
    }
}

/* ---- The machine ------------------------------------------------------------ */

static enum advance advance(struct plan *plan, const struct plan_limits *limits, size_t *budget,
                            struct plan_fault *fault)
{
    switch (plan->sealing->phase) {
    case PHASE_TOTALS:
        return do_totals(plan, limits, budget, fault);
    case PHASE_LISTS:
        return plan_graph_lists(plan, budget);
    case PHASE_BEARERS:
        return plan_graph_bearers(plan, budget);
    case PHASE_UNKNOWN:
        return plan_graph_unknown(plan, fault);
    case PHASE_EDGES:
        return plan_graph_edges(plan);
    case PHASE_ORDER:
        return plan_order(plan, fault);
    }
    return ADVANCE_SEALED;
}

/* Frees the scaffolding, and what the text does not need.  Whether all of it is gone. */
static bool finish(struct plan *plan, size_t units)
{
    struct sealing *sealing = plan->sealing;
    size_t budget = units < SIZE_MAX / FREE_BYTES_A_UNIT ? units * FREE_BYTES_A_UNIT : SIZE_MAX;

    if (budget < FREE_BYTES_LEAST)
        budget = FREE_BYTES_LEAST;

    if (!block_free_some(&sealing->bearers_left, &budget) ||
        !block_free_some(&sealing->names_left, &budget) ||
        !block_free_some(&sealing->queue, &budget))
        return false;
    if (sealing->names != NULL && !names_free_some(sealing->names, &budget))
        return false;
    sealing->names = NULL;
    if (!plan_text_trim(plan, &budget))
        return false;
    free_scaffolding(plan);
    return true;
}

enum plan_seal plan_seal(struct plan *plan, const struct plan_limits *limits, size_t budget,
                         struct plan_fault *fault)
{
    if (plan->sealing == NULL) {
        plan->sealing = malloc(sizeof(*plan->sealing));
        if (plan->sealing == NULL)
            return PLAN_SEAL_NOMEM;
        *plan->sealing = (struct sealing){.phase = PHASE_TOTALS};
    }
    if (plan->sealing->sealed)
        return finish(plan, budget) ? PLAN_SEALED : PLAN_SEAL_MORE;
    for (; budget > 0; budget--) {
        switch (advance(plan, limits, &budget, fault)) {
        case ADVANCE_MORE:
            break;
        case ADVANCE_SEALED:
            plan->sealing->sealed = true;
            plan_trim(plan);
            return finish(plan, budget) ? PLAN_SEALED : PLAN_SEAL_MORE;
        case ADVANCE_FAULT:
            return PLAN_SEAL_FAULT;
        case ADVANCE_NOMEM:
            return PLAN_SEAL_NOMEM;
        }
    }
    return PLAN_SEAL_MORE;
}
