/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DATABASE_INTERNAL_H
#define WAITD_DATABASE_INTERNAL_H

/*
 * The database, shared by the files that make it up:
 *
 *     database.c       the statements: transactions, writing, reading
 *     database_open.c  the schema, opening and checking
 */

#include <sqlite3.h>

#include "daemon/store/database.h"

#define DATABASE_STATEMENTS 15

struct database {
    sqlite3 *handle;
    sqlite3_stmt *statements[DATABASE_STATEMENTS];
    sqlite3_int64 changes; /* in all, as the transaction began */
    int wal_pages;         /* since the last checkpoint */
    enum database_result fault;
    char error[256];
};

/* Prepares all statements, once there is a schema; database_close() finalizes them. */
bool database_prepare(struct database *database);

/* Has wal_pages kept, and no checkpoint made within a commit. */
void database_follow_wal(struct database *database);

/* What database_error() says next. */
void database_set_error(struct database *database, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What one of SQLite's codes means; notes an error and its kind. */
enum database_result database_result_of(struct database *database, int code);

#endif
