/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_H
#define WAITD_EVENT_H

/*
 * Writing of events: one line of JSON each, `event` first, no blanks, numbers
 * as plain decimals.  Every function appends one whole line, its line feed
 * included, at `out` and returns the end of what it wrote.  The caller
 * provides the room: EVENT_LINE_MAX bytes and the length of every piece of
 * client's text that goes in (id, name, note, data): JSON text that is copied unchanged, and
 * where there is none the member is left out.  No printf on the way: lines are what the daemon
 * makes most of. Pure and re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event_text.h"
#include "proto/figures.h"
#include "proto/occurrence.h"
#include "proto/plan.h"
#include "proto/fault.h"

/* A line is at most this long besides the client's own texts.  An `error`
 * counts its message and path towards it: see event_write_error(). */
#define EVENT_LINE_MAX 1024

/* The same for the events of a whole batch: `accepted`, `cancelled` and `finished`. */
#define EVENT_BATCH_MAX 512

/* A text of the plan's, in place; none for 0. */
static inline struct event_text event_plan_text(const struct plan *plan, plan_text_ref ref)
{
    struct event_text text = {0};

    if (ref != 0)
        text.text = plan_text(plan, ref, &text.len);
    return text;
}

struct event_accepted {
    uint64_t batch;
    struct event_text id;
    uint32_t jobs;
    const int64_t *seed;    /* where it was drawn, else NULL */
    const int64_t *time_ns; /* on the real clock, since 1970-01-01T00:00:00Z; else NULL */
    const char *instance;   /* 16 hexadecimal digits */
};
char *event_write_accepted(char *out, const struct event_accepted *accepted);

/* What an occurrence looks like to the client.  at_ns: since acceptance.
 * with_due: `done` carries `due`, as it does with "events":"all". */
struct event_job {
    uint64_t batch;
    const char *ref; /* of a detached batch, in its number's place; else NULL */
    uint64_t seq;    /* its number, then */
    int64_t at_ns;
    struct event_text name;
    struct event_text note; /* STEP */
    struct event_text data; /* DONE */
    bool with_due;
};
/* Fills in the texts of *job that its event contains: those of the plan. */
void event_job_texts(struct event_job *job, const struct plan *plan,
                     const struct occurrence *occurrence);

char *event_write_occurrence(char *out, const struct event_job *job,
                             const struct occurrence *occurrence);

char *event_write_finished(char *out, uint64_t batch, struct event_text id, uint32_t jobs,
                           int64_t elapsed_ns, const struct batch_result *result);

/* What follows the batch and its id in `finished`, from `,"status"` on. */
char *event_finished_rest(char *out, uint32_t jobs, int64_t elapsed_ns,
                          const struct batch_result *result);

/* The message and the path are escaped here and, should they be too long
 * then, cut at a whole character, so that the line keeps to EVENT_LINE_MAX. */
char *event_write_error(char *out, const struct fault *fault, struct event_text id);

char *event_write_pong(char *out, struct event_text id, const char *version, const char *instance);

/* principal: printable ASCII, at most 255 bytes. */
char *event_write_authenticated(char *out, struct event_text id, const char *principal);

char *event_write_cancelled(char *out, struct event_text id, uint64_t batch, uint32_t jobs);

/* A line of a report: `summary` or `pool`. */
struct event_subject {
    uint64_t batch;
    const char *ref; /* of a detached batch, in its number's place; else NULL */
    uint64_t seq;    /* the event's number, then */
};
char *event_write_report(char *out, struct event_subject subject, const struct report_line *line,
                         struct event_text name);

/* `run`, and `forecast`, which takes event_forecast_size() bytes and the length of the id.
 * seed: NULL unless it was drawn. */
#define EVENT_FORECAST_MAX 4096
size_t event_forecast_size(const struct forecast_figures *figures, const struct plan *plan);
char *event_write_run(char *out, struct event_text id, const struct forecast_run *run);
char *event_write_forecast(char *out, struct event_text id, const int64_t *seed,
                           const struct forecast_figures *figures, const struct plan *plan);

struct event_stats {
    int64_t uptime_ns;
    uint64_t connections, batches, pending;
    uint64_t accepted;
    uint64_t ended[JOB_STATUSES]; /* by enum job_status */
    uint64_t events, bytes_in, bytes_out;
    int64_t late_p50_ns, late_p99_ns, late_max_ns;
    uint64_t rss_bytes;
};
char *event_write_stats(char *out, struct event_text id, const struct event_stats *stats);

/* The words of the contract for statuses: `ok`, `timed_out`, ... */
const char *event_job_status_name(enum job_status status);
const char *event_batch_status_name(enum batch_status status);

#endif
