/* SPDX-License-Identifier: ISC */
#include "client/trace/trace_writer.h"

#include <string.h>

#include "client/base/text.h"
#include "proto/decimal.h"
#include "proto/duration.h"
#include "proto/scan.h"

/*
 * Traces have an event or more for each line of the daemon's, so each is put
 * together in one go, without printf, in room that is allocated once.  Every event
 * fits in here, and a text of SHORT_TEXT bytes besides; for a longer one there is
 * the long way.
 */
#define EVENT_ROOM 512
#define SHORT_TEXT 128

static char *put_bytes(char *out, const char *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

/* For literals, whose length the compiler knows. */
#define PUT(out, literal) put_bytes(out, literal, sizeof(literal) - 1)

static char *put_string(char *out, const char *string)
{
    return put_bytes(out, string, strlen(string));
}

static char *put_where(char *out, struct trace_where where)
{
    out = decimal_put(PUT(out, ",\"pid\":"), where.process);
    return decimal_put(PUT(out, ",\"tid\":"), where.thread);
}

static char *put_time(char *out, int64_t us)
{
    return decimal_put(PUT(out, ",\"ts\":"), (uint64_t)us);
}

void trace_writer_begin(struct bytes *out)
{
    bytes_add_char(out, '[');
}

void trace_writer_end(struct bytes *out)
{
    bytes_add_string(out, "\n]\n");
}

/* What is first in the file has no comma in front. */
static char *begin_metadata(struct bytes *out, const char *kind, struct trace_where where,
                            bool is_first)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p == NULL)
        return NULL;
    if (!is_first)
        p = PUT(p, ",");
    p = put_string(PUT(p, "\n{\"ph\":\"M\",\"name\":\""), kind);
    return PUT(put_where(PUT(p, "\""), where), ",\"args\":{");
}

static void commit(struct bytes *out, const char *end)
{
    bytes_commit(out, (size_t)(end - (out->data + out->end)));
}

/* A text as a JSON string.  NULL when out of memory, like p; the room behind it
 * is EVENT_ROOM again if it had room. */
static char *put_text(struct bytes *out, char *p, struct event_text text)
{
    if (p == NULL)
        return NULL;
    if (text.len <= SHORT_TEXT &&
        scan_unescaped(text.text, text.text + text.len) == text.text + text.len)
        return PUT(put_bytes(PUT(p, "\""), text.text, text.len), "\"");
    commit(out, p);
    text_append_json(out, text.text, text.len);
    return bytes_reserve(out, EVENT_ROOM);
}

static void write_name(struct bytes *out, const char *kind, struct trace_where where,
                       struct event_text name, bool is_first)
{
    char *p = begin_metadata(out, kind, where, is_first);

    if (p != NULL && (p = put_text(out, PUT(p, "\"name\":"), name)) != NULL)
        commit(out, PUT(p, "}}"));
}

static void write_order(struct bytes *out, const char *kind, struct trace_where where,
                        uint64_t order)
{
    char *p = begin_metadata(out, kind, where, false);

    if (p != NULL)
        commit(out, PUT(decimal_put(PUT(p, "\"sort_index\":"), order), "}}"));
}

void trace_writer_process(struct bytes *out, struct trace_where where, struct event_text name,
                          bool is_first)
{
    write_name(out, "process_name", where, name, is_first);
    write_order(out, "process_sort_index", where, where.process);
}

void trace_writer_thread(struct bytes *out, struct trace_where where, struct event_text name)
{
    write_name(out, "thread_name", where, name, false);
}

/* ---- Slices ---------------------------------------------------------------- */

static char *put_what(struct bytes *out, char *p, const struct trace_what *what)
{
    p = PUT(p, "\"name\":");
    if (what->name.text == NULL)
        p = PUT(decimal_put(PUT(p, "\"#"), what->job), "\"");
    else if ((p = put_text(out, p, what->name)) == NULL)
        return NULL;
    return put_bytes(p, what->kind->text, what->kind->len);
}

void trace_writer_slice(struct bytes *out, struct trace_where where, const struct trace_what *what,
                        int64_t start_ns, int64_t end_ns)
{
    int64_t start_us = trace_writer_us(start_ns), end_us = trace_writer_us(end_ns);
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p == NULL)
        return;
    p = end_us > start_us ? PUT(p, ",\n{\"ph\":\"X\",") : PUT(p, ",\n{\"ph\":\"i\",\"s\":\"t\",");
    if ((p = put_what(out, p, what)) == NULL)
        return;
    p = put_time(put_where(p, where), start_us);
    if (end_us > start_us)
        p = decimal_put(PUT(p, ",\"dur\":"), (uint64_t)(end_us - start_us));
    commit(out, p);
}

void trace_writer_arg(struct bytes *out, const char *name, uint64_t value)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p == NULL)
        return;
    p = put_string(PUT(p, ",\"args\":{\""), name);
    commit(out, decimal_put(PUT(p, "\":"), value));
}

void trace_writer_args(struct bytes *out, uint64_t job, struct event_text status)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p == NULL)
        return;
    p = decimal_put(PUT(p, ",\"args\":{\"job\":"), job);
    if (status.text != NULL)
        p = put_text(out, PUT(p, ",\"status\":"), status);
    if (p != NULL)
        commit(out, p);
}

void trace_writer_batch_args(struct bytes *out, struct event_text status)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p != NULL && (p = put_text(out, PUT(p, ",\"args\":{\"status\":"), status)) != NULL)
        commit(out, p);
}

static char *begin_arg(struct bytes *out, const char *name)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    return p != NULL ? PUT(put_string(PUT(p, ",\""), name), "\":") : NULL;
}

void trace_writer_count(struct bytes *out, const char *name, uint64_t value)
{
    char *p = begin_arg(out, name);

    if (p != NULL)
        commit(out, decimal_put(p, value));
}

void trace_writer_seconds(struct bytes *out, const char *name, int64_t ns)
{
    char *p = begin_arg(out, name);

    if (p != NULL)
        commit(out, p + duration_print(p, ns));
}

void trace_writer_close_args(struct bytes *out)
{
    bytes_add(out, "}}", 2);
}

/* ---- Arrows and counters ------------------------------------------------------ */

static char *put_arrow_end(char *out, const char *phase, uint64_t id, struct trace_where where,
                           int64_t us)
{
    out = put_string(PUT(out, ",\n{\"ph\":\""), phase);
    out = decimal_put(PUT(out, ",\"name\":\"after\",\"cat\":\"after\",\"id\":"), id);
    return PUT(put_time(put_where(out, where), us), "}");
}

static bool is_slice(const struct trace_extent *extent)
{
    return trace_writer_us(extent->end_ns) > trace_writer_us(extent->start_ns);
}

void trace_writer_arrow(struct bytes *out, uint64_t id, const struct trace_extent *from,
                        const struct trace_extent *to)
{
    char *p;

    if (!is_slice(from) || !is_slice(to) || (p = bytes_reserve(out, 2 * EVENT_ROOM)) == NULL)
        return;
    /* The last microsecond that is the slice's alone: at its end the next may begin. */
    p = put_arrow_end(p, "s\"", id, from->where, trace_writer_us(from->end_ns) - 1);
    /* Bound to the slice that encloses it, rather than to the next one. */
    p = put_arrow_end(p, "f\",\"bp\":\"e\"", id, to->where, trace_writer_us(to->start_ns));
    commit(out, p);
}

void trace_writer_counter(struct bytes *out, uint64_t process, struct event_text name,
                          const char *series, int64_t at_ns, uint64_t value)
{
    char *p = bytes_reserve(out, EVENT_ROOM);

    if (p == NULL || (p = put_text(out, PUT(p, ",\n{\"ph\":\"C\",\"name\":"), name)) == NULL)
        return;
    p = decimal_put(PUT(p, ",\"pid\":"), process);
    p = put_time(PUT(p, ",\"tid\":0"), trace_writer_us(at_ns));
    p = put_string(PUT(p, ",\"args\":{\""), series);
    commit(out, PUT(decimal_put(PUT(p, "\":"), value), "}}"));
}
