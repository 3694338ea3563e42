/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"
#include "tests/support/importing.h"

#include <stdio.h>
#include <string.h>

#include "client/import/import.h"

/* ---- GNU parallel's joblog ---------------------------------------------------- */

#define HEADING "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

static const char *joblog(const char *log)
{
    return importing_run("joblog", (struct importing){.file = log});
}

START_TEST(jobs_are_in_order_of_seq)
{
    importing_gives(joblog(HEADING "2\t:\t1700000000.100\t     0.203\t0\t0\t0\t0\tb\n"
                                   "1\t:\t1700000000.000\t     1.5\t0\t0\t0\t0\ta\tx \"y\"\n"
                                   "3\t:\t1700000001.500\t 0\t0\t0\t0\t0\t\n"),
                    "2\n{\"name\":\"a\\tx \\\"y\\\"\",\"compute\":1.5}\n"
                    "{\"name\":\"b\",\"compute\":0.203}\n{\"name\":\"\",\"compute\":0}\n",
                    "");
}
END_TEST

START_TEST(a_job_fails_by_exit_value_or_signal)
{
    ck_assert_str_eq(joblog(HEADING "1\t:\t0\t1\t0\t0\t3\t0\ta\n2\t:\t1\t1\t0\t0\t0\t9\tb\n"
                                    "3\t:\t2\t1\t0\t0\t-1\t15\tc\n4\t:\t3\t1\t0\t0\t0\t0\td\n"),
                     "1\n{\"name\":\"a\",\"compute\":1,\"fail\":true}\n"
                     "{\"name\":\"b\",\"compute\":1,\"fail\":true}\n"
                     "{\"name\":\"c\",\"compute\":1,\"fail\":true}\n"
                     "{\"name\":\"d\",\"compute\":1}\n");
}
END_TEST

START_TEST(the_last_row_of_a_seq_counts)
{
    importing_gives(joblog(HEADING "1\t:\t0\t1\t0\t0\t1\t0\ta\n2\t:\t0\t1\t0\t0\t0\t0\tb\n"
                                   "1\t:\t9\t2\t0\t0\t0\t0\ta\n"),
                    "1\n{\"name\":\"a\",\"compute\":2}\n{\"name\":\"b\",\"compute\":1}\n",
                    "1 row of a job that was run again is left out\n");
    ck_assert_uint_eq(strcspn(importing_remarks(), "\n") + 1, strlen(importing_remarks()));
}
END_TEST

START_TEST(a_clock_that_was_set_back_is_remarked)
{
    importing_gives(joblog(HEADING "1\t:\t5\t-3.5\t0\t0\t0\t0\ta"),
                    "1\n{\"name\":\"a\",\"compute\":0}\n", "1 time ends before it begins");
}
END_TEST

static const struct {
    const char *log, *refusal;
} broken_logs[] = {
    {"", "file:1: not a joblog of GNU parallel"},
    {"Seq\tHost\n", "file:1: not a joblog of GNU parallel"},
    {"\xef\xbb\xbf" HEADING, "file:1: not a joblog of GNU parallel"},
    {HEADING "1\t:\t5\t3.5\t0\t0\t0\t0\n", "file:2: a job has 9 columns with tabs between them, "
                                           "not 8"},
    {HEADING "\n", "file:2: a job has 9 columns"},
    {HEADING "0\t:\t5\t3.5\t0\t0\t0\t0\ta\n", "file:2: Seq takes a positive integer, not \"0\""},
    {HEADING "1\t:\t5m\t3.5\t0\t0\t0\t0\ta\n", "file:2: Starttime takes seconds, not \"5m\""},
    {HEADING "1\t:\t5\t3.5\t0\t0\t0\t0\ta\n2\t:\t5\t\t0\t0\t0\t0\ta\n",
     "file:3: JobRuntime takes seconds, not \"\""},
    {HEADING "1\t:\t5\t99999999999999999999\t0\t0\t0\t0\ta\n", "file:2: JobRuntime takes"},
    {HEADING "1\t:\t5\t1\tx\t0\t0\t0\ta\n", "file:2: Send takes an integer"},
    {HEADING "1\t:\t5\t1\t0\t\t0\t0\ta\n", "file:2: Receive takes an integer"},
    {HEADING "1\t:\t5\t1\t0\t0\t0x1\t0\ta\n", "file:2: Exitval takes an integer, not \"0x1\""},
    {HEADING "1\t:\t5\t1\t0\t0\t0\tTERM\ta\n", "file:2: Signal takes an integer"},
};

START_TEST(a_broken_joblog_is_refused_with_its_line)
{
    importing_begins(joblog(broken_logs[_i].log), broken_logs[_i].refusal);
}
END_TEST

/* ---- WfFormat ----------------------------------------------------------------- */

static const char *wfformat(const char *instance)
{
    return importing_run("wfformat", (struct importing){.file = instance});
}

#define V14(tasks) "{\"schemaVersion\":\"1.4\",\"workflow\":{\"tasks\":[" tasks "]}}"
#define V15(tasks, runs)                                                                           \
    "{\"schemaVersion\":\"1.5\",\"workflow\":{\"specification\":{\"tasks\":[" tasks                \
    "]},\"execution\":{\"tasks\":[" runs "]}}}"

START_TEST(version_1_4_knows_tasks_by_name)
{
    importing_gives(
        wfformat(V14("{\"name\":\"a\",\"id\":\"1\",\"runtimeInSeconds\":1.25,\"parents\":[]},"
                     "{\"name\":\"b\",\"id\":\"2\",\"runtime\":7,\"parents\":[\"a\"]}")),
        "2\n{\"name\":\"a\",\"compute\":1.25}\n{\"name\":\"b\",\"compute\":7,\"after\":[\"a\"]}\n",
        "");
}
END_TEST

START_TEST(version_1_5_and_1_6_know_tasks_by_id)
{
    char instance[512];

    snprintf(
        instance, sizeof instance, "%s",
        V15("{\"name\":\"x\",\"id\":\"1\",\"parents\":[\"2\"]},{\"name\":\"x\",\"id\":\"2\"}",
            "{\"id\":\"2\",\"runtimeInSeconds\":0.1},{\"id\":\"1\",\"runtimeInSeconds\":2e2}"));
    strstr(instance, "1.5")[2] = (char)('5' + _i);
    ck_assert_str_eq(wfformat(instance), "2\n{\"name\":\"1\",\"compute\":200,\"after\":[\"2\"]}\n"
                                         "{\"name\":\"2\",\"compute\":0.1}\n");
}
END_TEST

START_TEST(a_task_without_a_runtime_takes_none)
{
    ck_assert_str_eq(wfformat(V15("{\"id\":\"1\"},{\"id\":\"2\"}", "{\"id\":\"2\"}")),
                     "2\n{\"name\":\"1\",\"compute\":0}\n{\"name\":\"2\",\"compute\":0}\n");
    ck_assert_str_eq(importing_remarks(), "2 tasks without a runtime take no time\n");
    ck_assert_str_eq(wfformat("{\"schemaVersion\":\"1.5\",\"workflow\":{\"specification\":"
                              "{\"tasks\":[{\"id\":\"1\"}]}}}"),
                     "1\n{\"name\":\"1\",\"compute\":0}\n");
}
END_TEST

START_TEST(times_are_exact_to_the_nanosecond)
{
    ck_assert_str_eq(
        wfformat(V14("{\"name\":\"a\",\"runtime\":0.000000001},"
                     "{\"name\":\"b\",\"runtime\":1234567.123456789},"
                     "{\"name\":\"c\",\"runtime\":0.1},{\"name\":\"d\",\"runtime\":1e-12}")),
        "4\n{\"name\":\"a\",\"compute\":1e-9}\n{\"name\":\"b\",\"compute\":\"1234567.123456789s\"}"
        "\n"
        "{\"name\":\"c\",\"compute\":0.1}\n{\"name\":\"d\",\"compute\":0}\n");
}
END_TEST

static void run_wfformat(const char *instance, struct import *import, struct bytes *out)
{
    const struct import_text file = {"file", instance, strlen(instance)};

    ck_assert_int_eq(import_run(import_find("wfformat"), import, &file, 1, out), 0);
}

/* The request's reader would refuse it by its default limit. */
START_TEST(more_than_30_days_are_remarked)
{
    struct import import = {0};
    struct bytes out = {0};

    run_wfformat(V14("{\"name\":\"a\",\"runtime\":2592000.5}"), &import, &out);
    ck_assert_uint_eq(import.remarks.count[REMARK_TOO_LONG], 1);
    import_fini(&import);
    bytes_fini(&out);
}
END_TEST

static const struct {
    const char *instance, *refusal;
} broken_instances[] = {
    {"", "file:1: not valid JSON"},
    {"\n{\"a\":1,\n\"a\":2}", "file:3: not valid JSON: duplicate object key"},
    {"[]", "file:1: not WfFormat"},
    {"{}", "file:1: not WfFormat"},
    {"{\"schemaVersion\":1.4,\"workflow\":{}}", "file:1: not WfFormat"},
    {"{\"workflow\":{},\n\"schemaVersion\":\"1.3\"}",
     "file:2: the version \"1.3\" of WfFormat, where 1.4, 1.5 and 1.6 can be read"},
    {"{\"schemaVersion\":\"1.4\",\n\"workflow\":{}}", "file:2: a workflow has an array of tasks"},
    {"{\"schemaVersion\":\"1.4\",\n\"workflow\":{\n\"tasks\":{}}}",
     "file:3: a workflow has an array of tasks, at workflow.tasks"},
    {"{\"schemaVersion\":\"1.5\",\"workflow\":{\"specification\":{\"tasks\":[]},\n\"execution\":"
     "{}}}",
     "file:2: an execution has an array of tasks"},
    {V14("\n\n{}"), "file:3: a task is an object whose \"name\" is text, at workflow.tasks[0]"},
    {V14("\n7"), "file:2: a task is an object whose \"name\" is text"},
    {V14("{\"name\":\"a\",\n\"runtime\":-1}"), "file:"},
    {V14("{\"name\":\"a\",\"runtime\":\"1\"}"), "file:1: a runtime is a number of seconds"},
    {V14("{\"name\":\"a\",\"runtime\":1e300}"), "file:1: a runtime is a number of seconds"},
    {V14("{\"name\":\"a\",\"parents\":1}"), "file:1: parents are an array"},
    {V14("{\"name\":\"a\",\"parents\":[\n1]}"), "file:2: a parent is text"},
    {V14("{\"name\":\"a\",\"parents\":[\"a\"]}"), "file:1: a cycle"},
    {V14("{\"name\":\"a\",\"parents\":[\"b\"]},\n{\"name\":\"b\",\"parents\":[\"a\"]}"), "file:"},
    {V14("{\"name\":\"a\",\"parents\":[\n\"b\"]}"),
     "file:2: no task has the name \"b\", at workflow.tasks[0].parents[0]"},
    {V15("{\"id\":\"a\"},\n{\"id\":\"a\"}", ""),
     "file:2: an earlier task has the id \"a\" already"},
    {V15("{\"id\":\"a\"}", "{\"id\":\"a\"},\n{\"id\":\"a\"}"),
     "file:2: an earlier task has the id \"a\" already, at workflow.execution.tasks[1]"},
    {V15("{\"id\":\"a\"}", "\n{\"id\":\"a\",\n\"runtimeInSeconds\":true}"),
     "file:3: a runtime is a number of seconds, 0 or more, at "
     "workflow.execution.tasks[0].runtimeInSeconds"},
    {V14("{\"name\":\"a\"}") "\n{}", "file:2: a file has one instance"},
    {V14("{\"name\":\"a\"}") "\n?", "file:2: not valid JSON"},
    {V14("{\"name\":\"\\u0000\"}"), "file:1: not valid JSON"},
};

START_TEST(a_broken_instance_is_refused_with_its_line)
{
    importing_begins(wfformat(broken_instances[_i].instance), broken_instances[_i].refusal);
}
END_TEST

/* ---- Any of them -------------------------------------------------------------- */

START_TEST(a_batch_is_indented_and_in_stable_order)
{
    struct import import = {0};
    struct bytes out = {0};

    run_wfformat(V14("{\"name\":\"a\"},{\"parents\":[\"a\"],\"runtime\":1.5,\"name\":\"b\"}"),
                 &import, &out);
    bytes_add_char(&out, '\0');
    ck_assert_str_eq(bytes_at(&out), "{\n"
                                     "  \"workers\": 2,\n"
                                     "  \"jobs\": [\n"
                                     "    {\n"
                                     "      \"name\": \"a\",\n"
                                     "      \"compute\": 0\n"
                                     "    },\n"
                                     "    {\n"
                                     "      \"name\": \"b\",\n"
                                     "      \"compute\": 1.5,\n"
                                     "      \"after\": [\n"
                                     "        \"a\"\n"
                                     "      ]\n"
                                     "    }\n"
                                     "  ]\n"
                                     "}\n");
    import_fini(&import);
    bytes_fini(&out);
}
END_TEST

START_TEST(formats_are_found_by_name)
{
    ck_assert_ptr_nonnull(import_find("joblog"));
    ck_assert_ptr_null(import_find("make"));
    ck_assert_str_eq(import_nearest("nnija"), "ninja");
    ck_assert_ptr_null(import_nearest("bazel"));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {jobs_are_in_order_of_seq, 1},
        {a_job_fails_by_exit_value_or_signal, 1},
        {the_last_row_of_a_seq_counts, 1},
        {a_clock_that_was_set_back_is_remarked, 1},
        {a_broken_joblog_is_refused_with_its_line, N(broken_logs)},
        {version_1_4_knows_tasks_by_name, 1},
        {version_1_5_and_1_6_know_tasks_by_id, 2},
        {a_task_without_a_runtime_takes_none, 1},
        {times_are_exact_to_the_nanosecond, 1},
        {more_than_30_days_are_remarked, 1},
        {a_broken_instance_is_refused_with_its_line, N(broken_instances)},
        {a_batch_is_indented_and_in_stable_order, 1},
        {formats_are_found_by_name, 1},
    };

    return check_suite("import", NULL, importing_fini, tests, N(tests));
}
