/* SPDX-License-Identifier: ISC */

/*
 * What reading does is in proportion to what it reports: a message is worded once,
 * however much is at fault.  Linked with --wrap (request_work_flags in
 * tests/local.mk), this counts the calls of what words a message, and the bytes
 * that are decoded.
 */
#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/nearest.h"
#include "proto/request_internal.h"
#include "tests/support/check.h"
#include "tests/support/reading.h"

#define MANY 1000

static struct {
    unsigned quotes, distances, lists;
    size_t decoded; /* bytes */
} calls;

size_t __real_lexer_decode(const char *token, size_t len, char *out);
size_t __wrap_lexer_decode(const char *token, size_t len, char *out);

const char *__real_fault_quote(char out[FAULT_QUOTE_SIZE], const char *text, size_t len);
const char *__wrap_fault_quote(char out[FAULT_QUOTE_SIZE], const char *text, size_t len);
void __real_nearest_try(struct nearest *nearest, const char *candidate);
void __wrap_nearest_try(struct nearest *nearest, const char *candidate);
void __real_request_list_words(struct request_list *list, const char *const *words, unsigned n);
void __wrap_request_list_words(struct request_list *list, const char *const *words, unsigned n);
void __real_request_list_members(struct request_list *list, const struct request_context *context,
                                 uint32_t set);
void __wrap_request_list_members(struct request_list *list, const struct request_context *context,
                                 uint32_t set);

size_t __wrap_lexer_decode(const char *token, size_t len, char *out)
{
    calls.decoded += len;
    return __real_lexer_decode(token, len, out);
}

const char *__wrap_fault_quote(char out[FAULT_QUOTE_SIZE], const char *text, size_t len)
{
    calls.quotes++;
    return __real_fault_quote(out, text, len);
}

void __wrap_nearest_try(struct nearest *nearest, const char *candidate)
{
    calls.distances++;
    __real_nearest_try(nearest, candidate);
}

void __wrap_request_list_words(struct request_list *list, const char *const *words, unsigned n)
{
    calls.lists++;
    __real_request_list_words(list, words, n);
}

void __wrap_request_list_members(struct request_list *list, const struct request_context *context,
                                 uint32_t set)
{
    calls.lists++;
    __real_request_list_members(list, context, set);
}

/* Reads `head`, `repeated` many times with `between`, and `tail`. */
static void read_many(const char *head, const char *repeated, const char *between, const char *tail,
                      const char *expected)
{
    char *text =
        malloc(strlen(head) + MANY * (strlen(repeated) + strlen(between)) + strlen(tail) + 1);
    char *at = text, *got;

    ck_assert_ptr_nonnull(text);
    at += sprintf(at, "%s", head);
    for (int i = 0; i < MANY; i++)
        at += sprintf(at, "%s%s", i > 0 ? between : "", repeated);
    at += sprintf(at, "%s", tail);
    memset(&calls, 0, sizeof(calls));
    got = reading_run(&reading_limits, text, (size_t)(at - text), reading_whole, NULL, MANY);
    ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "`%s`: %.300s", repeated, got);
    free(got);
    free(text);
}

START_TEST(of_many_unknown_members_one_is_worded)
{
    read_many("{", "\"a\":1", ",", ",\"jobs\":[]}", "invalid_request|");
    ck_assert_uint_le(calls.quotes, 2); /* in the message and in the path */
    ck_assert_uint_le(calls.distances, REQUEST_MEMBERS_MAX);
}
END_TEST

START_TEST(of_many_members_given_twice_one_is_worded)
{
    read_many("{\"seed\":0,", "\"seed\":1", ",", ",\"jobs\":[]}", "invalid_request|");
    ck_assert_uint_le(calls.quotes, 2);
}
END_TEST

START_TEST(of_many_drawn_durations_one_at_most_is_worded)
{
    static const struct {
        const char *job, *expected;
        unsigned most; /* lists of what would have been right */
    } cases[] = {
        {"{\"wait\":{}}", "invalid_request|", 3},
        {"{\"wait\":{\"dist\":1}}", "invalid_request|", 3},
        {"{\"wait\":{\"dist\":\"normal\"}}", "invalid_request|", 3},
        {"{\"wait\":{\"dist\":\"normal\",\"mean\":1,\"min\":1}}", "invalid_request|", 3},
        {"{\"wait\":{\"dist\":\"exponential\",\"mean\":1}}", "submit", 0},
        {"{\"wait\":{\"dist\":\"uniform\",\"min\":1,\"max\":2}}", "submit", 0},
        {"{\"wait\":{\"dist\":\"trace\",\"values\":[1,2]}}", "submit", 0},
    };
    read_many("[", cases[_i].job, ",", "]", cases[_i].expected);
    ck_assert_uint_le(calls.lists, cases[_i].most);
}
END_TEST

START_TEST(of_a_word_that_is_none_only_the_beginning_is_decoded)
{
    static const struct {
        const char *head, *tail, *expected;
    } cases[] = {
        {"{\"", "\":1}", "invalid_request|[\"aaaaaaaaaaaa"},
        {"{\"x", "\":1}", "invalid_request|[\"xaaaaaaaaaaa"},
        {"{\"jobs\":[],\"mode\":\"", "\"}", "invalid_request|mode|"},
        {"[{\"count\":9999999}, {\"", "\":1}]", "too_large|[0].count|"},
        {"{\"jobs\":[{\"count\":999999},{},{}], \"", "\":1}", "too_large|jobs[2]|"},
    };
    read_many(cases[_i].head, "\\u0061", "", cases[_i].tail, cases[_i].expected);
    ck_assert_uint_le(calls.decoded, 1000);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {of_many_unknown_members_one_is_worded, 1},
        {of_many_members_given_twice_one_is_worded, 1},
        {of_many_drawn_durations_one_at_most_is_worded, 7},
        {of_a_word_that_is_none_only_the_beginning_is_decoded, 5},
    };

    return check_suite("request_work", NULL, NULL, tests, N(tests));
}
