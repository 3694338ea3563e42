/* SPDX-License-Identifier: ISC */

/* What is published, until it is read back, refused or given up.  A retry is the same message
 * under the same nonce: at most one of them is stored. */

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_internal.h"
#include "proto/due.h"

/* Above so many percent of the stream's limit requests are refused, so that cancels and ticks
 * still fit. */
#define FULL_PERCENT 90

/* What its headers may grow by, when it is put back or takes a freed key: 20 digits more of the
 * sequence that is expected, and `Waitd-Was` with two numbers. */
#define HEADERS_GROW_BYTES 80

/* ---- By nonce --------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct cluster_pending *x = a, *y = b;

    return x->nonce < y->nonce ? -1 : x->nonce > y->nonce;
}

struct cluster_pending *cluster_pending_by_nonce(const struct cluster *cluster, uint64_t nonce)
{
    struct cluster_pending probe = {.nonce = nonce};
    void *node = tfind(&probe, &cluster->by_nonce, compare);

    return node == NULL ? NULL : *(struct cluster_pending **)node;
}

static void free_pending(struct cluster_pending *pending)
{
    store_query_free(pending->query);
    stored_text_release(pending->text);
    free(pending->request);
    free(pending);
}

struct store_query *cluster_pending_take(struct cluster *cluster, struct cluster_pending *pending)
{
    struct store_query *query = pending->query;

    tdelete(pending, &cluster->by_nonce, compare);
    if (pending->before != NULL)
        pending->before->next = pending->next;
    else
        cluster->pendings = pending->next;
    if (pending->next != NULL)
        pending->next->before = pending->before;
    else
        cluster->last_pending = pending->before;
    pending->query = NULL;
    free_pending(pending);
    return query;
}

void cluster_free_pending(struct cluster *cluster)
{
    while (cluster->pendings != NULL)
        store_query_free(cluster_pending_take(cluster, cluster->pendings));
}

/* NULL when out of memory. */
static struct cluster_pending *add(struct cluster *cluster, enum cluster_purpose purpose,
                                   uint64_t nonce)
{
    struct cluster_pending *pending = calloc(1, sizeof(*pending));

    if (pending == NULL)
        return NULL;
    pending->purpose = purpose;
    pending->nonce = nonce;
    if (tsearch(pending, &cluster->by_nonce, compare) == NULL) {
        free(pending);
        return NULL;
    }
    pending->deadline_ns = cluster_now(cluster) + CLUSTER_TIMEOUT_NS;
    pending->before = cluster->last_pending;
    if (pending->before != NULL)
        pending->before->next = pending;
    else
        cluster->pendings = pending;
    cluster->last_pending = pending;
    return pending;
}

static uint64_t draw_nonce(const struct cluster *cluster)
{
    uint64_t nonce = 0;

    while (nonce == 0)
        nonce = cluster->config.draw(cluster->config.clock_context);
    return nonce;
}

/* ---- Publishing ------------------------------------------------------------- */

static void publish(struct cluster *cluster, struct cluster_pending *pending)
{
    char subject[CLUSTER_SUBJECT_MAX + 1];
    const char *data = pending->text != NULL ? pending->text->bytes : NULL;
    size_t len = pending->text != NULL ? pending->text->len : 0;

    pending->retry_ns = cluster_now(cluster) + CLUSTER_RETRY_NS;
    if (!cluster->is_up)
        return;
    cluster_subject_write(cluster->name, &pending->subject, subject);
    if (!cluster_link_publish(cluster->link, subject, &pending->headers.values, data, len,
                              pending->nonce))
        return;
    if (!pending->was_sent)
        cluster->n_bytes +=
            len + cluster_values_bytes(&pending->headers.values) + CLUSTER_MESSAGE_BYTES;
    pending->was_sent = true;
}

static void refuse_memory(struct store_query *query)
{
    store_refuse(query, FAULT_OVERLOADED, "out of memory for this request; try again later");
}

static void fill_in(const struct cluster *cluster, const struct store_query *query, uint64_t nonce,
                    struct cluster_request *request)
{
    *request = (struct cluster_request){
        .terms = query->terms, .grace_ns = cluster->config.grace_ns, .nonce = nonce};
    snprintf(request->owner, sizeof(request->owner), "%s", query->requester->name);
    memcpy(request->engine, cluster->engine, sizeof(request->engine));
    digest_of(query->text->bytes, query->text->len, request->digest);
}

static void write_token(const struct cluster *cluster, const struct cluster_request *request,
                        char token[CLUSTER_TOKEN_MAX + 1])
{
    uint64_t random[2] = {draw_nonce(cluster), draw_nonce(cluster)};

    if (request->terms.key_len > 0)
        cluster_token_of_key(request->owner, &request->terms, token);
    else
        cluster_token_of_random(random, token);
}

/* Whether the stream takes no more requests, or not this one: then it is refused. */
static bool refuse_full(const struct cluster *cluster, const struct cluster_pending *pending)
{
    size_t most = cluster_link_max_payload(cluster->link);
    size_t bytes =
        cluster_values_bytes(&pending->headers.values) + HEADERS_GROW_BYTES + pending->text->len;

    if (most > 0 && bytes > most)
        store_refuse(pending->query, FAULT_TOO_LARGE,
                     "the cluster's servers take messages of at most %zu bytes (max_payload), "
                     "headers among them, and this request has %zu",
                     most, bytes);
    else if (cluster->max_bytes > 0 &&
             cluster->n_bytes + bytes > cluster->max_bytes / 100 * FULL_PERCENT)
        store_refuse(pending->query, FAULT_UNAVAILABLE,
                     "the cluster's stream is full (%d %% of its max_bytes, %" PRIu64
                     "); try again later",
                     FULL_PERCENT, cluster->max_bytes);
    else
        return false;
    return true;
}

void cluster_submit(struct cluster *cluster, struct store_query *query)
{
    uint64_t nonce = draw_nonce(cluster);
    struct cluster_request *request = malloc(sizeof(*request));
    struct cluster_pending *pending = request != NULL ? add(cluster, CLUSTER_SUBMITS, nonce) : NULL;

    if (pending == NULL) {
        free(request);
        refuse_memory(query);
        return;
    }
    fill_in(cluster, query, nonce, request);
    pending->request = request;
    pending->query = query;
    pending->text = stored_text_hold(query->text);
    pending->subject.kind = CLUSTER_REQUEST;
    write_token(cluster, request, pending->subject.token);
    cluster_request_write(request, &pending->headers);
    if (refuse_full(cluster, pending)) {
        (void)cluster_pending_take(cluster, pending); /* it has been posted */
        return;
    }
    publish(cluster, pending);
}

void cluster_cancel(struct cluster *cluster, struct store_query *query,
                    const struct index_entry *entry)
{
    struct cluster_pending *pending = add(cluster, CLUSTER_CANCELS, draw_nonce(cluster));
    struct cluster_outside outside = {
        .whole = query->whole, .job = query->job, .floor_ns = cluster->rules.greatest_ns};

    if (pending == NULL) {
        refuse_memory(query);
        return;
    }
    pending->query = query;
    pending->subject.kind = CLUSTER_CANCEL;
    pending->subject.nonce = pending->nonce;
    memcpy(pending->subject.ref, entry->batch->ref, sizeof(pending->subject.ref));
    cluster_outside_write(&outside, &pending->headers);
    publish(cluster, pending);
}

void cluster_forget(struct cluster *cluster, struct store_query *query,
                    const struct index_entry *entry)
{
    struct cluster_pending *pending = add(cluster, CLUSTER_FORGETS, draw_nonce(cluster));
    struct cluster_outside outside = {.whole = true, .floor_ns = cluster->rules.greatest_ns};

    if (pending == NULL) {
        refuse_memory(query);
        return;
    }
    pending->query = query;
    pending->subject.kind = CLUSTER_FORGET;
    memcpy(pending->subject.ref, entry->batch->ref, sizeof(pending->subject.ref));
    cluster_outside_write(&outside, &pending->headers);
    publish(cluster, pending);
}

void cluster_restore_request(struct cluster *cluster, const struct cluster_lost *lost)
{
    const struct cluster_batch *data = lost->data;
    struct cluster_pending *pending = add(cluster, CLUSTER_RESTORES, data->nonce);
    struct cluster_request request = {.terms = lost->batch->terms,
                                      .grace_ns = data->cancels.grace_ns,
                                      .nonce = data->nonce,
                                      .was = data->was};

    if (pending == NULL)
        return;
    snprintf(request.owner, sizeof(request.owner), "%s", lost->batch->owner->name);
    memcpy(request.engine, lost->batch->engine[0] != '\0' ? lost->batch->engine : cluster->engine,
           sizeof(request.engine));
    memcpy(request.digest, data->digest, sizeof(request.digest));
    pending->text = stored_text_hold(data->text);
    pending->subject.kind = CLUSTER_REQUEST;
    memcpy(pending->subject.token, data->token, sizeof(data->token));
    cluster_request_write(&request, &pending->headers);
    publish(cluster, pending);
}

void cluster_restore_cancel(struct cluster *cluster, const char *ref,
                            const struct cluster_mark *mark)
{
    struct cluster_pending *pending = add(cluster, CLUSTER_RESTORES, mark->nonce);
    struct cluster_outside outside = mark->outside;

    if (pending == NULL)
        return;
    if (outside.was.sequence == 0)
        outside.was = (struct cluster_was){mark->sequence, mark->stamp_ns};
    pending->subject.kind = CLUSTER_CANCEL;
    pending->subject.nonce = mark->nonce;
    memcpy(pending->subject.ref, ref, strlen(ref) + 1);
    cluster_outside_write(&outside, &pending->headers);
    publish(cluster, pending);
}

void cluster_put_tick(struct cluster *cluster)
{
    struct cluster_subject subject = {.kind = CLUSTER_TICK};
    struct cluster_headers headers;
    char text[CLUSTER_SUBJECT_MAX + 1];

    memcpy(subject.token, cluster->node, sizeof(cluster->node));
    cluster_subject_write(cluster->name, &subject, text);
    cluster_tick_write(cluster_rules_put_tick(&cluster->rules, cluster_now(cluster)), &headers);
    if (cluster->is_up)
        (void)cluster_link_publish(cluster->link, text, &headers.values, NULL, 0, 0);
}

/* ---- Refusals --------------------------------------------------------------- */

void cluster_answer_with(struct store_query *query, const struct index_entry *entry,
                         const uint8_t digest[DIGEST_BYTES])
{
    if (memcmp(cluster_data(entry)->digest, digest, DIGEST_BYTES) != 0) {
        index_refuse_conflict(query, entry->batch);
        return;
    }
    query->batch = stored_hold(entry->batch);
    query->answer = STORE_EXISTING;
    store_post(query->port, query);
}

static void answer_beaten(struct cluster *cluster, struct cluster_pending *pending,
                          const struct index_entry *entry)
{
    uint8_t digest[DIGEST_BYTES];

    memcpy(digest, pending->request->digest, sizeof(digest));
    atomic_fetch_add_explicit(&cluster->store.races_lost, 1, memory_order_relaxed);
    cluster_answer_with(cluster_pending_take(cluster, pending), entry, digest);
}

void cluster_pending_beaten(struct cluster *cluster, const struct index_entry *entry)
{
    struct cluster_pending *next;

    for (struct cluster_pending *at = cluster->pendings; at != NULL; at = next) {
        next = at->next;
        if (at->purpose == CLUSTER_SUBMITS && at->has_lost &&
            strcmp(at->subject.token, cluster_data(entry)->token) == 0)
            answer_beaten(cluster, at, entry);
    }
}

void cluster_pending_forgotten(struct cluster *cluster, const char *ref)
{
    struct cluster_pending *next;

    for (struct cluster_pending *at = cluster->pendings; at != NULL; at = next) {
        next = at->next;
        if (at->purpose == CLUSTER_FORGETS && strcmp(at->subject.ref, ref) == 0)
            store_done(cluster_pending_take(cluster, at));
    }
}

/* Another message has the subject: of a batch that is known, of one that was read and is over, or
 * of one that is about to be read; or it is our own, by an earlier attempt. */
static void meet_other(struct cluster *cluster, struct cluster_pending *pending, uint64_t sequence)
{
    struct cluster_request *request = pending->request;
    const struct index_entry *entry =
        index_by_key(&cluster->index, pending->query->requester, &request->terms);

    pending->has_lost = true;
    if (request->terms.key_len == 0)
        return;
    if (entry != NULL) {
        answer_beaten(cluster, pending, entry);
    } else if (sequence <= cluster->rules.last_sequence && request->expected != sequence) {
        request->expected = sequence;
        pending->has_lost = false;
        cluster_request_write(request, &pending->headers);
        publish(cluster, pending);
    }
}

static void refuse_with(struct cluster *cluster, struct cluster_pending *pending,
                        const struct cluster_ack *ack)
{
    struct store_query *query = cluster_pending_take(cluster, pending);

    if (query != NULL)
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the cluster's servers do not take this (%s, error %u); try again later",
                     ack->description, ack->error);
}

void cluster_on_refusal(struct cluster *cluster, const struct cluster_event *event)
{
    struct cluster_pending *pending = cluster_pending_by_nonce(cluster, event->id);

    if (pending == NULL)
        return; /* it was read back before */
    if (event->ack.error == CLUSTER_WRONG_SEQUENCE) {
        if (pending->purpose == CLUSTER_SUBMITS)
            meet_other(cluster, pending, event->ack.sequence);
        else if (pending->purpose == CLUSTER_FORGETS)
            store_done(cluster_pending_take(cluster, pending)); /* it is forgotten */
        else if (pending->purpose == CLUSTER_RESTORES)
            (void)cluster_pending_take(cluster, pending); /* another node was faster */
        return; /* a cancel's is its own, by an earlier attempt */
    }
    if (event->ack.error == CLUSTER_STREAM_FULL)
        refuse_with(cluster, pending, &event->ack);
}

/* ---- What is due ------------------------------------------------------------ */

static void give_up(struct cluster *cluster, struct cluster_pending *pending)
{
    bool was_sent = pending->was_sent;
    enum cluster_purpose purpose = pending->purpose;
    struct store_query *query = cluster_pending_take(cluster, pending);

    if (query == NULL)
        return;
    if (!was_sent)
        store_refuse(query, FAULT_UNAVAILABLE,
                     "no server of the cluster can be reached; try again later");
    else if (purpose == CLUSTER_SUBMITS)
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the cluster's servers have not answered, and whether the batch is accepted "
                     "is not known; ask again under its key");
    else
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the cluster's servers have not answered, and whether this was done is not "
                     "known: it may still be, once");
}

void cluster_publish_again(struct cluster *cluster, bool at_once)
{
    int64_t now_ns = cluster_now(cluster);
    struct cluster_pending *next;

    for (struct cluster_pending *at = cluster->pendings; at != NULL; at = next) {
        next = at->next;
        if (at->deadline_ns <= now_ns)
            give_up(cluster, at);
        else if (!at->has_lost && (at_once || at->retry_ns <= now_ns))
            publish(cluster, at);
    }
}

int64_t cluster_next_pending(const struct cluster *cluster)
{
    int64_t next_ns = DUE_NEVER;

    if (cluster->pendings == NULL)
        return next_ns;
    next_ns = cluster->pendings->deadline_ns;
    /* The oldest is the first that is due again; others are met within a retry's time. */
    if (cluster->pendings->retry_ns < next_ns && !cluster->pendings->has_lost)
        next_ns = cluster->pendings->retry_ns;
    if (next_ns > cluster_now(cluster) + CLUSTER_RETRY_NS)
        next_ns = cluster_now(cluster) + CLUSTER_RETRY_NS;
    return next_ns;
}
