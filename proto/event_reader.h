/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_READER_H
#define WAITD_EVENT_READER_H

/*
 * Reading of events, the client's side: one line in, one struct out.  Members
 * and events that this version does not know are passed over, as the contract
 * asks of readers, and a member of an unexpected type counts as absent.
 *
 * It reads tokens, not a tree: numbers come from their own digits (times are
 * exact to the nanosecond), and `id` and `data` are handed on as the text that
 * they are, whatever numbers, escapes or depths the client put in there; a
 * library that builds values refuses some of those.
 *
 * One reader a stream; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/figures.h"

enum event_kind {
    EVENT_UNKNOWN, /* one that this version does not know, or no event at all: has_event */
    EVENT_ACCEPTED,
    EVENT_STARTED,
    EVENT_STEP,
    EVENT_RETRY,
    EVENT_DONE,
    EVENT_FINISHED,
    EVENT_ERROR,
    EVENT_PONG,
    EVENT_CANCELLED,
    EVENT_STATS,
    EVENT_SUMMARY,
    EVENT_POOL,
    EVENT_RUN,
    EVENT_FORECAST,
};

/* A piece of text; absent if `text` is NULL.  There is no NUL behind it, but
 * there may be some in it. */
struct event_string {
    const char *text;
    size_t len;
};

/* What is absent from the line is 0.  Times are nanoseconds; one too long for
 * that, or a count too large, is the largest there is. */
struct event_read {
    enum event_kind kind;
    bool has_event;               /* there is a member `event`, a string */
    struct event_string id, data; /* JSON text, as it stands in the line */
    /* Decoded.  UTF-8, but for surrogates that the client escaped singly, which
     * stand as three bytes each. */
    struct event_string name, note, status, step_kind, instance, version;
    struct event_string code, message, path;
    struct event_string time; /* of `accepted`: on the real clock alone */
    uint64_t batch, job, step, attempt, attempts, jobs;
    uint64_t cause; /* a job's index; has_cause */
    uint64_t ok, failed, timed_out, cancelled, skipped;
    int64_t at_ns, due_ns, delay_ns, duration_ns;
    int64_t elapsed_ns, predicted_ns, sequential_ns, critical_path_ns;
    bool has_due, has_cause;
    double speedup;
    /* stats and pong */
    int64_t uptime_ns, late_p50_ns, late_p99_ns, late_max_ns;
    uint64_t connections, batches, pending, accepted, events, bytes_in, bytes_out, rss;
    uint64_t protocol;
    /* summary and pool: JSON text of their percentiles (event_reader_times()) */
    struct event_string latency, queued;
    struct event_string pool; /* decoded, as the strings above */
    uint64_t others, workers, granted, queue_max;
    int64_t busy_ns;
    double utilization;
    /* run and forecast */
    uint64_t run, runs;
    struct event_string seed; /* JSON text */
};

struct event_reader;

/* NULL when out of memory. */
struct event_reader *event_reader_new(void);
void event_reader_free(struct event_reader *reader); /* NULL is fine */

/*
 * Reads one line, its line feed at the end or not.  *event refers to the line
 * and to memory of the reader's, both until the next call.  Returns 0; otherwise
 * *event is of no use: -1 when the line is no JSON object, EVENT_READER_NOMEM when
 * out of memory.
 */
#define EVENT_READER_NOMEM (-2)

int event_reader_read(struct event_reader *reader, const char *line, size_t len,
                      struct event_read *event);

/* What stands in `latency` or `queued`; known is false if that is absent, or not an
 * object of times. */
struct report_times event_reader_times(struct event_string text);

/* What kind of event a line is, by its first member alone: UNKNOWN too where
 * `event` comes later or there are blanks. */
enum event_kind event_reader_kind(const char *line, size_t len);

/* Whether the text is `string`, as in event_reader_is(event.status, "ok"). */
static inline bool event_reader_is(struct event_string text, const char *string)
{
    return text.text != NULL && text.len == strlen(string) &&
           memcmp(text.text, string, text.len) == 0;
}

#endif
