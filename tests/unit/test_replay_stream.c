/* SPDX-License-Identifier: ISC */
#include "client/net/replay_stream.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

/* Events in a stream, however it is written and in whatever pieces it comes. */

static struct replay_stream stream;
static struct bytes seen;

static void tear_down(void)
{
    replay_stream_fini(&stream);
    bytes_fini(&seen);
}

/* `V` with the line, `O` for what is neither, `M` at the end. */
static void take_all(void)
{
    struct replay_stream_item item;
    enum replay_stream_kind kind;

    while ((kind = replay_stream_next(&stream, &item)) != REPLAY_STREAM_MORE) {
        ck_assert_int_eq(kind, item.kind);
        ck_assert_int_ne(kind, REPLAY_STREAM_NOMEM);
        if (kind == REPLAY_STREAM_OTHER) {
            bytes_add_string(&seen, "O\n");
            continue;
        }
        ck_assert(kind != REPLAY_STREAM_EVENT || event_reader_is(item.event.status, "ok"));
        bytes_add_string(&seen, "V");
        bytes_add(&seen, item.text, item.len);
    }
}

/* Each piece in memory of its own, so that a tool sees what reaches beyond it. */
static void feed(const char *text, size_t len)
{
    char *piece = malloc(len > 0 ? len : 1);

    ck_assert_ptr_nonnull(piece);
    memcpy(piece, text, len);
    ck_assert_int_eq(replay_stream_feed(&stream, piece, len), 0);
    free(piece);
    take_all();
}

static void check_seen(const char *expected)
{
    const char *rest;
    size_t len;

    replay_stream_finish(&stream);
    take_all();
    if ((rest = replay_stream_rest(&stream, &len)) != NULL) {
        bytes_add_string(&seen, "R");
        bytes_add(&seen, rest, len);
    }
    bytes_add_char(&seen, '\0');
    ck_assert_str_eq(bytes_at(&seen), expected);
    tear_down();
}

#define DONE "{\"event\":\"done\",\"batch\":1,\"job\":0,\"status\":\"ok\",\"at\":1}\n"
#define PONG "{\"event\":\"pong\",\"name\":\"a \\\" b\\\\\"}\n"

static const struct {
    const char *text, *seen;
} streams[] = {
    {"", ""},
    {" \r\n\t\n", ""},
    {DONE DONE PONG, "V" DONE "V" DONE "V" PONG},
    {DONE "{\"event\" : \"pong\",\n \"name\": \"a \\\" b\\\\\"\n}", "V" DONE "V" PONG},
    {"\x1e" DONE "\x1e" PONG, "V" DONE "V" PONG},
    {"\xef\xbb\xbf" DONE "\xef\xbb\xbf\n" PONG, "V" DONE "V" PONG},
    {"[1 , [ ] ,{} , \"]\" ]{ }", "V[1,[],{},\"]\"]\nV{}\n"},
    {"{\"x\":{\"event\":\"done\"\n}\n}" PONG, "V{\"x\":{\"event\":\"done\"}}\nV" PONG},
    {"hello\nworld\n" DONE, "O\nO\nV" DONE},
    {"hello", "O\n"},
    {"17\n" DONE "\"x\"", "O\nV" DONE "O\n"},
    {"{oops\n" DONE, "O\nV" DONE},
    {"{\"a\":1,}\n" DONE "{\"a\":\"\xff\"}\n" PONG, "O\nV" DONE "O\nV" PONG},
    {"{\"a\n\":1}\n" DONE, "O\nO\nV" DONE},
    {"{\"event\":\"done\",\"ba" DONE PONG, "O\nV" DONE "V" PONG},
    {"{\"event\":\"done\",\"batch\":" DONE "x", "O\nV" DONE "O\n"},
    {"waitd: {\"event\":\"pong\"}\n", "O\nV{\"event\":\"pong\"}\n"},
    {DONE "{\"event\":\"done\", \"ba", "V" DONE "R{\"event\":\"done\", \"ba"},
    {"[{\"a\":[", "R[{\"a\":["},
    {"\xef\xbb", "O\n"},
};

START_TEST(it_is_read_in_any_pieces)
{
    const char *text = streams[_i].text;
    size_t len = strlen(text);

    feed(text, len);
    check_seen(streams[_i].seen);
    for (size_t cut = 0; cut <= len; cut++) {
        feed(text, cut);
        feed(text + cut, len - cut);
        check_seen(streams[_i].seen);
    }
    for (size_t at = 0; at < len; at++)
        feed(text + at, 1);
    check_seen(streams[_i].seen);
}
END_TEST

/* A text without end that is no JSON is not kept. */
START_TEST(what_is_no_json_takes_no_memory)
{
    static char noise[4096];

    memset(noise, 'x', sizeof noise);
    for (int i = 0; i < 1000; i++)
        feed(noise, sizeof noise);
    ck_assert_uint_lt(stream.input.room, 4 * sizeof noise);
    feed(DONE, strlen(DONE));
    check_seen("O\nV" DONE);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {it_is_read_in_any_pieces, N(streams)},
        {what_is_no_json_takes_no_memory, 1},
    };

    return check_suite("replay_stream", NULL, tear_down, tests, N(tests));
}
