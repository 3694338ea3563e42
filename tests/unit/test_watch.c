/* SPDX-License-Identifier: ISC */

/* How a client goes on with a watch over several connections: where, and after how long. */

#include "client/net/watch.h"

#include <string.h>

#include "client/net/backoff.h"
#include "tests/support/check.h"

#define MS INT64_C(1000000)

static void expect_request(const struct watch *watch, const char *text)
{
    struct bytes out = {0};

    watch_append_request(watch, &out);
    ck_assert_uint_eq(bytes_len(&out), strlen(text));
    ck_assert_mem_eq(bytes_at(&out), text, strlen(text));
    bytes_fini(&out);
}

static void take(struct watch *watch, enum event_kind kind, uint64_t seq)
{
    const struct event_read event = {.kind = kind, .seq = seq};

    watch_take(watch, &event);
}

START_TEST(a_watch_goes_on_at_the_next_event)
{
    struct watch watch = {.ref = "r-1", .next = 1};

    expect_request(&watch, "{\"op\":\"watch\",\"ref\":\"r-1\"}\n");
    take(&watch, EVENT_ACCEPTED, 1);
    take(&watch, EVENT_DONE, 2);
    expect_request(&watch, "{\"op\":\"watch\",\"ref\":\"r-1\",\"from\":3}\n");
    take(&watch, EVENT_HEARTBEAT, 0); /* is not numbered */
    expect_request(&watch, "{\"op\":\"watch\",\"ref\":\"r-1\",\"from\":3}\n");
    take(&watch, EVENT_DONE, UINT64_MAX - 1);
    expect_request(&watch, "{\"op\":\"watch\",\"ref\":\"r-1\",\"from\":18446744073709551615}\n");
    ck_assert(!watch.is_over);
}
END_TEST

START_TEST(a_ref_of_any_text_is_sent_as_json)
{
    const struct watch watch = {.ref = "a\"b\\c", .next = 1};

    expect_request(&watch, "{\"op\":\"watch\",\"ref\":\"a\\\"b\\\\c\"}\n");
}
END_TEST

START_TEST(a_watch_is_over_with_the_batch)
{
    static const enum event_kind ends[] = {EVENT_FINISHED, EVENT_BATCH, EVENT_ERROR};

    for (size_t i = 0; i < N(ends); i++) {
        struct watch watch = {.ref = "r", .next = 1};

        take(&watch, ends[i], 0);
        ck_assert(watch.is_over);
    }
}
END_TEST

START_TEST(pauses_double_from_100_ms_up_to_10_s)
{
    static const int64_t most_ms[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};

    for (unsigned i = 0; i < N(most_ms); i++) {
        ck_assert_int_eq(backoff_pause_ns(i + 1, UINT32_MAX), most_ms[i] * MS);
        ck_assert_int_eq(backoff_pause_ns(i + 1, 0), most_ms[i] * MS / 2);
    }
    ck_assert_int_eq(backoff_pause_ns(UINT32_MAX, UINT32_MAX), 10000 * MS);
}
END_TEST

START_TEST(half_of_a_pause_is_left_to_chance)
{
    for (uint32_t random = 0; random < UINT32_MAX - (1U << 28); random += 1U << 28) {
        int64_t pause_ns = backoff_pause_ns(4, random);

        ck_assert_int_ge(pause_ns, 400 * MS);
        ck_assert_int_lt(pause_ns, 800 * MS);
        ck_assert_int_lt(pause_ns, backoff_pause_ns(4, random + (1U << 28)));
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test cursor[] = {
        {a_watch_goes_on_at_the_next_event, 1},
        {a_ref_of_any_text_is_sent_as_json, 1},
        {a_watch_is_over_with_the_batch, 1},
    };
    const struct check_test back_off[] = {
        {pauses_double_from_100_ms_up_to_10_s, 1},
        {half_of_a_pause_is_left_to_chance, 1},
    };
    Suite *suite = suite_create("watch");

    check_case(suite, "cursor", NULL, NULL, cursor, N(cursor));
    check_case(suite, "back-off", NULL, NULL, back_off, N(back_off));
    return suite;
}
