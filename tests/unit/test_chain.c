/* SPDX-License-Identifier: ISC */
#include "client/trace/chain.h"

#include <stdio.h>
#include <string.h>

#include "client/net/requests.h"
#include "tests/support/check.h"

/* Who waits for whom, as it is read from a request's text, and the critical
 * path from the times of its jobs. */

static struct requests *requests;
static struct pending request;

static void set_up(void)
{
    requests = requests_new();
    ck_assert_ptr_nonnull(requests);
}

static void forget(void)
{
    plan_free(request.plan);
    request = (struct pending){.plan = NULL};
}

static void tear_down(void)
{
    forget();
    requests_free(requests);
}

static void next_request(void)
{
    forget();
    ck_assert(pending_pop(requests_pending(requests), &request));
}

/* Reads the request in pieces; its plan is then in `request`. */
static void read_request(const char *text, size_t piece)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += piece)
        requests_feed(requests, text + at, len - at < piece ? len - at : piece, NULL);
    next_request();
    ck_assert_ptr_nonnull(request.plan);
}

/* `INDEX<NAME,NAME ...` of those that wait, a name given as the number of one who has
 * it, or the number of jobs alone. */
static const char *described(void)
{
    static char text[512];
    const struct plan *plan = request.plan;
    size_t len = (size_t)snprintf(text, sizeof text, "%u:", (unsigned)plan_n_jobs(plan));

    for (uint32_t job = 0; job < plan_n_jobs(plan); job++) {
        uint32_t first, n = plan_names_before(plan, job, &first);

        for (uint32_t i = 0; i < n; i++) {
            uint32_t bearer = 0, number = plan_names_awaited(plan, first + i);
            const char *name;
            size_t name_len;

            ck_assert_uint_lt(number, plan_names_count(plan));
            while (plan_names_of_job(plan, bearer) != number)
                ck_assert_uint_lt(++bearer, plan_n_jobs(plan));
            name = plan_names_text(plan, bearer, &name_len);
            if (i == 0)
                len += (size_t)snprintf(text + len, sizeof text - len, " %u<", (unsigned)job);
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i > 0 ? "," : "",
                                    (int)name_len, name);
        }
    }
    return text;
}

static const struct {
    const char *request, *described;
} plans[] = {
    {"[]", "0:"},
    {"[{},{\"wait\":1},{}]", "3:"},
    {"[{\"name\":\"a\"},{\"after\":\"a\"}]", "2: 1<a"},
    {"{\"jobs\":[{\"after\":[\"a\",\"b\"]},{\"name\":\"a\"},{\"name\":\"b\",\"after\":[]}]}",
     "3: 0<a,b"},
    {"[{\"name\":\"a\",\"count\":3},{\"count\":2,\"after\":\"a\"},{\"after\":\"a\"}]",
     "6: 3<a 4<a 5<a"},
    /* Defaults, before and after the jobs, and what replaces them. */
    {"{\"defaults\":{\"after\":\"x\",\"count\":2},"
     "\"jobs\":[{},{\"after\":[],\"name\":\"x\"},{\"count\":1}]}",
     "5: 0<x 1<x 4<x"},
    {"{\"jobs\":[{},{\"after\":\"y\"},{\"name\":\"x\",\"count\":1,\"after\":[]},{\"name\":\"y\"}],"
     "\"defaults\":{\"count\":2,\"after\":[\"x\"]}}",
     "7: 0<x 1<x 2<y 3<y 5<x 6<x"},
    /* Names are compared decoded. */
    {"[{\"after\":\"\\u00e9\\n\"},{\"name\":\"\xc3\xa9\\u000a\"}]", "2: 0<\xc3\xa9\n"},
    /* What only looks like it. */
    {"[{\"data\":{\"after\":\"a\",\"count\":7}},{\"steps\":[{\"wait\":1,\"note\":\"after\"}]}]",
     "2:"},
    {"{\"id\":\"jobs\",\"jobs\":[{\"data\":[{\"after\":\"a\"}],\"name\":\"count\"}]}", "1:"},
};

START_TEST(a_plan_says_who_waits_for_whom)
{
    for (size_t piece = 1; piece <= strlen(plans[_i].request); piece++) {
        read_request(plans[_i].request, piece);
        ck_assert_str_eq(described(), plans[_i].described);
    }
}
END_TEST

START_TEST(requests_are_pending_in_their_order)
{
    static const char text[] = "[{\"name\":\"a\"},{\"after\":\"a\"}] "
                               "{\"jobs\":[],\"events\":\"none\",\"clock\":\"virtual\"}"
                               "{\"op\":\"ping\"} {\"jobs\":[{\"wiat\":1}]} {\"op\":\"quit\"} []";

    read_request(text, 3);
    ck_assert_str_eq(described(), "2: 1<a");
    ck_assert(request.events == PLAN_EVENTS_DONE && request.clock == PENDING_CLOCK_REAL);
    next_request();
    ck_assert_str_eq(described(), "0:");
    ck_assert(request.events == PLAN_EVENTS_NONE && request.clock == PENDING_CLOCK_VIRTUAL);
    for (int i = 0; i < 2; i++) { /* neither has a plan */
        next_request();
        ck_assert_ptr_null(request.plan);
    }
    ck_assert(!pending_pop(requests_pending(requests), &request));
}
END_TEST

START_TEST(levels_that_are_reported_prevail)
{
    struct bytes levels = {0};

    bytes_add_char(&levels, (char)PLAN_EVENTS_NONE);
    requests_feed(requests, "{\"jobs\":[],\"events\":\"all\"}[]", 28, &levels);
    next_request();
    ck_assert_int_eq(request.events, PLAN_EVENTS_NONE);
    next_request();
    ck_assert_int_eq(request.events, PLAN_EVENTS_DONE);
    bytes_fini(&levels);
}
END_TEST

START_TEST(jobs_that_are_not_there_wait_for_nothing)
{
    uint32_t first;
    size_t len;

    read_request("[{\"name\":\"a\"},{\"after\":\"a\"}]", 100);
    ck_assert_uint_eq(plan_names_before(request.plan, 2, &first), 0);
    ck_assert_uint_eq(plan_names_before(request.plan, UINT64_MAX, &first), 0);
    ck_assert_uint_eq(plan_names_of_job(request.plan, 2), PLAN_NONE);
    ck_assert_uint_eq(plan_names_of_job(request.plan, 1), PLAN_NONE);
    ck_assert_ptr_null(plan_names_text(request.plan, 1, &len));
    ck_assert_ptr_null(plan_names_text(request.plan, 2, &len));
}
END_TEST

/* ---- The critical path ---------------------------------------------------------- */

static void done(struct chain *chain, uint64_t job, int64_t own_ns)
{
    chain_done(chain, &(struct chain_job){.job = job}, own_ns);
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
    chain = chain_new(request.plan);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 8), 0);
    ck_assert_int_eq(chain_length(chain), 0);
    done(chain, 5, 400);
    done(chain, 2, 500);
    done(chain, 3, 510);
    done(chain, 4, 505);
    done(chain, 1, 300);
    ck_assert_int_eq(chain_length(chain), 1210);
    done(chain, 6, 1209);
    done(chain, 0, 1000);
    ck_assert_int_eq(chain_length(chain), 2210);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 8), 4);
    ck_assert(jobs[0].job == 0 && jobs[1].job == 1 && jobs[2].job == 3 && jobs[3].job == 5);
    ck_assert_uint_eq(chain_jobs(chain, jobs, 1), 4);
    chain_free(chain);
}
END_TEST

START_TEST(without_a_plan_the_longest_job_is_the_path)
{
    struct chain *chain = chain_new(NULL);
    struct chain_job job;

    done(chain, 0, 0);
    done(chain, 1, 7);
    done(chain, 2, 7);
    ck_assert_uint_eq(chain_jobs(chain, &job, 1), 1);
    ck_assert_uint_eq(job.job, 1);
    ck_assert_int_eq(chain_length(chain), 7);
    chain_free(chain);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_plan_says_who_waits_for_whom, N(plans)},
        {requests_are_pending_in_their_order, 1},
        {levels_that_are_reported_prevail, 1},
        {jobs_that_are_not_there_wait_for_nothing, 1},
        {the_longest_chain_is_found, 1},
        {without_a_plan_the_longest_job_is_the_path, 1},
    };

    return check_suite("chain", set_up, tear_down, tests, N(tests));
}
