/* SPDX-License-Identifier: ISC */
#include "client/net/graph.h"

#include <stdio.h>
#include <string.h>

#include "client/show/chain.h"
#include "client/net/rewrite.h"
#include "tests/support/check.h"

/* Who waits for whom, as it is read from a request's text, and the critical
 * path from the times of its jobs. */

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct digest digest;
static struct bytes out;
static struct graph *graph;

static void tear_down(void)
{
    graph_free(graph);
    graph = NULL;
    digest_fini(&digest);
    bytes_fini(&out);
}

/* Sends the request in pieces; its graph is then in `graph`. */
static void read_request(const char *text, size_t piece)
{
    struct rewrite *rewrite;
    struct asked asked;
    size_t len = strlen(text);

    graph_free(graph);
    digest.wants_graph = true;
    rewrite = rewrite_new(NULL, &digest);
    for (size_t at = 0; at < len; at += piece)
        rewrite_feed(rewrite, text + at, len - at < piece ? len - at : piece, &out);
    rewrite_finish(rewrite, &out);
    rewrite_free(rewrite);
    ck_assert(asked_pop(&digest.queue, &asked));
    graph = asked.graph;
    ck_assert_ptr_nonnull(graph);
}

/* `INDEX<NAME,NAME ...` of those that wait, or the number of jobs alone. */
static const char *described(void)
{
    static char text[512];
    size_t len = (size_t)snprintf(text, sizeof text, "%u:", (unsigned)graph_jobs(graph));

    for (uint64_t job = 0; job < graph_jobs(graph); job++) {
        const uint32_t *names;
        size_t n = graph_after(graph, job, &names);

        for (size_t i = 0; i < n; i++) {
            size_t name_len;
            const char *name = graph_name(graph, names[i], &name_len);

            ck_assert_uint_eq(graph_find(graph, name, name_len), names[i]);
            if (i == 0)
                len += (size_t)snprintf(text + len, sizeof text - len, " %u<", (unsigned)job);
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? "," : "", name);
        }
    }
    return text;
}

static const struct {
    const char *request, *described;
} graphs[] = {
    {"[]", "0:"},
    {"[{},{\"wait\":1},{}]", "3:"},
    {"[{\"name\":\"a\"},{\"after\":\"a\"}]", "2: 1<a"},
    {"{\"jobs\":[{\"after\":[\"a\",\"b\"]},{\"name\":\"a\"},{\"name\":\"b\",\"after\":[]}]}",
     "3: 0<a,b"},
    {"[{\"name\":\"a\",\"count\":3},{\"count\":2,\"after\":\"a\"},{\"after\":\"a\"}]",
     "6: 3<a 4<a 5<a"},
    /* Defaults, before and after the jobs, and what replaces them. */
    {"{\"defaults\":{\"after\":\"x\",\"count\":2},\"jobs\":[{},{\"after\":[]},{\"count\":1}]}",
     "5: 0<x 1<x 4<x"},
    {"{\"jobs\":[{},{\"after\":\"y\"},{\"count\":1}],\"defaults\":{\"count\":2,\"after\":[\"x\"]}}",
     "5: 0<x 1<x 2<y 3<y 4<x"},
    /* Names are compared decoded. */
    {"[{\"after\":\"\\u00e9\\n\"},{\"after\":\"\xc3\xa9\\u000a\"}]",
     "2: 0<\xc3\xa9\n 1<\xc3\xa9\n"},
    /* What only looks like it. */
    {"[{\"data\":{\"after\":\"a\",\"count\":7}},{\"steps\":[{\"wait\":1,\"note\":\"after\"}]}]",
     "2:"},
    {"{\"id\":\"jobs\",\"jobs\":[{\"data\":[{\"after\":\"a\"}],\"name\":\"count\"}]}", "1:"},
};

START_TEST(a_graph_is_what_the_request_says)
{
    for (size_t piece = 1; piece <= strlen(graphs[_i].request); piece++) {
        read_request(graphs[_i].request, piece);
        ck_assert_str_eq(described(), graphs[_i].described);
    }
}
END_TEST

START_TEST(many_names_are_told_apart)
{
    static char text[600000];
    size_t len = 1;
    const uint32_t *names;

    text[0] = '[';
    for (unsigned i = 0; i < 20000; i++)
        len += (size_t)sprintf(text + len, "%s{\"after\":\"n%u\"}", i > 0 ? "," : "", i);
    strcpy(text + len, "]");
    read_request(text, 4096);
    ck_assert_uint_eq(graph_names(graph), 20000);
    for (unsigned i = 0; i < 20000; i++) {
        size_t name_len;
        char name[8];

        ck_assert_uint_eq(graph_after(graph, i, &names), 1);
        sprintf(name, "n%u", i);
        ck_assert_str_eq(graph_name(graph, names[0], &name_len), name);
        ck_assert_uint_eq(name_len, strlen(name));
    }
    ck_assert_uint_eq(graph_find(graph, "n20000", 6), GRAPH_NONE);
    ck_assert_uint_eq(graph_after(graph, 20000, &names), 0);
}
END_TEST

START_TEST(a_request_that_is_over_leaves_nothing_behind)
{
    struct asked asked;

    read_request("[{\"after\":\"a\"}] [{}] {\"op\":\"ping\"}", 3);
    ck_assert_str_eq(described(), "1: 0<a");
    ck_assert(asked_pop(&digest.queue, &asked));
    graph_free(graph);
    graph = asked.graph;
    ck_assert_str_eq(described(), "1:");
    ck_assert(asked_pop(&digest.queue, &asked));
    graph_free(asked.graph);
    ck_assert(!asked_pop(&digest.queue, &asked));
}
END_TEST

/* ---- The critical path ---------------------------------------------------------- */

static void done(struct chain *chain, uint64_t job, const char *name, int64_t own_ns)
{
    chain_done(chain, &(struct chain_job){.job = job},
               (struct event_string){name, name != NULL ? strlen(name) : 0}, own_ns);
}

START_TEST(the_longest_chain_is_found)
{
    struct chain_job jobs[8];
    struct chain *chain;

    /* tests/samples/graph.json, more or less. */
    read_request("[{\"name\":\"test\",\"after\":[\"compile\",\"link\"]},"
                 "{\"name\":\"link\",\"after\":\"compile\"},"
                 "{\"name\":\"compile\",\"count\":3,\"after\":\"fetch\"},{\"name\":\"fetch\"},{}]",
                 100);
    chain = chain_new(graph);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 8), 0);
    ck_assert_int_eq(chain_length(chain), 0);
    done(chain, 5, "fetch", 400);
    done(chain, 2, "compile", 500);
    done(chain, 3, "compile", 510);
    done(chain, 4, "compile", 505);
    done(chain, 1, "link", 300);
    ck_assert_int_eq(chain_length(chain), 1210);
    done(chain, 6, NULL, 1209);
    done(chain, 0, "test", 1000);
    ck_assert_int_eq(chain_length(chain), 2210);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 8), 4);
    ck_assert(jobs[0].job == 0 && jobs[1].job == 1 && jobs[2].job == 3 && jobs[3].job == 5);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 1), 4);
    chain_free(chain);
}
END_TEST

START_TEST(without_a_graph_the_longest_job_is_the_path)
{
    struct chain *chain = chain_new(NULL);
    struct chain_job job;

    done(chain, 0, "a", 0);
    done(chain, 1, "b", 7);
    done(chain, 2, NULL, 7);
    ck_assert_uint_eq(chain_jobs(chain, &job, 1), 1);
    ck_assert_uint_eq(job.job, 1);
    ck_assert_int_eq(chain_length(chain), 7);
    chain_free(chain);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");

    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_loop_test(tests, a_graph_is_what_the_request_says, 0, N(graphs));
    tcase_add_test(tests, many_names_are_told_apart);
    tcase_add_test(tests, a_request_that_is_over_leaves_nothing_behind);
    tcase_add_test(tests, the_longest_chain_is_found);
    tcase_add_test(tests, without_a_graph_the_longest_job_is_the_path);
    suite_add_tcase(suite, tests);
    return suite;
}
