/* SPDX-License-Identifier: ISC */
#include "daemon/store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/store/database_internal.h"
#include "daemon/store/wal.h"

/* Opening the database: its schema, its settings, and whether it is sound. */

#define APPLICATION_ID 0x57414954 /* "WAIT" */
#define SCHEMA_VERSION 1

/* The request is the last column: what precedes it is read without it. */
static const char schema[] =
    "CREATE TABLE batches("
    "ord INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, key BLOB,"
    " jobs INTEGER NOT NULL, seed INTEGER NOT NULL, max_wait_ns INTEGER NOT NULL,"
    " max_summaries INTEGER NOT NULL,"
    " retain_ns INTEGER NOT NULL, cancel_on_restart INTEGER NOT NULL, engine TEXT NOT NULL,"
    " accepted_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL,"
    " status INTEGER, last INTEGER, ended_ns INTEGER,"
    " digest BLOB NOT NULL, request BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX batches_by_key ON batches(owner, key) WHERE key IS NOT NULL;"
    "CREATE TABLE cancels("
    "id INTEGER PRIMARY KEY, ord INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
    " whole INTEGER NOT NULL, job INTEGER NOT NULL) STRICT;"
    "CREATE INDEX cancels_by_batch ON cancels(ord);"
    "CREATE TABLE clock("
    "id INTEGER PRIMARY KEY CHECK (id = 1), boot_id TEXT NOT NULL, boot_ns INTEGER NOT NULL,"
    " wall_ns INTEGER NOT NULL) STRICT;";

/* The first number that a pragma or a query gives. */
static int64_t number(struct database *database, const char *query, int64_t otherwise)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = otherwise;

    if (sqlite3_prepare_v2(database->handle, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static bool execute(struct database *database, const char *sql)
{
    return database_result_of(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL)) ==
           DATABASE_OK;
}

static bool make_schema(struct database *database)
{
    char identity[96];

    snprintf(identity, sizeof(identity), "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, SCHEMA_VERSION);
    return execute(database, "BEGIN") && execute(database, schema) && execute(database, identity) &&
           execute(database, "COMMIT");
}

/* Whether the tables are those of this version. */
static bool check_schema(struct database *database)
{
    int64_t version = number(database, "PRAGMA user_version", -1);
    int64_t identity = number(database, "PRAGMA application_id", -1);

    if (version < 0 || identity < 0)
        return execute(database, "PRAGMA user_version"); /* which says why */
    if (identity != APPLICATION_ID) {
        database_set_error(database, "it is no database of waitd's");
        return false;
    }
    if (version != SCHEMA_VERSION) {
        database_set_error(database, "its schema has version %lld, and this waitd knows version %d",
                           (long long)version, SCHEMA_VERSION);
        return false;
    }
    return true;
}

static bool set_up(struct database *database, bool read_only)
{
    char page_size[40];

    snprintf(page_size, sizeof(page_size), "PRAGMA page_size=%d", WAL_PAGE_BYTES);
    if (!execute(database, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON"))
        return false;
    if (!read_only &&
        (!execute(database, page_size) ||
         !execute(database, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                            "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864")))
        return false;
    if (!read_only && number(database, "SELECT count(*) FROM sqlite_schema", 1) == 0 &&
        number(database, "PRAGMA application_id", 1) == 0 && !make_schema(database))
        return false;
    if (!read_only)
        database_follow_wal(database);
    return check_schema(database) && database_prepare(database);
}

/* How long a file is; 0 where it is not there. */
static off_t length_of(const char *directory, const char *name)
{
    char path[4096];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return stat(path, &status) == 0 ? status.st_size : 0;
}

/* Less than a page of the smallest size: SQLite may take that for a new database, and removes the
 * WAL beside it.  A new one is empty, and has its first page before its WAL is begun. */
static bool is_cut(const char *directory, off_t *bytes)
{
    *bytes = length_of(directory, DATABASE_FILE);
    return *bytes < 512 && (*bytes > 0 || length_of(directory, DATABASE_WAL) > 0);
}

bool database_files_are_sound(const char *directory, char *error, size_t size)
{
    char path[4096];
    uint64_t frame = 0;
    off_t bytes;

    if (is_cut(directory, &bytes)) {
        snprintf(error, size, "%s/" DATABASE_FILE " is damaged: it has %lld bytes", directory,
                 (long long)bytes);
        return false;
    }
    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, directory);
    switch (wal_check(path, &frame)) {
    case WAL_SOUND:
        return true;
    case WAL_DAMAGED:
        snprintf(error, size,
                 "%s is damaged at frame %llu, and what was stored behind it is not torn", path,
                 (unsigned long long)frame);
        return false;
    case WAL_UNREADABLE:
        break;
    }
    snprintf(error, size, "cannot read %s: %s", path, strerror(errno));
    return false;
}

/* The path as SQLite is given it: to be read alone, as a URI that says that nobody writes, so
 * that nothing is made beside it. */
static void name_file(char *out, size_t size, const char *directory, bool read_only)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
    size_t at;

    if (!read_only) {
        snprintf(out, size, "%s/" DATABASE_FILE, directory);
        return;
    }
    at = (size_t)snprintf(out, size, "file:");
    for (; *directory != '\0' && at + 64 < size; directory++)
        at += (size_t)snprintf(out + at, size - at,
                               strchr(unreserved, *directory) != NULL ? "%c" : "%%%02X",
                               (unsigned char)*directory);
    snprintf(out + at, size - at, "/" DATABASE_FILE "?immutable=1");
}

struct database *database_open(const char *directory, bool read_only, char *error, size_t size)
{
    const int flags = read_only ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    struct database *database = calloc(1, sizeof(*database));
    char path[4096];
    int code;

    if (database == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }
    name_file(path, sizeof(path), directory, read_only);
    code = sqlite3_open_v2(path, &database->handle,
                           flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (database_result_of(database, code) != DATABASE_OK || !set_up(database, read_only)) {
        snprintf(error, size, "cannot use %s/" DATABASE_FILE ": %s", directory, database->error);
        database_close(database);
        return NULL;
    }
    return database;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    for (int which = 0; which < DATABASE_STATEMENTS; which++)
        sqlite3_finalize(database->statements[which]);
    sqlite3_close(database->handle);
    free(database);
}

bool database_is_sound(struct database *database, char *error, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool sound = false;

    if (sqlite3_prepare_v2(database->handle, "PRAGMA integrity_check(1)", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const char *says = (const char *)sqlite3_column_text(statement, 0);

        sound = says != NULL && strcmp(says, "ok") == 0;
        snprintf(error, size, "%s", says != NULL ? says : "out of memory");
    } else {
        snprintf(error, size, "%s", sqlite3_errmsg(database->handle));
    }
    sqlite3_finalize(statement);
    return sound;
}
