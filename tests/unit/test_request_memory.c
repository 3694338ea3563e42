/* SPDX-License-Identifier: ISC */

/*
 * Reading when out of memory: every single allocation fails in turn.
 *
 * The program brings its own malloc() in front of the C library's.  Where a
 * sanitizer or valgrind has put its own there, no allocation fails and each
 * loop ends after its first round.
 */

#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

/* What happens while the reader is at work; Check allocates too. */
static bool watching;
static long until_failure; /* allocations that still succeed */
static long live;          /* blocks allocated and not freed */

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static bool fails(void)
{
    return watching && (until_failure == 0 || until_failure-- == 0);
}

void *malloc(size_t size)
{
    void *block = fails() ? NULL : __libc_malloc(size);
    live += watching && block != NULL;
    return block;
}

void *calloc(size_t n, size_t size)
{
    void *block = fails() ? NULL : __libc_calloc(n, size);
    live += watching && block != NULL;
    return block;
}

void *realloc(void *old, size_t size)
{
    void *block = fails() ? NULL : __libc_realloc(old, size);
    live += watching && block != NULL && old == NULL;
    return block;
}

void free(void *block)
{
    live -= watching && block != NULL;
    __libc_free(block);
}
#endif

static const uint8_t key[16];

struct outcome {
    enum request_result result;
    enum fault_code code;
    enum request_result next; /* of the request after it */
    long left;                /* blocks never freed */
};

static enum request_result read_piece(struct request_reader *reader, const char *piece, size_t len,
                                      struct request *request, struct fault *fault)
{
    enum request_result result;
    request_feed(reader, piece, len);
    do
        result = request_read(reader, 3, request, fault);
    while (result == REQUEST_BUSY);
    return result;
}

/* Feeds the text in pieces of 5 bytes, with memory short after n allocations,
 * and then a `ping` with enough. */
static struct outcome run(const char *text, long n)
{
    static const char ping[] = " {\"op\":\"ping\"}";
    struct outcome outcome = {.result = REQUEST_MORE, .next = REQUEST_READY};
    struct request request = {.plan = NULL};
    struct fault fault = {.code = FAULT_NONE};
    size_t len = strlen(text);
    watching = true;
    live = 0;
    until_failure = n;
    struct request_reader *reader = request_reader_new(&reading_limits, key);
    for (size_t at = 0; reader != NULL && at < len; at += 5)
        outcome.result =
            read_piece(reader, text + at, len - at < 5 ? len - at : 5, &request, &fault);
    if (outcome.result == REQUEST_READY)
        plan_free(request.plan);
    else if (reader != NULL)
        outcome.code = fault.code;
    else
        outcome.code = FAULT_OVERLOADED;
    request_id_release(request.id, NULL);
    until_failure = 1000;
    if (reader != NULL) {
        request_read(reader, 3, &request, &fault);
        outcome.next = read_piece(reader, ping, strlen(ping), &request, &fault);
    }
    request_reader_free(reader);
    watching = false;
    outcome.left = live;
    return outcome;
}

static void fail_each(const char *text, enum request_result expected)
{
    for (long n = 0; n < 1000; n++) {
        struct outcome outcome = run(text, n);
        ck_assert_int_eq(outcome.left, 0);
        ck_assert_int_eq(outcome.next, REQUEST_READY);
        if (outcome.result == expected && outcome.code != FAULT_OVERLOADED)
            return;
        ck_assert_msg(outcome.code == FAULT_OVERLOADED, "allocation %ld: result %d, code %d", n,
                      (int)outcome.result, (int)outcome.code);
    }
    ck_abort_msg("it never succeeds");
}

START_TEST(a_request_is_refused_when_memory_is_short_and_the_next_is_read)
{
    fail_each(
        "{\"id\":\"an identity\",\"jobs\":[{\"name\":\"\\u0061 name\",\"wait\":1,\"data\":"
        "{\"key\":[\"value\",12345678]}},{\"steps\":[{\"wait\":{\"dist\":\"trace\",\"values\":[1,"
        "2,3]},\"note\":\"some note\"},{\"compute\":\"1500ms\"}],\"after\":[\"a "
        "name\",\"\\u0062\"]},"
        "{\"name\":\"b\",\"fail\":0.123456789,\"retries\":2,\"backoff\":{\"initial\":1,\"factor\":"
        "1.2345678}}],\"defaults\":{\"name\":\"\\u0064efault\"}}",
        REQUEST_READY);
}
END_TEST

START_TEST(data_that_cannot_be_kept_is_refused)
{
    char text[4000] = "[{\"data\":[\"a\"";
    for (int i = 0; i < 200; i++)
        strcat(text, i % 3 == 0 ? ",[{\"k\":1}]" : i % 3 == 1 ? ",\"value\"" : ",{},[]");
    strcat(text, "]}]");
    fail_each(text, REQUEST_READY);
}
END_TEST

START_TEST(many_jobs_that_cannot_be_kept_are_refused)
{
    char text[8000] = "[{\"name\":\"a\"}";
    for (int i = 0; i < 100; i++)
        strcat(text, i % 2 == 0 ? ",{\"name\":\"b\",\"wait\":1}" : ",{\"after\":\"a\",\"wait\":2}");
    strcat(text, "]");
    fail_each(text, REQUEST_READY);
}
END_TEST

/* The longer names go in steps. */
START_TEST(pools_that_cannot_be_kept_are_refused)
{
    int len = _i == 0 ? 4 : 70000;
    char *text = malloc(6 * (size_t)len + 1000);
    ck_assert_ptr_nonnull(text);
    sprintf(text,
            "{\"jobs\":[{\"pool\":\"\\u0061%0*d\"}],\"pools\":{\"b\":1,\"a%0*d\":1},"
            "\"defaults\":{\"steps\":[{\"compute\":1,\"pool\":\"a%0*d\"}]}}",
            len, 0, len, 0, len, 0);
    fail_each(text, REQUEST_READY);
    free(text);
}
END_TEST

START_TEST(a_request_at_fault_is_refused_for_one_or_the_other)
{
    fail_each("{\"jobs\":[{\"after\":\"\\u0061bc\",\"wait\":\"an hour or so\"}],\"id\":123456789}",
              REQUEST_REFUSED);
    fail_each("{\"un\\u006bnown member of some length\":1,\"jobs\":[{\"count\":9999999}],\"id\":1}",
              REQUEST_REFUSED);
}
END_TEST

START_TEST(a_scalar_that_cannot_be_kept_is_refused_too)
{
    fail_each("\"a string that is longer than a piece\"", REQUEST_REFUSED);
}
END_TEST

/* The text of a request that may yet be `detach` is kept, where anybody takes those. */
START_TEST(a_reader_keeps_the_text_only_where_detached_batches_are_taken)
{
    struct request_limits limits = reading_limits;
    struct request request = {.plan = NULL};
    struct fault fault;
    char text[5000];
    snprintf(text, sizeof(text), "{\"jobs\":[{}%4000s],\"detach\":true", "");
    limits.keeps_no_text = _i == 1;
    struct request_reader *reader = request_reader_new(&limits, key);
    ck_assert_int_eq(read_piece(reader, text, strlen(text), &request, &fault), REQUEST_MORE);
    request_feed(reader, NULL, 0);
    if (_i == 0)
        ck_assert_uint_ge(request_held(reader), strlen(text));
    else
        ck_assert_uint_lt(request_held(reader), strlen(text) / 2);
    ck_assert_int_eq(read_piece(reader, "}", 1, &request, &fault), REQUEST_READY);
    ck_assert(request.detached->detach && (request.text != NULL) == (_i == 0));
    free(request.text);
    plan_free(request.plan);
    request_reader_free(reader);
}
END_TEST

/* What 10,000 idle clients keep counts 10,000 times. */
START_TEST(between_requests_a_reader_keeps_nothing_of_them)
{
    static const char *const texts[] = {
        " ", "{\"op\":\"ping\",\"id\":\"a long identity\"} ", "\"a scalar cut in pieces\" ",
        "{\"id\":\"x\",\"jobs\":[{\"name\":\"\\u0061 name\",\"wait\":\"an hour or so\"}]}\n",
        "[{\"name\":\"\\u0061 name\",\"fail\":0.123456789,\"data\":{\"key\":[12345678]}}]\n"};
    struct request request = {.plan = NULL};
    struct fault fault;
    long fresh = 0;
    watching = true;
    live = 0;
    until_failure = 1000000;
    struct request_reader *reader = request_reader_new(&reading_limits, key);
    fresh = live;
    for (size_t i = 0; i < N(texts); i++) {
        for (const char *at = texts[i]; *at != '\0'; at++) {
            struct request next = {.plan = NULL};
            for (enum request_result result = read_piece(reader, at, 1, &next, &fault);
                 result != REQUEST_MORE; result = request_read(reader, 3, &next, &fault)) {
                if (result == REQUEST_READY)
                    request = next;
                request_id_release(next.id, NULL);
                next.id = NULL;
            }
        }
        plan_free(request.plan);
        request.plan = NULL;
        watching = false;
        ck_assert_msg(live == fresh, "%ld blocks more after `%s`", live - fresh, texts[i]);
        ck_assert_uint_eq(request_held(reader), 0);
        watching = true;
    }
    request_reader_free(reader);
    watching = false;
    ck_assert_int_eq(live, 0);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_request_is_refused_when_memory_is_short_and_the_next_is_read, 1},
        {a_reader_keeps_the_text_only_where_detached_batches_are_taken, 2},
        {data_that_cannot_be_kept_is_refused, 1},
        {many_jobs_that_cannot_be_kept_are_refused, 1},
        {pools_that_cannot_be_kept_are_refused, 2},
        {a_request_at_fault_is_refused_for_one_or_the_other, 1},
        {a_scalar_that_cannot_be_kept_is_refused_too, 1},
        {between_requests_a_reader_keeps_nothing_of_them, 1},
    };

    return check_suite("request_memory", NULL, NULL, tests, N(tests));
}
