/* SPDX-License-Identifier: ISC */
#include "daemon/store/journal_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "proto/due.h"

/* How old the stored time gets while batches run. */
#define TIME_AGE_NS (DURATION_SECOND_NS / 2)

/* How long the thread sleeps before it tries again what did not work, or looks whether
 * loops have taken the batches that are resumed; and how many of these a loop is handed. */
#define RETRY_NS       DURATION_SECOND_NS
#define RESUME_NS      (DURATION_SECOND_NS / 500)
#define RESUMES_A_PORT 64

static struct journal *journal_of(struct store *store)
{
    return (struct journal *)(void *)store;
}

int64_t journal_now(const struct journal *journal)
{
    return store_now(&journal->store, journal->config.boot_clock(journal->config.clock_context));
}

/* Makes the list one of no queries. */
static void empty(struct journal_queries *list)
{
    *list = (struct journal_queries){NULL, &list->first};
}

static void append(struct journal_queries *list, struct store_query *query)
{
    query->next = NULL;
    *list->end = query;
    list->end = &query->next;
}

/* ---- Health --------------------------------------------------------------------------------- */

static void report(const struct journal *journal, bool is_fault, const char *line)
{
    if (journal->config.report != NULL)
        journal->config.report(journal->config.report_context, is_fault, line);
}

/* Events are no longer bound to a time that cannot be stored. */
static void lift_horizon(struct journal *journal)
{
    atomic_store_explicit(&journal->store.horizon_ns, STORED_NO_HORIZON, memory_order_release);
    store_ring(&journal->store);
}

static void set_health(struct journal *journal, enum journal_health health)
{
    char line[512];

    if (journal->health == health || journal->health == JOURNAL_BROKEN)
        return;
    journal->health = health;
    atomic_store_explicit(&journal->store.is_ready, health == JOURNAL_HEALTHY,
                          memory_order_release);
    if (health == JOURNAL_HEALTHY) {
        report(journal, false, "the journal is written again");
        return;
    }
    snprintf(line, sizeof(line),
             "the journal cannot be written: %s; new detached batches are "
             "refused %s",
             database_error(journal->database),
             health == JOURNAL_BROKEN ? "until waitd is restarted" : "until there is space");
    report(journal, true, line);
    lift_horizon(journal);
}

/* ---- Transactions ----------------------------------------------------------- */

static void answer_all(struct journal *journal,
                       void (*how)(struct journal *journal, struct store_query *query))
{
    struct store_query *next;

    for (struct store_query *query = journal->open.first; query != NULL; query = next) {
        next = query->next;
        how(journal, query);
    }
    empty(&journal->open);
}

static bool has_running(const struct journal *journal)
{
    return journal->index.n_running > journal->n_foreign;
}

/* Whether it is written of our own account as time passes: for what runs, and to find out
 * whether there is space again. */
static bool keeps_time(const struct journal *journal)
{
    return journal->health == JOURNAL_OUT_OF_SPACE || has_running(journal);
}

static bool has_accept(const struct journal_queries *queries)
{
    for (const struct store_query *query = queries->first; query != NULL; query = query->next)
        if (query->kind == STORE_ACCEPT)
            return true;
    return false;
}

static bool time_is_due(const struct journal *journal, int64_t now_ns)
{
    return journal->health != JOURNAL_BROKEN && now_ns >= journal->stored_ns + TIME_AGE_NS &&
           now_ns >= journal->retry_ns;
}

enum database_result journal_write_time(struct journal *journal, int64_t now_ns)
{
    struct database_time time = {
        .boot_ns = now_ns, .wall_ns = journal->config.wall_clock(journal->config.clock_context)};

    memcpy(time.boot_id, journal->boot_id, sizeof(time.boot_id));
    return database_set_time(journal->database, &time);
}

void journal_time_is_stored(struct journal *journal, int64_t now_ns)
{
    journal->stored_ns = now_ns;
    atomic_store_explicit(&journal->store.horizon_ns, now_ns + JOURNAL_WINDOW_NS,
                          memory_order_release);
    store_ring(&journal->store);
}

/* Rows of batches whose time is over. */
static enum database_result write_removals(struct journal *journal, int64_t now_ns)
{
    enum database_result result = DATABASE_OK;
    struct index_entry *entry;

    journal->n_removals = 0;
    while (result == DATABASE_OK && journal->n_removals < JOURNAL_REMOVALS &&
           now_ns >= journal->retry_ns) {
        entry = index_first_over(&journal->index, now_ns);
        if (entry == NULL)
            break;
        result = database_remove(journal->database, entry->batch->order);
        index_put_off(&journal->index, entry);
        journal->removals[journal->n_removals++] = entry;
    }
    return result;
}

static void finish_removals(struct journal *journal, bool are_removed)
{
    for (size_t i = 0; i < journal->n_removals; i++) {
        if (are_removed)
            index_remove(&journal->index, journal->removals[i]);
        else
            index_put_back(&journal->index, journal->removals[i]);
    }
    journal->n_removals = 0;
}

/* Writes what the queries say, up to the first that cannot be written or has to wait, and
 * leaves those behind it in the list.  False if one cannot be written. */
static bool write_queries(struct journal *journal, struct journal_queries *queries)
{
    struct store_query *query;

    while ((query = queries->first) != NULL) {
        queries->first = query->next;
        switch (journal_handle(journal, query)) {
        case JOURNAL_STEP_OPEN:
            append(&journal->open, query);
            break;
        case JOURNAL_STEP_ANSWERED:
            break;
        case JOURNAL_STEP_LATER:
            query->next = queries->first;
            queries->first = query;
            return true;
        case JOURNAL_STEP_FAILED:
            append(&journal->open, query);
            return false;
        }
    }
    return true;
}

static enum journal_health health_after(enum database_result result)
{
    switch (result) {
    case DATABASE_OK:
        return JOURNAL_HEALTHY;
    case DATABASE_NO_SPACE:
        return JOURNAL_OUT_OF_SPACE;
    case DATABASE_FAILED:
        break;
    }
    return JOURNAL_BROKEN;
}

/* Nothing of it is there: it was not committed, or there is no space. */
static void give_up(struct journal *journal, enum database_result result, int64_t now_ns)
{
    database_rollback(journal->database);
    set_health(journal, health_after(result));
    journal->retry_ns = now_ns + RETRY_NS;
    finish_removals(journal, false);
    answer_all(journal, journal_answer_refused);
}

static void commit(struct journal *journal, bool has_time, int64_t now_ns)
{
    enum database_result result = database_commit(journal->database);

    if (result == DATABASE_NO_SPACE) {
        give_up(journal, result, now_ns);
        return;
    }
    if (result != DATABASE_OK || database_has_changed(journal->database))
        set_health(journal, health_after(result));
    finish_removals(journal, result == DATABASE_OK);
    if (result == DATABASE_OK && has_time)
        journal_time_is_stored(journal, now_ns);
    answer_all(journal, result == DATABASE_OK ? journal_answer_done : journal_answer_unknown);
    database_rollback(journal->database);
}

/* Once nobody waits for the transaction. */
static void checkpoint(struct journal *journal)
{
    enum database_result result = DATABASE_OK;

    if (database_wants_checkpoint(journal->database))
        result = database_checkpoint(journal->database);
    if (result == DATABASE_FAILED)
        set_health(journal, JOURNAL_BROKEN);
}

/* One transaction for as many of the queries as can be written, and for what is due of our own. */
static void write_group(struct journal *journal, struct journal_queries *queries)
{
    int64_t now_ns = journal_now(journal);
    bool has_time = (keeps_time(journal) || has_accept(queries)) && time_is_due(journal, now_ns);
    enum database_result result = database_begin(journal->database);

    if (result == DATABASE_OK && has_time)
        result = journal_write_time(journal, now_ns);
    if (result == DATABASE_OK)
        result = write_removals(journal, now_ns);
    if (result == DATABASE_OK && !write_queries(journal, queries))
        result = database_fault(journal->database);
    if (result == DATABASE_OK)
        commit(journal, has_time, now_ns);
    else
        give_up(journal, result, now_ns);
    if (journal->health == JOURNAL_HEALTHY)
        checkpoint(journal);
}

/* Whatever writes is refused; the rest needs no transaction. */
static void answer_without_writing(struct journal *journal, struct journal_queries *queries)
{
    (void)write_queries(journal, queries);
    answer_all(journal, journal_answer_done);
    for (struct index_entry *entry = index_first_over(&journal->index, journal_now(journal));
         entry != NULL; entry = index_first_over(&journal->index, journal_now(journal)))
        index_remove(&journal->index, entry); /* in this life */
}

/* ---- Batches of another life ------------------------------------------------ */

/* Posts one to the loop that is to be its home.  One whose request cannot be read is
 * met when somebody asks for it. */
static void resume(struct journal *journal, struct stored_batch *batch, struct store_port *port)
{
    struct store_query *query = store_query_new(STORE_RESUME, port, NULL);
    char line[512];

    if (query == NULL) {
        report(journal, true, "out of memory for a batch of another life: it is not run");
        atomic_store_explicit(&batch->progress.is_not_run, true, memory_order_relaxed);
        stored_release(batch);
        return;
    }
    query->batch = batch;
    query->text = database_request(journal->database, batch->order);
    if (query->text == NULL) {
        atomic_store_explicit(&batch->progress.is_not_run, true, memory_order_relaxed);
        snprintf(line, sizeof(line), "the batch %s cannot be read and is not run: %s", batch->ref,
                 database_error(journal->database));
        report(journal, true, line);
        store_query_free(query);
        return;
    }
    store_post(port, query);
}

/* Hands some to each loop that has taken what it was handed before, so that no more
 * requests are in memory than loops can read. */
static void resume_some(struct journal *journal)
{
    const struct store *store = &journal->store;

    for (unsigned i = 0; i < store->n_ports && journal->next_resume < journal->n_resumes; i++) {
        struct store_port *port = store->ports[i];

        if (atomic_load_explicit(&port->newest, memory_order_acquire) != NULL)
            continue;
        for (unsigned n = 0; n < RESUMES_A_PORT && journal->next_resume < journal->n_resumes; n++)
            resume(journal, journal->resumes[journal->next_resume++], port);
    }
}

/* ---- The thread ------------------------------------------------------------- */

/* By the store's clock: when there is something to do that nobody asks for. */
static int64_t next_wanted(const struct journal *journal, int64_t now_ns)
{
    int64_t next_ns = index_next_over(&journal->index);

    if (journal->health != JOURNAL_BROKEN && keeps_time(journal) &&
        journal->stored_ns + TIME_AGE_NS < next_ns)
        next_ns = journal->stored_ns + TIME_AGE_NS;
    if (next_ns < journal->retry_ns)
        next_ns = journal->retry_ns;
    if (journal->next_resume < journal->n_resumes && next_ns > now_ns + RESUME_NS)
        next_ns = now_ns + RESUME_NS;
    return next_ns;
}

/* The condition's clock does not run while the machine is suspended; whoever is late by that
 * is woken by the first query, or a second later. */
static void sleep_until(struct journal *journal, int64_t until_ns, int64_t now_ns)
{
    int64_t length_ns = until_ns - now_ns;
    struct timespec deadline =
        clock_deadline(length_ns < DURATION_SECOND_NS ? length_ns : DURATION_SECOND_NS);

    (void)pthread_cond_timedwait(&journal->wake, &journal->lock, &deadline);
}

/* Waits for something to do.  False once it is to stop and nothing was asked. */
static bool wait_for_work(struct journal *journal, struct journal_queries *queries)
{
    bool goes_on;

    pthread_mutex_lock(&journal->lock);
    while (journal->queue.first == NULL && !journal->is_stopping) {
        int64_t now_ns = journal_now(journal), until_ns = next_wanted(journal, now_ns);

        if (until_ns <= now_ns)
            break;
        if (until_ns == DUE_NEVER)
            pthread_cond_wait(&journal->wake, &journal->lock);
        else
            sleep_until(journal, until_ns, now_ns);
        if (journal->next_resume < journal->n_resumes)
            break;
    }
    goes_on = journal->queue.first != NULL || !journal->is_stopping;
    queries->first = journal->queue.first;
    empty(&journal->queue);
    pthread_mutex_unlock(&journal->lock);
    return goes_on;
}

static bool has_work(const struct journal *journal, const struct journal_queries *queries)
{
    int64_t now_ns = journal_now(journal);

    return queries->first != NULL || index_first_over(&journal->index, now_ns) != NULL ||
           (keeps_time(journal) && time_is_due(journal, now_ns));
}

static void *work(void *context)
{
    struct journal *journal = context;
    struct journal_queries queries;

    while (wait_for_work(journal, &queries)) {
        while (has_work(journal, &queries) && journal->health != JOURNAL_BROKEN) {
            write_group(journal, &queries);
            if (queries.first == NULL)
                break;
        }
        if (journal->health == JOURNAL_BROKEN)
            answer_without_writing(journal, &queries);
        resume_some(journal);
    }
    return NULL;
}

/* ---- The store -------------------------------------------------------------- */

static void query_journal(struct store *store, struct store_query *query)
{
    struct journal *journal = journal_of(store);

    if (!journal->has_thread) {
        store_refuse(query, FAULT_UNAVAILABLE, "the journal's thread could not be made");
        return;
    }
    pthread_mutex_lock(&journal->lock);
    append(&journal->queue, query);
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->lock);
}

static void start_journal(struct store *store)
{
    struct journal *journal = journal_of(store);
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    journal->has_thread = pthread_create(&journal->thread, NULL, work, journal) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!journal->has_thread) {
        report(journal, true, "the journal's thread cannot be made: no detached batches");
        atomic_store_explicit(&journal->store.is_ready, false, memory_order_release);
    }
}

static void free_journal(struct store *store)
{
    struct journal *journal = journal_of(store);
    struct store_query *next;

    pthread_mutex_lock(&journal->lock);
    journal->is_stopping = true;
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->lock);
    if (journal->has_thread)
        pthread_join(journal->thread, NULL);
    for (struct store_query *query = journal->queue.first; query != NULL; query = next) {
        next = query->next;
        store_query_free(query);
    }
    for (size_t i = journal->next_resume; i < journal->n_resumes; i++)
        stored_release(journal->resumes[i]);
    free(journal->resumes);
    index_fini(&journal->index);
    database_close(journal->database);
    if (journal->lock_fd >= 0)
        close(journal->lock_fd);
    pthread_cond_destroy(&journal->wake);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

void journal_init(struct journal *journal)
{
    static const struct store_ops ops = {
        .start = start_journal, .query = query_journal, .free = free_journal};

    store_init(&journal->store, &ops, STORED_DURABLE_DISK);
    index_init(&journal->index, &journal->store);
    empty(&journal->queue);
    empty(&journal->open);
}
