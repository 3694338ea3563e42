/* SPDX-License-Identifier: ISC */
#include "proto/event_piece.h"

#include <stdint.h>
#include <string.h>

#include "tests/support/check.h"

#define ROOM (EVENT_LINE_MAX + 256)

static const struct event_job jobs[] = {
    {.batch = 1},
    {.batch = 7, .name = {"\"n\"", 3}, .with_due = true},
    {.batch = UINT64_MAX,
     .name = {"\"a name\"", 8},
     .note = {"\"a note\"", 8},
     .data = {"[1,2]", 5}},
    {.batch = 3, .data = {"\"the data of the job\"", 21}},
};

static const struct occurrence occurrences[] = {
    {.kind = OCCURRED_STARTED, .job = 4, .ordinal = 2},
    {.kind = OCCURRED_STEP, .job = 4, .ordinal = 2, .span_ns = 5},
    {.kind = OCCURRED_RETRY, .job = 4, .ordinal = 2, .status = JOB_FAILED, .span_ns = 5},
    {.kind = OCCURRED_DONE, .job = UINT32_MAX, .ordinal = 2, .status = JOB_SKIPPED, .cause = 9},
};

/* The text of the job that its event does not have is not written by either. */
static void check_pieces(const struct event_job *job, const struct occurrence *o, size_t size)
{
    char whole[ROOM], got[ROOM];
    size_t len = (size_t)(event_write_occurrence(whole, job, o) - whole), at = 0;
    bool is_whole = false;

    while (!is_whole) {
        size_t n;

        ck_assert_uint_lt(at, len);
        n = event_piece_write(got + at, size, at, job, o, &is_whole);
        ck_assert_uint_le(n, size);
        ck_assert(is_whole || n == size);
        at += n;
    }
    ck_assert_uint_eq(at, len);
    ck_assert_mem_eq(got, whole, len);
}

START_TEST(pieces_of_any_size_are_the_line)
{
    for (size_t job = 0; job < N(jobs); job++)
        for (size_t o = 0; o < N(occurrences); o++)
            for (size_t size = 1; size < ROOM; size++)
                check_pieces(&jobs[job], &occurrences[o], size);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {pieces_of_any_size_are_the_line, 1},
    };

    return check_suite("event_piece", NULL, NULL, tests, N(tests));
}
