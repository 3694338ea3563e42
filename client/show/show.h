/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SHOW_H
#define WAITD_SHOW_H

/*
 * Ways of showing events.  Several may be active at once, one for standard
 * output and others for files: client/show/fanout.c hands each event over as it is
 * received and knows nothing of how it looks; a way of showing knows nothing of
 * connections.  It only appends to `out`, which is written when its file
 * takes it.
 *
 * A way of showing that needs all events (`needs_all`) says so, and gets
 * all: the batches are then sent with "events":"all".  The others still get
 * what the user asked for and no more, as the daemon would have sent it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/show/batches.h"
#include "client/base/bytes.h"
#include "client/show/failures.h"
#include "proto/event_reader.h"

/* For struct show's `events`. */
#define SHOW_KIND(kind) (1u << (kind))
#define SHOW_ALL        (~0u)

/* What a batch's `events` decides on. */
#define SHOW_JOBS                                                                                  \
    (SHOW_KIND(EVENT_STARTED) | SHOW_KIND(EVENT_STEP) | SHOW_KIND(EVENT_RETRY) |                   \
     SHOW_KIND(EVENT_DONE))

/* The modes that one batch is compared in, in the order in which they are accepted. */
#define SHOW_MODES_MAX 3
struct show_modes {
    const char *names[SHOW_MODES_MAX];
    size_t n;
};

/* One run's state, for one way of showing. */
struct show_run {
    struct bytes *out;
    bool color;
    unsigned columns;               /* of the terminal that it is written to; 0 for none */
    uint64_t batches;               /* accepted so far */
    uint64_t jobs;                  /* of the largest of them */
    void *own;                      /* of the way of showing */
    const struct show_modes *modes; /* of a comparison, else NULL */

    /* While `event` and `forget` run: the batch that it is about, or NULL for none
     * that is known.  Its plan (batch->request.plan) is there if some way of
     * showing `needs_plan` and the request is known. */
    const struct active_batch *batch;
    /* What this way of showing keeps of that batch, with the batch: NULL at first,
     * and from `accepted` on what it puts there, until it has to `forget`. */
    void **kept;
};

struct show {
    const char *name;  /* as -o has it */
    bool is_of_one;    /* the requests are variants of one: the first refusal says it all */
    bool has_progress; /* has a progress bar on standard error beside it */
    bool needs_all;    /* every event of every batch */
    bool needs_plan;   /* to know which job waits for which */
    unsigned events;   /* the kinds that `event` is called for */
    /* Each may be NULL. */
    void (*begin)(struct show_run *run);                              /* connected */
    void (*line)(struct show_run *run, const char *line, size_t len); /* as received */
    void (*event)(struct show_run *run, const struct event_read *event);
    void (*forget)(struct show_run *run); /* the batch is over, or will not be: free *run->kept */
    /* For what is drawn over again as time passes, on standard output alone: draws
     * it if it is time to, and returns when it wants to be called next, by the
     * client's clock; DUE_NEVER: not before the next event.  Called when nothing
     * waits to be written, and after each resize of the terminal. */
    int64_t (*refresh)(struct show_run *run, int64_t now_ns, bool is_resized);
    /* Takes away what is to be drawn over, for something else to be written. */
    void (*clear)(struct show_run *run);
    void (*end)(struct show_run *run); /* nothing more follows; after each batch's `forget` */
};

/* The ways that -o offers for batches. */
extern const struct show show_human, show_json, show_summary, show_timeline;

/* Those for files. */
extern const struct show show_trace, show_joblog, show_svg;

/* The way of `compare -o timeline`. */
extern const struct show show_comparison;

/* The one of that name, or NULL. */
const struct show *show_find(const char *name);

/* The names, as a list for people: `human, json, timeline or summary`. */
const char *show_names(void);

/* ---- What several ways have in common ------------------------------------ */

/* Appends `[3] `, or a ref in brackets, for the lines of one batch among others. */
void show_batch(struct show_run *run, const struct event_read *event);

/* Appends the client's own name for a batch; it is JSON, and a string in there is
 * shown as one. */
void show_id(struct bytes *out, struct event_text id);

/* Appends a line of totals: `ok: 10 jobs in 1.000 s (...)`; several where it would
 * be wider than the terminal.  On a terminal with the jobs that failed, by name:
 * failures, or NULL. */
void show_totals(struct show_run *run, const struct event_read *finished,
                 const struct failures *failures);

/* Appends a line for a `summary` or a `pool`, broken as totals are. */
void show_report(struct show_run *run, const struct event_read *event);

/* Appends a line for a `forecast`, broken as totals are. */
void show_forecast(struct show_run *run, const struct event_read *event);

/* Appends the parts, with a line feed between each two, as lines that fit the terminal,
 * and empties them. */
void show_folded(struct show_run *run, struct bytes *parts);

/* What `event` of a way of showing does that keeps the failures of its batches and
 * nothing else: from `accepted` on they are at *run->kept, for show_forget_failures()
 * to free.  NULL where the batch is not known. */
struct failures *show_take_failures(struct show_run *run, const struct event_read *event);
void show_forget_failures(struct show_run *run);

/* The same in its parts, with `between` in place of the spaces between them, for
 * who breaks lines, and without the line feed. */
void show_totals_parts(struct show_run *run, const struct event_read *finished,
                       const char *between);

/* Appends a status, coloured if colours are on, padded to `width`. */
void show_status(struct show_run *run, struct event_text status, int width);

#endif
