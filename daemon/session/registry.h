/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REGISTRY_H
#define WAITD_REGISTRY_H

/*
 * The detached batches that one loop runs or that are watched there.  They belong to
 * no connection.  A batch that is home to this loop is run as time passes, whether
 * anyone watches or not; its jobs are counted and its end is reported to the store.
 * Any other is here as long as somebody on this loop watches it or cancels it.
 *
 *     entry ── live replica ──► history ◄── cursors of followers at its end
 *       └──── plan ◄── replays of followers that are behind, each with a history of its own
 *
 * All who have caught up share the live replica.  A follower that falls further behind
 * than the history may hold loses its place and continues by a replay, so it holds
 * up neither the batch nor the others, whatever it does.
 *
 * Time is CLOCK_BOOTTIME, by which due times hold while the machine is suspended; the
 * driver passes both clocks.  Bounded work a call.  Pure but for the store, which it
 * asks and never waits for.  Of one thread; nothing here calls back into who called.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/outbox.h"
#include "daemon/session/replica.h"
#include "daemon/session/stats.h"
#include "daemon/session/store.h"

struct registry;
struct registry_entry;

/* Borrowed for the registry's life. */
struct registry_config {
    struct store *store;
    struct store_port *port; /* of this loop */
    const struct limits *limits;
    struct ledger *ledger;
    struct stats *stats;
    uint8_t hash_key[16];
};

/* NULL when out of memory. */
struct registry *registry_new(const struct registry_config *config);

/* Once nobody follows.  What runs counts as cancelled here, and is not in the store. */
void registry_free(struct registry *registry);

/* ---- Driving ------------------------------------------------------------------------- */

/* A reading of the clocks, in this order, so that no time that passes in between makes anything
 * early by any of them. */
struct registry_time {
    int64_t wall_ns; /* CLOCK_REALTIME */
    int64_t boot_ns; /* CLOCK_BOOTTIME */
    int64_t now_ns;  /* CLOCK_MONOTONIC */
};

/* Before anything else in an iteration. */
void registry_set_time(struct registry *registry, const struct registry_time *time);

/* Handles what the store has sent. */
void registry_receive(struct registry *registry);

/* Runs what is due, about `budget` units of work at most. */
void registry_work(struct registry *registry, size_t budget);

/* When registry_work() is next wanted, by CLOCK_BOOTTIME; DUE_NEVER for never. */
int64_t registry_next_due(const struct registry *registry);

/* The daemon stops: followers of durable batches get `suspended`, also those who begin from
 * now on, and nothing of those batches is run.  The others go on. */
void registry_drain(struct registry *registry);

/* Cancels all that is not durable. */
void registry_cancel_all(struct registry *registry);

/* Nothing has to be waited for before the daemon ends. */
bool registry_is_idle(const struct registry *registry);

/* ---- Asking --------------------------------------------------------------------------- */

/* A question of a channel's, on its way to the store.  Embedded by the channel. */
struct registry_inquiry {
    void (*answer)(struct registry_inquiry *inquiry,
                   struct store_query *query); /* takes the query over */
};

/* A query whose answer is posted there, for a principal.  NULL when out of memory. */
struct store_query *registry_query_new(struct registry *registry, enum store_kind kind,
                                       struct principal *requester,
                                       struct registry_inquiry *inquiry);
void registry_query(struct registry *registry, struct store_query *query);

/* There is no memory for what follows from the answer: the inquiry gets it again a little
 * later. */
void registry_put_back(struct registry *registry, struct store_query *query);

/* What is home here, or on its way, has taken its jobs and its text from this. */
struct account *registry_account(struct registry *registry);

/* The store's time, and how long a batch has run by it. */
int64_t registry_store_now(const struct registry *registry);
int64_t registry_elapsed(const struct registry *registry, const struct stored_batch *batch);
int64_t registry_now(const struct registry *registry); /* CLOCK_MONOTONIC, as passed */

/* When a request was complete: by the store's clock and by the wall clock, set by
 * CLOCK_MONOTONIC.  Both are of one reading of the clocks: an event that is not early by one is
 * not by the other. */
void registry_date(const struct registry *registry, int64_t now_ns, struct stored_terms *terms);

/* ---- Batches -------------------------------------------------------------------------- */

/* Takes over a new batch of this loop with its plan, whose jobs and `text` bytes the registry's
 * account has taken.  NULL when out of memory: all that is still the caller's. */
struct registry_entry *registry_adopt_take(struct registry *registry, struct stored_batch *batch,
                                           struct plan *plan, int64_t heartbeat_ns, uint64_t text);

/* The entry of a batch that a store has found, made if there is none; its text is read in
 * pieces.  NULL when out of memory. */
struct registry_entry *registry_open(struct registry *registry, struct stored_batch *batch,
                                     struct stored_text *text);

/* The batch continues in the daemon's next life, and no more in this one. */
bool registry_is_over_for(const struct registry *registry, const struct stored_batch *batch);

/* Batches of another life are being run up to now: how far they are will soon be known. */
bool registry_resumes(const struct registry *registry);

struct stored_batch *registry_stored(const struct registry_entry *entry);
int64_t registry_heartbeat(const struct registry_entry *entry); /* 0 for none */
uint32_t registry_pending(const struct registry_entry *entry);

/* ---- Cancels -------------------------------------------------------------------------- */

enum registry_fall {
    REGISTRY_FELL,
    REGISTRY_UNREADABLE, /* the batch's text cannot be read */
    REGISTRY_UNKNOWN,    /* this life ends before it is known */
    REGISTRY_VOID,       /* what was run of the batch here is void */
};

/* A cancel that somebody waits for.  Embedded; its owner keeps it until it is called or
 * registry_forget_cancel() was called. */
struct registry_cancel {
    struct registry_cancel *next;
    struct registry_entry *entry;
    uint32_t place; /* in the batch's list; REGISTRY_NO_PLACE as long as it is not known */
    uint32_t first; /* the least that can be its place */
    const void *asked_by;
    /* Called once, perhaps before its place is known.  FELL: at that instant, and `jobs` of them
     * were not terminal; 0: there was nothing to cancel. */
    void (*fallen)(struct registry_cancel *cancel, enum registry_fall fall, int64_t at_ns,
                   uint32_t jobs);
};

#define REGISTRY_NO_PLACE UINT32_MAX

/* The batch is run here, and stays, until the cancel has fallen; to be called before the store is
 * asked for it, by a query with the context `asked_by`, and registry_place_cancel() once its place
 * is known.  It may fall before that: whoever waits for it is called before anybody is sent what
 * follows from it. */
void registry_await_cancel(struct registry_entry *entry, struct registry_cancel *cancel,
                           const void *asked_by);
void registry_place_cancel(struct registry_cancel *cancel, uint32_t place);
void registry_forget_cancel(struct registry_cancel *cancel);

/* ---- Following ------------------------------------------------------------------------ */

enum registry_stage {
    REGISTRY_READING,   /* the batch's text is being read */
    REGISTRY_BEHIND,    /* a replay is wanted: registry_replay_seek() */
    REGISTRY_REPLAYING, /* registry_replay_work() */
    REGISTRY_LIVE,      /* nothing is to be done */
    REGISTRY_ENDED,     /* all that it will be sent is in the outbox */
    REGISTRY_BEYOND,    /* the batch has finished before the event that was asked for */
    REGISTRY_SUSPENDED, /* what follows is not known, or this life is at its end */
    REGISTRY_DAMAGED,   /* its text cannot be read */
};

/* Who follows a batch.  Embedded by the channel. */
struct registry_follower {
    struct outbox_watch watch; /* first; begun while REPLAYING, LIVE or ENDED */
    struct registry_follower *next, *before;
    struct registry_follower *next_waiting, *before_waiting; /* while `waits` */
    struct registry_entry *entry;
    struct outbox *outbox;
    struct replica *replay; /* its own, while REPLAYING */
    enum registry_stage stage;
    bool waits;        /* for its replay, or to go on with it */
    bool has_place;    /* among those that replay */
    uint64_t last_seq; /* of what it has been sent or does not want */
    /* The stage or what there is to read has changed.  Must not leave, nor free it. */
    void (*changed)(struct registry_follower *follower);
};

/* Follows from the event `from` (1 or more) on: sets the stage.  -1 when out of memory. */
int registry_follow(struct registry_entry *entry, struct registry_follower *follower,
                    struct outbox *outbox, uint64_t from);

/* Stops, wherever it is, and leaves in last_seq what was sent; also fine when it does not follow.
 * The entry may be gone afterwards.  -1 when a line was cut for want of memory. */
int registry_leave(struct registry_follower *follower);

/*
 * Replays are limits.max_replays at a time, in all loops.  BEHIND ──► REPLAYING, at once or when
 * it is the next: in the order in which they sought one on this loop.  It is the caller's to seek
 * none for one that is not to have it, and to withdraw it when that changes.  One that waits for
 * its client to read is not counted meanwhile, and queues again to go on.
 */
void registry_replay_seek(struct registry_follower *follower);
void registry_replay_withdraw(
    struct registry_follower *follower); /* also fine if it does not wait */

/* Its client is to read first: another may replay meanwhile.  Also fine if it does not replay. */
void registry_replay_pause(struct registry_follower *follower);

/* Whether who follows it from that event on would have to replay it, as far as is known. */
bool registry_needs_replay(const struct registry_entry *entry, uint64_t from);

/* Continues, until it has caught up.  Returns what was spent. */
size_t registry_replay_work(struct registry_follower *follower, size_t budget);

/* Whether there is anything for registry_replay_work() to do before more has been read. */
bool registry_replay_is_due(const struct registry_follower *follower);

#endif
