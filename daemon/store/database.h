/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DATABASE_H
#define WAITD_DATABASE_H

/*
 * The journal's tables, in SQLite: all SQL there is is in database*.c.  One
 * row a batch with its request, one a cancel, and one with the time that was
 * stored last.  A batch's events are not stored: they follow from these.
 *
 * One connection and no other, in WAL mode with the file locked to it, so that
 * a commit that has returned is on the disk (synchronous=FULL).  For one thread
 * at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/stored.h"
#include "daemon/store/digest.h"

#define DATABASE_FILE        "waitd.db"
#define DATABASE_WAL         "waitd.db-wal"
#define DATABASE_BOOT_ID_MAX 36

enum database_result {
    DATABASE_OK,
    DATABASE_NO_SPACE, /* the disk or a quota is full: nothing of the transaction is there */
    DATABASE_FAILED,   /* any other fault: what became of the transaction is not known */
};

/* A reading of the clocks, as it was stored. */
struct database_time {
    char boot_id[DATABASE_BOOT_ID_MAX + 1]; /* of the machine's boot that boot_ns counts in */
    int64_t boot_ns;                        /* the store's clock */
    int64_t wall_ns;                        /* CLOCK_REALTIME */
};

/* A batch's row.  Its request is read by itself. */
struct database_batch {
    uint64_t order;
    char ref[STORED_REF_MAX + 1];
    char owner[PRINCIPAL_NAME_MAX + 1]; /* a principal's name */
    struct stored_terms terms;
    char engine[32];
    size_t request_bytes;
    bool is_damaged; /* nothing but `order` means anything */
    bool has_ended;
    int status; /* enum batch_status; this and what follows where it has ended */
    uint64_t last;
    int64_t ended_ns;
};

struct database;

/*
 * Opens the database in the directory, and makes it where there is none, unless
 * it is to be read alone (then it must have no WAL).  NULL and one clear line
 * where it is not there, not ours, of another version, or damaged at its header
 * or its schema.
 */
struct database *database_open(const char *directory, bool read_only, char *error, size_t size);
void database_close(struct database *database); /* NULL is fine */

/*
 * Whether the database has its header, or is new, and what a crash may have left beside it is whole
 * (store/wal.h); to be asked before it is opened.  Else one clear line.
 */
bool database_files_are_sound(const char *directory, char *error, size_t size);

/* Whether SQLite finds no fault in any page, which reads them all; else the first one. */
bool database_is_sound(struct database *database, char *error, size_t size);

/* What the last call that failed says of it, and of which kind it was. */
const char *database_error(const struct database *database);
enum database_result database_fault(const struct database *database);

/* ---- Writing, within a transaction ---------------------------------------------------- */

enum database_result database_begin(struct database *database);
enum database_result database_commit(struct database *database);
void database_rollback(struct database *database); /* harmless where none is open */

/*
 * Writes what is in the WAL to the database itself, which takes as long as writing it took: not
 * within a commit, so that nobody who waits for one waits for this.  When it is wanted, after a
 * commit.  Where there is no space it is wanted again later, and nothing is lost.
 */
bool database_wants_checkpoint(const struct database *database);
enum database_result database_checkpoint(struct database *database);

/* Whether anything was written since the transaction began. */
bool database_has_changed(const struct database *database);

/* digest: of the request's text, DIGEST_BYTES. */
enum database_result database_add_batch(struct database *database, const struct stored_batch *batch,
                                        const char *engine, const struct stored_text *request,
                                        const uint8_t *digest);
enum database_result database_add_cancel(struct database *database, uint64_t order,
                                         const struct stored_cancel *cancel);
/* late_ns: by how much later than its end the time for which it is kept begins. */
enum database_result database_set_end(struct database *database, uint64_t order, int status,
                                      uint64_t last, int64_t ended_ns, int64_t late_ns);
enum database_result database_set_accepted(struct database *database, uint64_t order,
                                           int64_t accepted_ns);
enum database_result database_remove(struct database *database, uint64_t order);
enum database_result database_set_time(struct database *database, const struct database_time *time);

/* ---- Reading --------------------------------------------------------------------------- */

/* The longest request that can be stored, bytes. */
size_t database_request_max(const struct database *database);

/* Whether there is one is in *found. */
enum database_result database_time(struct database *database, struct database_time *time,
                                   bool *found);

/* Calls for each batch in the order of acceptance, until it returns other than 0, which
 * is then returned in *stopped. */
typedef int (*database_batch_fn)(void *context, const struct database_batch *batch);
enum database_result database_each_batch(struct database *database, database_batch_fn call,
                                         void *context, int *stopped);

/* The same for the cancels of a batch, in their order. */
typedef int (*database_cancel_fn)(void *context, const struct stored_cancel *cancel);
enum database_result database_each_cancel(struct database *database, uint64_t order,
                                          database_cancel_fn call, void *context, int *stopped);

/*
 * A batch's request, the caller's to release.  NULL when out of memory or when what is
 * read is not what was stored (database_error() says which).
 */
struct stored_text *database_request(struct database *database, uint64_t order);

/* The digest of a batch's request as it was stored.  Whether it could be read. */
bool database_digest(struct database *database, uint64_t order, uint8_t *digest);

#endif
