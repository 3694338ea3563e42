/* SPDX-License-Identifier: ISC */
#include "client/trace/flight.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

/* What is kept of jobs in flight: lanes, items by the job's index, and what a job
 * is at. */

static uint64_t chance_state;

static uint32_t chance(uint32_t n)
{
    chance_state = chance_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(chance_state >> 33) % n;
}

/* ---- Lanes --------------------------------------------------------------------- */

#define LANES 5000

START_TEST(the_lowest_lane_that_is_free_is_taken)
{
    static bool is_taken[LANES];
    struct lanes lanes = {.n = 0};
    uint32_t n = 0, most = 0;

    memset(is_taken, 0, sizeof is_taken);
    chance_state = (uint64_t)_i;
    for (unsigned i = 0; i < 20000; i++) {
        /* Up and down again, so that few and many are free. */
        bool takes = n < LANES && (n == 0 || chance(8) < (i / 4000 % 2 == 0 ? 7 : 1));
        uint32_t lane = 0;

        if (takes) {
            while (is_taken[lane])
                lane++;
            if (lanes_acquire(&lanes) != lane)
                ck_abort_msg("%u was to be taken", lane);
        } else {
            while (!is_taken[lane = chance(most)]) {
            }
            lanes_release(&lanes, lane);
        }
        is_taken[lane] = takes;
        n += takes ? 1 : UINT32_MAX;
        most = n > most ? n : most;
    }
    ck_assert_uint_eq(lanes.n, most);
    ck_assert_uint_eq(lanes.n_free, most - n);
    lanes_fini(&lanes);
}
END_TEST

/* ---- The roster ----------------------------------------------------------------- */

#define JOBS 3000

static void check_roster(const struct roster *roster, const uint64_t *values)
{
    uint64_t place = 0, n = 0;

    for (uint64_t job = 0; job < JOBS; job++) {
        const uint64_t *item = roster_find(roster, job);

        if ((item != NULL ? *item : 0) != values[job])
            ck_abort_msg("job %u has another item", (unsigned)job);
        if (item == NULL)
            continue;
        n++;
        if (roster_next(roster, &place) != item || place != job + 1)
            ck_abort_msg("job %u is not the next", (unsigned)job);
    }
    ck_assert_ptr_null(roster_next(roster, &place));
    ck_assert_uint_eq(roster->n, n);
}

START_TEST(a_roster_has_what_was_added_and_not_removed)
{
    static uint64_t values[JOBS];
    struct roster roster;
    uint64_t *item;

    memset(values, 0, sizeof values);
    chance_state = (uint64_t)_i;
    ck_assert_int_eq(roster_init(&roster, JOBS, 24), 0);
    for (unsigned i = 1; i <= 12000; i++) {
        /* In windows, as jobs run; at last all over. */
        uint32_t job = i < 9000 ? (i / 4 + chance(200)) % JOBS : chance(JOBS);

        if (values[job] != 0) {
            roster_remove(&roster, job);
            values[job] = 0;
        } else {
            item = roster_add(&roster, job);
            ck_assert_ptr_nonnull(item);
            memset(item, 0xff, 24);
            values[job] = *item = i;
        }
        if (i % 500 == 0)
            check_roster(&roster, values);
    }
    ck_assert_ptr_null(roster_find(&roster, JOBS));
    ck_assert_ptr_null(roster_find(&roster, UINT64_MAX));
    ck_assert_ptr_null(roster_add(&roster, JOBS));
    roster_fini(&roster);
}
END_TEST

/* The memory is that of the jobs that are there at once. */
START_TEST(blocks_are_used_again)
{
    struct roster roster;

    ck_assert_int_eq(roster_init(&roster, 100000, 8), 0);
    for (uint64_t job = 0; job < 100000; job++) {
        if (roster_add(&roster, job) == NULL)
            ck_abort_msg("no room");
        if (job >= 100)
            roster_remove(&roster, job - 100);
    }
    ck_assert_uint_le(roster.made, 4);
    roster_fini(&roster);
}
END_TEST

START_TEST(a_roster_of_no_jobs_is_empty)
{
    struct roster roster;
    uint64_t place = 0;

    ck_assert_int_eq(roster_init(&roster, 0, 8), 0);
    ck_assert_ptr_null(roster_find(&roster, 0));
    ck_assert_ptr_null(roster_next(&roster, &place));
    roster_fini(&roster);
}
END_TEST

/* ---- Jobs ------------------------------------------------------------------------ */

static struct flight flight;

static void set_up(void)
{
    ck_assert_int_eq(flight_init(&flight, 100), 0);
}

static void tear_down(void)
{
    flight_fini(&flight);
}

static void step(struct flight_job *job, const char *kind, const char *note, int64_t at_ns,
                 int64_t duration_ns)
{
    struct event_read event = {
        .step_kind = {kind, strlen(kind)},
        .note = {note, note != NULL ? strlen(note) : 0},
        .at_ns = at_ns,
        .duration_ns = duration_ns,
    };

    flight_step(&flight, job, &event);
}

START_TEST(of_a_job_of_one_step_no_more_is_kept)
{
    struct flight_job *job = flight_start(&flight, 7, 100);

    ck_assert_ptr_nonnull(job);
    ck_assert_ptr_null(flight_start(&flight, 7, 100));
    ck_assert_ptr_null(flight_start(&flight, 100, 100));
    step(job, "wait", NULL, 100, 50);
    ck_assert_ptr_eq(flight_find(&flight, 7), job);
    ck_assert_ptr_null(flight_extra(&flight, job));
    ck_assert_int_eq(job->phase, FLIGHT_WAIT);
    ck_assert_int_eq(job->due_ns, 150);
    ck_assert_int_eq(flight_phase_ns(&flight, job), 100);
    ck_assert_uint_eq(flight_attempt(&flight, job), 1);
    ck_assert_int_eq(flight_active_ns(&flight, job, 130), 30);
    ck_assert_int_eq(flight_active_ns(&flight, job, 999), 50);
    flight_end(&flight, 7);
    ck_assert_ptr_null(flight_find(&flight, 7));
    ck_assert(!flight.no_memory);
}
END_TEST

START_TEST(what_a_job_does_adds_up)
{
    struct flight_job *job = flight_start(&flight, 0, 10), *other = flight_start(&flight, 99, 10);

    step(job, "wait", "first", 10, 5);
    ck_assert_mem_eq(flight_extra(&flight, job)->note.text, "first", 5);
    step(job, "compute", NULL, 20, 7); /* queued from 15 on */
    ck_assert_uint_eq(flight_extra(&flight, job)->note.len, 0);
    ck_assert_int_eq(flight_phase_ns(&flight, job), 20);
    ck_assert_int_eq(flight_active_ns(&flight, job, 22), 7);
    flight_back_off(&flight, job, 27, 100);
    ck_assert_int_eq(job->due_ns, 127);
    flight_try_again(&flight, job, 127);
    ck_assert_uint_eq(flight_attempt(&flight, job), 2);
    ck_assert_int_eq(flight_extra(&flight, job)->attempt_ns, 127);
    ck_assert_int_eq(flight_active_ns(&flight, job, 500), 112);
    step(job, "wait", NULL, 127, INT64_MAX);
    ck_assert_int_eq(job->due_ns, INT64_MAX);
    ck_assert_int_eq(flight_active_ns(&flight, job, 130), 115);
    ck_assert_ptr_null(flight_extra(&flight, other));
    ck_assert_uint_eq(other->lane, 1);
}
END_TEST

/* What one job had besides another gets, as new. */
START_TEST(what_is_kept_besides_is_used_again)
{
    for (uint64_t i = 0; i < 50; i++) {
        struct flight_job *job = flight_start(&flight, i, 1);

        ck_assert_uint_eq(job->lane, 0);
        step(job, "wait", i % 2 == 0 ? "a note" : NULL, 2, 3);
        ck_assert_uint_eq(flight_attempt(&flight, job), 1);
        ck_assert_uint_eq(flight_extra(&flight, job)->note.len, i % 2 == 0 ? 6 : 0);
        ck_assert_int_eq(flight_active_ns(&flight, job, 4), 2);
        flight_try_again(&flight, job, 5);
        flight_end(&flight, i);
    }
    ck_assert_uint_eq(flight.n_extras, 1);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tables[] = {
        {the_lowest_lane_that_is_free_is_taken, 3},
        {a_roster_has_what_was_added_and_not_removed, 3},
        {blocks_are_used_again, 1},
        {a_roster_of_no_jobs_is_empty, 1},
    };
    const struct check_test jobs[] = {
        {of_a_job_of_one_step_no_more_is_kept, 1},
        {what_a_job_does_adds_up, 1},
        {what_is_kept_besides_is_used_again, 1},
    };
    Suite *suite = suite_create("flight");

    check_case(suite, "tables", NULL, NULL, tables, N(tables));
    check_case(suite, "jobs", set_up, tear_down, jobs, N(jobs));
    return suite;
}
