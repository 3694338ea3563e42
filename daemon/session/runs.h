/* SPDX-License-Identifier: ISC */
#ifndef WAITD_RUNS_H
#define WAITD_RUNS_H

/*
 * The runs of one channel: found by number, worked in the order in which they
 * are due, and kept from acceptance until their last line has been rendered.
 *
 *     running ──runs_retire()──► retired ──runs_drop()──► gone
 *
 * A retired run has written its end: it is neither found nor due any more, and
 * only waits for its lines to go out.  Pure; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/agenda.h"
#include "daemon/session/run.h"
#include "proto/hash.h"

/* Embedded by its owner; all zero is an empty set. */
struct runs {
    struct agenda agenda; /* of runs */
    uint32_t n_running;
    uint32_t discarded;    /* slots that runs_discard() has gone over */
    struct run *dropped;   /* those that are being freed */
    struct hash by_number; /* slots of those that are running */
};

/* Makes room for one more.  0, or -1 when out of memory. */
int runs_reserve(struct runs *runs);

/* Takes a run over, after runs_reserve().  0, or -1 when out of memory: the
 * run is then still the caller's. */
int runs_add_take(struct runs *runs, struct run *run, int64_t now_ns);

/* The running one of that number, or NULL. */
struct run *runs_find(const struct runs *runs, uint64_t number);

/* The first that is due by now, or NULL; when the next one is, DUE_NEVER for never. */
struct run *runs_first_due(const struct runs *runs, int64_t now_ns);
int64_t runs_next_due(const struct runs *runs);

/* Computes again when a run is due.  To be called after anything was done to it. */
void runs_set_due(struct runs *runs, const struct run *run, int64_t now_ns);

/* The run has finished. */
void runs_retire(struct runs *runs, const struct run *run);

/* Lets go of a retired run: frees it, or begins to if it is large. */
void runs_drop(struct runs *runs, struct run *run);

/* Continues to free those, a step at a time.  Whether any are left. */
bool runs_reap(struct runs *runs);
bool runs_has_dropped(const struct runs *runs);

/* Cancels all that are running. */
void runs_cancel_all(struct runs *runs, int64_t now_ns);

uint32_t runs_running(const struct runs *runs);

/*
 * Frees runs in any state, at most `most`.  Returns whether
 * none is left; until then nothing else may be done with them but this, and
 * runs_fini().
 */
bool runs_discard(struct runs *runs, size_t most);

/* Frees them all. */
void runs_clear(struct runs *runs);
void runs_fini(struct runs *runs);

#endif
