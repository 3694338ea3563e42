/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/batches.h"
#include "client/base/lines.h"
#include "client/show/progress.h"
#include "client/show/show.h"
#include "client/show/tally.h"
#include "client/base/text.h"
#include "tests/support/check.h"

/* The client's smaller pure parts. */

static struct bytes out;

static void tear_down(void)
{
    bytes_fini(&out);
}

static const char *taken(void)
{
    bytes_add_char(&out, '\0');
    return bytes_at(&out);
}

/* ---- Bytes and lines -------------------------------------------------------- */

START_TEST(bytes_come_out_as_they_went_in)
{
    size_t in = 0, gone = 0;

    srand(1);
    while (gone < 200000) {
        for (int n = rand() % 300; n > 0; n--)
            bytes_add_char(&out, (char)(in++ % 251));
        for (size_t n = (size_t)(rand() % 300); n > 0 && bytes_len(&out) > 0; n--) {
            ck_assert_int_eq(*bytes_at(&out), (char)(gone++ % 251));
            bytes_consume(&out, 1);
        }
    }
    ck_assert_uint_eq(bytes_len(&out), in - gone);
    ck_assert_uint_le(out.room, 65536);
}
END_TEST

START_TEST(lines_are_whole_in_any_chunking)
{
    static const char text[] = "one\n\ntwo and a half\nthree\nrest";
    static const char *const expected[] = {"one\n", "\n", "two and a half\n", "three\n"};

    for (size_t piece = 1; piece < sizeof text; piece++) {
        struct lines lines = {.len = 0};
        const char *line;
        size_t len, n = 0;

        for (size_t at = 0; at < strlen(text); at += piece) {
            size_t left = strlen(text) - at;

            lines_feed(&lines, text + at, left < piece ? left : piece);
            while ((line = lines_next(&lines, &len)) != NULL) {
                ck_assert_uint_lt(n, N(expected));
                ck_assert_uint_eq(len, strlen(expected[n]));
                ck_assert_int_eq(memcmp(line, expected[n++], len), 0);
            }
        }
        ck_assert_uint_eq(n, N(expected));
        line = lines_rest(&lines, &len);
        ck_assert_uint_eq(len, 4);
        ck_assert_int_eq(memcmp(line, "rest", 4), 0);
        lines_fini(&lines);
    }
}
END_TEST

/* ---- Tally -------------------------------------------------------------------- */

static void take(struct tally *tally, enum event_kind kind, uint64_t batch, const char *word)
{
    struct event_read event = {.kind = kind, .batch = batch, .jobs = 2};

    event.status = event.code = event_text_of(word);
    tally_take(tally, &event);
}

START_TEST(a_tally_knows_how_it_ended)
{
    struct tally tally = {0};

    take(&tally, EVENT_ACCEPTED, 1, "");
    take(&tally, EVENT_ACCEPTED, 2, "");
    take(&tally, EVENT_FINISHED, 2, "ok");
    ck_assert_uint_eq(tally.answers, 2);
    ck_assert_uint_eq(tally.jobs, 4);
    ck_assert(!tally.not_ok);
    take(&tally, EVENT_FINISHED, 1, "failed");
    ck_assert(tally.not_ok);
}
END_TEST

START_TEST(batches_are_found_by_their_numbers)
{
    struct batches batches = {0};
    const struct active_batch *batch;
    uint64_t sum = 0;

    for (uint64_t i = 1; i <= 5000; i++)
        ck_assert_uint_eq(batches_add(&batches, i * i)->ordinal, i - 1);
    ck_assert_ptr_null(batches_add(&batches, 9));
    ck_assert_ptr_null(batches_add(&batches, 0));
    for (uint64_t i = 5000; i > 10; i--) {
        ck_assert_uint_eq(batches_find(&batches, i * i)->number, i * i);
        batches_drop(&batches, batches_find(&batches, i * i));
        ck_assert_ptr_null(batches_find(&batches, i * i));
    }
    for (size_t place = 0; (batch = batches_next(&batches, &place)) != NULL;)
        sum += batch->number;
    ck_assert_uint_eq(batches.n, 10);
    ck_assert_uint_eq(sum, 385);
    batches_fini(&batches);
}
END_TEST

START_TEST(a_tally_counts_answers_of_every_kind)
{
    struct tally tally = {0};

    tally_count(&tally, EVENT_PONG);
    tally_count(&tally, EVENT_STATS);
    tally_count(&tally, EVENT_CANCELLED);
    tally_count(&tally, EVENT_DONE);
    tally_count(&tally, EVENT_STEP);
    ck_assert(!tally.has_unknown);
    tally_count(&tally, EVENT_UNKNOWN);
    ck_assert(tally.has_unknown);
    ck_assert_uint_eq(tally.answers, 3);
    ck_assert_uint_eq(tally.done, 1);
    take(&tally, EVENT_ERROR, 0, "invalid_request");
    ck_assert(tally.refused && !tally.has_stopped_reading);
    take(&tally, EVENT_ERROR, 0, "bad_json");
    ck_assert(tally.has_stopped_reading);
    ck_assert_uint_eq(tally.answers, 5);
}
END_TEST

/* ---- Text ----------------------------------------------------------------------- */

static const struct {
    int64_t ns;
    const char *rounded, *fine;
} seconds[] = {
    {0, "0.000 s", "0.000 s"},
    {1, "0.000 s", "0.000000001 s"},
    {40000, "0.000 s", "0.000040 s"},
    {999999, "0.001 s", "0.001000 s"},
    {1000000000, "1.000 s", "1.000 s"},
    {1000499999, "1.000 s", "1.000 s"},
    {1000500000, "1.001 s", "1.001 s"},
    {7800000000000, "7800.000 s", "7800.000 s"},
    {INT64_MAX, "9223372036.855 s", "9223372036.855 s"},
};

START_TEST(times_are_rounded_for_people)
{
    char text[TEXT_SECONDS_MAX];

    ck_assert_str_eq(text_seconds(text, seconds[_i].ns), seconds[_i].rounded);
    ck_assert_str_eq(text_seconds_fine(text, seconds[_i].ns), seconds[_i].fine);
}
END_TEST

static const struct {
    int64_t ns;
    const char *text;
} lengths[] = {
    {40000, "0.000040 s"},
    {59999499999, "59.999 s"},
    {59999999999, "1m 0.000s"},
    {705000000000, "11m 45.000s"},
    {3599499999999, "59m 59.500s"},
    {3599999999999, "1h 0m 0s"},
    {7800000000000, "2h 10m 0s"},
    {86400000000000, "1d 0h 0m 0s"},
    {INT64_MAX, "106751d 23h 47m 17s"},
};

START_TEST(long_times_are_reported_in_minutes_and_hours)
{
    char text[TEXT_SECONDS_MAX];

    ck_assert_str_eq(text_time(text, lengths[_i].ns), lengths[_i].text);
}
END_TEST

START_TEST(sizes_have_units)
{
    char text[TEXT_SECONDS_MAX];

    ck_assert_str_eq(text_size(text, 0), "0 B");
    ck_assert_str_eq(text_size(text, 1023), "1023 B");
    ck_assert_str_eq(text_size(text, 1536), "1.5 KiB");
    ck_assert_str_eq(text_size(text, UINT64_MAX), "16.0 EiB");
}
END_TEST

static const struct {
    const char *text, *shown;
} unsafe[] = {
    {"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"\033[2J", "\\x1b[2J"},
    {"a\nb\tc\r", "a\\nb\\tc\\r"},
    {"\x7f", "\\x7f"},
    {"\xc2\x9b", "\\x9b"},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xff", "\xef\xbf\xbd"},
    {"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf", "\xe2\x80\xa7\\u2028\\u202e\xe2\x80\xaf"},
    {"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa"},
    {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
};

START_TEST(a_terminal_is_only_shown_text)
{
    text_append_safe(&out, unsafe[_i].text, strlen(unsafe[_i].text), 100);
    ck_assert_str_eq(taken(), unsafe[_i].shown);
}
END_TEST

START_TEST(a_long_text_is_cut_at_a_whole_character)
{
    text_append_safe(&out,
                     "ab\xc3\xa9"
                     "cd",
                     6, 3);
    ck_assert_str_eq(taken(), "ab...");
}
END_TEST

/* ---- Progress ------------------------------------------------------------------------- */

static const struct {
    struct progress_figures figures;
    unsigned columns;
    const char *line;
} bars[] = {
    {{4, 1, 1000000000, 3000000000, false, false, 0}, 37, "[===>        ] 1/4  1.0 s  ETA ~3.0 s"},
    {{4, 1, 1000000000, 3000000000, true, true, 2},
     80,
     "[==========>                             ] 1/4  1.0 s  ETA 3.0 s  2 in flight"},
    {{4, 1, 2000000000, 2000000000, true, true, 2}, 40, "[========>       ] 1/4  2.0 s  ETA 2.0 s"},
    {{10, 0, 1500000000, -1, false, true, 9}, 27, "[>            ] 0/10  1.5 s"},
    {{10, 10, 61000000000, 0, true, false, 0}, 38, "[============] 10/10  1m01s  ETA 0.0 s"},
    {{10, 10, 7325000000000, -1, false, false, 0}, 12, "10/10  2h02m"},
    {{0, 0, 0, -1, false, false, 0}, 5, "0/0  "},
    {{1, 0, 0, 0, true, true, 1}, 0, ""},
};

START_TEST(progress_keeps_to_the_width)
{
    char line[PROGRESS_MAX];
    size_t len = progress_render(line, &bars[_i].figures, bars[_i].columns);

    ck_assert_uint_eq(len, strlen(line));
    ck_assert_uint_le(len, bars[_i].columns);
    ck_assert_str_eq(line, bars[_i].line);
}
END_TEST

START_TEST(a_bar_is_no_wider_than_can_be_read)
{
    struct progress_figures figures = {2, 1, 500000000, 500000000, false, false, 0};
    char line[PROGRESS_MAX];

    progress_render(line, &figures, 200);
    ck_assert_str_eq(line, "[====================>                   ] 1/2  0.5 s  "
                           "ETA ~0.5 s");
    ck_assert_uint_lt(progress_render(line, &figures, 100000), PROGRESS_MAX);
}
END_TEST

/* ---- What people see ---------------------------------------------------------------------- */

START_TEST(a_job_is_one_line)
{
    struct show_run run = {.out = &out, .batches = 1, .jobs = 11};
    struct event_read event = {.kind = EVENT_DONE,
                               .batch = 3,
                               .job = 2,
                               .at_ns = 3000012345,
                               .name = event_text_of("three\n"),
                               .status = event_text_of("ok"),
                               .data = event_text_of("6")};

    show_human.event(&run, &event);
    run.batches = 2;
    event.data.text = NULL;
    event.attempts = 3;
    event.status = event_text_of("timed_out");
    show_human.event(&run, &event);
    ck_assert_str_eq(taken(), "     3.000 s  ok         #2  three\\n = 6\n"
                              "[3]      3.000 s  timed_out  #2  three\\n (3 attempts)\n");
}
END_TEST

START_TEST(lines_keep_to_the_terminal)
{
    struct show_run run = {.out = &out, .batches = 1, .jobs = 11};
    struct event_read event = {
        .kind = EVENT_DONE,
        .batch = 3,
        .at_ns = 3000000000,
        .name = event_text_of("a \xe8\x8c\xb6 that has a long name, longer than it needs"),
        .status = event_text_of("ok"),
        .data = event_text_of("[1,2,3,4,5]")};

    run.columns = 60;
    show_human.event(&run, &event);
    run.columns = 40;
    show_human.event(&run, &event);
    event = (struct event_read){.kind = EVENT_FINISHED,
                                .batch = 1,
                                .status = event_text_of("ok"),
                                .jobs = 10,
                                .ok = 10,
                                .elapsed_ns = 1000000000,
                                .predicted_ns = 1000000000,
                                .sequential_ns = 10000000000,
                                .critical_path_ns = 1000000000,
                                .speedup = 10};
    show_human.event(&run, &event);
    ck_assert_str_eq(taken(),
                     "     3.000 s  ok         #0  a \xe8\x8c\xb6 that has... = [1,2,3,4,5]\n"
                     "     3.000 s  ok         #0  a \xe8\x8c\xb6...\n"
                     "ok: 10 jobs in 1.000 s\n"
                     "    (10.000 s one by one, speed-up 10.0,\n"
                     "    critical path 1.000 s)\n");
}
END_TEST

START_TEST(totals_are_one_line)
{
    struct show_run run = {.out = &out, .batches = 1};
    struct event_read event = {.kind = EVENT_FINISHED,
                               .batch = 1,
                               .status = event_text_of("ok"),
                               .jobs = 10,
                               .ok = 10,
                               .elapsed_ns = 1000100000,
                               .predicted_ns = 1000000000,
                               .sequential_ns = 10000000000,
                               .critical_path_ns = 1000000000,
                               .speedup = 9.999};

    show_summary.event(&run, &event);
    run.batches = 2;
    run.color = true;
    event.ok = 9;
    event.failed = 1;
    event.status = event_text_of("failed");
    event.predicted_ns = 900000000;
    show_totals(&run, &event, NULL);
    ck_assert_str_eq(taken(),
                     "ok: 10 jobs in 1.000 s (10.000 s one by one, speed-up 10.0, critical path "
                     "1.000 s)\n"
                     "[1] \033[31mfailed\033[0m: 10 jobs in 1.000 s: 9 ok, 1 failed "
                     "(10.000 s one by one, speed-up 10.0, critical path 1.000 s, 0.100 s behind "
                     "schedule)\n");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {bytes_come_out_as_they_went_in, 1},
        {lines_are_whole_in_any_chunking, 1},
        {a_tally_knows_how_it_ended, 1},
        {batches_are_found_by_their_numbers, 1},
        {a_tally_counts_answers_of_every_kind, 1},
        {times_are_rounded_for_people, N(seconds)},
        {long_times_are_reported_in_minutes_and_hours, N(lengths)},
        {sizes_have_units, 1},
        {a_terminal_is_only_shown_text, N(unsafe)},
        {a_long_text_is_cut_at_a_whole_character, 1},
        {progress_keeps_to_the_width, N(bars)},
        {a_bar_is_no_wider_than_can_be_read, 1},
        {a_job_is_one_line, 1},
        {lines_keep_to_the_terminal, 1},
        {totals_are_one_line, 1},
    };

    return check_suite("client", NULL, tear_down, tests, N(tests));
}
