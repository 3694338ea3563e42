/* SPDX-License-Identifier: ISC */
#include "daemon/store/memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/index.h"

struct memory {
    struct store store; /* first */
    struct memory_config config;
    pthread_mutex_t lock; /* of all that follows */
    uint64_t next_order;
    struct index index;
};

static struct memory *memory_of(struct store *store)
{
    return (struct memory *)(void *)store;
}

static int64_t now_of(const struct memory *memory)
{
    return memory->config.now(memory->config.now_context);
}

static void remove_over(struct memory *memory)
{
    int64_t now_ns = now_of(memory);
    struct index_entry *entry = index_first_over(&memory->index, now_ns);

    for (; entry != NULL; entry = index_first_over(&memory->index, now_ns))
        index_remove(&memory->index, entry);
}

/* The query's batch, kept.  0, or -1 when out of memory. */
static int keep(struct memory *memory, struct store_query *query)
{
    struct stored_batch *batch = stored_new(&memory->store.horizon_ns, memory->store.durable,
                                            &query->terms, query->requester);

    if (batch == NULL)
        return -1;
    batch->order = memory->next_order;
    snprintf(batch->ref, sizeof(batch->ref), "%.40s-%" PRIu64, memory->config.prefix, batch->order);
    if (index_add(&memory->index, batch, query->text, query->text->len) == NULL) {
        stored_release(batch);
        return -1;
    }
    memory->next_order++;
    query->batch = batch;
    return 0;
}

static void accept_existing(struct store_query *query, const struct index_entry *entry)
{
    if (query->text->len != entry->text_bytes ||
        memcmp(query->text->bytes, entry->text->bytes, query->text->len) != 0) {
        index_refuse_conflict(query, entry->batch);
        return;
    }
    query->batch = stored_hold(entry->batch);
    query->answer = STORE_EXISTING;
    store_post(query->port, query);
}

static void do_accept(struct memory *memory, struct store_query *query)
{
    const struct index_entry *found = NULL;

    if (query->terms.key_len > 0)
        found = index_by_key(&memory->index, query->requester, &query->terms);
    if (found != NULL) {
        accept_existing(query, found);
        return;
    }
    if (index_refuse_full(&memory->index, query))
        return;
    if (keep(memory, query) == 0)
        store_done(query);
    else
        store_refuse(query, FAULT_OVERLOADED, "out of memory for this request; try again later");
}

static void do_find(struct memory *memory, struct store_query *query)
{
    const struct index_entry *entry = index_find_visible(&memory->index, query);

    if (entry == NULL)
        return;
    query->batch = stored_hold(entry->batch);
    query->text = stored_text_hold(entry->text);
    store_done(query);
}

/* It is as safe at once as it will be. */
static void do_cancel(struct memory *memory, struct store_query *query)
{
    struct stored_batch *batch = query->batch;
    struct stored_cancel cancel = {
        .whole = query->whole, .job = query->job, .asked_by = query->context};

    cancel.at_ns = stored_freeze(batch, now_of(memory) - batch->terms.accepted_ns);
    if (cancel.at_ns < 0) {
        store_refuse(query, FAULT_UNAVAILABLE, "out of memory for this cancel; try again later");
        return;
    }
    query->at_ns = cancel.at_ns;
    query->place = stored_settle(batch, &cancel);
    store_announce(&memory->store, STORE_CANCELLED, batch);
    store_done(query);
}

static void do_end(struct memory *memory, struct store_query *query)
{
    struct index_entry *entry = query->batch->store_data;

    if (entry != NULL) /* else it was forgotten meanwhile */
        (void)index_set_end(&memory->index, entry, now_of(memory));
    store_done(query);
}

static void do_forget(struct memory *memory, struct store_query *query)
{
    struct index_entry *entry = index_find_visible(&memory->index, query);

    if (entry == NULL || index_refuse_running(query, entry->batch))
        return;
    index_remove(&memory->index, entry);
    store_done(query);
}

/* ---- The store ----------------------------------------------------------------------------- */

static void query_memory(struct store *store, struct store_query *query)
{
    struct memory *memory = memory_of(store);

    pthread_mutex_lock(&memory->lock);
    remove_over(memory);
    switch (query->kind) {
    case STORE_ACCEPT:
        do_accept(memory, query);
        break;
    case STORE_FIND:
        do_find(memory, query);
        break;
    case STORE_CANCEL:
        do_cancel(memory, query);
        break;
    case STORE_END:
        do_end(memory, query);
        break;
    case STORE_FORGET:
        do_forget(memory, query);
        break;
    case STORE_LIST:
        if (index_list(&memory->index, query))
            store_done(query);
        break;
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
    case STORE_DISCARD:
        store_query_free(query); /* sent by stores, never to them */
        break;
    }
    pthread_mutex_unlock(&memory->lock);
}

static void start_memory(struct store *store)
{
    (void)store; /* there is nothing from another life */
}

static void free_memory(struct store *store)
{
    struct memory *memory = memory_of(store);

    index_fini(&memory->index);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

struct store *memory_new(const struct memory_config *config)
{
    static const struct store_ops ops = {
        .start = start_memory, .query = query_memory, .free = free_memory};
    struct memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL)
        return NULL;
    if (pthread_mutex_init(&memory->lock, NULL) != 0) {
        free(memory);
        return NULL;
    }
    store_init(&memory->store, &ops, STORED_DURABLE_NO);
    memory->config = *config;
    memory->next_order = 1;
    index_init(&memory->index, &memory->store);
    return &memory->store;
}
