/* SPDX-License-Identifier: ISC */
#include "daemon/session/outbox.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "tests/support/check.h"

static struct plan *plan;
static struct outbox outbox;
static struct history history;
static struct outbox_watch watch;

static void set_up(void)
{
    static const uint8_t key[16];
    const struct plan_limits limits = {
        .max_jobs = 1000000, .max_steps = 1000000, .max_wait_ns = INT64_MAX};
    struct plan_fault fault;
    struct job_spec job = {.set = JOB_COUNT, .count = 100000};

    plan = plan_new(key);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(plan_add_element(plan, &job, 0), PLAN_OK);
    ck_assert_int_eq(plan_seal(plan, &limits, 100, &fault), PLAN_SEALED);
    memset(&outbox, 0, sizeof(outbox));
    history = (struct history){.source = {.batch = 7, .plan = plan, .line_bytes = 60}};
    ck_assert_int_eq(outbox_watch_begin(&outbox, &watch, &history), 0);
}

static void tear_down(void)
{
    outbox_watch_end(&watch);
    outbox_fini(&outbox);
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    ck_assert_uint_eq(history.held, 0);
    history_fini(&history);
    plan_free(plan);
}

static void put_answer(const char *text)
{
    char *line = outbox_line_room(&outbox, strlen(text) + 100, NULL);

    ck_assert_ptr_nonnull(line);
    memcpy(line, text, strlen(text));
    outbox_line_commit(&outbox, line + strlen(text));
}

static void notice_all(void)
{
    for (struct history_cursor *at = history.cursors; at != NULL; at = at->next)
        outbox_notice((struct outbox_watch *)(void *)at); /* its first member */
}

static void put_line(const char *text)
{
    char *line = history_line_room(&history, strlen(text) + 100);

    ck_assert_ptr_nonnull(line);
    memcpy(line, text, strlen(text));
    history_line_commit(&history, strlen(text));
    notice_all();
}

static void put_done(uint32_t job, int64_t at_ns)
{
    struct occurrence done = {.kind = OCCURRED_DONE, .job = job, .ordinal = 1, .due_ns = 5};

    ck_assert_uint_eq(history_reserve(&history, BATCH_MIN_ROOM), BATCH_MIN_ROOM);
    history_put(&history, at_ns, &done, 1);
    notice_all();
}

START_TEST(lines_and_records_come_out_in_order)
{
    char out[4096];
    size_t n;

    put_line("first\n");
    put_done(0, 1000000000);
    put_done(1, 1000000000);
    put_done(2, -1);
    put_line("last\n");
    watch.ended = true;
    put_answer("after\n");
    ck_assert_ptr_null(outbox_passed(&outbox));
    n = outbox_render(&outbox, out, sizeof(out));
    out[n] = '\0';
    ck_assert_ptr_eq(outbox_passed(&outbox), &watch);
    ck_assert_ptr_null(outbox_passed(&outbox));
    ck_assert_str_eq(
        out, "first\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":0,\"status\":\"ok\",\"at\":1}\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":1,\"status\":\"ok\",\"at\":1}\n"
             "{\"event\":\"done\",\"batch\":7,\"job\":2,\"status\":\"ok\",\"at\":0.000000005}\n"
             "last\nafter\n");
    ck_assert(outbox_is_empty(&outbox));
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), 6);
}
END_TEST

START_TEST(an_empty_outbox_gives_nothing)
{
    char out[10];

    ck_assert(outbox_is_empty(&outbox));
    ck_assert_uint_eq(outbox_render(&outbox, out, sizeof(out)), 0);
    ck_assert_ptr_null(outbox_passed(&outbox));
}
END_TEST

/* Puts in and takes out at different paces, and compares with what went in. */
START_TEST(any_room_gives_the_same_text)
{
    enum { RECORDS = 20000 };
    char *whole = malloc(RECORDS * 80), *cut = malloc(RECORDS * 80);
    size_t whole_len = 0, cut_len = 0, n;

    ck_assert_ptr_nonnull(whole);
    ck_assert_ptr_nonnull(cut);
    for (uint32_t job = 0; job < RECORDS; job++)
        put_done(job, job / 3);
    while ((n = outbox_render(&outbox, whole + whole_len, 65536)) > 0)
        whole_len += n;
    for (uint32_t job = 0; job < RECORDS; job++) {
        put_done(job, job / 3);
        if (job % 2 == 0)
            cut_len += outbox_render(&outbox, cut + cut_len, 1 + job % 97);
    }
    while ((n = outbox_render(&outbox, cut + cut_len, 977)) > 0)
        cut_len += n;
    ck_assert_uint_eq(whole_len, cut_len);
    ck_assert_int_eq(memcmp(whole, cut, whole_len), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), 2 * RECORDS);
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    free(whole);
    free(cut);
}
END_TEST

/* Something that may happen to a job, mostly its plain end. */
static struct occurrence some_occurrence(unsigned draw)
{
    struct occurrence o = {.due_ns = draw % 1000,
                           .span_ns = draw % 77,
                           .job = draw % 100000,
                           .ordinal = 1,
                           .kind = OCCURRED_DONE,
                           .status = JOB_OK};

    if (draw % 5 == 0)
        o.status = (uint8_t)(draw % JOB_STATUSES);
    if (draw % 7 == 0)
        o.ordinal = draw % 4;
    if (draw % 11 == 0)
        o.kind = draw % 2 == 0 ? OCCURRED_STARTED : OCCURRED_RETRY;
    return o;
}

static unsigned next_draw(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 8;
}

/* Whatever form a record waits in, its text is the general writer's. */
START_TEST(every_record_becomes_the_line_it_is)
{
    enum { ROUNDS = 3000, MOST = 40 };
    size_t room = (size_t)ROUNDS * MOST * 200, expected_len = 0, got_len = 0, n;
    char *expected = malloc(room), *got = malloc(room);
    uint64_t records = 0;
    unsigned seed = 1;

    ck_assert_ptr_nonnull(expected);
    ck_assert_ptr_nonnull(got);
    history.source.with_due = _i == 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct occurrence occurred[MOST];
        int64_t at_ns = next_draw(&seed) % 9 == 0 ? -1 : round / 3;
        size_t reserved = history_reserve(&history, MOST);

        ck_assert_uint_ge(reserved, BATCH_MIN_ROOM);
        ck_assert_uint_le(reserved, MOST);
        n = next_draw(&seed) % (reserved + 1);
        for (size_t i = 0; i < n; i++) {
            struct event_job job = {.batch = 7, .with_due = _i == 1};

            occurred[i] = some_occurrence(next_draw(&seed));
            job.at_ns = at_ns < 0 ? occurred[i].due_ns : at_ns;
            expected_len =
                (size_t)(event_write_occurrence(expected + expected_len, &job, &occurred[i]) -
                         expected);
        }
        history_put(&history, at_ns, occurred, n);
        notice_all();
        records += n;
        if (round % 5 == 0)
            got_len += outbox_render(&outbox, got + got_len, next_draw(&seed) % 9000);
    }
    while ((n = outbox_render(&outbox, got + got_len, 5000)) > 0)
        got_len += n;
    ck_assert_uint_eq(got_len, expected_len);
    ck_assert_int_eq(memcmp(got, expected, got_len), 0);
    ck_assert_uint_eq(outbox_lines(&outbox), records);
    ck_assert_uint_eq(outbox_backlog(&outbox), 0);
    free(expected);
    free(got);
}
END_TEST

static void expect(struct outbox *from, size_t room, const char *text)
{
    char out[4096];
    size_t n = outbox_render(from, out, room);

    ck_assert_uint_eq(n, strlen(text));
    ck_assert_mem_eq(out, text, n);
}

/* Writes a line of a text between two others.  Returns its end. */
static char *write_between(char *line, const char *head, struct event_text text, const char *tail)
{
    return stpcpy(mempcpy(stpcpy(line, head), text.text, text.len), tail);
}

static void put_around(const char *head, const char *tail, struct event_text text)
{
    size_t len = strlen(head) + strlen(tail);
    char *line = history_line_room(&history, history_around_size(len + 1, text)), *end;

    ck_assert_ptr_nonnull(line);
    end = write_between(line, head, around_written(text), tail);
    history_line_commit_around(&history, (size_t)(end - line), text);
    notice_all();
}

static void answer_with(struct request_id *id, const char *head, const char *tail)
{
    char *line = outbox_line_room(&outbox, strlen(head) + strlen(tail) + 1, id);

    ck_assert_ptr_nonnull(line);
    outbox_line_commit(&outbox, write_between(line, head, outbox_id(id), tail));
}

/* An id as a reader hands it over. */
static struct request_id *make_id(size_t len)
{
    struct request_id *id = malloc(sizeof(*id) + len);

    ck_assert_ptr_nonnull(id);
    *id = (struct request_id){.uses = 1, .len = len};
    for (size_t i = 0; i < len; i++)
        id->text[i] = (char)('a' + i % 23);
    return id;
}

static const size_t id_lengths[] = {1, AROUND_COPIED_BYTES, AROUND_COPIED_BYTES + 1, 5000};

/* A line around a long text is one line, whatever room there is: in histories and answers. */
START_TEST(a_line_around_a_text_is_read_as_one)
{
    static const size_t rooms[] = {1, 7, 4096, 32768};
    struct request_id *id = make_id(id_lengths[_i % 4]);
    struct event_text text = request_id_text(id);
    static char out[8 * 8192], expected[8 * 8192];
    char *end = stpcpy(expected, "before\n");
    size_t used = 0, n;

    put_line("before\n");
    put_around("{\"id\":", ",\"jobs\":1}\n", text);
    end = write_between(end, "{\"id\":", text, ",\"jobs\":1}\n");
    answer_with(id, "{\"id\":", ",\"version\":1}\n");
    end = write_between(end, "{\"id\":", text, ",\"version\":1}\n");
    put_around("", "}\n", text);
    end = write_between(end, "", text, "}\n");
    answer_with(id, "", "}\n");
    end = write_between(end, "", text, "}\n");
    put_answer("between\n");
    end = stpcpy(end, "between\n");
    answer_with(id, "{", "\n");
    end = write_between(end, "{", text, "\n");
    put_around("{", "\n", text);
    end = write_between(end, "{", text, "\n");
    ck_assert_uint_eq(outbox_backlog(&outbox), end - expected);
    while ((n = outbox_render(&outbox, out + used, rooms[_i / 4])) > 0)
        used += n;
    out[used] = '\0';
    ck_assert_str_eq(out, expected);
    ck_assert_uint_eq(outbox_lines(&outbox), 8);
    ck_assert_uint_eq(watch.cursor.seq, 4);
    ck_assert_uint_eq(id->uses, 1);
    request_id_release(id, NULL);
}
END_TEST

/* Answers share it; with the last one that is read or dropped, it is left for slices. */
START_TEST(a_long_id_is_freed_in_slices_once_it_is_answered)
{
    enum { LONG = 1 << 20, SOME = 1 << 18 };
    struct request_id *id = make_id(LONG);
    static char out[LONG + 10];
    size_t budget = SOME, used = 0, steps = 0, n;

    answer_with(id, "", "\n");
    answer_with(id, "", "\n");
    request_id_release(id, &outbox.unused_ids);
    while (used <= LONG && (n = outbox_render(&outbox, out, LONG + 1 - used)) > 0)
        used += n;
    ck_assert_ptr_null(outbox.unused_ids);
    ck_assert_uint_eq(id->uses, 1);
    if (_i == 0)
        outbox_fini(&outbox);
    else
        while (outbox_render(&outbox, out, LONG) > 0)
            continue;
    ck_assert_ptr_eq(outbox.unused_ids, id);
    for (; !request_id_free_some(&outbox.unused_ids, &budget); budget = SOME)
        steps++;
    ck_assert_uint_ge(steps, LONG / SOME);
    ck_assert_ptr_null(outbox.unused_ids);
}
END_TEST

/* What is left of it, when the text is about to go. */
START_TEST(a_line_around_a_text_is_finished_when_its_watch_ends)
{
    static const size_t rooms[] = {1, 6, 7, 2000, 5005, 5006, 5007, 5017};
    struct request_id *id = make_id(5000);
    char whole[8192], out[8192];
    uint64_t last_seq;
    size_t room = rooms[_i];

    (void)write_between(whole, "{\"id\":", request_id_text(id), ",\"jobs\":1}\n");
    put_around("{\"id\":", ",\"jobs\":1}\n", request_id_text(id));
    ck_assert_uint_eq(outbox_render(&outbox, out, room), room);
    ck_assert_int_eq(outbox_watch_settle(&watch, &last_seq), 0);
    outbox_watch_end(&watch);
    request_id_release(id, NULL);
    ck_assert_uint_eq(outbox_render(&outbox, out + room, sizeof(out) - room), strlen(whole) - room);
    ck_assert_mem_eq(out, whole, strlen(whole));
}
END_TEST

/* The same of a line that is the last: nothing of the watch is left in the queue. */
START_TEST(a_watch_that_settles_its_last_line_leaves_nothing)
{
    uint64_t last_seq;

    put_line("the only line\n");
    expect(&outbox, 4, "the ");
    ck_assert_int_eq(outbox_watch_settle(&watch, &last_seq), 0);
    ck_assert_uint_eq(last_seq, 1);
    outbox_watch_end(&watch);
    put_answer("answer\n");
    expect(&outbox, 4096, "only line\nanswer\n");
    ck_assert(outbox_is_empty(&outbox));
}
END_TEST

/* Each reads all from where it began, and what all have read is freed. */
START_TEST(watchers_read_at_their_own_pace)
{
    struct outbox slow = {0}, late = {0};
    struct outbox_watch slow_watch, late_watch;

    ck_assert_int_eq(outbox_watch_begin(&slow, &slow_watch, &history), 0);
    put_line("one\n");
    put_line("two\n");
    ck_assert_int_eq(outbox_watch_begin(&late, &late_watch, &history), 0);
    put_line("three\n");
    expect(&outbox, 4096, "one\ntwo\nthree\n");
    expect(&slow, 6, "one\ntw");
    expect(&late, 4096, "three\n");
    ck_assert_uint_gt(history.held, 0);
    ck_assert_uint_eq(outbox_backlog(&slow), 8);
    put_line("four\n");
    expect(&outbox, 4096, "four\n");
    expect(&slow, 4096, "o\nthree\nfour\n");
    outbox_watch_end(&late_watch); /* with something unread */
    ck_assert_uint_eq(outbox_backlog(&late), 0);
    ck_assert(outbox_is_empty(&late));
    ck_assert_uint_eq(history.held, 0);
    ck_assert_uint_eq(history.next_seq, 4);
    outbox_watch_end(&slow_watch);
    outbox_fini(&slow);
    outbox_fini(&late);
}
END_TEST

/* Records that a watcher at the end has not seen do not join an entry that it has left. */
START_TEST(who_has_read_all_reads_what_comes_next_and_no_more)
{
    struct outbox behind = {0};
    struct outbox_watch behind_watch;

    ck_assert_int_eq(outbox_watch_begin(&behind, &behind_watch, &history), 0);
    put_done(0, 1000000000);
    expect(&outbox, 4096,
           "{\"event\":\"done\",\"batch\":7,\"job\":0,\"status\":\"ok\",\"at\":1}\n");
    put_done(1, 1000000000);
    expect(&outbox, 4096,
           "{\"event\":\"done\",\"batch\":7,\"job\":1,\"status\":\"ok\",\"at\":1}\n");
    expect(&behind, 4096,
           "{\"event\":\"done\",\"batch\":7,\"job\":0,\"status\":\"ok\",\"at\":1}\n"
           "{\"event\":\"done\",\"batch\":7,\"job\":1,\"status\":\"ok\",\"at\":1}\n");
    ck_assert_uint_eq(watch.cursor.seq, 2);
    outbox_watch_end(&behind_watch);
    outbox_fini(&behind);
}
END_TEST

/* A block that was made for what did not come is nothing to read. */
START_TEST(room_that_is_not_used_is_not_read)
{
    char out[4096];
    size_t made = 0;

    put_line("first\n");
    while (history.held == 960 && made++ < 100)
        ck_assert_ptr_nonnull(history_line_room(&history, 100 * made));
    ck_assert_uint_gt(history.held, 960);
    expect(&outbox, 4096, "first\n");
    ck_assert_uint_eq(outbox_render(&outbox, out, sizeof(out)), 0);
    put_line("second\n");
    ck_assert_ptr_nonnull(history_line_room(&history, 1200));
    ck_assert_ptr_nonnull(history_line_room(&history, 6000));
    put_line("third\n");
    expect(&outbox, 4096, "second\nthird\n");
}
END_TEST

/* Whichever batch it happened in, and answers in between. */
START_TEST(what_happened_first_is_reported_first)
{
    struct history other = {.source = {.batch = 8, .plan = plan, .line_bytes = 60}};
    struct outbox_watch other_watch;
    char out[20000], *at = out;

    ck_assert_int_eq(outbox_watch_begin(&outbox, &other_watch, &other), 0);
    for (uint32_t job = 0; job < 100; job++) {
        struct occurrence done = {.kind = OCCURRED_DONE, .job = job, .ordinal = 1};

        put_done(job, 1);
        ck_assert_uint_gt(history_reserve(&other, BATCH_MIN_ROOM), 0);
        history_put(&other, 1, &done, 1);
        outbox_notice(&other_watch);
        if (job % 10 == 0)
            put_answer("answer\n");
    }
    for (size_t n; (n = outbox_render(&outbox, at, 333)) > 0;)
        at += n;
    *at = '\0';
    at = out;
    for (unsigned job = 0; job < 100; job++) {
        char expected[200];
        int len = snprintf(expected, sizeof(expected),
                           "{\"event\":\"done\",\"batch\":7,\"job\":%u,\"status\":\"ok\","
                           "\"at\":0.000000001}\n"
                           "{\"event\":\"done\",\"batch\":8,\"job\":%u,\"status\":\"ok\","
                           "\"at\":0.000000001}\n%s",
                           job, job, job % 10 == 0 ? "answer\n" : "");

        ck_assert_mem_eq(at, expected, (size_t)len);
        at += len;
    }
    ck_assert_uint_eq(outbox_lines(&outbox), 210);
    put_done(0, 1);
    outbox_notice(&other_watch);
    outbox_watch_end(&other_watch);
    ck_assert_uint_eq(other.held, 0);
}
END_TEST

/* What waits of a batch whose watch ends is not sent, what follows it is. */
START_TEST(room_for_an_answer_that_is_not_written_is_not_read)
{
    ck_assert_ptr_nonnull(outbox_line_room(&outbox, 100, NULL));
    ck_assert_ptr_nonnull(outbox_line_room(&outbox, 2000, NULL));
    put_answer("answer\n");
    expect(&outbox, 4096, "answer\n");
    ck_assert(outbox_is_empty(&outbox));
}
END_TEST

START_TEST(a_watch_that_ends_leaves_no_trace)
{
    struct outbox_watch other_watch;

    ck_assert_int_eq(outbox_watch_begin(&outbox, &other_watch, &history), 0);
    put_line("one\n");
    put_answer("a\n");
    put_line("two\n");
    put_answer("b\n");
    put_line("three\n");
    outbox_watch_end(&watch);
    expect(&outbox, 4096, "one\na\ntwo\nb\nthree\n");
    put_line("four\n");
    outbox_watch_end(&other_watch);
    ck_assert(outbox_is_empty(&outbox));
}
END_TEST

START_TEST(nothing_is_kept_for_nobody)
{
    struct occurrence done = {.kind = OCCURRED_DONE, .ordinal = 1};

    outbox_watch_end(&watch);
    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_ge(history_reserve(&history, 10), 1);
        history_put(&history, 1, &done, 1);
        history_skip_line(&history);
    }
    ck_assert_uint_eq(history.held, 0);
    ck_assert_uint_eq(history.next_seq, 2000);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {lines_and_records_come_out_in_order, 1},
        {an_empty_outbox_gives_nothing, 1},
        {any_room_gives_the_same_text, 1},
        {a_line_around_a_text_is_read_as_one, 16},
        {a_long_id_is_freed_in_slices_once_it_is_answered, 2},
        {a_line_around_a_text_is_finished_when_its_watch_ends, 8},
        {a_watch_that_settles_its_last_line_leaves_nothing, 1},
        {watchers_read_at_their_own_pace, 1},
        {who_has_read_all_reads_what_comes_next_and_no_more, 1},
        {room_that_is_not_used_is_not_read, 1},
        {what_happened_first_is_reported_first, 1},
        {room_for_an_answer_that_is_not_written_is_not_read, 1},
        {a_watch_that_ends_leaves_no_trace, 1},
        {nothing_is_kept_for_nobody, 1},
        {every_record_becomes_the_line_it_is, 2},
    };

    return check_suite("outbox", set_up, tear_down, tests, N(tests));
}
