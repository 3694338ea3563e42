/* SPDX-License-Identifier: ISC */
#include "daemon/store/database.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/database_internal.h"

/* What the WAL may hold before it is written to the database: as SQLite does by itself. */
#define CHECKPOINT_PAGES 1000

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    ADD_BATCH,
    ADD_CANCEL,
    SET_END,
    SET_ACCEPTED,
    REMOVE_BATCH,
    REMOVE_CANCELS,
    SET_TIME,
    GET_TIME,
    EACH_BATCH,
    EACH_CANCEL,
    GET_REQUEST,
    GET_DIGEST,
    N_STATEMENTS
};

_Static_assert(N_STATEMENTS == DATABASE_STATEMENTS, "each has its place in struct database");

static const char *const texts[N_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [ADD_BATCH] = ("INSERT INTO batches VALUES(?1, ?2, ?15, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                   " ?12, NULL, NULL, NULL, ?13, ?14)"),
    [ADD_CANCEL] = "INSERT INTO cancels(ord, at_ns, whole, job) VALUES(?1, ?2, ?3, ?4)",
    [SET_END] = ("UPDATE batches SET status = ?2, last = ?3, ended_ns = ?4,"
                 " retain_ns = CASE WHEN retain_ns < 9223372036854775807 - ?5 THEN retain_ns + ?5"
                 " ELSE 9223372036854775807 END WHERE ord = ?1"),
    [SET_ACCEPTED] = "UPDATE batches SET accepted_ns = ?2 WHERE ord = ?1",
    [REMOVE_BATCH] = "DELETE FROM batches WHERE ord = ?1",
    [REMOVE_CANCELS] = "DELETE FROM cancels WHERE ord = ?1",
    [SET_TIME] = "INSERT OR REPLACE INTO clock VALUES(1, ?1, ?2, ?3)",
    [GET_TIME] = "SELECT boot_id, boot_ns, wall_ns FROM clock",
    [EACH_BATCH] = ("SELECT ord, ref, key, jobs, seed, max_wait_ns, retain_ns, cancel_on_restart,"
                    " engine, accepted_ns, wall_ns, status, last, ended_ns, length(request),"
                    " max_summaries, owner FROM batches ORDER BY ord"),
    [EACH_CANCEL] = "SELECT at_ns, whole, job FROM cancels WHERE ord = ?1 ORDER BY id",
    [GET_REQUEST] = "SELECT digest, request FROM batches WHERE ord = ?1",
    [GET_DIGEST] = "SELECT digest FROM batches WHERE ord = ?1",
};

/* ---- Results ------------------------------------------------------------------------------ */

void database_set_error(struct database *database, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(database->error, sizeof(database->error), format, arguments);
    va_end(arguments);
}

const char *database_error(const struct database *database)
{
    return database->error;
}

enum database_result database_fault(const struct database *database)
{
    return database->fault;
}

/* SQLite reports a full disk by itself, and a full quota by the system's error. */
static bool is_lack_of_space(struct database *database, int code)
{
    return (code & 0xff) == SQLITE_FULL ||
           (code == SQLITE_IOERR_WRITE && sqlite3_system_errno(database->handle) == EDQUOT);
}

enum database_result database_result_of(struct database *database, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return DATABASE_OK;
    database_set_error(database, "%s", sqlite3_errmsg(database->handle));
    database->fault = is_lack_of_space(database, code) ? DATABASE_NO_SPACE : DATABASE_FAILED;
    return database->fault;
}

/* Runs a statement that gives no rows, with what was bound to it. */
static enum database_result run(struct database *database, enum statement which)
{
    sqlite3_stmt *statement = database->statements[which];
    enum database_result result = database_result_of(database, sqlite3_step(statement));

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result;
}

bool database_prepare(struct database *database)
{
    for (int which = 0; which < N_STATEMENTS; which++)
        if (database_result_of(database, sqlite3_prepare_v3(database->handle, texts[which], -1,
                                                            SQLITE_PREPARE_PERSISTENT,
                                                            &database->statements[which], NULL)) !=
            DATABASE_OK)
            return false;
    return true;
}

static void bind(struct database *database, enum statement which, int place, int64_t value)
{
    sqlite3_bind_int64(database->statements[which], place, value);
}

/* ---- Transactions --------------------------------------------------------------------------- */

enum database_result database_begin(struct database *database)
{
    database->changes = sqlite3_total_changes64(database->handle);
    return run(database, BEGIN);
}

bool database_has_changed(const struct database *database)
{
    return sqlite3_total_changes64(database->handle) != database->changes;
}

enum database_result database_commit(struct database *database)
{
    return run(database, COMMIT);
}

void database_rollback(struct database *database)
{
    /* Without a word of its own: what led to it is what counts. */
    if (!sqlite3_get_autocommit(database->handle)) {
        (void)sqlite3_step(database->statements[ROLLBACK]);
        (void)sqlite3_reset(database->statements[ROLLBACK]);
    }
}

/* ---- The WAL -------------------------------------------------------------------------------- */

static int note_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct database *database = context;

    (void)handle;
    (void)name;
    database->wal_pages = pages;
    return SQLITE_OK;
}

void database_follow_wal(struct database *database)
{
    (void)sqlite3_wal_hook(database->handle, note_wal, database);
}

bool database_wants_checkpoint(const struct database *database)
{
    return database->wal_pages >= CHECKPOINT_PAGES;
}

enum database_result database_checkpoint(struct database *database)
{
    database->wal_pages = 0;
    return database_result_of(
        database,
        sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

/* ---- Writing -------------------------------------------------------------------------------- */

enum database_result database_add_batch(struct database *database, const struct stored_batch *batch,
                                        const char *engine, const struct stored_text *request,
                                        const uint8_t *digest)
{
    sqlite3_stmt *statement = database->statements[ADD_BATCH];
    const struct stored_terms *terms = &batch->terms;

    bind(database, ADD_BATCH, 1, (int64_t)batch->order);
    sqlite3_bind_text(statement, 2, batch->ref, -1, SQLITE_STATIC);
    if (terms->key_len > 0)
        sqlite3_bind_blob(statement, 3, terms->key, terms->key_len, SQLITE_STATIC);
    bind(database, ADD_BATCH, 4, terms->jobs);
    bind(database, ADD_BATCH, 5, terms->seed);
    bind(database, ADD_BATCH, 6, terms->max_wait_ns);
    bind(database, ADD_BATCH, 7, terms->max_summaries);
    bind(database, ADD_BATCH, 8, terms->retain_ns);
    bind(database, ADD_BATCH, 9, terms->cancel_on_restart);
    sqlite3_bind_text(statement, 10, engine, -1, SQLITE_STATIC);
    bind(database, ADD_BATCH, 11, terms->accepted_ns);
    bind(database, ADD_BATCH, 12, terms->wall_ns);
    sqlite3_bind_blob(statement, 13, digest, DIGEST_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 14, request->bytes, request->len, SQLITE_STATIC);
    sqlite3_bind_text(statement, 15, batch->owner->name, -1, SQLITE_STATIC);
    return run(database, ADD_BATCH);
}

enum database_result database_add_cancel(struct database *database, uint64_t order,
                                         const struct stored_cancel *cancel)
{
    bind(database, ADD_CANCEL, 1, (int64_t)order);
    bind(database, ADD_CANCEL, 2, cancel->at_ns);
    bind(database, ADD_CANCEL, 3, cancel->whole);
    bind(database, ADD_CANCEL, 4, (int64_t)cancel->job);
    return run(database, ADD_CANCEL);
}

enum database_result database_set_end(struct database *database, uint64_t order, int status,
                                      uint64_t last, int64_t ended_ns, int64_t late_ns)
{
    bind(database, SET_END, 1, (int64_t)order);
    bind(database, SET_END, 2, status);
    bind(database, SET_END, 3, (int64_t)last);
    bind(database, SET_END, 4, ended_ns);
    bind(database, SET_END, 5, late_ns);
    return run(database, SET_END);
}

enum database_result database_set_accepted(struct database *database, uint64_t order,
                                           int64_t accepted_ns)
{
    bind(database, SET_ACCEPTED, 1, (int64_t)order);
    bind(database, SET_ACCEPTED, 2, accepted_ns);
    return run(database, SET_ACCEPTED);
}

enum database_result database_remove(struct database *database, uint64_t order)
{
    enum database_result result;

    bind(database, REMOVE_CANCELS, 1, (int64_t)order);
    result = run(database, REMOVE_CANCELS);
    if (result != DATABASE_OK)
        return result;
    bind(database, REMOVE_BATCH, 1, (int64_t)order);
    return run(database, REMOVE_BATCH);
}

enum database_result database_set_time(struct database *database, const struct database_time *time)
{
    sqlite3_bind_text(database->statements[SET_TIME], 1, time->boot_id, -1, SQLITE_STATIC);
    bind(database, SET_TIME, 2, time->boot_ns);
    bind(database, SET_TIME, 3, time->wall_ns);
    return run(database, SET_TIME);
}

/* ---- Reading -------------------------------------------------------------------------------- */

size_t database_request_max(const struct database *database)
{
    /* Less the rest of its row. */
    return (size_t)sqlite3_limit(database->handle, SQLITE_LIMIT_LENGTH, -1) - 4096;
}

/* Copies a text column of at most size - 1 bytes.  Whether it is one. */
static bool copy_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);

    if (text == NULL || len >= size || strlen((const char *)text) != len)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

enum database_result database_time(struct database *database, struct database_time *time,
                                   bool *found)
{
    sqlite3_stmt *row = database->statements[GET_TIME];
    int code = sqlite3_step(row);
    enum database_result result = database_result_of(database, code);

    *found = code == SQLITE_ROW;
    if (*found) {
        time->boot_ns = sqlite3_column_int64(row, 1);
        time->wall_ns = sqlite3_column_int64(row, 2);
        if (!copy_text(row, 0, time->boot_id, sizeof(time->boot_id))) {
            database_set_error(database, "the stored time is none");
            result = DATABASE_FAILED;
        }
    }
    sqlite3_reset(row);
    return result;
}

/* A number from `least` up to `most`. */
static bool in_range(sqlite3_stmt *row, int column, int64_t least, int64_t most)
{
    int64_t value = sqlite3_column_int64(row, column);

    return sqlite3_column_type(row, column) == SQLITE_INTEGER && value >= least && value <= most;
}

static bool read_key(sqlite3_stmt *row, struct stored_terms *terms)
{
    int len = sqlite3_column_bytes(row, 2);

    if (sqlite3_column_type(row, 2) == SQLITE_NULL)
        return true;
    if (len < 1 || len > STORED_KEY_MAX)
        return false;
    memcpy(terms->key, sqlite3_column_blob(row, 2), (size_t)len);
    terms->key_len = (uint16_t)len;
    return true;
}

/* Whether the row is a batch. */
static bool read_batch(sqlite3_stmt *row, struct database_batch *batch)
{
    struct stored_terms *terms = &batch->terms;

    *batch = (struct database_batch){.order = (uint64_t)sqlite3_column_int64(row, 0)};
    if (!in_range(row, 0, 1, INT64_MAX) || !in_range(row, 3, 0, UINT32_MAX) ||
        !in_range(row, 5, 0, INT64_MAX) || !in_range(row, 6, 0, INT64_MAX) ||
        !in_range(row, 15, 0, UINT32_MAX) || !copy_text(row, 1, batch->ref, sizeof(batch->ref)) ||
        !copy_text(row, 16, batch->owner, sizeof(batch->owner)) ||
        !principal_is_name(batch->owner) || !read_key(row, terms) ||
        !copy_text(row, 8, batch->engine, sizeof(batch->engine)))
        return false;
    terms->jobs = (uint32_t)sqlite3_column_int64(row, 3);
    terms->seed = sqlite3_column_int64(row, 4);
    terms->max_wait_ns = sqlite3_column_int64(row, 5);
    terms->retain_ns = sqlite3_column_int64(row, 6);
    terms->max_summaries = (uint32_t)sqlite3_column_int64(row, 15);
    terms->cancel_on_restart = sqlite3_column_int64(row, 7) != 0;
    terms->accepted_ns = sqlite3_column_int64(row, 9);
    terms->wall_ns = sqlite3_column_int64(row, 10);
    batch->request_bytes = (size_t)sqlite3_column_int64(row, 14);
    batch->has_ended = sqlite3_column_type(row, 11) != SQLITE_NULL;
    if (!batch->has_ended)
        return true;
    batch->status = sqlite3_column_int(row, 11);
    batch->last = (uint64_t)sqlite3_column_int64(row, 12);
    batch->ended_ns = sqlite3_column_int64(row, 13);
    return in_range(row, 11, BATCH_OK, BATCH_CANCELLED) && in_range(row, 12, 1, INT64_MAX) &&
           in_range(row, 13, 0, INT64_MAX);
}

enum database_result database_each_batch(struct database *database, database_batch_fn call,
                                         void *context, int *stopped)
{
    sqlite3_stmt *row = database->statements[EACH_BATCH];
    enum database_result result;
    int code;

    *stopped = 0;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && *stopped == 0) {
        struct database_batch batch;

        batch.is_damaged = !read_batch(row, &batch);
        *stopped = call(context, &batch);
    }
    result = database_result_of(database, code);
    sqlite3_reset(row);
    return result;
}

enum database_result database_each_cancel(struct database *database, uint64_t order,
                                          database_cancel_fn call, void *context, int *stopped)
{
    sqlite3_stmt *row = database->statements[EACH_CANCEL];
    enum database_result result;
    int code;

    *stopped = 0;
    bind(database, EACH_CANCEL, 1, (int64_t)order);
    while ((code = sqlite3_step(row)) == SQLITE_ROW && *stopped == 0) {
        struct stored_cancel cancel = {.at_ns = sqlite3_column_int64(row, 0),
                                       .whole = sqlite3_column_int(row, 1) != 0,
                                       .job = (uint64_t)sqlite3_column_int64(row, 2)};

        *stopped = call(context, &cancel);
    }
    result = database_result_of(database, code);
    sqlite3_reset(row);
    return result;
}

static bool read_digest(sqlite3_stmt *row, uint8_t *digest)
{
    if (sqlite3_column_bytes(row, 0) != DIGEST_BYTES)
        return false;
    memcpy(digest, sqlite3_column_blob(row, 0), DIGEST_BYTES);
    return true;
}

bool database_digest(struct database *database, uint64_t order, uint8_t *digest)
{
    sqlite3_stmt *row = database->statements[GET_DIGEST];
    int code;
    bool read;

    bind(database, GET_DIGEST, 1, (int64_t)order);
    code = sqlite3_step(row);
    (void)database_result_of(database, code);
    read = code == SQLITE_ROW && read_digest(row, digest);
    sqlite3_reset(row);
    return read;
}

/* The request in the row, if it is the one that was stored. */
static struct stored_text *read_request(struct database *database, sqlite3_stmt *row)
{
    uint8_t stored[DIGEST_BYTES], read[DIGEST_BYTES];
    size_t len = (size_t)sqlite3_column_bytes(row, 1);
    const void *bytes = sqlite3_column_blob(row, 1);
    struct stored_text *text = stored_text_new(len);

    if (text == NULL || (bytes == NULL && len > 0)) {
        database_set_error(database, "out of memory");
        stored_text_release(text);
        return NULL;
    }
    if (len > 0)
        memcpy(text->bytes, bytes, len);
    digest_of(text->bytes, text->len, read);
    if (!read_digest(row, stored) || memcmp(stored, read, sizeof(read)) != 0) {
        database_set_error(database, "its request is not the one that was stored");
        stored_text_release(text);
        return NULL;
    }
    return text;
}

struct stored_text *database_request(struct database *database, uint64_t order)
{
    sqlite3_stmt *row = database->statements[GET_REQUEST];
    struct stored_text *text = NULL;
    int code;

    bind(database, GET_REQUEST, 1, (int64_t)order);
    code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        text = read_request(database, row);
    else if (code == SQLITE_DONE)
        database_set_error(database, "it has no row");
    else
        (void)database_result_of(database, code);
    sqlite3_reset(row);
    return text;
}
