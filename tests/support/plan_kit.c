/* SPDX-License-Identifier: ISC */
#include "tests/support/plan_kit.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

const struct plan_limits plan_kit_limits = {
    .max_jobs = PLAN_KIT_MILLION, .max_steps = UINT32_MAX, .max_wait_ns = INT64_MAX};

struct plan *plan_kit_plan;
struct plan_fault plan_kit_fault;
static uint64_t where;

/* ck_assert() writes a message each time, passed or not: too slow for millions. */
static void must(bool holds, const char *what)
{
    if (!holds)
        ck_abort_msg("%s", what);
}

void plan_kit_open(void)
{
    static const uint8_t hash_key[16] = "sixteen bytes it";

    plan_kit_plan = plan_new(hash_key);
    ck_assert_ptr_nonnull(plan_kit_plan);
    memset(&plan_kit_fault, 0x55, sizeof plan_kit_fault);
    where = 100;
}

void plan_kit_close(void)
{
    plan_free(plan_kit_plan);
}

plan_text_ref plan_kit_text(const char *token)
{
    plan_text_ref ref = 0;

    must(plan_add_text(plan_kit_plan, token, strlen(token), &ref) == PLAN_OK, "no memory");
    must(ref != 0, "a text has reference 0");
    return ref;
}

plan_text_ref plan_kit_token(const char *name)
{
    must(plan_text_open(plan_kit_plan) == PLAN_OK &&
             plan_text_append(plan_kit_plan, "\"", 1) == PLAN_OK &&
             plan_text_append(plan_kit_plan, name, strlen(name)) == PLAN_OK &&
             plan_text_append(plan_kit_plan, "\"", 1) == PLAN_OK,
         "no memory");
    return plan_text_close(plan_kit_plan);
}

void plan_kit_wait_for(struct job_spec *spec, const char *name)
{
    plan_text_ref text;

    if (spec->n_afters == 0)
        spec->first_after = plan_n_afters(plan_kit_plan);
    spec->set |= JOB_AFTER;
    spec->n_afters++;
    must(plan_add_text(plan_kit_plan, name, strlen(name), &text) == PLAN_OK &&
             plan_add_after(plan_kit_plan, text, ++where) == PLAN_OK,
         "no memory");
}

void plan_kit_add_step(struct job_spec *spec, enum step_kind kind, int64_t length_ns,
                       plan_text_ref note)
{
    const struct step step = {
        .length = {DIST_CONSTANT, length_ns, 0}, .kind = (uint8_t)kind, .note = note};

    if (spec->n_steps == 0)
        spec->first_step = plan_n_steps(plan_kit_plan);
    spec->set |= JOB_STEPS;
    spec->n_steps++;
    must(plan_add_step(plan_kit_plan, &step) == PLAN_OK, "no memory");
}

void plan_kit_add(const struct job_spec *spec)
{
    must(plan_add_element(plan_kit_plan, spec, 0) == PLAN_OK, "no memory");
}

void plan_kit_add_wait(int64_t length_ns)
{
    struct job_spec spec = {0};

    plan_kit_add_step(&spec, STEP_WAIT, length_ns, 0);
    plan_kit_add(&spec);
}

void plan_kit_set_defaults(const struct job_spec *spec)
{
    plan_set_defaults(plan_kit_plan, spec, 0);
}

/* An element that has a name, waits for up to two, and stands for `count`. */
void plan_kit_add_named(const char *name, uint64_t count, const char *after, const char *also_after)
{
    struct job_spec spec = {0};

    if (name != NULL) {
        spec.set |= JOB_NAME;
        spec.name = plan_kit_token(name);
    }
    if (count > 0) {
        spec.set |= JOB_COUNT;
        spec.count = count;
    }
    if (after != NULL)
        plan_kit_wait_for(&spec, after);
    if (also_after != NULL)
        plan_kit_wait_for(&spec, also_after);
    plan_kit_add(&spec);
}

enum plan_seal plan_kit_seal_by(size_t budget, const struct plan_limits *by)
{
    enum plan_seal answer;

    do {
        answer = plan_seal(plan_kit_plan, by, budget, &plan_kit_fault);
    } while (answer == PLAN_SEAL_MORE);
    return answer;
}

void plan_kit_seal(void)
{
    ck_assert_int_eq(plan_kit_seal_by(1, &plan_kit_limits), PLAN_SEALED);
}

void plan_kit_refuses(enum plan_fault_kind kind, uint32_t element)
{
    ck_assert_int_eq(plan_kit_seal_by(1, &plan_kit_limits), PLAN_SEAL_FAULT);
    ck_assert_int_eq(plan_kit_fault.kind, kind);
    ck_assert_uint_eq(plan_kit_fault.element, element);
}

uint64_t plan_kit_run(const struct plan *plan, struct batch_result *result)
{
    struct batch *batch = batch_new(plan);
    struct occurrence out[64];
    uint64_t total = 0;
    size_t worked;

    ck_assert_ptr_nonnull(batch);
    while (!batch_is_over(batch)) {
        batch_run(batch, INT64_MAX, 1000, out, 64, &worked);
        total += worked;
    }
    batch_result(batch, result);
    batch_free(batch);
    return total;
}

struct job_spec plan_kit_job(uint32_t index)
{
    struct job_spec spec;

    plan_job(plan_kit_plan, index, &spec);
    return spec;
}

void plan_kit_text_is(plan_text_ref ref, const char *expected)
{
    size_t len;
    const char *found;

    if (expected == NULL) {
        ck_assert_uint_eq(ref, 0);
        return;
    }
    ck_assert_uint_ne(ref, 0);
    found = plan_text(plan_kit_plan, ref, &len);
    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_mem_eq(found, expected, len);
}
