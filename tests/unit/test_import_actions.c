/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"
#include "tests/support/importing.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A job of a run, from second a to b of a minute. */
#define STEP(name, a, b)                                                                           \
    "{\"name\":\"" name "\",\"started_at\":\"2026-03-02T10:00:" a "Z\",\"completed_at\":"          \
    "\"2026-03-02T10:00:" b "Z\"}"
#define JOB(name, conclusion, a, b, steps)                                                         \
    "{\"name\":\"" name "\",\"conclusion\":" conclusion ",\"started_at\":\"2026-03-02T10:00:" a    \
    "Z\",\"completed_at\":\"2026-03-02T10:00:" b "Z\",\"steps\":[" steps "]}"
#define OK    "\"success\""
#define A_JOB JOB("a", OK, "00", "05", STEP("one", "00", "03") "," STEP("two", "03", "05"))
#define B_JOB JOB("b", OK, "05", "06", STEP("one", "05", "06"))
#define A_SHOWN                                                                                    \
    "{\"name\":\"a\",\"steps\":[{\"compute\":3,\"note\":\"one\"},{\"compute\":2,\"note\":\"two\"}" \
    "]}\n"
#define B_SHOWN "{\"name\":\"b\",\"steps\":[{\"compute\":1,\"note\":\"one\"}]}\n"

static const char *actions(const char *jobs)
{
    return importing_run("actions", (struct importing){.file = jobs});
}

static const char *with_workflow(const char *jobs, const char *workflow)
{
    return importing_run("actions", (struct importing){.file = jobs, .side = workflow});
}

/* The forms in which they come. */
static const char *const forms[] = {
    "[" A_JOB "," B_JOB "]",
    "{\"total_count\":2,\"jobs\":[" A_JOB "," B_JOB "]}",
    "{\"total_count\":2,\"jobs\":[" A_JOB "]}\n{\"total_count\":2,\"jobs\":[" B_JOB "]}\n",
    "[{\"total_count\":2,\"jobs\":[" A_JOB "]},{\"total_count\":2,\"jobs\":[" B_JOB "]}]",
    A_JOB B_JOB,
};

START_TEST(jobs_come_in_several_forms)
{
    ck_assert_str_eq(actions(forms[_i]), "1\n" A_SHOWN B_SHOWN);
    ck_assert_str_eq(importing_remarks(), "without --workflow nothing is known of needs: no job "
                                          "waits for another\n");
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped)
{
    ck_assert_str_eq(actions("\xef\xbb\xbf[" A_JOB "]"), "1\n" A_SHOWN);
    ck_assert_ptr_nonnull(strstr(actions("\xef\xbb[" A_JOB "]"), "file:1: not valid JSON"));
}
END_TEST

START_TEST(what_gh_run_view_prints_is_recognised)
{
    ck_assert_str_eq(
        actions("{\"jobs\":[{\"name\":\"a\",\"startedAt\":\"2026-03-02T10:00:00Z\"}]}"),
        "file:1: a job is an object with \"name\", \"started_at\" and "
        "\"completed_at\" (as gh api prints it, and not gh run view), at jobs[0]");
}
END_TEST

START_TEST(what_is_on_other_pages_is_remarked)
{
    actions("{\"total_count\":31,\"jobs\":[" A_JOB "]}");
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "30 jobs of the run are on other pages"));
}
END_TEST

static const struct {
    const char *conclusion;
    bool fails;
} conclusions[] = {
    {"\"success\"", false}, {"\"skipped\"", false},  {"\"failure\"", true}, {"\"cancelled\"", true},
    {"\"neutral\"", true},  {"\"timed_out\"", true}, {"null", true},
};

START_TEST(a_job_fails_unless_it_is_success_or_skipped)
{
    char job[512];

    snprintf(job, sizeof job, "[" JOB("a", "%s", "00", "05", "") "]", conclusions[_i].conclusion);
    ck_assert_str_eq(actions(job), conclusions[_i].fails
                                       ? "1\n{\"name\":\"a\",\"compute\":5,\"fail\":true}\n"
                                       : "1\n{\"name\":\"a\",\"compute\":5}\n");
}
END_TEST

START_TEST(times_have_offsets_and_fractions)
{
    ck_assert_str_eq(actions("[{\"name\":\"a\",\"conclusion\":" OK
                             ",\"started_at\":\"2024-02-29T23:59:59.25Z\","
                             "\"completed_at\":\"2024-03-01T09:00:00.000000001+09:00\"}]"),
                     "1\n{\"name\":\"a\",\"compute\":0.750000001}\n");
}
END_TEST

START_TEST(what_has_not_ended_is_left_out)
{
    ck_assert_str_eq(actions("[" A_JOB ",{\"name\":\"c\",\"conclusion\":null,\"started_at\":"
                             "\"2026-03-02T10:00:00Z\",\"completed_at\":null,\"steps\":[]}," JOB(
                                 "d", OK, "00", "05",
                                 STEP("one", "00", "01") ",{\"name\":\"two\",\"started_at\":null,"
                                                         "\"completed_at\":null}") "]"),
                     "2\n" A_SHOWN
                     "{\"name\":\"d\",\"steps\":[{\"compute\":1,\"note\":\"one\"}]}\n");
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "1 job without an end time is left out"));
    ck_assert_ptr_nonnull(
        strstr(importing_remarks(), "1 step without a begin and an end time is left out"));
}
END_TEST

START_TEST(a_later_attempt_counts)
{
    importing_gives(
        actions("[{\"run_attempt\":1,\"name\":\"a\",\"conclusion\":\"failure\",\"started_at\":"
                "\"2026-03-02T10:00:00Z\",\"completed_at\":\"2026-03-02T10:00:01Z\"},"
                "{\"run_attempt\":2,\"name\":\"a\",\"conclusion\":" OK ",\"started_at\":"
                "\"2026-03-02T10:00:00Z\",\"completed_at\":\"2026-03-02T10:00:02Z\"}]"),
        "1\n{\"name\":\"a\",\"compute\":2}\n", "1 job that a later attempt ran again");
}
END_TEST

#define BARE(name)                                                                                 \
    "{\"name\":\"" name "\",\"conclusion\":" OK ",\"started_at\":\"2026-03-02T10:00:00Z\","        \
    "\"completed_at\":\"2026-03-02T10:00:01Z\"}"

/* The name of the run's job, those of the workflow's, and which it is of. */
static const struct {
    const char *run, *one, *two, *id;
} matches[] = {
    {"one", NULL, NULL, "one"},
    {"two", NULL, NULL, "two"},
    {"one (gcc, 12)", NULL, NULL, "one"},
    {"two / build", NULL, NULL, "two"},
    {"two (x) / build (y)", NULL, NULL, "two"},
    {"Tests", "Tests", "Docs", "one"},
    {"one", "Tests", "Docs", NULL},
    {"Tests (gcc)", "Tests", "Tests (gcc)", "two"},
    {"Tests (gcc)", "Tests (gcc)", "Tests", "one"},
    {"test on gcc", "test on ${{ matrix.cc }}", "${{ matrix.name }}", "one"},
    {"anything", "test on ${{ matrix.cc }}", "${{ matrix.name }}", "two"},
    {"a-b-b-c", "a-${{ x }}-c", "z", "one"},
    {"a-b-b-d", "a-${{ x }}-c", "z", NULL},
    {"a-x-c (1)", "a-${{ x }}-c", "z", "one"},
    {"${{ x", "${{ x", "z", "one"},
    {"ones", NULL, NULL, NULL},
};

START_TEST(a_job_is_found_by_its_name)
{
    char jobs[512], workflow[512], expected[512];

    snprintf(jobs, sizeof jobs, "[" BARE("%s") "]", matches[_i].run);
    snprintf(workflow, sizeof workflow, "jobs:\n  one: {name: '%s'}\n  two: {name: '%s'}\n",
             matches[_i].one != NULL ? matches[_i].one : "one",
             matches[_i].two != NULL ? matches[_i].two : "two");
    snprintf(expected, sizeof expected, "1\n{\"name\":\"%s\",\"compute\":1}\n",
             matches[_i].id != NULL ? matches[_i].id : matches[_i].run);
    ck_assert_str_eq(with_workflow(jobs, workflow), expected);
    ck_assert(matches[_i].id != NULL ||
              strstr(importing_remarks(), "1 job is none of the workflow's") != NULL);
}
END_TEST

START_TEST(needs_become_after)
{
    ck_assert_str_eq(
        with_workflow("[" BARE("a (1)") "," BARE("a (2)") "," BARE("c") "," BARE("d") "]",
                      "jobs:\n"
                      "  a: {runs-on: x}\n"
                      "  left-out: {needs: a}\n"
                      "  c: {needs: left-out}\n"
                      "  d:\n    needs: [c, a, c]\n"),
        "4\n{\"name\":\"a\",\"compute\":1}\n{\"name\":\"a\",\"compute\":1}\n"
        "{\"name\":\"c\",\"compute\":1,\"after\":[\"a\"]}\n"
        "{\"name\":\"d\",\"compute\":1,\"after\":[\"c\",\"a\"]}\n");
}
END_TEST

START_TEST(an_alias_stands_for_what_it_names)
{
    ck_assert_str_eq(with_workflow("[" BARE("a") "," BARE("b") "]",
                                   "x: &n [a]\njobs:\n  a: {}\n  b: {needs: *n}\n"),
                     "2\n{\"name\":\"a\",\"compute\":1}\n"
                     "{\"name\":\"b\",\"compute\":1,\"after\":[\"a\"]}\n");
}
END_TEST

START_TEST(a_job_that_ran_although_its_need_failed_is_remarked)
{
    with_workflow("[" JOB("a", "\"failure\"", "00", "01", "") "," BARE("b") "]",
                  "jobs:\n  a: {}\n  b: {needs: a}\n");
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "1 job ran although one that it needs had"));
}
END_TEST

/* Jobs, workflow, and the refusal's beginning. */
static const struct {
    const char *jobs, *workflow, *refusal;
} broken[] = {
    {"", NULL, "file:1: not valid JSON"},
    {"[\n" A_JOB ",\n]", NULL, "file:3: not valid JSON"},
    {"{}", NULL, "file:1: not the jobs of a GitHub Actions run"},
    {"{\"jobs\":\n{}}", NULL, "file:1: a page has an array of jobs, at jobs"},
    {"[\n{}]", NULL, "file:2: a job is an object with"},
    {"[\n1]", NULL, "file:2: a job is an object with"},
    {"[\n{\"name\":1,\"started_at\":null}]", NULL, "file:2: a job is an object with"},
    {"[" A_JOB "]\n[{\"name\":\"a\"}]", NULL, "file:2: a job is an object with"},
    {"[{\"name\":\"a\",\n\"started_at\":\"soon\",\"completed_at\":null}]", NULL,
     "file:2: a time is text such as \"2023-08-25T15:57:59Z\", at [0].started_at"},
    {"[{\"name\":\"a\",\"started_at\":null,\"completed_at\":5}]", NULL, "file:1: a time is text"},
    {"[{\"name\":\"a\",\"started_at\":\"2023-02-29T00:00:00Z\"}]", NULL, "file:1: a time is text"},
    {"[{\"name\":\"a\",\"started_at\":\"2023-02-28T00:00:00\"}]", NULL, "file:1: a time is text"},
    {"[{\"name\":\"a\",\"started_at\":\"2023-02-28T00:00:00.Z\"}]", NULL, "file:1: a time is text"},
    {"[{\"name\":\"a\",\"started_at\":\"2023-02-28T00:00:00Z \"}]", NULL, "file:1: a time is text"},
    {"[" JOB("a", "1", "00", "01", "") "]", NULL, "file:1: a conclusion is text"},
    {"{\"jobs\":[" JOB("a", OK, "00", "01", "\n\n7") "]}", NULL,
     "file:3: a step is an object whose \"name\" is text, at jobs[0].steps[0]"},
    {"[{\"name\":\"a\",\"completed_at\":\"2026-03-02T10:00:00Z\",\"steps\":1}]", NULL,
     "file:1: steps are an array"},
    {"[" A_JOB "]", "", "side:1: not a workflow of GitHub Actions"},
    {"[" A_JOB "]", "jobs: [", "side:1: not valid YAML"},
    {"[" A_JOB "]", "on: push\n\tx", "side:2: not valid YAML"},
    {"[" A_JOB "]", "on: push\n", "side:1: not a workflow of GitHub Actions"},
    {"[" A_JOB "]", "on: push\njobs:\n  - a\n", "side:3: not a workflow of GitHub Actions"},
    {"[" A_JOB "]", "jobs:\n  a: 1\n", "side:2: a job is a mapping under its id"},
    {"[" A_JOB "]", "jobs:\n  a: {}\n  a: {}\n", "side:3: the job \"a\" is there twice"},
    {"[" A_JOB "]", "jobs:\n  a: {name: [x]}\n", "side:2: the name of a job is text"},
    {"[" A_JOB "]", "jobs:\n  a: {}\n  b:\n    needs: c\n",
     "side:4: the job \"b\" needs \"c\", which is no job of the workflow"},
    {"[" A_JOB "]", "jobs:\n  a: {needs: {b: c}}\n", "side:2: what a job needs is the id of a job"},
    {"[" A_JOB "]", "jobs:\n  a: {needs: b}\n  b: {needs: a}\n", "side:"},
    {"[" A_JOB "]", "jobs:\n  a: {needs: a}\n", "side:2: a cycle: the job \"a\" needs"},
};

START_TEST(what_is_broken_is_refused_with_its_line)
{
    importing_begins(with_workflow(broken[_i].jobs, broken[_i].workflow), broken[_i].refusal);
}
END_TEST

START_TEST(time_that_runs_backwards_is_none)
{
    importing_gives(actions("[" JOB("a", OK, "05", "04", STEP("one", "05", "04")) "]"),
                    "1\n{\"name\":\"a\",\"steps\":[{\"compute\":0,\"note\":\"one\"}]}\n",
                    "2 times end before they begin");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {jobs_come_in_several_forms, N(forms)},
        {a_byte_order_mark_is_skipped, 1},
        {what_gh_run_view_prints_is_recognised, 1},
        {what_is_on_other_pages_is_remarked, 1},
        {a_job_fails_unless_it_is_success_or_skipped, N(conclusions)},
        {times_have_offsets_and_fractions, 1},
        {what_has_not_ended_is_left_out, 1},
        {a_later_attempt_counts, 1},
        {a_job_is_found_by_its_name, N(matches)},
        {needs_become_after, 1},
        {an_alias_stands_for_what_it_names, 1},
        {a_job_that_ran_although_its_need_failed_is_remarked, 1},
        {what_is_broken_is_refused_with_its_line, N(broken)},
        {time_that_runs_backwards_is_none, 1},
    };

    return check_suite("import of GitHub Actions runs", NULL, importing_fini, tests, N(tests));
}
