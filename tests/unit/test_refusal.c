/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "client/net/excerpt.h"
#include "client/base/locate.h"
#include "proto/nearest.h"
#include "tests/support/check.h"

/* Showing people where a request is wrong. */

/* ---- The place that a path leads to -------------------------------------------- */

static const struct {
    const char *text, *path;
    uint64_t request;
    bool is_second;
    const char *found; /* the text from there on; NULL for none */
    size_t len;
} places[] = {
    {"{\"mode\":\"x\",\"jobs\":[]}", "mode", 0, false, "\"mode\":\"x\",", 10},
    {" {\"jobs\":[{},{\"wait\" : -1}]}", "jobs[1].wait", 0, false, "\"wait\" : -1}", 11},
    {"[{\"wait\":1},{\"wiat\":true}]", "[1].wiat", 0, false, "\"wiat\":true", 11},
    {"[{\"wait\":\"1x\"}]", "jobs[0].wait", 0, false, "\"wait\":\"1x\"", 11},
    {"{\"jobs\":[{\"after\":[\"a\",\"b\"]}]}", "jobs[0].after[1]", 0, false, "\"b\"]", 3},
    {"{\"jobs\":[{\"steps\":[{\"wait\":1},5]}]}", "jobs[0].steps[1]", 0, false, "5]", 1},
    {"{\"jobs\":[{\"wait\":{\"min\":1,\"mx\":null}}]}", "jobs[0].wait.mx", 0, false, "\"mx\":null}",
     9},
    /* of what is an array or an object, or stands on another line, the key alone */
    {"{\"mode\":[1]}", "mode", 0, false, "\"mode\":[", 6},
    {"{\"mode\":\n1}", "mode", 0, false, "\"mode\":\n", 6},
    /* a member that is there twice */
    {"{\"jobs\":[{\"wait\":1,\"a\":{\"wait\":3},\"wait\":2}]}", "jobs[0].wait", 0, true,
     "\"wait\":2}", 8},
    {"{\"jobs\":[{\"wait\":1,\"a\":{\"wait\":3},\"wait\":2}]}", "jobs[0].wait", 0, false,
     "\"wait\":1,", 8},
    {"{\"jobs\":[],\"jobs\":[{}]}", "jobs", 0, true, "\"jobs\":[{", 6},
    /* keys that are no identifiers, or written with escapes */
    {"{\"a b\\\"c\":1}", "[\"a b\\\"c\"]", 0, false, "\"a b\\\"c\":1", 10},
    {"{\"a\\\\b\":1,\"x\":2}", "[\"a\\\\b\"]", 0, false, "\"a\\\\b\":1", 8},
    {"{\"\\u0007\":1}", "[\"\\u0007\"]", 0, false, "\"\\u0007\":1", 10},
    {"{\"\xc3\xa9t\xc3\xa9\":1}", "[\"\xc3\xa9t\xc3\xa9\"]", 0, false, "\"\xc3\xa9t\xc3\xa9\":1",
     9},
    {"{\"b\":0,\"long one\":1}", "[\"lon\xe2\x80\xa6\"]", 0, false, "\"long one\":1", 12},
    {"{\"w\\u0061it\":1}", "wait", 0, false, "\"w\\u0061it\":1", 13},
    {"{\"wa\":1,\"wait\":2}", "wait", 0, false, "\"wait\":2", 8},
    {"{\"waits\":1,\"wait\":2}", "wait", 0, false, "\"wait\":2", 8},
    /* as much of a path as there is */
    {"{\"jobs\":[{\"wait\":1}],\"defaults\":{\"after\":\"x\"}}", "jobs[0].after", 0, false,
     "{\"wait\":1}", 1},
    {"{\"jobs\":7}", "jobs[0].after", 0, false, "\"jobs\":7", 8},
    {"{}", "jobs", 0, false, "{}", 1},
    {" 12 ", "", 0, false, "12 ", 2},
    {"{\"jobs\":[]}", "", 0, false, "{\"jobs", 1},
    /* one request among others */
    {"{\"mode\":1}[]\n7{\"mode\":2}", "mode", 3, false, "\"mode\":2", 8},
    {"{\"mode\":1}", "mode", 1, false, NULL, 0},
    {"", "mode", 0, false, NULL, 0},
    /* syntax */
    {"{\"mode\":1}{\"jobs\":[{},]}", "", 1, false, "]}", 1},
    {"{\"mode\":1}{\"jobs\":[{}", "", 1, false, "", 0},
    {"{\"mode\":1,}", "mode", 0, false, "}", 1},
};

START_TEST(a_path_leads_to_its_place)
{
    struct event_text path = {places[_i].path, strlen(places[_i].path)};
    const char *text = places[_i].text;
    struct locate_span span = {0};
    bool found = locate(text, strlen(text), places[_i].request, path, places[_i].is_second, &span);

    ck_assert_msg(found == (places[_i].found != NULL), "%s in %s", places[_i].path, text);
    if (!found)
        return;
    ck_assert_uint_le(span.offset, strlen(text));
    ck_assert_msg(strncmp(text + span.offset, places[_i].found, strlen(places[_i].found)) == 0,
                  "%s in %s: %s", places[_i].path, text, text + span.offset);
    ck_assert_uint_eq(span.len, places[_i].len);
}
END_TEST

/* ---- The line --------------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t offset, marked;
    uint64_t number;
    unsigned columns;
    const char *shown;
} excerpts[] = {
    {"{\n  \"a\": 1\n}", 4, 6, 2, 80, "   2 |   \"a\": 1\n     |   ^~~~~~\n"},
    {"{\r\n \"a\"\r\n}", 4, 99, 2, 80, "   2 |  \"a\"\n     |  ^~~\n"},
    {"[1", 2, 0, 12345, 80, "12345 | [1\n      |   ^\n"},
    {"[1", 0, 1, 0, 80, "   [1\n   ^\n"},
    {"\t\"\xc3\xa9\":\x07 1", 8, 1, 1, 80, "   1 |  \"\xc3\xa9\":\\x07 1\n     |           ^\n"},
    {"0123456789012345678901234567890123456789abcdefghijklmnopqrstuvwxyz", 40, 3, 1, 40,
     "   1 | ...3456789abcdefghijklmnopqrs...\n"
     "     |           ^~~\n"},
    {"0123456789012345678901234567890123456789", 0, 40, 1, 10,
     "   1 | 012345678901234567...\n     | ^~~~~~~~~~~~~~~~~~\n"},
    {"0123456789012345678901234567890123456789", 39, 1, 1, 10,
     "   1 | ...234567890123456789\n     |                     ^\n"},
};

START_TEST(a_line_is_shown_with_a_mark)
{
    struct bytes out = {0};

    excerpt_append(&out, excerpts[_i].text, strlen(excerpts[_i].text), excerpts[_i].offset,
                   excerpts[_i].marked, excerpts[_i].number, excerpts[_i].columns);
    bytes_add_char(&out, '\0');
    ck_assert_str_eq(bytes_at(&out), excerpts[_i].shown);
    bytes_fini(&out);
}
END_TEST

START_TEST(places_are_counted_in_lines_and_characters)
{
    static const char text[] = "a\n\xc3\xa9\xe2\x98\x95x\n";
    struct excerpt_place place = excerpt_place(text, strlen(text), 7);

    ck_assert_uint_eq(place.line, 2);
    ck_assert_uint_eq(place.column, 3);
    place = excerpt_place(text, strlen(text), strlen(text));
    ck_assert_uint_eq(place.line, 3);
    ck_assert_uint_eq(place.column, 1);
}
END_TEST

/* A line of any length takes no more work than what is shown of it. */
START_TEST(a_line_of_megabytes_is_shown_too)
{
    size_t len = (size_t)8 << 20;
    char *text = malloc(len);
    struct bytes out = {0};

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    memcpy(text + len / 2, "here", 4);
    excerpt_append(&out, text, len, len / 2, 4, 1, 60);
    bytes_add_char(&out, '\0');
    ck_assert_ptr_nonnull(strstr(bytes_at(&out), "xherex"));
    ck_assert_uint_eq(strcspn(bytes_at(&out), "\n"), 59);
    bytes_fini(&out);
    free(text);
}
END_TEST

/* ---- What was meant ------------------------------------------------------------------ */

static const struct {
    const char *typed, *meant;
} typos[] = {
    {"wiat", "wait"},
    {"wayt", "wait"},
    {"wai", "wait"},
    {"waits", "wait"},
    {"WAIT", "wait"},
    {"max_jobs", "max-jobs"},
    {"conccurency", "concurrency"},
    {"retrys", "retries"},
    {"wt", NULL},
    {"sleep", NULL},
    {"", NULL},
    {"max-job", "max-jobs"},
    {"nmae", "name"},
    {"a", NULL},
};

START_TEST(typos_are_recognised)
{
    static const char *const words[] = {"name",     "wait",    "timeout", "concurrency",
                                        "max-jobs", "retries", "data"};
    struct nearest nearest;

    nearest_begin(&nearest, typos[_i].typed, strlen(typos[_i].typed));
    for (size_t i = 0; i < N(words); i++)
        nearest_try(&nearest, words[i]);
    if (typos[_i].meant == NULL)
        ck_assert_msg(nearest.best == NULL, "%s: %s", typos[_i].typed, nearest.best);
    else
        ck_assert_pstr_eq(nearest.best, typos[_i].meant);
}
END_TEST

START_TEST(words_of_any_length_are_taken)
{
    char typed[NEAREST_MAX + 10];
    struct nearest nearest;

    memset(typed, 'a', sizeof typed);
    nearest_begin(&nearest, typed, sizeof typed);
    nearest_try(&nearest, "aaaa");
    ck_assert_ptr_null(nearest.best);
    nearest_begin(&nearest, typed, NEAREST_MAX);
    typed[NEAREST_MAX - 1] = '\0';
    nearest_try(&nearest, typed);
    ck_assert_ptr_eq(nearest.best, typed);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_path_leads_to_its_place, N(places)},
        {a_line_is_shown_with_a_mark, N(excerpts)},
        {places_are_counted_in_lines_and_characters, 1},
        {a_line_of_megabytes_is_shown_too, 1},
        {typos_are_recognised, N(typos)},
        {words_of_any_length_are_taken, 1},
    };

    return check_suite("refusal", NULL, NULL, tests, N(tests));
}
