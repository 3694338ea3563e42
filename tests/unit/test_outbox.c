/* SPDX-License-Identifier: ISC */
#include "daemon/session/outbox.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "tests/support/check.h"

static struct plan *plan;
static struct outbox outbox;
static struct outbox_source source;

static void set_up(void)
{
    static const uint8_t key[16];
    const struct plan_limits limits = {
        .max_jobs = 1000000, .max_steps = 1000000, .max_wait_ns = INT64_MAX};
    struct plan_fault fault;
    struct job_spec job = {.set = JOB_COUNT, .count = 100000};

    plan = plan_new(key);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(plan_add_element(plan, &job, NULL, 0), PLAN_OK);
    ck_assert_int_eq(plan_seal(plan, &limits, 100, &fault), PLAN_SEALED);
    memset(&outbox, 0, sizeof(outbox));
    source = (struct outbox_source){.batch = 7, .plan = plan, .line_bytes = 60};
}

static void tear_down(void)
{
    outbox_fini(&outbox);
    plan_free(plan);
}

static void put_line(const char *text, struct outbox_source *ends)
{
    char *line = outbox_line_room(&outbox, strlen(text) + 100);

    ck_assert_ptr_nonnull(line);
    memcpy(line, text, strlen(text));
    outbox_line_commit(&outbox, strlen(text), ends);
}

static void put_done(uint32_t job, int64_t at_ns)
{
    struct occurrence done = {.kind = OCCURRED_DONE, .job = job, .ordinal = 1, .due_ns = 5};

    ck_assert_uint_eq(outbox_reserve(&outbox, BATCH_MIN_ROOM), BATCH_MIN_ROOM);
    outbox_put(&outbox, &source, at_ns, &done, 1);
}

START_TEST(lines_and_records_come_out_in_order)
{
    struct outbox_source *ended;
    char out[4096];
    size_t n;

    put_line("first\n", NULL);
    put_done(0, 1000000000);
    put_done(1, 1000000000);
    put_done(2, -1);
    put_line("last\n", &source);
    put_line("after\n", NULL);
    n = outbox_render(&outbox, out, sizeof(out), &ended);
    out[n] = '\0';
    ck_assert_ptr_eq(ended, &source);
    ck_assert_str_eq(
        out, "first\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":0,\"status\":\"ok\",\"at\":1}\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":1,\"status\":\"ok\",\"at\":1}\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":2,\"status\":\"ok\",\"at\":0.000000005}\n"
             "last\n");
    n = outbox_render(&outbox, out, sizeof(out), &ended);
    ck_assert_uint_eq(n, 6);
    ck_assert_ptr_null(ended);
    ck_assert(outbox_is_empty(&outbox));
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), 6);
}
END_TEST

START_TEST(an_empty_outbox_gives_nothing)
{
    struct outbox_source *ended;
    char out[10];

    ck_assert(outbox_is_empty(&outbox));
    ck_assert_uint_eq(outbox_render(&outbox, out, sizeof(out), &ended), 0);
    ck_assert_ptr_null(ended);
}
END_TEST

/* Puts in and takes out at different paces, and compares with what went in. */
START_TEST(any_room_gives_the_same_text)
{
    enum { RECORDS = 20000 };
    char *whole = malloc(RECORDS * 80), *cut = malloc(RECORDS * 80);
    struct outbox_source *ended;
    size_t whole_len = 0, cut_len = 0, n;

    ck_assert_ptr_nonnull(whole);
    ck_assert_ptr_nonnull(cut);
    for (uint32_t job = 0; job < RECORDS; job++)
        put_done(job, job / 3);
    while ((n = outbox_render(&outbox, whole + whole_len, 65536, &ended)) > 0)
        whole_len += n;
    for (uint32_t job = 0; job < RECORDS; job++) {
        put_done(job, job / 3);
        if (job % 2 == 0)
            cut_len += outbox_render(&outbox, cut + cut_len, 1 + job % 97, &ended);
    }
    while ((n = outbox_render(&outbox, cut + cut_len, 977, &ended)) > 0)
        cut_len += n;
    ck_assert_uint_eq(whole_len, cut_len);
    ck_assert_int_eq(memcmp(whole, cut, whole_len), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), 2 * RECORDS);
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    free(whole);
    free(cut);
}
END_TEST

/* Something that may happen to a job, mostly its plain end. */
static struct occurrence some_occurrence(unsigned draw)
{
    struct occurrence o = {.due_ns = draw % 1000,
                           .span_ns = draw % 77,
                           .job = draw % 100000,
                           .ordinal = 1,
                           .kind = OCCURRED_DONE,
                           .status = JOB_OK};

    if (draw % 5 == 0)
        o.status = (uint8_t)(draw % JOB_STATUSES);
    if (draw % 7 == 0)
        o.ordinal = draw % 4;
    if (draw % 11 == 0)
        o.kind = draw % 2 == 0 ? OCCURRED_STARTED : OCCURRED_RETRY;
    return o;
}

static unsigned next_draw(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 8;
}

/* Whatever form a record waits in, its text is the general writer's. */
START_TEST(every_record_becomes_the_line_it_is)
{
    enum { ROUNDS = 3000, MOST = 40 };
    size_t room = (size_t)ROUNDS * MOST * 200, expected_len = 0, got_len = 0, n;
    char *expected = malloc(room), *got = malloc(room);
    struct outbox_source *ended;
    uint64_t records = 0;
    unsigned seed = 1;

    ck_assert_ptr_nonnull(expected);
    ck_assert_ptr_nonnull(got);
    source.with_due = _i == 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct occurrence occurred[MOST];
        int64_t at_ns = next_draw(&seed) % 9 == 0 ? -1 : round / 3;
        size_t reserved = outbox_reserve(&outbox, MOST);

        ck_assert_uint_ge(reserved, BATCH_MIN_ROOM);
        ck_assert_uint_le(reserved, MOST);
        n = next_draw(&seed) % (reserved + 1);
        for (size_t i = 0; i < n; i++) {
            struct event_job job = {.batch = source.batch, .with_due = source.with_due};

            occurred[i] = some_occurrence(next_draw(&seed));
            job.at_ns = at_ns < 0 ? occurred[i].due_ns : at_ns;
            expected_len =
                (size_t)(event_write_occurrence(expected + expected_len, &job, &occurred[i]) -
                         expected);
        }
        outbox_put(&outbox, &source, at_ns, occurred, n);
        records += n;
        if (round % 5 == 0)
            got_len += outbox_render(&outbox, got + got_len, next_draw(&seed) % 9000, &ended);
    }
    while ((n = outbox_render(&outbox, got + got_len, 5000, &ended)) > 0)
        got_len += n;
    ck_assert_uint_eq(got_len, expected_len);
    ck_assert_int_eq(memcmp(got, expected, got_len), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), records);
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    free(expected);
    free(got);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tests = tcase_create("outbox");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, lines_and_records_come_out_in_order);
    tcase_add_test(tests, an_empty_outbox_gives_nothing);
    tcase_add_test(tests, any_room_gives_the_same_text);
    tcase_add_loop_test(tests, every_record_becomes_the_line_it_is, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
