/* SPDX-License-Identifier: ISC */
#include "client/flight.h"

#include <stdlib.h>
#include <string.h>

int flight_init(struct flight *flight, uint64_t jobs)
{
    *flight = (struct flight){.jobs = jobs};
    if (jobs == 0)
        return 0;
    if (jobs >= UINT32_MAX)
        return -1;
    flight->places = calloc(jobs, sizeof flight->places[0]);
    return flight->places != NULL ? 0 : -1;
}

void flight_fini(struct flight *flight)
{
    for (uint32_t i = 0; i < flight->room; i++)
        free((char *)(uintptr_t)flight->in_flight[i].note.text);
    free(flight->places);
    free(flight->in_flight);
    free(flight->free);
    *flight = (struct flight){0};
}

/* ---- Lanes: a binary heap ---------------------------------------------------- */

static uint32_t take_lane(struct flight *flight)
{
    uint32_t *heap = flight->free;
    uint32_t lowest, last, i = 0;

    if (flight->n_free == 0)
        return flight->lanes++;
    lowest = heap[0];
    last = heap[--flight->n_free];
    for (uint32_t child; (child = 2 * i + 1) < flight->n_free; i = child) {
        if (child + 1 < flight->n_free && heap[child + 1] < heap[child])
            child++;
        if (last <= heap[child])
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return lowest;
}

static void give_lane(struct flight *flight, uint32_t lane)
{
    uint32_t *heap = flight->free;
    uint32_t i = flight->n_free++;

    for (; i > 0 && heap[(i - 1) / 2] > lane; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = lane;
}

/* ---- Jobs --------------------------------------------------------------------- */

/* Room for twice as many, and for all their lanes to be free. */
static int grow(struct flight *flight)
{
    uint32_t room = flight->room > 0 ? flight->room * 2 : 16;
    struct flight_job *jobs = realloc(flight->in_flight, room * sizeof *jobs);
    uint32_t *lanes;

    if (jobs == NULL)
        return -1;
    flight->in_flight = jobs;
    lanes = realloc(flight->free, room * sizeof *lanes);
    if (lanes == NULL)
        return -1;
    flight->free = lanes;
    memset(jobs + flight->room, 0, (room - flight->room) * sizeof *jobs);
    flight->room = room;
    return 0;
}

struct flight_job *flight_find(const struct flight *flight, uint64_t job)
{
    if (job >= flight->jobs || flight->places[job] == 0)
        return NULL;
    return &flight->in_flight[flight->places[job] - 1];
}

struct flight_job *flight_start(struct flight *flight, uint64_t job, int64_t at_ns)
{
    struct flight_job *started;

    if (job >= flight->jobs || flight->places[job] != 0 ||
        (flight->n == flight->room && grow(flight) < 0))
        return NULL;
    started = &flight->in_flight[flight->n++];
    flight->places[job] = flight->n;
    *started = (struct flight_job){
        .job = job,
        .lane = take_lane(flight),
        .attempt = 1,
        .start_ns = at_ns,
        .attempt_ns = at_ns,
        .phase_ns = at_ns,
        .due_ns = at_ns,
        .note = {started->note.text, 0},
        .note_room = started->note_room,
    };
    return started;
}

/* Keeps the note in room of the job's own.  Without memory it goes without. */
static void keep_note(struct flight_job *job, struct event_string note)
{
    char *room = (char *)(uintptr_t)job->note.text;

    job->note.len = 0;
    if (note.text == NULL || note.len == 0)
        return;
    if (note.len > job->note_room) {
        char *grown = realloc(room, note.len);

        if (grown == NULL)
            return;
        room = grown;
        job->note_room = note.len;
    }
    memcpy(room, note.text, note.len);
    job->note = (struct event_string){room, note.len};
}

void flight_step(struct flight_job *job, const struct event *step)
{
    job->phase = event_reader_is(step->step_kind, "compute") ? FLIGHT_COMPUTE : FLIGHT_WAIT;
    job->phase_ns = step->at_ns;
    if (__builtin_add_overflow(step->at_ns, step->duration_ns, &job->due_ns))
        job->due_ns = INT64_MAX;
    keep_note(job, step->note);
}

int64_t flight_own(const struct flight_job *job, int64_t now_ns)
{
    int64_t until_ns = now_ns < job->due_ns ? now_ns : job->due_ns;
    int64_t own_ns;

    if (job->phase == FLIGHT_BETWEEN || until_ns <= job->phase_ns ||
        __builtin_add_overflow(job->own_ns, until_ns - job->phase_ns, &own_ns))
        return job->own_ns;
    return own_ns;
}

void flight_end(struct flight *flight, struct flight_job *job)
{
    struct flight_job *last = &flight->in_flight[--flight->n];
    struct flight_job ended = *job;

    flight->places[ended.job] = 0;
    give_lane(flight, ended.lane);
    if (job == last)
        return;
    /* The last one moves up; the room for notes stays with its place's. */
    *job = *last;
    *last = ended;
    flight->places[job->job] = (uint32_t)(job - flight->in_flight) + 1;
}
