/* SPDX-License-Identifier: ISC */

/* The detached batches that a connection watches. */

#include "daemon/session/channel_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/due.h"
#include "proto/event_detached.h"

/* How many may wait for a replay, in all the daemon. */
#define REPLAYS_WAITING_MAX 1000

/* One watch. */
struct channel_follower {
    struct registry_follower follower; /* first */
    struct channel *channel;
    uint32_t slot;     /* of the channel's */
    uint64_t ref_hash; /* of the ref */
    char ref[STORED_REF_MAX + 1];
    uint64_t jobs;   /* reserved in the channel's account */
    int64_t beat_ns; /* when something was sent last, or a heartbeat */
};

static struct channel_follower *of(struct registry_follower *follower)
{
    return (struct channel_follower *)(void *)follower;
}

/* ---- By ref ---------------------------------------------------------------------------- */

static struct channel_follower *follower_at(const struct channel *channel, uint32_t slot)
{
    return channel->followers.items[slot];
}

static uint64_t hash_of_ref(const struct channel *channel, const char *ref)
{
    return hash_bytes(channel->env->hash_key, ref, strlen(ref));
}

static uint64_t hash_of_follower(const void *channel, uint32_t slot)
{
    return follower_at(channel, slot)->ref_hash;
}

static bool is_follower(const void *channel, uint32_t slot, const void *ref)
{
    return strcmp(follower_at(channel, slot)->ref, ref) == 0;
}

static struct channel_follower *find(const struct channel *channel, const char *ref)
{
    uint32_t slot =
        hash_find(&channel->followed, hash_of_ref(channel, ref), is_follower, channel, ref);

    return slot != HASH_NONE ? follower_at(channel, slot) : NULL;
}

bool channel_is_following(const struct channel *channel, const char *ref)
{
    return find(channel, ref) != NULL;
}

bool channel_awaits_event(const struct channel *channel)
{
    for (uint32_t slot = 0; slot < channel->followers.n; slot++) {
        const struct channel_follower *follower = follower_at(channel, slot);

        if (follower != NULL && follower->follower.stage == REGISTRY_LIVE)
            return true;
    }
    return false;
}

/* ---- Coming and going ------------------------------------------------------------------- */

/* Another one of the channel's may have it, where it had one. */
static void end_replay(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;

    if (channel->replaying != follower)
        return;
    channel->replaying = NULL;
    channel->follow_due = true;
}

/* Returns the last event that it was sent. */
static uint64_t leave(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;
    uint64_t last;

    end_replay(follower);
    (void)registry_leave(&follower->follower); /* a line cut short is the last for want of memory */
    last = follower->follower.last_seq;
    hash_remove(&channel->followed, follower->slot, hash_of_follower, channel);
    slots_remove(&channel->followers, follower->slot);
    ledger_release_jobs(&channel->account, follower->jobs);
    free(follower);
    return last;
}

bool channel_unfollow(struct channel *channel, const char *ref, uint64_t *last)
{
    struct channel_follower *follower = find(channel, ref);

    if (follower == NULL)
        return false;
    *last = leave(follower);
    return true;
}

void channel_leave_followers(struct channel *channel)
{
    for (uint32_t slot = 0; slot < channel->followers.n; slot++)
        if (follower_at(channel, slot) != NULL)
            (void)leave(follower_at(channel, slot));
    slots_fini(&channel->followers);
    hash_fini(&channel->followed);
}

/* It is the next to replay, and the others of the channel wait until it has caught up. */
static void begin_replay(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;

    channel->replaying = follower;
    for (uint32_t slot = 0; slot < channel->followers.n; slot++)
        if (follower_at(channel, slot) != NULL)
            registry_replay_withdraw(&follower_at(channel, slot)->follower);
}

/* When its client will have been sent nothing for too long. */
static int64_t beat_due(const struct channel_follower *follower)
{
    int64_t heartbeat_ns = registry_heartbeat(follower->follower.entry);
    int64_t read_ns = follower->follower.watch.read_ns;
    int64_t since_ns = read_ns > follower->beat_ns ? read_ns : follower->beat_ns;

    return due_timeout(since_ns, heartbeat_ns);
}

void channel_yield_replay(struct channel *channel)
{
    if (channel->replaying != NULL && channel_is_held(channel))
        registry_replay_pause(&channel->replaying->follower);
}

/* Those at the live end are many, and have things to read all the time: all that they need is
 * their heartbeat.  The others are looked at, one by one. */
static void on_change(struct registry_follower *base)
{
    struct channel_follower *follower = of(base);
    struct channel *channel = follower->channel;
    bool is_live = base->stage == REGISTRY_LIVE || base->stage == REGISTRY_ENDED;

    if (base->stage != REGISTRY_REPLAYING)
        end_replay(follower); /* at once: it may be behind again before it is looked at */
    else if (channel->replaying == NULL)
        begin_replay(follower);
    channel_yield_replay(channel);
    if (!is_live)
        channel->follow_due = true;
    else if (beat_due(follower) < channel->follow_ns)
        channel->follow_ns = beat_due(follower);
    channel_woken(channel);
}

static void refuse(struct channel *channel, struct request_id *id, enum fault_code code,
                   const char *message)
{
    channel_refuse_ref(channel, &(struct request){.id = id}, code, message);
}

/* What it is charged with, as long as it follows. */
static bool charge(struct channel *channel, struct request_id *id, uint32_t jobs)
{
    const struct limits *limits = channel->env->limits;
    char message[FAULT_MESSAGE_MAX];

    switch (ledger_reserve_jobs(&channel->account, jobs)) {
    case LEDGER_RESERVED:
        return true;
    case LEDGER_OVER_SHARE:
        snprintf(message, sizeof(message),
                 "a connection takes at most %" PRIu64 " pending jobs "
                 "(max-pending-per-connection), those of batches that it watches among them, and "
                 "this one has %" PRIu32 "; try again later",
                 limits->max_pending_per_connection, jobs);
        break;
    case LEDGER_OVER_LIMIT:
        snprintf(message, sizeof(message),
                 "the daemon takes at most %" PRIu64 " pending jobs in all (max-pending), those "
                 "of batches that are watched among them, and this one has %" PRIu32
                 "; try again later",
                 limits->max_pending, jobs);
        break;
    }
    refuse(channel, id, FAULT_OVERLOADED, message);
    return false;
}

/* ---- What is sent -------------------------------------------------------------------------- */

char *channel_write_listed(char *line, const struct registry *registry,
                           const struct stored_batch *batch, const struct request_id *id)
{
    static const char *const states[] = {[STORED_UNSEEN] = "running",
                                         [STORED_RUNNING] = "running",
                                         [STORED_FINISHED] = "finished",
                                         [STORED_FOREIGN] = "foreign"};
    const struct stored_progress *progress = &batch->progress;
    int state = atomic_load_explicit(&progress->state, memory_order_acquire);
    struct event_listed listed = {
        .id = outbox_id(id),
        .ref = batch->ref,
        .key = batch->terms.key,
        .key_len = batch->terms.key_len,
        .owner = batch->owner->name,
        .state = states[state],
        .durable = stored_durable_name(batch->durable),
        .jobs = batch->terms.jobs,
        .pending = atomic_load_explicit(&progress->pending, memory_order_relaxed),
        .last = atomic_load_explicit(&progress->last, memory_order_relaxed),
        .time_ns = batch->terms.wall_ns,
        .late_ns = atomic_load_explicit(&progress->late_ns, memory_order_relaxed),
        .elapsed_ns = registry_elapsed(registry, batch),
        .has_progress = state == STORED_RUNNING || state == STORED_FINISHED,
    };

    if (state == STORED_FINISHED) {
        int status = atomic_load_explicit(&progress->status, memory_order_relaxed);

        listed.status = event_batch_status_name((enum batch_status)status);
        listed.elapsed_ns = atomic_load_explicit(&progress->ended_ns, memory_order_relaxed);
    }
    return event_detached_batch(line, &listed);
}

static void send_listed(struct channel *channel, const struct stored_batch *stored,
                        struct request_id *id)
{
    char *line = channel_answer_room(channel, EVENT_LISTED_MAX, id);

    if (line != NULL)
        outbox_line_commit(&channel->outbox,
                           channel_write_listed(line, channel->env->registry, stored, id));
}

static bool has_ended_before(const struct stored_batch *stored, uint64_t from)
{
    const struct stored_progress *progress = &stored->progress;

    return atomic_load_explicit(&progress->state, memory_order_acquire) == STORED_FINISHED &&
           from > atomic_load_explicit(&progress->last, memory_order_relaxed);
}

/* ---- Beginning ------------------------------------------------------------------------------ */

/* NULL when out of memory. */
static struct channel_follower *add(struct channel *channel, const char *ref)
{
    struct channel_follower *follower;

    if (slots_reserve(&channel->followers) != 0 ||
        (follower = calloc(1, sizeof(*follower))) == NULL)
        return NULL;
    follower->channel = channel;
    memcpy(follower->ref, ref, sizeof(follower->ref));
    follower->ref_hash = hash_of_ref(channel, ref);
    follower->slot = slots_add(&channel->followers, follower);
    if (hash_add(&channel->followed, follower->ref_hash, follower->slot, hash_of_follower,
                 channel) == 0)
        return follower;
    slots_remove(&channel->followers, follower->slot);
    free(follower);
    return NULL;
}

void channel_follow(struct channel *channel, struct registry_entry *entry, struct request_id *id,
                    uint64_t from, bool charged)
{
    const struct stored_batch *stored = registry_stored(entry);
    struct ledger *ledger = channel->env->ledger;
    struct channel_follower *follower;

    if (channel_is_following(channel, stored->ref)) {
        refuse(channel, id, FAULT_CONFLICT, "this connection watches that batch already");
        return;
    }
    if (has_ended_before(stored, from)) {
        send_listed(channel, stored, id);
        return;
    }
    if (registry_needs_replay(entry, from) &&
        atomic_load_explicit(&ledger->replays_waiting, memory_order_relaxed) >=
            REPLAYS_WAITING_MAX) {
        refuse(channel, id, FAULT_OVERLOADED,
               "the limit of watches waiting for their replay is reached (max-replays); "
               "try again later");
        return;
    }
    if (charged && !charge(channel, id, stored->terms.jobs))
        return;
    follower = add(channel, stored->ref);
    if (follower == NULL) {
        if (charged) {
            ledger_release_jobs(&channel->account, stored->terms.jobs);
        }
        refuse(channel, id, FAULT_OVERLOADED, "out of memory for this watch; try again later");
        return;
    }
    follower->jobs = charged ? stored->terms.jobs : 0;
    follower->beat_ns = registry_now(channel->env->registry);
    follower->follower.changed = on_change;
    (void)registry_follow(entry, &follower->follower, &channel->outbox, from);
}

/* ---- Ending --------------------------------------------------------------------------------- */

/* The batch has finished before what was asked for. */
static void send_beyond(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;
    struct stored_batch *stored = stored_hold(registry_stored(follower->follower.entry));

    (void)leave(follower);
    send_listed(channel, stored, NULL);
    stored_release(stored);
}

static void send_suspended(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;
    char ref[STORED_REF_MAX + 1], *line;
    uint64_t last;

    memcpy(ref, follower->ref, sizeof(ref));
    last = leave(follower);
    line = channel_answer_room(channel, EVENT_BATCH_MAX, NULL);
    if (line != NULL)
        outbox_line_commit(&channel->outbox, event_detached_suspended(line, ref, last));
}

static void send_damaged(struct channel_follower *follower)
{
    struct channel *channel = follower->channel;

    (void)leave(follower);
    refuse(channel, NULL, FAULT_UNAVAILABLE, "the request of this batch cannot be read");
}

/* ---- Work ---------------------------------------------------------------------------------- */

/* Output that waits says by itself that the batch lives. */
static void beat(struct channel_follower *follower, int64_t now_ns)
{
    struct channel *channel = follower->channel;
    const struct registry_entry *entry = follower->follower.entry;
    const struct outbox_watch *watch = &follower->follower.watch;
    char *line;

    if (beat_due(follower) > now_ns)
        return;
    follower->beat_ns = now_ns;
    if (watch->outbox != NULL && !outbox_watch_is_drained(watch))
        return;
    line = channel_answer_room(channel, EVENT_BATCH_MAX, NULL);
    if (line != NULL)
        outbox_line_commit(&channel->outbox,
                           event_detached_heartbeat(
                               line, 0, follower->ref,
                               registry_elapsed(channel->env->registry, registry_stored(entry)),
                               registry_pending(entry)));
}

/* What follows from its stage.  It may be gone afterwards. */
static void attend(struct channel_follower *follower, int64_t now_ns)
{
    switch (follower->follower.stage) {
    case REGISTRY_BEHIND:
        if (follower->channel->replaying == NULL)
            registry_replay_seek(&follower->follower);
        break;
    case REGISTRY_BEYOND:
        send_beyond(follower);
        return;
    case REGISTRY_SUSPENDED:
        send_suspended(follower);
        return;
    case REGISTRY_DAMAGED:
        send_damaged(follower);
        return;
    case REGISTRY_READING:
    case REGISTRY_REPLAYING:
    case REGISTRY_LIVE:
    case REGISTRY_ENDED:
        break;
    }
    if (registry_heartbeat(follower->follower.entry) > 0)
        beat(follower, now_ns);
}

/* Looks at each, and when it is to be looked at next. */
static void attend_all(struct channel *channel, int64_t now_ns)
{
    channel->follow_due = false;
    channel->follow_ns = DUE_NEVER;
    for (uint32_t slot = 0; slot < channel->followers.n; slot++) {
        if (follower_at(channel, slot) != NULL)
            attend(follower_at(channel, slot), now_ns);
        if (channel->input_ended && slots_used(&channel->followers) == 0)
            return;
    }
    for (uint32_t slot = 0; slot < channel->followers.n; slot++) {
        const struct channel_follower *at = follower_at(channel, slot);
        int64_t due_ns = at != NULL ? beat_due(at) : DUE_NEVER;

        if (due_ns < channel->follow_ns)
            channel->follow_ns = due_ns;
    }
}

size_t channel_follow_work(struct channel *channel, int64_t now_ns, size_t budget)
{
    size_t spent = 0;

    if (channel->follow_due || channel->follow_ns <= now_ns) {
        attend_all(channel, now_ns);
        spent++;
    }
    if (channel->replaying != NULL && spent < budget &&
        registry_replay_is_due(&channel->replaying->follower))
        spent += registry_replay_work(&channel->replaying->follower, budget - spent);
    return spent;
}

int64_t channel_follow_next_due(const struct channel *channel)
{
    if (slots_used(&channel->followers) == 0)
        return DUE_NEVER;
    if (channel->follow_due)
        return 0;
    if (channel->replaying != NULL && registry_replay_is_due(&channel->replaying->follower))
        return 0;
    return channel->follow_ns;
}

void channel_follow_passed(struct channel *channel, struct outbox_watch *watch)
{
    (void)channel;
    (void)leave((struct channel_follower *)(void *)watch);
}
