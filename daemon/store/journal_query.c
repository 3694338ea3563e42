/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/journal_internal.h"

static void refuse_unavailable(struct journal *journal, struct store_query *query)
{
    store_refuse(query, FAULT_UNAVAILABLE, "the journal cannot be written (%s)%s",
                 journal->health == JOURNAL_BROKEN
                     ? "a fault that lasts until the daemon is restarted"
                     : "there is no space",
                 journal->health == JOURNAL_BROKEN ? "" : "; try again later");
}

/* ---- Asks, within a transaction -------------------------------------------------------------- */

/* Enters the batch under its key, hidden until the commit. */
static struct index_entry *enter(struct journal *journal, struct store_query *query)
{
    struct stored_batch *batch = stored_new(&journal->store.horizon_ns, journal->store.durable,
                                            &query->terms, query->requester);
    struct index_entry *entry;

    if (batch == NULL)
        return NULL;
    batch->order = journal->next_order;
    snprintf(batch->ref, sizeof(batch->ref), "%s-%" PRIu64, journal->prefix, batch->order);
    entry = index_add(&journal->index, batch, NULL, query->text->len);
    if (entry == NULL) {
        stored_release(batch);
        return NULL;
    }
    entry->is_hidden = true;
    journal->next_order++;
    query->batch = batch;
    return entry;
}

/* Whether this transaction removes it: its row is not there any more. */
static bool is_being_removed(const struct index_entry *entry)
{
    return entry->is_put_off || entry->is_forgotten;
}

static enum journal_step accept_existing(struct journal *journal, struct store_query *query,
                                         const struct index_entry *entry)
{
    uint8_t stored[DIGEST_BYTES], asked[DIGEST_BYTES];

    digest_of(query->text->bytes, query->text->len, asked);
    if (!database_digest(journal->database, entry->batch->order, stored)) {
        store_refuse(query, FAULT_UNAVAILABLE, "the batch that has this key cannot be read: %s",
                     database_error(journal->database));
        return JOURNAL_STEP_ANSWERED;
    }
    if (memcmp(asked, stored, sizeof(stored)) != 0) {
        index_refuse_conflict(query, entry->batch);
        return JOURNAL_STEP_ANSWERED;
    }
    query->batch = stored_hold(entry->batch);
    query->answer = STORE_EXISTING;
    return JOURNAL_STEP_OPEN;
}

static enum journal_step do_accept(struct journal *journal, struct store_query *query)
{
    uint8_t digest[DIGEST_BYTES];
    const struct index_entry *found = NULL;

    if (query->terms.key_len > 0)
        found = index_by_key(&journal->index, query->requester, &query->terms);
    if (found != NULL && is_being_removed(found))
        return JOURNAL_STEP_LATER;
    if (found != NULL)
        return accept_existing(journal, query, found);
    if (index_refuse_full(&journal->index, query))
        return JOURNAL_STEP_ANSWERED;
    if (query->text->len > database_request_max(journal->database)) {
        store_refuse(query, FAULT_TOO_LARGE, "the journal takes requests of at most %zu bytes",
                     database_request_max(journal->database));
        return JOURNAL_STEP_ANSWERED;
    }
    if (enter(journal, query) == NULL) {
        store_refuse(query, FAULT_OVERLOADED, "out of memory for this request; try again later");
        return JOURNAL_STEP_ANSWERED;
    }
    digest_of(query->text->bytes, query->text->len, digest);
    return database_add_batch(journal->database, query->batch, journal->engine, query->text,
                              digest) == DATABASE_OK
               ? JOURNAL_STEP_OPEN
               : JOURNAL_STEP_FAILED;
}

static enum journal_step do_find(struct journal *journal, struct store_query *query)
{
    const struct index_entry *entry = index_find_visible(&journal->index, query);

    if (entry == NULL)
        return JOURNAL_STEP_ANSWERED;
    if (is_being_removed(entry))
        return JOURNAL_STEP_LATER;
    if (entry->batch->engine[0] != '\0') {
        store_refuse(query, FAULT_UNAVAILABLE,
                     "the batch %s is of engine version %s, and this daemon has version %s",
                     query->ref, entry->batch->engine, journal->engine);
        return JOURNAL_STEP_ANSWERED;
    }
    query->text = database_request(journal->database, entry->batch->order);
    if (query->text == NULL) {
        store_refuse(query, FAULT_UNAVAILABLE, "the batch %s cannot be read: %s", query->ref,
                     database_error(journal->database));
        return JOURNAL_STEP_ANSWERED;
    }
    query->batch = stored_hold(entry->batch);
    return JOURNAL_STEP_OPEN;
}

static enum journal_step do_cancel(struct journal *journal, struct store_query *query)
{
    struct stored_batch *batch = query->batch;
    const struct index_entry *entry = batch->store_data;
    struct stored_cancel cancel = {.whole = query->whole, .job = query->job};
    int64_t now_ns;

    if (entry == NULL) {
        index_refuse_absent(&journal->index, query, batch->ref);
        return JOURNAL_STEP_ANSWERED;
    }
    now_ns = journal_now(journal) - batch->terms.accepted_ns;
    cancel.at_ns = stored_freeze(batch, now_ns > entry->floor_ns ? now_ns : entry->floor_ns);
    if (cancel.at_ns < 0) {
        store_refuse(query, FAULT_UNAVAILABLE, "out of memory for this cancel; try again later");
        return JOURNAL_STEP_ANSWERED;
    }
    query->at_ns = cancel.at_ns;
    return database_add_cancel(journal->database, batch->order, &cancel) == DATABASE_OK
               ? JOURNAL_STEP_OPEN
               : JOURNAL_STEP_FAILED;
}

/* That it has ended is kept in memory in any case: another life would find it again. */
static enum journal_step do_end(struct journal *journal, struct store_query *query)
{
    const struct stored_progress *progress = &query->batch->progress;
    struct index_entry *entry = query->batch->store_data;
    int64_t late_ns;

    if (entry == NULL)
        return JOURNAL_STEP_OPEN;
    late_ns = index_set_end(&journal->index, entry, journal_now(journal));
    if (journal->health == JOURNAL_BROKEN)
        return JOURNAL_STEP_OPEN;
    return database_set_end(journal->database, query->batch->order,
                            atomic_load_explicit(&progress->status, memory_order_relaxed),
                            atomic_load_explicit(&progress->last, memory_order_relaxed),
                            atomic_load_explicit(&progress->ended_ns, memory_order_relaxed),
                            late_ns) == DATABASE_OK
               ? JOURNAL_STEP_OPEN
               : JOURNAL_STEP_FAILED;
}

static enum journal_step do_forget(struct journal *journal, struct store_query *query)
{
    struct index_entry *entry = index_find_visible(&journal->index, query);

    if (entry == NULL)
        return JOURNAL_STEP_ANSWERED;
    if (is_being_removed(entry))
        return JOURNAL_STEP_LATER;
    if (index_refuse_running(query, entry->batch))
        return JOURNAL_STEP_ANSWERED;
    if (database_remove(journal->database, entry->batch->order) != DATABASE_OK)
        return JOURNAL_STEP_FAILED;
    entry->is_forgotten = true;
    return JOURNAL_STEP_OPEN;
}

static bool is_written(enum store_kind kind)
{
    return kind == STORE_ACCEPT || kind == STORE_CANCEL || kind == STORE_FORGET;
}

enum journal_step journal_handle(struct journal *journal, struct store_query *query)
{
    if (journal->health == JOURNAL_BROKEN && is_written(query->kind)) {
        refuse_unavailable(journal, query);
        return JOURNAL_STEP_ANSWERED;
    }
    switch (query->kind) {
    case STORE_ACCEPT:
        return do_accept(journal, query);
    case STORE_FIND:
        return do_find(journal, query);
    case STORE_CANCEL:
        return do_cancel(journal, query);
    case STORE_END:
        return do_end(journal, query);
    case STORE_FORGET:
        return do_forget(journal, query);
    case STORE_LIST:
        return index_list(&journal->index, query) ? JOURNAL_STEP_OPEN : JOURNAL_STEP_ANSWERED;
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
    case STORE_DISCARD:
        break; /* sent by stores, never to them */
    }
    store_query_free(query);
    return JOURNAL_STEP_ANSWERED;
}

/* ---- Answers, once it is known what became of the transaction --------------- */

static void answer(struct store_query *query, enum store_answer answer)
{
    query->answer = answer;
    store_post(query->port, query);
}

void journal_answer_done(struct journal *journal, struct store_query *query)
{
    struct index_entry *entry;

    switch (query->kind) {
    case STORE_ACCEPT:
        entry = query->batch->store_data;
        entry->is_hidden = false;
        answer(query, query->answer == STORE_EXISTING ? STORE_EXISTING : STORE_DONE);
        return;
    case STORE_CANCEL:
        query->place =
            stored_settle(query->batch, &(struct stored_cancel){.at_ns = query->at_ns,
                                                                .whole = query->whole,
                                                                .job = query->job,
                                                                .asked_by = query->context});
        store_announce(&journal->store, STORE_CANCELLED, query->batch);
        break;
    case STORE_FORGET:
        index_remove(&journal->index, index_by_ref(&journal->index, query->requester, query->ref));
        break;
    case STORE_FIND:
    case STORE_END:
    case STORE_LIST:
    case STORE_RESUME:
    case STORE_CANCELLED:
    case STORE_SUSPEND:
    case STORE_DISCARD:
        break;
    }
    answer(query, STORE_DONE);
}

/* Whether it found a batch by its key that is safe already, whatever became of the rest. */
static bool has_found_safe(const struct store_query *query)
{
    const struct index_entry *entry = query->batch != NULL ? query->batch->store_data : NULL;

    return query->kind == STORE_ACCEPT && query->answer == STORE_EXISTING && entry != NULL &&
           !entry->is_hidden;
}

/* Takes back what an ACCEPT entered; the query's batch may be another's, by its key. */
static void take_back(struct journal *journal, struct store_query *query)
{
    struct index_entry *entry = query->batch != NULL ? query->batch->store_data : NULL;

    if (entry != NULL && entry->is_hidden)
        index_remove(&journal->index, entry);
    stored_release(query->batch);
    query->batch = NULL;
}

/* What was to be forgotten stays. */
static void keep(struct journal *journal, const struct store_query *query)
{
    index_by_ref(&journal->index, query->requester, query->ref)->is_forgotten = false;
}

/* Nothing of the transaction is there. */
void journal_answer_refused(struct journal *journal, struct store_query *query)
{
    if (!is_written(query->kind) || has_found_safe(query)) {
        journal_answer_done(journal, query);
        return;
    }
    if (query->kind == STORE_ACCEPT)
        take_back(journal, query);
    if (query->kind == STORE_CANCEL)
        (void)stored_settle(query->batch, NULL);
    if (query->kind == STORE_FORGET)
        keep(journal, query);
    refuse_unavailable(journal, query);
}

/* What became of it only another life will know.  A cancel stays as it was chosen, so that
 * nobody runs beyond it, and who watches the batch is asked to watch again. */
void journal_answer_unknown(struct journal *journal, struct store_query *query)
{
    if (!is_written(query->kind) || has_found_safe(query)) {
        journal_answer_done(journal, query);
        return;
    }
    if (query->kind == STORE_ACCEPT && query->batch != NULL) {
        memcpy(query->ref, query->batch->ref, sizeof(query->ref));
        take_back(journal, query);
    }
    if (query->kind == STORE_CANCEL)
        store_announce(&journal->store, STORE_SUSPEND, query->batch);
    if (query->kind == STORE_FORGET)
        keep(journal, query);
    answer(query, STORE_UNKNOWN);
}
