/* SPDX-License-Identifier: ISC */

/* The events that only detached batches have, byte for byte. */

#include <string.h>

#include "proto/event_detached.h"
#include "tests/support/check.h"

#define NO_ID ((struct event_text){NULL, 0})

static char line[2 * EVENT_LISTED_MAX];

static void is_line(const char *end, const char *expected)
{
    ck_assert_uint_eq((size_t)(end - line), strlen(expected));
    ck_assert_mem_eq(line, expected, strlen(expected));
}

START_TEST(an_accepted_has_its_ref_and_the_seed_that_was_drawn)
{
    int64_t seed = 7;
    struct event_detached_accepted accepted = {.ref = "r-1",
                                               .id = {.text = "\"x\"", .len = 3},
                                               .existing = true,
                                               .jobs = 2,
                                               .seed = &seed,
                                               .durable = "disk",
                                               .time_ns = INT64_C(1000000001)};

    is_line(event_detached_accepted(line, &accepted),
            "{\"event\":\"accepted\",\"ref\":\"r-1\",\"seq\":1,\"id\":\"x\",\"existing\":true,"
            "\"jobs\":2,\"seed\":7,\"durable\":\"disk\",\"time\":\"1970-01-01T00:00:01."
            "000000001Z\"}\n");
}
END_TEST

START_TEST(a_watch_is_suspended_and_kept_alive)
{
    is_line(event_detached_suspended(line, "r-1", 17),
            "{\"event\":\"suspended\",\"ref\":\"r-1\",\"last\":17}\n");
    is_line(event_detached_heartbeat(line, 0, "r-1", INT64_C(1500000000), 3),
            "{\"event\":\"heartbeat\",\"ref\":\"r-1\",\"at\":1.5,\"pending\":3}\n");
    is_line(event_detached_heartbeat(line, 9, NULL, INT64_C(1500000000), 3),
            "{\"event\":\"heartbeat\",\"batch\":9,\"at\":1.5,\"pending\":3}\n");
    is_line(event_detached_unwatched(line, NO_ID, "r-1", 4),
            "{\"event\":\"unwatched\",\"ref\":\"r-1\",\"last\":4}\n");
    is_line(event_detached_forgotten(line, NO_ID, "r-1"),
            "{\"event\":\"forgotten\",\"ref\":\"r-1\"}\n");
}
END_TEST

/* What a key may hold, and how it is written so that any reader of lines and JSON takes it. */
START_TEST(a_key_is_written_with_its_escapes)
{
    static const char key[] = "a\"\\\n\0\xe2\x80\xa8\xed\xa0\x80\xc3\xa9";
    struct event_listed listed = {.ref = "r-1",
                                  .key = key,
                                  .key_len = sizeof(key) - 1,
                                  .owner = "cert:CN=a\\,b",
                                  .state = "running",
                                  .durable = "no",
                                  .jobs = 1};
    char *end = event_detached_batch(line, &listed);

    *end = '\0';
    ck_assert_ptr_nonnull(strstr(line, "\"key\":\"a\\\"\\\\"));
    ck_assert_ptr_nonnull(strstr(line, "\\u0000"));
    ck_assert_ptr_nonnull(strstr(line, "\\u2028"));
    ck_assert_ptr_nonnull(strstr(line, "\\ud800"));
    ck_assert_ptr_nonnull(strstr(line, "\xc3\xa9\""));
    ck_assert_ptr_nonnull(strstr(line, ",\"owner\":\"cert:CN=a\\\\,b\"}\n"));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {an_accepted_has_its_ref_and_the_seed_that_was_drawn, 1},
        {a_watch_is_suspended_and_kept_alive, 1},
        {a_key_is_written_with_its_escapes, 1},
    };

    return check_suite("event_detached", NULL, NULL, tests, N(tests));
}
