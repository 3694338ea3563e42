/* SPDX-License-Identifier: ISC */

/*
 * The jobs that a job's end makes ready or skipped.
 *
 * Names are counted, not pairs of jobs: when the last job of a name is `ok`,
 * or the first ends otherwise, each element that waits for the name is notified
 * once.  A batch thus spends one unit of work for each name in each `after`,
 * however many jobs there are on either side.  Notifying is done in units as
 * well, so that it can be interrupted.
 */

#include "engine/batch_internal.h"

#include <stdlib.h>
#include <string.h>

int batch_after_init(struct batch *batch)
{
    const struct after_graph *graph = &batch->plan->graph;

    batch->release.head = batch->release.tail = NO_JOB;
    if (!graph->used)
        return 0;
    batch->names = calloc(graph->n_names, sizeof(*batch->names));
    batch->lists = calloc(graph->n_lists, sizeof(*batch->lists));
    batch->ready.later = calloc(batch->plan->n_specs, sizeof(*batch->ready.later));
    if (batch->names == NULL || batch->lists == NULL || batch->ready.later == NULL)
        return -1;
    return 0;
}

void batch_after_restart(struct batch *batch)
{
    batch->release = (struct release){.head = NO_JOB, .tail = NO_JOB};
}

void batch_after_fini(struct batch *batch)
{
    free(batch->names);
    free(batch->lists);
    free(batch->ready.later);
}

/* ---- Notifying ---------------------------------------------------------------- */

static void notify_later(struct batch *batch, uint32_t name)
{
    struct release *release = &batch->release;

    batch->names[name].next = NO_JOB;
    batch->names[name].queued = true;
    if (release->tail == NO_JOB)
        release->head = name;
    else
        batch->names[release->tail].next = name;
    release->tail = name;
}

/*
 * Notes that a job of the name ended otherwise than ok.  Those that wait for it
 * are notified once; again only if a job with a lower index ends so at the same
 * instant, before they are skipped.
 */
static void note_broken(struct batch *batch, uint32_t index, uint32_t job)
{
    struct name_state *name = &batch->names[index];

    if (name->broken && (job > name->cause || name->broken_ns < batch->clock_ns))
        return;
    if (!name->broken)
        name->broken_ns = batch->clock_ns;
    name->broken = true;
    name->cause = job;
    if (!name->queued)
        notify_later(batch, index);
    else if (batch->release.head == index)
        name->again = batch->release.begun;
}

void batch_after_note(struct batch *batch, const struct ended *ended)
{
    const struct after_graph *graph = &batch->plan->graph;
    uint32_t spec = ended->spec;
    int64_t chain_ns = ended->chain_ns;
    struct name_state *name;

    if (!graph->used || graph->name_of[spec] == PLAN_NONE)
        return;
    name = &batch->names[graph->name_of[spec]];
    if (chain_ns > name->chain_ns ||
        (chain_ns == name->chain_ns && ended->job < name->chain_end - 1)) {
        name->chain_ns = chain_ns;
        name->chain_end = ended->job + 1;
    }
    if (ended->status == JOB_OK) {
        if (++name->ok == graph->names[graph->name_of[spec]].jobs)
            notify_later(batch, graph->name_of[spec]);
    } else {
        note_broken(batch, graph->name_of[spec], ended->job);
    }
}

/* Dooms a list, or finds a cause of that with a lower index.  Whether it is doomed
 * only now. */
static bool doom(struct list_state *list, uint32_t cause)
{
    bool is_new = !list->doomed;

    if (is_new || cause < list->cause)
        list->cause = cause;
    list->doomed = true;
    return is_new;
}

static void begin_release(struct batch *batch)
{
    const struct after_graph *graph = &batch->plan->graph;
    struct release *release = &batch->release;
    uint32_t name = release->head;

    release->begun = true;
    release->edge = graph->names[name].first_edge;
    release->spec = release->job = 0;
    release->defaults = false;
    if (graph->names[name].in_defaults > 0) {
        struct list_state *list = &batch->lists[graph->defaults_list];

        if (batch->names[name].broken) {
            release->defaults = doom(list, batch->names[name].cause);
        } else {
            list->ok += graph->names[name].in_defaults;
            release->defaults = list->ok == graph->lists[graph->defaults_list].n_afters;
            if (batch->names[name].chain_ns > list->base_ns)
                list->base_ns = batch->names[name].chain_ns;
        }
    }
}

static void end_release(struct batch *batch)
{
    struct release *release = &batch->release;

    release->begun = false;
    if (batch->names[release->head].again) {
        batch->names[release->head].again = false;
        return;
    }
    batch->names[release->head].queued = false;
    release->head = batch->names[release->head].next;
    if (release->head == NO_JOB)
        release->tail = NO_JOB;
}

/* Makes the skip of one job of a doomed element due.  False once all are. */
static bool skip_one(struct batch *batch, uint32_t spec)
{
    uint32_t job = plan_first_job(batch->plan, spec) + batch->release.job;

    if (batch->release.job == plan_count(batch->plan, spec)) {
        batch->release.job = 0;
        return false;
    }
    if (batch->states[job] == STATE_UNTOUCHED || batch->states[job] == STATE_EXPECTED) {
        batch->states[job] = STATE_SKIPPING;
        dueq_push(&batch->queue,
                  &(struct dueq_entry){.due_ns = batch->clock_ns, .id = job, .tag = spec});
    }
    batch->release.job++;
    return true;
}

/* Makes a spec's jobs ready: all at once, or one of them.  False once all are. */
static bool ready_one(struct batch *batch, uint32_t spec)
{
    uint32_t job = plan_first_job(batch->plan, spec) + batch->release.job;

    if (batch->arrivals == NULL) {
        batch->ready.later[batch->ready.tail++] = spec;
        return false;
    }
    if (batch->release.job == plan_count(batch->plan, spec)) {
        batch->release.job = 0;
        return false;
    }
    batch_ready_add(batch, job, spec);
    batch->release.job++;
    return true;
}

/* Notifies the element whose list is at the edge cursor.  False once it is notified. */
static bool notify_edge(struct batch *batch, const struct name_state *name)
{
    const struct after_graph *graph = &batch->plan->graph;
    uint32_t index = graph->edges[batch->release.edge];
    struct list_state *list = &batch->lists[index];
    uint32_t spec = graph->lists[index].spec;

    if (name->broken && !batch->release.by_job) { /* by another name it may be doomed already */
        batch->release.by_job = doom(list, name->cause);
    } else if (!name->broken && !batch->release.by_job) {
        if (name->chain_ns > list->base_ns)
            list->base_ns = name->chain_ns;
        batch->release.by_job = ++list->ok == graph->lists[index].n_afters;
    }
    if (batch->release.by_job && (name->broken ? skip_one(batch, spec) : ready_one(batch, spec)))
        return true;
    batch->release.by_job = false;
    batch->release.edge++;
    return false;
}

/* Visits all elements in their order, since those that take the list of
 * `defaults` are between those with a list of their own. */
static bool notify_in_order(struct batch *batch, const struct name_state *name, uint32_t edges_end)
{
    const struct after_graph *graph = &batch->plan->graph;
    struct release *release = &batch->release;
    uint32_t spec = release->spec;

    if (spec == batch->plan->n_specs)
        return false;
    if (graph->list_of[spec] == graph->defaults_list) {
        if (name->broken ? skip_one(batch, spec) : ready_one(batch, spec))
            return true;
    } else if (release->edge < edges_end &&
               graph->lists[graph->edges[release->edge]].spec == spec) {
        notify_edge(batch, name);
        return true; /* the name may be twice in its list */
    }
    release->spec++;
    return true;
}

uint32_t batch_after_cause(const struct batch *batch, uint32_t spec)
{
    return batch->lists[batch->plan->graph.list_of[spec]].cause;
}

bool batch_after_is_met(const struct batch *batch, uint32_t spec)
{
    const struct after_graph *graph = &batch->plan->graph;
    uint32_t list = graph->list_of[spec];

    return batch->lists[list].ok == graph->lists[list].n_afters;
}

/* Notifies one element of those that wait for the name at the head, or ends with it. */
static void release_one(struct batch *batch)
{
    const struct after_graph *graph = &batch->plan->graph;
    struct release *release = &batch->release;
    const struct awaited *awaited;
    const struct name_state *name;
    uint32_t edges_end;

    if (!release->begun)
        begin_release(batch);
    awaited = &graph->names[release->head];
    name = &batch->names[release->head];
    edges_end = awaited->first_edge + awaited->n_edges;
    if (release->defaults) {
        if (!notify_in_order(batch, name, edges_end))
            end_release(batch);
    } else if (release->edge < edges_end) {
        notify_edge(batch, name);
    } else {
        end_release(batch);
    }
}

size_t batch_after_release(struct batch *batch, size_t most)
{
    size_t n = 0;

    for (; n < most && batch_after_is_due(batch); n++)
        release_one(batch);
    return n;
}
