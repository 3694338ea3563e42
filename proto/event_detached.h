/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_DETACHED_H
#define WAITD_EVENT_DETACHED_H

/*
 * Writing of the events that only detached batches have, and of those that look
 * different for them.  As in proto/event.h: a line each, its end is returned, and
 * EVENT_LINE_MAX bytes of room besides the client's own texts are enough, or
 * EVENT_BATCH_MAX where it says so.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/event.h"

/* `accepted`, which is event 1 (EVENT_BATCH_MAX). */
struct event_detached_accepted {
    const char *ref;
    struct event_text id; /* of the submit that it answers */
    bool existing;
    uint32_t jobs;
    const int64_t *seed; /* where it was drawn, else NULL */
    const char *durable;
    int64_t time_ns; /* of acceptance, since 1970-01-01T00:00:00Z */
};
char *event_detached_accepted(char *out, const struct event_detached_accepted *accepted);

/* `finished`, with what the schedule alone says (EVENT_BATCH_MAX). */
char *event_detached_finished(char *out, const char *ref, uint64_t seq, uint32_t jobs,
                              const struct batch_result *result);

/* A text of the client's as it was decoded, as a JSON string behind `begin`, which ends with the
 * quote: at most EVENT_TEXT_FACTOR bytes for each of it, and one. */
#define EVENT_TEXT_FACTOR 6
char *event_detached_text(char *out, const char *begin, const char *text, size_t len);

/* Answers. */
char *event_detached_unwatched(char *out, struct event_text id, const char *ref, uint64_t last);
char *event_detached_cancelled(char *out, struct event_text id, const char *ref, int64_t at_ns,
                               uint32_t jobs);
char *event_detached_forgotten(char *out, struct event_text id, const char *ref);
char *event_detached_batches(char *out, struct event_text id, uint64_t count);

/* What happens to a watch. */
char *event_detached_suspended(char *out, const char *ref, uint64_t last);

/* Of any batch: ref is NULL for one that has a number. */
char *event_detached_heartbeat(char *out, uint64_t batch, const char *ref, int64_t at_ns,
                               uint32_t pending);

/* One of those listed.  Members that are not known are left out. */
struct event_listed {
    struct event_text id;
    const char *ref;
    const char *key; /* decoded; as it was decoded */
    size_t key_len;
    const char *owner; /* printable ASCII, at most 255 bytes */
    const char *state;
    const char *status; /* NULL: it has none */
    const char *durable;
    uint32_t jobs, pending;
    uint64_t last;
    int64_t time_ns, elapsed_ns, late_ns;
    bool has_progress; /* pending, elapsed, late and last are known */
};
#define EVENT_LISTED_MAX (EVENT_LINE_MAX + EVENT_TEXT_FACTOR * 255 + 2 * 255)
char *event_detached_batch(char *out, const struct event_listed *listed);

#endif
