/* SPDX-License-Identifier: ISC */
#include "tests/scenario/given.h"

#include <check.h>
#include <string.h>

#include "tests/scenario/naive.h"

struct description given_batch;
struct story given_story;
int64_t given_unit_ns;

void given_open(void)
{
    description_init(&given_batch);
    memset(&given_story, 0, sizeof given_story);
    given_unit_ns = 1;
}

void given_close(void)
{
    story_fini(&given_story);
}

struct description_element *given_job(void)
{
    return description_add(&given_batch);
}

static struct description_element *one_step(enum step_kind kind, int64_t length_ns)
{
    struct description_element *job = description_add(&given_batch);

    description_step(job, kind, length_ns);
    return job;
}

struct description_element *given_wait(int64_t length_ns)
{
    return one_step(STEP_WAIT, length_ns);
}

struct description_element *given_compute(int64_t length_ns)
{
    return one_step(STEP_COMPUTE, length_ns);
}

struct description_element *given_named(struct description_element *job, const char *name)
{
    description_name(job, name);
    return job;
}

struct description_element *given_after(struct description_element *job, const char *name)
{
    description_after(job, name);
    return job;
}

struct description_element *given_repeat(struct description_element *job, uint32_t times)
{
    job->set |= JOB_REPEAT;
    job->repeat = times;
    return job;
}

struct description_element *given_timeout(struct description_element *job, int64_t timeout_ns)
{
    job->set |= JOB_TIMEOUT;
    job->timeout_ns = timeout_ns;
    return job;
}

struct description_element *given_failing(struct description_element *job, uint32_t retries)
{
    job->set |= JOB_FAIL | JOB_RETRIES;
    job->fail = 1;
    job->retries = retries;
    return job;
}

struct description_element *given_backoff(struct description_element *job, int64_t initial_ns,
                                          double factor, int64_t max_ns)
{
    job->set |= JOB_BACKOFF;
    job->backoff = (struct backoff){initial_ns, {.nearest = factor}, max_ns, false};
    return job;
}

void given_ends_only(void)
{
    given_batch.options.events = PLAN_EVENTS_DONE;
}

static void check_against_naive(struct naive_cancel *cancel, size_t n_cancels)
{
    const struct batch_result *result = &given_story.result;
    struct naive_outcome outcome;

    naive_run(&given_batch, cancel, n_cancels, &outcome);
    ck_assert_uint_eq(given_story.n_occurred, outcome.n_out);
    for (size_t i = 0; i < outcome.n_out; i++)
        if (given_story.occurred[i].due_ns != outcome.out[i].due_ns ||
            given_story.occurred[i].job != outcome.out[i].job ||
            given_story.occurred[i].kind != outcome.out[i].kind)
            ck_abort_msg("the naive model disagrees in occurrence %zu", i);
    ck_assert_int_eq(result->predicted_ns, outcome.result.predicted_ns);
    ck_assert_int_eq(result->sequential_ns, outcome.result.sequential_ns);
    ck_assert_int_eq(result->critical_path_ns, outcome.result.critical_path_ns);
    naive_outcome_fini(&outcome);
}

void given_runs(void)
{
    story_fini(&given_story);
    story_run(&given_story, &given_batch, given_unit_ns);
    check_against_naive(NULL, 0);
}

void given_gives(const char *text)
{
    given_runs();
    ck_assert_str_eq(given_story.text, text);
}

void given_cancelled_runs(int64_t at_ns, uint32_t job)
{
    struct naive_cancel cancel = {
        .unit = NAIVE_BY_TIME, .now_ns = at_ns, .job = job == STORY_WHOLE ? NAIVE_WHOLE : job};

    story_fini(&given_story);
    story_cancel(&given_story, &given_batch, given_unit_ns, at_ns, job);
    check_against_naive(&cancel, 1);
    ck_assert_uint_eq(given_story.cancelled, cancel.answer);
}

void given_cancelled_gives(int64_t at_ns, uint32_t job, const char *text)
{
    given_cancelled_runs(at_ns, job);
    ck_assert_str_eq(given_story.text, text);
}

void given_ends(const char *text)
{
    given_ends_only();
    given_gives(text);
}

void given_cancelled_ends(int64_t at_ns, uint32_t job, const char *text)
{
    given_ends_only();
    given_cancelled_gives(at_ns, job, text);
}

void given_takes(int64_t ns)
{
    given_runs();
    ck_assert_int_eq(given_story.result.predicted_ns, ns);
}
