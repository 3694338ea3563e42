/* SPDX-License-Identifier: ISC */

/*
 * Those who are behind a batch's live end, and who of them may replay it.  Replays are
 * limited over all loops, and each loop has a queue of its own: who gives one up rings all of
 * them.  A loop that finds the limit reached has counted itself among those behind before, and
 * who gives one up looks for those afterwards, so that no ring is missed.
 */

#include "daemon/session/registry_internal.h"

/* ---- In order ---------------------------------------------------------------------------- */

static void enqueue(struct registry *registry, struct registry_follower *follower)
{
    follower->waits = true;
    follower->next_waiting = NULL;
    follower->before_waiting = registry->last_waiting;
    if (registry->last_waiting != NULL)
        registry->last_waiting->next_waiting = follower;
    else
        registry->first_waiting = follower;
    registry->last_waiting = follower;
}

void registry_replay_withdraw(struct registry_follower *follower)
{
    struct registry *registry;

    if (!follower->waits)
        return;
    registry = follower->entry->registry;
    follower->waits = false;
    if (follower->before_waiting != NULL)
        follower->before_waiting->next_waiting = follower->next_waiting;
    else
        registry->first_waiting = follower->next_waiting;
    if (follower->next_waiting != NULL)
        follower->next_waiting->before_waiting = follower->before_waiting;
    else
        registry->last_waiting = follower->before_waiting;
}

static int begin(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;

    follower->replay = replica_new(entry->stored, entry->plan);
    if (follower->replay == NULL)
        return -1;
    if (outbox_watch_begin(follower->outbox, &follower->watch, replica_history(follower->replay)) !=
        0) {
        replica_free(follower->replay);
        follower->replay = NULL;
        return -1;
    }
    follower->watch.is_follower = true;
    follower->watch.cursor.skip_seq = follower->last_seq;
    return 0;
}

static void release_place(struct registry *registry)
{
    struct ledger *ledger = registry->config.ledger;

    ledger_release_replay(ledger);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&ledger->replays_waiting, memory_order_relaxed) > 0)
        store_ring(registry->config.store);
}

void registry_replay_pause(struct registry_follower *follower)
{
    if (!follower->has_place)
        return;
    follower->has_place = false;
    release_place(follower->entry->registry);
}

void registry_replay_next(struct registry *registry)
{
    struct ledger *ledger = registry->config.ledger;
    struct registry_follower *follower;

    while ((follower = registry->first_waiting) != NULL) {
        atomic_thread_fence(memory_order_seq_cst);
        if (!ledger_reserve_replay(ledger, registry->config.limits->max_replays))
            return;
        if (follower->stage == REGISTRY_BEHIND && begin(follower) != 0) {
            ledger_release_replay(ledger);
            registry_retry_later(registry);
            return;
        }
        follower->has_place = true;
        registry_set_stage(follower, REGISTRY_REPLAYING);
    }
}

void registry_replay_seek(struct registry_follower *follower)
{
    struct registry *registry = follower->entry->registry;

    if (follower->waits)
        return;
    enqueue(registry, follower);
    registry_replay_next(registry);
}

/* Whether it may go on, at once. */
static bool resume(struct registry_follower *follower)
{
    if (follower->has_place)
        return true;
    ledger_count_waiting_replay(follower->entry->registry->config.ledger);
    registry_replay_seek(follower);
    return follower->has_place;
}

/* ---- Replaying --------------------------------------------------------------------------- */

/* How far it may run: to where the live one is, or as far as time is. */
static int64_t replay_until(const struct registry_follower *follower)
{
    const struct registry_entry *entry = follower->entry;
    uint64_t last;

    if (registry_has_finished(entry, &last))
        return INT64_MAX;
    if (entry->live != NULL)
        return replica_reached(entry->live);
    return stored_reach(entry->stored, registry_elapsed(entry->registry, entry->stored));
}

/* All that the live replica has come to has been read from the replay. */
static bool is_level(const struct registry_follower *follower)
{
    return outbox_watch_is_drained(&follower->watch) &&
           replica_history(follower->entry->live)->next_seq ==
               replica_history(follower->replay)->next_seq;
}

/* It has caught up with the live replica, or becomes it. */
static void catch_up(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;

    if (entry->live == NULL) {
        entry->live = follower->replay;
        follower->replay = NULL;
        registry_schedule(entry);
    } else if (is_level(follower)) {
        outbox_watch_move(&follower->watch, replica_history(entry->live));
        replica_free(follower->replay);
        follower->replay = NULL;
    } else {
        return; /* what it has to read is first */
    }
    registry_set_stage(follower, REGISTRY_LIVE);
}

void registry_replay_wake(struct registry_entry *entry)
{
    for (struct registry_follower *at = entry->followers; at != NULL; at = at->next)
        if (at->stage == REGISTRY_REPLAYING)
            at->changed(at);
}

bool registry_replay_is_due(const struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;
    int64_t due_ns = replica_next_due(follower->replay);

    if (replica_is_finished(follower->replay) || follower->waits)
        return false;
    if (replay_until(follower) < 0) {
        if (entry->live == NULL) /* else that one is at its first instant still */
            registry_hold(entry);
        return false;
    }
    if (due_ns <= 0 || entry->live == NULL)
        return true;
    return due_ns <= replay_until(follower) || is_level(follower);
}

size_t registry_replay_work(struct registry_follower *follower, size_t budget)
{
    int64_t until_ns = replay_until(follower);
    struct replica_progress progress;
    size_t spent = 1;

    if (until_ns < 0 || !resume(follower))
        return spent;
    spent = replica_work(follower->replay, until_ns, budget, NULL, &progress);
    registry_report_cancels(follower->entry, follower->replay);
    follower->watch.ended = replica_is_finished(follower->replay);
    outbox_notice(&follower->watch);
    if (follower->watch.ended) {
        /* Without memory for it the batch's home reports it a little later. */
        (void)registry_report_end(follower->entry, follower->replay);
        registry_set_stage(follower,
                           follower->last_seq < replica_history(follower->replay)->next_seq
                               ? REGISTRY_ENDED
                               : REGISTRY_BEYOND);
        return spent;
    }
    if (replica_reached(follower->replay) >= until_ns &&
        replica_next_due(follower->replay) > until_ns)
        catch_up(follower);
    if (follower->stage == REGISTRY_REPLAYING && !registry_replay_is_due(follower))
        registry_replay_pause(follower);
    return spent;
}
