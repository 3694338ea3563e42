/* SPDX-License-Identifier: ISC */

/* Batches: entering them, letting them go, and running them to know their end. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_internal.h"
#include "proto/saturate.h"

/* How often what nobody asks for is looked after, and how many batches are run at a time for
 * their end. */
#define TEND_NS            (5 * DURATION_SECOND_NS)
#define EXAMINED_AT_A_TIME 64
#define EXAMINE_AGAIN_NS   (3600 * DURATION_SECOND_NS)

/* Another node that has run a batch removes it so much earlier than one that has to run it for
 * that alone. */
#define OTHERS_FIRST_NS CLUSTER_REMOVAL_NS

/* A text that is not in use is kept so long, for another watch and for being put back. */
#define TEXT_NS CLUSTER_TRAIL_NS

struct cluster_batch *cluster_data(const struct index_entry *entry)
{
    return entry->data;
}

void cluster_data_free(struct cluster_batch *data)
{
    if (data == NULL)
        return;
    stored_text_release(data->text);
    free(data->marks);
    free(data);
}

/* ---- Owners ---------------------------------------------------------------------------------- */

struct principal *cluster_principal(struct cluster *cluster, const char *name)
{
    if (cluster->last_owner != NULL && strcmp(cluster->last_owner->name, name) == 0)
        return cluster->last_owner;
    principal_release(cluster->last_owner);
    cluster->last_owner = principal_is_name(name) ? principal_new(name, false) : NULL;
    return cluster->last_owner;
}

/* ---- Entering ------------------------------------------------------------------------------- */

static struct cluster_batch *make_data(const struct cluster_subject *subject,
                                       const struct cluster_request *request, uint64_t sequence,
                                       int64_t stamp_ns)
{
    struct cluster_batch *data = calloc(1, sizeof(*data));

    if (data == NULL)
        return NULL;
    memcpy(data->token, subject->token, sizeof(data->token));
    memcpy(data->digest, request->digest, sizeof(data->digest));
    data->sequence = sequence;
    data->was = request->was;
    if (data->was.sequence == 0)
        data->was = (struct cluster_was){sequence, stamp_ns};
    data->nonce = request->nonce;
    data->cancels = (struct cluster_cancels){request->grace_ns, INT64_MIN};
    return data;
}

static struct stored_batch *make_kept(struct cluster *cluster,
                                      const struct cluster_request *request,
                                      const struct cluster_batch *data)
{
    struct stored_terms terms = request->terms;
    struct principal *owner = cluster_principal(cluster, request->owner);
    struct stored_batch *batch;

    terms.accepted_ns = terms.wall_ns = data->was.stamp_ns;
    batch = owner == NULL
                ? NULL
                : stored_new(&cluster->store.horizon_ns, cluster->store.durable, &terms, owner);
    if (batch == NULL)
        return NULL;
    batch->order = data->sequence;
    batch->lead_ns = data->cancels.grace_ns / 2;
    cluster_ref_write(data->was.sequence, data->was.stamp_ns, data->digest, batch->ref);
    atomic_store_explicit(&batch->progress.state, STORED_UNSEEN, memory_order_relaxed);
    if (strcmp(request->engine, cluster->engine) != 0) {
        memcpy(batch->engine, request->engine, sizeof(batch->engine));
        atomic_store_explicit(&batch->progress.state, STORED_FOREIGN, memory_order_relaxed);
    }
    return batch;
}

struct index_entry *cluster_enter(struct cluster *cluster, const struct cluster_subject *subject,
                                  const struct cluster_request *request, uint64_t sequence,
                                  int64_t stamp_ns)
{
    struct cluster_batch *data = make_data(subject, request, sequence, stamp_ns);
    struct stored_batch *batch = data != NULL ? make_kept(cluster, request, data) : NULL;
    struct index_entry *entry = NULL;

    if (batch != NULL)
        entry = index_add(&cluster->index, batch, NULL, request->bytes);
    if (entry == NULL)
        cluster_data_free(data);
    else
        entry->data = data;
    stored_release(batch); /* the index holds it */
    return entry;
}

void cluster_use_text(struct cluster *cluster, struct cluster_batch *data, struct stored_text *text)
{
    data->used_ns = cluster_now(cluster);
    if (data->text != NULL)
        return;
    data->text = stored_text_hold(text);
}

/* ---- Cancels ---------------------------------------------------------------- */

static int add_mark(struct cluster_batch *data, const struct cluster_mark *mark)
{
    size_t n = data->n_marks;
    struct cluster_mark *marks = data->marks;

    if ((n & (n - 1)) == 0)
        marks = realloc(marks, (n > 0 ? 2 * n : 1) * sizeof(*marks));
    if (marks == NULL)
        return -1;
    data->marks = marks;
    data->marks[data->n_marks++] = *mark;
    return 0;
}

/* A batch like that one, which nobody has run, with the same cancels. */
static struct stored_batch *copy_of(struct stored_batch *batch)
{
    struct stored_batch *copy =
        stored_new(batch->horizon_ns, batch->durable, &batch->terms, batch->owner);
    int result = copy == NULL ? -1 : 0;

    for (uint32_t i = 0; result == 0 && i < stored_n_cancels(batch); i++) {
        struct stored_cancel cancel = stored_cancel_at(batch, i);

        result = stored_add_cancel(copy, &cancel);
    }
    if (result != 0) {
        stored_release(copy);
        return NULL;
    }
    memcpy(copy->ref, batch->ref, sizeof(copy->ref));
    memcpy(copy->engine, batch->engine, sizeof(copy->engine));
    copy->order = batch->order;
    copy->lead_ns = batch->lead_ns;
    atomic_store_explicit(&copy->progress.state, STORED_UNSEEN, memory_order_relaxed);
    return copy;
}

/* What was run of it here is void: its watchers are asked to watch again, and whoever does gets
 * it with this cancel. */
static void contradict(struct cluster *cluster, struct index_entry *entry,
                       const struct stored_cancel *cancel)
{
    struct stored_batch *old = stored_hold(entry->batch), *copy = copy_of(old);

    cluster_report(cluster, true,
                   "a cancel of the batch %s falls below what was sent of it here: its watchers "
                   "are suspended; was the clock of a server set back?",
                   old->ref);
    if (copy == NULL || stored_add_cancel(copy, cancel) != 0)
        cluster_read_anew(cluster, "out of memory for a cancel");
    else
        index_renew(entry, copy);
    stored_release(copy);
    store_announce(&cluster->store, STORE_DISCARD, old);
    stored_release(old);
}

uint32_t cluster_fall(struct cluster *cluster, struct index_entry *entry,
                      const struct cluster_mark *mark, int64_t *at_ns)
{
    struct cluster_batch *data = cluster_data(entry);
    struct stored_batch *batch = entry->batch;
    const struct cluster_was *was = &mark->outside.was;
    int64_t stamp_ns = was->sequence > 0 ? was->stamp_ns : mark->stamp_ns;
    struct stored_cancel cancel = {.whole = mark->outside.whole, .job = mark->outside.job};
    int64_t frozen_ns;
    uint32_t place;

    cancel.at_ns = cluster_cancels_fall(&data->cancels, stamp_ns, mark->outside.floor_ns) -
                   batch->terms.accepted_ns;
    *at_ns = cancel.at_ns;
    frozen_ns = add_mark(data, mark) == 0 ? stored_freeze(batch, cancel.at_ns) : -1;
    if (frozen_ns < 0) {
        cluster_read_anew(cluster, "out of memory for a cancel");
        return UINT32_MAX;
    }
    if (frozen_ns > cancel.at_ns) {
        (void)stored_settle(batch, NULL);
        contradict(cluster, entry, &cancel);
        return UINT32_MAX;
    }
    place = stored_settle(batch, &cancel);
    store_announce(&cluster->store, STORE_CANCELLED, batch);
    return place;
}

/* ---- Letting go ------------------------------------------------------------- */

void cluster_let_go(struct cluster *cluster, struct index_entry *entry, uint64_t forget)
{
    struct cluster_batch *data = cluster_data(entry);

    cluster_plan_removal(cluster, entry->batch->ref, data, forget);
    index_remove(&cluster->index, entry);
    cluster_data_free(data);
}

void cluster_drop_all(struct cluster *cluster, bool restores)
{
    struct index_entry *entry;
    uint32_t slot = 0;

    while ((entry = index_next(&cluster->index, &slot)) != NULL) {
        struct cluster_batch *data = cluster_data(entry);

        entry->data = NULL;
        if (restores && data->text != NULL)
            cluster_remember_lost(cluster, entry->batch, data);
        else
            cluster_data_free(data);
    }
    cluster_free_over(cluster);
    index_fini(&cluster->index);
    index_init(&cluster->index, &cluster->store);
}

/* ---- Running, to know the end ----------------------------------------------- */

static int64_t retained_until(const struct stored_batch *batch, int64_t more_ns)
{
    return saturate_add_ns(saturate_add_ns(batch->terms.accepted_ns, batch->terms.retain_ns),
                           more_ns);
}

static bool is_unseen(const struct stored_batch *batch)
{
    return atomic_load_explicit(&batch->progress.state, memory_order_acquire) == STORED_UNSEEN;
}

bool cluster_is_in_doubt(const struct cluster *cluster, const struct index_entry *entry)
{
    return is_unseen(entry->batch) &&
           retained_until(entry->batch, 0) <= cluster_stream_time(cluster);
}

void cluster_run_text(struct cluster *cluster, struct stored_batch *batch, struct stored_text *text)
{
    struct store *store = &cluster->store;
    struct store_port *port = store->ports[cluster->next_port++ % store->n_ports];
    struct store_query *query = store_query_new(STORE_RESUME, port, NULL);

    if (query == NULL)
        return; /* it is examined again */
    query->batch = stored_hold(batch);
    query->text = stored_text_hold(text);
    store_post(port, query);
}

void cluster_examine(struct cluster *cluster, struct stored_batch *batch)
{
    const struct index_entry *entry = batch->store_data;
    struct cluster_batch *data = entry != NULL ? cluster_data(entry) : NULL;
    uint64_t number;

    if (data == NULL)
        return;
    if (data->examined_ns > 0 && cluster_now(cluster) < data->examined_ns + CLUSTER_TIMEOUT_NS)
        return; /* it is being run */
    data->examined_ns = cluster_now(cluster);
    if (data->text != NULL) {
        cluster_run_text(cluster, batch, data->text);
        return;
    }
    number = cluster->next_number++;
    cluster_wait_for(cluster, NULL, CLUSTER_AWAITS_TEXT, number, batch);
    cluster_link_fetch(cluster->link, data->sequence, number);
}

/* One that nobody has run for long: has it an end that nobody knows? */
static bool is_left(const struct cluster *cluster, const struct stored_batch *batch,
                    const struct cluster_batch *data)
{
    int64_t now_ns = cluster_now(cluster);

    return is_unseen(batch) &&
           retained_until(batch, CLUSTER_REMOVAL_NS + OTHERS_FIRST_NS) <=
               cluster_stream_time(cluster) &&
           (data->examined_ns == 0 || now_ns >= data->examined_ns + EXAMINE_AGAIN_NS);
}

static void release_text(const struct cluster *cluster, struct stored_batch *batch,
                         struct cluster_batch *data)
{
    if (atomic_load_explicit(&batch->holders, memory_order_relaxed) > 1 ||
        cluster_now(cluster) < data->used_ns + TEXT_NS)
        return;
    stored_text_release(data->text);
    data->text = NULL;
}

static void look_at_all(struct cluster *cluster)
{
    const struct index_entry *entry;
    uint32_t slot = 0;
    unsigned n = 0;

    while ((entry = index_next(&cluster->index, &slot)) != NULL) {
        struct cluster_batch *data = cluster_data(entry);

        if (data->text != NULL)
            release_text(cluster, entry->batch, data);
        if (n < EXAMINED_AT_A_TIME && is_left(cluster, entry->batch, data)) {
            cluster_examine(cluster, entry->batch);
            n++;
        }
    }
}

void cluster_expire(struct cluster *cluster)
{
    int64_t now_ns = cluster_stream_time(cluster);
    struct index_entry *entry;

    while ((entry = index_first_over(&cluster->index, now_ns)) != NULL)
        cluster_let_go(cluster, entry, 0);
}

void cluster_tend(struct cluster *cluster)
{
    cluster_expire(cluster);
    if (!cluster->is_up || !cluster->is_loaded)
        return;
    cluster_remove_due(cluster);
    if (cluster_now(cluster) < cluster->tended_ns + TEND_NS)
        return;
    cluster->tended_ns = cluster_now(cluster);
    look_at_all(cluster);
}
