/* SPDX-License-Identifier: ISC */

/* Reading the texts of batches, running them, and reporting their ends. */

#include <stdlib.h>

#include "daemon/session/registry_internal.h"
#include "proto/due.h"

/* How much of a text is read at a time: bytes, and jobs between two calls. */
#define TEXT_BYTES ((size_t)65536)
#define TEXT_JOBS  4096

/* What a piece of a text counts as work. */
#define TEXT_WORK 512

/* ---- Reading ------------------------------------------------------------------------------ */

/* It was in order when it was accepted: nothing is held against the limits of today but what
 * its schedule depends on, which it has brought. */
static struct request_reader *make_reader(const struct registry_entry *entry)
{
    struct request_limits limits = request_default_limits;

    limits.max_bytes = UINT64_C(1) << 31;
    limits.max_depth = 1024;
    limits.max_string = limits.max_data = limits.max_dependencies = 0;
    limits.max_retain_ns = INT64_MAX;
    limits.max_pools = 0;
    limits.plan = (struct plan_limits){.max_jobs = UINT32_MAX - 1,
                                       .max_steps = UINT32_MAX,
                                       .max_wait_ns = entry->stored->terms.max_wait_ns,
                                       .max_summaries = entry->stored->terms.max_summaries};
    return request_reader_new(&limits, entry->registry->config.hash_key);
}

static void stop_reading(struct registry_entry *entry)
{
    request_reader_free(entry->reader);
    entry->reader = NULL;
    stored_text_release(entry->text);
    entry->text = NULL;
}

/* The plan is there: what waits for it continues. */
static void take_plan(struct registry_entry *entry, struct request *request)
{
    struct registry_follower *next;

    entry->plan = request->plan;
    plan_options(entry->plan)->seed = entry->stored->terms.seed;
    entry->heartbeat_ns = request->heartbeat_ns;
    free(request->text);
    stop_reading(entry);
    if (registry_wants_live(entry))
        entry->live = replica_new(entry->stored, entry->plan);
    registry_schedule(entry);
    for (struct registry_follower *at = entry->followers; at != NULL; at = next) {
        next = at->next;
        registry_set_off(at);
    }
}

static void refuse_text(struct registry_entry *entry)
{
    stop_reading(entry);
    registry_set_due(entry, DUE_NEVER);
    registry_release(entry);
    entry->end_reported = true; /* it is not run here */
    atomic_store_explicit(&entry->stored->progress.is_not_run, true, memory_order_relaxed);
    registry_suspend(entry, REGISTRY_DAMAGED);
    registry_give_up_cancels(entry, REGISTRY_UNREADABLE);
    (void)registry_drop_if_idle(entry);
}

/* Reads some of the text. */
static void read_text(struct registry_entry *entry)
{
    struct request request;
    struct fault fault;
    size_t len = entry->text->len - entry->text_at;

    if (entry->reader == NULL)
        entry->reader = make_reader(entry);
    if (entry->reader == NULL) {
        registry_set_due(entry, registry_store_now(entry->registry) + REGISTRY_RETRY_NS);
        return;
    }
    if (len > TEXT_BYTES)
        len = TEXT_BYTES;
    request_feed(entry->reader, entry->text->bytes + entry->text_at, len);
    switch (request_read(entry->reader, TEXT_JOBS, &request, &fault)) {
    case REQUEST_READY:
        take_plan(entry, &request);
        return;
    case REQUEST_MORE:
    case REQUEST_BUSY:
        entry->text_at += len - request_rest(entry->reader);
        request_feed(entry->reader, NULL, 0);
        return;
    case REQUEST_REFUSED:
        if (fault.code == FAULT_OVERLOADED) { /* out of memory: from the beginning again */
            request_reader_free(entry->reader);
            entry->reader = NULL;
            entry->text_at = 0;
            registry_set_due(entry, registry_store_now(entry->registry) + REGISTRY_RETRY_NS);
            return;
        }
        break;
    case REQUEST_BROKEN:
    case REQUEST_END:
        break;
    }
    refuse_text(entry);
}

/* ---- Running ------------------------------------------------------------------------------ */

void registry_schedule(struct registry_entry *entry)
{
    int64_t due_ns;

    if (entry->plan == NULL) {
        registry_set_due(entry, 0);
        return;
    }
    if (!entry->suspended && registry_probe_is_due(entry)) {
        registry_set_due(entry, 0);
        return;
    }
    if (entry->live == NULL || entry->suspended) {
        registry_set_due(entry, DUE_NEVER);
        return;
    }
    due_ns = replica_next_due(entry->live);
    if (due_ns != DUE_NEVER)
        due_ns = saturate_add_ns(due_ns, entry->stored->terms.accepted_ns);
    if (replica_is_starved(entry->live))
        due_ns = registry_store_now(entry->registry) + REGISTRY_RETRY_NS;
    registry_set_due(entry, due_ns);
}

void registry_release(struct registry_entry *entry)
{
    struct registry *registry = entry->registry;
    uint32_t left = entry->live != NULL ? replica_pending(entry->live) : entry->stored->terms.jobs;

    if (!entry->is_home || entry->end_reported)
        return;
    if (left > 0) { /* it continues elsewhere, or is lost: nothing of it ends here */
        if (entry->stored->durable == STORED_DURABLE_NO)
            stats_ended(registry->config.stats, JOB_CANCELLED, left);
        ledger_release_jobs(&registry->account, left);
    }
    ledger_release_text(&registry->account, entry->taken_text);
    entry->taken_text = 0;
    ledger_uncount_batch(registry->config.ledger);
    if (entry->stored->durable == STORED_DURABLE_NO)
        registry->n_transient--;
    entry->is_home = false;
}

/* Counts what ended, of a batch that is home here. */
static void count(struct registry_entry *entry, const struct replica_progress *progress)
{
    struct registry *registry = entry->registry;
    uint64_t sum = 0;

    for (unsigned status = 0; status < JOB_STATUSES; status++) {
        sum += progress->ended[status];
        if (progress->ended[status] > 0)
            stats_ended(registry->config.stats, (enum job_status)status, progress->ended[status]);
    }
    ledger_release_jobs(&registry->account, sum);
}

/* Never goes back: the replica of another loop may have come further. */
static void advance(struct stored_progress *progress, uint32_t pending, uint64_t last)
{
    uint32_t more = atomic_load_explicit(&progress->pending, memory_order_relaxed);
    uint64_t less = atomic_load_explicit(&progress->last, memory_order_relaxed);

    while (pending < more &&
           !atomic_compare_exchange_weak_explicit(&progress->pending, &more, pending,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
    while (last > less &&
           !atomic_compare_exchange_weak_explicit(&progress->last, &less, last,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* Notes how far it has come here, for those who list it. */
static void note(struct registry_entry *entry, const struct replica_progress *progress,
                 int64_t elapsed_ns)
{
    struct stored_progress *stored = &entry->stored->progress;
    int unseen = STORED_UNSEEN;

    if (progress->late_ns > atomic_load_explicit(&stored->late_ns, memory_order_relaxed))
        atomic_store_explicit(&stored->late_ns, progress->late_ns, memory_order_relaxed);
    advance(stored, replica_pending(entry->live), replica_history(entry->live)->next_seq);
    /* Only once it is as far as another life was. */
    if (replica_next_due(entry->live) > elapsed_ns)
        (void)atomic_compare_exchange_strong_explicit(&stored->state, &unseen, STORED_RUNNING,
                                                      memory_order_acq_rel, memory_order_relaxed);
}

bool registry_report_end(struct registry_entry *entry, struct replica *replica)
{
    struct registry *registry = entry->registry;
    struct stored_progress *progress = &entry->stored->progress;
    const struct batch_result *result = replica_result(replica);
    struct store_query *query;

    if (atomic_load_explicit(&progress->state, memory_order_acquire) == STORED_FINISHED)
        return true;
    query = store_query_new(STORE_END, registry->config.port, NULL);
    if (query == NULL)
        return false;
    query->batch = stored_hold(entry->stored);
    atomic_store_explicit(&progress->status, (int)result->status, memory_order_relaxed);
    atomic_store_explicit(&progress->ended_ns, result->predicted_ns, memory_order_relaxed);
    advance(progress, 0, replica_history(replica)->next_seq);
    if (atomic_exchange_explicit(&progress->state, STORED_FINISHED, memory_order_acq_rel) ==
        STORED_FINISHED)
        store_query_free(query); /* another loop was as quick */
    else
        registry_query(registry, query);
    return true;
}

/* The live replica has finished. */
static void end(struct registry_entry *entry)
{
    struct registry *registry = entry->registry;

    if (!registry_report_end(entry, entry->live)) {
        registry_set_due(entry, registry_store_now(registry) + REGISTRY_RETRY_NS);
        return;
    }
    if (!entry->is_home || entry->end_reported)
        return;
    stats_batch(registry->config.stats, replica_result(entry->live)->status);
    registry_release(entry);
    entry->end_reported = true;
}

void registry_give_up_cancels(struct registry_entry *entry, enum registry_fall why)
{
    struct registry_cancel *next;

    for (struct registry_cancel *at = entry->cancels; at != NULL; at = next) {
        next = at->next;
        at->entry = NULL;
        at->fallen(at, why, 0, 0);
    }
    entry->cancels = NULL;
}

/* Its place among the first n of the list, also where the answer that says so is still on its
 * way. */
static uint32_t place_of(struct registry_cancel *cancel, uint32_t n)
{
    while (cancel->place == REGISTRY_NO_PLACE && cancel->first < n)
        if (stored_cancel_at(cancel->entry->stored, cancel->first++).asked_by == cancel->asked_by)
            return cancel->first - 1;
    return cancel->place;
}

void registry_report_cancels(struct registry_entry *entry, const struct replica *replica)
{
    struct registry_cancel **at = &entry->cancels;

    while (*at != NULL) {
        struct registry_cancel *cancel = *at;
        uint32_t place = place_of(cancel, replica_n_cancels(replica));

        if (place >= replica_n_cancels(replica)) {
            at = &cancel->next;
            continue;
        }
        *at = cancel->next;
        cancel->entry = NULL;
        cancel->fallen(cancel, REGISTRY_FELL, stored_cancel_at(entry->stored, place).at_ns,
                       replica_cancelled(replica, place));
    }
}

void registry_await_cancel(struct registry_entry *entry, struct registry_cancel *cancel,
                           const void *asked_by)
{
    cancel->place = REGISTRY_NO_PLACE;
    cancel->first = stored_n_cancels(entry->stored);
    cancel->asked_by = asked_by;
    cancel->entry = entry;
    cancel->next = entry->cancels;
    entry->cancels = cancel;
    if (entry->live == NULL)
        registry_set_due(entry, 0); /* it is run from now on */
}

void registry_place_cancel(struct registry_cancel *cancel, uint32_t place)
{
    cancel->place = place;
    registry_set_due(cancel->entry, 0);
}

void registry_forget_cancel(struct registry_cancel *cancel)
{
    struct registry_entry *entry = cancel->entry;
    struct registry_cancel **at;

    if (entry == NULL)
        return;
    for (at = &entry->cancels; *at != cancel; at = &(*at)->next)
        continue;
    *at = cancel->next;
    cancel->entry = NULL;
    (void)registry_drop_if_idle(entry);
}

static size_t run(struct registry_entry *entry, size_t budget)
{
    struct registry *registry = entry->registry;
    struct replica_progress progress;
    int64_t elapsed_ns = registry_elapsed(registry, entry->stored);
    int64_t reach_ns = stored_reach(entry->stored, elapsed_ns);
    const struct replica_meter meter = {registry->config.stats, registry->time.now_ns, elapsed_ns};
    size_t spent = 1;

    if (reach_ns < 0) {
        registry_hold(entry);
        return spent;
    }
    spent = replica_work(entry->live, reach_ns, budget, entry->is_home ? &meter : NULL, &progress);
    if (entry->is_home)
        count(entry, &progress);
    if (registry_shows_progress(entry))
        note(entry, &progress, elapsed_ns);
    registry_schedule(entry);
    if (replica_is_finished(entry->live))
        end(entry);
    else if (replica_next_due(entry->live) > reach_ns && reach_ns < elapsed_ns &&
             replica_next_due(entry->live) <= elapsed_ns)
        registry_hold(entry);
    registry_report_cancels(entry, entry->live);
    registry_notify_followers(entry);
    (void)registry_drop_if_idle(entry);
    return spent;
}

size_t registry_work_on(struct registry_entry *entry, size_t budget)
{
    if (entry->suspended) {
        registry_set_due(entry, DUE_NEVER);
        return 1;
    }
    if (entry->text != NULL) {
        read_text(entry);
        return TEXT_WORK;
    }
    entry->probes = !entry->probes && registry_probe_is_due(entry);
    if (entry->probes)
        return registry_probe_work(entry, budget);
    if (entry->live == NULL && entry->plan != NULL && registry_wants_live(entry))
        entry->live = replica_new(entry->stored, entry->plan);
    if (entry->live == NULL && entry->plan != NULL && !registry_wants_live(entry)) {
        registry_replay_wake(entry);
        registry_schedule(entry);
        return 1;
    }
    if (entry->live == NULL) {
        registry_set_due(entry, registry_store_now(entry->registry) + REGISTRY_RETRY_NS);
        return 1;
    }
    return run(entry, budget);
}
