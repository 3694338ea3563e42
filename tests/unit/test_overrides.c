/* SPDX-License-Identifier: ISC */
#include "client/net/overrides.h"

#include <stdlib.h>
#include <string.h>

#include "client/cmd/batch_text.h"
#include "tests/support/check.h"

static struct overrides overrides;
static struct bytes out;

static void tear_down(void)
{
    overrides_fini(&overrides);
    bytes_fini(&out);
}

static const struct {
    enum override which;
    const char *text;
    const char *json; /* NULL if it is refused */
} values[] = {
    {OVERRIDE_MODE, "concurrent", "\"mode\":\"concurrent\""},
    {OVERRIDE_MODE, "sequential", "\"mode\":\"sequential\""},
    {OVERRIDE_MODE, "Sequential", NULL},
    {OVERRIDE_MODE, "", NULL},
    {OVERRIDE_CONCURRENCY, "1", "\"concurrency\":1"},
    {OVERRIDE_CONCURRENCY, "007", "\"concurrency\":7"},
    {OVERRIDE_CONCURRENCY, "0", NULL},
    {OVERRIDE_CONCURRENCY, "-1", NULL},
    {OVERRIDE_CONCURRENCY, "1.5", NULL},
    {OVERRIDE_CONCURRENCY, " 1", NULL},
    {OVERRIDE_CONCURRENCY, "1 ", NULL},
    {OVERRIDE_WORKERS, "9223372036854775808", "\"workers\":9223372036854775808"},
    {OVERRIDE_WORKERS, "+099999999999999999999", "\"workers\":99999999999999999999"},
    {OVERRIDE_WORKERS, "+", NULL},
    {OVERRIDE_WORKERS, "00", NULL},
    {OVERRIDE_WORKERS, "", NULL},
    {OVERRIDE_UNTIL, "first_done", "\"until\":\"first_done\""},
    {OVERRIDE_UNTIL, "first", NULL},
    {OVERRIDE_TIMEOUT, "1.50", "\"timeout\":1.50"},
    {OVERRIDE_TIMEOUT, "1e-3", "\"timeout\":1e-3"},
    {OVERRIDE_TIMEOUT, "1m30s", "\"timeout\":\"1m30s\""},
    {OVERRIDE_TIMEOUT, "250ms", "\"timeout\":\"250ms\""},
    {OVERRIDE_TIMEOUT, "-1", NULL},
    {OVERRIDE_TIMEOUT, "1 s", NULL},
    {OVERRIDE_TIMEOUT, "", NULL},
    {OVERRIDE_CLOCK, "virtual", "\"clock\":\"virtual\""},
    {OVERRIDE_EVENTS, "none", "\"events\":\"none\""},
    {OVERRIDE_EVENTS, "some", NULL},
    {OVERRIDE_SEED, "-9223372036854775808", "\"seed\":-9223372036854775808"},
    {OVERRIDE_SEED, "9223372036854775808", NULL},
    {OVERRIDE_SEED, "-9223372036854775809", NULL},
    {OVERRIDE_SEED, "x", NULL},
};

START_TEST(a_value_is_checked_and_becomes_json)
{
    const char *takes = overrides_set(&overrides, values[_i].which, values[_i].text);

    if (values[_i].json == NULL) {
        ck_assert_ptr_nonnull(takes);
        ck_assert(!overrides_any(&overrides));
        return;
    }
    ck_assert_ptr_null(takes);
    overrides_append(&overrides, true, &out);
    bytes_add_char(&out, '\0');
    ck_assert_str_eq(bytes_at(&out), values[_i].json);
}
END_TEST

START_TEST(the_last_one_counts_and_a_wrong_one_changes_nothing)
{
    ck_assert_ptr_null(overrides_set(&overrides, OVERRIDE_SEED, "1"));
    ck_assert_ptr_null(overrides_set(&overrides, OVERRIDE_SEED, "2"));
    ck_assert_ptr_nonnull(overrides_set(&overrides, OVERRIDE_SEED, "three"));
    ck_assert_str_eq(overrides.json[OVERRIDE_SEED], "2");
}
END_TEST

START_TEST(members_are_reported_by_their_names)
{
    overrides_set(&overrides, OVERRIDE_CLOCK, "virtual");
    ck_assert(overrides_has(&overrides, "clock", 5));
    ck_assert(!overrides_has(&overrides, "clocks", 6));
    ck_assert(!overrides_has(&overrides, "mode", 4));
}
END_TEST

static const char *make(struct batch_text batch)
{
    batch.overrides = &overrides;
    ck_assert_ptr_null(batch_text_make(&batch, &out));
    bytes_add_char(&out, '\0');
    return bytes_at(&out);
}

START_TEST(run_asks_for_a_job_of_each_duration)
{
    char one[] = "1", two[] = "250ms";
    char *durations[] = {one, two};

    overrides_set(&overrides, OVERRIDE_MODE, "sequential");
    ck_assert_str_eq(
        make((struct batch_text){.durations = durations, .n_durations = 2, .count = 1}),
        "{\"jobs\":[{\"wait\":1},{\"wait\":\"250ms\"}],\"mode\":\"sequential\"}\n");
}
END_TEST

START_TEST(run_counts_and_names_jobs)
{
    char one[] = "1s";
    char *durations[] = {one};

    ck_assert_str_eq(
        make((struct batch_text){
            .durations = durations, .n_durations = 1, .count = 10, .name = "a\"\\\n\xc3\xa9"}),
        "{\"jobs\":[{\"name\":\"a\\\"\\\\\\u000a\xc3\xa9\",\"wait\":\"1s\","
        "\"count\":10}]}\n");
}
END_TEST

START_TEST(run_refuses_what_is_no_duration_and_no_text)
{
    char one[] = "1", wrong[] = "1.5x";
    char *durations[] = {one, wrong};
    const char *name = "\xff";
    struct batch_text batch = {
        .durations = durations, .n_durations = 2, .count = 1, .overrides = &overrides};

    ck_assert_ptr_eq(batch_text_make(&batch, &out), wrong);
    batch.name = name;
    ck_assert_ptr_eq(batch_text_make(&batch, &out), name);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_value_is_checked_and_becomes_json, N(values)},
        {the_last_one_counts_and_a_wrong_one_changes_nothing, 1},
        {members_are_reported_by_their_names, 1},
        {run_asks_for_a_job_of_each_duration, 1},
        {run_counts_and_names_jobs, 1},
        {run_refuses_what_is_no_duration_and_no_text, 1},
    };

    return check_suite("overrides", NULL, tear_down, tests, N(tests));
}
