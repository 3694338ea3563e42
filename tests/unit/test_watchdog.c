/* SPDX-License-Identifier: ISC */
#include "daemon/watchdog.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/net/loop.h"
#include "tests/support/check.h"

#define LOOPS 2
#define TURNS 12 /* of the first loop: each waits for a timer or to be woken */

static struct ledger ledger;
static struct limits limits;
static struct channel_env env;
static struct snapshot_source snapshot;
static struct log quiet;
static struct loop *loops[LOOPS];
static struct stats *stats[LOOPS];
static struct watchdog *watchdog;
static char directory[] = "test_watchdog.XXXXXX";
static int manager;

/* A service manager that wants to hear from us every 20 ms, and two loops. */
static void set_up(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    char *whole;

    strcpy(directory, "test_watchdog.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path.sun_path, sizeof(path.sun_path), "%s/notify", directory);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&path, sizeof(path)), 0);
    setenv("WATCHDOG_USEC", "20000", 1);
    log_init(&quiet, LOG_LEVEL_ERROR);
    env.ledger = &ledger;
    for (unsigned i = 0; i < LOOPS; i++) {
        loops[i] = loop_new(&(struct loop_config){
            .limits = &limits, .env = &env, .log = &quiet, .index = i, .n_loops = LOOPS});
        ck_assert_ptr_nonnull(loops[i]);
        stats[i] = loop_stats(loops[i]);
    }
    snapshot = (struct snapshot_source){.ledger = &ledger, .stats = stats, .n_stats = LOOPS};
    watchdog = watchdog_new(&(struct watchdog_config){
        .base = loop_base(loops[0]), .loops = loops, .n_loops = LOOPS, .snapshot = &snapshot});
    ck_assert_ptr_nonnull(watchdog);
    /* sd_notify() takes absolute paths alone. */
    whole = realpath(path.sun_path, NULL);
    ck_assert_ptr_nonnull(whole);
    setenv("NOTIFY_SOCKET", whole, 1);
    free(whole);
}

static void tear_down(void)
{
    char path[64];

    watchdog_free(watchdog);
    for (unsigned i = 0; i < LOOPS; i++)
        loop_free(loops[i]);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(manager);
    snprintf(path, sizeof(path), "%s/notify", directory);
    unlink(path);
    rmdir(directory);
}

#ifdef HAVE_SYSTEMD

/* How many of the messages so far begin like this. */
static unsigned count_messages(const char *like)
{
    char text[512];
    unsigned n = 0;
    ssize_t len;

    while ((len = recv(manager, text, sizeof(text) - 1, 0)) > 0) {
        text[len] = '\0';
        n += strncmp(text, like, strlen(like)) == 0;
    }
    return n;
}

START_TEST(the_manager_hears_of_loops_that_turn)
{
    watchdog_start(watchdog);
    for (int i = 0; i < TURNS; i++) {
        loop_iterate(loops[0]);
        mailbox_wake(loop_mailbox(loops[1]));
        loop_iterate(loops[1]);
    }
    ck_assert_uint_gt(count_messages("WATCHDOG=1"), 2);
}
END_TEST

START_TEST(one_loop_that_is_stuck_is_silence)
{
    watchdog_start(watchdog);
    for (int i = 0; i < TURNS; i++)
        loop_iterate(loops[0]);
    /* That of the start alone. */
    ck_assert_uint_eq(count_messages("WATCHDOG=1"), 1);
}
END_TEST

START_TEST(a_line_is_returned_once)
{
    watchdog_start(watchdog);
    watchdog_stopping(watchdog);
    watchdog_stopping(watchdog);
    ck_assert_uint_eq(count_messages("STATUS=Stopping: 0 connections, 0 batches, 0 pending"), 1);
}
END_TEST

#endif

START_TEST(a_line_reports_connections_batches_jobs_and_lateness)
{
    struct event_stats seen = {.connections = 1,
                               .batches = 2,
                               .pending = 30,
                               .late_p99_ns = 1250000,
                               .late_max_ns = 20000000};
    char line[WATCHDOG_LINE_MAX];

    ck_assert_str_eq(watchdog_line(&seen, false, line),
                     "1 connection, 2 batches, 30 pending jobs; "
                     "lateness in the last minute: p99 1.2 ms, max 20.0 ms");
    ck_assert_int_eq(strncmp(watchdog_line(&seen, true, line), "Stopping: 1 conn", 16), 0);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
#ifdef HAVE_SYSTEMD
        {the_manager_hears_of_loops_that_turn, 1},
        {one_loop_that_is_stuck_is_silence, 1},
        {a_line_is_returned_once, 1},
#endif
        {a_line_reports_connections_batches_jobs_and_lateness, 1},
    };

    return check_suite("watchdog", set_up, tear_down, tests, N(tests));
}
