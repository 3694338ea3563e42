/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRACE_WRITER_H
#define WAITD_TRACE_WRITER_H

/*
 * Events of Chrome's trace-event format ("Trace Event Format", the JSON array
 * form), one a line.  Times are in microseconds there, written to the nanosecond.
 *
 * Each call appends one event that is whole.  The array's closing bracket is
 * optional by the format, so a file that was cut between two lines can be read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "proto/event_reader.h"

/* A process is a batch, a thread is one of its lanes. */
struct trace_where {
    uint64_t process;
    uint64_t thread;
};

void trace_writer_begin(struct bytes *out);
void trace_writer_end(struct bytes *out);

/* Names a process, which comes where its number puts it.  where: it and any
 * thread of its own.  is_first: nothing was written since trace_writer_begin();
 * the first event has to be one of these. */
void trace_writer_process(struct bytes *out, struct trace_where where, struct event_string name,
                          bool is_first);

/* Names a thread.  Viewers put them in the order of their names or numbers, which
 * had better be the same. */
void trace_writer_thread(struct bytes *out, struct trace_where where, struct event_string name);

/* What an event belongs to, as it stands in the file: a category, and a color, which
 * is one of the names that the format reserves. */
struct trace_kind {
    const char *text;
    size_t len;
};

/* Of literals.  The second is for no color of its own. */
#define TRACE_KIND(category, color)                                                                \
    TRACE_KIND_OF(",\"cat\":\"" category "\",\"cname\":\"" color "\"")
#define TRACE_KIND_PLAIN(category) TRACE_KIND_OF(",\"cat\":\"" category "\"")
#define TRACE_KIND_OF(text)                                                                        \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

/* What all events on a thread have. */
struct trace_what {
    struct event_string name; /* text NULL: `#JOB` */
    uint64_t job;
    const struct trace_kind *kind;
};

/* A slice, `X`, or an instant, `i`.  Both are left open, to be ended by
 * trace_writer_close(), or with arguments in between: trace_writer_args() tells the
 * job and how it ended (text NULL: not), those behind it add one each, and
 * trace_writer_close_args() ends it. */
void trace_writer_slice(struct bytes *out, struct trace_where where, const struct trace_what *what,
                        int64_t start_ns, int64_t end_ns);
void trace_writer_moment(struct bytes *out, struct trace_where where, const struct trace_what *what,
                         int64_t at_ns);
void trace_writer_close(struct bytes *out);
void trace_writer_args(struct bytes *out, uint64_t job, struct event_string status);
void trace_writer_count(struct bytes *out, const char *name, uint64_t value);
void trace_writer_seconds(struct bytes *out, const char *name, int64_t ns);
void trace_writer_close_args(struct bytes *out);

/* The arguments of a whole batch, likewise. */
void trace_writer_batch_args(struct bytes *out, struct event_string status);

/* An arrow from one slice to another: from a moment within the one to one
 * within the other. */
void trace_writer_arrow(struct bytes *out, uint64_t id, struct trace_where from, int64_t from_ns,
                        struct trace_where to, int64_t to_ns);

/* The value of a counter of a process from a moment on. */
void trace_writer_counter(struct bytes *out, uint64_t process, const char *name, const char *series,
                          int64_t at_ns, uint64_t value);

#endif
