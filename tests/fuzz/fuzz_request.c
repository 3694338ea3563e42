/* SPDX-License-Identifier: ISC */

/*
 * A request reader makes the same of a text however it is cut and whatever
 * its budget: byte by byte all jobs go by their tokens, whole those of the fast path do
 * not.  What it says of a fault is text of a bounded size.  jansson refuses the
 * same texts, and reads the same values in those that are accepted: options, names,
 * steps, numbers, notes, and `data` as the value that it is.
 * The first byte chooses the limits.
 */

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lexer.h"
#include "tests/support/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether it tripped over words in a row, like `nulltrue`.  They are values of their own,
 * which nothing need stand between; jansson takes letters in a row for one word. */
static bool is_words_in_a_row(const char *error)
{
    static const char *const begins[] = {"invalid token near 'true", "invalid token near 'false",
                                         "invalid token near 'null"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t len = strlen(begins[i]);
        if (strncmp(error, begins[i], len) == 0 && error[len] != '\0' &&
            strchr("tfn", error[len]) != NULL)
            return true;
    }
    return false;
}

/* What jansson refuses although it is JSON: numbers that its types cannot hold,
 * escapes of lone surrogates, NUL in a key, words in a row. */
static bool is_known_difference(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_character ||
           json_error_code(error) == json_error_null_byte_in_key ||
           strstr(error->text, "invalid Unicode '") != NULL || is_words_in_a_row(error->text);
}

/* ---- The values of one accepted request --------------------------------------- */

static void compare_name(const struct plan *plan, plan_text_ref ref, const json_t *expected)
{
    size_t len;
    if (expected == NULL) {
        assert(ref == 0);
        return;
    }
    assert(ref != 0);
    const char *token = plan_text(plan, ref, &len);
    char *name = malloc(len);
    size_t decoded = lexer_decode(token, len, name);
    assert(decoded == json_string_length(expected));
    assert(memcmp(name, json_string_value(expected), decoded) == 0);
    free(name);
}

static const json_t *member(const json_t *job, const json_t *defaults, const char *name)
{
    const json_t *own = json_object_get(job, name);
    return own != NULL ? own : json_object_get(defaults, name);
}

/* A number of seconds; any other form of a length is read elsewhere. */
static void compare_seconds(const json_t *seconds, int64_t got_ns)
{
    if (!json_is_number(seconds))
        return;
    double expected = json_number_value(seconds) * 1e9;
    assert(fabs((double)got_ns - expected) <= 1 + expected * 1e-12);
}

static void compare_length(const json_t *seconds, const struct dist *got)
{
    if (json_is_number(seconds))
        assert(got->kind == DIST_CONSTANT);
    if (got->kind == DIST_CONSTANT)
        compare_seconds(seconds, got->a_ns);
}

static void compare_integer(const json_t *integer, uint64_t got, uint64_t otherwise)
{
    if (integer == NULL)
        assert(got == otherwise);
    else if (json_is_integer(integer))
        assert(got == (uint64_t)json_integer_value(integer));
}

static void compare_fail(const json_t *fail, uint64_t got)
{
    if (fail == NULL || json_is_false(fail))
        assert(got == 0);
    else if (json_is_true(fail))
        assert(got == PLAN_FAIL_ALWAYS);
    else if (json_is_number(fail))
        assert(fabs((double)got * 0x1p-53 - json_number_value(fail)) <= 1e-15);
}

/* The text that is kept of `data` is the same value. */
static void compare_data(const struct plan *plan, plan_text_ref ref, const json_t *expected)
{
    size_t len;
    assert((ref == 0) == (expected == NULL));
    if (expected == NULL)
        return;
    const char *text = plan_text(plan, ref, &len);
    json_t *data = json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    assert(data != NULL && json_equal(data, expected) == 1);
    json_decref(data);
}

static void compare_step(const struct plan *plan, const struct step *got, const json_t *expected)
{
    const json_t *wait = json_object_get(expected, "wait");
    assert((got->kind == STEP_WAIT) == (wait != NULL));
    compare_length(wait != NULL ? wait : json_object_get(expected, "compute"), &got->length);
    compare_name(plan, got->note, json_object_get(expected, "note"));
}

static bool has_steps(const json_t *job)
{
    return json_object_get(job, "wait") != NULL || json_object_get(job, "compute") != NULL ||
           json_object_get(job, "steps") != NULL;
}

static void compare_steps(const struct plan *plan, uint32_t index, uint32_t n, const json_t *job)
{
    const json_t *steps = json_object_get(job, "steps");
    struct step step;
    if (json_is_array(steps)) {
        assert(n == json_array_size(steps));
        for (uint32_t i = 0; i < n; i++) {
            step = plan_job_step(plan, index, i);
            compare_step(plan, &step, json_array_get(steps, i));
        }
        return;
    }
    assert(n == (has_steps(job) ? 1 : 0));
    if (n == 0)
        return;
    step = plan_job_step(plan, index, 0);
    compare_step(plan, &step, job);
}

static void compare_class(const struct plan *plan, uint32_t index, const json_t *job,
                          const json_t *defaults)
{
    const struct job_class got = plan_job_class(plan, index);
    const json_t *start = member(job, defaults, "start"), *every = member(job, defaults, "every");
    assert(got.priority == json_integer_value(member(job, defaults, "priority")));
    if (!json_is_object(start))
        compare_seconds(start, got.start.a_ns);
    if (!json_is_object(every))
        compare_seconds(every, got.every.a_ns);
    assert((member(job, defaults, "pool") != NULL) == (got.pool != 0));
}

/* The step of `wait` or `compute` has no note; a job has no member of that name. */
static void compare_job(const struct plan *plan, uint32_t index, const json_t *job,
                        const json_t *defaults)
{
    struct job_spec spec;
    plan_job(plan, index, &spec);
    compare_name(plan, spec.name, member(job, defaults, "name"));
    compare_steps(plan, index, spec.n_steps, has_steps(job) ? job : defaults);
    compare_integer(member(job, defaults, "repeat"), spec.repeat, 1);
    compare_integer(member(job, defaults, "retries"), spec.retries, 0);
    compare_fail(member(job, defaults, "fail"), spec.fail_below);
    compare_data(plan, spec.data, member(job, defaults, "data"));
    assert((member(job, defaults, "timeout") == NULL) == (spec.timeout_ns < 0));
    compare_seconds(member(job, defaults, "timeout"), spec.timeout_ns);
    compare_class(plan, index, job, defaults);
    const json_t *after = member(job, defaults, "after");
    uint32_t names = json_is_array(after) ? (uint32_t)json_array_size(after) : after != NULL;
    assert(spec.n_afters == names);
}

static void compare_options(const struct plan_options *got, const json_t *json)
{
    static const char *const modes[] = {"concurrent", "sequential", "blocking"};
    static const char *const levels[] = {"done", "all", "none"};
    const char *mode = json_string_value(json_object_get(json, "mode"));
    const char *level = json_string_value(json_object_get(json, "events"));
    assert(strcmp(mode != NULL ? mode : modes[0], modes[got->mode]) == 0);
    assert(strcmp(level != NULL ? level : levels[0], levels[got->events]) == 0);
    compare_integer(json_object_get(json, "seed"), (uint64_t)got->seed, 0);
    compare_integer(json_object_get(json, "workers"), got->workers, 1);
    if (json_integer_value(json_object_get(json, "concurrency")) < UINT32_MAX)
        compare_integer(json_object_get(json, "concurrency"), got->concurrency, PLAN_UNLIMITED);
    assert((json_object_get(json, "timeout") == NULL) == (got->timeout_ns < 0));
    compare_seconds(json_object_get(json, "timeout"), got->timeout_ns);
}

static bool has_counts(const json_t *jobs, const json_t *defaults)
{
    bool found = json_object_get(defaults, "count") != NULL;
    for (size_t i = 0; i < json_array_size(jobs); i++)
        found |= json_object_get(json_array_get(jobs, i), "count") != NULL;
    return found;
}

static void compare_plan(const struct plan *plan, const json_t *json)
{
    const json_t *jobs = json_is_array(json) ? json : json_object_get(json, "jobs");
    const json_t *defaults = json_object_get(json, "defaults");
    compare_options(plan_options_of(plan), json);
    assert(plan_n_pools(plan) == json_object_size(json_object_get(json, "pools")));
    if (has_counts(jobs, defaults))
        return;
    assert(json_array_size(jobs) == plan_n_jobs(plan));
    for (uint32_t i = 0; i < plan_n_jobs(plan); i++)
        compare_job(plan, i, json_array_get(jobs, i), defaults);
}

/* Reads the first request of a text.  Whether it is one. */
static bool read_first(struct request_reader *reader, const char *text, size_t len,
                       struct request *request)
{
    enum request_result result;
    struct fault fault;
    request_feed(reader, text, len);
    do
        result = request_read(reader, 1000000, request, &fault);
    while (result == REQUEST_BUSY);
    return result == REQUEST_READY;
}

/* The text that is kept of a detached batch is the request less `id` and `key`; what is kept of
 * that text is the same. */
static void compare_kept(const struct request_limits *limits, const struct request *kept,
                         const json_t *json)
{
    static const uint8_t key[16] = {1};
    struct request_reader *reader = request_reader_new(limits, key);
    struct request again = {.plan = NULL};
    json_t *less = json_copy((json_t *)(uintptr_t)json);
    json_t *got = json_loadb(kept->text, kept->text_len, JSON_ALLOW_NUL, NULL);
    json_object_del(less, "id");
    json_object_del(less, "key");
    assert(got != NULL && json_equal(got, less) == 1);
    json_decref(got);
    json_decref(less);
    assert(read_first(reader, kept->text, kept->text_len, &again));
    assert(again.text_len == kept->text_len);
    assert(memcmp(again.text, kept->text, again.text_len) == 0);
    free(again.text);
    plan_free(again.plan);
    request_reader_free(reader);
}

/* Reads the first request of the text whole. */
static void compare_values(const struct request_limits *limits, const char *text, size_t len,
                           const json_t *json)
{
    static const uint8_t key[16] = {1};
    struct request_reader *reader = request_reader_new(limits, key);
    struct request request = {.plan = NULL};
    if (read_first(reader, text, len, &request) && request.plan != NULL)
        compare_plan(request.plan, json);
    if (request.text != NULL)
        compare_kept(limits, &request, json);
    request_id_release(request.id, NULL);
    free(request.text);
    plan_free(request.plan);
    request_reader_free(reader);
}

/* Whether a line of the reading begins so; what is quoted holds no line break. */
static bool contains(const char *reading, const char *what)
{
    size_t len = strlen(what);
    while (strncmp(reading, what, len) != 0) {
        reading = strchr(reading, '\n');
        if (reading == NULL)
            return false;
        reading++;
    }
    return true;
}

static void ask_jansson(const struct request_limits *limits, const char *text, size_t len,
                        const char *reading)
{
    json_error_t error;
    if (memchr(text, '\0', len) != NULL)
        return; /* where jansson sees an end of its own */
    json_t *json = json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (json != NULL) {
        assert(!contains(reading, "BROKEN bad_json"));
        compare_values(limits, text, len, json);
        json_decref(json);
        return;
    }
    bool one_value = json_error_code(&error) != json_error_end_of_input_expected;
    bool none = strcmp(reading, "END\n") == 0;
    assert(!one_value || none || is_known_difference(&error) || contains(reading, "BROKEN"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_limits limits = reading_limits;
    if (size == 0)
        return 0;
    unsigned choice = data[0];
    /* Totals that a fuzzer cannot make slow, and some that it meets at once. */
    limits.plan.max_jobs = (choice & 1) != 0 ? 5 : 500;
    limits.plan.max_steps = (choice & 2) != 0 ? 20 : 100000;
    limits.max_bytes = (choice & 4) != 0 ? 200 : 1u << 20;
    limits.max_depth = (choice & 8) != 0 ? 8 : 64;
    limits.max_string = (choice & 16) != 0 ? 4 : 0;
    char *reading = reading_all_ways(&limits, (const char *)data + 1, size - 1);
    ask_jansson(&limits, (const char *)data + 1, size - 1, reading);
    free(reading);
    return 0;
}
