/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRACE_WRITER_H
#define WAITD_TRACE_WRITER_H

/*
 * Events of Chrome's trace-event format ("Trace Event Format", the JSON array
 * form), one a line.
 *
 * Times are whole microseconds, the format's unit.  Viewers compute with them in
 * doubles, as `ts` + `dur`, and compare the sums: with decimals a slice ends 1e-11 us
 * behind the beginning of the next one, and is drawn within it or around it.
 * Beginnings and ends are rounded alike, a half upwards, so that what met or lay
 * within something else still does.  Integers are exact there up to 2^53, which
 * is 285 years.
 *
 * Each call appends one event that is whole.  The array's closing bracket is
 * optional by the format, so a file that was cut between two lines can be read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "proto/event_reader.h"

/* The time as it is written: whole microseconds.  ns: not negative. */
static inline int64_t trace_writer_us(int64_t ns)
{
    return ns / 1000 + (ns % 1000 >= 500);
}

/* A process is a batch, a thread is one of its lanes. */
struct trace_where {
    uint64_t process;
    uint64_t thread;
};

void trace_writer_begin(struct bytes *out);
void trace_writer_end(struct bytes *out);

/* Names a process, which is placed by its number.  where: it and any
 * thread of its own.  is_first: nothing was written since trace_writer_begin();
 * the first event has to be one of these. */
void trace_writer_process(struct bytes *out, struct trace_where where, struct event_text name,
                          bool is_first);

/* Names a thread.  Viewers put them in the order of their names or numbers, which
 * had better be the same. */
void trace_writer_thread(struct bytes *out, struct trace_where where, struct event_text name);

/* What an event belongs to, as the file has it: a category, and a color, which
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
    struct event_text name; /* text NULL: `#JOB` */
    uint64_t job;
    const struct trace_kind *kind;
};

/*
 * A slice, `X`, or an instant, `i`, in place of a slice that would have no length:
 * viewers take one for begun after its end, and draw what follows within it.  Of
 * slices with the same beginning and length the outer one has to be written
 * first.
 *
 * It is left open, to be ended by trace_writer_close_args() behind its arguments:
 * trace_writer_args() is the job and how it ended (text NULL: not), or
 * trace_writer_arg() is one argument alone; those behind it add one each.  A
 * slice needs some that differ from those of the next one of its name on the
 * thread: by these viewers know which is which of an end and a beginning at
 * one time.
 */
void trace_writer_slice(struct bytes *out, struct trace_where where, const struct trace_what *what,
                        int64_t start_ns, int64_t end_ns);
void trace_writer_arg(struct bytes *out, const char *name, uint64_t value);
void trace_writer_args(struct bytes *out, uint64_t job, struct event_text status);
void trace_writer_count(struct bytes *out, const char *name, uint64_t value);
void trace_writer_seconds(struct bytes *out, const char *name, int64_t ns);
void trace_writer_close_args(struct bytes *out);

/* The arguments of a whole batch, likewise. */
void trace_writer_batch_args(struct bytes *out, struct event_text status);

/* A slice, for what refers to it. */
struct trace_extent {
    struct trace_where where;
    int64_t start_ns, end_ns;
};

/* An arrow from the end of one slice to the beginning of another.  Both were
 * written before: viewers look for them when they read the arrow.  An instant has
 * no arrow: viewers would bind it to another slice at that time. */
void trace_writer_arrow(struct bytes *out, uint64_t id, const struct trace_extent *from,
                        const struct trace_extent *to);

/* The value of a counter of a process from a moment on. */
void trace_writer_counter(struct bytes *out, uint64_t process, struct event_text name,
                          const char *series, int64_t at_ns, uint64_t value);

#endif
