/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FANOUT_H
#define WAITD_FANOUT_H

/*
 * Hands each line of a daemon's to the ways of showing it, and counts what it
 * means.
 *
 *               ┌─► show ─► output (standard output)
 *     line ─► event ─► show ─► output (a file)
 *               └─► tally, batches
 *
 * Lines may be of a connection or of a file.  It writes
 * nothing by itself: its driver flushes and polls the outputs.
 */

#include <poll.h>

#include "client/show/pending.h"
#include "client/show/batches.h"
#include "client/show/output.h"
#include "client/show/show.h"
#include "client/base/status.h"
#include "client/show/tally.h"

/* One way of showing and where to. */
struct fanout_part {
    const struct show *show;
    const char *path; /* NULL for standard output */
    struct show_run run;
    struct output output;
};

struct fanout {
    struct fanout_part parts[SHOWS_MAX];
    size_t n;            /* the first is the one on standard output */
    const char **inputs; /* files that are read; `-` is standard input */
    size_t n_inputs;
    bool needs_all, needs_plan;
    bool shows_all;   /* to those too that do not need it: nothing was asked for on their behalf */
    bool reports_all; /* each event is FANOUT_EVENT, read; to be set before it begins */
    bool color;
    const struct show_modes *modes; /* of a comparison; borrowed; to be set before it begins */
    struct tally tally;
    struct batches batches;        /* that run */
    struct pending_queue *pending; /* requests; borrowed; NULL where they are not known */
    uint64_t mismatches;           /* batches accepted that were not those of the next request */
    bool has_begun, has_ended;
    size_t unfinished; /* batches that ran at the end */
    size_t lost;       /* that ran when another stream of events began */
    char *instance;    /* the daemon's, of the batches that run; NULL: it was not named */
    bool no_memory;

    struct event_reader *reader;
    unsigned read;         /* the kinds of events that anyone wants read */
    struct bytes restored; /* a line as it would have been */
};

/* Starts with no way of showing.  0, or -1 when out of memory; to be released
 * in any case. */
int fanout_init(struct fanout *fanout, bool color);
void fanout_fini(struct fanout *fanout);

/* Files that are read, which no output may overwrite: to be named before outputs are
 * added.  Borrowed.  0, or -1 when out of memory. */
int fanout_protect(struct fanout *fanout, const char *const *paths, size_t n);

/*
 * Adds one; the first is that of standard output (path NULL).  path: a file,
 * which is made or emptied; borrowed.  own: for struct show_run.  Says what is
 * wrong with the file on standard error and returns -1.
 */
int fanout_add(struct fanout *fanout, const struct show *show, void *own, const char *path);

/* Informs the ways of showing that it begins. */
void fanout_begin(struct fanout *fanout);

/* Standard output's terminal may have another width now. */
void fanout_resized(struct fanout *fanout);

enum fanout_result {
    FANOUT_TAKEN,
    FANOUT_EVENT,   /* one that decides what to do next is in *event: accepted, error, unwatched */
    FANOUT_FOREIGN, /* not a line of this protocol */
    FANOUT_NOMEM,
};

/* Takes one line, its line feed included.  *event is valid until the next call. */
enum fanout_result fanout_take(struct fanout *fanout, const char *line, size_t len,
                               struct event_read *event);

/* Takes one that has been read: *event, of a job. */
enum fanout_result fanout_take_read(struct fanout *fanout, const char *line, size_t len,
                                    const struct event_read *event);

/* Nothing more follows; rest: what there is of a line that did not end, or NULL.
 * What the ways of showing have begun they complete.  Once. */
void fanout_end(struct fanout *fanout, const char *rest, size_t len);

/* Writes as much as is taken at once. */
void fanout_flush(struct fanout *fanout);

/* What to poll() for: room to write, and of the one on standard output always
 * whether its reader has left.  Entries that are of no use are left out. */
void fanout_poll(const struct fanout *fanout, struct pollfd pollers[SHOWS_MAX]);

/* Handles what poll() answered. */
void fanout_polled(struct fanout *fanout, const struct pollfd pollers[SHOWS_MAX]);

/* Whether so much waits to be written that it is better to take no more. */
bool fanout_is_full(const struct fanout *fanout);

/* Whether anything waits to be written. */
bool fanout_is_pending(const struct fanout *fanout);

/* Says on standard error which files could not be written.  STATUS_OK for none. */
enum status fanout_conclude(const struct fanout *fanout);

#endif
