/* SPDX-License-Identifier: ISC */
#include "daemon/store/index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/random.h"
#include "proto/due.h"

#define PLACES_LEAST 16

/* How many batches one LIST looks at, at most: some tens of microseconds. */
#define LOOKS_A_PAGE 4096

/* One that was removed leaves a hole, until half of the places are holes. */
struct index_place {
    uint64_t order;
    struct index_entry *entry; /* NULL for a hole */
};

/* ---- By ref and by key -------------------------------------------------------------------- */

static struct index_entry *entry_at(const struct index *index, uint32_t slot)
{
    return index->ends.slots.items[slot];
}

static uint64_t hash_of_ref(const struct index *index, const char *ref)
{
    return hash_bytes(index->hash_key, ref, strlen(ref));
}

/* What a key is found by: it is unique among one owner's. */
struct key {
    const struct principal *owner;
    const struct stored_terms *terms;
};

static uint64_t hash_of_key(const struct index *index, const struct principal *owner,
                            const struct stored_terms *terms)
{
    return hash_bytes(index->hash_key, terms->key, terms->key_len) ^
           hash_bytes(index->hash_key, owner->name, strlen(owner->name));
}

static uint64_t hash_by_ref(const void *index, uint32_t slot)
{
    return entry_at(index, slot)->ref_hash;
}

static uint64_t hash_by_key(const void *index, uint32_t slot)
{
    const struct stored_batch *batch = entry_at(index, slot)->batch;

    return hash_of_key(index, batch->owner, &batch->terms);
}

static bool has_ref(const void *index, uint32_t slot, const void *ref)
{
    return strcmp(entry_at(index, slot)->batch->ref, ref) == 0;
}

static bool has_key(const void *index, uint32_t slot, const void *wanted)
{
    const struct stored_batch *batch = entry_at(index, slot)->batch;
    const struct key *key = wanted;

    return batch->terms.key_len == key->terms->key_len &&
           memcmp(batch->terms.key, key->terms->key, key->terms->key_len) == 0 &&
           strcmp(batch->owner->name, key->owner->name) == 0;
}

struct index_entry *index_by_ref(const struct index *index, const struct principal *requester,
                                 const char *ref)
{
    uint32_t slot = hash_find(&index->by_ref, hash_of_ref(index, ref), has_ref, index, ref);
    struct index_entry *entry = slot != HASH_NONE ? entry_at(index, slot) : NULL;

    return entry != NULL && !entry->is_hidden && principal_may_see(requester, entry->batch->owner)
               ? entry
               : NULL;
}

struct index_entry *index_by_key(const struct index *index, const struct principal *owner,
                                 const struct stored_terms *terms)
{
    const struct key key = {owner, terms};
    uint32_t slot =
        hash_find(&index->by_key, hash_of_key(index, owner, terms), has_key, index, &key);

    return slot != HASH_NONE ? entry_at(index, slot) : NULL;
}

/* ---- Removing ------------------------------------------------------------------------------ */

/* The first place whose order is at least that. */
static size_t place_from(const struct index *index, uint64_t order)
{
    size_t low = 0, high = index->n_places;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (index->places[middle].order < order)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void close_holes(struct index *index)
{
    size_t n = 0;

    if (index->n_holes <= index->n_places / 2)
        return;
    for (size_t i = 0; i < index->n_places; i++)
        if (index->places[i].entry != NULL)
            index->places[n++] = index->places[i];
    index->n_places = n;
    index->n_holes = 0;
}

/* It is nobody's any more but of those who hold it. */
static void drop(struct index *index, struct index_entry *entry)
{
    struct stored_batch *batch = entry->batch;

    hash_remove(&index->by_ref, entry->slot, hash_by_ref, index);
    if (batch->terms.key_len > 0)
        hash_remove(&index->by_key, entry->slot, hash_by_key, index);
    if (!agenda_has(&index->ends, entry->slot))
        index->n_running--;
    agenda_remove(&index->ends, entry->slot);
    index->places[place_from(index, batch->order)].entry = NULL;
    index->n_holes++;
    close_holes(index);
    atomic_fetch_sub_explicit(&index->store->n_kept, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&index->store->n_bytes, entry->text_bytes, memory_order_relaxed);
    batch->store_data = NULL;
    stored_text_release(entry->text);
    stored_release(batch);
    free(entry);
}

void index_remove(struct index *index, struct index_entry *entry)
{
    if (!entry->is_hidden)
        gone_add(&index->gone, entry->batch->ref, entry->batch->owner, STORE_GONE_MAX);
    drop(index, entry);
}

/* ---- Adding -------------------------------------------------------------------------------- */

static int make_places(struct index *index)
{
    size_t room = index->places_room > 0 ? 2 * index->places_room : PLACES_LEAST;
    struct index_place *places;

    if (index->n_places < index->places_room)
        return 0;
    places = realloc(index->places, room * sizeof(*places));
    if (places == NULL)
        return -1;
    index->places = places;
    index->places_room = room;
    return 0;
}

/* Enters it everywhere, or nowhere. */
static int enter(struct index *index, struct index_entry *entry)
{
    struct stored_batch *batch = entry->batch;

    entry->slot = agenda_add(&index->ends, entry);
    entry->ref_hash = hash_of_ref(index, batch->ref);
    if (hash_add(&index->by_ref, entry->ref_hash, entry->slot, hash_by_ref, index) != 0) {
        agenda_remove(&index->ends, entry->slot);
        return -1;
    }
    if (batch->terms.key_len > 0 &&
        hash_add(&index->by_key, hash_of_key(index, batch->owner, &batch->terms), entry->slot,
                 hash_by_key, index) != 0) {
        hash_remove(&index->by_ref, entry->slot, hash_by_ref, index);
        agenda_remove(&index->ends, entry->slot);
        return -1;
    }
    index->places[index->n_places++] = (struct index_place){batch->order, entry};
    index->n_running++;
    batch->store_data = entry;
    atomic_fetch_add_explicit(&index->store->n_kept, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&index->store->n_bytes, entry->text_bytes, memory_order_relaxed);
    return 0;
}

struct index_entry *index_add(struct index *index, struct stored_batch *batch,
                              struct stored_text *text, size_t text_bytes)
{
    struct index_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL || agenda_reserve(&index->ends) != 0 || make_places(index) != 0) {
        free(entry);
        return NULL;
    }
    entry->batch = batch;
    entry->text_bytes = text_bytes;
    if (enter(index, entry) != 0) {
        free(entry);
        return NULL;
    }
    (void)stored_hold(batch);
    entry->text = text != NULL ? stored_text_hold(text) : NULL;
    return entry;
}

void index_renew(struct index_entry *entry, struct stored_batch *batch)
{
    struct stored_batch *old = entry->batch;

    entry->batch = stored_hold(batch);
    batch->store_data = entry;
    old->store_data = NULL;
    stored_release(old);
}

struct index_entry *index_next(const struct index *index, uint32_t *slot)
{
    while (*slot < index->ends.slots.n) {
        struct index_entry *entry = entry_at(index, (*slot)++);

        if (entry != NULL)
            return entry;
    }
    return NULL;
}

/* ---- Ends ---------------------------------------------------------------------------------- */

/* DUE_NEVER for never, but the time is set. */
static void set_over(struct index *index, const struct index_entry *entry, int64_t over_ns)
{
    agenda_set(&index->ends, entry->slot, over_ns < DUE_NEVER ? over_ns : DUE_NEVER - 1);
}

int64_t index_set_end(struct index *index, struct index_entry *entry, int64_t now_ns)
{
    const struct stored_batch *batch = entry->batch;
    int64_t end_ns = atomic_load_explicit(&batch->progress.ended_ns, memory_order_relaxed);
    int64_t late_ns = 0;

    end_ns = saturate_add_ns(end_ns, batch->terms.accepted_ns);
    if (now_ns > end_ns && !__builtin_sub_overflow(now_ns, end_ns, &late_ns))
        end_ns = now_ns;
    end_ns = saturate_add_ns(end_ns, batch->terms.retain_ns);
    if (!agenda_has(&index->ends, entry->slot))
        index->n_running--;
    entry->over_ns = end_ns;
    set_over(index, entry, end_ns);
    return late_ns;
}

void index_put_off(struct index *index, struct index_entry *entry)
{
    entry->is_put_off = true;
    set_over(index, entry, DUE_NEVER);
}

void index_put_back(struct index *index, struct index_entry *entry)
{
    entry->is_put_off = false;
    set_over(index, entry, entry->over_ns);
}

int64_t index_next_over(const struct index *index)
{
    int64_t due_ns = agenda_next_due(&index->ends);

    return due_ns < DUE_NEVER - 1 ? due_ns : DUE_NEVER;
}

struct index_entry *index_first_over(const struct index *index, int64_t now_ns)
{
    return agenda_first_due(&index->ends, now_ns);
}

/* ---- Answers ------------------------------------------------------------------------------- */

bool index_refuse_full(const struct index *index, struct store_query *query)
{
    uint64_t max_kept = atomic_load_explicit(&index->store->max_kept, memory_order_relaxed);
    uint64_t max_bytes = atomic_load_explicit(&index->store->max_bytes, memory_order_relaxed);
    uint64_t n_kept = atomic_load_explicit(&index->store->n_kept, memory_order_relaxed);
    uint64_t n_bytes = atomic_load_explicit(&index->store->n_bytes, memory_order_relaxed);

    if (max_kept > 0 && n_kept >= max_kept)
        store_refuse(query, FAULT_OVERLOADED,
                     "the daemon keeps at most %" PRIu64 " detached batches (max-detached), and "
                     "that many are kept; try again later",
                     max_kept);
    else if (max_bytes > 0 && (n_bytes > max_bytes || query->text->len > max_bytes - n_bytes))
        store_refuse(query, FAULT_OVERLOADED,
                     "the daemon keeps at most %" PRIu64 " bytes of detached requests (max-state), "
                     "and with this one there are more; try again later",
                     max_bytes);
    else
        return false;
    return true;
}

bool index_knows_gone(const struct index *index, const struct principal *requester, const char *ref)
{
    const struct principal *owner = gone_owner(&index->gone, ref);

    return owner != NULL && principal_may_see(requester, owner);
}

void index_refuse_absent(const struct index *index, struct store_query *query, const char *ref)
{
    const struct principal *owner = gone_owner(&index->gone, ref);

    if (owner != NULL && principal_may_see(query->requester, owner))
        store_refuse(query, FAULT_GONE,
                     "the batch %s is no longer kept: its time is over, or it was forgotten", ref);
    else
        store_refuse(query, FAULT_NOT_FOUND, "there is no batch of that ref here");
}

struct index_entry *index_find_visible(const struct index *index, struct store_query *query)
{
    struct index_entry *entry = index_by_ref(index, query->requester, query->ref);

    if (entry == NULL)
        index_refuse_absent(index, query, query->ref);
    return entry;
}

bool index_refuse_running(struct store_query *query, const struct stored_batch *batch)
{
    int state = atomic_load_explicit(&batch->progress.state, memory_order_acquire);

    if (state == STORED_FINISHED)
        return false;
    store_refuse(query, FAULT_CONFLICT, "\"ref\" takes a batch that has finished, and %s is %s",
                 batch->ref, state == STORED_FOREIGN ? "of another engine version" : "running");
    return true;
}

void index_refuse_conflict(struct store_query *query, const struct stored_batch *batch)
{
    store_refuse(query, FAULT_CONFLICT,
                 "\"key\" takes one that no other request has, and the batch %s has this one "
                 "with another request",
                 batch->ref);
}

/* ---- Listing ------------------------------------------------------------------------------- */

static bool is_listed(struct store_query *query, const struct stored_batch *batch)
{
    const struct store_filter *filter = &query->filter;
    int state = atomic_load_explicit(&batch->progress.state, memory_order_acquire);

    if (!principal_may_see(query->requester, batch->owner) ||
        (filter->ref[0] != '\0' && strcmp(filter->ref, batch->ref) != 0))
        return false;
    if (state == STORED_UNSEEN) {
        query->has_unseen |=
            !atomic_load_explicit(&batch->progress.is_not_run, memory_order_relaxed);
        state = STORED_RUNNING;
    }
    return !filter->has_state || state == (int)filter->state;
}

/* Adds it to the page if it is listed.  Whether there was room for it. */
static bool put_on_page(struct store_query *query, struct stored_batch *batch)
{
    uint32_t most = query->filter.most < STORE_PAGE_MAX ? query->filter.most : STORE_PAGE_MAX;

    if (!is_listed(query, batch))
        return true;
    if (query->n_page == most) {
        query->more = true;
        return false;
    }
    query->page[query->n_page++] = stored_hold(batch);
    query->next_order = batch->order;
    return true;
}

static void list_from(const struct index *index, struct store_query *query, uint64_t after)
{
    bool newest_first = query->filter.newest_first;
    size_t i;

    if (newest_first)
        i = after > 0 ? place_from(index, after) : index->n_places;
    else
        i = place_from(index, after + 1);
    for (unsigned looked = 0; newest_first ? i > 0 : i < index->n_places; looked++) {
        const struct index_place *place = &index->places[newest_first ? --i : i++];

        if (looked == LOOKS_A_PAGE) {
            query->more = true;
            return;
        }
        if (place->entry != NULL && !place->entry->is_hidden &&
            !put_on_page(query, place->entry->batch))
            return;
        query->next_order = place->order;
    }
}

bool index_list(const struct index *index, struct store_query *query)
{
    const struct store_filter *filter = &query->filter;
    const struct index_entry *one;
    uint64_t after = filter->after_order;

    if (after == 0 && filter->after[0] != '\0') {
        one = index_by_ref(index, query->requester, filter->after);
        if (one == NULL) {
            store_refuse(query, FAULT_NOT_FOUND, "\"after\" takes the ref of a batch that is kept");
            return false;
        }
        after = one->batch->order;
    }
    if (filter->ref[0] == '\0') {
        list_from(index, query, after);
        return true;
    }
    one = index_by_ref(index, query->requester, filter->ref);
    if (one != NULL && (after == 0 || (filter->newest_first ? one->batch->order < after
                                                            : one->batch->order > after)))
        (void)put_on_page(query, one->batch);
    return true;
}

/* ---- The index itself ------------------------------------------------------------------ */

void index_init(struct index *index, struct store *store)
{
    *index = (struct index){.store = store};
    random_key(index->hash_key);
}

void index_fini(struct index *index)
{
    for (uint32_t slot = 0; slot < index->ends.slots.n; slot++)
        if (entry_at(index, slot) != NULL)
            drop(index, entry_at(index, slot));
    free(index->places);
    agenda_fini(&index->ends);
    hash_fini(&index->by_ref);
    hash_fini(&index->by_key);
    gone_fini(&index->gone);
}
