/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"

#include <string.h>

#include "tests/support/plan_kit.h"

/* ---- Defaults ------------------------------------------------------------------- */

START_TEST(a_new_plan_has_the_contracts_defaults)
{
    const struct plan_options *options = plan_options_of(plan_kit_plan);

    ck_assert_int_eq(options->mode, PLAN_CONCURRENT);
    ck_assert_int_eq(options->until, PLAN_UNTIL_ALL);
    ck_assert_int_eq(options->clock, PLAN_CLOCK_REAL);
    ck_assert_int_eq(options->events, PLAN_EVENTS_DONE);
    ck_assert_uint_eq(options->concurrency, PLAN_UNLIMITED);
    ck_assert_uint_eq(options->workers, 1);
    ck_assert_int_eq(options->timeout_ns, -1);
    ck_assert_int_eq(options->seed, 0);
}
END_TEST

START_TEST(a_job_that_sets_nothing_has_the_contracts_defaults)
{
    struct job_spec spec = {0};

    plan_kit_add(&spec);
    plan_kit_seal();
    spec = plan_kit_job(0);
    ck_assert_uint_eq(spec.name, 0);
    ck_assert_uint_eq(spec.data, 0);
    ck_assert_uint_eq(spec.n_steps, 0);
    ck_assert_uint_eq(spec.n_afters, 0);
    ck_assert_uint_eq(spec.repeat, 1);
    ck_assert_uint_eq(spec.count, 1);
    ck_assert_uint_eq(spec.retries, 0);
    ck_assert_int_eq(spec.timeout_ns, -1);
    ck_assert_uint_eq(spec.fail_below, 0);
    ck_assert_int_eq(spec.backoff.initial_ns, 0);
}
END_TEST

static struct job_spec every_member(int64_t n, const char *name)
{
    struct job_spec spec = {.set = JOB_NAME | JOB_REPEAT | JOB_COUNT | JOB_TIMEOUT | JOB_FAIL |
                                   JOB_RETRIES | JOB_BACKOFF | JOB_DATA,
                            .name = plan_kit_token(name),
                            .data = plan_kit_token("data"),
                            .repeat = (uint64_t)n,
                            .count = (uint64_t)n,
                            .retries = (uint64_t)n,
                            .timeout_ns = n,
                            .fail_below = PLAN_FAIL_ALWAYS / (uint64_t)n,
                            .backoff = {n, {.nearest = (double)n}, n, true}};

    plan_kit_add_step(&spec, STEP_COMPUTE, n, 0);
    return spec;
}

static void has_every_member(uint32_t index, int64_t n, const char *name)
{
    struct job_spec spec = plan_kit_job(index);

    plan_kit_text_is(spec.name, name);
    plan_kit_text_is(spec.data, "\"data\"");
    ck_assert_uint_eq(spec.n_steps, 1);
    ck_assert_int_eq(plan_job_step(plan_kit_plan, index, 0).length.a_ns, n);
    ck_assert_uint_eq(spec.repeat, (uint64_t)n);
    ck_assert_uint_eq(spec.count, (uint64_t)n);
    ck_assert_uint_eq(spec.retries, (uint64_t)n);
    ck_assert_int_eq(spec.timeout_ns, n);
    ck_assert_uint_eq(spec.fail_below, PLAN_FAIL_ALWAYS / (uint64_t)n);
    ck_assert_int_eq(spec.backoff.initial_ns, n);
    ck_assert_double_eq(spec.backoff.factor.nearest, (double)n);
    ck_assert_int_eq(spec.backoff.max_ns, n);
    ck_assert(spec.backoff.full_jitter);
}

/* `defaults` may stand before, between or after the jobs. */
START_TEST(a_job_takes_from_defaults_what_it_does_not_set)
{
    struct job_spec none = {0};
    struct job_spec own = every_member(3, "own");
    struct job_spec defaults = every_member(2, "default");

    for (int i = 0; i < 2; i++) {
        if (i == _i)
            plan_kit_set_defaults(&defaults);
        plan_kit_add(i == 0 ? &none : &own);
    }
    if (_i == 2)
        plan_kit_set_defaults(&defaults);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 5);
    has_every_member(0, 2, "\"default\"");
    has_every_member(1, 2, "\"default\"");
    has_every_member(2, 3, "\"own\"");
    has_every_member(4, 3, "\"own\"");
}
END_TEST

START_TEST(a_back_off_is_replaced_whole)
{
    struct job_spec defaults = {.set = JOB_BACKOFF, .backoff = {9, {.nearest = 3}, 99, true}};
    struct job_spec own = {.set = JOB_BACKOFF, .backoff = {5, {.nearest = 2}, -1, false}};

    plan_kit_set_defaults(&defaults);
    plan_kit_add(&own);
    plan_kit_seal();
    ck_assert_int_eq(plan_kit_job(0).backoff.max_ns, -1);
    ck_assert(!plan_kit_job(0).backoff.full_jitter);
}
END_TEST

START_TEST(steps_and_after_set_empty_take_none_from_defaults)
{
    struct job_spec defaults = {0};
    struct job_spec empty = {.set = JOB_STEPS | JOB_AFTER};

    plan_kit_add_named("x", 0, NULL, NULL);
    plan_kit_add_step(&defaults, STEP_WAIT, 5, 0);
    plan_kit_wait_for(&defaults, "y");
    plan_kit_set_defaults(&defaults);
    plan_kit_add(&empty);
    empty.set |= JOB_NAME;
    empty.name = plan_kit_token("y");
    plan_kit_add(&empty);
    plan_kit_seal();
    ck_assert_uint_eq(plan_kit_job(0).n_steps, 1);
    ck_assert_uint_eq(plan_kit_job(0).n_afters, 1);
    ck_assert_uint_eq(plan_kit_job(1).n_steps, 0);
    ck_assert_uint_eq(plan_kit_job(1).n_afters, 0);
}
END_TEST

/* ---- Jobs -------------------------------------------------------------------------- */

START_TEST(indexes_of_a_count_are_in_a_row)
{
    plan_kit_add_named("a", 3, NULL, NULL);
    plan_kit_add_named("b", 0, NULL, NULL);
    plan_kit_add_named("c", 2, NULL, NULL);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 6);
    for (uint32_t i = 0; i < 6; i++) {
        plan_text_ref name, data;

        plan_job_text(plan_kit_plan, i, &name, &data);
        plan_kit_text_is(name, i < 3 ? "\"a\"" : i < 4 ? "\"b\"" : "\"c\"");
        plan_kit_text_is(data, NULL);
    }
}
END_TEST

START_TEST(runs_of_equal_elements_stay_in_their_places)
{
    static const int64_t lengths[] = {5, 5, 5, 7, 5, 5, 7, 7};

    for (int i = 0; i < 8; i++)
        plan_kit_add_wait(lengths[i]);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 8);
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_uint_eq(plan_kit_job(i).n_steps, 1);
        ck_assert_int_eq(plan_job_step(plan_kit_plan, i, 0).length.a_ns, lengths[i]);
        ck_assert_int_eq(plan_job_step(plan_kit_plan, i, 0).kind, STEP_WAIT);
    }
}
END_TEST

/* Runs are not looked for behind so many specs. */
START_TEST(equal_elements_behind_many_others_are_in_their_places)
{
    enum { MANY = 20000, ALIKE = 3 };

    for (int64_t i = 0; i < MANY + ALIKE; i++)
        plan_kit_add_wait(i < MANY ? i : MANY);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), MANY + ALIKE);
    for (uint32_t i = 0; i < MANY + ALIKE; i++)
        ck_assert_int_eq(plan_job_step(plan_kit_plan, i, 0).length.a_ns, i < MANY ? i : MANY);
}
END_TEST

START_TEST(equal_elements_multiply_by_the_count_of_defaults)
{
    const struct job_spec defaults = {.set = JOB_COUNT, .count = 3};

    plan_kit_add_wait(5);
    plan_kit_add_wait(5);
    plan_kit_set_defaults(&defaults);
    plan_kit_add_wait(6);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 9);
    ck_assert_int_eq(plan_job_step(plan_kit_plan, 5, 0).length.a_ns, 5);
    ck_assert_int_eq(plan_job_step(plan_kit_plan, 6, 0).length.a_ns, 6);
}
END_TEST

START_TEST(elements_that_differ_in_one_member_are_distinguished)
{
    struct job_spec spec = {0};

    plan_kit_add_wait(5);
    plan_kit_add_step(&spec, STEP_COMPUTE, 5, 0);
    plan_kit_add(&spec);
    spec = (struct job_spec){.set = JOB_TIMEOUT, .timeout_ns = 9};
    plan_kit_add_step(&spec, STEP_WAIT, 5, 0);
    plan_kit_add(&spec);
    spec = (struct job_spec){.set = JOB_DATA, .data = plan_kit_text("1")};
    plan_kit_add_step(&spec, STEP_WAIT, 5, 0);
    plan_kit_add(&spec);
    plan_kit_seal();
    ck_assert_int_eq(plan_job_step(plan_kit_plan, 1, 0).kind, STEP_COMPUTE);
    ck_assert_int_eq(plan_kit_job(1).timeout_ns, -1);
    ck_assert_int_eq(plan_kit_job(2).timeout_ns, 9);
    plan_kit_text_is(plan_kit_job(2).data, NULL);
    plan_kit_text_is(plan_kit_job(3).data, "1");
}
END_TEST

START_TEST(notes_are_found_over_repeats)
{
    struct job_spec spec = {.set = JOB_REPEAT | JOB_COUNT, .repeat = 3, .count = 2};
    plan_text_ref first = plan_kit_token("first"), third = plan_kit_token("third");

    plan_kit_add_step(&spec, STEP_WAIT, 1, first);
    plan_kit_add_step(&spec, STEP_WAIT, 1, 0);
    plan_kit_add_step(&spec, STEP_COMPUTE, 1, third);
    plan_kit_add(&spec);
    plan_kit_seal();
    for (uint32_t step = 0; step < 9; step++) {
        plan_kit_text_is(plan_job_note(plan_kit_plan, 1, step), step % 3 == 0   ? "\"first\""
                                                                : step % 3 == 1 ? NULL
                                                                                : "\"third\"");
    }
}
END_TEST

START_TEST(a_text_can_be_added_in_pieces)
{
    plan_text_ref pieces, whole = plan_kit_text("before");

    ck_assert_int_eq(plan_text_open(plan_kit_plan), PLAN_OK);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(plan_text_append(plan_kit_plan, "0123456789", (size_t)i % 11), PLAN_OK);
    pieces = plan_text_close(plan_kit_plan);
    plan_kit_text_is(plan_kit_text("after"), "after");
    plan_kit_text_is(whole, "before");
    ck_assert_uint_ne(pieces, whole);
    plan_text(plan_kit_plan, pieces, &(size_t){0});
    ck_assert_mem_eq(plan_text(plan_kit_plan, pieces, &(size_t){0}),
                     "00101201230123401234501234560", 29);
}
END_TEST

START_TEST(an_empty_text_is_a_text)
{
    plan_kit_text_is(plan_kit_text(""), "");
}
END_TEST

START_TEST(a_plan_without_jobs_can_be_sealed)
{
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 0);
}
END_TEST

START_TEST(no_plan_can_be_freed)
{
    plan_free(NULL);
    ck_assert_ptr_nonnull(plan_kit_plan);
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------- */

START_TEST(more_jobs_than_allowed_are_refused)
{
    plan_kit_add_named("a", PLAN_KIT_MILLION, NULL, NULL);
    if (_i > 0) {
        plan_kit_add_named("b", _i == 1 ? 1 : UINT64_MAX, NULL, NULL);
        plan_kit_refuses(PLAN_FAULT_JOBS, 1);
        ck_assert_uint_eq(plan_kit_fault.got, _i == 1 ? PLAN_KIT_MILLION + 1 : UINT64_MAX);
    } else {
        plan_kit_seal();
        ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), PLAN_KIT_MILLION);
    }
}
END_TEST

static void add_steps(uint64_t n_steps, uint64_t repeat, uint64_t count, uint64_t retries)
{
    struct job_spec spec = {.set = JOB_STEPS | JOB_REPEAT | JOB_COUNT | JOB_RETRIES,
                            .repeat = repeat,
                            .count = count,
                            .retries = retries};

    for (uint64_t i = 0; i < n_steps; i++)
        plan_kit_add_step(&spec, STEP_WAIT, 1, 0);
    plan_kit_add(&spec);
}

START_TEST(steps_count_by_jobs_repeats_and_attempts)
{
    static const struct {
        uint64_t steps, repeat, count, retries, total;
    } cases[] = {
        {1, 1, 1, 0, 1},
        {3, 5, 7, 1, 210},
        {0, 5, 7, 1, 14}, /* an attempt counts for a step at least */
        {2, UINT64_MAX, 1, 0, UINT64_MAX},
        {1, 1, 1, UINT64_MAX, UINT64_MAX},
        {1, UINT64_C(1) << 32, 1, (UINT64_C(1) << 32) - 1, UINT64_MAX},
        {1, 1 << 20, 1 << 19, 1 << 20, (UINT64_C(1) << 59) + (UINT64_C(1) << 39)},
    };
    struct plan_limits tight = {
        .max_jobs = PLAN_KIT_MILLION, .max_steps = 0, .max_wait_ns = INT64_MAX};

    add_steps(cases[_i].steps, cases[_i].repeat, cases[_i].count, cases[_i].retries);
    ck_assert_int_eq(plan_kit_seal_by(1, &tight), PLAN_SEAL_FAULT);
    ck_assert_int_eq(plan_kit_fault.kind, PLAN_FAULT_STEPS);
    ck_assert_uint_eq(plan_kit_fault.got, cases[_i].total);
}
END_TEST

START_TEST(as_many_steps_as_allowed_are_accepted)
{
    struct plan_limits tight = {
        .max_jobs = PLAN_KIT_MILLION, .max_steps = 210, .max_wait_ns = INT64_MAX};

    add_steps(3, 5, 7, 1);
    if (_i == 0) {
        ck_assert_int_eq(plan_kit_seal_by(1, &tight), PLAN_SEALED);
    } else {
        add_steps(0, 1, 1, 0);
        ck_assert_int_eq(plan_kit_seal_by(1, &tight), PLAN_SEAL_FAULT);
        ck_assert_uint_eq(plan_kit_fault.got, 211);
        ck_assert_uint_eq(plan_kit_fault.element, 1);
    }
}
END_TEST

/* 100 plain elements of which none is like its neighbour, every tenth without a wait of its own,
 * and one in the middle with a count. */
static void add_plain_ones(void)
{
    for (int i = 0; i < 100; i++) {
        if (i == 50)
            plan_kit_add_named("b", 1, NULL, NULL);
        else
            ck_assert_int_eq(plan_add_single_wait(plan_kit_plan, NULL, 0, i % 10 == 9 ? -1 : i),
                             PLAN_OK);
    }
}

/* However many are counted at once: in slices of 1, 7 and 1,000, by a limit of jobs or of steps
 * that element n is the first to pass, where each job counts for three steps. */
START_TEST(the_element_that_passes_a_limit_is_reported)
{
    static const size_t budgets[] = {1, 7, 1000};
    static const uint32_t elements[] = {0, 1, 9, 49, 50, 51, 99, 100};
    uint32_t element = elements[_i / 6];
    bool by_steps = _i / 3 % 2 == 1;
    struct plan_limits tight = {.max_jobs = by_steps ? 1000 : element,
                                .max_steps = by_steps ? 3 * (uint64_t)element + 2 : 1000,
                                .max_wait_ns = INT64_MAX};

    plan_kit_set_defaults(&(struct job_spec){.set = JOB_RETRIES, .retries = 2});
    add_plain_ones();
    if (element == 100) {
        ck_assert_int_eq(plan_kit_seal_by(budgets[_i % 3], &tight), PLAN_SEALED);
        ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 100);
        ck_assert_uint_eq(plan_all_steps(plan_kit_plan), 300);
        return;
    }
    ck_assert_int_eq(plan_kit_seal_by(budgets[_i % 3], &tight), PLAN_SEAL_FAULT);
    ck_assert_int_eq(plan_kit_fault.kind, by_steps ? PLAN_FAULT_STEPS : PLAN_FAULT_JOBS);
    ck_assert_uint_eq(plan_kit_fault.element, element);
    ck_assert_uint_eq(plan_kit_fault.got, by_steps ? 3 * (element + 1) : element + 1);
}
END_TEST

START_TEST(texts_of_any_length_are_kept)
{
    static const char bytes[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    plan_text_ref refs[30];

    for (size_t len = 0; len < 30; len++)
        ck_assert_int_eq(plan_add_text(plan_kit_plan, bytes + len % 5, len, &refs[len]), PLAN_OK);
    for (size_t len = 0; len < 30; len++) {
        size_t kept;
        const char *text = plan_text(plan_kit_plan, refs[len], &kept);

        ck_assert_uint_eq(kept, len);
        ck_assert_mem_eq(text, bytes + len % 5, len);
    }
}
END_TEST

static void add_backoff(uint64_t retries, int64_t initial_ns, double factor, int64_t max_ns)
{
    const struct job_spec spec = {.set = JOB_RETRIES | JOB_BACKOFF,
                                  .retries = retries,
                                  .backoff = {initial_ns, {.nearest = factor}, max_ns, false}};

    plan_kit_add(&spec);
}

/* Its delays saturate, and most jobs never come so far. */
START_TEST(a_back_off_is_in_order_however_long_it_may_grow)
{
    static const struct {
        uint64_t retries;
        double factor;
    } cases[] = {{63, 2}, {64, 2}, {2, 1e300}, {1000000, 2}};

    add_backoff(cases[_i].retries, 1, cases[_i].factor, -1);
    plan_kit_seal();
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test jobs[] = {
        {a_new_plan_has_the_contracts_defaults, 1},
        {a_job_that_sets_nothing_has_the_contracts_defaults, 1},
        {a_job_takes_from_defaults_what_it_does_not_set, 3},
        {a_back_off_is_replaced_whole, 1},
        {steps_and_after_set_empty_take_none_from_defaults, 1},
        {indexes_of_a_count_are_in_a_row, 1},
        {runs_of_equal_elements_stay_in_their_places, 1},
        {equal_elements_behind_many_others_are_in_their_places, 1},
        {equal_elements_multiply_by_the_count_of_defaults, 1},
        {elements_that_differ_in_one_member_are_distinguished, 1},
        {notes_are_found_over_repeats, 1},
        {a_text_can_be_added_in_pieces, 1},
        {an_empty_text_is_a_text, 1},
        {texts_of_any_length_are_kept, 1},
        {a_plan_without_jobs_can_be_sealed, 1},
        {no_plan_can_be_freed, 1},
    };
    const struct check_test limits[] = {
        {more_jobs_than_allowed_are_refused, 3},
        {the_element_that_passes_a_limit_is_reported, 48},
        {steps_count_by_jobs_repeats_and_attempts, 7},
        {as_many_steps_as_allowed_are_accepted, 2},
        {a_back_off_is_in_order_however_long_it_may_grow, 4},
    };
    Suite *suite = suite_create("plan");

    check_case(suite, "jobs", plan_kit_open, plan_kit_close, jobs, N(jobs));
    check_case(suite, "limits", plan_kit_open, plan_kit_close, limits, N(limits));
    return suite;
}
