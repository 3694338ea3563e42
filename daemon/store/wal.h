/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WAL_H
#define WAITD_WAL_H

/*
 * Whether the write-ahead log that a crash has left beside a database is whole
 * up to a torn end.  SQLite replays a log up to its first bad frame and drops
 * what is behind it without a word.  Behind a crash that is right: only the
 * transaction that was being written can be torn.  But a bad frame with two or
 * more commits of the same log behind it is damage to what had been made safe,
 * and must not pass for a crash.
 *
 * Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
 * Reads the file once and writes nothing.  Re-entrant.
 */

#include <stdint.h>

enum wal_state {
    WAL_SOUND,   /* empty, not there, or whole up to a torn end */
    WAL_DAMAGED, /* commits behind a bad frame would be lost */
    WAL_UNREADABLE,
};

/* The size of the database's pages, for a log whose header is bad. */
#define WAL_PAGE_BYTES 4096

/* frame (may be NULL): the number of the bad frame, from 1, or 0 for the header, when
 * DAMAGED. */
enum wal_state wal_check(const char *path, uint64_t *frame);

#endif
