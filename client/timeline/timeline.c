/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/bytes.h"
#include "client/base/moment.h"
#include "client/base/text.h"
#include "client/timeline/timeline_internal.h"
#include "proto/due.h"

/* Some seventy years: a later time is none of this daemon's. */
#define LATEST_NS (INT64_MAX / 4)

struct timeline *timeline_new(uint64_t jobs, unsigned tracks_max)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);

    if (timeline == NULL)
        return NULL;
    if (jobs < tracks_max)
        tracks_max = (unsigned)jobs;
    timeline->jobs = jobs;
    timeline->bin_ns = TIMELINE_FIRST_BIN_NS;
    timeline->tracks_max = tracks_max;
    timeline->has_rows = jobs <= tracks_max;
    timeline->has_lanes = true;
    timeline->tracks = calloc(tracks_max + 1, sizeof timeline->tracks[0]);
    timeline->is_taken = calloc(tracks_max + 1, sizeof timeline->is_taken[0]);
    if (timeline->has_rows)
        timeline->n_tracks = (unsigned)jobs;
    else
        timeline->flow = calloc(1, sizeof *timeline->flow);
    if (timeline->tracks == NULL || timeline->is_taken == NULL ||
        (!timeline->has_rows && timeline->flow == NULL) ||
        roster_init(&timeline->running, jobs, sizeof(struct timeline_job)) < 0) {
        timeline_free(timeline);
        return NULL;
    }
    return timeline;
}

int timeline_use_pools(struct timeline *timeline, const struct plan *plan)
{
    timeline->queues = timeline_queues_new(plan);
    if (timeline->queues == NULL)
        return -1;
    for (unsigned i = 0; timeline->has_rows && i < timeline->n_tracks; i++)
        timeline->tracks[i].pool = timeline_queues_first_pool_of(timeline->queues, i);
    return 0;
}

void timeline_forget_plan(struct timeline *timeline)
{
    if (timeline->queues != NULL)
        timeline->queues->plan = NULL;
}

static void drop_tracks(struct timeline *timeline)
{
    for (unsigned i = 0; timeline->tracks != NULL && i < timeline->tracks_max; i++)
        timeline_track_fini(&timeline->tracks[i]);
    timeline->n_tracks = 0;
}

/* Gives up lanes, when there are too many or they are not known. */
static void drop_lanes(struct timeline *timeline)
{
    if (timeline->has_rows)
        return;
    timeline->has_lanes = false;
    drop_tracks(timeline);
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    drop_tracks(timeline);
    roster_fini(&timeline->running);
    free(timeline->tracks);
    free(timeline->is_taken);
    free(timeline->flow);
    timeline_queues_free(timeline->queues);
    free(timeline);
}

/* ---- Time ------------------------------------------------------------------- */

/* Makes room for a time among the bins. */
static void reach(struct timeline *timeline, int64_t at_ns)
{
    if (at_ns > timeline->latest_ns)
        timeline->latest_ns = at_ns;
    while (at_ns / timeline->bin_ns >= TIMELINE_BINS) {
        for (unsigned i = 0; i < timeline->n_tracks; i++)
            timeline_track_halve(&timeline->tracks[i]);
        if (timeline->flow != NULL)
            timeline_flow_halve(timeline->flow);
        timeline->bin_ns *= 2;
    }
}

static void expect(struct timeline *timeline, int64_t due_ns)
{
    if (due_ns != DUE_NEVER && due_ns > timeline->horizon_ns)
        timeline->horizon_ns = due_ns;
}

/* ---- Tracks ----------------------------------------------------------------- */

static struct timeline_track *track_of(struct timeline *timeline, const struct timeline_job *job)
{
    return job->track != TIMELINE_NO_TRACK && job->track < timeline->n_tracks
               ? &timeline->tracks[job->track]
               : NULL;
}

/* The row of the job, or the first free lane. */
static uint16_t take_track(struct timeline *timeline, uint64_t job)
{
    unsigned lane = timeline->first_free;

    if (timeline->has_rows)
        return job < timeline->n_tracks ? (uint16_t)job : TIMELINE_NO_TRACK;
    if (!timeline->has_lanes)
        return TIMELINE_NO_TRACK;
    while (lane < timeline->tracks_max && timeline->is_taken[lane])
        lane++;
    if (lane == timeline->tracks_max) {
        drop_lanes(timeline);
        return TIMELINE_NO_TRACK;
    }
    timeline->is_taken[lane] = true;
    timeline->first_free = lane + 1;
    if (lane >= timeline->n_tracks)
        timeline->n_tracks = lane + 1;
    return (uint16_t)lane;
}

static void leave_track(struct timeline *timeline, const struct timeline_job *job)
{
    if (timeline->has_rows || job->track >= timeline->tracks_max)
        return;
    timeline->is_taken[job->track] = false;
    if (job->track < timeline->first_free)
        timeline->first_free = job->track;
}

/* Keeps the job's name, once. */
static int name_track(struct timeline_track *track, struct event_text name)
{
    struct bytes label = {0};

    if (track->label != NULL || name.len == 0)
        return 0;
    text_append_safe(&label, name.text, name.len, TIMELINE_LABEL_MAX);
    bytes_add_char(&label, '\0');
    if (label.failed) {
        bytes_fini(&label);
        return -1;
    }
    track->label_len = bytes_len(&label) - 1;
    track->label = strdup(bytes_at(&label));
    bytes_fini(&label);
    return track->label != NULL ? 0 : -1;
}

static int mark(struct timeline *timeline, uint32_t index, enum timeline_mark how, int64_t at_ns)
{
    struct timeline_track *track = index < timeline->n_tracks ? &timeline->tracks[index] : NULL;

    if (track == NULL)
        return 0;
    track->mark = how;
    if (!track->is_begun)
        track->begin_ns = at_ns;
    track->is_begun = true;
    if (at_ns > track->end_ns)
        track->end_ns = at_ns;
    return timeline_track_mark(track, timeline->bin_ns, how, at_ns);
}

/* ---- What a job does -------------------------------------------------------- */

static void begin(struct timeline *timeline, struct timeline_job *job, enum timeline_kind kind,
                  int64_t at_ns, int64_t due_ns)
{
    struct timeline_track *track = track_of(timeline, job);

    job->kind = (uint8_t)kind;
    job->since_ns = at_ns;
    job->due_ns = due_ns;
    if (timeline->flow != NULL)
        timeline_flow_add(timeline->flow, timeline->bin_ns, kind, at_ns, 1);
    if (track != NULL && !track->is_begun) {
        track->is_begun = true;
        track->begin_ns = at_ns;
    }
    expect(timeline, due_ns);
}

/* Ends what the job does. */
static int end(struct timeline *timeline, struct timeline_job *job, int64_t at_ns)
{
    struct timeline_track *track = track_of(timeline, job);

    if (at_ns < job->since_ns)
        at_ns = job->since_ns;
    if (timeline->flow != NULL)
        timeline_flow_add(timeline->flow, timeline->bin_ns, job->kind, at_ns, -1);
    if (job->kind == TIMELINE_QUEUE && timeline->queues != NULL &&
        timeline_queues_add(timeline->queues, job->pool, job->since_ns, at_ns) < 0)
        return -1;
    if (job->kind != TIMELINE_QUEUE)
        job->own_ns += (float)((at_ns < job->due_ns ? at_ns : job->due_ns) - job->since_ns);
    if (track == NULL || at_ns == job->since_ns)
        return 0;
    if (at_ns > track->end_ns)
        track->end_ns = at_ns;
    return timeline_track_add(track, timeline->bin_ns, job->kind, job->since_ns, at_ns);
}

/* A step that was over before the next thing happened: the job queued since. */
static int queue(struct timeline *timeline, struct timeline_job *job, int64_t at_ns)
{
    int64_t due_ns = job->due_ns;

    if (job->kind == TIMELINE_QUEUE || due_ns >= at_ns)
        return 0;
    if (end(timeline, job, due_ns) < 0)
        return -1;
    begin(timeline, job, TIMELINE_QUEUE, due_ns, DUE_NEVER);
    return 0;
}

/* Which pool the job may queue for next, when it has reached its step of this number. */
static void expect_pool(const struct timeline *timeline, struct timeline_job *job, uint64_t index,
                        uint64_t step)
{
    if (timeline->queues != NULL)
        job->pool = timeline_queues_pool_of(timeline->queues, index, step);
}

static struct timeline_job *add_job(struct timeline *timeline, const struct event_read *event,
                                    enum timeline_kind kind, int64_t since_ns)
{
    struct timeline_job *job = roster_add(&timeline->running, event->job);
    struct timeline_track *track;

    if (job == NULL)
        return NULL;
    *job = (struct timeline_job){.begin_ns = since_ns, .track = take_track(timeline, event->job)};
    track = track_of(timeline, job);
    if (track != NULL && timeline->has_rows && name_track(track, event->name) < 0)
        return NULL;
    begin(timeline, job, kind, since_ns, DUE_NEVER);
    return job;
}

static void note_own(struct timeline *timeline, int64_t own_ns)
{
    timeline->own_ns = own_ns;
    if (own_ns > timeline->longest_ns) {
        timeline->second_ns = timeline->longest_ns;
        timeline->longest_ns = own_ns;
    } else if (own_ns > timeline->second_ns) {
        timeline->second_ns = own_ns;
    }
}

/* ---- Events ------------------------------------------------------------------ */

static int take_started(struct timeline *timeline, const struct event_read *event)
{
    struct timeline_job *job = roster_find(&timeline->running, event->job);

    timeline->is_detailed = true;
    if (job == NULL) {
        job = add_job(timeline, event, TIMELINE_QUEUE, event->at_ns);
    } else {
        if (end(timeline, job, event->at_ns) < 0)
            return -1;
        begin(timeline, job, TIMELINE_QUEUE, event->at_ns, DUE_NEVER);
    }
    if (job == NULL)
        return -1;
    expect_pool(timeline, job, event->job, 0);
    return 0;
}

static int take_step(struct timeline *timeline, const struct event_read *event)
{
    struct timeline_job *job = roster_find(&timeline->running, event->job);
    bool is_compute = event->step_kind.len > 0 && event->step_kind.text[0] == 'c';

    timeline->is_detailed = true;
    if (job == NULL)
        job = add_job(timeline, event, TIMELINE_QUEUE, event->at_ns);
    if (job == NULL || (is_compute && queue(timeline, job, event->at_ns) < 0) ||
        end(timeline, job, event->at_ns) < 0)
        return -1;
    begin(timeline, job, is_compute ? TIMELINE_COMPUTE : TIMELINE_WAIT, event->at_ns,
          saturate_add_ns(event->at_ns, event->duration_ns));
    expect_pool(timeline, job, event->job, event->step + 1);
    return 0;
}

static enum timeline_mark mark_of(struct event_text status)
{
    return event_reader_is(status, "ok")          ? TIMELINE_OK
           : event_reader_is(status, "failed")    ? TIMELINE_FAILED
           : event_reader_is(status, "timed_out") ? TIMELINE_TIMED_OUT
           : event_reader_is(status, "skipped")   ? TIMELINE_SKIPPED
                                                  : TIMELINE_CANCELLED;
}

static int take_retry(struct timeline *timeline, const struct event_read *event)
{
    struct timeline_job *job = roster_find(&timeline->running, event->job);

    timeline->is_detailed = true;
    if (job == NULL)
        job = add_job(timeline, event, TIMELINE_UNKNOWN, 0);
    if (job == NULL || end(timeline, job, event->at_ns) < 0 ||
        mark(timeline, job->track, mark_of(event->status), event->at_ns) < 0)
        return -1;
    begin(timeline, job, TIMELINE_BACKOFF, event->at_ns,
          saturate_add_ns(event->at_ns, event->delay_ns));
    return 0;
}

static int take_done(struct timeline *timeline, const struct event_read *event)
{
    struct timeline_job *job = roster_find(&timeline->running, event->job);
    enum timeline_mark how = mark_of(event->status);
    uint32_t track = TIMELINE_NO_TRACK;

    timeline->ended[how]++;
    timeline->own_ns = 0;
    timeline->begin_ns = event->at_ns;
    /* What ends at the edge of a bin belongs to the one before it. */
    if (timeline->flow != NULL)
        timeline->flow->ended[how][(event->at_ns - (event->at_ns > 0)) / timeline->bin_ns]++;
    /* That it started at 0 is as much as can be said of one whose start is not known. */
    if (job == NULL && !timeline->is_detailed && how != TIMELINE_SKIPPED) {
        drop_lanes(timeline);
        job = add_job(timeline, event, TIMELINE_UNKNOWN, 0);
        if (job == NULL)
            return -1;
    }
    if (job != NULL) {
        if (end(timeline, job, event->at_ns) < 0)
            return -1;
        timeline->begin_ns = job->begin_ns;
        note_own(timeline, (int64_t)job->own_ns);
        track = job->track;
        leave_track(timeline, job);
        roster_remove(&timeline->running, event->job);
    } else if (timeline->has_rows && event->job < timeline->n_tracks) {
        track = (uint32_t)event->job;
        if (name_track(&timeline->tracks[track], event->name) < 0)
            return -1;
    }
    return mark(timeline, track, how, event->at_ns);
}

int timeline_take(struct timeline *timeline, const struct event_read *event)
{
    static int (*const takes[])(struct timeline *, const struct event_read *) = {
        [EVENT_STARTED] = take_started,
        [EVENT_STEP] = take_step,
        [EVENT_RETRY] = take_retry,
        [EVENT_DONE] = take_done,
    };
    size_t kind = (size_t)event->kind;

    if (event->at_ns > LATEST_NS || event->elapsed_ns > LATEST_NS)
        return 0;
    if (event->kind == EVENT_FINISHED)
        reach(timeline, event->elapsed_ns);
    if (kind >= sizeof takes / sizeof takes[0] || takes[kind] == NULL ||
        event->job >= timeline->jobs)
        return 0;
    reach(timeline, event->at_ns);
    return takes[kind](timeline, event);
}

/* ---- Figures ------------------------------------------------------------------ */

struct timeline_figures timeline_figures(const struct timeline *timeline)
{
    return (struct timeline_figures){
        .jobs = timeline->jobs,
        .running = timeline->running.n,
        .ended = timeline->ended,
        .latest_ns = timeline->latest_ns,
        .horizon_ns = timeline->horizon_ns,
        .begin_ns = timeline->begin_ns,
        .own_ns = timeline->own_ns,
        .is_detailed = timeline->is_detailed,
    };
}

bool timeline_has_longest(const struct timeline *timeline)
{
    return timeline->longest_ns - timeline->second_ns > timeline->longest_ns / 100;
}

void timeline_mark_critical(struct timeline *timeline, uint64_t job)
{
    if (timeline->has_rows && job < timeline->n_tracks)
        timeline->tracks[job].is_critical = true;
}
