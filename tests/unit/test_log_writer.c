/* SPDX-License-Identifier: ISC */

/* The log's writer over a sink that blocks, and fails, when it is reported to. */

#include "daemon/base/log_writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

#define TIMEOUT_NS INT64_C(60000000000)
#define MANY       100000

static struct log_writer writer;
static sem_t entered, may_go; /* one each for a line at which the sink blocks */
static bool blocks, fails;
static char written[1 << 22]; /* a line feed behind each line; only the writer's until the end */
static size_t n_written;

/* Ends of the thread by force, for which glibc loads a library: without memory that ends all. */
static unsigned n_forced;

int __real_pthread_cancel(pthread_t thread);
int __wrap_pthread_cancel(pthread_t thread);
int __wrap_pthread_cancel(pthread_t thread)
{
    n_forced++;
    return __real_pthread_cancel(thread);
}

static bool note(const char *text, size_t len)
{
    if (blocks) {
        sem_post(&entered);
        sem_wait(&may_go);
    }
    if (fails)
        return false;
    ck_assert_uint_le(n_written + len, sizeof(written) - 1);
    memcpy(written + n_written, text, len);
    n_written += len;
    return true;
}

static bool write_line(void *context, const struct log_line *line)
{
    (void)context;
    return note(line->text, line->len);
}

static bool report_lost(void *context, uint64_t lines)
{
    char text[40];

    (void)context;
    return note(text, (size_t)snprintf(text, sizeof(text), "lost %" PRIu64 "\n", lines));
}

static void set_up(void)
{
    blocks = fails = false;
    n_written = n_forced = 0;
    memset(written, 0, sizeof(written));
    sem_init(&entered, 0, 0);
    sem_init(&may_go, 0, 0);
    log_writer_init(&writer, &(struct log_sink){write_line, report_lost, NULL});
}

static void add(unsigned number)
{
    struct log_line line = {.priority = 6};

    line.len = (uint32_t)snprintf(line.text, sizeof(line.text), "line %u\n", number);
    log_writer_add(&writer, &line);
}

START_TEST(lines_are_written_in_their_order)
{
    add(1);
    add(2);
    add(3);
    log_writer_fini(&writer, TIMEOUT_NS);
    ck_assert_str_eq(written, "line 1\nline 2\nline 3\n");
    ck_assert_uint_eq(n_forced, 0);
}
END_TEST

START_TEST(none_is_no_thread)
{
    log_writer_fini(&writer, TIMEOUT_NS);
    ck_assert_uint_eq(n_written, 0);
}
END_TEST

START_TEST(who_logs_does_not_wait_and_the_lost_are_counted)
{
    unsigned kept = 0, lost = 0, number;
    char *at;

    blocks = true;
    add(0);
    sem_wait(&entered);
    for (unsigned i = 1; i <= MANY; i++)
        add(i);
    blocks = false;
    sem_post(&may_go);
    log_writer_fini(&writer, TIMEOUT_NS);
    for (at = written; sscanf(at, "line %u\n", &number) == 1; at = strchr(at, '\n') + 1)
        ck_assert_uint_eq(number, kept++);
    ck_assert_int_eq(sscanf(at, "lost %u\n", &lost), 1);
    ck_assert_uint_eq(kept + lost, MANY + 1);
    ck_assert_uint_gt(kept, 1000);
    ck_assert_uint_gt(lost, 1000);
    ck_assert_str_eq(strchr(at, '\n'), "\n");
}
END_TEST

START_TEST(a_count_that_cannot_be_written_is_reported_later)
{
    blocks = fails = true;
    add(1);
    sem_wait(&entered); /* the line fails, and so does the count: */
    sem_post(&may_go);
    sem_wait(&entered);
    add(2);
    sem_post(&may_go);
    sem_wait(&entered); /* and now it goes before the next line */
    fails = false;
    sem_post(&may_go);
    sem_wait(&entered);
    sem_post(&may_go);
    log_writer_fini(&writer, TIMEOUT_NS);
    ck_assert_str_eq(written, "lost 1\nline 2\n");
}
END_TEST

START_TEST(the_end_does_not_wait_for_ever)
{
    blocks = true;
    add(1);
    add(2);
    sem_wait(&entered);
    log_writer_fini(&writer, 1000000);
    ck_assert_uint_eq(n_written, 0);
    ck_assert_uint_eq(n_forced, 1);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {lines_are_written_in_their_order, 1},
        {none_is_no_thread, 1},
        {who_logs_does_not_wait_and_the_lost_are_counted, 1},
        {a_count_that_cannot_be_written_is_reported_later, 1},
        {the_end_does_not_wait_for_ever, 1},
    };

    return check_suite("log writer", set_up, NULL, tests, N(tests));
}
