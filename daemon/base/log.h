/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOG_H
#define WAITD_LOG_H

/*
 * The daemon's log: lines on standard error.  No caller waits for that: a
 * thread of the log's own writes them (see log_writer.h).  Where standard error is the journal
 * (JOURNAL_STREAM names it), a line starts with its priority as in
 * sd-daemon(3), or is given to the journal itself, with the numbers of the
 * connection and the batch that it is about as fields.  Elsewhere a line begins
 * with `waitd: error: `, `waitd: warning: ` or `waitd: debug: `, and one of level
 * info, which is what a person and scripts wait to read, with nothing of the kind.
 *
 * Control characters in a line are shown as `?`, so that a file name cannot
 * forge a line.  Lines that cannot be written are lost; they are counted, and the
 * log says how many they were when it can be written again.
 *
 * All functions but log_init() and log_fini() may be called from any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/log_writer.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    _Atomic int level; /* enum log_level: the most talkative that is written */
    bool to_journal;   /* standard error is the journal's */
    bool has_fields;   /* and it takes lines with fields */
    struct log_writer writer;
};

/* What a line is about: it begins with these numbers.  0 for none. */
struct log_about {
    uint64_t connection, batch;
};

/* Looks where standard error goes, to the journal or elsewhere.  Lines above `level` are left out.
 */
void log_init(struct log *log, enum log_level level);

/* Waits until all is written, but no longer than a second for any line. */
void log_fini(struct log *log);

/* From now on lines above `level` are left out. */
void log_set_level(struct log *log, enum log_level level);

/* Whether a line of this level would be written: for what is costly to word. */
bool log_takes(struct log *log, enum log_level level);

/* Writes a line, without waiting (daemon/base/log_writer.h); log_write_about() with the connection
 * and the batch that it is about.  From any thread. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void log_write_about(struct log *log, enum log_level level, struct log_about about,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Writes a line of level info whatever the level is: for what others wait to read. */
void log_announce(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps a line that might be logged a thousand times a second to one in ten
 * seconds, which says how many were left out.  All zero at first. */
struct log_rate {
    _Atomic int64_t quiet_until_ns;
    _Atomic uint64_t left_out;
};

void log_write_rarely(struct log *log, struct log_rate *rate, int64_t now_ns, enum log_level level,
                      struct log_about about, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#endif
