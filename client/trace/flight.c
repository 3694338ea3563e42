/* SPDX-License-Identifier: ISC */
#include "client/trace/flight.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/moment.h"
#include "proto/saturate.h"

/* What fits flight_job.extra; no more jobs than lanes (LANES_MAX) have extras. */
#define EXTRA_PLACE_MAX ((UINT32_C(1) << 30) - 1)

int flight_init(struct flight *flight, uint64_t jobs)
{
    *flight = (struct flight){0};
    return roster_init(&flight->jobs, jobs, sizeof(struct flight_job));
}

static char *room_of(const struct flight_extra *extra)
{
    return (char *)(uintptr_t)extra->note.text;
}

void flight_fini(struct flight *flight)
{
    for (uint32_t i = 0; i < flight->n_extras; i++)
        free(room_of(&flight->extras[i]));
    free(flight->extras);
    roster_fini(&flight->jobs);
    lanes_fini(&flight->lanes);
    *flight = (struct flight){0};
}

/* ---- What some jobs have besides ---------------------------------------------- */

/* One that is free, or a new one; NULL when out of memory. */
static struct flight_extra *extra_alloc(struct flight *flight, uint32_t *place)
{
    struct flight_extra *extra;

    if (flight->free_extra != 0) {
        *place = flight->free_extra;
        extra = &flight->extras[*place - 1];
        flight->free_extra = extra->next;
        return extra;
    }
    if (flight->n_extras == flight->extras_room) {
        uint32_t room = flight->extras_room > 0 ? flight->extras_room * 2 : 16;

        extra = realloc(flight->extras, room * sizeof *extra);
        if (extra == NULL)
            return NULL;
        flight->extras = extra;
        flight->extras_room = room;
    }
    *place = ++flight->n_extras;
    extra = &flight->extras[*place - 1];
    *extra = (struct flight_extra){0};
    return extra;
}

/* What the job has, from now on if it had nothing. */
static struct flight_extra *extra_of_job(struct flight *flight, struct flight_job *job)
{
    uint32_t place;
    struct flight_extra *extra;

    if (job->extra != 0)
        return &flight->extras[job->extra - 1];
    extra = extra_alloc(flight, &place);
    if (extra == NULL) {
        flight->no_memory = true;
        return NULL;
    }
    *extra = (struct flight_extra){
        .attempt = 1,
        .attempt_ns = job->start_ns,
        .phase_ns = job->start_ns,
        .note = {extra->note.text, 0},
        .note_room = extra->note_room,
    };
    job->extra = place & EXTRA_PLACE_MAX;
    return extra;
}

/* Keeps the note in room of its own.  Out of memory, there is no note. */
static void keep_note(struct flight_extra *extra, struct event_text note)
{
    char *room = room_of(extra);

    extra->note.len = 0;
    if (note.len == 0 || note.len > UINT32_MAX)
        return;
    if (note.len > extra->note_room) {
        char *grown = realloc(room, note.len);

        if (grown == NULL)
            return;
        room = grown;
        extra->note_room = (uint32_t)note.len;
    }
    memcpy(room, note.text, note.len);
    extra->note = (struct event_text){room, note.len};
}

/* ---- Jobs --------------------------------------------------------------------- */

struct flight_job *flight_start(struct flight *flight, uint64_t job, int64_t at_ns)
{
    struct flight_job *started;
    uint32_t lane;

    if (job >= flight->jobs.jobs || flight_find(flight, job) != NULL)
        return NULL;
    lane = lanes_acquire(&flight->lanes);
    started = lane != UINT32_MAX ? roster_add(&flight->jobs, job) : NULL;
    if (started == NULL) {
        flight->no_memory = true;
        return NULL;
    }
    *started = (struct flight_job){
        .start_ns = at_ns, .due_ns = at_ns, .lane = lane, .phase = FLIGHT_BETWEEN};
    return started;
}

static void begin_phase(struct flight *flight, struct flight_job *job, enum flight_phase phase,
                        int64_t at_ns, int64_t due_ns)
{
    struct flight_extra *extra = extra_of_job(flight, job);

    if (extra != NULL) {
        extra->active_ns = flight_active_ns(flight, job, at_ns);
        extra->phase_ns = at_ns;
        extra->step = 0;
        extra->note.len = 0;
    }
    job->phase = phase & 3;
    job->due_ns = due_ns;
}

void flight_step(struct flight *flight, struct flight_job *job, const struct event_read *step)
{
    enum flight_phase phase =
        event_reader_is(step->step_kind, "compute") ? FLIGHT_COMPUTE : FLIGHT_WAIT;
    int64_t due_ns = saturate_add_ns(step->at_ns, step->duration_ns);

    if (job->extra == 0 && step->at_ns == job->start_ns && step->step == 0 && step->note.len == 0) {
        job->phase = phase & 3;
        job->due_ns = due_ns;
        return;
    }
    begin_phase(flight, job, phase, step->at_ns, due_ns);
    if (job->extra != 0) {
        flight->extras[job->extra - 1].step = step->step;
        keep_note(&flight->extras[job->extra - 1], step->note);
    }
}

void flight_back_off(struct flight *flight, struct flight_job *job, int64_t at_ns, int64_t delay_ns)
{
    begin_phase(flight, job, FLIGHT_BACKOFF, at_ns, saturate_add_ns(at_ns, delay_ns));
}

void flight_try_again(struct flight *flight, struct flight_job *job, int64_t at_ns)
{
    begin_phase(flight, job, FLIGHT_BETWEEN, at_ns, at_ns);
    if (job->extra != 0) {
        flight->extras[job->extra - 1].attempt++;
        flight->extras[job->extra - 1].attempt_ns = at_ns;
    }
}

int64_t flight_active_ns(const struct flight *flight, const struct flight_job *job, int64_t now_ns)
{
    int64_t until_ns = now_ns < job->due_ns ? now_ns : job->due_ns;
    int64_t phase_ns = flight_phase_ns(flight, job), sum_ns;
    int64_t active_ns = job->extra != 0 ? flight->extras[job->extra - 1].active_ns : 0;

    if (job->phase == FLIGHT_BETWEEN || until_ns <= phase_ns ||
        __builtin_add_overflow(active_ns, until_ns - phase_ns, &sum_ns))
        return active_ns;
    return sum_ns;
}

void flight_end(struct flight *flight, uint64_t job)
{
    const struct flight_job *ended = flight_find(flight, job);

    if (ended->extra != 0) {
        flight->extras[ended->extra - 1].next = flight->free_extra;
        flight->free_extra = ended->extra;
    }
    lanes_release(&flight->lanes, ended->lane);
    roster_remove(&flight->jobs, job);
}
