/* SPDX-License-Identifier: ISC */

/* What `after` does to a plan: names, cycles, and that large ones are sealed
 * in slices. */

#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "tests/support/plan_kit.h"

/* ---- Names --------------------------------------------------------------------------- */

START_TEST(a_name_may_be_that_of_several_jobs_and_later_ones)
{
    plan_kit_add_named(NULL, 0, "x", NULL);
    plan_kit_add_named("x", 2, NULL, NULL);
    plan_kit_add_named("x", 0, NULL, NULL);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 4);
}
END_TEST

START_TEST(an_unknown_name_is_refused)
{
    plan_kit_add_named("x", 0, NULL, NULL);
    plan_kit_add_named(NULL, 0, "x", "nobody");
    plan_kit_add_named(NULL, 0, "no one", NULL);
    plan_kit_refuses(PLAN_FAULT_UNKNOWN, 1);
    ck_assert_uint_eq(plan_kit_fault.after, 1);
    ck_assert_uint_eq(plan_kit_fault.where, 102);
    ck_assert_str_eq(plan_kit_fault.names, "nobody");
}
END_TEST

START_TEST(an_unknown_name_in_defaults_is_theirs)
{
    struct job_spec defaults = {0};

    plan_kit_add_named("x", 0, NULL, NULL);
    plan_kit_wait_for(&defaults, "nobody");
    plan_kit_set_defaults(&defaults);
    plan_kit_refuses(PLAN_FAULT_UNKNOWN, PLAN_NONE);
    ck_assert_str_eq(plan_kit_fault.names, "nobody");
}
END_TEST

START_TEST(a_long_name_is_cut_at_a_character)
{
    char name[200];

    for (size_t i = 0; i + 2 < sizeof name; i += 2)
        memcpy(name + i, "\xc3\xa4", 2); /* ä, in two bytes */
    name[198] = '\0';
    memmove(name + _i, name, 198 - (size_t)_i);
    memset(name, 'a', (size_t)_i);
    plan_kit_add_named(NULL, 0, name, NULL);
    plan_kit_refuses(PLAN_FAULT_UNKNOWN, 0);
    ck_assert_uint_lt(strlen(plan_kit_fault.names), sizeof plan_kit_fault.names);
    ck_assert_uint_ge(strlen(plan_kit_fault.names), 64);
    ck_assert_mem_eq(plan_kit_fault.names, name, strlen(plan_kit_fault.names));
    ck_assert_uint_eq((strlen(plan_kit_fault.names) - (size_t)_i) % 2, 0);
}
END_TEST

START_TEST(an_escaped_name_is_found_by_its_plain_text)
{
    struct job_spec spec = {.set = JOB_NAME, .name = plan_kit_text("\"\\u0061b\"")};

    ck_assert_int_eq(plan_add_element(plan_kit_plan, &spec, plan_kit_text("ab")), PLAN_OK);
    plan_kit_add_named(NULL, 0, "ab", NULL);
    plan_kit_seal();
    plan_kit_text_is(plan_kit_job(0).name, "\"\\u0061b\"");
}
END_TEST

START_TEST(a_name_with_a_nul_is_not_its_beginning)
{
    struct job_spec spec = {.set = JOB_NAME, .name = plan_kit_text("\"a\\u0000b\"")};
    plan_text_ref plain;

    ck_assert_int_eq(plan_add_text(plan_kit_plan, "a\0b", 3, &plain), PLAN_OK);
    ck_assert_int_eq(plan_add_element(plan_kit_plan, &spec, plain), PLAN_OK);
    plan_kit_add_named(NULL, 0, "a", NULL);
    plan_kit_refuses(PLAN_FAULT_UNKNOWN, 1);
}
END_TEST

START_TEST(the_name_of_defaults_is_found)
{
    const struct job_spec defaults = {.set = JOB_NAME, .name = plan_kit_token("x")};

    plan_kit_set_defaults(&defaults);
    plan_kit_add_wait(1);
    plan_kit_add_named("y", 0, "x", NULL);
    plan_kit_seal();
    plan_kit_text_is(plan_kit_job(0).name, "\"x\"");
}
END_TEST

static const struct cycle {
    const char *about;
    struct {
        const char *name, *after, *also;
    } elements[6];
    uint32_t element, after; /* whose name to wait for is at fault, and which of them */
    plan_text_ref where;
    const char *names;
} cycles[] = {
    {"of one that waits for itself", {{"a", NULL, NULL}, {"b", "a", "b"}}, 1, 1, 102, "b -> b"},
    {"from the first element on",
     {{"a", "c", NULL}, {"b", "a", NULL}, {"c", "b", NULL}},
     0,
     0,
     101,
     "a -> c -> b -> a"},
    {"of two the first",
     {{"x", NULL, NULL}, {"d", "c", NULL}, {"a", "b", NULL}, {"b", "a", NULL}, {"c", "d", NULL}},
     1,
     0,
     101,
     "d -> c -> d"},
    {"not what waits for one, or stands between two",
     {{"z", "d", NULL},
      {"p", "d", NULL},
      {"a", "p", "b"},
      {"b", "a", NULL},
      {"c", "d", NULL},
      {"d", "c", NULL}},
     2,
     1,
     104,
     "a -> b -> a"},
    {"of two ways back that to the element that stands first",
     {{"w", "x", NULL}, {"a", "x", NULL}, {"x", "y", "a"}, {"y", "x", NULL}},
     1,
     0,
     102,
     "a -> x -> a"},
    {"through a name of several",
     {{"x", NULL, NULL}, {"y", "x", NULL}, {"x", "y", NULL}},
     1,
     0,
     101,
     "y -> x -> y"},
};

START_TEST(a_cycle_is_reported)
{
    const struct cycle *cycle = &cycles[_i];

    for (size_t i = 0; i < N(cycle->elements) && cycle->elements[i].name != NULL; i++)
        plan_kit_add_named(cycle->elements[i].name, 0, cycle->elements[i].after,
                           cycle->elements[i].also);
    plan_kit_refuses(PLAN_FAULT_CYCLE, cycle->element);
    ck_assert_msg(strcmp(plan_kit_fault.names, cycle->names) == 0, "%s: %s", cycle->about,
                  plan_kit_fault.names);
    ck_assert_uint_eq(plan_kit_fault.after, cycle->after);
    ck_assert_uint_eq(plan_kit_fault.where, cycle->where);
}
END_TEST

START_TEST(a_cycle_through_defaults_is_theirs)
{
    struct job_spec defaults = {0};

    plan_kit_wait_for(&defaults, "a");
    plan_kit_set_defaults(&defaults);
    plan_kit_add_named("a", 0, NULL, NULL);
    plan_kit_refuses(PLAN_FAULT_CYCLE, PLAN_NONE);
    ck_assert_str_eq(plan_kit_fault.names, "a -> a");
}
END_TEST

START_TEST(a_diamond_is_no_cycle)
{
    plan_kit_add_named("d", 0, "b", "c");
    plan_kit_add_named("b", 0, "a", NULL);
    plan_kit_add_named("c", 0, "a", NULL);
    plan_kit_add_named("a", 0, NULL, NULL);
    plan_kit_seal();
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 4);
}
END_TEST

/* ---- Slices and size ---------------------------------------------------------------------- */

START_TEST(sealing_in_slices_comes_to_the_same)
{
    static const size_t budgets[] = {1, 2, 3, 7, 1000};

    plan_kit_add_named("a", 2, NULL, NULL);
    plan_kit_add_named("b", 3, "a", "a");
    plan_kit_add_named(_i % 2 == 0 ? "c" : "a", 0, "b", NULL);
    if (_i % 2 == 0) {
        ck_assert_int_eq(plan_kit_seal_by(budgets[_i], &plan_kit_limits), PLAN_SEALED);
        ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), 6);
        ck_assert_uint_eq(plan_kit_job(4).n_afters, 2);
    } else {
        ck_assert_int_eq(plan_kit_seal_by(budgets[_i], &plan_kit_limits), PLAN_SEAL_FAULT);
        ck_assert_str_eq(plan_kit_fault.names, "b -> a -> b");
    }
}
END_TEST

START_TEST(a_slice_does_no_more_than_its_budget)
{
    size_t calls = 0;

    for (int i = 0; i < 1000; i++)
        plan_kit_add_named("a", 0, NULL, NULL);
    plan_kit_add_named("b", 0, "a", NULL);
    while (plan_seal(plan_kit_plan, &plan_kit_limits, 10, &plan_kit_fault) == PLAN_SEAL_MORE)
        calls++;
    ck_assert_uint_ge(calls, 100);
}
END_TEST

/* A name takes more of the budget the longer it is. */
START_TEST(a_long_name_is_looked_up_in_slices)
{
    enum { LEN = 1 << 20 };
    char *name = malloc(LEN + 1);
    size_t calls = 0;

    ck_assert_ptr_nonnull(name);
    memset(name, 'x', LEN);
    name[LEN] = '\0';
    plan_kit_add_named(name, 0, NULL, NULL);
    plan_kit_add_named("b", 0, name, NULL);
    while (plan_seal(plan_kit_plan, &plan_kit_limits, 10, &plan_kit_fault) == PLAN_SEAL_MORE)
        calls++;
    ck_assert_uint_ge(calls, 50);
    ck_assert_uint_eq(plan_kit_job(1).n_afters, 1);
    free(name);
}
END_TEST

static size_t seal_in_units(void)
{
    size_t units = 1;

    while (plan_seal(plan_kit_plan, &plan_kit_limits, 1, &plan_kit_fault) == PLAN_SEAL_MORE)
        units++;
    return units;
}

/* No unit passes over all elements or all names: it takes twelve for each. */
START_TEST(a_chain_is_sealed_in_slices)
{
    for (int i = 0; i < 1000; i++) {
        char name[16], other[16];

        snprintf(name, sizeof name, "%d", i);
        snprintf(other, sizeof other, "%d", i - 1);
        plan_kit_add_named(name, 0, i == 0 ? NULL : other, NULL);
    }
    ck_assert_uint_ge(seal_in_units(), 12 * 1000);
}
END_TEST

/* One list of 1000 names, of which the last is the element's own. */
START_TEST(the_name_at_fault_is_looked_for_in_slices)
{
    struct job_spec spec = {.set = JOB_NAME, .name = plan_kit_token("x")};
    size_t units;

    for (int i = 0; i < 1000; i++)
        plan_kit_wait_for(&spec, "y");
    plan_kit_wait_for(&spec, "x");
    plan_kit_add(&spec);
    plan_kit_add_named("y", 0, NULL, NULL);
    units = seal_in_units();
    ck_assert_str_eq(plan_kit_fault.names, "x -> x");
    ck_assert_uint_eq(plan_kit_fault.after, 1000);
    ck_assert_uint_ge(units, 5 * 1000);
}
END_TEST

/* Once `defaults` is settled, each element that takes its list is; and names are
 * given their edges one by one. */
START_TEST(the_list_of_defaults_is_settled_in_slices)
{
    struct job_spec defaults = {0};

    plan_kit_wait_for(&defaults, "x");
    plan_kit_set_defaults(&defaults);
    for (int i = 0; i < 1000; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d", i);
        plan_kit_add_named(name, 0, NULL, NULL);
    }
    defaults = (struct job_spec){.set = JOB_NAME | JOB_AFTER, .name = plan_kit_token("x")};
    plan_kit_add(&defaults);
    ck_assert_uint_ge(seal_in_units(), 6 * 1000);
}
END_TEST

/* Each waits for the one before it, or for the one after it. */
static uint64_t seal_chain(int n, bool backwards)
{
    uint64_t calls = 0;

    for (int i = 0; i < n; i++) {
        char name[16], other[16];

        snprintf(name, sizeof name, "%d", i);
        snprintf(other, sizeof other, "%d", backwards ? i + 1 : i - 1);
        plan_kit_add_named(name, 0, i == (backwards ? n - 1 : 0) ? NULL : other, NULL);
    }
    while (plan_seal(plan_kit_plan, &plan_kit_limits, 1, &plan_kit_fault) == PLAN_SEAL_MORE)
        calls++;
    ck_assert_uint_eq(plan_n_jobs(plan_kit_plan), (uint32_t)n);
    return calls;
}

/* Counted in units of work: 20 an element is linear, and no recursion would
 * come this far. */
START_TEST(a_chain_of_a_million_is_sealed_and_run_in_linear_work)
{
    struct batch_result result;

    ck_assert_uint_le(seal_chain(PLAN_KIT_MILLION, _i == 1), 20 * PLAN_KIT_MILLION);
    ck_assert_uint_le(plan_kit_run(plan_kit_plan, &result), 20 * PLAN_KIT_MILLION);
    ck_assert_uint_eq(result.counts[JOB_OK], PLAN_KIT_MILLION);
}
END_TEST

/* Each waits for the next, the last for the first. */
static uint64_t look_for_ring(int n)
{
    uint64_t calls = 0;

    for (int i = 0; i < n; i++) {
        char name[16], other[16];

        snprintf(name, sizeof name, "%d", i);
        snprintf(other, sizeof other, "%d", (i + 1) % n);
        plan_kit_add_named(name, 0, other, NULL);
    }
    while (plan_seal(plan_kit_plan, &plan_kit_limits, 1, &plan_kit_fault) == PLAN_SEAL_MORE)
        calls++;
    ck_assert_int_eq(plan_kit_fault.kind, PLAN_FAULT_CYCLE);
    ck_assert_mem_eq(plan_kit_fault.names, "0 -> 1 -> 2 -> 3", 16);
    return calls;
}

/* A slice of one follows no more than one edge: what looks for the cycle goes
 * over each name and each list several times, and each time counts. */
START_TEST(a_cycle_is_looked_for_in_slices_and_in_linear_work)
{
    const int n = 20000;
    uint64_t calls = look_for_ring(n);

    ck_assert_uint_ge(calls, 28 * (uint64_t)n);
    ck_assert_uint_le(calls, 40 * (uint64_t)n);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test names[] = {
        {a_name_may_be_that_of_several_jobs_and_later_ones, 1},
        {an_unknown_name_is_refused, 1},
        {an_unknown_name_in_defaults_is_theirs, 1},
        {a_long_name_is_cut_at_a_character, 2},
        {an_escaped_name_is_found_by_its_plain_text, 1},
        {a_name_with_a_nul_is_not_its_beginning, 1},
        {the_name_of_defaults_is_found, 1},
        {a_cycle_is_reported, N(cycles)},
        {a_cycle_through_defaults_is_theirs, 1},
        {a_diamond_is_no_cycle, 1},
    };
    const struct check_test slices[] = {
        {sealing_in_slices_comes_to_the_same, 5},
        {a_slice_does_no_more_than_its_budget, 1},
        {a_long_name_is_looked_up_in_slices, 1},
        {a_chain_is_sealed_in_slices, 1},
        {the_name_at_fault_is_looked_for_in_slices, 1},
        {the_list_of_defaults_is_settled_in_slices, 1},
        {a_chain_of_a_million_is_sealed_and_run_in_linear_work, 2},
        {a_cycle_is_looked_for_in_slices_and_in_linear_work, 1},
    };
    Suite *suite = suite_create("plan_after");

    check_case(suite, "names", plan_kit_open, plan_kit_close, names, N(names));
    tcase_set_timeout(check_case(suite, "slices", plan_kit_open, plan_kit_close, slices, N(slices)),
                      120);
    return suite;
}
