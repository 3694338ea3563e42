/* SPDX-License-Identifier: ISC */

/* Handles the requests of channels.  If the index may be stale, the node publishes a marker (a
 * tick); once it has read the marker back, it has read everything published before. */

#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_internal.h"
#include "proto/due.h"

/* Poll interval for batches simulated only to learn their end. */
#define END_POLL_NS (DURATION_SECOND_NS / 200)

/* ---- Waiting ---------------------------------------------------------------- */

static void refuse_unavailable(struct store_query *query)
{
    store_refuse(query, FAULT_UNAVAILABLE,
                 "the cluster's servers have not answered; try again later");
}

void cluster_wait_for(struct cluster *cluster, struct store_query *query,
                      enum cluster_awaited awaited, uint64_t number, struct stored_batch *batch)
{
    struct cluster_waiting *waiting = calloc(1, sizeof(*waiting));

    if (waiting == NULL) {
        if (query != NULL)
            store_refuse(query, FAULT_OVERLOADED,
                         "out of memory for this request; try again later");
        return;
    }
    *waiting = (struct cluster_waiting){
        .next = cluster->waitings,
        .query = query,
        .awaited = awaited,
        .number = number,
        .batch = batch != NULL ? stored_hold(batch) : NULL,
        .deadline_ns = cluster_now(cluster) + CLUSTER_TIMEOUT_NS,
    };
    cluster->waitings = waiting;
}

/* Waits until the index has caught up with the stream.  The retry knows by a number above 0 that it
 * has: what is absent then does not exist. */
static void wait_for_all(struct cluster *cluster, struct store_query *query)
{
    if (cluster->round_tick == 0) {
        cluster_put_tick(cluster);
        cluster->round_tick = cluster->rules.n_ticks;
    }
    cluster_wait_for(cluster, query, CLUSTER_AWAITS_TICK, cluster->round_tick, NULL);
}

int64_t cluster_next_waiting(const struct cluster *cluster)
{
    int64_t next_ns = DUE_NEVER;

    for (const struct cluster_waiting *at = cluster->waitings; at != NULL; at = at->next) {
        if (at->deadline_ns < next_ns)
            next_ns = at->deadline_ns;
        if (at->awaited == CLUSTER_AWAITS_END && next_ns > cluster_now(cluster) + END_POLL_NS)
            next_ns = cluster_now(cluster) + END_POLL_NS;
    }
    return next_ns;
}

/* ---- Answers that are known ------------------------------------------------- */

static int state_of(const struct stored_batch *batch)
{
    return atomic_load_explicit(&batch->progress.state, memory_order_acquire);
}

/* If the batch's end is not known here: simulates it, and queues the request.  Returns whether it
 * was queued. */
static bool wait_for_end(struct cluster *cluster, struct store_query *query,
                         const struct index_entry *entry)
{
    if (state_of(entry->batch) != STORED_UNSEEN)
        return false;
    cluster_examine(cluster, entry->batch);
    cluster_wait_for(cluster, query, CLUSTER_AWAITS_END, 0, entry->batch);
    return true;
}

static void answer_find(struct cluster *cluster, struct store_query *query,
                        const struct index_entry *entry)
{
    struct cluster_batch *data = cluster_data(entry);
    uint64_t number;

    if (entry->batch->engine[0] != '\0') {
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the batch %s is of engine version %s, and this daemon has version %s",
                     entry->batch->ref, entry->batch->engine, cluster->engine);
        return;
    }
    if (cluster_is_in_doubt(cluster, entry) && wait_for_end(cluster, query, entry))
        return;
    if (data->text == NULL) {
        number = cluster->next_number++;
        cluster_wait_for(cluster, query, CLUSTER_AWAITS_TEXT, number, entry->batch);
        cluster_link_fetch(cluster->link, data->sequence, number);
        return;
    }
    cluster_use_text(cluster, data, data->text);
    query->batch = stored_hold(entry->batch);
    query->text = stored_text_hold(data->text);
    store_done(query);
}

/* A batch that runs on this node exists; any other may have been removed by another node. */
static bool may_be_forgotten(const struct cluster *cluster, const struct index_entry *entry)
{
    return cluster->is_up && state_of(entry->batch) != STORED_RUNNING;
}

/* is_caught_up: the index includes everything published before the request. */
static void do_find(struct cluster *cluster, struct store_query *query, bool is_caught_up)
{
    const struct index_entry *entry = index_by_ref(&cluster->index, query->requester, query->ref);

    cluster_serve(cluster);
    if (entry != NULL && (is_caught_up || !may_be_forgotten(cluster, entry)))
        answer_find(cluster, query, entry);
    else if (is_caught_up || index_knows_gone(&cluster->index, query->requester, query->ref))
        index_refuse_absent(&cluster->index, query, query->ref);
    else
        wait_for_all(cluster, query);
}

/* The key has a batch.  That this one has another request is decided by what the stream says now:
 * the time of the batch may be over, by other nodes' clocks. */
static void accept_with_key(struct cluster *cluster, struct store_query *query,
                            const struct index_entry *entry, bool is_caught_up)
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(query->text->bytes, query->text->len, digest);
    if (cluster_is_in_doubt(cluster, entry) && wait_for_end(cluster, query, entry))
        return;
    if (!is_caught_up && memcmp(digest, cluster_data(entry)->digest, sizeof(digest)) != 0)
        wait_for_all(cluster, query);
    else
        cluster_answer_with(query, entry, digest);
}

static void do_accept(struct cluster *cluster, struct store_query *query, bool is_caught_up)
{
    const struct index_entry *entry = NULL;

    cluster_serve(cluster);
    if (query->terms.key_len > 0)
        entry = index_by_key(&cluster->index, query->requester, &query->terms);
    if (entry != NULL) {
        accept_with_key(cluster, query, entry, is_caught_up);
        return;
    }
    if (index_refuse_full(&cluster->index, query))
        return;
    cluster_submit(cluster, query);
}

static void do_cancel(struct cluster *cluster, struct store_query *query)
{
    const struct index_entry *entry = index_by_ref(&cluster->index, NULL, query->batch->ref);

    cluster_serve(cluster);
    if (entry == NULL)
        index_refuse_absent(&cluster->index, query, query->batch->ref);
    else
        cluster_cancel(cluster, query, entry);
}

/* The index may have been rebuilt since this batch object was handed out. */
static void do_end(struct cluster *cluster, struct store_query *query)
{
    struct index_entry *entry = index_by_ref(&cluster->index, NULL, query->batch->ref);
    const struct stored_progress *from = &query->batch->progress;
    struct stored_progress *to = entry != NULL ? &entry->batch->progress : NULL;

    if (entry != NULL && entry->batch == query->batch) {
        (void)index_set_end(&cluster->index, entry, INT64_MIN);
    } else if (to != NULL && stored_n_cancels(query->batch) == stored_n_cancels(entry->batch)) {
        atomic_store_explicit(&to->status, from->status, memory_order_relaxed);
        atomic_store_explicit(&to->pending, from->pending, memory_order_relaxed);
        atomic_store_explicit(&to->last, from->last, memory_order_relaxed);
        atomic_store_explicit(&to->late_ns, from->late_ns, memory_order_relaxed);
        atomic_store_explicit(&to->ended_ns, from->ended_ns, memory_order_relaxed);
        atomic_store_explicit(&to->state, STORED_FINISHED, memory_order_release);
        (void)index_set_end(&cluster->index, entry, INT64_MIN);
    }
    store_done(query);
}

static void do_forget(struct cluster *cluster, struct store_query *query, bool is_caught_up)
{
    const struct index_entry *entry = index_by_ref(&cluster->index, query->requester, query->ref);

    cluster_serve(cluster);
    if (entry == NULL && !is_caught_up &&
        !index_knows_gone(&cluster->index, query->requester, query->ref))
        wait_for_all(cluster, query);
    else if (entry == NULL)
        index_refuse_absent(&cluster->index, query, query->ref);
    else if (wait_for_end(cluster, query, entry))
        return;
    else if (!index_refuse_running(query, entry->batch))
        cluster_forget(cluster, query, entry);
}

static void do_list(struct cluster *cluster, struct store_query *query, bool is_caught_up)
{
    if (!is_caught_up && cluster->is_up && query->filter.after_order == 0)
        wait_for_all(cluster, query);
    else if (index_list(&cluster->index, query))
        store_done(query);
}

static void handle(struct cluster *cluster, struct store_query *query, bool is_caught_up)
{
    cluster_expire(cluster);
    switch (query->kind) {
    case STORE_ACCEPT:
        do_accept(cluster, query, is_caught_up);
        break;
    case STORE_FIND:
        do_find(cluster, query, is_caught_up);
        break;
    case STORE_CANCEL:
        do_cancel(cluster, query);
        break;
    case STORE_END:
        do_end(cluster, query);
        break;
    case STORE_FORGET:
        do_forget(cluster, query, is_caught_up);
        break;
    case STORE_LIST:
        do_list(cluster, query, is_caught_up);
        break;
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
    case STORE_DISCARD:
        store_query_free(query); /* sent by stores, never to them */
        break;
    }
}

void cluster_handle(struct cluster *cluster, struct store_query *query)
{
    if (!cluster->is_loaded && query->kind != STORE_END)
        cluster_wait_for(cluster, query, CLUSTER_AWAITS_TICK, 0, NULL);
    else
        handle(cluster, query, false);
}

/* ---- Those that wait -------------------------------------------------------- */

/* A text that was received is its batch's, whoever asked. */
static struct index_entry *store_received_text(struct cluster *cluster, struct stored_batch *batch,
                                               const struct cluster_event *event)
{
    struct index_entry *entry = index_by_ref(&cluster->index, NULL, batch->ref);
    uint8_t digest[DIGEST_BYTES];
    struct stored_text *text;

    if (entry == NULL || !event->is_fine)
        return entry;
    digest_of(event->data, event->len, digest);
    if (memcmp(digest, cluster_data(entry)->digest, sizeof(digest)) != 0)
        return entry;
    text = stored_text_new(event->len);
    if (text == NULL)
        return entry;
    memcpy(text->bytes, event->data, event->len);
    cluster_use_text(cluster, cluster_data(entry), text);
    stored_text_release(text);
    return entry;
}

static struct cluster_waiting *take_waiting(struct cluster *cluster, uint64_t number)
{
    struct cluster_waiting **at = &cluster->waitings, *waiting;

    while (*at != NULL && ((*at)->awaited != CLUSTER_AWAITS_TEXT || (*at)->number != number))
        at = &(*at)->next;
    waiting = *at;
    if (waiting != NULL)
        *at = waiting->next;
    return waiting;
}

void cluster_on_text(struct cluster *cluster, const struct cluster_event *event)
{
    struct cluster_waiting *waiting = take_waiting(cluster, event->id);
    struct index_entry *entry;

    if (waiting == NULL)
        return; /* its time is over */
    entry = store_received_text(cluster, waiting->batch, event);
    if (entry != NULL && event->is_gone) {
        cluster_let_go(cluster, entry, 0);
        entry = NULL;
    }
    if (waiting->query != NULL && entry == NULL && !event->is_gone)
        cluster_handle(cluster, waiting->query); /* all is being read anew meanwhile */
    else if (waiting->query == NULL && entry != NULL && cluster_data(entry)->text != NULL)
        cluster_run_text(cluster, entry->batch, cluster_data(entry)->text);
    else if (waiting->query != NULL && entry == NULL)
        index_refuse_absent(&cluster->index, waiting->query, waiting->batch->ref);
    else if (waiting->query != NULL && cluster_data(entry)->text != NULL)
        answer_find(cluster, waiting->query, entry);
    else if (waiting->query != NULL)
        store_refuse(waiting->query, FAULT_UNAVAILABLE, "the batch %s cannot be read",
                     waiting->batch->ref);
    stored_release(waiting->batch);
    free(waiting);
}

static bool is_satisfied(const struct cluster *cluster, const struct cluster_waiting *waiting)
{
    switch (waiting->awaited) {
    case CLUSTER_AWAITS_TICK:
        return cluster->is_loaded && cluster->rules.ticks_read >= waiting->number;
    case CLUSTER_AWAITS_TEXT:
        return false;
    case CLUSTER_AWAITS_END:
        return state_of(waiting->batch) != STORED_UNSEEN || waiting->batch->store_data == NULL;
    }
    return false;
}

/* Those that are not to wait any more, taken out; the order is kept. */
static struct cluster_waiting *take_ready(struct cluster *cluster)
{
    struct cluster_waiting **at = &cluster->waitings, *ready = NULL;
    int64_t now_ns = cluster_now(cluster);

    while (*at != NULL) {
        struct cluster_waiting *waiting = *at;

        if (!is_satisfied(cluster, waiting) && waiting->deadline_ns > now_ns) {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next; /* the newest is first: so the oldest moves to the front */
        waiting->next = ready;
        ready = waiting;
    }
    return ready;
}

void cluster_retry_waiting(struct cluster *cluster)
{
    struct cluster_waiting *next;

    for (struct cluster_waiting *at = take_ready(cluster); at != NULL; at = next) {
        bool is_caught_up = at->awaited == CLUSTER_AWAITS_TICK && at->number > 0;

        next = at->next;
        if (at->query != NULL && is_satisfied(cluster, at))
            handle(cluster, at->query, is_caught_up);
        else if (at->query != NULL)
            refuse_unavailable(at->query);
        stored_release(at->batch);
        free(at);
    }
}
