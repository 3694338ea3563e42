/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOG_WRITER_H
#define WAITD_LOG_WRITER_H

/*
 * Writes log lines on a thread of its own, so that a caller never waits for
 * what the lines go to: a pipe that nobody reads, a stopped terminal, a journal
 * that hangs.  That cannot be had otherwise: standard error is shared with the
 * parent, whose flags are not ours to change, and of what is ready to be written to
 * another process may use up the room first.
 *
 * Lines wait in a page while the thread writes those of another; then the pages
 * change places.  A line for which there is no room is lost, as is one that cannot
 * be written; they are counted, and the count is logged once a line can be written
 * again.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_WRITER_PAGE_BYTES 262144
#define LOG_WRITER_LINE_BYTES 1024 /* of a line's text at most, its line feed included */

/* A line: text[0..len), which ends in a line feed and a 0 that is not counted. */
struct log_line {
    int priority;               /* as in syslog(3) */
    uint32_t len, start;        /* start: of the message, behind what shows the priority */
    uint64_t connection, batch; /* what it is about; 0 for none */
    char text[LOG_WRITER_LINE_BYTES];
};

/* How lines are written; called on the writer's thread, and may block. */
struct log_sink {
    bool (*write)(void *context, const struct log_line *line); /* whether it was */
    bool (*report_lost)(void *context, uint64_t lines);        /* the same of the count */
    void *context;
};

struct log_page {
    char *bytes; /* allocated with the first line */
    size_t len;
    uint64_t lost; /* lines that came after these and found no room */
};

/* Embedded by its owner. */
struct log_writer {
    struct log_sink sink;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    pthread_t thread;
    struct log_page pages[2];
    unsigned filling; /* which page takes lines */
    bool is_running, is_idle, is_closing;
    _Atomic uint64_t written; /* lines, lost ones included: shows that there is progress */
};

/* The thread starts with the first line. */
void log_writer_init(struct log_writer *writer, const struct log_sink *sink);

/* Takes a line.  From any thread; waits for nobody but others that do the same. */
void log_writer_add(struct log_writer *writer, const struct log_line *line);

/* Ends the thread when all lines are written, or when none has been for
 * timeout_ns; what is left then is lost. */
void log_writer_fini(struct log_writer *writer, int64_t timeout_ns);

#endif
