/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "client/timeline/timeline_axis.h"
#include "client/timeline/timeline_draw.h"
#include "client/timeline/timeline_internal.h"
#include "tests/support/check.h"
#include "tests/support/drawing.h"

/* Timelines from events to pictures, in ASCII and without colours. */

#define MS INT64_C(1000000)

static struct timeline *timeline;
static struct bytes out;
static struct terminal terminal;

static void set_up(void)
{
    terminal = (struct terminal){.columns = 80, .rows = 24};
}

static void tear_down(void)
{
    timeline_free(timeline);
    timeline = NULL;
    bytes_fini(&out);
}

static void take(struct event_read event)
{
    /* Check writes a message for each assertion, which is slow for millions. */
    if (timeline_take(timeline, &event) != 0)
        ck_abort_msg("out of memory");
}

static void start(uint64_t job, const char *name, int64_t at_ns)
{
    take((struct event_read){
        .kind = EVENT_STARTED, .job = job, .name = event_text_of(name), .at_ns = at_ns});
}

static void step(uint64_t job, const char *kind, int64_t at_ns, int64_t duration_ns)
{
    take((struct event_read){.kind = EVENT_STEP,
                             .job = job,
                             .step_kind = event_text_of(kind),
                             .at_ns = at_ns,
                             .duration_ns = duration_ns});
}

static void retry(uint64_t job, const char *status, int64_t at_ns, int64_t delay_ns)
{
    take((struct event_read){.kind = EVENT_RETRY,
                             .job = job,
                             .status = event_text_of(status),
                             .at_ns = at_ns,
                             .delay_ns = delay_ns});
}

static void done(uint64_t job, const char *name, const char *status, int64_t at_ns)
{
    take((struct event_read){.kind = EVENT_DONE,
                             .job = job,
                             .name = event_text_of(name),
                             .status = event_text_of(status),
                             .at_ns = at_ns});
}

/* A job that waits and is ok. */
static void wait_job(uint64_t job, const char *name, int64_t at_ns, int64_t until_ns)
{
    start(job, name, at_ns);
    step(job, "wait", at_ns, until_ns - at_ns);
    done(job, name, "ok", until_ns);
}

/* The rows, as text, in so many columns of plot behind names of five. */
static const char *drawn(unsigned columns, unsigned rows, int64_t span_ns, int64_t now_ns)
{
    return drawing_text(timeline, &out, 5, columns, rows, span_ns, now_ns);
}

/* ---- Rows ---------------------------------------------------------------------- */

START_TEST(a_row_a_job_on_one_axis)
{
    timeline = timeline_new(3, 10);
    wait_job(0, "left", 0, 500 * MS);
    wait_job(1, "right", 0, 1000 * MS);
    start(2, "", 500 * MS);
    step(2, "compute", 500 * MS, 250 * MS);
    done(2, NULL, "ok", 750 * MS);
    ck_assert_str_eq(drawn(20, 10, 1000 * MS, 1000 * MS), "left   |----------\n"
                                                          "right  |--------------------\n"
                                                          "#2     |          #####\n"
                                                          "- wait  # compute\n");
}
END_TEST

START_TEST(queueing_is_what_lies_between_a_step_that_is_over_and_a_compute)
{
    timeline = timeline_new(1, 10);
    start(0, "a", 0);
    step(0, "wait", 0, 200 * MS);
    step(0, "compute", 600 * MS, 200 * MS);
    step(0, "wait", 800 * MS, 200 * MS);
    done(0, "a", "ok", 1000 * MS);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS), "a      |--....##--\n"
                                                          "- wait  # compute  . queue\n");
}
END_TEST

START_TEST(a_first_step_that_comes_late_was_queued_for)
{
    timeline = timeline_new(1, 10);
    start(0, "a", 0);
    step(0, "compute", 500 * MS, 500 * MS);
    done(0, "a", "ok", 1000 * MS);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS), "a      |.....#####\n"
                                                          "# compute  . queue\n");
}
END_TEST

START_TEST(attempts_that_fail_are_marked_and_backed_off_from)
{
    timeline = timeline_new(1, 10);
    start(0, "a", 0);
    step(0, "wait", 0, 300 * MS);
    retry(0, "failed", 300 * MS, 200 * MS);
    start(0, "a", 500 * MS);
    step(0, "wait", 500 * MS, 600 * MS);
    retry(0, "timed_out", 700 * MS, 100 * MS);
    start(0, "a", 800 * MS);
    step(0, "wait", 800 * MS, 200 * MS);
    done(0, "a", "ok", 1000 * MS);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS),
                     "a      |--x~~-T~--\n"
                     "- wait  ~ back-off  x failed  T timed out\n");
}
END_TEST

START_TEST(each_way_to_end_has_a_mark)
{
    timeline = timeline_new(5, 10);
    start(0, "a", 0);
    step(0, "wait", 0, 500 * MS);
    done(0, "a", "failed", 500 * MS);
    start(1, "b", 0);
    step(1, "wait", 0, 5000 * MS);
    done(1, "b", "timed_out", 600 * MS);
    start(2, "c", 0);
    step(2, "wait", 0, 5000 * MS);
    done(3, "d", "skipped", 500 * MS);
    done(2, "c", "cancelled", 1000 * MS);
    wait_job(4, "e", 0, 0);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS),
                     "a      |----x\n"
                     "b      |-----T\n"
                     "c      |---------C\n"
                     "d      |    s\n"
                     "e      |+\n"
                     "- wait  x failed  T timed out  C cancelled  s skipped  + ok\n");
}
END_TEST

START_TEST(what_is_shorter_than_a_cell_is_seen)
{
    timeline = timeline_new(2, 10);
    wait_job(0, "a", 510 * MS, 512 * MS);
    wait_job(1, "b", 0, 1000 * MS);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS), "a      |     -\n"
                                                          "b      |----------\n"
                                                          "- wait\n");
}
END_TEST

START_TEST(short_computations_show_among_long_waits)
{
    const char *picture;
    unsigned computes = 0;

    timeline = timeline_new(1, 10);
    start(0, "a", 0);
    for (int64_t i = 0; i < 10; i++) {
        step(0, "compute", i * 65 * MS, 5 * MS);
        step(0, "wait", (i * 65 + 5) * MS, 60 * MS);
    }
    done(0, "a", "ok", 650 * MS);
    picture = drawn(60, 10, 650 * MS, 650 * MS);
    for (const char *at = picture; *at != '\n'; at++)
        computes += *at == '#';
    ck_assert_uint_ge(computes, 9);
    ck_assert_uint_le(computes, 11);
}
END_TEST

START_TEST(what_runs_is_drawn_until_now)
{
    timeline = timeline_new(3, 10);
    start(0, "a", 0);
    step(0, "wait", 0, 2000 * MS);
    start(1, "b", 0);
    step(1, "wait", 0, 200 * MS);
    start(2, "c", 0);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 500 * MS), "a      |-----\n"
                                                         "b      |--...\n"
                                                         "c      |.....\n"
                                                         "- wait  . queue\n");
    ck_assert_int_eq(timeline_figures(timeline).horizon_ns, 2000 * MS);
    ck_assert_uint_eq(timeline_figures(timeline).running, 3);
}
END_TEST

START_TEST(a_stream_of_ends_alone_says_no_more)
{
    timeline = timeline_new(2, 10);
    done(1, "b", "ok", 500 * MS);
    done(0, "a", "failed", 1000 * MS);
    ck_assert_str_eq(drawn(10, 10, 1000 * MS, 1000 * MS), "a      |_________x\n"
                                                          "b      |_____\n"
                                                          "_ until its end  x failed\n");
}
END_TEST

START_TEST(names_of_several_jobs_have_their_index)
{
    timeline = timeline_new(3, 10);
    wait_job(0, "abcd", 0, 10 * MS);
    wait_job(1, "b", 0, 10 * MS);
    wait_job(2, "abcd", 0, 10 * MS);
    ck_assert_str_eq(drawn(3, 10, 10 * MS, 10 * MS), "a. #0  |---\n"
                                                     "b      |---\n"
                                                     "a. #2  |---\n"
                                                     "- wait\n");
}
END_TEST

/* ---- Time ------------------------------------------------------------------------ */

START_TEST(any_length_of_time_has_the_same_picture)
{
    int64_t unit = 1;

    for (int i = 0; i <= _i; i++)
        unit *= 10;
    timeline = timeline_new(2, 10);
    wait_job(0, "a", 0, 4 * unit);
    start(1, "b", 2 * unit);
    step(1, "compute", 2 * unit, 2 * unit);
    step(1, "wait", 4 * unit, 4 * unit);
    done(1, "b", "ok", 8 * unit);
    ck_assert_str_eq(drawn(16, 10, 8 * unit, 8 * unit), "a      |--------\n"
                                                        "b      |    ####--------\n"
                                                        "- wait  # compute\n");
}
END_TEST

static const struct {
    int64_t span_ns;
    unsigned columns;
    const char *first, *second;
} axes[] = {
    {1, 60, "0 ns", NULL},
    {1000 * MS, 60, "0 s", "0.2 s"},
    {3500 * MS, 60, "0 s", "1 s"},
    {3500 * MS, 24, "0 s", "1 s"},
    {15 * MS, 60, "0 ms", "5 ms"},
    {1500 * MS, 170, "0 s", "0.2 s"},
    {1500 * MS, 1, "0 s", NULL},
    {90000 * MS, 70, "0 s", "20 s"},
    {705000 * MS, 70, "0 min", "2 min"},
    {INT64_C(86400000) * MS, 70, "0 h", "6 h"},
    {INT64_MAX / 4, 70, "0 d", NULL},
};

START_TEST(an_axis_has_round_ticks_with_room_between)
{
    struct timeline_axis axis;

    timeline_axis_make(&axis, axes[_i].columns, axes[_i].span_ns);
    ck_assert_uint_ge(axis.n, 1);
    ck_assert_str_eq(axis.ticks[0].text, axes[_i].first);
    if (axes[_i].second != NULL)
        ck_assert_str_eq(axis.ticks[1].text, axes[_i].second);
    for (size_t i = 1; i < axis.n; i++) {
        ck_assert_uint_lt(axis.ticks[i].column, axes[_i].columns);
        ck_assert_uint_ge(axis.ticks[i].column - axis.ticks[i - 1].column,
                          strlen(axis.ticks[i].text) + 2);
    }
}
END_TEST

START_TEST(a_growing_axis_has_round_ends)
{
    ck_assert_int_eq(timeline_layout_round_span(1), 10);
    ck_assert_int_eq(timeline_layout_round_span(101), 120);
    ck_assert_int_eq(timeline_layout_round_span(5000 * MS), 5000 * MS);
    ck_assert_int_eq(timeline_layout_round_span(5001 * MS), 6000 * MS);
    ck_assert_int_eq(timeline_layout_round_span(INT64_MAX), INT64_MAX);
}
END_TEST

/* ---- Lanes -------------------------------------------------------------------------- */

#define LANES "rows are lanes: a job takes the first one that is free\n"

START_TEST(more_jobs_than_rows_share_lanes)
{
    timeline = timeline_new(6, 10);
    for (uint64_t i = 0; i < 6; i++)
        wait_job(i, "a", (int64_t)(i / 2) * 400 * MS, ((int64_t)(i / 2) * 400 + 400) * MS);
    ck_assert_str_eq(drawn(12, 5, 1200 * MS, 1200 * MS), "    1  |--->--->--->\n"
                                                         "    2  |--->--->--->\n"
                                                         "- wait\n" LANES);
}
END_TEST

START_TEST(lanes_are_kept_where_jobs_are_too_many)
{
    timeline = timeline_new(600, 10);
    for (uint64_t i = 0; i < 600; i += 2) {
        int64_t at_ns = (int64_t)i * 10 * MS;

        start(i, "a", at_ns);
        step(i, "wait", at_ns, 20 * MS);
        start(i + 1, "b", at_ns);
        step(i + 1, "compute", at_ns, 20 * MS);
        done(i, "a", "ok", at_ns + 20 * MS);
        done(i + 1, "b", i == 300 ? "failed" : "ok", at_ns + 20 * MS);
    }
    ck_assert_uint_eq(timeline->n_tracks, 2);
    ck_assert_str_eq(drawn(10, 5, 6000 * MS, 6000 * MS), "    1  |>>>>>>>>>>\n"
                                                         "    2  ||||||x||||\n"
                                                         "- wait  # compute  x failed\n" LANES);
}
END_TEST

/* ---- Areas ---------------------------------------------------------------------------- */

START_TEST(too_many_lanes_are_an_area)
{
    timeline = timeline_new(100, 10);
    for (uint64_t i = 0; i < 100; i++) {
        start(i, NULL, 0);
        step(i, "wait", 0, 1000 * MS);
    }
    for (uint64_t i = 0; i < 100; i++)
        done(i, NULL, i == 99 ? "failed" : "ok", (int64_t)(i / 25 + 1) * 250 * MS);
    ck_assert_str_eq(drawn(12, 5, 1000 * MS, 1000 * MS), "  120  |---\n"
                                                         "   90  |------\n"
                                                         "   60  |---------\n"
                                                         "   30  |------------\n"
                                                         "fail.  |           x\n"
                                                         "- wait  x failed\n"
                                                         "the height is the jobs in flight\n");
}
END_TEST

/* The flow against counting, whatever the widths of bins. */
START_TEST(an_area_is_as_high_as_jobs_are_in_flight)
{
    enum { JOBS = 300, COLUMNS = 40 };
    const double span_ns = 1e9;
    double level[COLUMNS] = {0};
    int64_t begin_ns[JOBS], end_ns[JOBS];
    struct timeline_grid grid;

    srand((unsigned)_i + 1);
    timeline = timeline_new(JOBS, 5);
    for (uint64_t i = 0; i < JOBS; i++) {
        begin_ns[i] = rand() % (int)1e9;
        end_ns[i] = begin_ns[i] + rand() % ((int)1e9 - (int)begin_ns[i]);
        start(i, NULL, begin_ns[i]);
        step(i, "wait", begin_ns[i], end_ns[i] - begin_ns[i]);
    }
    for (uint64_t i = 0; i < JOBS; i++)
        done(i, NULL, "ok", end_ns[i]);
    for (int i = 0; i < JOBS; i++)
        for (int c = 0; c < COLUMNS; c++) {
            double low = c * span_ns / COLUMNS, high = (c + 1) * span_ns / COLUMNS;
            double from = (double)begin_ns[i] > low ? (double)begin_ns[i] : low;
            double to = (double)end_ns[i] < high ? (double)end_ns[i] : high;

            if (to > from)
                level[c] += (to - from) / (high - low);
        }
    ck_assert_int_eq(timeline_layout(timeline, COLUMNS, 50, 1000 * MS, 1000 * MS, &grid), 0);
    ck_assert_int_eq(grid.shape, TIMELINE_AREA);
    for (unsigned c = 0; c < COLUMNS; c++) {
        double per_row = (double)grid.about[grid.rows - 1].number, eighths = 0;

        for (unsigned r = 0; r < grid.rows; r++)
            eighths += timeline_layout_at(&grid, r, c)->fill;
        ck_assert_double_le(eighths / 8 * per_row - level[c], 0.02 * JOBS);
        ck_assert_double_le(level[c] - eighths / 8 * per_row, 0.02 * JOBS);
    }
    timeline_layout_fini(&grid);
}
END_TEST

/* ---- Memory ------------------------------------------------------------------------------ */

/* A saved stream may be anything. */
START_TEST(a_job_that_there_is_not_is_passed_over)
{
    struct event_read event = {.kind = EVENT_STARTED, .at_ns = 5};
    const uint64_t jobs[] = {3, 4, UINT64_MAX};

    timeline = timeline_new(3, 10);
    for (int kind = EVENT_STARTED; kind <= EVENT_DONE; kind++)
        for (size_t i = 0; i < N(jobs); i++) {
            event.kind = (enum event_kind)kind;
            event.job = jobs[i];
            ck_assert_int_eq(timeline_take(timeline, &event), 0);
        }
    ck_assert_uint_eq(timeline_figures(timeline).running, 0);
    ck_assert_int_eq(timeline_figures(timeline).latest_ns, 0);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_jobs)
{
    timeline = timeline_new(1000000, 10);
    for (uint64_t i = 0; i < 1000000; i++)
        wait_job(i, "name", (int64_t)i * 1000, (int64_t)i * 1000 + 1000);
    ck_assert_uint_eq(timeline->n_tracks, 1);
    ck_assert_uint_le(timeline->running.made, 2);
    ck_assert_uint_eq(timeline_figures(timeline).ended[TIMELINE_OK], 1000000);
}
END_TEST

/* ---- Text below ---------------------------------------------------------------------------- */

START_TEST(text_is_broken_between_its_pieces)
{
    struct timeline_style style = {.terminal = &terminal, .columns = 15};

    timeline_draw_text(&out, &style, "one two\nthree\nfour five six\nseven");
    bytes_add_char(&out, '\0');
    ck_assert_str_eq(bytes_at(&out), "one two three\n  four five six\n  seven\n");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_row_a_job_on_one_axis, 1},
        {queueing_is_what_lies_between_a_step_that_is_over_and_a_compute, 1},
        {a_first_step_that_comes_late_was_queued_for, 1},
        {attempts_that_fail_are_marked_and_backed_off_from, 1},
        {each_way_to_end_has_a_mark, 1},
        {what_is_shorter_than_a_cell_is_seen, 1},
        {short_computations_show_among_long_waits, 1},
        {what_runs_is_drawn_until_now, 1},
        {a_stream_of_ends_alone_says_no_more, 1},
        {names_of_several_jobs_have_their_index, 1},
        {any_length_of_time_has_the_same_picture, 16},
        {an_axis_has_round_ticks_with_room_between, N(axes)},
        {a_growing_axis_has_round_ends, 1},
        {more_jobs_than_rows_share_lanes, 1},
        {lanes_are_kept_where_jobs_are_too_many, 1},
        {too_many_lanes_are_an_area, 1},
        {an_area_is_as_high_as_jobs_are_in_flight, 20},
        {a_job_that_there_is_not_is_passed_over, 1},
        {memory_does_not_grow_with_the_jobs, 1},
        {text_is_broken_between_its_pieces, 1},
    };

    return check_suite("timeline", set_up, tear_down, tests, N(tests));
}
