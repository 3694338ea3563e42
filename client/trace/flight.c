/* SPDX-License-Identifier: ISC */
#include "client/trace/flight.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/moment.h"

int flight_init(struct flight *flight, uint64_t jobs)
{
    *flight = (struct flight){0};
    return roster_init(&flight->jobs, jobs, sizeof(struct flight_job));
}

static char *room_of(const struct flight_more *more)
{
    return (char *)(uintptr_t)more->note.text;
}

void flight_fini(struct flight *flight)
{
    for (uint32_t i = 0; i < flight->n_more; i++)
        free(room_of(&flight->more[i]));
    free(flight->more);
    roster_fini(&flight->jobs);
    lanes_fini(&flight->lanes);
    *flight = (struct flight){0};
}

/* ---- What some jobs have besides ---------------------------------------------- */

/* One that is free, or one more; NULL when out of memory. */
static struct flight_more *take_more(struct flight *flight, uint32_t *place)
{
    struct flight_more *more;

    if (flight->free_more != 0) {
        *place = flight->free_more;
        more = &flight->more[*place - 1];
        flight->free_more = more->next;
        return more;
    }
    if (flight->n_more == flight->more_room) {
        uint32_t room = flight->more_room > 0 ? flight->more_room * 2 : 16;

        more = realloc(flight->more, room * sizeof *more);
        if (more == NULL)
            return NULL;
        flight->more = more;
        flight->more_room = room;
    }
    *place = ++flight->n_more;
    more = &flight->more[*place - 1];
    *more = (struct flight_more){0};
    return more;
}

/* What the job has, from now on if it had nothing. */
static struct flight_more *give_more(struct flight *flight, struct flight_job *job)
{
    uint32_t place;
    struct flight_more *more;

    if (job->more != 0)
        return &flight->more[job->more - 1];
    more = take_more(flight, &place);
    if (more == NULL) {
        flight->no_memory = true;
        return NULL;
    }
    *more = (struct flight_more){
        .attempt = 1,
        .attempt_ns = job->start_ns,
        .phase_ns = job->start_ns,
        .note = {more->note.text, 0},
        .note_room = more->note_room,
    };
    job->more = place & (LANES_MAX - 1);
    return more;
}

/* Keeps the note in room of its own.  Out of memory, there is no note. */
static void keep_note(struct flight_more *more, struct event_string note)
{
    char *room = room_of(more);

    more->note.len = 0;
    if (note.len == 0 || note.len > UINT32_MAX)
        return;
    if (note.len > more->note_room) {
        char *grown = realloc(room, note.len);

        if (grown == NULL)
            return;
        room = grown;
        more->note_room = (uint32_t)note.len;
    }
    memcpy(room, note.text, note.len);
    more->note = (struct event_string){room, note.len};
}

/* ---- Jobs --------------------------------------------------------------------- */

struct flight_job *flight_start(struct flight *flight, uint64_t job, int64_t at_ns)
{
    struct flight_job *started;
    uint32_t lane;

    if (job >= flight->jobs.jobs || flight_find(flight, job) != NULL)
        return NULL;
    lane = lanes_take(&flight->lanes);
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
    struct flight_more *more = give_more(flight, job);

    if (more != NULL) {
        more->own_ns = flight_own(flight, job, at_ns);
        more->phase_ns = at_ns;
        more->step = 0;
        more->note.len = 0;
    }
    job->phase = phase & 3;
    job->due_ns = due_ns;
}

void flight_step(struct flight *flight, struct flight_job *job, const struct event_read *step)
{
    enum flight_phase phase =
        event_reader_is(step->step_kind, "compute") ? FLIGHT_COMPUTE : FLIGHT_WAIT;
    int64_t due_ns = moment_later(step->at_ns, step->duration_ns);

    if (job->more == 0 && step->at_ns == job->start_ns && step->step == 0 && step->note.len == 0) {
        job->phase = phase & 3;
        job->due_ns = due_ns;
        return;
    }
    begin_phase(flight, job, phase, step->at_ns, due_ns);
    if (job->more != 0) {
        flight->more[job->more - 1].step = step->step;
        keep_note(&flight->more[job->more - 1], step->note);
    }
}

void flight_back_off(struct flight *flight, struct flight_job *job, int64_t at_ns, int64_t delay_ns)
{
    begin_phase(flight, job, FLIGHT_BACKOFF, at_ns, moment_later(at_ns, delay_ns));
}

void flight_try_again(struct flight *flight, struct flight_job *job, int64_t at_ns)
{
    begin_phase(flight, job, FLIGHT_BETWEEN, at_ns, at_ns);
    if (job->more != 0) {
        flight->more[job->more - 1].attempt++;
        flight->more[job->more - 1].attempt_ns = at_ns;
    }
}

int64_t flight_own(const struct flight *flight, const struct flight_job *job, int64_t now_ns)
{
    int64_t until_ns = now_ns < job->due_ns ? now_ns : job->due_ns;
    int64_t phase_ns = flight_phase_ns(flight, job), sum_ns;
    int64_t own_ns = job->more != 0 ? flight->more[job->more - 1].own_ns : 0;

    if (job->phase == FLIGHT_BETWEEN || until_ns <= phase_ns ||
        __builtin_add_overflow(own_ns, until_ns - phase_ns, &sum_ns))
        return own_ns;
    return sum_ns;
}

void flight_end(struct flight *flight, uint64_t job)
{
    const struct flight_job *ended = flight_find(flight, job);

    if (ended->more != 0) {
        flight->more[ended->more - 1].next = flight->free_more;
        flight->free_more = ended->more;
    }
    lanes_give(&flight->lanes, ended->lane);
    roster_remove(&flight->jobs, job);
}
