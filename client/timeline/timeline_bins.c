/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/timeline/timeline_internal.h"

/* ---- Tracks ---------------------------------------------------------------- */

static void add_to_bins(struct timeline_track *track, int64_t bin_ns,
                        const struct timeline_piece *piece)
{
    int64_t bin = piece->begin_ns / bin_ns;

    if (piece->mark != TIMELINE_NONE) {
        /* What ends at the edge of a bin belongs to the one before it. */
        bin = piece->begin_ns > 0 ? (piece->begin_ns - 1) / bin_ns : 0;
        track->bins[bin].marks |= (uint8_t)(1u << piece->mark);
        return;
    }
    for (int64_t at_ns = piece->begin_ns; at_ns < piece->end_ns; bin++) {
        int64_t next_ns = (bin + 1) * bin_ns;
        int64_t to_ns = next_ns < piece->end_ns ? next_ns : piece->end_ns;

        track->bins[bin].share[piece->kind] += (float)((double)(to_ns - at_ns) / (double)bin_ns);
        at_ns = to_ns;
    }
}

static int make_bins(struct timeline_track *track, int64_t bin_ns)
{
    track->bins = calloc(TIMELINE_BINS, sizeof track->bins[0]);
    if (track->bins == NULL)
        return -1;
    for (unsigned i = 0; i < track->n_pieces; i++)
        add_to_bins(track, bin_ns, &track->pieces[i]);
    free(track->pieces);
    track->pieces = NULL;
    track->n_pieces = track->pieces_room = 0;
    return 0;
}

static int grow_pieces(struct timeline_track *track)
{
    unsigned room = track->pieces_room > 0 ? track->pieces_room * 2 : 2;
    struct timeline_piece *pieces = realloc(track->pieces, room * sizeof pieces[0]);

    if (pieces == NULL)
        return -1;
    track->pieces = pieces;
    track->pieces_room = room;
    return 0;
}

static int add_piece(struct timeline_track *track, int64_t bin_ns, struct timeline_piece piece)
{
    if (track->bins == NULL && track->n_pieces == TIMELINE_PIECES && make_bins(track, bin_ns) < 0)
        return -1;
    if (track->bins != NULL) {
        add_to_bins(track, bin_ns, &piece);
        return 0;
    }
    if (track->n_pieces == track->pieces_room && grow_pieces(track) < 0)
        return -1;
    assert(track->pieces != NULL);
    track->pieces[track->n_pieces++] = piece;
    return 0;
}

int timeline_track_add(struct timeline_track *track, int64_t bin_ns, enum timeline_kind kind,
                       int64_t begin_ns, int64_t end_ns)
{
    struct timeline_piece *last = track->n_pieces > 0 ? &track->pieces[track->n_pieces - 1] : NULL;

    if (last != NULL && last->mark == TIMELINE_NONE && last->kind == kind &&
        last->end_ns == begin_ns) {
        last->end_ns = end_ns;
        return 0;
    }
    return add_piece(
        track, bin_ns,
        (struct timeline_piece){.begin_ns = begin_ns, .end_ns = end_ns, .kind = (uint8_t)kind});
}

int timeline_track_mark(struct timeline_track *track, int64_t bin_ns, enum timeline_mark mark,
                        int64_t at_ns)
{
    return add_piece(
        track, bin_ns,
        (struct timeline_piece){.begin_ns = at_ns, .end_ns = at_ns, .mark = (uint8_t)mark});
}

void timeline_track_halve(struct timeline_track *track)
{
    struct timeline_bin *bins = track->bins;

    if (bins == NULL)
        return;
    for (size_t i = 0; i < TIMELINE_BINS / 2; i++) {
        const struct timeline_bin left = bins[2 * i], right = bins[2 * i + 1];

        for (int kind = 0; kind < TIMELINE_KINDS; kind++)
            bins[i].share[kind] = (left.share[kind] + right.share[kind]) / 2;
        bins[i].marks = left.marks | right.marks;
    }
    memset(bins + TIMELINE_BINS / 2, 0, TIMELINE_BINS / 2 * sizeof bins[0]);
}

void timeline_track_fini(struct timeline_track *track)
{
    free(track->pieces);
    free(track->bins);
    free(track->label);
    *track = (struct timeline_track){0};
}

/* ---- The flow ---------------------------------------------------------------- */

void timeline_flow_add(struct timeline_flow *flow, int64_t bin_ns, enum timeline_kind kind,
                       int64_t at_ns, int change)
{
    int64_t bin = at_ns / bin_ns;
    double rest = (double)((bin + 1) * bin_ns - at_ns) / (double)bin_ns;

    flow->part[kind][bin] += change * rest;
    flow->whole[kind][bin] += change;
}

void timeline_flow_halve(struct timeline_flow *flow)
{
    size_t half = TIMELINE_BINS / 2;

    for (int kind = 0; kind < TIMELINE_KINDS; kind++) {
        double *part = flow->part[kind];
        int64_t *whole = flow->whole[kind];

        for (size_t i = 0; i < half; i++) {
            part[i] = (part[2 * i] + (double)whole[2 * i] + part[2 * i + 1]) / 2;
            whole[i] = whole[2 * i] + whole[2 * i + 1];
        }
        memset(part + half, 0, half * sizeof part[0]);
        memset(whole + half, 0, half * sizeof whole[0]);
    }
    for (int mark = 0; mark < TIMELINE_MARKS; mark++) {
        uint64_t *ended = flow->ended[mark];

        for (size_t i = 0; i < half; i++)
            ended[i] = ended[2 * i] + ended[2 * i + 1];
        memset(ended + half, 0, half * sizeof ended[0]);
    }
}
