/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/net/forecast.h"
#include "client/cmd/overrides.h"
#include "tests/support/check.h"

/* The client's forecast, with this test in the daemon's place. */

#define SECOND INT64_C(1000000000)

static struct forecast *forecast;
static int there = -1; /* the daemon's end */
static int opened, closed;
static bool is_shut; /* nobody is there */

static int open_door(void *context)
{
    int fds[2];

    (void)context;
    if (is_shut)
        return -1;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    if (there >= 0)
        close(there);
    there = fds[1];
    opened++;
    return fds[0];
}

static void close_door(void *context, int fd)
{
    (void)context;
    closed++;
    close(fd);
}

static const struct forecast_door door = {.open = open_door, .close = close_door};

static void set_up(void)
{
    opened = closed = 0;
    is_shut = false;
    forecast = forecast_new(&door, NULL);
    ck_assert_ptr_nonnull(forecast);
}

static void tear_down(void)
{
    forecast_free(forecast);
    ck_assert_int_eq(opened, closed);
    if (there >= 0)
        close(there);
    there = -1;
}

static void feed(const char *text)
{
    forecast_feed(forecast, text, strlen(text));
}

/* What has been sent by now. */
static const char *sent(void)
{
    static char text[4096];
    ssize_t len;

    forecast_polled(forecast, POLLOUT);
    len = recv(there, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void answer(const char *lines)
{
    ck_assert_int_eq(send(there, lines, strlen(lines), MSG_NOSIGNAL), (ssize_t)strlen(lines));
    forecast_polled(forecast, POLLIN);
}

static void jobs_at(uint64_t request, int64_t at_ns, uint64_t ended, uint64_t in_flight)
{
    uint64_t got_ended = 99, got_in_flight = 99;

    ck_assert(forecast_jobs(forecast, request, at_ns, &got_ended, &got_in_flight));
    ck_assert_uint_eq(got_ended, ended);
    ck_assert_uint_eq(got_in_flight, in_flight);
}

START_TEST(it_asks_for_the_same_on_the_virtual_clock)
{
    ck_assert_int_eq(forecast_fd(forecast), -1);
    feed("[{\"wait\":1}]\n{\"jobs\":[],\"clock\":\"real\",\"eve");
    feed("nts\":\"none\",\"seed\":7}\n");
    ck_assert_str_eq(sent(), "{\"jobs\":[{\"wait\":1}],\"clock\":\"virtual\",\"events\":\"all\"}\n"
                             "{\"jobs\":[],\"seed\":7,\"clock\":\"virtual\",\"events\":\"all\"}\n");
}
END_TEST

START_TEST(flags_are_put_in)
{
    struct overrides overrides = {{NULL}};

    ck_assert_ptr_null(overrides_set(&overrides, OVERRIDE_WORKERS, "3"));
    forecast_free(forecast);
    forecast = forecast_new(&door, &overrides);
    overrides_fini(&overrides);
    feed("[]");
    ck_assert_str_eq(sent(),
                     "{\"jobs\":[],\"workers\":3,\"clock\":\"virtual\",\"events\":\"all\"}\n");
}
END_TEST

START_TEST(it_knows_the_end_and_the_jobs_in_flight)
{
    feed("[{}][{}]");
    sent();
    ck_assert_int_eq(forecast_elapsed(forecast, 0), -1);
    answer("{\"event\":\"error\",\"code\":\"invalid_request\",\"message\":\"no\"}\n"
           "{\"event\":\"accepted\",\"batch\":5,\"jobs\":4,\"instance\":\"x\"}\n"
           "{\"event\":\"started\",\"batch\":5,\"job\":0,\"attempt\":1,\"at\":0}\n"
           "{\"event\":\"started\",\"batch\":5,\"job\":1,\"attempt\":1,\"at\":0}\n"
           "{\"event\":\"done\",\"batch\":5,\"job\":0,\"status\":\"ok\",\"at\":1,\"due\":1}\n"
           "{\"event\":\"started\",\"batch\":5,\"job\":2,\"attempt\":1,\"at\":1}\n"
           "{\"event\":\"started\",\"batch\":5,\"job\":1,\"attempt\":2,\"at\":1.5}\n"
           "{\"event\":\"done\",\"batch\":5,\"job\":1,\"status\":\"failed\",\"at\":2}\n"
           "{\"event\":\"done\",\"batch\":5,\"job\":3,\"status\":\"skipped\",\"at\":2}\n");
    ck_assert_int_eq(forecast_elapsed(forecast, 1), -1);
    answer("{\"event\":\"done\",\"batch\":5,\"job\":2,\"status\":\"ok\",\"at\":2.5}\n"
           "{\"event\":\"finished\",\"batch\":5,\"status\":\"failed\",\"elapsed\":2.5}\n");
    ck_assert_int_eq(forecast_elapsed(forecast, 0), -1);
    ck_assert_int_eq(forecast_elapsed(forecast, 1), 2500000000);
    ck_assert_int_eq(forecast_elapsed(forecast, 2), -1);
    jobs_at(1, 0, 0, 2);
    jobs_at(1, SECOND - 1, 0, 2);
    jobs_at(1, SECOND, 1, 2);
    jobs_at(1, 2 * SECOND, 3, 1);
    jobs_at(1, 9 * SECOND, 4, 0);
}
END_TEST

START_TEST(it_gives_up_on_more_jobs_than_it_is_for)
{
    char line[100];

    feed("[{}][{}]");
    answer("{\"event\":\"accepted\",\"batch\":1,\"jobs\":1}\n"
           "{\"event\":\"finished\",\"batch\":1,\"status\":\"ok\",\"elapsed\":3}\n");
    snprintf(line, sizeof line, "{\"event\":\"accepted\",\"batch\":2,\"jobs\":%d}\n",
             FORECAST_JOBS);
    answer(line);
    ck_assert_int_eq(forecast_fd(forecast), -1);
    ck_assert_int_eq(forecast_elapsed(forecast, 0), 3 * SECOND);
    ck_assert_int_eq(forecast_elapsed(forecast, 1), -1);
    feed("[{}]");
    ck_assert_int_eq(forecast_fd(forecast), -1);
}
END_TEST

START_TEST(it_asks_for_less_when_too_much_comes)
{
    static char step[65536];
    uint64_t ended, in_flight;

    feed("[{\"repeat\":1000000}]");
    answer("{\"event\":\"accepted\",\"batch\":1,\"jobs\":1}\n");
    memset(step, ' ', sizeof step);
    memcpy(step, "{\"event\":\"step\"", 15);
    memcpy(step + sizeof step - 2, "}\n", 2);
    for (int i = 0; i < 1000 && opened == 1; i++) {
        ck_assert_int_gt(send(there, step, sizeof step, MSG_NOSIGNAL), 0);
        forecast_polled(forecast, POLLIN);
    }
    ck_assert_int_eq(opened, 2);
    ck_assert_str_eq(sent(), "{\"jobs\":[{\"repeat\":1000000}],\"clock\":\"virtual\","
                             "\"events\":\"none\"}\n");
    answer("{\"event\":\"accepted\",\"batch\":2,\"jobs\":1}\n"
           "{\"event\":\"finished\",\"batch\":2,\"status\":\"ok\",\"elapsed\":7}\n");
    ck_assert_int_eq(forecast_elapsed(forecast, 0), 7 * SECOND);
    ck_assert(!forecast_jobs(forecast, 0, 0, &ended, &in_flight));
}
END_TEST

START_TEST(nobody_there_is_no_trouble)
{
    is_shut = true;
    feed("[{}]");
    ck_assert_int_eq(forecast_fd(forecast), -1);
    ck_assert_int_eq(forecast_elapsed(forecast, 0), -1);
    forecast_polled(forecast, POLLIN | POLLOUT);
}
END_TEST

START_TEST(a_lost_connection_is_no_trouble)
{
    feed("[{}]");
    sent();
    close(there);
    there = -1;
    forecast_polled(forecast, POLLIN | POLLHUP);
    ck_assert_int_eq(forecast_fd(forecast), -1);
    feed("[{}]");
    ck_assert_int_eq(opened, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("forecast");
    TCase *tests = tcase_create("forecast");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, it_asks_for_the_same_on_the_virtual_clock);
    tcase_add_test(tests, flags_are_put_in);
    tcase_add_test(tests, it_knows_the_end_and_the_jobs_in_flight);
    tcase_add_test(tests, it_gives_up_on_more_jobs_than_it_is_for);
    tcase_add_test(tests, it_asks_for_less_when_too_much_comes);
    tcase_add_test(tests, nobody_there_is_no_trouble);
    tcase_add_test(tests, a_lost_connection_is_no_trouble);
    suite_add_tcase(suite, tests);
    return suite;
}
