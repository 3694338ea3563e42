/* SPDX-License-Identifier: ISC */
#include "proto/event_reader.h"

#include <stdio.h>
#include <string.h>

#include "proto/event.h"
#include "proto/event_scan.h"
#include "tests/support/check.h"

static struct event_reader *reader;
static struct event_read event;

static void set_up(void)
{
    reader = event_reader_new();
    ck_assert_ptr_nonnull(reader);
}

static void tear_down(void)
{
    event_reader_free(reader);
}

static void read_line(const char *line)
{
    ck_assert_msg(event_reader_read(reader, line, strlen(line), &event) == 0, "%s", line);
}

#define ck_assert_text(string, expected)                                                           \
    ck_assert_msg(event_reader_is(string, expected), "%.*s is not %s", (int)(string).len,          \
                  (string).text != NULL ? (string).text : "(none)", expected)

START_TEST(a_done_line_is_read)
{
    read_line("{\"event\":\"done\",\"batch\":18446744073709551615,\"job\":7,\"name\":\"A\\u00e9\","
              "\"status\":\"ok\",\"at\":3.000000001,\"due\":3,\"attempts\":2,\"data\":[1]}\n");
    ck_assert_int_eq(event.kind, EVENT_DONE);
    ck_assert_uint_eq(event.batch, UINT64_MAX);
    ck_assert_uint_eq(event.job, 7);
    ck_assert_text(event.name, "A\xc3\xa9");
    ck_assert_text(event.status, "ok");
    ck_assert_int_eq(event.at_ns, 3000000001);
    ck_assert(event.has_due);
    ck_assert_int_eq(event.due_ns, 3000000000);
    ck_assert_uint_eq(event.attempts, 2);
    ck_assert_text(event.data, "[1]");
}
END_TEST

START_TEST(what_is_absent_is_zero)
{
    read_line("{\"event\":\"done\",\"name\":\"x\",\"data\":1,\"due\":1,\"job\":3}");
    read_line("{\"event\":\"done\"}");
    ck_assert_ptr_null(event.name.text);
    ck_assert_ptr_null(event.data.text);
    ck_assert_uint_eq(event.job, 0);
    ck_assert(!event.has_due);
}
END_TEST

static const struct {
    const char *text;
    int64_t ns;
} times[] = {
    {"0", 0},
    {"0.1", 100000000},
    {"9007199.254740993", 9007199254740993}, /* 2^53 + 1: no double has it */
    {"9223372036.854775807", INT64_MAX},
    {"9223372036.854775808", INT64_MAX},
    {"1e400", INT64_MAX},
    {"0.0000000004", 0},
};

START_TEST(times_are_exact)
{
    char line[128];

    snprintf(line, sizeof line, "{\"event\":\"finished\",\"elapsed\":%s}", times[_i].text);
    read_line(line);
    ck_assert_int_eq(event.elapsed_ns, times[_i].ns);
}
END_TEST

static const char *const texts[] = {
    "null",
    "true",
    "false",
    "0",
    "-1.50e+400",
    "123456789012345678901234567890",
    "\"\\ud800\"",
    "\"\"",
    "[]",
    "{}",
    "{\"batch\":9,\"a\":[{\"event\":\"done\"},[[]]],\"name\":\"no\"}",
};

START_TEST(data_is_the_text_that_it_was)
{
    char line[256];

    snprintf(line, sizeof line, "{\"event\":\"done\",\"data\":%s,\"batch\":4}", texts[_i]);
    read_line(line);
    ck_assert_text(event.data, texts[_i]);
    ck_assert_uint_eq(event.batch, 4);
    ck_assert_ptr_null(event.name.text);
}
END_TEST

START_TEST(deep_data_is_read)
{
    enum { DEPTH = 1000 };
    char line[2 * DEPTH + 64] = "{\"event\":\"done\",\"data\":";
    size_t len = strlen(line);

    memset(line + len, '[', DEPTH);
    memset(line + len + DEPTH, ']', DEPTH);
    strcpy(line + len + 2 * DEPTH, ",\"job\":5}");
    read_line(line);
    ck_assert_uint_eq(event.data.len, 2 * DEPTH);
    ck_assert_uint_eq(event.job, 5);
}
END_TEST

START_TEST(what_this_version_does_not_know_is_passed_over)
{
    read_line("{\"event\":\"paused\",\"why\":{\"batch\":1},\"batch\":2,\"job\":\"three\"}");
    ck_assert_int_eq(event.kind, EVENT_UNKNOWN);
    ck_assert_uint_eq(event.batch, 2);
    ck_assert_uint_eq(event.job, 0);
}
END_TEST

static const char *const wrong[] = {
    "",
    "{",
    "[]",
    "1",
    "\"event\"",
    "{\"event\":\"done\"",
    "{\"event\":\"done\"}{",
    "{\"event\":\"done\"}{}",
    "{\"event\":\"done\",}",
    "HTTP/1.1 400 Bad Request",
    "{\"event\":\"\xff\"}",
};

START_TEST(what_is_no_event_is_refused_and_forgotten)
{
    event.batch = 99;
    ck_assert_int_eq(event_reader_read(reader, wrong[_i], strlen(wrong[_i]), &event), -1);
    ck_assert_uint_eq(event.batch, 99);
    read_line("{\"event\":\"pong\",\"protocol\":1}");
    ck_assert_int_eq(event.kind, EVENT_PONG);
    ck_assert_uint_eq(event.protocol, 1);
}
END_TEST

START_TEST(strings_with_escapes_stay_valid_together)
{
    char long_line[4096] = "{\"event\":\"error\",\"message\":\"";
    char *end = long_line + strlen(long_line);

    for (int i = 0; i < 300; i++)
        end = stpcpy(end, "\\u0041\\n");
    strcpy(end, "\",\"path\":\"\\u006a\",\"code\":\"bad_json\"}");
    read_line("{\"event\":\"pong\"}");
    read_line(long_line);
    ck_assert_uint_eq(event.message.len, 600);
    ck_assert_text(event.path, "j");
    ck_assert_text(event.code, "bad_json");
}
END_TEST

static const struct {
    const char *line;
    enum event_kind kind;
} kinds[] = {
    {"{\"event\":\"done\",\"batch\":1}", EVENT_DONE},
    {"{\"event\":\"accepted\"", EVENT_ACCEPTED},
    {"{\"event\":\"started\"", EVENT_STARTED},
    {"{\"event\":\"step\"", EVENT_STEP},
    {"{\"event\":\"retry\"", EVENT_RETRY},
    {"{\"event\":\"finished\"", EVENT_FINISHED},
    {"{\"event\":\"error\"", EVENT_ERROR},
    {"{\"event\":\"pong\"", EVENT_PONG},
    {"{\"event\":\"cancelled\"", EVENT_CANCELLED},
    {"{\"event\":\"stats\"", EVENT_STATS},
    {"{\"event\":\"don\"", EVENT_UNKNOWN},
    {"{\"event\":\"donee\"", EVENT_UNKNOWN},
    {"{\"event\":\"done", EVENT_UNKNOWN},
    {"{\"event\":", EVENT_UNKNOWN},
    {"", EVENT_UNKNOWN},
    {"{\"batch\":1,\"event\":\"done\"}", EVENT_UNKNOWN},
};

START_TEST(the_first_member_says_the_kind)
{
    ck_assert_int_eq(event_reader_kind(kinds[_i].line, strlen(kinds[_i].line)), kinds[_i].kind);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    struct batch_result result = {.status = BATCH_TIMED_OUT,
                                  .counts = {1, 2, 3, 4, 5},
                                  .predicted_ns = 1,
                                  .sequential_ns = 1000000000000000001,
                                  .critical_path_ns = 3};
    char line[EVENT_LINE_MAX + 64];
    struct event_text id = {"\"x\\\"y\"", 6};

    *event_write_finished(line, 8, id, 15, 2000000000000000000, &result) = '\0';
    read_line(line);
    ck_assert_int_eq(event.kind, EVENT_FINISHED);
    ck_assert_text(event.id, "\"x\\\"y\"");
    ck_assert_text(event.status, "timed_out");
    ck_assert_uint_eq(event.jobs, 15);
    ck_assert_uint_eq(event.ok, 1);
    ck_assert_uint_eq(event.failed, 2);
    ck_assert_uint_eq(event.timed_out, 3);
    ck_assert_uint_eq(event.cancelled, 4);
    ck_assert_uint_eq(event.skipped, 5);
    ck_assert_int_eq(event.elapsed_ns, 2000000000000000000);
    ck_assert_int_eq(event.predicted_ns, 1);
    ck_assert_int_eq(event.sequential_ns, 1000000000000000001);
    ck_assert_int_eq(event.critical_path_ns, 3);
    ck_assert_double_eq(event.speedup, 0.5);
}
END_TEST

/* ---- Read in one pass, or token by token ---------------------------------------- */

#define JOB(kind) "{\"event\":\"" kind "\",\"batch\":7,\"job\":12"

/* Lines, and whether they are such as to be read in one pass. */
static const struct {
    const char *line;
    bool is_plain;
} plain[] = {
    {JOB("started") ",\"attempt\":3,\"at\":0}", true},
    {JOB("started") ",\"name\":\"tea\",\"attempt\":1,\"at\":1.000000001}", true},
    {JOB("step") ",\"name\":\"\",\"step\":4,\"kind\":\"wait\",\"duration\":0.25,\"at\":2}", true},
    {JOB("step") ",\"step\":0,\"kind\":\"compute\",\"note\":\"a b\",\"duration\":1,\"at\":2.5}",
     true},
    {JOB("retry") ",\"attempt\":1,\"status\":\"failed\",\"delay\":0.5,\"at\":1,\"due\":1.5}", true},
    {JOB("done") ",\"status\":\"ok\",\"at\":999999999.999999999}", true},
    {JOB("done") ",\"name\":\"x\",\"status\":\"timed_out\",\"at\":1,\"due\":0.5,\"attempts\":2}",
     true},
    {"{\"event\":\"done\",\"batch\":999999999999999999,\"job\":0,\"status\":\"ok\",\"at\":1}",
     true},
    /* Right, but not plain. */
    {JOB("done") ",\"status\":\"ok\",\"at\":1,\"data\":3}", false},
    {JOB("done") ",\"name\":\"\\u00e9\",\"status\":\"ok\",\"at\":1}", false},
    {JOB("done") ",\"name\":\"\xc3\xa9\",\"status\":\"ok\",\"at\":1}", false},
    {JOB("done") ",\"at\":1,\"status\":\"ok\"}", false},
    {JOB("done") ", \"status\":\"ok\",\"at\":1}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1000000000}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1e0}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":0.1234567891}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1,\"attempts\":99999999999999999999}", false},
    {JOB("done") ",\"status\":null,\"at\":-1}", false},
    {JOB("done") "}", false},
    {"{\"event\":\"done\",\"batch\":1.0,\"job\":0,\"status\":\"ok\",\"at\":1}", false},
    {"{\"event\":\"finished\",\"batch\":1}", false},
    /* Wrong. */
    {JOB("done") ",\"status\":\"ok\",\"at\":01}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1.}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1}}", false},
    {JOB("done") ",\"status\":\"ok\",\"at\":1", false},
    {JOB("done") ",\"status\":\"o\tk\",\"at\":1}", false},
    {"{\"event\":\"done\",\"batch\":01,\"job\":0,\"status\":\"ok\",\"at\":1}", false},
    {"{\"event\":\"done\",\"batch\":,\"job\":0,\"status\":\"ok\",\"at\":1}", false},
};

static void check_same_text(struct event_text a, struct event_text b)
{
    ck_assert((a.text == NULL) == (b.text == NULL));
    ck_assert_uint_eq(a.len, b.len);
    if (a.len > 0)
        ck_assert_mem_eq(a.text, b.text, a.len);
}

START_TEST(one_pass_reads_what_tokens_say)
{
    char line[256], spaced[256];
    struct event_read scanned, read;
    bool is_scanned;
    int result;

    /* A blank behind the bracket is none that the daemon writes. */
    snprintf(line, sizeof line, "%s\n", plain[_i].line);
    snprintf(spaced, sizeof spaced, "{ %s\n", plain[_i].line + 1);
    memset(&scanned, 0xff, sizeof scanned);
    is_scanned = event_scan(line, strlen(line), &scanned);
    ck_assert_int_eq(is_scanned, plain[_i].is_plain);
    ck_assert(!event_scan(spaced, strlen(spaced), &read));
    ck_assert(!event_scan(line, strlen(line) - 1, &read));
    result = event_reader_read(reader, spaced, strlen(spaced), &read);
    if (!is_scanned) {
        ck_assert_int_eq(event_reader_read(reader, line, strlen(line), &scanned), result);
        return;
    }
    ck_assert_int_eq(result, 0);
    check_same_text(scanned.name, read.name);
    check_same_text(scanned.note, read.note);
    check_same_text(scanned.status, read.status);
    check_same_text(scanned.step_kind, read.step_kind);
    scanned.name = scanned.note = scanned.status = scanned.step_kind = (struct event_text){0};
    read.name = read.note = read.status = read.step_kind = (struct event_text){0};
    ck_assert_int_eq(scanned.kind, read.kind);
    ck_assert_uint_eq(scanned.batch, read.batch);
    ck_assert_uint_eq(scanned.job, read.job);
    ck_assert_uint_eq(scanned.step, read.step);
    ck_assert_uint_eq(scanned.attempt, read.attempt);
    ck_assert_uint_eq(scanned.attempts, read.attempts);
    ck_assert_int_eq(scanned.at_ns, read.at_ns);
    ck_assert_int_eq(scanned.due_ns, read.due_ns);
    ck_assert_int_eq(scanned.delay_ns, read.delay_ns);
    ck_assert_int_eq(scanned.duration_ns, read.duration_ns);
    ck_assert_int_eq(scanned.has_due, read.has_due);
    ck_assert_int_eq(scanned.elapsed_ns, 0);
    ck_assert_ptr_null(scanned.data.text);
}
END_TEST

START_TEST(times_of_a_report_are_read_from_their_text)
{
    static const char line[] =
        "{\"event\":\"summary\",\"batch\":3,\"others\":4,\"jobs\":9,\"attempts\":11,\"latency\":"
        "{\"min\":1,\"mean\":1.5,\"p50\":2,\"p90\":3,\"p95\":4,\"p99\":5,\"max\":0.000000006}}";
    struct report_times got;

    ck_assert_int_eq(event_reader_read(reader, line, strlen(line), &event), 0);
    ck_assert_int_eq(event.kind, EVENT_SUMMARY);
    ck_assert_uint_eq(event.others, 4);
    got = event_reader_times(event.latency);
    ck_assert(got.known);
    ck_assert_int_eq(got.mean_ns, 1500000000);
    ck_assert_int_eq(got.p99_ns, INT64_C(5000000000));
    ck_assert_int_eq(got.max_ns, 6);
    ck_assert(!event_reader_times(event.queued).known);
    ck_assert(!event_reader_times((struct event_text){"{\"min\":1}", 9}).known);
    ck_assert(!event_reader_times((struct event_text){"12", 2}).known);
}
END_TEST

START_TEST(elapsed_is_a_time_or_those_of_a_forecast)
{
    static const char forecast[] =
        "{\"event\":\"forecast\",\"runs\":2,\"elapsed\":{\"min\":1,\"mean\":1.5,\"stddev\":1,"
        "\"p50\":1,"
        "\"p90\":2,\"p95\":2,\"p99\":2,\"max\":2},\"sequential\":{\"min\":7}}";
    static const char run[] = "{\"event\":\"run\",\"elapsed\":1.5}";

    ck_assert_int_eq(event_reader_read(reader, forecast, strlen(forecast), &event), 0);
    ck_assert_int_eq(event_reader_times(event.elapsed).mean_ns, 1500000000);
    ck_assert_int_eq(event.elapsed_ns, 0);
    ck_assert_int_eq(event_reader_read(reader, run, strlen(run), &event), 0);
    ck_assert_int_eq(event.elapsed_ns, 1500000000);
    ck_assert_ptr_null(event.elapsed.text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {times_of_a_report_are_read_from_their_text, 1},
        {elapsed_is_a_time_or_those_of_a_forecast, 1},
        {a_done_line_is_read, 1},
        {what_is_absent_is_zero, 1},
        {times_are_exact, N(times)},
        {data_is_the_text_that_it_was, N(texts)},
        {deep_data_is_read, 1},
        {what_this_version_does_not_know_is_passed_over, 1},
        {what_is_no_event_is_refused_and_forgotten, N(wrong)},
        {strings_with_escapes_stay_valid_together, 1},
        {the_first_member_says_the_kind, N(kinds)},
        {what_is_written_is_read_back, 1},
        {one_pass_reads_what_tokens_say, N(plain)},
    };

    return check_suite("event_reader", set_up, tear_down, tests, N(tests));
}
