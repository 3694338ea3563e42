/* SPDX-License-Identifier: ISC */

/* Requests that are in order, and how a reader is driven. */
#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"

static const uint8_t key[16] = {9, 8, 7};

/* What most tests read by: a reader, and what it gives. */
static struct request_reader *reader;
static struct request request;
static struct fault fault;

static void set_up(void)
{
    reader = request_reader_new(&reading_limits, key);
    ck_assert_ptr_nonnull(reader);
    memset(&request, 0, sizeof(request));
}

static void tear_down(void)
{
    request_id_release(request.id, NULL);
    request.id = NULL;
    request_reader_free(reader);
}

#define INVALID "invalid_request"
#define PLAIN   "submit mode=0 until=0 clock=0 events=0 workers=1"

static char *all_ways(const struct request_limits *limits, const char *text)
{
    return reading_all_ways(limits, text, strlen(text));
}

static void check_reads(const char *text, const char *expected)
{
    char *got = all_ways(&reading_limits, text);
    char *end = strstr(got, "\nEND\n");
    ck_assert_msg(end != NULL, "`%s`: %s", text, got);
    *end = '\0';
    ck_assert_msg(strcmp(got, expected) == 0, "`%s`: %s, not %s", text, got, expected);
    free(got);
}

/* ---- Requests that are in order --------------------------------------------------- */

START_TEST(every_operation_is_read)
{
    check_reads("{\"op\":\"ping\"}", "ping");
    check_reads("{\"op\":\"stats\",\"id\":\"a b\"}", "stats id=\"a b\"");
    check_reads("{\"id\":-12,\"op\":\"quit\",\"protocol\":1}", "quit id=-12");
    check_reads("{\"op\":\"cancel\",\"batch\":7}", "cancel batch=7");
    check_reads("{\"batch\":7,\"job\":0,\"op\":\"cancel\"}", "cancel batch=7 job=0");
    check_reads(
        "{\"op\":\"cancel\",\"batch\":99999999999999999999999,\"job\":18446744073709551615}",
        "cancel batch=18446744073709551615 job=18446744073709551615");
    check_reads("{\"op\":\"submit\",\"jobs\":[]}", PLAIN " jobs=0");
    check_reads("{\"jobs\":[]}", PLAIN " jobs=0");
    check_reads("[]", PLAIN " jobs=0");
    check_reads("{\"\\u006fp\":\"p\\u0069ng\",\"i\\u0064\":123456789012345678901234567890}",
                "ping id=123456789012345678901234567890");
}
END_TEST

START_TEST(requests_follow_each_other)
{
    check_reads("{\"op\":\"ping\"}{\"op\":\"stats\"}\n[]", "ping\nstats\n" PLAIN " jobs=0");
    check_reads("{\"op\":\"ping\",\"id\":1} {\"op\":\"ping\"}", "ping id=1\nping");
    check_reads(
        "{\"op\":\"nop\",\"id\":1} {\"op\":\"ping\"} {\"jobs\":5} [{\"wait\":1}]", INVALID
        "|op|\"op\" takes \"submit\", \"ping\", \"cancel\", \"stats\", \"quit\", \"forecast\", "
        "\"watch\", \"unwatch\", \"batches\", \"forget\" or \"auth\", not "
        "\"nop\"|id=1\nping\n" INVALID "|jobs|\"jobs\" takes an array of jobs, not 5\n" PLAIN
        " jobs=1 [ w1000000000]");
}
END_TEST

START_TEST(a_refusal_says_the_id)
{
    check_reads("{\"jobs\":[{\"wait\":-1}],\"id\":\"x\"}",
                INVALID "|jobs[0].wait|\"wait\" takes a duration of 0 or more, not -1|id=\"x\"");
}
END_TEST

START_TEST(the_options_of_a_batch_are_read_in_any_order)
{
    static const char expected[] = "submit id=\"x\" mode=1 until=1 clock=1 events=1 concurrency=3 "
                                   "workers=2 timeout=90000000000 seed=-9 jobs=1 [ w1000000000]";
    check_reads("{\"id\":\"x\",\"mode\":\"sequential\",\"until\":\"first_done\",\"clock\":"
                "\"virtual\",\"events\":\"all\",\"concurrency\":3,\"workers\":2,\"timeout\":"
                "\"1m30s\",\"seed\":-9,\"jobs\":[{\"wait\":1}]}",
                expected);
    check_reads("{\"jobs\":[{\"wait\":1}],\"seed\":-9,\"timeout\":90,\"workers\":2,"
                "\"concurrency\":3,\"events\":\"all\",\"clock\":\"virtual\",\"until\":"
                "\"first_done\",\"mode\":\"sequential\",\"id\":\"x\",\"op\":\"submit\"}",
                expected);
    check_reads("{\"mode\":\"blocking\",\"until\":\"first_failed\",\"clock\":\"real\",\"events\":"
                "\"none\",\"jobs\":[]}",
                "submit mode=2 until=2 clock=0 events=2 workers=1 jobs=0");
    check_reads("{\"mode\":\"concurrent\",\"until\":\"all\",\"events\":\"done\",\"jobs\":[]}",
                PLAIN " jobs=0");
    check_reads("{\"concurrency\":99999999999999999999,\"workers\":4294967296,\"seed\":"
                "-9223372036854775808,\"jobs\":[]}",
                "submit mode=0 until=0 clock=0 events=0 workers=4294967296 "
                "seed=-9223372036854775808 jobs=0");
}
END_TEST

START_TEST(a_job_has_all_its_members)
{
    check_reads("[{\"name\":\"a\",\"wait\":\"1.5s\",\"timeout\":2,\"fail\":0.25,\"retries\":3,"
                "\"backoff\":{\"initial\":1,\"factor\":1.5,\"max\":\"10s\",\"jitter\":\"full\"},"
                "\"data\":7,\"repeat\":2,\"count\":2}]",
                PLAIN " jobs=2"
                      " [name=\"a\" w1500000000 x2 n2 timeout=2000000000 fail=0.25 retries=3"
                      " backoff=1000000000*1.5<10000000000~ data=7]"
                      " [name=\"a\" w1500000000 x2 n2 timeout=2000000000 fail=0.25 retries=3"
                      " backoff=1000000000*1.5<10000000000~ data=7]");
    check_reads("[{\"retries\":200,\"backoff\":{\"initial\":1,\"max\":5}}]",
                PLAIN " jobs=1 [ retries=200 backoff=1000000000*2<5000000000]");
    check_reads("[{\"retries\":200,\"backoff\":{\"initial\":1}}]",
                PLAIN " jobs=1 [ retries=200 backoff=1000000000*2<-1]");
    check_reads("[{},{\"compute\":0.25},{\"fail\":true},{\"fail\":false},{\"fail\":-0.0},"
                "{\"retries\":-0},{\"backoff\":{\"initial\":1,\"jitter\":\"none\"}}]",
                PLAIN " jobs=7 [] [ c250000000] [ fail=1] [] [] [] [ backoff=1000000000*2<-1]");
}
END_TEST

START_TEST(steps_have_notes_and_laws)
{
    check_reads("[{\"steps\":[{\"wait\":1,\"note\":\"0+1\"},{\"note\":\"\\u00e9\",\"compute\":"
                "\"2ms\"},{\"wait\":{\"dist\":\"uniform\",\"min\":0,\"max\":1},\"note\":\"u\"}]}]",
                PLAIN " jobs=1 [ w1000000000/\"0+1\" c2000000/\"\\u00e9\" "
                      "wuniform(0,1000000000)/\"u\"]");
    check_reads("[{\"steps\":[]}]", PLAIN " jobs=1 []");
    check_reads("[{\"steps\":[{\"compute\":1},{\"wait\":1,\"note\":\"n\"}]},{\"compute\":2}]",
                PLAIN " jobs=2 [ c1000000000 w1000000000/\"n\"] [ c2000000000]");
    check_reads("[{\"wait\":{\"max\":2,\"min\":2,\"dist\":\"uniform\"}},"
                "{\"compute\":{\"dist\":\"exponential\",\"mean\":\"3ns\"}},"
                "{\"wait\":{\"stddev\":0,\"mean\":5e-9,\"dist\":\"normal\"}},"
                "{\"wait\":{\"dist\":\"lognormal\",\"p50\":\"1ns\",\"p99\":\"1ns\"}},"
                "{\"wait\":{\"values\":[1e-9,\"2ns\",0],\"dist\":\"trace\"}},"
                "{\"steps\":[{\"wait\":{\"dist\":\"trace\",\"values\":[\"9ns\"]}}]}]",
                PLAIN " jobs=6 [ wuniform(2000000000,2000000000)] [ cexponential(3,0)]"
                      " [ wnormal(5,0)] [ wlognormal(1,1)] [ wtrace(1,2,0)] [ wtrace(9)]");
}
END_TEST

START_TEST(defaults_are_taken_by_jobs_that_set_none_of_their_own)
{
    static const char expected[] = PLAIN " jobs=3 [name=\"d\" w1000000000 retries=2] [name=\"b\" "
                                         "c2000000000 retries=2] [name=\"d\"]";
    check_reads("{\"defaults\":{\"wait\":1,\"name\":\"d\",\"retries\":2},\"jobs\":[{},{\"compute\":"
                "2,\"name\":\"b\"},{\"steps\":[],\"retries\":0}]}",
                expected);
    check_reads("{\"jobs\":[{},{\"compute\":2,\"name\":\"b\"},{\"steps\":[],\"retries\":0}],"
                "\"defaults\":{\"wait\":1,\"name\":\"d\",\"retries\":2}}",
                expected);
    check_reads("{\"jobs\":[{}],\"defaults\":{}}", PLAIN " jobs=1 []");
}
END_TEST

START_TEST(names_are_found_by_what_they_say)
{
    check_reads("[{\"name\":\"\\u0061\"},{\"after\":\"a\"},{\"after\":[\"\\u0061\",\"b\"]},"
                "{\"name\":\"b\",\"after\":[]}]",
                PLAIN " jobs=4 [name=\"\\u0061\"] [ after=1] [ after=2] [name=\"b\"]");
}
END_TEST

START_TEST(data_is_kept_less_the_blanks_between_its_tokens)
{
    check_reads("[{\"data\" : { \"a\" : [ 1 , 2.50 , { } , [ ] ] ,\n\"a\" : \"x  y\\u00e9\\n\" , "
                "\"b\":1e400 } }]",
                PLAIN
                " jobs=1 [ data={\"a\":[1,2.50,{},[]],\"a\":\"x  y\\u00e9\\n\",\"b\":1e400}]");
    check_reads("[{\"data\":[[ ],[[]],{\"k\":{}},null]},{\"data\":\"s\"},{\"data\":null},"
                "{\"data\":-0.0e+00},{\"data\":false}]",
                PLAIN " jobs=5 [ data=[[],[[]],{\"k\":{}},null]] [ data=\"s\"] [ data=null] "
                      "[ data=-0.0e+00] [ data=false]");
}
END_TEST

/* ---- Driving ------------------------------------------------------------------------------- */

/* Feeds and reads until the piece is used up or a request is reported. */
static enum request_result read_text(const char *text)
{
    enum request_result result;
    request_id_release(request.id, NULL);
    request.id = NULL;
    if (text != NULL)
        request_feed(reader, text, strlen(text));
    do
        result = request_read(reader, 1000, &request, &fault);
    while (result == REQUEST_BUSY);
    return result;
}

START_TEST(jobs_are_counted_as_they_close)
{
    ck_assert_int_eq(read_text("{\"jobs\":[{\"wait\":1},{\"count\":5"), REQUEST_MORE);
    ck_assert_uint_eq(request_jobs(reader), 1);
    ck_assert(request_is_open(reader));
    ck_assert_uint_gt(request_held(reader), 0);
    ck_assert_int_eq(read_text("},{}"), REQUEST_MORE);
    ck_assert_uint_eq(request_jobs(reader), 7);
    ck_assert_int_eq(read_text("],\"defaults\":{\"count\":3}}"), REQUEST_READY);
    ck_assert_uint_eq(request_jobs(reader), 11);
    ck_assert(!request_is_open(reader));
    plan_free(request.plan);
    ck_assert_int_eq(read_text(NULL), REQUEST_MORE);
    ck_assert_uint_eq(request_jobs(reader), 0);
}
END_TEST

/* Each of a kind that is copied, or decoded, or both; and such as are refused. */
static const struct {
    const char *head, *filling, *tail;
    enum request_result result;
} long_ones[] = {
    {"[{\"name\":\"", "x", "\"}]", REQUEST_READY},
    {"[{\"name\":\"", "\\u0041", "\"}]", REQUEST_READY},
    {"[{\"name\":\"", "\xe2\x80\xa8", "\"}]", REQUEST_READY},
    {"[{\"steps\":[{\"wait\":1,\"note\":\"", "\\u0041", "\"}]}]", REQUEST_READY},
    {"[{\"data\":\"", "x", "\"}]", REQUEST_READY},
    {"[{\"data\":[1,\"", "x", "\"]}]", REQUEST_READY},
    {"[{\"data\":{\"a\":[\"", "\xe2\x80\xa8", "\"],\"b\":{}}}]", REQUEST_READY},
    {"[{\"data\":{\"a\":0,\"", "\\u0041", "\":{}}}]", REQUEST_READY},
    {"[{\"name\":\"a\",\"after\":\"", "\\u0041", "\"}]", REQUEST_REFUSED},
    {"[{\"after\":[\"", "x", "\"]}]", REQUEST_REFUSED},
    {"{\"pools\":{\"", "x", "\":1},\"jobs\":[]}", REQUEST_READY},
    {"{\"pools\":{\"", "\\u0041", "\":1},\"jobs\":[]}", REQUEST_READY},
    {"{\"pools\":{\"", "\xe2\x80\xa8", "\":1},\"jobs\":[]}", REQUEST_READY},
    {"[{\"pool\":\"", "x", "\"}]", REQUEST_REFUSED},
    {"[{\"steps\":[{\"compute\":1,\"pool\":\"", "\\u0041", "\"}]}]", REQUEST_REFUSED},
    {"[{\"wait\":\"", "x", "\"}]", REQUEST_REFUSED},
    {"[{\"", "x", "\":1}]", REQUEST_REFUSED},
};

#define FED_BYTES 65536
#define GROWTH_BYTES                                                                               \
    (600u << 10) /* a piece kept by the lexer, and steps of 256 KiB of both kinds */
#define LONG_BYTES (4u << 20)

static char *make_long(const char *head, const char *filling, const char *tail, size_t *len)
{
    size_t unit = strlen(filling), n = LONG_BYTES / unit;
    char *text = malloc(strlen(head) + n * unit + strlen(tail) + 1), *at = text;

    ck_assert_ptr_nonnull(text);
    at = stpcpy(at, head);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, filling);
    at = stpcpy(at, tail);
    *len = (size_t)(at - text);
    return text;
}

/* No call keeps more than a few pieces more than the one before. */
START_TEST(a_long_string_is_kept_in_steps)
{
    enum request_result result = REQUEST_MORE;
    size_t len, at = 0, held = 0;
    char *text = make_long(long_ones[_i].head, long_ones[_i].filling, long_ones[_i].tail, &len);

    while (result == REQUEST_MORE || result == REQUEST_BUSY) {
        size_t now;

        if (result == REQUEST_MORE) {
            size_t piece = len - at < FED_BYTES ? len - at : FED_BYTES;

            ck_assert_uint_gt(piece, 0);
            request_feed(reader, text + at, piece);
            at += piece;
        }
        result = request_read(reader, 64, &request, &fault);
        now = request_held(reader);
        ck_assert_msg(now <= held + GROWTH_BYTES, "%zu bytes more", now - held);
        held = now;
    }
    ck_assert_int_eq(result, long_ones[_i].result);
    plan_free(request.plan);
    free(text);
}
END_TEST

/* A string or a key that goes in steps, once with others before and behind it. */
START_TEST(long_strings_within_data_are_whole)
{
    static const char *const fillings[] = {"x", "\xc3\xa9", "\\u0041\\n"};
    static const struct {
        const char *head, *tail, *read_head, *read_tail;
    } parts[] = {
        {"[ 1, \"", "\" , \"b\" ]", "[1,\"", "\",\"b\"]"},
        {"{ \"a\" : \"", "\", \"c\":2}", "{\"a\":\"", "\",\"c\":2}"},
        {"{\"a\":[], \"", "\" : [ ] }", "{\"a\":[],\"", "\":[]}"},
    };

    for (size_t i = 0; i < N(parts); i++) {
        enum request_result result;
        unsigned calls = 0;
        size_t len, expected_len, got_len;
        char head[64], tail[64], *text, *expected;
        struct job_spec job;
        const char *got;

        sprintf(head, "[{\"data\":%s", parts[i].head);
        sprintf(tail, "%s}]", parts[i].tail);
        text = make_long(head, fillings[_i], tail, &len);
        expected = make_long(parts[i].read_head, fillings[_i], parts[i].read_tail, &expected_len);
        request_feed(reader, text, len);
        while ((result = request_read(reader, 64, &request, &fault)) == REQUEST_BUSY)
            calls++;
        ck_assert_int_eq(result, REQUEST_READY);
        ck_assert_uint_ge(calls, LONG_BYTES / (256 << 10));
        plan_job(request.plan, 0, &job);
        got = plan_text(request.plan, job.data, &got_len);
        ck_assert_uint_eq(got_len, expected_len);
        ck_assert_int_eq(memcmp(got, expected, got_len), 0);
        plan_free(request.plan);
        ck_assert_int_eq(read_text(NULL), REQUEST_MORE); /* the piece is passed */
        free(expected);
        free(text);
    }
}
END_TEST

/* Reads on, and asserts that the request is refused for that, at that path, with that id. */
static void refused_at(const char *text, enum fault_code code, const char *path, const char *id)
{
    ck_assert_int_eq(read_text(text), REQUEST_REFUSED);
    ck_assert_int_eq(fault.code, code);
    ck_assert_str_eq(fault.path, path);
    ck_assert_uint_eq(request.id->len, strlen(id));
    ck_assert_mem_eq(request.id->text, id, strlen(id));
}

START_TEST(a_request_under_way_can_be_refused)
{
    request_refuse(reader, FAULT_OVERLOADED, "not now");
    ck_assert_int_eq(read_text("{\"jobs\":[{\"name\":\"a"), REQUEST_MORE);
    request_refuse(reader, FAULT_OVERLOADED, "try again later");
    ck_assert_uint_eq(request_jobs(reader), 0);
    refused_at("bc\"},{\"wait\":-1}],\"id\":4}{\"op\":\"ping\"}", FAULT_OVERLOADED, "", "4");
    ck_assert_str_eq(fault.message, "try again later");
    ck_assert_int_eq(read_text(NULL), REQUEST_READY);
    ck_assert_int_eq(request.op, REQUEST_PING);
    ck_assert_ptr_null(request.id);
}
END_TEST

START_TEST(the_id_is_found_when_it_is_what_comes_next)
{
    ck_assert_int_eq(read_text("{\"id\" : "), REQUEST_MORE);
    request_refuse(reader, FAULT_OVERLOADED, "later");
    refused_at("\"it\"}", FAULT_OVERLOADED, "", "\"it\"");
}
END_TEST

START_TEST(a_refusal_from_outside_does_not_hide_an_earlier_fault)
{
    ck_assert_int_eq(read_text("{\"x\":1,\"id"), REQUEST_MORE);
    request_refuse(reader, FAULT_SHUTTING_DOWN, "later");
    refused_at("\":\"i\"}", FAULT_INVALID_REQUEST, "x", "\"i\"");
}
END_TEST

START_TEST(a_request_can_be_refused_while_its_plan_is_completed)
{
    enum request_result result;
    char text[4000] = "[{\"name\":\"a\"}";
    for (int i = 0; i < 100; i++)
        strcat(text, ",{\"after\":\"a\",\"count\":2}");
    strcat(text, "]");
    request_feed(reader, text, strlen(text));
    do
        result = request_read(reader, 1, &request, &fault);
    while (result == REQUEST_BUSY && request_rest(reader) > 0);
    ck_assert_int_eq(result, REQUEST_BUSY);
    ck_assert(request_is_open(reader));
    request_refuse(reader, FAULT_SHUTTING_DOWN, "stopping");
    ck_assert_int_eq(request_read(reader, 1, &request, &fault), REQUEST_REFUSED);
    ck_assert_int_eq(fault.code, FAULT_SHUTTING_DOWN);
    ck_assert_int_eq(read_text("[]"), REQUEST_READY);
    plan_free(request.plan);
}
END_TEST

START_TEST(limits_change_from_the_next_request_on)
{
    struct request_limits small = reading_limits;
    small.plan.max_jobs = 1;
    small.max_depth = 3;
    ck_assert_int_eq(read_text("[{},"), REQUEST_MORE);
    request_reader_limit(reader, &small);
    ck_assert_int_eq(read_text("{\"data\":[[[]]]}][{},{}][{\"data\":[[]]}]"), REQUEST_READY);
    ck_assert_uint_eq(plan_n_jobs(request.plan), 2);
    plan_free(request.plan);
    ck_assert_int_eq(read_text(NULL), REQUEST_REFUSED);
    ck_assert_int_eq(fault.code, FAULT_TOO_LARGE);
    ck_assert_int_eq(read_text(NULL), REQUEST_BROKEN);
    ck_assert_int_eq(fault.code, FAULT_TOO_LARGE);
}
END_TEST

/* Another one reads on, and counts bytes and lines from there. */
START_TEST(a_reader_that_waits_for_the_next_request_can_be_replaced)
{
    struct lexer_place place;

    ck_assert(request_reader_rests(reader, &place));
    ck_assert_int_eq(read_text("[]\n["), REQUEST_READY);
    ck_assert(!request_reader_rests(reader, &place));
    plan_free(request.plan);
    ck_assert_int_eq(read_text(NULL), REQUEST_MORE);
    ck_assert(!request_reader_rests(reader, &place));
    ck_assert_int_eq(read_text("]\n \n "), REQUEST_READY);
    plan_free(request.plan);
    ck_assert_int_eq(read_text(NULL), REQUEST_MORE);
    ck_assert(request_reader_rests(reader, &place));
    tear_down();
    set_up();
    request_reader_continue(reader, &place);
    ck_assert_int_eq(read_text(" [1,]"), REQUEST_BROKEN);
    ck_assert_uint_eq(fault.offset, 13);
    ck_assert_ptr_nonnull(strstr(fault.message, "at line 4, column 6 (byte 14 of it)"));
}
END_TEST

START_TEST(nothing_comes_after_what_is_not_json)
{
    ck_assert_int_eq(read_text("[1,]"), REQUEST_BROKEN);
    ck_assert_int_eq(read_text("[]"), REQUEST_BROKEN);
    ck_assert_int_eq(fault.code, FAULT_BAD_JSON);
    ck_assert(!request_is_open(reader));
    request_refuse(reader, FAULT_OVERLOADED, "not heard");
    ck_assert_int_eq(request_read(reader, 0, &request, &fault), REQUEST_BROKEN);
    ck_assert_int_eq(fault.code, FAULT_BAD_JSON);
}
END_TEST

START_TEST(a_long_id_is_returned)
{
    char text[20100];
    int head = sprintf(text, "{\"op\":\"ping\",\"id\":\"");
    memset(text + head, 'i', 20000);
    strcpy(text + head + 20000, "\"}");
    ck_assert_int_eq(read_text(text), REQUEST_READY);
    ck_assert_uint_eq(request.id->len, 20002);
    ck_assert_int_eq(read_text(NULL), REQUEST_MORE);
    ck_assert_uint_lt(request_held(reader), 4096);
}
END_TEST

START_TEST(reading_gives_way_when_its_budget_is_spent)
{
    size_t calls = 0, n = 1000, len = 0;
    char *text = malloc(n * 12 + 2);
    text[len++] = '[';
    for (size_t i = 0; i < n; i++)
        len += (size_t)sprintf(text + len, "%s{\"wait\":1}", i > 0 ? "," : "");
    text[len++] = ']';
    request_feed(reader, text, len);
    while (request_read(reader, 10, &request, &fault) == REQUEST_BUSY)
        calls++;
    ck_assert_uint_gt(calls, n / 40);
    ck_assert_uint_lt(calls, n / 5);
    ck_assert_uint_eq(plan_n_jobs(request.plan), n);
    plan_free(request.plan);
    free(text);
}
END_TEST

START_TEST(a_refused_request_of_64_mib_takes_no_memory)
{
    enum { PIECE = 65536 };
    char *piece = malloc(PIECE);
    memset(piece, 'x', PIECE);
    ck_assert_int_eq(read_text("{\"jobs\":[{\"unknown\":\""), REQUEST_MORE);
    for (int i = 0; i < 1000; i++) {
        request_feed(reader, piece, PIECE);
        ck_assert_int_eq(request_read(reader, 1000, &request, &fault), REQUEST_MORE);
        ck_assert_uint_lt(request_held(reader), 4096);
    }
    ck_assert_int_eq(read_text("\"}],\"id\":9}"), REQUEST_REFUSED);
    ck_assert_str_eq(fault.path, "jobs[0].unknown");
    ck_assert_mem_eq(request.id->text, "9", 1);
    free(piece);
}
END_TEST

START_TEST(an_end_lets_go_of_what_was_read)
{
    enum { LONG = 100000 };
    char *name = calloc(1, LONG + 1);
    memset(name, 'n', LONG);
    ck_assert_int_eq(read_text("[{\"name\":\"\\u0061"), REQUEST_MORE);
    ck_assert_int_eq(read_text(name), REQUEST_MORE);
    ck_assert_int_eq(read_text("\"},{\"name\":\""), REQUEST_MORE);
    ck_assert_int_eq(read_text(name), REQUEST_MORE);
    ck_assert_uint_gt(request_held(reader), 2 * LONG);
    request_end(reader);
    ck_assert_uint_lt(request_held(reader), 4096);
    ck_assert_uint_eq(request_jobs(reader), 0);
    tear_down();
    set_up();
    ck_assert_int_eq(read_text("\""), REQUEST_MORE);
    ck_assert_int_eq(read_text(name), REQUEST_MORE);
    ck_assert_uint_gt(request_held(reader), LONG);
    request_end(reader);
    ck_assert_uint_lt(request_held(reader), 4096);
    free(name);
}
END_TEST

START_TEST(a_reader_may_be_given_up_anywhere)
{
    static const char text[] = "{\"id\":\"abc\",\"jobs\":[{\"name\":\"\\u0061\",\"data\":{\"a\":[1,"
                               "\"text\"]},\"steps\":[{\"wait\":{\"dist\":\"trace\",\"values\":[1,"
                               "2]},\"note\":\"n\"}],\"after\":[\"a\",\"b\"]}]}";
    tear_down();
    for (size_t len = 0; len <= strlen(text); len++) {
        set_up();
        request_feed(reader, text, len);
        request_read(reader, 1000, &request, &fault);
        if (len % 2 == 0) {
            request_end(reader);
            ck_assert(!request_is_open(reader));
            ck_assert_int_eq(read_text("[]"), REQUEST_BROKEN);
        }
        tear_down();
    }
    reader = NULL; /* which may be freed as well */
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test order[] = {
        {every_operation_is_read, 1},
        {requests_follow_each_other, 1},
        {the_options_of_a_batch_are_read_in_any_order, 1},
        {a_job_has_all_its_members, 1},
        {steps_have_notes_and_laws, 1},
        {defaults_are_taken_by_jobs_that_set_none_of_their_own, 1},
        {names_are_found_by_what_they_say, 1},
        {data_is_kept_less_the_blanks_between_its_tokens, 1},
        {a_refusal_says_the_id, 1},
    };
    const struct check_test driving[] = {
        {jobs_are_counted_as_they_close, 1},
        {a_long_string_is_kept_in_steps, N(long_ones)},
        {long_strings_within_data_are_whole, 3},
        {a_request_under_way_can_be_refused, 1},
        {the_id_is_found_when_it_is_what_comes_next, 1},
        {a_refusal_from_outside_does_not_hide_an_earlier_fault, 1},
        {a_request_can_be_refused_while_its_plan_is_completed, 1},
        {limits_change_from_the_next_request_on, 1},
        {a_reader_that_waits_for_the_next_request_can_be_replaced, 1},
        {nothing_comes_after_what_is_not_json, 1},
        {a_long_id_is_returned, 1},
        {reading_gives_way_when_its_budget_is_spent, 1},
        {a_refused_request_of_64_mib_takes_no_memory, 1},
        {an_end_lets_go_of_what_was_read, 1},
        {a_reader_may_be_given_up_anywhere, 1},
    };
    Suite *suite = suite_create("request");

    check_case(suite, "in order", NULL, NULL, order, N(order));
    check_case(suite, "driving", set_up, tear_down, driving, N(driving));
    return suite;
}
