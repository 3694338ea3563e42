/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "client/cmd/meter.h"
#include "client/base/text.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

static struct meter meter;
static struct bytes out;

static void set_up(void)
{
    meter = (struct meter){.samples = 0};
}

static void tear_down(void)
{
    bytes_fini(&out);
}

static const char *drawn(unsigned columns, unsigned rows, bool is_utf8)
{
    bytes_consume(&out, bytes_len(&out));
    meter_draw(&meter, columns, rows, is_utf8, &out);
    bytes_add_char(&out, '\0');
    return bytes_at(&out);
}

static void take(int64_t uptime_ns, uint64_t ok, uint64_t pending)
{
    struct event_read stats = {.kind = EVENT_STATS,
                               .uptime_ns = uptime_ns,
                               .ok = ok,
                               .failed = 1,
                               .pending = pending,
                               .connections = 3,
                               .bytes_in = 100 * ok,
                               .late_p99_ns = 1500000,
                               .rss = 1 << 20};

    meter_take(&meter, &stats);
}

/* Takes another sample, by which so many jobs a second are completed. */
static void completes(int64_t uptime_ns, uint64_t ok, uint64_t pending, double rate)
{
    take(uptime_ns, ok, pending);
    ck_assert_double_eq(meter_value(&meter, METER_COMPLETIONS), rate);
}

START_TEST(rates_are_by_the_daemons_own_clock)
{
    completes(10 * SECOND, 100, 5, 0);
    completes(12 * SECOND, 300, 4, 100);
    ck_assert_double_eq(meter_value(&meter, METER_RECEIVED), 10000);
    ck_assert_double_eq(meter_value(&meter, METER_PENDING), 4);
    ck_assert_double_eq(meter_value(&meter, METER_LATE_P99), 1500000);
    completes(12 * SECOND, 300, 4, 0);
    ck_assert_uint_eq(meter.restarts, 0);
}
END_TEST

START_TEST(a_younger_daemon_is_another_one)
{
    take(10 * SECOND, 1000, 0);
    completes(1 * SECOND, 5, 0, 0);
    ck_assert_uint_eq(meter.restarts, 1);
    completes(2 * SECOND, 15, 0, 10);
    ck_assert_uint_eq(meter.restarts, 1);
}
END_TEST

START_TEST(the_last_values_are_drawn)
{
    for (uint64_t i = 0; i < METER_HISTORY + 9; i++)
        take((int64_t)i * SECOND, 0, i % 8 == 7 ? 80 : 10 * (i % 8));
    /* the latest on the right, in proportion to the highest */
    ck_assert_ptr_nonnull(strstr(drawn(45, 20, false), "jobs pending              0  "
                                                       ".:-=+*#_.:-=+*#_\n"));
    ck_assert_ptr_nonnull(strstr(drawn(45, 20, true), "\xe2\x96\x88\xe2\x96\x81\xe2\x96\x82"));
}
END_TEST

START_TEST(a_picture_keeps_to_its_room)
{
    take(SECOND, 123456789, 5);
    take(2 * SECOND, 223456789, 5);
    for (unsigned columns = 1; columns < 120; columns++) {
        for (const char *line = drawn(columns, 20, false); *line != '\0';
             line += strcspn(line, "\n") + 1)
            ck_assert_uint_le(strcspn(line, "\n"), columns);
    }
    for (unsigned rows = 0; rows < 20; rows++) {
        unsigned n = 0;

        for (const char *c = drawn(80, rows, true); *c != '\0'; c++)
            n += *c == '\n';
        ck_assert_uint_le(n, rows);
    }
    ck_assert_ptr_nonnull(
        strstr(drawn(80, 20, false),
               "jobs ended: 223456789 ok, 1 failed, 0 timed_out, 0 cancelled, 0 skipped\n"));
    ck_assert_ptr_nonnull(strstr(drawn(80, 20, false), "completions/s     100000000  "));
}
END_TEST

START_TEST(lines_stand_below_their_headings)
{
    size_t heading;

    take(SECOND, 1, 5);
    take(3723 * SECOND, 1, 7);
    meter_heading(&out);
    heading = bytes_len(&out);
    meter_line(&meter, &out);
    ck_assert_uint_eq(bytes_len(&out), 2 * heading);
    bytes_add_char(&out, '\0');
    ck_assert_str_eq(bytes_at(&out),
                     "   uptime   conns batches   pending   ended/s    p50 ms    p99 ms    max ms"
                     "     memory\n"
                     "     3723       3       0         7         0     0.000     1.500     0.000"
                     "    1.0 MiB\n");
}
END_TEST

static const struct {
    int64_t ns;
    const char *text;
} spans[] = {
    {0, "0.0 s"},
    {4290000000, "4.2 s"},
    {59999999999, "59.9 s"},
    {125 * SECOND, "2m 5s"},
    {3723 * SECOND, "1h 2m 3s"},
    {(3 * 86400 + 4 * 3600 + 300) * SECOND, "3d 4h 5m"},
};

START_TEST(spans_are_read_at_a_glance)
{
    char text[TEXT_SECONDS_MAX];

    ck_assert_str_eq(text_span(text, spans[_i].ns), spans[_i].text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {rates_are_by_the_daemons_own_clock, 1}, {a_younger_daemon_is_another_one, 1},
        {the_last_values_are_drawn, 1},          {a_picture_keeps_to_its_room, 1},
        {lines_stand_below_their_headings, 1},   {spans_are_read_at_a_glance, N(spans)},
    };

    return check_suite("meter", set_up, tear_down, tests, N(tests));
}
