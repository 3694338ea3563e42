/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "client/cmd/top_batches.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

static struct top_batches batches;
static struct bytes out;

static void set_up(void)
{
    memset(&batches, 0, sizeof batches);
}

static void tear_down(void)
{
    bytes_fini(&out);
}

static const char *drawn(unsigned columns, unsigned rows, bool is_utf8)
{
    bytes_consume(&out, bytes_len(&out));
    top_batches_draw(&batches, columns, rows, is_utf8, &out);
    bytes_add_char(&out, '\0');
    return bytes_at(&out);
}

static void take(const char *key, const char *ref, uint64_t jobs, uint64_t pending)
{
    struct event_read event = {.kind = EVENT_BATCH,
                               .ref = {ref, strlen(ref)},
                               .jobs = jobs,
                               .pending = pending,
                               .elapsed_ns = 65 * SECOND};

    if (key != NULL)
        event.key = event_text_of(key);
    top_batches_take(&batches, &event);
}

static void end_list(void)
{
    top_batches_take(&batches, &(struct event_read){.kind = EVENT_BATCHES});
}

START_TEST(a_list_is_drawn_once_it_is_complete)
{
    take("nightly", "a-1", 4, 1);
    ck_assert_str_eq(drawn(80, 10, false), "");
    end_list();
    take(NULL, "a-2", 1, 1);
    ck_assert_str_eq(drawn(80, 10, false),
                     "\n"
                     "detached batches                                         "
                     "jobs ended  running for\n"
                     "nightly               ##############.....   75 %"
                     "                3/4        1m 5s\n");
    end_list();
    ck_assert_ptr_nonnull(strstr(drawn(80, 10, false), "\na-2 "));
    ck_assert_ptr_null(strstr(bytes_at(&out), "nightly"));
    end_list();
    ck_assert_str_eq(drawn(80, 10, false), "");
}
END_TEST

/* In so many columns: what is left out first is the figures, then the bar. */
START_TEST(it_keeps_to_the_columns)
{
    take("a key of quite some length, by which nobody would call a batch", "a-1", 8, 4);
    end_list();
    for (unsigned columns = 0; columns < 200; columns++)
        for (const char *line = drawn(columns, 10, false), *end; *line != '\0'; line = end + 1) {
            end = strchr(line, '\n');
            ck_assert_uint_le((size_t)(end - line), columns > 7 ? columns : 7);
        }
    ck_assert_ptr_nonnull(strstr(drawn(24, 10, false), "a key of quite ..   50 %\n"));
    ck_assert_ptr_nonnull(strstr(drawn(40, 10, false), "  #######........   50 %\n"));
}
END_TEST

START_TEST(what_there_is_no_room_for_is_counted)
{
    char ref[16];

    for (int i = 0; i < 70; i++) {
        snprintf(ref, sizeof ref, "r-%d", i);
        take(NULL, ref, 2, 1);
    }
    end_list();
    ck_assert_str_eq(drawn(80, 3, false), "");
    ck_assert_ptr_nonnull(
        strstr(drawn(80, 4, false), "\nand at least 63 more: see waitctl list\n"));
    ck_assert_ptr_nonnull(strstr(drawn(80, 100, true), "\nr-63 "));
    ck_assert_ptr_null(strstr(bytes_at(&out), "more"));
}
END_TEST

START_TEST(a_name_is_shown_safely_and_odd_figures_do_no_harm)
{
    take("\033[2J\n\xff", "a-1", 0, 5);
    take("", "a-2", 3, 7);
    end_list();
    ck_assert_ptr_nonnull(strstr(drawn(80, 10, true), "\\x1b[2J\\n"));
    ck_assert_ptr_nonnull(strstr(bytes_at(&out), " 100 %                0/0"));
    ck_assert_ptr_nonnull(strstr(bytes_at(&out), "   0 %                0/3"));
    top_batches_clear(&batches);
    ck_assert_str_eq(drawn(80, 10, true), "");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_list_is_drawn_once_it_is_complete, 1},
        {it_keeps_to_the_columns, 1},
        {what_there_is_no_room_for_is_counted, 1},
        {a_name_is_shown_safely_and_odd_figures_do_no_harm, 1},
    };

    return check_suite("top_batches", set_up, tear_down, tests, N(tests));
}
