/* SPDX-License-Identifier: ISC */
#include "client/trace/trace_counter.h"

/* So many values are written as they are; then half as many in the same time, and
 * so on. */
#define WRITES_AT_ONCE 4096

static void write_value(struct bytes *out, struct trace_counter *counter,
                        const struct trace_counter_name *name)
{
    counter->written = counter->value;
    trace_writer_counter(out, name->process, name->name, name->series, counter->changed_ns,
                         counter->value);
    if (++counter->writes % WRITES_AT_ONCE == 0)
        counter->interval_ns = counter->changed_ns / WRITES_AT_ONCE;
    counter->write_from_ns = counter->changed_ns + counter->interval_ns;
}

void trace_counter_set(struct bytes *out, struct trace_counter *counter,
                       const struct trace_counter_name *name, uint64_t value, int64_t now_ns)
{
    /* What it was until now is written once for each moment. */
    if (trace_writer_us(now_ns) > trace_writer_us(counter->changed_ns) &&
        counter->value != counter->written && counter->changed_ns >= counter->write_from_ns)
        write_value(out, counter, name);
    counter->value = value;
    counter->changed_ns = now_ns;
}

void trace_counter_finish(struct bytes *out, struct trace_counter *counter,
                          const struct trace_counter_name *name)
{
    if (counter->value != counter->written)
        write_value(out, counter, name);
}
