/* SPDX-License-Identifier: ISC */
#include "client/show/eta.h"

#include <string.h>

#include "client/net/requests.h"
#include "client/show/remaining.h"
#include "tests/support/check.h"

/* When batches will end, and how many of their jobs are in flight, by their plans. */

#define SECOND INT64_C(1000000000)

/* Batches that run were accepted then, on the client's clock. */
#define ACCEPTED (1000 * SECOND)

static struct batches batches;
static struct tally tally;

static void set_up(void)
{
    batches = (struct batches){0};
    tally = (struct tally){0};
}

static void tear_down(void)
{
    batches_fini(&batches);
}

static struct active_batch *add(uint64_t number, const char *text)
{
    struct active_batch *batch = batches_add(&batches, number);
    struct requests *requests = requests_new();

    requests_feed(requests, text, strlen(text), NULL);
    ck_assert(pending_pop(requests_pending(requests), &batch->request));
    requests_free(requests);
    ck_assert_ptr_nonnull(batch->request.plan);
    batch->jobs = plan_n_jobs(batch->request.plan);
    tally.jobs += batch->jobs;
    batch->eta = eta_new(batch->request.plan, ACCEPTED);
    return batch;
}

static void shows(int64_t at_ns, int64_t left_ns, uint64_t done, uint64_t in_flight)
{
    struct progress_figures figures =
        remaining_figures(&batches, &tally, ACCEPTED, ACCEPTED + at_ns);

    ck_assert(figures.is_exact && figures.has_in_flight);
    ck_assert_int_eq(figures.elapsed_ns, at_ns);
    ck_assert_int_eq(figures.left_ns, left_ns);
    ck_assert_uint_eq(figures.done, done);
    ck_assert_uint_eq(figures.in_flight, in_flight);
}

START_TEST(the_end_and_the_jobs_in_flight_are_exact)
{
    struct active_batch *batch = add(
        5, "{\"concurrency\":2,\"jobs\":[{\"wait\":1},{\"wait\":2,\"fail\":true,\"name\":\"b\"},"
           "{\"wait\":1.5},{\"after\":\"b\"}]}");

    ck_assert(!eta_work(batch->eta));
    shows(0, 2500000000, 0, 2);
    shows(SECOND - 1, 1500000001, 0, 2);
    shows(SECOND, 1500000000, 1, 2);
    shows(2 * SECOND, SECOND / 2, 3, 1);
    shows(9 * SECOND, 0, 4, 0);
}
END_TEST

START_TEST(of_several_the_longest_counts)
{
    ck_assert(!eta_work(add(1, "[{\"wait\":1}]")->eta));
    ck_assert(!eta_work(add(2, "[{\"wait\":3},{\"wait\":3}]")->eta));
    shows(0, 3 * SECOND, 0, 3);
    shows(SECOND, 2 * SECOND, 1, 2);
}
END_TEST

START_TEST(an_end_that_is_not_known_is_estimated)
{
    struct progress_figures figures;

    add(1, "[{\"wait\":1}]"); /* nobody worked */
    figures = remaining_figures(&batches, &tally, ACCEPTED, ACCEPTED + SECOND);
    ck_assert(!figures.is_exact && !figures.has_in_flight);
    ck_assert_int_eq(figures.left_ns, -1);
    tally.jobs = 4;
    tally.done = 1;
    figures = remaining_figures(&batches, &tally, ACCEPTED, ACCEPTED + SECOND);
    ck_assert_int_eq(figures.left_ns, 3 * SECOND);
}
END_TEST

START_TEST(a_batch_that_is_too_large_is_given_up)
{
    struct active_batch *batch = add(1, "[{\"steps\":[{\"wait\":1}],\"repeat\":1000000000}]");
    unsigned calls = 1;

    while (eta_work(batch->eta))
        calls++;
    ck_assert_uint_gt(calls, 1);
    ck_assert(!remaining_figures(&batches, &tally, ACCEPTED, ACCEPTED).is_exact);
}
END_TEST

/* The plan of what is no batch is nobody's: a sanitizer finds it. */
START_TEST(a_forecast_is_pending_without_a_plan)
{
    static const char forecast[] = "{\"op\":\"forecast\",\"runs\":2,\"jobs\":[{\"wait\":1}]}";
    static const char batch[] = "[{\"wait\":1}]";
    struct requests *requests = requests_new();
    struct pending pending;
    struct fault fault;
    uint32_t runs = 0;

    requests_feed(requests, forecast, strlen(forecast), NULL);
    ck_assert(pending_pop(requests_pending(requests), &pending));
    ck_assert_ptr_null(pending.plan);
    requests_free(requests);
    ck_assert_ptr_null(requests_plan(forecast, strlen(forecast), &fault));
    ck_assert_ptr_null(requests_forecast(batch, strlen(batch), &runs, &fault));
    ck_assert_int_eq(fault.code, FAULT_NONE);
    ck_assert_uint_eq(runs, 0);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {the_end_and_the_jobs_in_flight_are_exact, 1}, {of_several_the_longest_counts, 1},
        {an_end_that_is_not_known_is_estimated, 1},    {a_batch_that_is_too_large_is_given_up, 1},
        {a_forecast_is_pending_without_a_plan, 1},
    };

    return check_suite("eta", set_up, tear_down, tests, N(tests));
}
