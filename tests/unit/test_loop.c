/* SPDX-License-Identifier: ISC */

/*
 * A loop with clients that keep it busy for ever, each in a way of its own, and a
 * small one beside them, on socket pairs.  The clock is a script (the program is linked
 * with --wrap=clock_now_ns): each reading of it is a step later, so that what is
 * asserted depends on no machine's speed.  Slices are counted (--wrap=connection_serve).
 */

#include "tests/support/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/connection.h"
#include "daemon/net/loop.h"
#include "daemon/session/ledger.h"
#include "daemon/session/principal.h"
#include "daemon/session/stats.h"

#define MOST    8
#define STEP_NS INT64_C(10000)
#define PINGS   40

/* What keeps a client busy: what it sends first, and then again and again. */
struct kind {
    const char *name, *first, *always;
};
static const struct kind kinds[] = {
    {"reading", "", "                                                                "},
    {"answering", "", "{\"op\":\"ping\"}"},
    {"refusing", "", "[{\"after\":\"x\"},{\"after\":\"x\"},{\"after\":\"x\"},{\"after\":\"x\"}]"},
    {"discarding", "[{\"wait\":1000}]{\"op\":\"quit\"}", "more"},
    {"due", "{\"events\":\"none\",\"jobs\":[{\"wait\":1e-9,\"repeat\":1000000,\"count\":100}]}",
     ""},
    {"virtual",
     "{\"clock\":\"virtual\",\"events\":\"none\","
     "\"jobs\":[{\"steps\":[{\"wait\":0}],\"repeat\":1000,\"count\":1000000}]}",
     ""},
    {"virtual, and its input has ended",
     "{\"clock\":\"virtual\",\"events\":\"none\","
     "\"jobs\":[{\"steps\":[{\"wait\":0}],\"repeat\":1000,\"count\":1000000}]}{\"op\":\"quit\"}",
     ""},
    {"writing",
     "{\"clock\":\"virtual\",\"events\":\"all\","
     "\"jobs\":[{\"steps\":[{\"wait\":0}],\"repeat\":1000,\"count\":1000000}]}",
     ""},
};
#define KINDS N(kinds)

static struct limits limits = {.max_connections = 2 * MOST,
                               .max_jobs = 1000000,
                               .max_pending = 100000000,
                               .max_steps = 1000000000,
                               .max_request = 1 << 24,
                               .max_backlog = 1 << 20,
                               .max_depth = 64,
                               .max_wait_ns = INT64_C(2592000000000000)};
static struct ledger ledger;
static struct channel_env env;
static struct log quiet;
static struct loop *loop;
static int64_t script_ns;
static uint64_t slices;

int64_t __wrap_clock_now_ns(void);
int64_t __wrap_clock_now_ns(void)
{
    return script_ns += STEP_NS;
}

int64_t __wrap_connection_serve(struct connection *connection, int64_t slice_ns);
int64_t __real_connection_serve(struct connection *connection, int64_t slice_ns);
int64_t __wrap_connection_serve(struct connection *connection, int64_t slice_ns)
{
    slices++;
    return __real_connection_serve(connection, slice_ns);
}

static void set_up(void)
{
    script_ns = 1000000000;
    memset(&ledger, 0, sizeof(ledger));
    atomic_store(&ledger.next_batch, 1);
    log_init(&quiet, LOG_LEVEL_ERROR);
    env = (struct channel_env){.ledger = &ledger, .version = "0", .instance = "0123456789abcdef"};
    loop = loop_new(&(struct loop_config){
        .limits = &limits, .env = &env, .log = &quiet, .n_loops = 1, .max_refused = 1});
    ck_assert_ptr_nonnull(loop);
}

static void tear_down(void)
{
    loop_free(loop);
    ck_assert_uint_eq(atomic_load(&ledger.batches), 0);
    ck_assert_uint_eq(atomic_load(&ledger.pending), 0);
}

/* ---- Clients -------------------------------------------------------------- */

struct client {
    const struct kind *kind;
    int fd;
    size_t at; /* in the text that is sent again and again */
};

static struct client connect_client(const struct kind *kind)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    atomic_fetch_add(&ledger.connections, 1);
    loop_adopt(loop, (struct arrival){.fd = pair[0], .principal = principal_new("local", true)});
    if (kind != NULL)
        ck_assert_int_eq(send(pair[1], kind->first, strlen(kind->first), 0),
                         (int)strlen(kind->first));
    return (struct client){.kind = kind, .fd = pair[1]};
}

/* Sends what goes into the socket and takes what there is. */
static void keep_busy(struct client *client)
{
    static char sink[1 << 16];
    size_t len = strlen(client->kind->always);
    ssize_t n;

    while (len > 0 && (n = send(client->fd, client->kind->always + client->at, len - client->at,
                                MSG_NOSIGNAL)) > 0)
        client->at = (client->at + (size_t)n) % len;
    while (recv(client->fd, sink, sizeof(sink), 0) > 0)
        continue;
}

static void keep_all_busy(struct client *clients, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        keep_busy(&clients[i]);
}

/* Sends a ping and iterates until it is answered, which takes so many slices of others
 * at most, and as many nanoseconds. */
static void check_ping(int fd, struct client *busy, unsigned n)
{
    static const char ping[] = "{\"op\":\"ping\"}";
    uint64_t slices_before = slices;
    int64_t before_ns = script_ns;
    char answer[256];

    ck_assert_int_eq(send(fd, ping, strlen(ping), 0), (int)strlen(ping));
    while (recv(fd, answer, sizeof(answer), 0) < 0) {
        ck_assert_int_eq(errno, EAGAIN);
        keep_all_busy(busy, n);
        loop_iterate(loop);
        /* What was found out after it became ready is for the next iteration. */
        ck_assert_uint_le(slices - slices_before, 6 * n + 2);
    }
    ck_assert_int_le(script_ns - before_ns, 5000000);
}

static void check_beside(struct client *busy, unsigned n)
{
    struct client small = connect_client(NULL);
    unsigned settle = 20;

    while (settle-- > 0) {
        keep_all_busy(busy, n);
        loop_iterate(loop);
    }
    for (int i = 0; i < PINGS; i++) {
        check_ping(small.fd, busy, n);
        for (int apart = i % 5; apart > 0; apart--) {
            keep_all_busy(busy, n);
            loop_iterate(loop);
        }
    }
    close(small.fd);
    for (unsigned i = 0; i < n; i++)
        close(busy[i].fd);
}

/* From one to MOST clients of one kind. */
START_TEST(a_small_client_is_served_beside_busy_ones)
{
    const struct kind *kind = &kinds[(size_t)_i / MOST];
    unsigned n = (unsigned)_i % MOST + 1;
    struct client busy[MOST];

    for (unsigned i = 0; i < n; i++)
        busy[i] = connect_client(kind);
    check_beside(busy, n);
}
END_TEST

START_TEST(a_small_client_is_served_beside_busy_ones_of_all_kinds)
{
    struct client busy[KINDS];

    for (size_t i = 0; i < KINDS; i++)
        busy[i] = connect_client(&kinds[(i + (size_t)_i) % KINDS]);
    check_beside(busy, KINDS);
}
END_TEST

/* ---- A small one's cancel, and the end of a large one ----------------------------- */

START_TEST(a_cancel_is_heeded_beside_busy_ones)
{
    static const char cancel[] = "{\"op\":\"cancel\",\"batch\":9}";
    static const char batch[] = "[{\"wait\":1000}]";
    struct client busy[MOST], small;
    uint64_t before;
    char answer[512] = "";

    for (unsigned i = 0; i < MOST; i++)
        busy[i] = connect_client(&kinds[5]);
    for (int i = 0; i < 2 * MOST; i++)
        loop_iterate(loop);
    small = connect_client(NULL);
    ck_assert_int_gt(send(small.fd, batch, strlen(batch), 0), 0);
    while (recv(small.fd, answer, sizeof(answer), 0) < 0)
        loop_iterate(loop);
    ck_assert_ptr_nonnull(strstr(answer, "\"batch\":9,"));
    ck_assert_int_gt(send(small.fd, cancel, strlen(cancel), 0), 0);
    for (before = slices; recv(small.fd, answer, sizeof(answer), 0) < 0;)
        loop_iterate(loop);
    ck_assert_uint_le(slices - before, 6 * MOST + 2);
    ck_assert_ptr_nonnull(strstr(answer, "\"event\":\"cancelled\",\"batch\":9,\"jobs\":1"));
    close(small.fd);
    for (unsigned i = 0; i < MOST; i++)
        close(busy[i].fd);
}
END_TEST

START_TEST(what_a_lost_client_had_is_dropped_bit_by_bit)
{
    enum { BATCHES = 1000, A_SLICE = 128 };
    static char text[BATCHES * 14];
    struct client large = connect_client(NULL), busy = connect_client(&kinds[1]);
    uint64_t left;

    for (size_t i = 0; i < sizeof(text); i += 14)
        memcpy(text + i, "[{\"wait\":100}]", 14);
    ck_assert_int_eq(send(large.fd, text, sizeof(text), 0), sizeof(text));
    while (atomic_load(&ledger.batches) < BATCHES)
        loop_iterate(loop);
    close(large.fd);
    while ((left = atomic_load(&ledger.batches)) > 0) {
        keep_busy(&busy);
        loop_iterate(loop);
        ck_assert_uint_le(left - atomic_load(&ledger.batches), A_SLICE);
    }
    close(busy.fd);
}
END_TEST

/* ---- Timer slack ---------------------------------------------------------------- */

/* What timers were set later by, of a loop that may do so by at most most_ns, with a job
 * that falls due every 200 us. */
static struct stats_histogram slack_with(int64_t most_ns)
{
    static const char text[] = "[{\"wait\":0,\"count\":5000,\"every\":2e-4}]";
    static const struct kind reads = {"reads", "", ""};
    struct client client;
    struct stats *stats;
    struct stats_totals totals;

    limits.timer_slack_ns = most_ns;
    loop_free(loop);
    set_up();
    limits.timer_slack_ns = 0;
    client = connect_client(&reads);
    ck_assert_int_gt(send(client.fd, text, strlen(text), 0), 0);
    do {
        loop_iterate(loop);
        keep_busy(&client);
    } while (atomic_load(&ledger.batches) == 0);
    while (atomic_load(&ledger.batches) > 0) {
        loop_iterate(loop);
        keep_busy(&client);
    }
    close(client.fd);
    stats = loop_stats(loop);
    stats_totals(&stats, 1, &totals);
    return totals.slack;
}

/* All of them, and those beyond a millisecond. */
static uint64_t times(const struct stats_histogram *histogram, bool long_ones)
{
    uint64_t n = 0;

    for (unsigned i = 0; i <= STATS_BOUNDS; i++)
        if (!long_ones || i > 4)
            n += histogram->counts[i];
    return n;
}

START_TEST(a_busy_loop_takes_the_slack_that_it_may)
{
    struct stats_histogram none = slack_with(0), usual = slack_with(900000),
                           much = slack_with(20000000);

    ck_assert_int_eq(stats_bounds_ns[4], 1000000);
    ck_assert_uint_eq(times(&none, false), 0);
    ck_assert_uint_ge(times(&usual, false), 100);
    ck_assert_uint_eq(times(&usual, true), 0);
    ck_assert_uint_ge(times(&much, true), 10);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_small_client_is_served_beside_busy_ones, KINDS * MOST},
        {a_small_client_is_served_beside_busy_ones_of_all_kinds, KINDS},
        {a_cancel_is_heeded_beside_busy_ones, 1},
        {what_a_lost_client_had_is_dropped_bit_by_bit, 1},
        {a_busy_loop_takes_the_slack_that_it_may, 1},
    };

    return check_suite("loop", set_up, tear_down, tests, N(tests));
}
