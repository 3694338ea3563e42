/* SPDX-License-Identifier: ISC */

/* Who follows a batch: at its live end, or behind it by a replay. */

#include "daemon/session/registry_internal.h"

/* How much a history may hold for those who are slow to read it, for each byte that a
 * client may leave unread; records are several times smaller than their text. */
#define HELD_FACTOR 4

static void set_stage(struct registry_follower *follower, enum registry_stage stage)
{
    follower->stage = stage;
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
    follower->stage = REGISTRY_LIVE;
    return 0;
}

static bool has_finished(const struct registry_entry *entry, uint64_t *last)
{
    const struct kept_progress *progress = &entry->kept->progress;

    *last = atomic_load_explicit(&progress->last, memory_order_relaxed);
    return atomic_load_explicit(&progress->state, memory_order_acquire) == KEPT_FINISHED;
}

/* Where it stands once the plan is there. */
void registry_set_off(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;
    uint64_t last;

    if (entry->suspended) {
        set_stage(follower, REGISTRY_SUSPENDED);
        return;
    }
    if (has_finished(entry, &last) && follower->last_seq >= last) {
        set_stage(follower, REGISTRY_BEYOND);
        return;
    }
    if (entry->live != NULL && !replica_is_finished(entry->live) &&
        follower->last_seq >= replica_history(entry->live)->next_seq && join(follower) == 0)
        follower->changed(follower);
    else
        set_stage(follower, REGISTRY_BEHIND);
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

/* ---- Replays ------------------------------------------------------------------------------ */

int registry_replay_begin(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;

    follower->replay = replica_new(entry->kept, entry->plan);
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
    follower->stage = REGISTRY_REPLAYING;
    return 0;
}

/* How far it may go: to where the live one has come, or as far as time has. */
static int64_t replay_until(const struct registry_follower *follower)
{
    const struct registry_entry *entry = follower->entry;
    uint64_t last;

    if (has_finished(entry, &last))
        return INT64_MAX;
    if (entry->live != NULL)
        return replica_reached(entry->live);
    return kept_reach(entry->kept, registry_elapsed(entry->registry, entry->kept));
}

/* It has caught up with the live replica, or becomes it. */
static void catch_up(struct registry_follower *follower)
{
    struct registry_entry *entry = follower->entry;

    if (entry->live == NULL) {
        entry->live = follower->replay;
        follower->replay = NULL;
        registry_schedule(entry);
    } else if (outbox_watch_is_drained(&follower->watch) &&
               replica_history(entry->live)->next_seq ==
                   replica_history(follower->replay)->next_seq) {
        outbox_watch_move(&follower->watch, replica_history(entry->live));
        replica_free(follower->replay);
        follower->replay = NULL;
    } else {
        return; /* what it has to read comes first */
    }
    set_stage(follower, REGISTRY_LIVE);
}

bool registry_replay_is_due(const struct registry_follower *follower)
{
    const struct registry_entry *entry = follower->entry;
    int64_t due_ns = replica_next_due(follower->replay);

    if (replica_is_finished(follower->replay))
        return false;
    if (due_ns <= 0 || entry->live == NULL)
        return true;
    return due_ns <= replay_until(follower) || outbox_watch_is_drained(&follower->watch);
}

size_t registry_replay_work(struct registry_follower *follower, size_t budget)
{
    int64_t until_ns = replay_until(follower);
    struct replica_progress progress;
    size_t spent = 1;

    if (until_ns < 0)
        return spent;
    spent = replica_work(follower->replay, until_ns, budget, &progress);
    follower->watch.ended = replica_is_finished(follower->replay);
    outbox_notice(&follower->watch);
    if (follower->watch.ended) {
        set_stage(follower, follower->last_seq < replica_history(follower->replay)->next_seq
                                ? REGISTRY_ENDED
                                : REGISTRY_BEYOND);
        return spent;
    }
    if (replica_reached(follower->replay) >= until_ns &&
        replica_next_due(follower->replay) > until_ns)
        catch_up(follower);
    return spent;
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
        set_stage(at, REGISTRY_BEHIND);
    }
}

void registry_tell_followers(struct registry_entry *entry)
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
            set_stage(at, REGISTRY_BEYOND);
        else if (finished)
            set_stage(at, REGISTRY_ENDED);
        else if (!outbox_watch_is_drained(&at->watch))
            at->changed(at);
    }
    cut_slow(entry);
}
