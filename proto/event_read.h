/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_READ_H
#define WAITD_EVENT_READ_H

/* An event as the client's side has read it (proto/event_reader.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event_text.h"

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
    EVENT_BATCH,
    EVENT_BATCHES,
    EVENT_FORGOTTEN,
    EVENT_UNWATCHED,
    EVENT_SUSPENDED,
    EVENT_HEARTBEAT,
    EVENT_AUTHENTICATED,
};

/* What is absent from the line is 0.  Times are nanoseconds; one too long for
 * that, or a count too large, is the largest there is. */
struct event_read {
    enum event_kind kind;
    bool has_event;             /* there is a member `event`, a string */
    struct event_text id, data; /* JSON text, as the line has it */
    /* Decoded.  UTF-8, but for surrogates that the client escaped singly, which
     * stand as three bytes each. */
    struct event_text name, note, status, step_kind, instance, version;
    struct event_text code, message, path;
    struct event_text time; /* of `accepted`: on the real clock alone */
    struct event_text ref;  /* of a detached batch, in the place of `batch` */
    uint64_t seq;           /* of its events, from 1 */
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
    struct event_text latency, queued;
    struct event_text pool; /* decoded, as the strings above */
    uint64_t others, workers, granted, queue_max;
    int64_t busy_ns;
    double utilization;
    /* run and forecast */
    uint64_t run, runs;
    struct event_text seed;    /* JSON text */
    struct event_text elapsed; /* of a forecast: JSON text, as of summary and pool */
    /* batch, batches and suspended */
    struct event_text key, state, durable, owner;
    struct event_text principal; /* authenticated */
    uint64_t last, count;
    bool existing; /* `accepted` of a batch that there was under the key */
    int64_t late_ns;
};

#endif
