/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REGISTRY_INTERNAL_H
#define WAITD_REGISTRY_INTERNAL_H

/*
 * The registry's insides.
 *
 *     registry.c         entries: coming, going, and when each wants to work
 *     registry_work.c    reading their texts, running them, reporting their ends
 *     registry_follow.c  who follows them
 *     registry_probe.c   the result of a cancel that has not fallen yet
 *     registry_replay.c  those who are behind, and who of them may replay
 */

#include "daemon/session/agenda.h"
#include "daemon/session/registry.h"
#include "proto/hash.h"
#include "proto/request.h"

/* How long to wait before trying again what there was no memory for. */
#define REGISTRY_RETRY_NS INT64_C(10000000)

struct registry_entry {
    struct registry *registry;
    struct stored_batch *stored; /* held */
    struct stored_text *text;    /* held while it is being read; else NULL */
    struct request_reader *reader;
    size_t text_at;
    struct plan *plan; /* NULL while its text is being read */
    int64_t heartbeat_ns;
    struct replica *live;  /* NULL for none */
    struct replica *probe; /* of registry_probe.c; NULL for none */
    struct registry_follower *followers;
    struct registry_cancel *cancels;
    struct registry_entry *next_held;
    uint64_t taken_text; /* bytes of the registry's account */
    uint32_t slot;
    uint64_t ref_hash; /* of its ref, as the registry finds it */
    bool is_home;
    bool is_held;      /* it waits for the store to let it go on */
    bool end_reported; /* to the store */
    bool suspended;    /* nothing of it is run any more */
    bool probes;       /* the next piece of work is the probe's, if that has any */
    bool unlisted;     /* and requests for its ref from now on find another */
};

struct registry {
    struct registry_config config;
    struct account account; /* for the jobs and texts of what is home here; without a share */
    struct agenda agenda;   /* of entries, by the store's clock */
    struct hash by_ref;     /* slots */
    struct registry_entry *held;
    struct registry_follower *first_waiting, *last_waiting; /* for a replay */
    struct store_query *put_back, **put_back_end;           /* handled again at retry_ns */
    int64_t
        retry_ns; /* of what there was no memory for, by the store's clock; DUE_NEVER for none */
    uint32_t n_transient; /* home here, running, and lost with this process */
    struct registry_time time;
    bool draining;
};

/* ---- registry.c ---------------------------------------------------------------------- */

/* Sets when it wants to work; DUE_NEVER for not. */
void registry_set_due(struct registry_entry *entry, int64_t due_ns);

/* It waits for registry_receive(). */
void registry_hold(struct registry_entry *entry);

/* registry_work() is to try again what there was no memory for. */
void registry_retry_later(struct registry *registry);

/* Frees it if it is of no use any more.  Whether it did. */
bool registry_drop_if_idle(struct registry_entry *entry);

/* Ends all watches of it. */
void registry_suspend(struct registry_entry *entry, enum registry_stage stage);

/* Informs those who wait for a cancel of it that it will not be seen to fall. */
void registry_give_up_cancels(struct registry_entry *entry, enum registry_fall why);

/* ---- registry_work.c ------------------------------------------------------------------- */

/* Does some of what it wants to do.  Returns what was spent.  It may be gone afterwards. */
size_t registry_work_on(struct registry_entry *entry, size_t budget);

/* It is no longer run here: what it has taken is released. */
void registry_release(struct registry_entry *entry);

/* Whether what is run here shows how far the batch is: where it is home, and anywhere
 * if no node owns it. */
static inline bool registry_shows_progress(const struct registry_entry *entry)
{
    return entry->is_home || entry->registry->config.store->is_cluster;
}

/*
 * A replica of it has finished, here or elsewhere the first: that it has ended is so at once, so
 * that whoever reads its end finds it ended, and is reported to the store.  False when out of
 * memory.
 */
bool registry_report_end(struct registry_entry *entry, struct replica *replica);

/* Computes again when its live replica is due. */
void registry_schedule(struct registry_entry *entry);

/* Informs those who wait for a cancel that has fallen in that replica. */
void registry_report_cancels(struct registry_entry *entry, const struct replica *replica);

/* Whether a live replica is wanted, even if nobody watches. */
static inline bool registry_wants_live(const struct registry_entry *entry)
{
    return entry->is_home || (entry->cancels != NULL && !entry->registry->config.store->is_cluster);
}

/* ---- registry_probe.c ------------------------------------------------------------------- */

/* Whether somebody waits for a cancel of it that is known to fall; and does something about it.
 * Returns what was spent; the entry may be gone afterwards. */
bool registry_probe_is_due(const struct registry_entry *entry);
size_t registry_probe_work(struct registry_entry *entry, size_t budget);

/* ---- registry_follow.c ----------------------------------------------------------------- */

/* The plan is there, or something has happened in the live replica. */
void registry_set_off(struct registry_follower *follower);
void registry_notify_followers(struct registry_entry *entry);

/* Whether it has, and its last event. */
bool registry_has_finished(const struct registry_entry *entry, uint64_t *last);

/* Changes it, and counts those who are behind; the other is notified. */
void registry_set_stage(struct registry_follower *follower, enum registry_stage stage);

/* ---- registry_replay.c ------------------------------------------------------------------ */

/* Those who replay it may go on: the store lets them. */
void registry_replay_wake(struct registry_entry *entry);

/* Those who may, begin. */
void registry_replay_next(struct registry *registry);

#endif
