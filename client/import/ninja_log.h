/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NINJA_LOG_H
#define WAITD_NINJA_LOG_H

/*
 * ninja's `.ninja_log`, versions 4 to 7: a line for each output that was made, with when
 * its command started and ended in milliseconds since that run of ninja began, the
 * output's modification time, its path and a hash of the command.
 *
 * ninja appends as commands end, so that an end time that falls, or an output that the
 * build has made already, belongs to another build.  When the log has become long, or
 * on request, ninja rewrites it in the order of a hash, with one line an output:
 * then builds cannot be distinguished.
 */

#include <stddef.h>
#include <stdint.h>

#include "client/import/import_internal.h"
#include "client/import/rows.h"

struct ninja_entry {
    int64_t start_ms, end_ms;
    struct rows_field output, hash;
    uint32_t job;   /* which of the build's jobs made it, from 0 in order of start */
    uint32_t place; /* in the log, from 0 */
    size_t line;
};

/* All zero to begin with. */
struct ninja_log {
    struct ninja_entry *entries; /* of the build, sorted by job, then as in the log */
    size_t n, room;
    size_t n_jobs;
};

void ninja_log_fini(struct ninja_log *log);

/*
 * Reads the log and keeps what is of the last build; of one that was rewritten, the
 * newest entry of each output.  Entries with the same start, end and hash are of one
 * job; jobs that started at one time are in the order of the log.  What is left out or
 * inferred is remarked.  0, or -1 with the fault set.
 */
int ninja_log_read(struct ninja_log *log, struct import *import, const struct import_text *file);

#endif
