/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"
#include "tests/support/importing.h"

#include <stdio.h>
#include <string.h>

#define V5 "# ninja log v5\n"

static const char *ninja(const char *log)
{
    return importing_run("ninja", (struct importing){.file = log});
}

static const char *with_graph(const char *log, const char *graph)
{
    return importing_run("ninja", (struct importing){.file = log, .side = graph});
}

START_TEST(each_output_is_a_job_in_order_of_start)
{
    ck_assert_str_eq(ninja(V5 "5\t30\t1\tb.o\tb\n"
                              "0\t40\t1\ta.o\ta\n"
                              "40\t1041\t1\tapp\tc\n"),
                     "2\n"
                     "{\"name\":\"a.o\",\"compute\":0.04}\n"
                     "{\"name\":\"b.o\",\"compute\":0.025}\n"
                     "{\"name\":\"app\",\"compute\":1.001}\n");
}
END_TEST

START_TEST(equal_starts_keep_the_order_of_the_log)
{
    ck_assert_str_eq(ninja(V5 "0\t30\t1\tz\tb\n0\t40\t1\ta\ta\n0\t40\t1\tm\tc\n"),
                     "3\n{\"name\":\"z\",\"compute\":0.03}\n{\"name\":\"a\",\"compute\":0.04}\n"
                     "{\"name\":\"m\",\"compute\":0.04}\n");
}
END_TEST

START_TEST(outputs_of_equal_start_end_and_hash_are_one_job)
{
    importing_gives(ninja(V5 "0\t30\t1\tp.c\tf\n0\t30\t1\tq\te\n0\t30\t1\tp.h\tf\n"),
                    "2\n{\"name\":\"p.c\",\"compute\":0.03}\n{\"name\":\"q\",\"compute\":0.03}\n",
                    "1 output was made along with another");
}
END_TEST

START_TEST(versions_4_to_7_are_read)
{
    char log[64];
    int version = 3 + _i;

    snprintf(log, sizeof log, "# ninja log v%d\n0\t30\t0\ta\tf00d\n", version);
    if (version >= 4 && version <= 7)
        ck_assert_str_eq(ninja(log), "1\n{\"name\":\"a\",\"compute\":0.03}\n");
    else
        ck_assert_ptr_nonnull(strstr(ninja(log), "file:1: a log of ninja's version"));
}
END_TEST

START_TEST(an_end_that_falls_begins_another_build)
{
    importing_gives(ninja(V5 "0\t50\t1\ta\ta\n50\t60\t1\tb\tb\n0\t30\t1\tc\tc\n"),
                    "1\n{\"name\":\"c\",\"compute\":0.03}\n",
                    "1 earlier build in the log is left out");
}
END_TEST

START_TEST(an_output_that_is_there_already_begins_another_build)
{
    ck_assert_str_eq(ninja(V5 "0\t50\t1\ta\ta\n50\t60\t1\tb\tb\n0\t90\t1\ta\ta\n90\t95\t1\tc\tc\n"),
                     "1\n{\"name\":\"a\",\"compute\":0.09}\n{\"name\":\"c\",\"compute\":0.005}\n");
}
END_TEST

START_TEST(few_short_builds_are_builds)
{
    ck_assert_str_eq(ninja(V5 "0\t50\t1\ta\ta\n0\t40\t1\tb\tb\n0\t30\t1\tc\tc\n0\t20\t1\td\td\n"),
                     "1\n{\"name\":\"d\",\"compute\":0.02}\n");
}
END_TEST

/* As ninja writes it when the log has become long: an output a line, in the order of a
 * hash.  Behind it the next build appends. */
START_TEST(a_log_in_the_order_of_hashes_is_taken_whole)
{
    static const int ends[] = {50, 40, 60, 30, 35, 20, 90, 10, 5, 70, 65, 12};
    char log[1024] = V5;
    const char *batch;

    for (size_t i = 0; i < N(ends); i++)
        snprintf(log + strlen(log), sizeof log - strlen(log), "0\t%d\t1\to%zu\t%zx\n", ends[i], i,
                 i + 1);
    snprintf(log + strlen(log), sizeof log - strlen(log), "0\t7\t1\to3\t4\n");
    batch = ninja(log);
    ck_assert_ptr_nonnull(strstr(batch, "{\"name\":\"o11\",\"compute\":0.012}\n"));
    ck_assert_ptr_nonnull(strstr(batch, "{\"name\":\"o3\",\"compute\":0.007}\n"));
    ck_assert_ptr_null(strstr(batch, "0.03}"));
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "rewritten in the order of hashes"));
    ck_assert_ptr_null(strstr(importing_remarks(), "earlier build"));
}
END_TEST

#define GRAPH_BEGIN        "digraph ninja {\nrankdir=\"LR\"\nnode [fontsize=10]\nedge [fontsize=10]\n"
#define NODE(id, path)     "\"" id "\" [label=\"" path "\"]\n"
#define COMMAND(id)        "\"" id "\" [label=\"cc\", shape=ellipse]\n"
#define ARROW(from, to)    "\"" from "\" -> \"" to "\"\n"
#define LABELLED(from, to) "\"" from "\" -> \"" to "\" [label=\" cc\"]\n"
#define READ(from, to)     "\"" from "\" -> \"" to "\" [arrowhead=none style=dotted]\n"

START_TEST(the_graph_says_who_waits_for_whom)
{
    importing_gives(with_graph(V5 "0\t30\t1\ta.o\ta\n0\t40\t1\tb.o\tb\n40\t50\t1\tapp\tc\n",
                               GRAPH_BEGIN NODE("1", "app") COMMAND("2") ARROW("2", "1")
                                   READ("3", "2") READ("4", "2") NODE("3", "a.o") LABELLED("5", "3")
                                       NODE("5", "a.c") NODE("4", "b.o") LABELLED("6", "4")
                                           NODE("6", "b.c") "}\n"),
                    "2\n{\"name\":\"a.o\",\"compute\":0.03}\n{\"name\":\"b.o\",\"compute\":0.04}\n"
                    "{\"name\":\"app\",\"compute\":0.01,\"after\":[\"a.o\",\"b.o\"]}\n",
                    "");
}
END_TEST

/* app <- libs (phony) <- lib.a (up to date) <- a.o */
START_TEST(the_graph_is_followed_through_what_was_not_made)
{
    ck_assert_str_eq(with_graph(V5 "0\t30\t1\ta.o\ta\n40\t50\t1\tapp\tc\n",
                                GRAPH_BEGIN NODE("1", "app") LABELLED("2", "1") NODE("2", "libs")
                                    LABELLED("3", "2") NODE("3", "lib.a") LABELLED("4", "3")
                                        NODE("4", "a.o") LABELLED("5", "4") NODE("5", "a.c") "}"),
                     "1\n{\"name\":\"a.o\",\"compute\":0.03}\n"
                     "{\"name\":\"app\",\"compute\":0.01,\"after\":[\"a.o\"]}\n");
}
END_TEST

/* Both outputs of one command need the same, and are needed as one. */
START_TEST(outputs_of_one_job_are_needed_by_its_name)
{
    ck_assert_str_eq(
        with_graph(V5 "0\t10\t1\ty\tb\n10\t30\t1\tp.c\ta\n10\t30\t1\tp.h\ta\n40\t50\t1\tapp\tc\n",
                   GRAPH_BEGIN NODE("1", "app") COMMAND("2") ARROW("2", "1") READ("3", "2")
                       READ("4", "2") NODE("3", "p.c") COMMAND("5") ARROW("5", "3") ARROW("5", "4")
                           READ("6", "5") NODE("4", "p.h") NODE("6", "y") "}\n"),
        "1\n{\"name\":\"y\",\"compute\":0.01}\n"
        "{\"name\":\"p.c\",\"compute\":0.02,\"after\":[\"y\"]}\n"
        "{\"name\":\"app\",\"compute\":0.01,\"after\":[\"p.c\"]}\n");
}
END_TEST

START_TEST(an_output_that_the_graph_has_not_is_remarked)
{
    with_graph(V5 "0\t30\t1\ta.o\ta\n", GRAPH_BEGIN NODE("1", "app") "}\n");
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "1 job has no output in the graph"));
}
END_TEST

START_TEST(a_backslash_in_a_path_is_a_slash_in_the_graph)
{
    with_graph(V5 "0\t30\t1\td\\a\"b.o\ta\n", GRAPH_BEGIN NODE("1", "d/a\"b.o") "}\n");
    ck_assert_str_eq(importing_remarks(), "");
}
END_TEST

/* Log, graph, and the refusal's beginning. */
static const struct {
    const char *log, *graph, *refusal;
} broken[] = {
    {"", NULL, "file:1: not a log of ninja"},
    {"# ninja log\n", NULL, "file:1: not a log of ninja"},
    {"# ninja log v\n", NULL, "file:1: a log of ninja's version \"\""},
    {"# ninja log v5x\n", NULL, "file:1: a log of ninja's version \"5x\""},
    {V5 "0\t1\t1\ta\ta\n\n", NULL, "file:3: an entry has 5 fields with tabs between them, not 1"},
    {V5 "0\t1\t1\ta\n", NULL, "file:2: an entry has 5 fields with tabs between them, not 4"},
    {V5 "0\t1\t1\ta\tb\ta\n", NULL, "file:2: an entry has 5 fields"},
    {V5 "0\t1\t1\ta\ta\nx\t1\t1\ta\ta\n", NULL, "file:3: the start is no time"},
    {V5 "-1\t1\t1\ta\ta\n", NULL, "file:2: the start is no time"},
    {V5 "5\t4\t1\ta\ta\n", NULL, "file:2: the end is no time"},
    {V5 "0\t99999999999999999999\t1\ta\ta\n", NULL, "file:2: the end is no time"},
    {V5 "0\t1\t1.5\ta\ta\n", NULL, "file:2: the modification time is no integer"},
    {V5 "0\t1\t1\t\ta\n", NULL, "file:2: the output is no path"},
    {V5 "0\t1\t1\ta\t\n", NULL, "file:2: the hash"},
    {V5 "0\t1\t1\ta\txyz\n", NULL, "file:2: the hash"},
    {V5 "0\t1\t1\ta\t12345678901234567\n", NULL, "file:2: the hash"},
    {V5 "0\t1\t1\ta\ta\n" V5, NULL, "file:3: an entry has 5 fields"},
    {V5, "", "side:1: not what `ninja -t graph` prints"},
    {V5, "digraph ninja\n", "side:1: not what `ninja -t graph` prints"},
    {V5, "digraph ninja {\n", "side:1: the graph ends before"},
    {V5, "digraph ninja {\nhello\n}\n", "side:2: neither a node nor an arrow"},
    {V5, "digraph ninja {\n\"1\" -> \"2\n}\n", "side:2: neither a node nor an arrow"},
    {V5, "digraph ninja {\n\"1\" [label=\"a\n}\n", "side:2: neither a node nor an arrow"},
    {V5, "digraph ninja {\n}\n}\n", "side:3: neither a node nor an arrow"},
    {V5, "digraph ninja {\n" ARROW("1", "2") ARROW("2", "3") ARROW("3", "1") "}\n", "side:"},
    {V5, "digraph ninja {\n" ARROW("1", "1") "}\n", "side:2: this arrow closes a cycle"},
    /* a and c are one job by the log, with b between them by the graph. */
    {V5 "0\t1\t1\ta\ta\n0\t1\t1\tb\tb\n0\t1\t1\tc\ta\n",
     GRAPH_BEGIN NODE("1", "a") NODE("2", "b") NODE("3", "c") ARROW("1", "2") ARROW("2", "3") "}\n",
     "file:"},
};

START_TEST(what_is_broken_is_refused_with_its_line)
{
    importing_begins(with_graph(broken[_i].log, broken[_i].graph), broken[_i].refusal);
}
END_TEST

START_TEST(a_log_without_entries_is_a_batch_without_jobs)
{
    importing_gives(ninja(V5), "1\n", "there are no jobs in it\n");
}
END_TEST

START_TEST(names_of_several_files_are_kept_apart_where_jobs_wait)
{
    static const char log[] = V5 "0\t30\t1\ta.o\ta\n30\t40\t1\tapp\tc\n";
    static const char graph[] =
        GRAPH_BEGIN NODE("1", "app") LABELLED("2", "1") NODE("2", "a.o") "}";

    ck_assert_str_eq(
        importing_run("ninja", (struct importing){.file = log, .second = log, .side = graph}),
        "2\n{\"name\":\"a.o\",\"compute\":0.03}\n"
        "{\"name\":\"app\",\"compute\":0.01,\"after\":[\"a.o\"]}\n"
        "{\"name\":\"a.o (2)\",\"compute\":0.03}\n"
        "{\"name\":\"app (2)\",\"compute\":0.01,\"after\":[\"a.o (2)\"]}\n");
    ck_assert_ptr_nonnull(strstr(importing_remarks(), "1 file has a number behind its names"));
    ck_assert_ptr_nonnull(
        strstr(importing_run("ninja", (struct importing){.file = log, .second = log}),
               "{\"name\":\"app\",\"compute\":0.01}\n{\"name\":\"a.o\""));
}
END_TEST

START_TEST(a_name_that_is_not_utf8_is_mended)
{
    importing_gives(ninja(V5 "0\t30\t1\ta\xff\xc3\xa9\xe2\x82z\ta\n"),
                    "1\n{\"name\":\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbdz\","
                    "\"compute\":0.03}\n",
                    "1 text is not UTF-8");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {each_output_is_a_job_in_order_of_start, 1},
        {equal_starts_keep_the_order_of_the_log, 1},
        {outputs_of_equal_start_end_and_hash_are_one_job, 1},
        {versions_4_to_7_are_read, 6},
        {an_end_that_falls_begins_another_build, 1},
        {an_output_that_is_there_already_begins_another_build, 1},
        {few_short_builds_are_builds, 1},
        {a_log_in_the_order_of_hashes_is_taken_whole, 1},
        {the_graph_says_who_waits_for_whom, 1},
        {the_graph_is_followed_through_what_was_not_made, 1},
        {outputs_of_one_job_are_needed_by_its_name, 1},
        {an_output_that_the_graph_has_not_is_remarked, 1},
        {a_backslash_in_a_path_is_a_slash_in_the_graph, 1},
        {what_is_broken_is_refused_with_its_line, N(broken)},
        {a_log_without_entries_is_a_batch_without_jobs, 1},
        {names_of_several_files_are_kept_apart_where_jobs_wait, 1},
        {a_name_that_is_not_utf8_is_mended, 1},
    };

    return check_suite("import of ninja's logs", NULL, importing_fini, tests, N(tests));
}
