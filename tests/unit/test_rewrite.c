/* SPDX-License-Identifier: ISC */
#include "client/net/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/plan.h"
#include "tests/support/check.h"

static struct overrides overrides;
static struct bytes out;
static struct bytes levels;
static bool asks_for_all;
static uint64_t requests;
static bool is_between, was_submit;

static void tear_down(void)
{
    overrides_fini(&overrides);
    bytes_fini(&out);
    bytes_fini(&levels);
    asks_for_all = false;
}

/* Rewrites the whole input in pieces of `piece` bytes. */
static enum rewrite_state rewrite(const char *input, size_t len, size_t piece)
{
    struct rewrite *rewriter = rewrite_new(&overrides, asks_for_all ? &levels : NULL);
    enum rewrite_state state = REWRITE_GOING;

    bytes_fini(&out);
    for (size_t at = 0; at < len && state == REWRITE_GOING; at += piece)
        state = rewrite_feed(rewriter, input + at, len - at < piece ? len - at : piece, &out);
    if (state == REWRITE_GOING)
        state = rewrite_finish(rewriter, &out);
    requests = rewrite_requests(rewriter);
    is_between = rewrite_is_between(rewriter);
    was_submit = rewrite_was_submit(rewriter);
    rewrite_free(rewriter);
    bytes_add_char(&out, '\0');
    return state;
}

static void set(enum override which, const char *text)
{
    ck_assert_ptr_null(overrides_set(&overrides, which, text));
}

/* With --mode blocking --seed 7. */
static const struct {
    const char *in, *out;
} rewritten[] = {
    {"{\"jobs\":[]}", "{\"jobs\":[],\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {" { \"jobs\" : [ ] } ", "{\"jobs\":[],\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"[]", "{\"jobs\":[],\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"[{\"wait\":1},{}]", "{\"jobs\":[{\"wait\":1},{}],\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"{\"mode\":\"sequential\",\"jobs\":[{\"mode\":1}],\"seed\":1e400,\"id\":3}",
     "{\"jobs\":[{\"mode\":1}],\"id\":3,\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"{\"m\\u006fde\":{\"a\":[1,{}],\"b\":2},\"jobs\":[]}",
     "{\"jobs\":[],\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"{\"op\":\"submit\",\"mode\":1}", "{\"op\":\"submit\",\"mode\":\"blocking\",\"seed\":7}\n\n"},
    {"{\"seed\":1,\"mode\":2,\"op\":\"submit\"}",
     "{\"op\":\"submit\",\"mode\":\"blocking\",\"seed\":7}\n\n"},
    /* What is no submit stays as it is, less white space. */
    {"{\"op\":\"ping\"}", "{\"op\":\"ping\"}\n\n"},
    {"{}", "{}\n\n"},
    {"{\"mode\":[1,2]}", "{\"mode\":[1,2]}\n\n"},
    {"{\"mode\":1,\"op\":\"ping\",\"seed\":{\"x\":[]}}",
     "{\"op\":\"ping\",\"mode\":1,\"seed\":{\"x\":[]}}\n\n"},
    {"{\"op\":\"cancel\",\"jobs\":1,\"batch\":2}",
     "{\"op\":\"cancel\",\"jobs\":1,\"batch\":2}\n\n"},
    {"{\"op\":1,\"jobs\":[]}", "{\"op\":1,\"jobs\":[]}\n\n"},
    {"12 null\"x\"", "12\nnull\n\"x\"\n\n"},
    /* Digits and escapes stay. */
    {"{\"jobs\":[{\"data\":[1.50, -0e-400, 123456789012345678901, \"\\ud800\\/\", true, false, "
     "null, {\"a\":[ ], \"b\":{ }}]}]}",
     "{\"jobs\":[{\"data\":[1.50,-0e-400,123456789012345678901,\"\\ud800\\/\",true,false,null,"
     "{\"a\":[],\"b\":{}}]}],\"mode\":\"blocking\",\"seed\":7}\n\n"},
};

START_TEST(a_flag_replaces_a_member_in_any_chunking)
{
    size_t len = strlen(rewritten[_i].in);

    set(OVERRIDE_MODE, "blocking");
    set(OVERRIDE_SEED, "7");
    for (size_t piece = 1; piece <= len; piece++) {
        ck_assert_int_eq(rewrite(rewritten[_i].in, len, piece), REWRITE_GOING);
        ck_assert_str_eq(bytes_at(&out), rewritten[_i].out);
        ck_assert(is_between);
    }
}
END_TEST

/* With --runs 9, as forecast sends them: each is made a forecast, and `id` left out. */
static const struct {
    const char *in, *out;
} made_forecasts[] = {
    {"[]", "{\"jobs\":[],\"runs\":9,\"op\":\"forecast\"}\n\n"},
    {"{\"id\":{\"id\":[1]},\"jobs\":[]}", "{\"jobs\":[],\"runs\":9,\"op\":\"forecast\"}\n\n"},
    {"{\"op\":\"submit\",\"jobs\":[{\"id\":1}],\"id\":1}",
     "{\"jobs\":[{\"id\":1}],\"runs\":9,\"op\":\"forecast\"}\n\n"},
    {"{\"op\":\"forec\\u0061st\",\"runs\":[5],\"jobs\":[]}",
     "{\"jobs\":[],\"runs\":9,\"op\":\"forecast\"}\n\n"},
    {"{\"op\":\"ping\",\"id\":1}", "{\"op\":\"ping\",\"id\":1}\n\n"},
};

START_TEST(a_batch_is_made_a_forecast)
{
    size_t len = strlen(made_forecasts[_i].in);

    set(OVERRIDE_OP, "forecast");
    set(OVERRIDE_RUNS, "9");
    ck_assert_int_eq(overrides_leave_out(&overrides, OVERRIDE_ID), 0);
    for (size_t piece = 1; piece <= len; piece++) {
        ck_assert_int_eq(rewrite(made_forecasts[_i].in, len, piece), REWRITE_GOING);
        ck_assert_str_eq(bytes_at(&out), made_forecasts[_i].out);
    }
}
END_TEST

START_TEST(a_forecast_is_left_alone_by_other_flags)
{
    static const char forecast[] = "{\"op\":\"forecast\",\"runs\":5,\"jobs\":[]}";

    set(OVERRIDE_SEED, "7");
    ck_assert_int_eq(rewrite(forecast, strlen(forecast), 1), REWRITE_GOING);
    ck_assert_str_eq(bytes_at(&out), "{\"op\":\"forecast\",\"runs\":5,\"jobs\":[]}\n\n");
}
END_TEST

START_TEST(without_flags_bytes_go_through)
{
    static const char input[] = " { \"jobs\" : [ { \"wait\" : 1.0 } ] } \n\t[]";

    ck_assert_int_eq(rewrite(input, strlen(input), 3), REWRITE_GOING);
    ck_assert_str_eq(bytes_at(&out), " { \"jobs\" : [ { \"wait\" : 1.0 } ] } \n\t[]\n");
    ck_assert_uint_eq(requests, 2);
}
END_TEST

static const struct {
    const char *input;
    uint64_t requests;
    bool was_submit;
} counted[] = {
    {"", 0, false},
    {"  \n", 0, false},
    {"{}", 1, false},
    {"[]{\"op\":\"ping\"}", 2, false},
    {"{\"op\":\"ping\"}[]", 2, true},
    {"{\"op\":\"submit\"}", 1, true},
    {"{\"jobs\":[{\"op\":\"quit\"}]}", 1, true},
    {"1 2", 2, false},
};

START_TEST(requests_are_counted)
{
    if (_i % 2 == 1)
        set(OVERRIDE_MODE, "blocking");
    for (size_t i = 0; i < N(counted); i++) {
        ck_assert_int_eq(rewrite(counted[i].input, strlen(counted[i].input), 1), REWRITE_GOING);
        ck_assert_uint_eq(requests, counted[i].requests);
        ck_assert(was_submit == counted[i].was_submit);
    }
}
END_TEST

START_TEST(quit_ends_it_and_is_not_answered)
{
    static const char input[] = "{\"op\":\"ping\"}{\"op\":\"qu\\u0069t\"}{\"op\":\"ping\"}";

    if (_i == 1)
        set(OVERRIDE_MODE, "blocking");
    ck_assert_int_eq(rewrite(input, strlen(input), 1), REWRITE_QUIT);
    ck_assert_uint_eq(requests, 1);
}
END_TEST

/* What reaches the daemon is as wrong as what was there. */
static const struct {
    const char *in, *out;
} broken[] = {
    {"{\"jobs\":[1 2", "{\"jobs\":[1 2"},
    {"{\"mode\":\"x\",\"jobs\":[tru", "{\"jobs\":[tru"},
    {"{\"jobs\":[\"\\u12\"]}", "{\"jobs\":[\"\\u12\"]}"},
    {"{\"jobs\":[\"a\xff\"]}", "{\"jobs\":[\"a\xff\"]}"},
    {"{\"jobs\":[]", "{\"jobs\":[]"},
    {"{\"jobs\":[1.", "{\"jobs\":[1."},
    /* Right behind a member's name. */
    {"{\"jobs\":nul}", "{\"jobs\":nul}"},
    {"{\"jobs\":[{\"name\":\"a\xff\"}]}", "{\"jobs\":[{\"name\":\"a\xff\"}]}"},
    {"{\"jobs\":[{\"wait\":1.}]}", "{\"jobs\":[{\"wait\":1.}]}"},
    {"{\"jobs\" 1}", "{\"jobs\" 1}"},
    /* Within a member that a flag replaces. */
    {"{\"mode\":nul}", "{\"mode\":nul}"},
    {"{\"mode\":[1,tru}", "{\"mode\":[1,tru}"},
    {"{\"jobs\":[],\"mode\":{\"a\":1.}}", "{\"jobs\":[],\"mode\":{\"a\":1.}}"},
    {"{\"mode\":1,\"jobs\":[],\"mode\":x}", "{\"jobs\":[],\"mode\":1,\"mode\":x}"},
    /* Right behind one: without it the rest might be a request. */
    {"{\"mode\":1 \"jobs\":[]}", "{\"mode\":1 \"jobs\":[]}"},
    {"{\"mode\":[1,[]]\"jobs\":[]}", "{\"mode\":[1,[]]\"jobs\":[]}"},
    {"{\"jobs\":[],\"mode\":1 2}", "{\"jobs\":[],\"mode\":1 2}"},
    {"{\"jobs\":[],\"mode\":1", "{\"jobs\":[],\"mode\":1"},
    {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
};

START_TEST(what_is_no_json_is_sent_for_the_daemon_to_refuse)
{
    const char *expected = broken[_i].out;
    size_t len = strlen(broken[_i].in);

    set(OVERRIDE_MODE, "blocking");
    for (size_t piece = 1; piece <= len; piece++) {
        ck_assert_int_eq(rewrite(broken[_i].in, len, piece), REWRITE_BROKEN);
        ck_assert(!is_between);
        /* What stands behind the fault need not be sent. */
        ck_assert_uint_gt(bytes_len(&out), 1);
        ck_assert_msg(strncmp(bytes_at(&out), expected, bytes_len(&out) - 1) == 0, "%s (%zu)",
                      bytes_at(&out), piece);
    }
}
END_TEST

START_TEST(a_huge_number_of_requests_takes_no_memory)
{
    struct rewrite *rewriter = rewrite_new(&overrides, NULL);
    size_t most = 0;

    for (int i = 0; i < 100000; i++) {
        rewrite_feed(rewriter, "[{\"wait\":1}]", 12, &out);
        bytes_consume(&out, bytes_len(&out));
        most = out.room > most ? out.room : most;
    }
    ck_assert_uint_eq(rewrite_requests(rewriter), 100000);
    ck_assert_uint_le(most, 4096);
    rewrite_free(rewriter);
}
END_TEST

/* What is sent for all events to be written, and what the user asked for. */
static const struct {
    const char *in, *out;
    enum plan_events asked;
} raised[] = {
    {"{\"jobs\":[]}", "{\"jobs\":[],\"events\":\"all\"}\n\n", PLAN_EVENTS_DONE},
    {"[ ]", "{\"jobs\":[],\"events\":\"all\"}\n\n", PLAN_EVENTS_DONE},
    {"{\"op\":\"submit\"}", "{\"op\":\"submit\",\"events\":\"all\"}\n\n", PLAN_EVENTS_DONE},
    {"{\"events\":\"none\",\"jobs\":[]}", "{\"events\":\"all\",\"jobs\":[]}\n\n", PLAN_EVENTS_NONE},
    {"{\"jobs\":[],\"events\":\"d\\u006fne\"}", "{\"jobs\":[],\"events\":\"all\"}\n\n",
     PLAN_EVENTS_DONE},
    {"{\"jobs\":[],\"events\":\"all\"}", "{\"jobs\":[],\"events\":\"all\"}\n\n", PLAN_EVENTS_ALL},
    /* What is wrong stays wrong, where it is. */
    {"{\"jobs\":[],\"events\":\"al\"}", "{\"jobs\":[],\"events\":\"al\"}\n\n", PLAN_EVENTS_DONE},
    {"{\"jobs\":[],\"events\":[\"none\"]}", "{\"jobs\":[],\"events\":[\"none\"]}\n\n",
     PLAN_EVENTS_DONE},
    {"{\"jobs\":[],\"events\":{\"events\":\"none\"}}",
     "{\"jobs\":[],\"events\":{\"events\":\"none\"}}\n\n", PLAN_EVENTS_DONE},
    {"{\"jobs\":[{\"events\":\"none\"}]}",
     "{\"jobs\":[{\"events\":\"none\"}],\"events\":\"all\"}\n\n", PLAN_EVENTS_DONE},
    {"{\"op\":\"ping\"}", "{\"op\":\"ping\"}\n\n", PLAN_EVENTS_DONE},
};

START_TEST(all_events_are_asked_for_and_what_was_asked_is_known)
{
    size_t len = strlen(raised[_i].in);

    asks_for_all = true;
    for (size_t piece = 1; piece <= len; piece++) {
        ck_assert_int_eq(rewrite(raised[_i].in, len, piece), REWRITE_GOING);
        ck_assert_str_eq(bytes_at(&out), raised[_i].out);
        ck_assert_uint_eq(bytes_len(&levels), 1);
        ck_assert_int_eq(*bytes_at(&levels), (char)raised[_i].asked);
        bytes_consume(&levels, 1);
    }
}
END_TEST

START_TEST(what_a_flag_asks_for_prevails)
{
    static const char input[] = "{\"events\":\"none\",\"jobs\":[]}[]";

    asks_for_all = true;
    set(OVERRIDE_EVENTS, "done");
    set(OVERRIDE_SEED, "7");
    ck_assert_int_eq(rewrite(input, strlen(input), 5), REWRITE_GOING);
    ck_assert_str_eq(bytes_at(&out), "{\"jobs\":[],\"seed\":7,\"events\":\"all\"}\n"
                                     "{\"jobs\":[],\"seed\":7,\"events\":\"all\"}\n\n");
    ck_assert_uint_eq(bytes_len(&levels), 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(bytes_at(&levels)[i], PLAN_EVENTS_DONE);
}
END_TEST

START_TEST(a_request_that_is_not_answered_has_no_level)
{
    static const char input[] = "[] {\"op\":\"ping\"} {\"op\":\"quit\"} []";

    asks_for_all = true;
    ck_assert_int_eq(rewrite(input, strlen(input), 5), REWRITE_QUIT);
    ck_assert_uint_eq(bytes_len(&levels), 2);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_flag_replaces_a_member_in_any_chunking, N(rewritten)},
        {a_batch_is_made_a_forecast, N(made_forecasts)},
        {a_forecast_is_left_alone_by_other_flags, 1},
        {without_flags_bytes_go_through, 1},
        {all_events_are_asked_for_and_what_was_asked_is_known, N(raised)},
        {what_a_flag_asks_for_prevails, 1},
        {a_request_that_is_not_answered_has_no_level, 1},
        {requests_are_counted, 2},
        {quit_ends_it_and_is_not_answered, 2},
        {what_is_no_json_is_sent_for_the_daemon_to_refuse, N(broken)},
        {a_huge_number_of_requests_takes_no_memory, 1},
    };

    return check_suite("rewrite", NULL, tear_down, tests, N(tests));
}
