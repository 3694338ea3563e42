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

/* The ask's batch, kept.  0, or -1 when out of memory. */
static int keep(struct memory *memory, struct store_ask *ask)
{
    struct kept *batch =
        kept_new(&memory->store.horizon_ns, memory->store.durable, &ask->terms, ask->asker);

    if (batch == NULL)
        return -1;
    batch->order = memory->next_order;
    snprintf(batch->ref, sizeof(batch->ref), "%.40s-%" PRIu64, memory->config.prefix, batch->order);
    if (index_add(&memory->index, batch, ask->text, ask->text->len) == NULL) {
        kept_release(batch);
        return -1;
    }
    memory->next_order++;
    ask->batch = batch;
    return 0;
}

static void accept_existing(struct store_ask *ask, const struct index_entry *entry)
{
    if (ask->text->len != entry->text_bytes ||
        memcmp(ask->text->bytes, entry->text->bytes, ask->text->len) != 0) {
        index_refuse_conflict(ask, entry->batch);
        return;
    }
    ask->batch = kept_hold(entry->batch);
    ask->answer = STORE_EXISTING;
    store_post(ask->port, ask);
}

static void do_accept(struct memory *memory, struct store_ask *ask)
{
    const struct index_entry *found = NULL;

    if (ask->terms.key_len > 0)
        found = index_by_key(&memory->index, ask->asker, &ask->terms);
    if (found != NULL) {
        accept_existing(ask, found);
        return;
    }
    if (index_refuse_full(&memory->index, ask))
        return;
    if (keep(memory, ask) == 0)
        store_done(ask);
    else
        store_refuse(ask, FAULT_OVERLOADED, "out of memory for this request; try again later");
}

static void do_find(struct memory *memory, struct store_ask *ask)
{
    const struct index_entry *entry = index_find_asked(&memory->index, ask);

    if (entry == NULL)
        return;
    ask->batch = kept_hold(entry->batch);
    ask->text = kept_text_hold(entry->text);
    store_done(ask);
}

/* It is as safe at once as it will be. */
static void do_cancel(struct memory *memory, struct store_ask *ask)
{
    struct kept *batch = ask->batch;
    struct kept_cancel cancel = {.whole = ask->whole, .job = ask->job, .asked_by = ask->context};

    cancel.at_ns = kept_freeze(batch, now_of(memory) - batch->terms.accepted_ns);
    if (cancel.at_ns < 0) {
        store_refuse(ask, FAULT_UNAVAILABLE, "out of memory for this cancel; try again later");
        return;
    }
    ask->at_ns = cancel.at_ns;
    ask->place = kept_settle(batch, &cancel);
    store_announce(&memory->store, STORE_CANCELLED, batch);
    store_done(ask);
}

static void do_end(struct memory *memory, struct store_ask *ask)
{
    struct index_entry *entry = ask->batch->store_data;

    if (entry != NULL) /* else it was forgotten meanwhile */
        (void)index_set_end(&memory->index, entry, now_of(memory));
    store_done(ask);
}

static void do_forget(struct memory *memory, struct store_ask *ask)
{
    struct index_entry *entry = index_find_asked(&memory->index, ask);

    if (entry == NULL || index_refuse_running(ask, entry->batch))
        return;
    index_remove(&memory->index, entry);
    store_done(ask);
}

/* ---- The store ----------------------------------------------------------------------------- */

static void ask_memory(struct store *store, struct store_ask *ask)
{
    struct memory *memory = memory_of(store);

    pthread_mutex_lock(&memory->lock);
    remove_over(memory);
    switch (ask->kind) {
    case STORE_ACCEPT:
        do_accept(memory, ask);
        break;
    case STORE_FIND:
        do_find(memory, ask);
        break;
    case STORE_CANCEL:
        do_cancel(memory, ask);
        break;
    case STORE_END:
        do_end(memory, ask);
        break;
    case STORE_FORGET:
        do_forget(memory, ask);
        break;
    case STORE_LIST:
        if (index_list(&memory->index, ask))
            store_done(ask);
        break;
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
    case STORE_DISCARD:
        store_ask_free(ask); /* sent by stores, never to them */
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
        .start = start_memory, .ask = ask_memory, .free = free_memory};
    struct memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL)
        return NULL;
    if (pthread_mutex_init(&memory->lock, NULL) != 0) {
        free(memory);
        return NULL;
    }
    store_init(&memory->store, &ops, KEPT_DURABLE_NO);
    memory->config = *config;
    memory->next_order = 1;
    index_init(&memory->index, &memory->store);
    return &memory->store;
}
