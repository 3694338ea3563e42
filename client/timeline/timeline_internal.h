/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TIMELINE_INTERNAL_H
#define WAITD_TIMELINE_INTERNAL_H

/* What timeline.c, its parts and timeline_layout.c share. */

#include <stddef.h>

#include "client/trace/roster.h"
#include "client/timeline/timeline.h"
#include "client/timeline/timeline_queues.h"

/* Bins of time: at least half of them are in use, which for the widest of
 * terminals is still several a column. */
#define TIMELINE_BINS 2048

/* The first width of a bin. */
#define TIMELINE_FIRST_BIN_NS 1

#define TIMELINE_NO_TRACK UINT16_MAX

/* A step that is over and behind which no event came for so long has
 * given way to waiting for a worker. */
#define TIMELINE_LATE_NS 50000000

/* Names are kept so far, in bytes. */
#define TIMELINE_LABEL_MAX 160

/* ---- Running jobs ---------------------------------------------------------- */

/* Of these there may be a million, looked at in any order: two fill a line of
 * the processor's cache. */
struct timeline_job {
    int64_t since_ns, due_ns; /* of what it does */
    int64_t begin_ns;         /* of the job */
    float own_ns;             /* steps and back-off so far, which queueing is not part of */
    uint16_t track;
    uint8_t kind; /* enum timeline_kind */
    uint8_t pool; /* whose workers its next step takes, if it computes */
};

/* ---- Tracks: what one job, or the jobs of one lane, did ------------------ */

struct timeline_bin {
    float share[TIMELINE_KINDS]; /* of the bin's time */
    uint8_t marks;               /* bits by enum timeline_mark */
};

/* What a job did from one time to another; with a mark, what ended at begin_ns. */
struct timeline_piece {
    int64_t begin_ns, end_ns;
    uint8_t kind, mark;
};

/* As long as it has few pieces a track is these, and takes no more memory than
 * its job has had events; then it is bins. */
#define TIMELINE_PIECES 1024

struct timeline_track {
    struct timeline_piece *pieces;
    unsigned n_pieces, pieces_room;
    struct timeline_bin *bins; /* NULL: pieces */
    int64_t begin_ns, end_ns;  /* of the job, or of the lane's first and last */
    bool is_begun, is_critical;
    enum timeline_mark mark; /* of the last job that ended */
    uint8_t pool;            /* of a job: that of its first compute step */
    char *label;             /* of a job: safe to be shown; NULL for none */
    size_t label_len;
};

/* Returns 0, or -1 when out of memory.  end_ns: within the bins. */
int timeline_track_add(struct timeline_track *track, int64_t bin_ns, enum timeline_kind kind,
                       int64_t begin_ns, int64_t end_ns);
int timeline_track_mark(struct timeline_track *track, int64_t bin_ns, enum timeline_mark mark,
                        int64_t at_ns);
void timeline_track_halve(struct timeline_track *track); /* each two bins become one */
void timeline_track_fini(struct timeline_track *track);

/* ---- The flow: how many jobs did what ------------------------------------ */

/*
 * Where each job has a track these say it all, and there is no flow.
 *
 * Kept as differences, so that an event costs the same however long what it
 * describes lasts.  For one in the middle of bin b: `part[b]` is the
 * rest of the bin, `whole[b]` counts for all bins behind it.
 */
struct timeline_flow {
    double part[TIMELINE_KINDS][TIMELINE_BINS];
    int64_t whole[TIMELINE_KINDS][TIMELINE_BINS];
    uint64_t ended[TIMELINE_MARKS][TIMELINE_BINS];
};

void timeline_flow_add(struct timeline_flow *flow, int64_t bin_ns, enum timeline_kind kind,
                       int64_t at_ns, int change);
void timeline_flow_halve(struct timeline_flow *flow);

/* ---- All of it ------------------------------------------------------------ */

struct timeline {
    uint64_t jobs;
    int64_t bin_ns;
    int64_t latest_ns, horizon_ns;
    int64_t begin_ns, own_ns;      /* of the job that was done last */
    int64_t longest_ns, second_ns; /* of all jobs' own */
    bool is_detailed;              /* there are events of starts */
    bool has_rows;                 /* the tracks are jobs; else lanes */
    bool has_lanes;                /* there were never more jobs in flight than tracks */
    unsigned tracks_max, n_tracks;
    struct timeline_track *tracks; /* tracks_max; never more than jobs */
    bool *is_taken;                /* lanes; tracks_max */
    unsigned first_free;           /* no lane before it is free */
    uint64_t ended[TIMELINE_MARKS];
    struct roster running;          /* struct timeline_job */
    struct timeline_flow *flow;     /* NULL where there are rows */
    struct timeline_queues *queues; /* NULL: there are no pools */
};

#endif
