/* SPDX-License-Identifier: ISC */

/* Who follows a batch, and those who do at its live end. */

#include "daemon/session/registry_internal.h"

/* How much a history may hold for those who are slow to read it, for each byte that a
 * client may leave unread; records are several times smaller than their text. */
#define HELD_FACTOR 4

/* Counts those who are behind, and the replays. */
static void enter_stage(struct registry_follower *follower, enum registry_stage stage)
{
    struct registry *registry = follower->entry->registry;
    enum registry_stage before = follower->stage;

    follower->stage = stage;
    if (before == REGISTRY_BEHIND ? stage != REGISTRY_BEHIND : follower->waits) {
        registry_replay_withdraw(follower);
        ledger_uncount_waiting_replay(registry->config.ledger);
    }
    if (before != REGISTRY_BEHIND && stage == REGISTRY_BEHIND)
        ledger_count_waiting_replay(registry->config.ledger);
    if (stage != REGISTRY_REPLAYING)
        registry_replay_pause(follower);
}

void registry_set_stage(struct registry_follower *follower, enum registry_stage stage)
{
    enter_stage(follower, stage);
    follower->changed(follower);
}

/* Joins the live replica, all that came before being read or not wanted. */
static int join(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;

    if (outbox_watch_begin(follower->outbox, &follower->watch, replica_history(entry->live)) != 0)
        return -1;
    follower->watch.is_follower = true;
    follower->watch.cursor.skip_seq = follower->last_seq;
    enter_stage(follower, REGISTRY_LIVE);
    return 0;
}

bool registry_has_finished(const struct registry_entry *entry, uint64_t *last)
{
    const struct stored_progress *progress = &entry->stored->progress;

    *last = atomic_load_explicit(&progress->last, memory_order_relaxed);
    return atomic_load_explicit(&progress->state, memory_order_acquire) == STORED_FINISHED;
}

/* All that it has not been sent, from that event on, is still ahead. */
static bool is_at_live_end(const struct registry_entry *entry, uint64_t from)
{
    return entry->live != NULL && !replica_is_finished(entry->live) &&
           from > replica_history(entry->live)->next_seq;
}

bool registry_needs_replay(const struct registry_entry *entry, uint64_t from)
{
    return !is_at_live_end(entry, from);
}

/* Its stage once the plan is there. */
void registry_set_off(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;
    uint64_t last;

    if (entry->suspended) {
        registry_set_stage(follower, REGISTRY_SUSPENDED);
        return;
    }
    if (registry_has_finished(entry, &last) && follower->last_seq >= last) {
        registry_set_stage(follower, REGISTRY_BEYOND);
        return;
    }
    if (is_at_live_end(entry, follower->last_seq + 1) && join(follower) == 0)
        follower->changed(follower);
    else
        registry_set_stage(follower, REGISTRY_BEHIND);
}

int registry_follow(struct registry_entry *entry, struct registry_follower *follower,
                    struct outbox *outbox, uint64_t from)
{
    follower->entry = entry;
    follower->outbox = outbox;
    follower->last_seq = from - 1;
    follower->stage = REGISTRY_READING;
    follower->before = NULL;
    follower->next = entry->followers;
    if (follower->next != NULL)
        follower->next->before = follower;
    entry->followers = follower;
    if (entry->plan != NULL || entry->suspended)
        registry_set_off(follower);
    return 0;
}

/* Lets go of what it reads from. */
static int stop_watching(struct registry_follower *follower)
{
    int result = 0;

    if (follower->watch.outbox != NULL)
        result = outbox_watch_settle(&follower->watch, &follower->last_seq);
    outbox_watch_end(&follower->watch);
    replica_free(follower->replay);
    follower->replay = NULL;
    return result;
}

int registry_leave(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;
    int result;

    if (entry == NULL)
        return 0;
    result = stop_watching(follower);
    enter_stage(follower, REGISTRY_ENDED);
    if (follower->before != NULL)
        follower->before->next = follower->next;
    else
        entry->followers = follower->next;
    if (follower->next != NULL)
        follower->next->before = follower->before;
    follower->entry = NULL;
    (void)registry_drop_if_idle(entry);
    return result;
}

/* ---- The live end ------------------------------------------------------------------------- */

/* Those who hold up the history go on by replays of their own. */
static void cut_slow(struct registry_entry *entry)
{
    struct history *history = replica_history(entry->live);
    uint64_t most = HELD_FACTOR * entry->registry->config.limits->max_backlog;
    struct registry_follower *next;
    uint64_t least = UINT64_MAX;

    if (history->held <= most)
        return;
    for (struct history_cursor *at = history->cursors; at != NULL; at = at->next)
        if (at->seq < least)
            least = at->seq;
    for (struct registry_follower *at = entry->followers; at != NULL; at = next) {
        next = at->next;
        if (at->stage != REGISTRY_LIVE || at->watch.cursor.seq > least)
            continue;
        if (outbox_watch_settle(&at->watch, &at->last_seq) != 0)
            continue; /* it keeps its place until there is memory */
        outbox_watch_end(&at->watch);
        registry_set_stage(at, REGISTRY_BEHIND);
    }
}

void registry_notify_followers(struct registry_entry *entry)
{
    bool finished = replica_is_finished(entry->live);
    struct registry_follower *next;

    for (struct registry_follower *at = entry->followers; at != NULL; at = next) {
        next = at->next;
        if (at->stage == REGISTRY_REPLAYING) {
            at->changed(at); /* there may be more to catch up with */
            continue;
        }
        if (at->stage != REGISTRY_LIVE)
            continue;
        at->watch.ended = finished;
        outbox_notice(&at->watch);
        if (finished && at->watch.cursor.skip_seq >= replica_history(entry->live)->next_seq)
            registry_set_stage(at, REGISTRY_BEYOND);
        else if (finished)
            registry_set_stage(at, REGISTRY_ENDED);
        else if (!outbox_watch_is_drained(&at->watch))
            at->changed(at);
    }
    cut_slow(entry);
}
