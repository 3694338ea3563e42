/* SPDX-License-Identifier: ISC */

/* Names of pools: short ones are read at once, long ones in steps, and both to the same end. */

#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"

/* Bytes at either end of a name, whose middle alone says which it is.  That of the long one is
 * beyond what of a name is hashed, and beyond what is compared in one step. */
static const size_t half_bytes[] = {1, 200000};

/* What is copied in one call, at most. */
#define CALL_BYTES ((size_t)64 << 10)

static const uint8_t key[16];
static struct request request;
static struct fault fault;
static size_t calls; /* of the reader, for the last request */

/* The template, where # and @ are the names whose middles are A and B, and & is that of @ in
 * escapes.  The caller frees it. */
static char *make(const char *template, size_t half)
{
    char *text = malloc(strlen(template) * (12 * half + 8)), *at = text;

    ck_assert_ptr_nonnull(text);
    for (; *template != '\0'; template ++) {
        const char *letter = *template == '&' ? "\\u0078" : "x";

        if (strchr("#@&", *template) == NULL) {
            *at++ = *template;
            continue;
        }
        for (size_t i = 0; i < 2 * half; i++) {
            if (i == half)
                *at++ = *template == '#' ? 'A' : 'B';
            at = stpcpy(at, letter);
        }
    }
    *at = '\0';
    return text;
}

static enum request_result read_limited(const char *text, const struct request_limits *limits)
{
    struct request_reader *reader = request_reader_new(limits, key);
    enum request_result result;

    ck_assert_ptr_nonnull(reader);
    request_feed(reader, text, strlen(text));
    calls = 0;
    do {
        result = request_read(reader, 64, &request, &fault);
        calls++;
    } while (result == REQUEST_BUSY);
    request_reader_free(reader);
    return result;
}

/* What became of the request: its pools and whose workers its jobs take, or why it is refused. */
static void describe(enum request_result result, size_t half, char out[2048])
{
    const struct plan *plan = request.plan;
    size_t len;

    if (result != REQUEST_READY) {
        snprintf(out, 2048, "%s: %s", fault.path, fault.message);
        return;
    }
    out[0] = '\0';
    for (uint32_t number = 1; number <= plan_n_pools(plan); number++) {
        const char *name = plan_pool_name(plan, number, &len);

        ck_assert_uint_eq(len, 2 * half + 1);
        ck_assert(name[0] == 'x' && name[len - 1] == 'x');
        out += sprintf(out, "%c=%d ", name[half], (int)plan_pool(plan, number).workers);
    }
    for (uint32_t job = 0; job < plan_n_jobs(plan); job++)
        out += sprintf(out, "%d", (int)plan_job_pool(plan, job, 0));
}

/* expected: that, or how it begins, and what the reason contains. */
static const struct {
    const char *template, *expected, *reason;
} cases[] = {
    {"{\"pools\":{\"#\":2,\"@\":3},\"jobs\":[{\"compute\":1,\"pool\":\"#\"},{\"compute\":1},"
     "{\"compute\":1,\"pool\":\"&\"}]}",
     "A=2 B=3 102", NULL},
    {"{\"jobs\":[{\"compute\":1,\"pool\":\"&\"},{\"steps\":[{\"compute\":1,\"pool\":\"#\"}]}],"
     "\"pools\":{\"#\":2,\"@\":3}}",
     "A=2 B=3 21", NULL},
    {"{\"defaults\":{\"pool\":\"@\"},\"pools\":{\"&\":1,\"#\":1},\"jobs\":[{\"compute\":1},"
     "{\"compute\":1,\"pool\":\"#\"}]}",
     "B=1 A=1 12", NULL},
    {"{\"jobs\":[{\"pool\":\"@\"}],\"pools\":{\"#\":1,\"@\":1,\"&\":2}}", "pools",
     "is there twice"},
    {"{\"pools\":{\"#\":0},\"jobs\":[{\"pool\":\"#\"}]}", "pools", "not 0"},
    {"{\"pools\":{\"#\":1,\"@\":\"@\"},\"jobs\":[]}", "pools", "takes an integer of 1 or more"},
    {"{\"pools\":{\"#\":1},\"jobs\":[{\"pool\":\"#\"},{\"pool\":\"@\"}]}",
     "jobs[1].pool: ", "none is called \"x"},
    {"[{\"steps\":[{\"compute\":1,\"pool\":\"&\"}]}]", "[0].steps[0].pool: ", "none is called \"x"},
    {"[{\"wait\":-1},{\"pool\":\"#\"},{\"pool\":\"#\"}]", "[0].wait: ", ""},
};

START_TEST(long_names_and_short_ones_come_to_the_same)
{
    size_t of = (size_t)_i / 2, half = half_bytes[_i % 2];
    char *text = make(cases[of].template, half), got[2048];
    enum request_result result = read_limited(text, &reading_limits);

    describe(result, half, got);
    ck_assert_int_eq(result, cases[of].reason == NULL ? REQUEST_READY : REQUEST_REFUSED);
    if (cases[of].reason == NULL) {
        ck_assert_str_eq(got, cases[of].expected);
        plan_free(request.plan);
    } else {
        ck_assert_msg(strncmp(got, cases[of].expected, strlen(cases[of].expected)) == 0, "%s", got);
        ck_assert_msg(strstr(got, cases[of].reason) != NULL, "%s", got);
    }
    free(text);
}
END_TEST

/* However often it occurs: in steps each time, and what was copied in vain is taken back. */
START_TEST(a_name_is_kept_once)
{
    size_t half = half_bytes[_i];
    char *text = make("{\"jobs\":[{\"pool\":\"@\"},{\"pool\":\"&\"},{\"pool\":\"@\"}],"
                      "\"pools\":{\"@\":1}}",
                      half);

    ck_assert_int_eq(read_limited(text, &reading_limits), REQUEST_READY);
    ck_assert_uint_ge(calls, 4 * 2 * half / CALL_BYTES);
    /* Its token, and decoded. */
    ck_assert_uint_le(plan_text_bytes(request.plan), 2 * (2 * half + 1) + 16);
    plan_free(request.plan);
    free(text);
}
END_TEST

START_TEST(names_are_limited_in_number_and_in_length)
{
    size_t half = half_bytes[_i];
    struct request_limits limits = reading_limits;
    char *text = make("{\"pools\":{\"#\":1,\"@\":1},\"jobs\":[{\"pool\":\"@\"}]}", half);

    limits.max_pools = 1;
    ck_assert_int_eq(read_limited(text, &limits), REQUEST_REFUSED);
    ck_assert_int_eq(fault.code, FAULT_TOO_LARGE);
    ck_assert_str_eq(fault.path, "pools");
    limits.max_pools = 0;
    limits.max_string = 2 * half;
    ck_assert_int_eq(read_limited(text, &limits), REQUEST_REFUSED);
    ck_assert_int_eq(fault.code, FAULT_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(fault.message, "max-string"));
    limits.max_string++;
    ck_assert_int_eq(read_limited(text, &limits), REQUEST_READY);
    plan_free(request.plan);
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {long_names_and_short_ones_come_to_the_same, 2 * N(cases)},
        {a_name_is_kept_once, N(half_bytes)},
        {names_are_limited_in_number_and_in_length, N(half_bytes)},
    };

    return check_suite("request_pools", NULL, NULL, tests, N(tests));
}
