/* SPDX-License-Identifier: ISC */

/*
 * The queues of those that want a visit, and that a dead connection goes bit by
 * bit; on socket pairs, without a loop.
 */

#include "tests/support/check.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/session/admission.h"
#include "daemon/net/connection.h"
#include "daemon/session/stats.h"

#define MANY 4

static struct admission admission;
static struct connection_host host;
static struct log quiet;
static struct connection *connections[MANY];
static int peers[MANY];

static void open_host(void)
{
    log_init(&quiet, LOG_LEVEL_ERROR);
    host = (struct connection_host){
        .base = event_base_new(),
        .limits = {.max_connections = MANY,
                   .max_jobs = 1000,
                   .max_pending = 1000000,
                   .max_steps = 1000000,
                   .max_request = 1 << 20,
                   .max_backlog = 1 << 20,
                   .max_depth = 64,
                   .max_wait_ns = INT64_C(2592000000000000)},
        .log = &quiet,
        .in = malloc(CONNECTION_BUFFER_BYTES),
        .out = malloc(CONNECTION_BUFFER_BYTES),
    };
    host.env = (struct channel_env){.limits = &host.limits,
                                    .admission = &admission,
                                    .stats = stats_new(),
                                    .version = "0",
                                    .instance = "0123456789abcdef"};
    atomic_store(&admission.next_batch, 1);
    for (unsigned i = 0; i < MANY; i++) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
                         0);
        peers[i] = pair[1];
        connections[i] = connection_new(&host, pair[0], i, i + 1);
        ck_assert_ptr_nonnull(connections[i]);
    }
}

static void close_host(void)
{
    while (connection_next(&host) != NULL)
        continue;
    for (unsigned i = 0; i < MANY; i++) {
        if (connections[i] != NULL)
            connection_free(connections[i]);
        if (peers[i] >= 0)
            close(peers[i]);
    }
    ck_assert_uint_eq(atomic_load(&admission.batches), 0);
    ck_assert_uint_eq(atomic_load(&admission.pending), 0);
    stats_free(host.env.stats);
    event_base_free(host.base);
    free(host.in);
    free(host.out);
}

/* All are queued, as they were made; takes them out and tells their slots. */
static void are_queued(const char *slots)
{
    for (; *slots != '\0'; slots++) {
        struct connection *next = connection_next(&host);

        ck_assert_ptr_nonnull(next);
        ck_assert_uint_eq(connection_slot(next), (unsigned)(*slots - '0'));
    }
    ck_assert_uint_eq(connection_queued(&host), 0);
    ck_assert_ptr_null(connection_next(&host));
}

START_TEST(those_with_something_to_do_go_in_the_order_of_asking)
{
    ck_assert_uint_eq(connection_queued(&host), MANY);
    connection_queue(connections[0]); /* is there already */
    are_queued("0123");
    connection_queue(connections[3]);
    connection_queue(connections[1]);
    connection_queue(connections[3]);
    ck_assert_uint_eq(connection_queued(&host), 2);
    are_queued("31");
}
END_TEST

START_TEST(those_whose_time_has_come_go_first)
{
    are_queued("0123");
    connection_queue(connections[0]);
    connection_queue(connections[1]);
    connection_queue_due(connections[3]);
    connection_queue_due(connections[2]);
    connection_queue(connections[3]);
    are_queued("3201");
}
END_TEST

/* From the beginning, the middle and the end of the other queue. */
START_TEST(they_leave_the_queue_of_the_others)
{
    static const char *const orders[] = {"0123", "1023", "2013", "3012"};

    connection_queue_due(connections[_i]);
    connection_queue_due(connections[_i]);
    ck_assert_uint_eq(connection_queued(&host), MANY);
    are_queued(orders[_i]);
}
END_TEST

START_TEST(a_dead_connection_goes_bit_by_bit)
{
    enum { BATCHES = 1000 };
    static char text[BATCHES * 14];
    const uint64_t n = BATCHES;
    unsigned bits = 1;

    are_queued("0123");
    for (size_t i = 0; i < sizeof(text); i += 14)
        memcpy(text + i, "[{\"wait\":100}]", 14);
    ck_assert_int_eq(write(peers[0], text, sizeof(text)), sizeof(text));
    while (atomic_load(&admission.batches) < n)
        connection_visit(connections[0], CONNECTION_SLICE_NS);
    close(peers[0]);
    peers[0] = -1;
    while (!connection_is_dead(connections[0])) {
        event_base_loop(host.base, EVLOOP_NONBLOCK);
        connection_visit(connections[0], CONNECTION_SLICE_NS);
    }
    for (uint64_t left = n; !connection_discard(connections[0]); bits++) {
        ck_assert_uint_lt(atomic_load(&admission.batches), left);
        left = atomic_load(&admission.batches);
    }
    ck_assert_uint_ge(bits, 5);
    ck_assert_uint_eq(atomic_load(&admission.batches), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("connection");
    TCase *tests = tcase_create("queues");

    tcase_add_checked_fixture(tests, open_host, close_host);
    tcase_add_test(tests, those_with_something_to_do_go_in_the_order_of_asking);
    tcase_add_test(tests, those_whose_time_has_come_go_first);
    tcase_add_loop_test(tests, they_leave_the_queue_of_the_others, 0, MANY);
    tcase_add_test(tests, a_dead_connection_goes_bit_by_bit);
    suite_add_tcase(suite, tests);
    return suite;
}
