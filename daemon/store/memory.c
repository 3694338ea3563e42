/* SPDX-License-Identifier: ISC */
#include "daemon/store/memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/gone.h"
#include "engine/timerq.h"

#define SLOTS_LEAST 16

/* What is kept of one batch; its `store_data` while it is kept. */
struct record {
    struct kept *batch;     /* held */
    struct kept_text *text; /* held */
    uint32_t slot;
};

/* The batches stand in the order of acceptance; one that was removed leaves a
 * hole, until half of them are holes. */
struct place {
    uint64_t order;
    struct record *record; /* NULL for a hole */
};

struct memory {
    struct store store; /* first */
    struct memory_config config;
    pthread_mutex_t lock; /* of all that follows */
    uint64_t next_order;
    struct place *places;
    size_t n_places, n_holes, places_room;
    struct record **slots; /* NULL for free ones */
    uint32_t *free_slots;
    uint32_t n_slots, n_free;
    struct timerq ends; /* of slots: when the time of a finished one is over */
    void *by_ref, *by_key;
    struct gone gone;
};

static struct memory *memory_of(struct store *store)
{
    return (struct memory *)(void *)store;
}

static int64_t now_of(const struct memory *memory)
{
    return memory->config.now(memory->config.now_context);
}

/* ---- By ref and by key -------------------------------------------------------------------- */

static int compare_refs(const void *a, const void *b)
{
    return strcmp(((const struct kept *)a)->ref, ((const struct kept *)b)->ref);
}

static int compare_ref(const void *ref, const void *batch)
{
    return strcmp(ref, ((const struct kept *)batch)->ref);
}

static int compare_terms(const struct kept_terms *a, const struct kept_terms *b)
{
    if (a->key_len != b->key_len)
        return a->key_len < b->key_len ? -1 : 1;
    return memcmp(a->key, b->key, a->key_len);
}

static int compare_keys(const void *a, const void *b)
{
    return compare_terms(&((const struct kept *)a)->terms, &((const struct kept *)b)->terms);
}

static int compare_key(const void *terms, const void *batch)
{
    return compare_terms(terms, &((const struct kept *)batch)->terms);
}

/* A tree node begins with its key (POSIX). */
static struct kept *batch_in(void *node)
{
    return node == NULL ? NULL : *(struct kept **)node;
}

static struct kept *find_ref(const struct memory *memory, const char *ref)
{
    return batch_in(tfind(ref, &memory->by_ref, compare_ref));
}

/* ---- Removing ------------------------------------------------------------------------------ */

/* The first place whose order is at least that. */
static size_t place_from(const struct memory *memory, uint64_t order)
{
    size_t low = 0, high = memory->n_places;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memory->places[middle].order < order)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void close_holes(struct memory *memory)
{
    size_t n = 0;

    if (memory->n_holes <= memory->n_places / 2)
        return;
    for (size_t i = 0; i < memory->n_places; i++)
        if (memory->places[i].record != NULL)
            memory->places[n++] = memory->places[i];
    memory->n_places = n;
    memory->n_holes = 0;
}

/* It is nobody's any more but of those who hold it. */
static void drop(struct memory *memory, struct record *record)
{
    struct kept *batch = record->batch;

    tdelete(batch, &memory->by_ref, compare_refs);
    if (batch->terms.key_len > 0)
        tdelete(batch, &memory->by_key, compare_keys);
    timerq_remove(&memory->ends, record->slot);
    memory->slots[record->slot] = NULL;
    memory->free_slots[memory->n_free++] = record->slot;
    memory->places[place_from(memory, batch->order)].record = NULL;
    memory->n_holes++;
    close_holes(memory);
    atomic_fetch_sub_explicit(&memory->store.n_kept, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&memory->store.n_bytes, record->text->len, memory_order_relaxed);
    batch->store_data = NULL;
    kept_text_release(record->text);
    kept_release(batch);
    free(record);
}

static void remove_record(struct memory *memory, struct record *record)
{
    gone_add(&memory->gone, record->batch->ref, STORE_GONE_MAX);
    drop(memory, record);
}

static void remove_ended(struct memory *memory)
{
    const struct timerq_entry *first = timerq_first(&memory->ends);
    int64_t now_ns = now_of(memory);

    for (; first != NULL && first->due_ns <= now_ns; first = timerq_first(&memory->ends))
        remove_record(memory, memory->slots[first->id]);
}

/* ---- Accepting ----------------------------------------------------------------------------- */

static int make_slots(struct memory *memory)
{
    uint32_t n = memory->n_slots > 0 ? 2 * memory->n_slots : SLOTS_LEAST;
    struct record **slots;
    uint32_t *free_slots;

    if (memory->n_free > 0)
        return 0;
    /* An entry for each slot, so that an end needs no memory. */
    if (n > UINT32_MAX / 4 || timerq_grow(&memory->ends, n) != 0 ||
        timerq_reserve(&memory->ends, n - memory->ends.n) != 0)
        return -1;
    slots = realloc(memory->slots, n * sizeof(struct record *));
    if (slots == NULL)
        return -1;
    memory->slots = slots;
    free_slots = realloc(memory->free_slots, n * sizeof(*free_slots));
    if (free_slots == NULL)
        return -1;
    memory->free_slots = free_slots;
    for (uint32_t slot = n; slot-- > memory->n_slots;) {
        memory->slots[slot] = NULL;
        memory->free_slots[memory->n_free++] = slot;
    }
    memory->n_slots = n;
    return 0;
}

static int make_places(struct memory *memory)
{
    size_t room = memory->places_room > 0 ? 2 * memory->places_room : SLOTS_LEAST;
    struct place *places;

    if (memory->n_places < memory->places_room)
        return 0;
    places = realloc(memory->places, room * sizeof(*places));
    if (places == NULL)
        return -1;
    memory->places = places;
    memory->places_room = room;
    return 0;
}

/* Enters it everywhere, or nowhere. */
static int enter(struct memory *memory, struct record *record)
{
    struct kept *batch = record->batch;

    if (tsearch(batch, &memory->by_ref, compare_refs) == NULL)
        return -1;
    if (batch->terms.key_len > 0 && tsearch(batch, &memory->by_key, compare_keys) == NULL) {
        tdelete(batch, &memory->by_ref, compare_refs);
        return -1;
    }
    record->slot = memory->free_slots[--memory->n_free];
    memory->slots[record->slot] = record;
    memory->places[memory->n_places++] = (struct place){batch->order, record};
    batch->store_data = record;
    atomic_fetch_add_explicit(&memory->store.n_kept, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&memory->store.n_bytes, record->text->len, memory_order_relaxed);
    return 0;
}

/* The ask's batch, kept.  0, or -1 when out of memory. */
static int keep(struct memory *memory, struct store_ask *ask)
{
    struct record *record = calloc(1, sizeof(*record));
    struct kept *batch = kept_new(&memory->store, &ask->terms);

    if (record == NULL || batch == NULL || make_slots(memory) != 0 || make_places(memory) != 0)
        goto fail;
    batch->order = memory->next_order;
    snprintf(batch->ref, sizeof(batch->ref), "%.40s-%" PRIu64, memory->config.prefix, batch->order);
    record->batch = batch;
    record->text = ask->text;
    if (enter(memory, record) != 0)
        goto fail;
    memory->next_order++;
    ask->text = NULL;
    ask->batch = kept_hold(batch);
    return 0;
fail:
    kept_release(batch);
    free(record);
    return -1;
}

static bool is_full(struct memory *memory, struct store_ask *ask)
{
    uint64_t max_kept = atomic_load_explicit(&memory->store.max_kept, memory_order_relaxed);
    uint64_t max_bytes = atomic_load_explicit(&memory->store.max_bytes, memory_order_relaxed);
    uint64_t n_kept = atomic_load_explicit(&memory->store.n_kept, memory_order_relaxed);
    uint64_t n_bytes = atomic_load_explicit(&memory->store.n_bytes, memory_order_relaxed);

    if (max_kept > 0 && n_kept >= max_kept)
        store_refuse(ask, FAULT_OVERLOADED,
                     "the daemon keeps at most %" PRIu64 " detached batches (max-detached), and "
                     "that many are kept; try again later",
                     max_kept);
    else if (max_bytes > 0 && (n_bytes > max_bytes || ask->text->len > max_bytes - n_bytes))
        store_refuse(ask, FAULT_OVERLOADED,
                     "the daemon keeps at most %" PRIu64 " bytes of detached requests (max-state), "
                     "and with this one there are more; try again later",
                     max_bytes);
    else
        return false;
    return true;
}

static void accept_existing(struct memory *memory, struct store_ask *ask, struct kept *batch)
{
    const struct record *record = batch->store_data;

    (void)memory;
    if (ask->text->len != record->text->len ||
        memcmp(ask->text->bytes, record->text->bytes, ask->text->len) != 0) {
        store_refuse(ask, FAULT_CONFLICT,
                     "\"key\" takes one that no other request has, and the batch %s has this one "
                     "with another request",
                     batch->ref);
        return;
    }
    ask->batch = kept_hold(batch);
    ask->answer = STORE_EXISTING;
    store_post(ask->port, ask);
}

static void do_accept(struct memory *memory, struct store_ask *ask)
{
    struct kept *found = NULL;

    if (ask->terms.key_len > 0)
        found = batch_in(tfind(&ask->terms, &memory->by_key, compare_key));
    if (found != NULL) {
        accept_existing(memory, ask, found);
        return;
    }
    if (is_full(memory, ask))
        return;
    if (keep(memory, ask) == 0)
        store_done(ask);
    else
        store_refuse(ask, FAULT_OVERLOADED, "out of memory for this request; try again later");
}

/* ---- The other asks ------------------------------------------------------------------------ */

static void refuse_absent(const struct memory *memory, struct store_ask *ask, const char *ref)
{
    if (gone_has(&memory->gone, ref))
        store_refuse(ask, FAULT_GONE,
                     "the batch %s is over, and the time for which it was kept too", ref);
    else
        store_refuse(ask, FAULT_NOT_FOUND, "there is no batch of that ref here");
}

static void do_find(struct memory *memory, struct store_ask *ask)
{
    struct kept *batch = find_ref(memory, ask->ref);
    const struct record *record;

    if (batch == NULL) {
        refuse_absent(memory, ask, ask->ref);
        return;
    }
    record = batch->store_data;
    ask->batch = kept_hold(batch);
    ask->text = kept_text_hold(record->text);
    store_done(ask);
}

/* It is as safe at once as it will be. */
static void do_cancel(struct memory *memory, struct store_ask *ask)
{
    struct kept *batch = ask->batch;
    struct kept_cancel cancel = {.whole = ask->whole, .job = ask->job};

    cancel.at_ns = kept_freeze(batch, now_of(memory) - batch->terms.accepted_ns);
    if (cancel.at_ns < 0) {
        store_refuse(ask, FAULT_UNAVAILABLE, "out of memory for this cancel; try again later");
        return;
    }
    ask->place = kept_settle(batch, &cancel);
    store_announce(&memory->store, STORE_CANCELLED, batch);
    store_done(ask);
}

static void do_end(struct memory *memory, struct store_ask *ask)
{
    const struct kept *batch = ask->batch;
    const struct record *record = batch->store_data;
    int64_t end_ns = atomic_load_explicit(&batch->progress.ended_ns, memory_order_relaxed);

    if (__builtin_add_overflow(end_ns, batch->terms.accepted_ns, &end_ns) ||
        __builtin_add_overflow(end_ns, batch->terms.retain_ns, &end_ns))
        end_ns = INT64_MAX;
    if (record != NULL) /* else it was forgotten meanwhile */
        (void)timerq_set(&memory->ends, record->slot, end_ns, 0);
    store_done(ask);
}

static void do_forget(struct memory *memory, struct store_ask *ask)
{
    struct kept *batch = find_ref(memory, ask->ref);

    if (batch == NULL) {
        refuse_absent(memory, ask, ask->ref);
    } else if (atomic_load_explicit(&batch->progress.state, memory_order_acquire) !=
               KEPT_FINISHED) {
        store_refuse(ask, FAULT_CONFLICT, "\"ref\" takes a batch that has finished, and %s runs",
                     batch->ref);
    } else {
        remove_record(memory, batch->store_data);
        store_done(ask);
    }
}

/* ---- Listing ------------------------------------------------------------------------------- */

static bool is_listed(const struct store_filter *filter, const struct kept *batch)
{
    int state = atomic_load_explicit(&batch->progress.state, memory_order_relaxed);

    if (state == KEPT_UNSEEN)
        state = KEPT_RUNNING;
    return (!filter->has_state || state == (int)filter->state) &&
           (filter->ref[0] == '\0' || strcmp(filter->ref, batch->ref) == 0);
}

/* Adds it to the page if it is listed.  Whether there was room for it. */
static bool put_on_page(struct store_ask *ask, struct kept *batch)
{
    uint32_t most = ask->filter.most < STORE_PAGE_MAX ? ask->filter.most : STORE_PAGE_MAX;

    if (!is_listed(&ask->filter, batch))
        return true;
    if (ask->n_page == most) {
        ask->more = true;
        return false;
    }
    ask->page[ask->n_page++] = kept_hold(batch);
    return true;
}

static void list_from(const struct memory *memory, struct store_ask *ask, uint64_t after)
{
    bool newest_first = ask->filter.newest_first;
    size_t i;

    if (newest_first)
        i = after > 0 ? place_from(memory, after) : memory->n_places;
    else
        i = place_from(memory, after + 1);
    while (newest_first ? i > 0 : i < memory->n_places) {
        const struct record *record = memory->places[newest_first ? --i : i++].record;

        if (record != NULL && !put_on_page(ask, record->batch))
            break;
    }
}

static void do_list(const struct memory *memory, struct store_ask *ask)
{
    struct kept *one = ask->filter.ref[0] != '\0' ? find_ref(memory, ask->filter.ref) : NULL;
    uint64_t after = ask->filter.after_order;

    if (after == 0 && ask->filter.after[0] != '\0') {
        const struct kept *batch = find_ref(memory, ask->filter.after);

        if (batch == NULL) {
            store_refuse(ask, FAULT_NOT_FOUND, "\"after\" takes the ref of a batch that is kept");
            return;
        }
        after = batch->order;
    }
    if (ask->filter.ref[0] == '\0')
        list_from(memory, ask, after);
    else if (one != NULL &&
             (after == 0 || (ask->filter.newest_first ? one->order < after : one->order > after)))
        (void)put_on_page(ask, one);
    store_done(ask);
}

/* ---- The store ----------------------------------------------------------------------------- */

static void ask_memory(struct store *store, struct store_ask *ask)
{
    struct memory *memory = memory_of(store);

    pthread_mutex_lock(&memory->lock);
    remove_ended(memory);
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
        do_list(memory, ask);
        break;
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
        store_ask_free(ask); /* nobody asks these */
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

    for (uint32_t slot = 0; slot < memory->n_slots; slot++)
        if (memory->slots[slot] != NULL)
            drop(memory, memory->slots[slot]);
    free(memory->places);
    free(memory->slots);
    free(memory->free_slots);
    timerq_fini(&memory->ends);
    gone_fini(&memory->gone);
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
    return &memory->store;
}
