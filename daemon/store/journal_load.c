/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/store/journal_internal.h"

/* What is found of another life, until it is written as this life begins with it. */
struct found {
    struct journal *journal;
    struct database_time stored; /* the last time of the other life */
    bool has_stored;
    bool is_same_boot; /* of the machine: its boot clock has gone on */
    int64_t now_ns;    /* by this life's clock */
    int64_t wall_ns;
    struct stored_batch **batches; /* all, held by the index */
    size_t n_batches, room;
    struct principal *owner; /* of the batch that was read last; held */
    bool is_damaged;         /* a row is */
    uint64_t damaged;        /* the order of its batch, as it stands there */
    bool is_unreadable;      /* cancels are, and the database says why */
};

/* ---- Clocks --------------------------------------------------------------------------------- */

/* Time since acceptance at the stored time, which is the least that it is now. */
static int64_t age_when_stored(const struct found *found, int64_t accepted_ns)
{
    int64_t age_ns;

    if (!found->has_stored || __builtin_sub_overflow(found->stored.boot_ns, accepted_ns, &age_ns) ||
        age_ns < 0)
        return 0;
    return age_ns;
}

/* When it was accepted by this life's clock: in another boot by the wall clock, as far as
 * that has gone on. */
static int64_t accepted_now(const struct found *found, const struct stored_terms *terms)
{
    int64_t age_ns = age_when_stored(found, terms->accepted_ns), wall_age_ns;

    if (found->is_same_boot)
        return terms->accepted_ns;
    if (!__builtin_sub_overflow(found->wall_ns, terms->wall_ns, &wall_age_ns) &&
        wall_age_ns > age_ns)
        age_ns = wall_age_ns;
    return found->now_ns - age_ns;
}

/* This life's clock is never below the stored time, even where the machine was put back. */
static void set_clock(struct found *found)
{
    struct journal *journal = found->journal;
    int64_t boot_ns = journal->config.boot_clock(journal->config.clock_context);

    found->is_same_boot = found->has_stored && strcmp(found->stored.boot_id, journal->boot_id) == 0;
    if (found->is_same_boot && found->stored.boot_ns > boot_ns)
        atomic_store_explicit(&journal->store.ahead_ns, found->stored.boot_ns - boot_ns,
                              memory_order_release);
    found->now_ns = journal_now(journal);
    found->wall_ns = journal->config.wall_clock(journal->config.clock_context);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int add_cancel(void *context, const struct stored_cancel *cancel)
{
    return stored_add_cancel(context, cancel);
}

static void set_progress(struct stored_batch *batch, const struct database_batch *row,
                         bool is_foreign)
{
    struct stored_progress *progress = &batch->progress;

    atomic_store_explicit(&progress->state,
                          is_foreign       ? STORED_FOREIGN
                          : row->has_ended ? STORED_FINISHED
                                           : STORED_UNSEEN,
                          memory_order_relaxed);
    if (!row->has_ended)
        return;
    atomic_store_explicit(&progress->status, row->status, memory_order_relaxed);
    atomic_store_explicit(&progress->pending, 0, memory_order_relaxed);
    atomic_store_explicit(&progress->last, row->last, memory_order_relaxed);
    atomic_store_explicit(&progress->ended_ns, row->ended_ns, memory_order_relaxed);
}

/* Whose it is.  Most often they are of one owner, who is made once then.  NULL when out of
 * memory. */
static struct principal *owner_of(struct found *found, const struct database_batch *row)
{
    if (found->owner == NULL || strcmp(found->owner->name, row->owner) != 0) {
        principal_release(found->owner);
        found->owner = principal_new(row->owner, false);
    }
    return found->owner;
}

static struct stored_batch *make_batch(struct found *found, const struct database_batch *row,
                                       bool is_foreign)
{
    const struct store *store = &found->journal->store;
    struct principal *owner = owner_of(found, row);
    struct stored_batch *batch =
        owner != NULL ? stored_new(&store->horizon_ns, store->durable, &row->terms, owner) : NULL;

    if (batch == NULL)
        return NULL;
    batch->order = row->order;
    memcpy(batch->ref, row->ref, sizeof(batch->ref));
    batch->terms.accepted_ns = accepted_now(found, &row->terms);
    if (is_foreign)
        memcpy(batch->engine, row->engine, sizeof(batch->engine));
    set_progress(batch, row, is_foreign);
    return batch;
}

static int make_room(struct found *found)
{
    size_t room = found->room > 0 ? 2 * found->room : 64;
    struct stored_batch **batches;

    if (found->n_batches < found->room)
        return 0;
    batches = realloc(found->batches, room * sizeof(struct stored_batch *));
    if (batches == NULL)
        return -1;
    found->batches = batches;
    found->room = room;
    return 0;
}

/* One batch's row, for database_each_batch().  -1 when out of memory or damaged. */
static int load_batch(void *context, const struct database_batch *row)
{
    struct found *found = context;
    struct journal *journal = found->journal;
    bool is_foreign = strcmp(row->engine, journal->engine) != 0;
    struct index_entry *entry;
    struct stored_batch *batch;
    int stopped = 0;

    if (row->is_damaged) {
        found->is_damaged = true;
        found->damaged = row->order;
        return -1;
    }
    batch = make_batch(found, row, is_foreign);
    if (batch != NULL)
        found->is_unreadable = database_each_cancel(journal->database, row->order, add_cancel,
                                                    batch, &stopped) != DATABASE_OK;
    if (batch == NULL || found->is_unreadable || stopped != 0 || make_room(found) != 0) {
        stored_release(batch);
        return -1;
    }
    entry = index_add(&journal->index, batch, NULL, row->request_bytes);
    stored_release(batch); /* the index holds it */
    if (entry == NULL)
        return -1;
    batch->handled_ns = age_when_stored(found, row->terms.accepted_ns);
    entry->floor_ns = batch->handled_ns + JOURNAL_WINDOW_NS;
    if (row->has_ended)
        (void)index_set_end(&journal->index, entry, INT64_MIN);
    else if (is_foreign)
        journal->n_foreign++;
    journal->next_order = row->order + 1;
    found->batches[found->n_batches++] = batch;
    return 0;
}

static enum database_result read_all(struct found *found, int *stopped)
{
    struct database *database = found->journal->database;
    enum database_result result = database_time(database, &found->stored, &found->has_stored);

    *stopped = 0;
    if (result != DATABASE_OK)
        return result;
    set_clock(found);
    return database_each_batch(database, load_batch, found, stopped);
}

/* ---- What this life begins with --------------------------------------------- */

static bool is_resumed(const struct stored_batch *batch)
{
    return atomic_load_explicit(&batch->progress.state, memory_order_relaxed) == STORED_UNSEEN;
}

static bool is_cancelled_whole(struct stored_batch *batch)
{
    uint32_t n = stored_n_cancels(batch);

    for (uint32_t i = 0; i < n; i++)
        if (stored_cancel_at(batch, i).whole)
            return true;
    return false;
}

/* The instant at which the daemon came back, which is not below any that was sent. */
static struct stored_cancel cancel_by_restart(const struct found *found,
                                              const struct stored_batch *batch)
{
    const struct index_entry *entry = batch->store_data;
    int64_t age_ns = found->now_ns - batch->terms.accepted_ns;

    return (struct stored_cancel){.at_ns = age_ns > entry->floor_ns ? age_ns : entry->floor_ns,
                                  .whole = true};
}

static bool is_cancelled_by_restart(struct stored_batch *batch)
{
    return is_resumed(batch) && batch->terms.cancel_on_restart && !is_cancelled_whole(batch);
}

static enum database_result write_batch(const struct found *found, struct stored_batch *batch)
{
    struct database *database = found->journal->database;
    enum database_result result = DATABASE_OK;

    if (!found->is_same_boot)
        result = database_set_accepted(database, batch->order, batch->terms.accepted_ns);
    if (result == DATABASE_OK && is_cancelled_by_restart(batch)) {
        struct stored_cancel cancel = cancel_by_restart(found, batch);

        result = database_add_cancel(database, batch->order, &cancel);
    }
    return result;
}

/* One transaction: the clocks of this life, and the cancels that its start is. */
static enum database_result write_start(const struct found *found)
{
    struct journal *journal = found->journal;
    enum database_result result = database_begin(journal->database);

    for (size_t i = 0; i < found->n_batches && result == DATABASE_OK; i++)
        result = write_batch(found, found->batches[i]);
    if (result == DATABASE_OK)
        result = journal_write_time(journal, found->now_ns);
    if (result == DATABASE_OK)
        result = database_commit(journal->database);
    database_rollback(journal->database);
    return result;
}

/* Once it is written: the cancels fall, and what is to be run is listed.  0, or -1 when
 * out of memory. */
static int take_up(const struct found *found)
{
    struct journal *journal = found->journal;

    journal->resumes = calloc(found->n_batches + 1, sizeof(struct stored_batch *));
    if (journal->resumes == NULL)
        return -1;
    for (size_t i = 0; i < found->n_batches; i++) {
        struct stored_batch *batch = found->batches[i];

        if (is_cancelled_by_restart(batch)) {
            struct stored_cancel cancel = cancel_by_restart(found, batch);

            if (stored_add_cancel(batch, &cancel) != 0)
                return -1;
        }
        if (is_resumed(batch))
            journal->resumes[journal->n_resumes++] = stored_hold(batch);
    }
    return 0;
}

/* Reads what is kept, and writes what this life begins with.  0, or -1 and one clear line. */
static int load(struct journal *journal, char *error, size_t size)
{
    struct found found = {.journal = journal};
    int stopped;
    bool is_loaded = read_all(&found, &stopped) == DATABASE_OK && !found.is_unreadable;

    if (is_loaded && stopped == 0)
        is_loaded = write_start(&found) == DATABASE_OK;
    if (!is_loaded)
        snprintf(error, size, "cannot use %s/" DATABASE_FILE ": %s", journal->config.directory,
                 database_error(journal->database));
    else if (found.is_damaged)
        snprintf(error, size, "%s/" DATABASE_FILE " is damaged at the row of batch %llu",
                 journal->config.directory, (unsigned long long)found.damaged);
    else if (stopped != 0 || take_up(&found) != 0)
        snprintf(error, size, "out of memory for the batches in %s", journal->config.directory);
    else
        journal_time_is_stored(journal, found.now_ns);
    is_loaded = is_loaded && stopped == 0 && journal->resumes != NULL;
    free(found.batches);
    principal_release(found.owner);
    return is_loaded ? 0 : -1;
}

/* ---- Opening ---------------------------------------------------------------- */

/* Holds the directory against other daemons, and makes the database's file one that nobody
 * else can read. */
static int lock_directory(const char *directory, char *error, size_t size)
{
    char path[4096];
    int fd, file;

    snprintf(path, sizeof(path), "%s/lock", directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        if (errno == ENOENT)
            snprintf(error, size, "--state takes a directory that exists, not %s", directory);
        else
            snprintf(error, size, "cannot write to %s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error, size,
                 errno == EWOULDBLOCK ? "%s is in use by another waitd" : "cannot lock %s",
                 directory);
        close(fd);
        return -1;
    }
    snprintf(path, sizeof(path), "%s/" DATABASE_FILE, directory);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        snprintf(error, size, "cannot write to %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    close(file);
    return fd;
}

static int make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int result;

    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    result = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return result;
}

static struct journal *make_journal(const struct journal_config *config)
{
    struct journal *journal = calloc(1, sizeof(*journal));

    if (journal == NULL)
        return NULL;
    if (pthread_mutex_init(&journal->lock, NULL) != 0) {
        free(journal);
        return NULL;
    }
    if (make_condition(&journal->wake) != 0) {
        pthread_mutex_destroy(&journal->lock);
        free(journal);
        return NULL;
    }
    journal->config = *config;
    journal->lock_fd = -1;
    journal->next_order = 1;
    snprintf(journal->prefix, sizeof(journal->prefix), "%s", config->prefix);
    snprintf(journal->engine, sizeof(journal->engine), "%s", config->engine);
    snprintf(journal->boot_id, sizeof(journal->boot_id), "%s", config->boot_id);
    journal_init(journal);
    return journal;
}

struct store *journal_open(const struct journal_config *config, char *error, size_t size)
{
    struct journal *journal = make_journal(config);

    if (journal == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }
    journal->lock_fd = lock_directory(config->directory, error, size);
    if (journal->lock_fd >= 0 && database_files_are_sound(config->directory, error, size))
        journal->database = database_open(config->directory, false, error, size);
    if (journal->database == NULL || load(journal, error, size) != 0) {
        store_free(&journal->store);
        return NULL;
    }
    return &journal->store;
}
