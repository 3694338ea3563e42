/* SPDX-License-Identifier: ISC */
#include "daemon/session/registry.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/session/registry_internal.h"
#include "proto/due.h"

static struct registry_entry *entry_at(const struct registry *registry, uint32_t slot)
{
    return registry->agenda.slots.items[slot];
}

/* ---- By ref ---------------------------------------------------------------------------- */

static uint64_t hash_of_ref(const struct registry *registry, const char *ref)
{
    return hash_bytes(registry->config.hash_key, ref, strlen(ref));
}

static uint64_t hash_of_entry(const void *registry, uint32_t slot)
{
    return entry_at(registry, slot)->ref_hash;
}

static bool is_entry(const void *registry, uint32_t slot, const void *ref)
{
    return strcmp(entry_at(registry, slot)->stored->ref, ref) == 0;
}

/* The one of that ref if it is here, or NULL. */
static struct registry_entry *find(const struct registry *registry, const char *ref)
{
    uint32_t slot =
        hash_find(&registry->by_ref, hash_of_ref(registry, ref), is_entry, registry, ref);

    return slot != HASH_NONE ? entry_at(registry, slot) : NULL;
}

/* ---- The registry ---------------------------------------------------------------------- */

struct registry *registry_new(const struct registry_config *config)
{
    struct registry *registry = calloc(1, sizeof(*registry));

    if (registry == NULL)
        return NULL;
    registry->config = *config;
    registry->account = (struct account){.limits = config->limits, .ledger = config->ledger};
    registry->put_back_end = &registry->put_back;
    registry->retry_ns = DUE_NEVER;
    return registry;
}

static void unlist(struct registry_entry *entry)
{
    if (!entry->unlisted)
        hash_remove(&entry->registry->by_ref, entry->slot, hash_of_entry, entry->registry);
    entry->unlisted = true;
}

/* Where no loop is its home, how far it was is not how far it is once none runs it any more. */
static void stop_showing(struct registry_entry *entry)
{
    struct stored_progress *progress = &entry->stored->progress;
    const struct store *store = entry->registry->config.store;
    int running = STORED_RUNNING;

    if (atomic_fetch_sub_explicit(&progress->runners, 1, memory_order_acq_rel) == 1 &&
        store != NULL && store->is_cluster)
        (void)atomic_compare_exchange_strong_explicit(&progress->state, &running, STORED_UNSEEN,
                                                      memory_order_acq_rel, memory_order_relaxed);
}

static void free_entry(struct registry_entry *entry)
{
    struct registry *registry = entry->registry;

    unlist(entry);
    stop_showing(entry);
    if (registry->config.store != NULL) /* which may be gone before its registries */
        atomic_fetch_sub_explicit(&registry->config.store->n_served, 1, memory_order_relaxed);
    agenda_remove(&registry->agenda, entry->slot);
    for (struct registry_entry **at = &registry->held; entry->is_held; at = &(*at)->next_held)
        if (*at == entry) {
            *at = entry->next_held;
            break;
        }
    registry_release(entry);
    replica_free(entry->live);
    replica_free(entry->probe);
    request_reader_free(entry->reader);
    stored_text_release(entry->text);
    plan_free(entry->plan);
    stored_release(entry->stored);
    free(entry);
}

/* Who asked gets no answer. */
static void give_up_queries(struct store_query *queries)
{
    struct store_query *next;

    for (struct store_query *query = queries; query != NULL; query = next) {
        next = query->next;
        if (query->context != NULL && query->kind < STORE_RESUME) {
            struct registry_inquiry *inquiry = query->context;

            query->answer = STORE_UNKNOWN;
            inquiry->answer(inquiry, query);
        } else {
            store_query_free(query);
        }
    }
}

void registry_free(struct registry *registry)
{
    if (registry == NULL)
        return;
    registry->config.store = NULL;
    for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++)
        if (entry_at(registry, slot) != NULL)
            free_entry(entry_at(registry, slot));
    give_up_queries(registry->put_back);
    give_up_queries(store_fetch(registry->config.port));
    agenda_fini(&registry->agenda);
    hash_fini(&registry->by_ref);
    free(registry);
}

void registry_set_time(struct registry *registry, const struct registry_time *time)
{
    registry->time = *time;
}

struct account *registry_account(struct registry *registry)
{
    return &registry->account;
}

int64_t registry_now(const struct registry *registry)
{
    return registry->time.now_ns;
}

int64_t registry_store_now(const struct registry *registry)
{
    return store_now(registry->config.store, registry->time.boot_ns);
}

void registry_date(const struct registry *registry, int64_t now_ns, struct stored_terms *terms)
{
    int64_t since_ns = now_ns > registry->time.now_ns ? now_ns - registry->time.now_ns : 0;

    terms->accepted_ns = registry_store_now(registry) + since_ns;
    terms->wall_ns = registry->time.wall_ns + since_ns;
}

int64_t registry_elapsed(const struct registry *registry, const struct stored_batch *batch)
{
    int64_t elapsed_ns = registry_store_now(registry) - batch->terms.accepted_ns;

    return elapsed_ns > 0 ? elapsed_ns : 0;
}

int64_t registry_next_due(const struct registry *registry)
{
    int64_t due_ns = agenda_next_due(&registry->agenda);

    if (registry->retry_ns < due_ns)
        due_ns = registry->retry_ns;
    if (due_ns == DUE_NEVER)
        return DUE_NEVER;
    return due_ns <= 0 ? 0 : due_ns - store_now(registry->config.store, 0);
}

bool registry_is_idle(const struct registry *registry)
{
    return registry->n_transient == 0;
}

/* ---- Entries --------------------------------------------------------------------------- */

static struct registry_entry *make_entry(struct registry *registry, struct stored_batch *batch)
{
    struct registry_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->registry = registry;
    entry->stored = batch;
    if (agenda_reserve(&registry->agenda) != 0) {
        free(entry);
        return NULL;
    }
    entry->slot = agenda_add(&registry->agenda, entry);
    entry->ref_hash = hash_of_ref(registry, batch->ref);
    if (hash_add(&registry->by_ref, entry->ref_hash, entry->slot, hash_of_entry, registry) != 0) {
        agenda_remove(&registry->agenda, entry->slot);
        free(entry);
        return NULL;
    }
    atomic_fetch_add_explicit(&registry->config.store->n_served, 1, memory_order_relaxed);
    stored_hold(batch);
    atomic_fetch_add_explicit(&batch->progress.runners, 1, memory_order_acq_rel);
    entry->suspended = registry_is_over_for(registry, batch);
    return entry;
}

static void settle_home(struct registry_entry *entry)
{
    entry->is_home = true;
    if (entry->stored->durable == STORED_DURABLE_NO)
        entry->registry->n_transient++;
    ledger_count_batch(entry->registry->config.ledger);
}

struct registry_entry *registry_adopt_take(struct registry *registry, struct stored_batch *batch,
                                           struct plan *plan, int64_t heartbeat_ns, uint64_t text)
{
    struct registry_entry *entry = make_entry(registry, batch);

    if (entry == NULL)
        return NULL;
    entry->live = replica_new(batch, plan);
    if (entry->live == NULL) {
        free_entry(entry);
        return NULL;
    }
    entry->plan = plan;
    entry->heartbeat_ns = heartbeat_ns;
    entry->taken_text = text;
    settle_home(entry);
    stats_accepted(registry->config.stats, batch->terms.jobs);
    registry_schedule(entry);
    return entry;
}

struct registry_entry *registry_open(struct registry *registry, struct stored_batch *batch,
                                     struct stored_text *text)
{
    struct registry_entry *entry = find(registry, batch->ref);

    if (entry != NULL)
        return entry;
    entry = make_entry(registry, batch);
    if (entry == NULL)
        return NULL;
    entry->text = stored_text_hold(text);
    registry_set_due(entry, 0);
    return entry;
}

bool registry_is_over_for(const struct registry *registry, const struct stored_batch *batch)
{
    return registry->draining && batch->durable != STORED_DURABLE_NO;
}

bool registry_resumes(const struct registry *registry)
{
    return !registry->draining && !registry->config.store->is_cluster;
}

struct stored_batch *registry_stored(const struct registry_entry *entry)
{
    return entry->stored;
}

int64_t registry_heartbeat(const struct registry_entry *entry)
{
    return entry->heartbeat_ns;
}

uint32_t registry_pending(const struct registry_entry *entry)
{
    if (entry->live != NULL)
        return replica_pending(entry->live);
    return atomic_load_explicit(&entry->stored->progress.pending, memory_order_relaxed);
}

void registry_set_due(struct registry_entry *entry, int64_t due_ns)
{
    agenda_set(&entry->registry->agenda, entry->slot, due_ns);
}

void registry_hold(struct registry_entry *entry)
{
    registry_set_due(entry, registry_probe_is_due(entry) ? 0 : DUE_NEVER);
    if (entry->is_held)
        return;
    entry->is_held = true;
    entry->next_held = entry->registry->held;
    entry->registry->held = entry;
}

bool registry_drop_if_idle(struct registry_entry *entry)
{
    bool runs = entry->is_home && !entry->end_reported && !entry->suspended;

    if (runs || entry->followers != NULL || entry->cancels != NULL)
        return false;
    free_entry(entry);
    return true;
}

/* ---- What the store sends ---------------------------------------------------------------- */

/* False when out of memory. */
static bool resume(struct registry *registry, const struct store_query *query)
{
    struct registry_entry *entry = registry_open(registry, query->batch, query->text);
    uint32_t jobs;

    if (entry == NULL)
        return false;
    if (entry->is_home)
        return true;
    jobs = query->batch->terms.jobs; /* whatever other loops have found out already */
    ledger_force_jobs(&registry->account, jobs);
    stats_resumed(registry->config.stats, jobs);
    settle_home(entry);
    return true;
}

static void take_cancelled(struct registry *registry, const struct stored_batch *batch)
{
    struct registry_entry *entry = find(registry, batch->ref);

    if (entry != NULL && entry->plan != NULL)
        registry_schedule(entry);
}

void registry_suspend(struct registry_entry *entry, enum registry_stage stage)
{
    struct registry_follower *next;

    for (struct registry_follower *at = entry->followers; at != NULL; at = next) {
        next = at->next;
        registry_set_stage(at, stage);
    }
}

static void suspend(struct registry *registry, const struct stored_batch *batch)
{
    if (batch != NULL) {
        struct registry_entry *entry = find(registry, batch->ref);

        if (entry != NULL)
            registry_suspend(entry, REGISTRY_SUSPENDED);
        return;
    }
    for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++)
        if (entry_at(registry, slot) != NULL)
            registry_suspend(entry_at(registry, slot), REGISTRY_SUSPENDED);
}

/* What was run of it is void. */
static void discard_entry(struct registry_entry *entry)
{
    unlist(entry);
    registry_release(entry);
    entry->end_reported = entry->suspended = true;
    registry_set_due(entry, DUE_NEVER);
    registry_suspend(entry, REGISTRY_SUSPENDED);
    registry_give_up_cancels(entry, REGISTRY_VOID);
    (void)registry_drop_if_idle(entry);
}

static void discard(struct registry *registry, const struct stored_batch *batch)
{
    for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++) {
        struct registry_entry *entry = entry_at(registry, slot);

        if (entry != NULL && (batch == NULL || entry->stored == batch))
            discard_entry(entry);
    }
}

static void handle(struct registry *registry, struct store_query *query)
{
    struct registry_inquiry *inquiry = query->context;

    if (query->kind < STORE_RESUME && inquiry != NULL) {
        inquiry->answer(inquiry, query); /* which is the inquiry's now */
        return;
    }
    if (query->kind == STORE_RESUME && !resume(registry, query)) {
        registry_put_back(registry, query);
        return;
    }
    if (query->kind == STORE_CANCELLED)
        take_cancelled(registry, query->batch);
    else if (query->kind == STORE_SUSPEND)
        suspend(registry, query->batch);
    else if (query->kind == STORE_DISCARD)
        discard(registry, query->batch);
    store_query_free(query);
}

/* Those that the store kept from going on look again. */
static void release_held(struct registry *registry)
{
    while (registry->held != NULL) {
        struct registry_entry *entry = registry->held;

        registry->held = entry->next_held;
        entry->is_held = false;
        registry_set_due(entry, 0);
    }
}

static void handle_all(struct registry *registry, struct store_query *queries)
{
    struct store_query *next;

    for (struct store_query *query = queries; query != NULL; query = next) {
        next = query->next;
        handle(registry, query);
    }
}

void registry_receive(struct registry *registry)
{
    handle_all(registry, store_fetch(registry->config.port));
    if (atomic_exchange_explicit(&registry->config.port->recheck, false, memory_order_acquire))
        for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++)
            if (entry_at(registry, slot) != NULL && entry_at(registry, slot)->plan != NULL)
                registry_schedule(entry_at(registry, slot));
    release_held(registry);
    registry_replay_next(registry);
}

/* ---- What there was no memory for -------------------------------------------------------- */

void registry_retry_later(struct registry *registry)
{
    registry->retry_ns = registry_store_now(registry) + REGISTRY_RETRY_NS;
}

void registry_put_back(struct registry *registry, struct store_query *query)
{
    query->next = NULL;
    *registry->put_back_end = query;
    registry->put_back_end = &query->next;
    registry_retry_later(registry);
}

static void try_again(struct registry *registry)
{
    struct store_query *queries = registry->put_back;

    registry->retry_ns = DUE_NEVER;
    registry->put_back = NULL;
    registry->put_back_end = &registry->put_back;
    handle_all(registry, queries);
    registry_replay_next(registry);
}

void registry_work(struct registry *registry, size_t budget)
{
    int64_t now_ns = registry_store_now(registry);
    struct registry_entry *entry;
    size_t spent = 0;

    if (registry->retry_ns <= now_ns)
        try_again(registry);
    while (spent < budget && (entry = agenda_first_due(&registry->agenda, now_ns)) != NULL)
        spent += registry_work_on(entry, budget - spent);
}

struct store_query *registry_query_new(struct registry *registry, enum store_kind kind,
                                       struct principal *requester,
                                       struct registry_inquiry *inquiry)
{
    struct store_query *query = store_query_new(kind, registry->config.port, inquiry);

    if (query != NULL)
        query->requester = principal_hold(requester);
    return query;
}

void registry_query(struct registry *registry, struct store_query *query)
{
    store_query(registry->config.store, query);
}

/* ---- The end of the daemon ---------------------------------------------------------------- */

void registry_drain(struct registry *registry)
{
    registry->draining = true;
    for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++) {
        struct registry_entry *entry = entry_at(registry, slot);

        if (entry == NULL || !registry_is_over_for(registry, entry->stored))
            continue;
        entry->suspended = true;
        registry_set_due(entry, DUE_NEVER);
        registry_suspend(entry, REGISTRY_SUSPENDED);
        registry_give_up_cancels(entry, REGISTRY_UNKNOWN);
    }
}

void registry_cancel_all(struct registry *registry)
{
    for (uint32_t slot = 0; slot < registry->agenda.slots.n; slot++) {
        struct registry_entry *entry = entry_at(registry, slot);
        struct store_query *query;

        if (entry == NULL || !entry->is_home || entry->end_reported ||
            entry->stored->durable != STORED_DURABLE_NO)
            continue;
        query = store_query_new(STORE_CANCEL, registry->config.port, NULL);
        if (query == NULL)
            continue; /* it ends with the process */
        query->batch = stored_hold(entry->stored);
        query->whole = true;
        registry_query(registry, query);
    }
}
