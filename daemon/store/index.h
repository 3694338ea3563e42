/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STORE_INDEX_H
#define WAITD_STORE_INDEX_H

/*
 * The detached batches of a store in memory: found by ref and by key, listed in
 * the order of acceptance, and removed when the time for which they are kept is
 * over.  Counts them, and the bytes of their requests, in the store, and words
 * the refusals that follow from what is there.
 *
 * For one thread at a time: a store without a thread of its own holds a lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/agenda.h"
#include "daemon/session/store.h"
#include "daemon/store/gone.h"
#include "proto/hash.h"

/* What is kept of one batch; its `store_data` while it is in an index. */
struct index_entry {
    struct stored_batch *batch; /* held */
    struct stored_text *text;   /* held; NULL where the request is kept elsewhere */
    size_t text_bytes;          /* of the request, wherever it is */
    int64_t floor_ns;           /* since acceptance: no cancel of this life falls below it */
    int64_t over_ns;            /* once it has ended: when its time is over, by the store's clock */
    bool is_hidden;             /* not safe yet: it has its key, but is neither listed nor found */
    bool is_put_off;            /* index_put_off() */
    bool is_forgotten;          /* as far as is written, which is not safe yet */
    void *data;                 /* the store's own */
    uint64_t ref_hash;          /* the index's own, as is */
    uint32_t slot;
};

struct index_place;

/* Embedded by its owner; index_init() before anything else. */
struct index {
    struct store *store;
    struct index_place *places; /* in the order of acceptance */
    size_t n_places, n_holes, places_room;
    uint32_t n_running;         /* entries that index_set_end() was not called for */
    struct agenda ends;         /* of entries: when the time of a finished one is over */
    struct hash by_ref, by_key; /* slots of `ends` */
    uint8_t hash_key[16];
    struct gone gone;
};

void index_init(struct index *index, struct store *store);
void index_fini(struct index *index);

/*
 * Enters a batch whose ref and order are set, the order above all that are there.
 * Holds the batch, and the text if there is one.  NULL when out of memory: nothing
 * has changed then.
 */
struct index_entry *index_add(struct index *index, struct stored_batch *batch,
                              struct stored_text *text, size_t text_bytes);

/* What that principal may see of it (NULL: the daemon, all); NULL for none.  A hidden one is
 * found by its key alone. */
struct index_entry *index_by_ref(const struct index *index, const struct principal *requester,
                                 const char *ref);
/* The one that has the key of a batch's terms among its owner's, even an administrator's. */
struct index_entry *index_by_key(const struct index *index, const struct principal *owner,
                                 const struct stored_terms *terms);

/* Puts another batch of the same ref, order, owner and key in its batch's place; it is held. */
void index_renew(struct index_entry *entry, struct stored_batch *batch);

/* All of them, hidden ones too: *slot is 0 at first.  NULL behind the last. */
struct index_entry *index_next(const struct index *index, uint32_t *slot);

/*
 * The batch has finished as its progress says, which was found out at now_ns, by the store's
 * clock: its time is over terms.retain_ns after the later of the two, so that what ended while
 * no daemon ran can be watched.  Returns by how much that is after its end by the schedule.
 */
int64_t index_set_end(struct index *index, struct index_entry *entry, int64_t now_ns);

/* One whose time was over at now_ns by the store's clock, or NULL; and when the next
 * one's is, DUE_NEVER for never. */
struct index_entry *index_first_over(const struct index *index, int64_t now_ns);
int64_t index_next_over(const struct index *index);

/* Its removal is in progress: it is not over until index_put_back(). */
void index_put_off(struct index *index, struct index_entry *entry);
void index_put_back(struct index *index, struct index_entry *entry);

/* Takes it out; its ref is remembered as gone unless it was hidden. */
void index_remove(struct index *index, struct index_entry *entry);

/* ---- Answers that follow from what is there ------------------------------------------ */

/* Refuses an ACCEPT that a limit of the store does not let in.  Whether it did. */
bool index_refuse_full(const struct index *index, struct store_query *query);

/* The entry of query->ref, of those that the requester may see; NULL if the query is refused
 * instead. */
struct index_entry *index_find_visible(const struct index *index, struct store_query *query);

/* Refuses to forget a batch that has not finished.  Whether it did. */
bool index_refuse_running(struct store_query *query, const struct stored_batch *batch);

/* Whether the requester may know that the batch of that ref is gone. */
bool index_knows_gone(const struct index *index, const struct principal *requester,
                      const char *ref);

/* Refuses a query for a ref that its requester may not see or that is not there, as gone or as not
 * found. */
void index_refuse_absent(const struct index *index, struct store_query *query, const char *ref);

/* Refuses an ACCEPT whose key has another request. */
void index_refuse_conflict(struct store_query *query, const struct stored_batch *batch);

/* Fills in a LIST's page, of a bounded number of batches that are looked at.  False if it was
 * refused instead. */
bool index_list(const struct index *index, struct store_query *query);

#endif
