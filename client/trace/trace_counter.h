/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRACE_COUNTER_H
#define WAITD_TRACE_COUNTER_H

/*
 * A counter of a trace, written as its value changes: once for each microsecond at
 * most, and less and less often as there are more changes, so that a counter of a
 * million changes has some ten thousand values.  Pure.
 */

#include "client/trace/trace_writer.h"

/* All zero to begin with. */
struct trace_counter {
    uint64_t value, written;
    int64_t changed_ns, write_from_ns, interval_ns;
    unsigned writes;
};

/* What a counter is called: a process of the trace, its own name, and that of what it
 * counts. */
struct trace_counter_name {
    uint64_t process;
    struct event_text name;
    const char *series;
};

/* The value is another from now_ns on, which does not go back from call to call. */
void trace_counter_set(struct bytes *out, struct trace_counter *counter,
                       const struct trace_counter_name *name, uint64_t value, int64_t now_ns);

/* Writes the last value, if it has not been. */
void trace_counter_finish(struct bytes *out, struct trace_counter *counter,
                          const struct trace_counter_name *name);

#endif
