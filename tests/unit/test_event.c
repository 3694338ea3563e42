/* SPDX-License-Identifier: ISC */
#include "proto/event.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

static const struct event_text none;
static char line[EVENT_LINE_MAX + 4096];

/* Ends the line and checks what holds for every event: one line, `event`
 * first, and JSON as another library reads it. */
static const char *check_line(char *end)
{
    json_error_t error;
    json_t *event;

    *end = '\0';
    ck_assert_ptr_eq(strchr(line, '\n'), end - 1);
    end[-1] = '\0';
    ck_assert_int_eq(strncmp(line, "{\"event\":\"", 10), 0);
    event = json_loads(line, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    ck_assert_msg(event != NULL, "%s: %s", error.text, line);
    json_decref(event);
    return line;
}

START_TEST(accepted_says_the_batch_and_who_runs_it)
{
    const int64_t seed = INT64_MIN, time_ns = INT64_C(951868799000000005);
    const struct event_accepted everything = {.batch = 7,
                                              .id = event_text_of("\"a\\n\""),
                                              .seed = &seed,
                                              .time_ns = &time_ns,
                                              .instance = "0123456789abcdef"};

    ck_assert_str_eq(
        check_line(event_write_accepted(
            line,
            &(struct event_accepted){.batch = 7, .jobs = 10, .instance = "0123456789abcdef"})),
        "{\"event\":\"accepted\",\"batch\":7,\"jobs\":10,"
        "\"instance\":\"0123456789abcdef\"}");
    ck_assert_str_eq(
        check_line(event_write_accepted(line, &everything)),
        "{\"event\":\"accepted\",\"batch\":7,\"id\":\"a\\n\",\"jobs\":0,\"seed\":-"
        "9223372036854775808,"
        "\"time\":\"2000-02-29T23:59:59.000000005Z\",\"instance\":\"0123456789abcdef\"}");
}
END_TEST

static const char *occurrence(struct event_job job, struct occurrence o)
{
    return check_line(event_write_occurrence(line, &job, &o));
}

START_TEST(started_counts_attempts)
{
    ck_assert_str_eq(occurrence((struct event_job){.batch = 1, .name = event_text_of("\"x\"")},
                                (struct occurrence){.kind = OCCURRED_STARTED, .ordinal = 2}),
                     "{\"event\":\"started\",\"batch\":1,\"job\":0,\"name\":\"x\","
                     "\"attempt\":2,\"at\":0}");
}
END_TEST

START_TEST(step_says_kind_note_and_duration)
{
    struct event_job job = {.batch = 1, .at_ns = 1, .note = event_text_of("\"0+1\"")};
    struct occurrence o = {.kind = OCCURRED_STEP,
                           .job = 9,
                           .ordinal = 3,
                           .step_kind = STEP_WAIT,
                           .span_ns = 1500000000};

    ck_assert_str_eq(occurrence(job, o),
                     "{\"event\":\"step\",\"batch\":1,\"job\":9,\"step\":3,\"kind\":\"wait\","
                     "\"note\":\"0+1\",\"duration\":1.5,\"at\":0.000000001}");
    job.note = none;
    o.step_kind = STEP_COMPUTE;
    ck_assert_str_eq(occurrence(job, o),
                     "{\"event\":\"step\",\"batch\":1,\"job\":9,\"step\":3,\"kind\":\"compute\","
                     "\"duration\":1.5,\"at\":0.000000001}");
}
END_TEST

START_TEST(retry_is_due_when_the_next_attempt_starts)
{
    struct event_job job = {.batch = 1, .at_ns = 1000000001, .with_due = true};
    struct occurrence o = {.kind = OCCURRED_RETRY,
                           .ordinal = 1,
                           .status = JOB_TIMED_OUT,
                           .due_ns = 1000000000,
                           .span_ns = 3000000000};

    ck_assert_str_eq(occurrence(job, o),
                     "{\"event\":\"retry\",\"batch\":1,\"job\":0,\"attempt\":1,"
                     "\"status\":\"timed_out\",\"delay\":3,\"at\":1.000000001,\"due\":4}");
    o.span_ns = INT64_MAX;
    ck_assert_ptr_nonnull(strstr(occurrence(job, o), "\"due\":9223372036.854775807}"));
}
END_TEST

START_TEST(done_has_due_attempts_and_data_where_there_are_any)
{
    struct event_job job = {.batch = UINT64_MAX, .at_ns = INT64_MAX};
    struct occurrence o = {.kind = OCCURRED_DONE, .job = UINT32_MAX, .due_ns = 5, .ordinal = 1};

    ck_assert_str_eq(occurrence(job, o),
                     "{\"event\":\"done\",\"batch\":18446744073709551615,\"job\":4294967295,"
                     "\"status\":\"ok\",\"at\":9223372036.854775807}");
    job.with_due = true;
    job.data = event_text_of("{\"k\":[1,2.50]}");
    o.ordinal = 2;
    o.status = JOB_SKIPPED;
    o.cause = 7;
    ck_assert_str_eq(occurrence(job, o),
                     "{\"event\":\"done\",\"batch\":18446744073709551615,\"job\":4294967295,"
                     "\"status\":\"skipped\",\"at\":9223372036.854775807,\"due\":0.000000005,"
                     "\"attempts\":2,\"cause\":7,\"data\":{\"k\":[1,2.50]}}");
}
END_TEST

START_TEST(every_job_status_has_its_word)
{
    static const char *const words[JOB_STATUSES] = {"ok", "failed", "timed_out", "cancelled",
                                                    "skipped"};
    static const char *const of_batches[] = {[BATCH_OK] = "ok",
                                             [BATCH_FAILED] = "failed",
                                             [BATCH_TIMED_OUT] = "timed_out",
                                             [BATCH_CANCELLED] = "cancelled"};

    for (int i = 0; i < JOB_STATUSES; i++)
        ck_assert_str_eq(event_job_status_name((enum job_status)i), words[i]);
    for (size_t i = 0; i < N(of_batches); i++)
        ck_assert_str_eq(event_batch_status_name((enum batch_status)i), of_batches[i]);
}
END_TEST

START_TEST(finished_adds_up)
{
    struct batch_result result = {
        .status = BATCH_FAILED,
        .counts = {5, 4, 3, 2, 1},
        .predicted_ns = 705000000000,
        .sequential_ns = 7800000000000,
        .critical_path_ns = 650000000000,
    };

    ck_assert_str_eq(
        check_line(event_write_finished(line, 3, event_text_of("12"), 15, 705000000000, &result)),
        "{\"event\":\"finished\",\"batch\":3,\"id\":12,\"status\":\"failed\",\"jobs\":15,"
        "\"ok\":5,\"failed\":4,\"timed_out\":3,\"cancelled\":2,\"skipped\":1,\"elapsed\":705,"
        "\"predicted\":705,\"sequential\":7800,\"speedup\":11.063829787,\"critical_path\":650}");
}
END_TEST

static const struct {
    int64_t sequential_ns, elapsed_ns;
    const char *text;
} speedups[] = {
    {0, 0, "1"},
    {5, 0, "1"},
    {0, 5, "0"},
    {10, 1, "10"},
    {10, 4, "2.5"},
    {2, 3, "0.666666667"},
    {1, 3, "0.333333333"},
    {1, 1000000000, "0.000000001"},
    {1, 2000000000, "0.000000001"}, /* a half goes up */
    {1, 2000000001, "0"},
    {1999999999, 2000000000, "1"}, /* 0.9999999995 */
    {INT64_MAX, 1, "9223372036854775807"},
    {INT64_MAX, INT64_MAX, "1"},
    {1, INT64_MAX, "0"},
};

START_TEST(a_speedup_is_a_plain_decimal_of_any_size)
{
    struct batch_result result = {.sequential_ns = speedups[_i].sequential_ns};
    char expected[64];

    snprintf(expected, sizeof expected, "\"speedup\":%s,\"critical_path\":0}", speedups[_i].text);
    check_line(event_write_finished(line, 1, none, 0, speedups[_i].elapsed_ns, &result));
    ck_assert_msg(strstr(line, expected) != NULL, "%s not in %s", expected, line);
}
END_TEST

static struct fault fault_of(const char *message, const char *path)
{
    struct fault fault = {.code = FAULT_INVALID_REQUEST};

    strncpy(fault.message, message, sizeof fault.message - 1);
    strncpy(fault.path, path, sizeof fault.path - 1);
    return fault;
}

START_TEST(error_names_code_message_path_and_id)
{
    struct fault fault = fault_of("mode takes a \"string\"", "jobs[0].steps[2].wait");

    ck_assert_str_eq(check_line(event_write_error(line, &fault, event_text_of("\"q\""))),
                     "{\"event\":\"error\",\"code\":\"invalid_request\",\"message\":"
                     "\"mode takes a \\\"string\\\"\",\"path\":\"jobs[0].steps[2].wait\","
                     "\"id\":\"q\"}");
    fault.path[0] = '\0';
    ck_assert_ptr_null(strstr(check_line(event_write_error(line, &fault, none)), "path"));
}
END_TEST

static const struct {
    const char *plain, *escaped;
} escapes[] = {
    {"a/b", "a/b"},
    {"\"\\", "\\\"\\\\"},
    {"\n\t\r\x01\x1f\x7f", "\\n\\t\\u000d\\u0001\\u001f\x7f"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\xc3", "\\ufffd"},
    {"\x80\xff", "\\ufffd\\ufffd"},
    {"\xc0\xaf", "\\ufffd\\ufffd"},
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
};

START_TEST(what_an_error_quotes_is_escaped)
{
    struct fault fault = fault_of(escapes[_i].plain, "");
    char expected[128];

    snprintf(expected, sizeof expected, "\"message\":\"%s\"}", escapes[_i].escaped);
    check_line(event_write_error(line, &fault, none));
    ck_assert_msg(strstr(line, expected) != NULL, "%s not in %s", expected, line);
}
END_TEST

/* No JSON library but those that take them as they are reads such an escape. */
START_TEST(a_lone_surrogate_is_written_as_an_escape)
{
    struct fault fault = fault_of("\xed\xa0\x80|\xed\xbf\xbf", "");

    *event_write_error(line, &fault, none) = '\0';
    ck_assert_ptr_nonnull(strstr(line, "\"message\":\"\\ud800|\\udfff\"}\n"));
}
END_TEST

START_TEST(an_error_of_escapes_keeps_to_its_line)
{
    struct fault fault = {.code = FAULT_SHUTTING_DOWN};

    memset(fault.message, 1, sizeof fault.message - 1);
    memset(fault.path, '"', sizeof fault.path - 1);
    ck_assert_uint_le(strlen(check_line(event_write_error(line, &fault, none))), 1023);
    for (size_t i = 0; i + 4 < sizeof fault.message; i += 4)
        memcpy(fault.message + i, "\xf0\x9f\x98\x80", 4);
    check_line(event_write_error(line, &fault, none));
}
END_TEST

START_TEST(a_plain_message_is_never_cut)
{
    struct fault fault = {.code = FAULT_OVERLOADED};
    json_t *event;

    memset(fault.message, 'm', sizeof fault.message - 1);
    memset(fault.path, 'p', sizeof fault.path - 1);
    event = json_loads(check_line(event_write_error(line, &fault, none)), 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(event, "message")), fault.message);
    ck_assert_str_eq(json_string_value(json_object_get(event, "path")), fault.path);
    json_decref(event);
}
END_TEST

START_TEST(pong_says_version_protocol_and_instance)
{
    ck_assert_str_eq(
        check_line(event_write_pong(line, event_text_of("1"), "0.1.0", "00000000000000ff")),
        "{\"event\":\"pong\",\"id\":1,\"version\":\"0.1.0\",\"protocol\":1,"
        "\"instance\":\"00000000000000ff\"}");
}
END_TEST

START_TEST(cancelled_counts_jobs)
{
    ck_assert_str_eq(check_line(event_write_cancelled(line, none, 5, 3)),
                     "{\"event\":\"cancelled\",\"batch\":5,\"jobs\":3}");
}
END_TEST

START_TEST(stats_has_every_figure)
{
    struct event_stats stats = {.uptime_ns = 1500000000,
                                .connections = 1,
                                .batches = 2,
                                .pending = 3,
                                .accepted = 4,
                                .ended = {5, 6, 7, 8, 9},
                                .events = 10,
                                .bytes_in = 11,
                                .bytes_out = UINT64_MAX,
                                .late_p50_ns = 20000,
                                .late_p99_ns = 1000000,
                                .late_max_ns = 2000000000,
                                .rss_bytes = 4096};

    ck_assert_str_eq(
        check_line(event_write_stats(line, none, &stats)),
        "{\"event\":\"stats\",\"uptime\":1.5,\"connections\":1,\"batches\":2,\"pending\":3,"
        "\"accepted\":4,\"ok\":5,\"failed\":6,\"timed_out\":7,\"cancelled\":8,\"skipped\":9,"
        "\"events\":10,\"bytes_in\":11,\"bytes_out\":18446744073709551615,"
        "\"late_p50\":0.00002,\"late_p99\":0.001,\"late_max\":2,\"rss\":4096}");
}
END_TEST

/* The room that callers provide is enough for the largest figures there are. */
START_TEST(the_longest_lines_fit)
{
    struct batch_result result = {.status = BATCH_CANCELLED,
                                  .predicted_ns = INT64_MAX,
                                  .sequential_ns = INT64_MAX,
                                  .critical_path_ns = INT64_MAX};
    struct event_stats stats;

    for (int i = 0; i < JOB_STATUSES; i++)
        result.counts[i] = UINT32_MAX;
    check_line(event_write_finished(line, UINT64_MAX, none, UINT32_MAX, 3, &result));
    ck_assert_uint_le(strlen(line), EVENT_BATCH_MAX - 1);
    memset(&stats, 0x7f, sizeof stats);
    check_line(event_write_stats(line, none, &stats));
    ck_assert_uint_le(strlen(line), EVENT_LINE_MAX - 1);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {accepted_says_the_batch_and_who_runs_it, 1},
        {started_counts_attempts, 1},
        {step_says_kind_note_and_duration, 1},
        {retry_is_due_when_the_next_attempt_starts, 1},
        {done_has_due_attempts_and_data_where_there_are_any, 1},
        {every_job_status_has_its_word, 1},
        {finished_adds_up, 1},
        {a_speedup_is_a_plain_decimal_of_any_size, N(speedups)},
        {error_names_code_message_path_and_id, 1},
        {what_an_error_quotes_is_escaped, N(escapes)},
        {a_lone_surrogate_is_written_as_an_escape, 1},
        {an_error_of_escapes_keeps_to_its_line, 1},
        {a_plain_message_is_never_cut, 1},
        {pong_says_version_protocol_and_instance, 1},
        {cancelled_counts_jobs, 1},
        {stats_has_every_figure, 1},
        {the_longest_lines_fit, 1},
    };

    return check_suite("event", NULL, NULL, tests, N(tests));
}
