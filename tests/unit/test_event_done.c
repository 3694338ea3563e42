/* SPDX-License-Identifier: ISC */
#include "proto/event_done.h"

#include <string.h>

#include "tests/support/check.h"

#define ROOM (EVENT_LINE_MAX + 200)

static const uint64_t batches[] = {1, 42, UINT64_C(1) << 32, UINT64_MAX};
static const int64_t ats[] = {0, 1, 1500000000, 1000177833, INT64_MAX};
static const uint32_t jobs[] = {0, 9, 10, 99, 100, 12345, UINT32_MAX};

/* Names and data of every length about those that are copied in pieces. */
static const char texts[] = "\"abcdefghijklmnopqrstuvwxyz0123456789ABCDEF\"";

static void check_same(struct event_done *done, const struct event_job *job,
                       const struct occurrence *occurrence)
{
    char general[ROOM], block[ROOM], *end;
    size_t len;

    memset(general, '#', sizeof(general));
    memset(block, '#', sizeof(block));
    len = (size_t)(event_write_occurrence(general, job, occurrence) - general);
    if (job->ref != NULL)
        end = event_done_write_seq(block, done, job->seq, occurrence->job, job->name, job->data);
    else
        end = event_done_write(block, done, occurrence->job, job->name, job->data);
    ck_assert_uint_eq((size_t)(end - block), len);
    general[len] = block[len] = '\0';
    ck_assert_str_eq(block, general);
}

START_TEST(lines_are_those_of_the_general_writer)
{
    for (size_t b = 0; b < N(batches); b++)
        for (size_t a = 0; a < N(ats); a++)
            for (int status = 0; status < JOB_SKIPPED; status++) {
                struct event_job job = {.batch = batches[b], .at_ns = ats[a]};
                struct occurrence o = {
                    .kind = OCCURRED_DONE, .status = (uint8_t)status, .ordinal = 1};
                struct event_done done;

                event_done_begin(&done, batches[b], (enum job_status)status, ats[a]);
                for (size_t j = 0; j < N(jobs); j++) {
                    o.job = jobs[j];
                    check_same(&done, &job, &o);
                }
            }
}
END_TEST

/* One by one, in steps, and back. */
START_TEST(indexes_in_a_row_are_whole)
{
    struct event_job job = {.batch = UINT64_MAX, .at_ns = 1};
    struct occurrence o = {.kind = OCCURRED_DONE, .ordinal = 1};
    struct event_done done;

    event_done_begin(&done, UINT64_MAX, JOB_OK, 1);
    for (o.job = 0; o.job < 10101; o.job += o.job % 97 == 96 ? 3 : 1)
        check_same(&done, &job, &o);
    for (o.job = UINT32_MAX - 1000; o.job < UINT32_MAX - 1; o.job++)
        check_same(&done, &job, &o);
    o.job = 8;
    check_same(&done, &job, &o);
    check_same(&done, &job, &o);
    event_done_begin(&done, UINT64_MAX, JOB_OK, 1);
    o.job = 9;
    check_same(&done, &job, &o);
}
END_TEST

/* Of a detached batch: seqs in a row beside indexes in a row, in steps, and both. */
START_TEST(lines_with_a_seq_are_those_of_the_general_writer)
{
    static const char *const refs[] = {
        "r", "0123456789abcdef-12345",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    static const uint64_t firsts[] = {2, 98, 99999990, UINT32_MAX, UINT64_MAX - 3000};

    for (size_t r = 0; r < sizeof(refs) / sizeof(*refs); r++)
        for (size_t f = 0; f < sizeof(firsts) / sizeof(*firsts); f++) {
            struct event_job job = {.ref = refs[r], .at_ns = 1000177833, .name = {texts, 5}};
            struct occurrence o = {.kind = OCCURRED_DONE, .ordinal = 1};
            struct event_done done;

            event_done_begin_ref(&done, refs[r], JOB_OK, 1000177833);
            for (unsigned i = 0; i < 2500; i++) {
                job.seq = firsts[f] + i + i / 1200;
                o.job = i % 7 == 3 ? 5 * i : i;
                check_same(&done, &job, &o);
            }
        }
}
END_TEST

START_TEST(names_and_data_of_any_length_are_whole)
{
    struct occurrence o = {.kind = OCCURRED_DONE, .job = 7, .ordinal = 1};
    struct event_done done;

    event_done_begin(&done, 3, JOB_OK, 1000177833);
    for (size_t name = 0; name < sizeof(texts); name++)
        for (size_t data = 0; data < sizeof(texts); data++) {
            struct event_job job = {
                .batch = 3, .at_ns = 1000177833, .name = {texts, name}, .data = {texts, data}};

            check_same(&done, &job, &o);
        }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {lines_are_those_of_the_general_writer, 1},
        {indexes_in_a_row_are_whole, 1},
        {lines_with_a_seq_are_those_of_the_general_writer, 1},
        {names_and_data_of_any_length_are_whole, 1},
    };

    return check_suite("event_done", NULL, NULL, tests, N(tests));
}
