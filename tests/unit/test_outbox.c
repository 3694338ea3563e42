/* SPDX-License-Identifier: ISC */
#include "daemon/outbox.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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
    size_t room;
    struct occurrence *record = outbox_record_room(&outbox, &room);

    ck_assert_ptr_nonnull(record);
    ck_assert_uint_ge(room, BATCH_MIN_ROOM);
    *record = (struct occurrence){.kind = OCCURRED_DONE, .job = job, .ordinal = 1, .due_ns = 5};
    outbox_record_commit(&outbox, &source, at_ns, 1);
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

Suite *test_suite(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tests = tcase_create("outbox");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, lines_and_records_come_out_in_order);
    tcase_add_test(tests, an_empty_outbox_gives_nothing);
    tcase_add_test(tests, any_room_gives_the_same_text);
    suite_add_tcase(suite, tests);
    return suite;
}
