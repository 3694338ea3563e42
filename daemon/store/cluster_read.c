/* SPDX-License-Identifier: ISC */

/* What is read from the stream, in its order, and when reading begins again. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_internal.h"
#include "proto/due.h"

/* How long to wait before reading is tried again where the servers did not let it begin. */
#define READ_RETRY_NS (DURATION_SECOND_NS / 4)

/* ---- Beginning -------------------------------------------------------------- */

/* Nothing may be sent until a tick is read that is put from now on. */
static void stop_serving(struct cluster *cluster)
{
    atomic_store_explicit(&cluster->store.horizon_ns, CLUSTER_NO_WATERMARK, memory_order_release);
    atomic_store_explicit(&cluster->store.is_ready, false, memory_order_release);
}

static void begin(struct cluster *cluster)
{
    uint64_t sequence = cluster_rules_begin(&cluster->rules, cluster_now(cluster));

    stop_serving(cluster);
    cluster->generation++;
    cluster->place = 0;
    cluster->heard_ns = cluster_now(cluster);
    cluster->read_again_ns = DUE_NEVER;
    cluster_link_read(cluster->link, cluster->generation, sequence);
}

void cluster_read_on(struct cluster *cluster)
{
    begin(cluster);
}

void cluster_read_anew(struct cluster *cluster, const char *why)
{
    cluster_report(cluster, true, "%s: all is read from the front, and watchers are suspended",
                   why);
    stop_serving(cluster);
    store_announce(&cluster->store, STORE_DISCARD, NULL);
    cluster_drop_all(cluster, true);
    cluster_rules_forget(&cluster->rules);
    cluster->is_loaded = false;
    cluster->loaded_by_ns = DUE_NEVER;
    /* Not here: this may be called in the midst of what was read. */
    cluster->generation++;
    cluster->read_again_ns = cluster_now(cluster);
}

static void on_figures(struct cluster *cluster, const struct cluster_event *event)
{
    cluster->n_bytes = event->n_bytes;
    cluster->max_bytes = event->max_bytes;
    cluster->measured_sequence = event->last_sequence;
    cluster->measured_ns = cluster_now(cluster);
}

static void on_reading(struct cluster *cluster, const struct cluster_event *event)
{
    if (event->is_fine)
        on_figures(cluster, event);
    if (event->generation != cluster->generation)
        return;
    cluster->heard_ns = cluster_now(cluster);
    if (!event->is_fine) {
        cluster->read_again_ns = cluster_now(cluster) + READ_RETRY_NS;
        return;
    }
    if (!cluster_rules_may_end(&cluster->rules, event->last_sequence)) {
        cluster_read_anew(cluster, "the servers have lost messages that were read");
        return;
    }
    cluster_put_tick(cluster);
}

/* ---- Messages --------------------------------------------------------------- */

/* Another node's message; one's own was counted as it was published. */
static void count_bytes(struct cluster *cluster, const struct cluster_event *event,
                        size_t text_bytes)
{
    if (event->delivery.sequence > cluster->measured_sequence)
        cluster->n_bytes +=
            text_bytes + cluster_values_bytes(&event->values) + CLUSTER_MESSAGE_BYTES;
}

static void answer_submit(struct cluster *cluster, struct cluster_pending *pending,
                          struct index_entry *entry)
{
    struct stored_text *text = stored_text_hold(pending->text);
    struct store_query *query = cluster_pending_take(cluster, pending);

    cluster_use_text(cluster, cluster_data(entry), text);
    stored_text_release(text);
    if (query == NULL)
        return; /* it was put back */
    atomic_store_explicit(&entry->batch->progress.state, STORED_RUNNING, memory_order_relaxed);
    query->batch = stored_hold(entry->batch);
    store_done(query);
}

/* The batch that has the key of that request and still has it, or NULL: one that it has
 * replaced is let go.  Of two that were both accepted the first counts. */
static struct index_entry *holder_of_key(struct cluster *cluster,
                                         const struct cluster_request *request)
{
    const struct principal *owner = cluster_principal(cluster, request->owner);
    struct index_entry *entry = NULL;

    if (request->terms.key_len > 0 && owner != NULL)
        entry = index_by_key(&cluster->index, owner, &request->terms);
    if (entry == NULL || cluster_data(entry)->sequence != request->expected)
        return entry;
    cluster_let_go(cluster, entry, 0);
    return NULL;
}

static void on_request(struct cluster *cluster, const struct cluster_event *event,
                       const struct cluster_subject *subject)
{
    struct cluster_request request;
    struct cluster_pending *pending;
    struct index_entry *entry, *holder;

    if (!cluster_request_read(&event->values, &request)) {
        cluster_report(cluster, true, "the message %" PRIu64 " is no request of waitd's",
                       event->delivery.sequence);
        return;
    }
    pending = cluster_pending_by_nonce(cluster, request.nonce);
    if (pending == NULL)
        count_bytes(cluster, event, request.bytes);
    holder = holder_of_key(cluster, &request);
    if (holder != NULL) {
        if (pending != NULL)
            pending->has_lost = true;
        cluster_pending_beaten(cluster, holder);
        return;
    }
    entry = cluster_enter(cluster, subject, &request, event->delivery.sequence,
                          event->delivery.stamp_ns);
    if (entry == NULL) {
        cluster_read_anew(cluster, "out of memory for a request that was read");
        return;
    }
    if (pending != NULL)
        answer_submit(cluster, pending, entry);
    cluster_pending_beaten(cluster, entry);
}

static void on_cancel(struct cluster *cluster, const struct cluster_event *event,
                      const struct cluster_subject *subject)
{
    struct cluster_mark mark = {.sequence = event->delivery.sequence,
                                .nonce = subject->nonce,
                                .stamp_ns = event->delivery.stamp_ns};
    struct index_entry *entry = index_by_ref(&cluster->index, NULL, subject->ref);
    struct cluster_pending *pending = cluster_pending_by_nonce(cluster, subject->nonce);
    struct store_query *query = pending != NULL ? cluster_pending_take(cluster, pending) : NULL;
    int64_t at_ns = 0;
    uint32_t place = UINT32_MAX;

    if (pending == NULL)
        count_bytes(cluster, event, 0);
    if (entry == NULL)
        cluster_plan_orphan(cluster, subject->ref, mark.sequence);
    else if (cluster_outside_read(&event->values, &mark.outside))
        place = cluster_fall(cluster, entry, &mark, &at_ns);
    if (query == NULL)
        return;
    if (place == UINT32_MAX) {
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the cancel has fallen, but the batch was not followed here to its end; "
                     "watch it anew");
        return;
    }
    query->place = place;
    query->at_ns = at_ns;
    store_done(query);
}

static void on_forget(struct cluster *cluster, const struct cluster_event *event,
                      const struct cluster_subject *subject)
{
    struct index_entry *entry = index_by_ref(&cluster->index, NULL, subject->ref);

    if (entry != NULL)
        cluster_let_go(cluster, entry, event->delivery.sequence);
    else
        cluster_plan_orphan(cluster, subject->ref, event->delivery.sequence);
    cluster_pending_forgotten(cluster, subject->ref);
}

static void apply(struct cluster *cluster, const struct cluster_event *event,
                  const struct cluster_subject *subject)
{
    switch (subject->kind) {
    case CLUSTER_REQUEST:
        on_request(cluster, event, subject);
        break;
    case CLUSTER_CANCEL:
        on_cancel(cluster, event, subject);
        break;
    case CLUSTER_FORGET:
        on_forget(cluster, event, subject);
        break;
    case CLUSTER_TICK:
    case CLUSTER_UNKNOWN:
        break;
    }
}

/* What loops go by: how far they may run, and what time it is. */
static void publish_time(struct cluster *cluster, bool is_tick)
{
    const struct cluster_rules *rules = &cluster->rules;
    int64_t horizon_ns = cluster_rules_horizon(rules);

    atomic_store_explicit(&cluster->store.ahead_ns, rules->greatest_ns - rules->greatest_at,
                          memory_order_release);
    if (!is_tick || horizon_ns == CLUSTER_NO_WATERMARK)
        return;
    atomic_store_explicit(&cluster->store.horizon_ns, horizon_ns, memory_order_release);
    atomic_store_explicit(&cluster->store.watermark_ns, horizon_ns, memory_order_relaxed);
    atomic_store_explicit(&cluster->store.is_ready, cluster->is_up && cluster->is_loaded,
                          memory_order_release);
    store_ring(&cluster->store);
}

static void on_message(struct cluster *cluster, const struct cluster_event *event)
{
    struct cluster_message_facts facts = {event->delivery.sequence, event->delivery.stamp_ns, false,
                                          0};
    struct cluster_subject subject;
    uint64_t number;

    if (event->delivery.place != ++cluster->place) {
        cluster_read_on(cluster); /* a gap */
        return;
    }
    cluster_subject_read(cluster->name, event->subject, &subject);
    facts.is_tick = subject.kind == CLUSTER_TICK;
    if (facts.is_tick && strcmp(subject.token, cluster->node) == 0 &&
        cluster_tick_read(&event->values, &number))
        facts.own_tick = number;
    switch (cluster_rules_read(&cluster->rules, &facts, cluster_now(cluster))) {
    case CLUSTER_NEW:
        publish_time(cluster, facts.is_tick);
        apply(cluster, event, &subject);
        break;
    case CLUSTER_KNOWN:
        break;
    case CLUSTER_ROLLED_BACK:
        cluster_read_anew(cluster, "the servers' store was rolled back");
        break;
    }
}

static void on_beat(struct cluster *cluster, const struct cluster_event *event)
{
    if (event->answer_to != NULL && cluster->is_up)
        (void)cluster_link_publish(cluster->link, event->answer_to, NULL, NULL, 0, 0);
    if (event->delivery.place != UINT64_MAX && event->delivery.place > cluster->place)
        cluster_read_on(cluster); /* what it has delivered has not arrived */
}

static void on_up(struct cluster *cluster)
{
    cluster->is_up = true;
    atomic_fetch_add_explicit(&cluster->store.reconnects, 1, memory_order_relaxed);
    cluster_read_on(cluster);
    cluster_publish_again(cluster, true);
}

static void on_down(struct cluster *cluster)
{
    cluster->is_up = false;
    cluster->read_again_ns = DUE_NEVER;
    atomic_store_explicit(&cluster->store.is_ready, false, memory_order_release);
}

void cluster_on_event(struct cluster *cluster, const struct cluster_event *event)
{
    bool is_current = event->generation == cluster->generation;

    switch (event->kind) {
    case CLUSTER_EVENT_UP:
        on_up(cluster);
        break;
    case CLUSTER_EVENT_DOWN:
        on_down(cluster);
        break;
    case CLUSTER_EVENT_FAULT:
        cluster_read_anew(cluster, "libnats has lost messages");
        break;
    case CLUSTER_EVENT_READING:
        on_reading(cluster, event);
        break;
    case CLUSTER_EVENT_MESSAGE:
        if (is_current) {
            cluster->heard_ns = cluster_now(cluster);
            on_message(cluster, event);
        }
        break;
    case CLUSTER_EVENT_BEAT:
        if (is_current) {
            cluster->heard_ns = cluster_now(cluster);
            on_beat(cluster, event);
        }
        break;
    case CLUSTER_EVENT_REFUSED:
        cluster_on_refusal(cluster, event);
        break;
    case CLUSTER_EVENT_FETCHED:
        cluster_on_text(cluster, event);
        break;
    case CLUSTER_EVENT_REMOVED:
        cluster_on_removal(cluster, event);
        break;
    }
}
