/* SPDX-License-Identifier: ISC */

/*
 * Fast-path jobs: what is read without tokens, and that a request means
 * the same with it and without.  Fed byte by byte a job never stands whole in a
 * piece, so everything goes by its tokens then.
 */
#include "proto/request_fast.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"

#define MAX_WAIT INT64_C(2592000000000000)

/* Copies to the heap, without a NUL, so that a read too far is noticed.
 * Returns how many bytes the job took, 0 if it was left. */
static size_t scan(const char *text, size_t len, struct request_fast *job, char *name)
{
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    const struct request_fast_limits limits = {.max_wait_ns = MAX_WAIT, .max_name = 40};
    const char *end = request_fast_scan(copy, copy + len, &limits, job);
    size_t taken = end != NULL ? (size_t)(end - copy) : 0;
    name[0] = '\0';
    if (taken > 0 && job->name != NULL)
        sprintf(name, "%.*s", (int)job->name_len, job->name);
    free(copy);
    return taken;
}

START_TEST(fast_path_jobs_are_taken)
{
    static const struct {
        const char *text, *name;
        int64_t wait_ns;
    } cases[] = {
        {"{}", "", -1},
        {"{ \t\r\n}", "", -1},
        {"{\"wait\":1}", "", 1000000000},
        {"{\"wait\":0}", "", 0},
        {"{\"wait\":\"250ms\"}", "", 250000000},
        {"{\"wait\":2592000}", "", MAX_WAIT},
        {"{\"name\":\"\"}", "\"\"", -1},
        {"{\"name\":\"j123\",\"wait\":1.5}", "\"j123\"", 1500000000},
        {"{\"wait\":1.5,\"name\":\"j123\"}", "\"j123\"", 1500000000},
        {"{ \"wait\" : 1.5 ,\n\t\"name\" :\r\n\"a name, {of} [more] : than 8 bytes\" } ",
         "\"a name, {of} [more] : than 8 bytes\"", 1500000000},
        {"{\"name\":\"just as long as a name may be, 40 bytes.\"}",
         "\"just as long as a name may be, 40 bytes.\"", -1},
        {"{\"name\":\"\x7f'/\"}", "\"\x7f'/\"", -1},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct request_fast job;
        char name[64];
        size_t len = strlen(cases[i].text), blanks = cases[i].text[len - 1] == ' ';
        ck_assert_msg(scan(cases[i].text, len, &job, name) == len - blanks, "`%s`", cases[i].text);
        ck_assert_str_eq(name, cases[i].name);
        ck_assert_int_eq(job.wait_ns, cases[i].wait_ns);
        for (size_t cut = 0; cut < len - blanks; cut++)
            ck_assert_msg(scan(cases[i].text, cut, &job, name) == 0, "`%.*s`", (int)cut,
                          cases[i].text);
    }
}
END_TEST

/* What is no job of the fast path. */
static const char *const left_to_tokens[] = {
    " {}",
    "[]",
    "1",
    "}",
    "{,}",
    "{]",
    "{\"wait\":1]",
    "{\"wait\":1,}",
    "{,\"wait\":1}",
    "{\"wait\":1 \"name\":\"a\"}",
    "{\"wait\":1,,\"name\":\"a\"}",
    "{\"wait\" 1}",
    "{\"wait\":}",
    "{\"wait\"::1}",
    "{wait:1}",
    "{'wait':1}",
    "{\"wait\":-1}",
    "{\"wait\":-0}",
    "{\"wait\":01}",
    "{\"wait\":1e0}",
    "{\"wait\":1.}",
    "{\"wait\":.5}",
    "{\"wait\":1.0000000000}",
    "{\"wait\":2592001}",
    "{\"wait\":null}",
    "{\"wait\":true}",
    "{\"wait\":\"1\"}",
    "{\"wait\":\"1m30s\"}",
    "{\"wait\":\"250ms}",
    "{\"wait\":\"250ms \"}",
    "{\"wait\":\"\"}",
    "{\"wait\":{\"dist\":\"exponential\",\"mean\":1}}",
    "{\"wait\":[1]}",
    "{\"wait\":1,\"wait\":1}",
    "{\"wait\":1,\"wait\":2}",
    "{\"name\":\"a\",\"name\":\"a\"}",
    "{\"name\":1}",
    "{\"name\":null}",
    "{\"name\":a}",
    "{\"name\":\"a}",
    "{\"name\":\"\\n\"}",
    "{\"name\":\"\\u0061\"}",
    "{\"name\":\"\xc3\xa9\"}",
    "{\"name\":\"\xff\"}",
    "{\"name\":\"a\nb\"}",
    "{\"name\":\"a\tb\"}",
    "{\"name\":\"a\x01 b\"}",
    "{\"n\\u0061me\":\"a\"}",
    "{\"Wait\":1}",
    "{\"wai\":1}",
    "{\"waits\":1}",
    "{\"\":1}",
    "{\"wait\":1,\"count\":2}",
    "{\"compute\":1}",
    "{\"steps\":[]}",
    "{\"after\":\"a\"}",
    "{\"name\":\"one byte longer than a name may be, 41...\"}",
    "{\"wait\":1\f}",
    "{\"wait\":1\v,\"name\":\"a\"}",
    "{\"wait\":1x}",
    "{\"wait\":1\"}",
};

START_TEST(everything_else_is_left)
{
    for (size_t i = 0; i < N(left_to_tokens); i++) {
        struct request_fast job;
        char name[64];
        ck_assert_msg(scan(left_to_tokens[i], strlen(left_to_tokens[i]), &job, name) == 0, "`%s`",
                      left_to_tokens[i]);
    }
    struct request_fast job;
    char name[64];
    ck_assert_uint_eq(scan("{\"name\":\"a\0b\"}", 14, &job, name), 0);
    ck_assert_uint_eq(scan("{\0}", 3, &job, name), 0);
}
END_TEST

/* ---- In requests ----------------------------------------------------------------- */

#define TEXT_ROOM 65536

struct text {
    char bytes[TEXT_ROOM];
    size_t len;
};

static void put(struct text *text, const char *piece)
{
    size_t len = strlen(piece);
    if (text->len + len >= sizeof(text->bytes))
        ck_abort_msg("no room");
    memcpy(text->bytes + text->len, piece, len + 1);
    text->len += len;
}

static void check_contains(const struct request_limits *limits, const struct text *text,
                           const char *expected)
{
    char *got = reading_all_ways(limits, text->bytes, text->len);
    ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "%s, not %s", got, expected);
    free(got);
}

/* n fast-path jobs, then one more, in a bare array or as `jobs`. */
static void put_jobs(struct text *text, bool bare, unsigned n, const char *last)
{
    text->len = 0;
    put(text, bare ? "[" : "{\"id\":7,\"jobs\":[");
    for (unsigned i = 0; i < n; i++)
        put(text, i % 3 == 0   ? "{\"name\":\"j\",\"wait\":1.5},"
                  : i % 3 == 1 ? "{\"wait\":\"2ms\"} ,\n"
                               : "{},");
    put(text, last);
    put(text, bare ? "]" : "]}");
}

START_TEST(a_fault_after_many_fast_path_jobs_is_reported_where_it_is)
{
    static struct text text;
    put_jobs(&text, false, 17, "{\"wait\":-1},{\"wait\":1}");
    check_contains(
        &reading_limits, &text,
        "invalid_request|jobs[17].wait|\"wait\" takes a duration of 0 or more, not -1|id=7");
    put_jobs(&text, true, 1000, "{\"wait\":1,\"wait\":2}");
    check_contains(&reading_limits, &text,
                   "invalid_request|[1000].wait|a job takes each member once");
    put_jobs(&text, true, 1000, "{\"name\":\"n\",\"wiat\":2}");
    check_contains(&reading_limits, &text, "invalid_request|[1000].wiat|");
    put_jobs(&text, false, 5, "{\"after\":[\"j\",\"k\"]}");
    check_contains(&reading_limits, &text, "invalid_request|jobs[5].after[1]|");
    put_jobs(&text, false, 40, "5");
    check_contains(&reading_limits, &text, "invalid_request|jobs[40]|");
    put_jobs(&text, false, 40, "");
    check_contains(&reading_limits, &text, "BROKEN bad_json||");
}
END_TEST

START_TEST(fast_path_jobs_are_held_to_every_limit)
{
    static struct text text;
    struct request_limits limits = reading_limits;
    limits.plan.max_jobs = 20;
    put_jobs(&text, false, 19, "{\"wait\":1}");
    check_contains(&limits, &text, "submit id=7");
    put_jobs(&text, false, 20, "{\"wait\":1}");
    check_contains(
        &limits, &text,
        "too_large|jobs[20]|this job makes it 21 jobs or more, and a request takes at most "
        "20|id=7");
    put_jobs(&text, false, 2, "{\"count\":18},{\"wait\":1}");
    check_contains(&limits, &text, "too_large|jobs[3]|this job makes it 21 jobs or more");
    limits = reading_limits;
    limits.plan.max_steps = 20;
    put_jobs(&text, false, 20, "{}");
    check_contains(&limits, &text, "too_large|jobs[20]|this job makes it 21 steps");
    put_jobs(&text, false, 2, "{\"wait\":1,\"repeat\":18},{},{}");
    check_contains(&limits, &text, "too_large|jobs[3]|this job makes it 21 steps");
    limits = reading_limits;
    limits.plan.max_wait_ns = 1500000000;
    put_jobs(&text, false, 20, "{\"wait\":1.5},{\"wait\":1.500000001}");
    check_contains(&limits, &text,
                   "invalid_request|jobs[21].wait|\"wait\" takes a duration of at most "
                   "1.5 s, not 1.500000001|id=7");
}
END_TEST

START_TEST(bytes_and_nesting_are_counted_through_fast_path_jobs)
{
    static struct text text;
    struct request_limits limits = reading_limits;
    put_jobs(&text, true, 50, "{\"wait\":1}");
    for (limits.max_bytes = 1; limits.max_bytes < text.len; limits.max_bytes++)
        check_contains(&limits, &text, "BROKEN too_large||a request takes at most ");
    check_contains(&limits, &text, "submit");
    limits.max_depth = 1;
    check_contains(&limits, &text, "BROKEN too_large||the values of a request nest at most 1 deep");
    limits.max_depth = 2;
    check_contains(&limits, &text, "submit");
    put_jobs(&text, false, 50, "{\"wait\":1}");
    check_contains(&limits, &text, "BROKEN too_large||the values of a request nest at most 2 deep");
}
END_TEST

START_TEST(fast_path_jobs_take_defaults)
{
    static struct text text;
    text.len = 0;
    put(&text, "{\"jobs\":[{\"name\":\"a\"},{\"wait\":1},{}],\"defaults\":{\"wait\":2,\"name\":"
               "\"d\",\"retries\":1}}");
    check_contains(&reading_limits, &text,
                   "submit mode=0 until=0 clock=0 events=0 workers=1 jobs=3"
                   " [name=\"a\" w2000000000 retries=1] [name=\"d\" w1000000000 retries=1]"
                   " [name=\"d\" w2000000000 retries=1]");
}
END_TEST

/* After many jobs that are not on the fast path, fewer are looked at. */
START_TEST(fast_path_jobs_behind_many_others_are_read)
{
    static struct text text;
    for (unsigned others = 0; others < 40; others++) {
        text.len = 0;
        put(&text, "[");
        for (unsigned i = 0; i < others; i++)
            put(&text, "{\"name\":\"o\",\"retries\":1},");
        for (unsigned i = 0; i < 40; i++)
            put(&text, "{\"name\":\"f\",\"wait\":1},");
        put(&text, "{\"wait\":1,\"wait\":2}]");
        char expected[64];
        snprintf(expected, sizeof(expected), "invalid_request|[%u].wait|", others + 40);
        check_contains(&reading_limits, &text, expected);
    }
}
END_TEST

/* What a plan is said to be kept in, which a connection's share counts. */
static size_t held(const char *bytes, size_t len, size_t piece)
{
    static const uint8_t key[16] = {1};
    struct request_reader *reader = request_reader_new(&reading_limits, key);
    struct request request;
    struct fault fault;
    enum request_result result = REQUEST_MORE;
    for (size_t at = 0; at < len; at += piece) {
        request_feed(reader, bytes + at, len - at < piece ? len - at : piece);
        result = request_read(reader, SIZE_MAX, &request, &fault);
    }
    ck_assert_int_eq(result, REQUEST_READY);
    plan_free(request.plan);
    request_reader_free(reader);
    return request.held;
}

START_TEST(fast_path_jobs_weigh_as_much_as_others)
{
    static struct text text;
    put_jobs(&text, true, 100, "{}");
    ck_assert_uint_eq(held(text.bytes, text.len, text.len), held(text.bytes, text.len, 1));
}
END_TEST

/* What is found once all is read, and stands before them, comes first. */
START_TEST(a_fault_before_fast_path_jobs_comes_before_their_totals)
{
    static struct text text;
    text.len = 0;
    put(&text, "{\"batch\":1,\"jobs\":[{\"wait\":1},{}],\"defaults\":{\"count\":900000}}");
    check_contains(&reading_limits, &text, "invalid_request|batch|");
    text.len = 0;
    put(&text, "{\"jobs\":[{\"wait\":1},{}],\"defaults\":{\"count\":900000},\"batch\":1}");
    check_contains(&reading_limits, &text, "too_large|jobs[1]|");
    text.len = 0;
    put(&text, "{\"defaults\":{\"count\":900000},\"batch\":1,\"jobs\":[{\"wait\":1},{}]}");
    check_contains(&reading_limits, &text, "invalid_request|batch|");
}
END_TEST

/* ---- By chance -------------------------------------------------------------------- */

static const char *pick(uint64_t *state, const char *const *from, size_t n)
{
    return from[reading_draw(state) % n];
}

static void put_blanks(uint64_t *state, struct text *text)
{
    static const char *const blanks[] = {"", "", "", "", "", " ", "\n", " \t\r\n  "};
    put(text, pick(state, blanks, N(blanks)));
}

/* The i-th member of a job: now a name, now a wait, or another. */
static void put_member(uint64_t *state, struct text *text, unsigned i, bool strange)
{
    static const char *const names[] = {
        "\"name\":\"a\"", "\"name\":\"a rather long name 0123456789\"", "\"name\" : \"\""};
    static const char *const waits[] = {"\"wait\":1",         "\"wait\":0.000000001",
                                        "\"wait\":\"250ms\"", "\"wait\": 123456789",
                                        "\"wait\" :1.5",      "\"wait\":\"1h\""};
    static const char *const others[] = {"\"name\":\"\\u00e9\"",
                                         "\"name\":\"\xc3\xa9\"",
                                         "\"wait\":1e-3",
                                         "\"wait\":\"1m30s\"",
                                         "\"count\":3",
                                         "\"after\":\"a\"",
                                         "\"compute\":0.5",
                                         "\"wait\":-1",
                                         "\"data\":[{},{\"wait\":1}]",
                                         "\"wait\":01",
                                         "\"name\":5",
                                         "\"wiat\":1",
                                         "\"wait\":99999999999",
                                         "\"repeat\":0",
                                         "\"steps\":[]",
                                         "\"timeout\":5",
                                         "\"retries\":2",
                                         "\"wait\":1.0000000001"};
    if (strange)
        put(text, pick(state, others, N(others)));
    else if (i % 2 == 0)
        put(text, pick(state, names, N(names)));
    else
        put(text, pick(state, waits, N(waits)));
}

static void put_job(uint64_t *state, struct text *text, unsigned strangeness)
{
    unsigned n = (unsigned)(reading_draw(state) % 8), first = n % 2;
    n = n / 2 < 3 || strangeness > 0 ? n / 2 : 0; /* of three, one is there twice */
    put(text, "{");
    for (unsigned i = 0; i < n; i++) {
        put_blanks(state, text);
        put_member(state, text, first + i, reading_draw(state) % 100 < strangeness);
        put_blanks(state, text);
        if (i + 1 < n)
            put(text, ",");
    }
    put_blanks(state, text);
    put(text, "}");
}

/* A request of random jobs; in every other one a byte is changed. */
static void put_request(uint64_t *state, struct text *text)
{
    static const char *const heads[] = {"[", "[", "{\"jobs\":[", "{\"id\":1,\"jobs\":[",
                                        "{\"mode\":\"x\",\"jobs\":["};
    static const char *const tails[] = {"]}", "],\"defaults\":{\"wait\":2,\"name\":\"d\"}}",
                                        "],\"seed\":1.5,\"id\":\"late\"}"};
    static const char bytes[] = "{}[],:\"\\ \n0123456789.-eawmn\x80\xc3\x01";
    unsigned n = (unsigned)(reading_draw(state) % 12);
    unsigned strangeness = (unsigned)(reading_draw(state) % 3 * 10);
    const char *head = pick(state, heads, N(heads));
    text->len = 0;
    put(text, head);
    for (unsigned i = 0; i < n; i++) {
        put_blanks(state, text);
        put_job(state, text, strangeness);
        put_blanks(state, text);
        if (i + 1 < n)
            put(text, ",");
    }
    put(text, head[0] == '[' ? "]" : pick(state, tails, N(tails)));
    if (reading_draw(state) % 2 == 0)
        text->bytes[reading_draw(state) % text->len] =
            bytes[reading_draw(state) % (sizeof(bytes) - 1)];
}

#define REQUESTS 20000

START_TEST(random_requests_come_to_the_same)
{
    static struct text text;
    uint64_t state = 4711;
    unsigned accepted = 0, refused = 0, broken = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct request_limits limits = reading_limits;
        put_request(&state, &text);
        if (reading_draw(&state) % 4 == 0)
            limits.plan.max_jobs = reading_draw(&state) % 12;
        if (reading_draw(&state) % 4 == 0)
            limits.plan.max_steps = reading_draw(&state) % 12;
        if (reading_draw(&state) % 8 == 0)
            limits.max_string = 1 + reading_draw(&state) % 30;
        if (reading_draw(&state) % 8 == 0)
            limits.max_bytes = 1 + reading_draw(&state) % (text.len + 2);
        char *got = reading_all_ways(&limits, text.bytes, text.len);
        accepted += strncmp(got, "submit", 6) == 0;
        broken += strstr(got, "BROKEN") != NULL;
        refused += strstr(got, "invalid_request") != NULL;
        free(got);
    }
    ck_assert_uint_gt(accepted, REQUESTS / 10);
    ck_assert_uint_gt(refused, REQUESTS / 10);
    ck_assert_uint_gt(broken, REQUESTS / 10);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {fast_path_jobs_are_taken, 1},
        {everything_else_is_left, 1},
        {a_fault_after_many_fast_path_jobs_is_reported_where_it_is, 1},
        {fast_path_jobs_are_held_to_every_limit, 1},
        {bytes_and_nesting_are_counted_through_fast_path_jobs, 1},
        {fast_path_jobs_take_defaults, 1},
        {a_fault_before_fast_path_jobs_comes_before_their_totals, 1},
        {fast_path_jobs_behind_many_others_are_read, 1},
        {fast_path_jobs_weigh_as_much_as_others, 1},
        {random_requests_come_to_the_same, 1},
    };

    return check_suite("request_fast", NULL, NULL, tests, N(tests));
}
