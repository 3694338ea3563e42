/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_H
#define WAITD_TIMELINE_H

/*
 * What the jobs of one batch did when, by its events, at a resolution
 * that any screen can show: the memory that it takes is bounded by the rows of
 * the screen and, with 32 bytes each, by the jobs that run at one time; of all jobs
 * that there are there is a table of a quarter of a byte each.
 *
 *     events ──► timeline ──► timeline_layout ──► timeline_draw ──► text
 *                 (times)      (cells)             (glyphs)
 *
 * Time is cut into bins, some thousands for all that has passed; when they are
 * used up each two become one.  There are tracks, each with its own bins, for
 * jobs or for lanes of jobs, as long as these are few enough, and for all jobs
 * together there is how many did what in each bin.
 *
 * Pure.  An instance is not to be used by two threads at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/event_reader.h"
#include "proto/plan.h"

/* What a job in flight does. */
enum timeline_kind {
    TIMELINE_WAIT,
    TIMELINE_COMPUTE,
    TIMELINE_QUEUE,   /* for a worker */
    TIMELINE_BACKOFF, /* between attempts */
    TIMELINE_UNKNOWN, /* something: the stream has no more than ends of jobs */
    TIMELINE_KINDS,
};

/* How an attempt or a job ended.  Where several share a place the last of them
 * is shown. */
enum timeline_mark {
    TIMELINE_NONE,
    TIMELINE_OK,
    TIMELINE_SKIPPED,
    TIMELINE_CANCELLED,
    TIMELINE_TIMED_OUT,
    TIMELINE_FAILED,
    TIMELINE_MARKS,
};

struct timeline;

/* For a batch of `jobs` jobs, of which, or of whose lanes, at most tracks_max
 * are distinguished.  NULL when out of memory. */
struct timeline *timeline_new(uint64_t jobs, unsigned tracks_max);
void timeline_free(struct timeline *timeline); /* NULL is fine */

/* Distinguishes the pools of that plan, before any event.  It is borrowed until it is to be
 * forgotten, or the timeline is freed.  0, or -1 when out of memory. */
int timeline_use_pools(struct timeline *timeline, const struct plan *plan);
void timeline_forget_plan(struct timeline *timeline);

/* Takes an event of the batch's.  Returns 0, or -1 when out of memory; the
 * timeline is then good for nothing but to be freed. */
int timeline_take(struct timeline *timeline, const struct event_read *event);

/* What is known of the batch so far. */
struct timeline_figures {
    uint64_t jobs, running;
    const uint64_t *ended; /* by enum timeline_mark; the timeline's */
    int64_t latest_ns;     /* of any event */
    int64_t horizon_ns;    /* the latest that anything in progress falls due: what the axis may
                            * as well have room for */
    int64_t begin_ns;      /* when the job that was done last began */
    int64_t own_ns;        /* and its own time, queueing left out */
    bool is_detailed;      /* the events have what jobs did, and not only their ends */
};
struct timeline_figures timeline_figures(const struct timeline *timeline);

/* Whether one job took clearly longer than every other one, by such times. */
bool timeline_has_longest(const struct timeline *timeline);

/* Marks a job as part of the critical path, if jobs are distinguished. */
void timeline_mark_critical(struct timeline *timeline, uint64_t job);

#endif
