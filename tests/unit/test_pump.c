/* SPDX-License-Identifier: ISC */

/*
 * A pump over a transport that is a script: what the client sends, how much it takes,
 * when it goes.  The clock is set by hand (--wrap=clock_now_ns).
 */

#include "daemon/net/pump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/session/ledger.h"
#include "tests/support/alloc_faults.h"
#include "tests/support/check.h"

#define SECOND_NS INT64_C(1000000000)

/* The client. */
struct script {
    struct transport transport;
    const char *sends; /* what it has sent and nobody has received */
    size_t piece;      /* bytes that each send takes, 0 for none */
    size_t window;     /* bytes that it takes in all from here on */
    bool ends;         /* its end of file comes behind what it sent */
    bool gone, broken;
    bool hints; /* that what it has sent is all for now */
    int64_t unsent;
    unsigned n_shut;
    char got[1 << 16];
    size_t n_got;
};

static struct script client;
static struct ledger ledger;
static struct log quiet;
static struct pump_host host;
static struct pump pump;
static int64_t now_ns;

int64_t __wrap_clock_now_ns(void);
int64_t __wrap_clock_now_ns(void)
{
    return now_ns;
}

/* ---- The transport -------------------------------------------------------- */

static ptrdiff_t receive(struct transport *transport, char *in, size_t room)
{
    size_t n = strlen(client.sends);

    if (client.broken) {
        errno = ECONNRESET;
        return -1;
    }
    if (n > room)
        n = room;
    memcpy(in, client.sends, n);
    client.sends += n;
    transport->look_again = client.hints && n > 0 && n < room;
    transport->readable = !transport->look_again;
    if (n == 0) {
        transport->readable = false;
        transport->eof = client.ends;
    }
    return (ptrdiff_t)n;
}

static ptrdiff_t transmit(struct transport *transport, const char *bytes, size_t len)
{
    if (client.broken) {
        errno = EPIPE;
        return -1;
    }
    if (len > client.piece)
        len = client.piece;
    if (len > client.window)
        len = client.window;
    if (client.n_got + len >= sizeof(client.got)) /* and Check allocates only then */
        ck_abort_msg("there is no room for what is sent");
    memcpy(client.got + client.n_got, bytes, len);
    client.n_got += len;
    client.window -= len;
    transport->writable = len > 0;
    return (ptrdiff_t)len;
}

static bool is_gone(struct transport *transport)
{
    (void)transport;
    return client.gone;
}

static void shut(struct transport *transport)
{
    (void)transport;
    client.n_shut++;
}

static int64_t unsent(struct transport *transport)
{
    (void)transport;
    return client.unsent;
}

/* ---- What drives it ------------------------------------------------------- */

static void set_up(void)
{
    static const struct transport_ops ops = {receive, transmit, is_gone, shut, unsent, NULL};

    now_ns = 1000 * SECOND_NS;
    memset(&client, 0, sizeof(client));
    client.transport =
        (struct transport){.ops = &ops, .readable = true, .writable = true, .lingers = true};
    client.sends = "";
    client.piece = client.window = sizeof(client.got);
    memset(&ledger, 0, sizeof(ledger));
    atomic_store(&ledger.next_batch, 1);
    log_init(&quiet, LOG_LEVEL_ERROR);
    host = (struct pump_host){.limits = {.max_jobs = 1000,
                                         .max_pending = 1000,
                                         .max_steps = 1000000,
                                         .max_request = 1 << 20,
                                         .max_backlog = 1 << 20,
                                         .max_depth = 64,
                                         .max_wait_ns = 1000 * SECOND_NS,
                                         .client_timeout_ns = 600 * SECOND_NS},
                              .env = {.limits = &host.limits,
                                      .ledger = &ledger,
                                      .stats = stats_new(),
                                      .version = "0",
                                      .instance = "0123456789abcdef"},
                              .log = &quiet,
                              .in = malloc(PUMP_BUFFER_BYTES),
                              .out = malloc(PUMP_BUFFER_BYTES)};
    ck_assert_int_eq(pump_init(&pump, &host, &client.transport, 1, NULL), 0);
}

static void tear_down(void)
{
    pump_fini(&pump);
    ck_assert_uint_eq(atomic_load(&ledger.pending), 0);
    stats_free(host.env.stats);
    free(host.in);
    free(host.out);
}

/* Serves it until there is no more to do now. */
static void serve(void)
{
    int64_t served_ns;

    pump_wake(&pump);
    for (int i = 0; pump_serve(&pump, PUMP_SLICE_NS, &served_ns); i++)
        ck_assert_int_lt(i, 100000);
    ck_assert_int_eq(served_ns, now_ns);
}

static void sends(const char *text)
{
    client.sends = text;
    client.transport.readable = true;
    serve();
}

static void ends(void)
{
    client.ends = true;
    client.transport.readable = true;
    serve();
}

/* Lets time pass to when it is due, as an owner would. */
static void goes_on_when_due(int64_t after_ns)
{
    ck_assert_int_eq(pump_due(&pump) - now_ns, after_ns);
    now_ns = pump_due(&pump);
    serve();
}

static void is_gone_when_due(int64_t after_ns)
{
    goes_on_when_due(after_ns);
    ck_assert(pump_is_dead(&pump));
}

static void ends_and_is_gone(void)
{
    ends();
    ck_assert(pump_is_dead(&pump));
}

static bool has_got(const char *text)
{
    client.got[client.n_got] = '\0';
    return strstr(client.got, text) != NULL;
}

/* ---- Ends ----------------------------------------------------------------- */

START_TEST(after_its_end_of_file_a_client_gets_all_it_asked_for)
{
    sends("[{\"wait\":5}]");
    ends();
    ck_assert(!pump_is_dead(&pump) && has_got("\"accepted\""));
    goes_on_when_due(5 * SECOND_NS);
    ck_assert(pump_is_dead(&pump) && !pump.cut_short && has_got("\"finished\""));
    ck_assert(!pump_verdict(&pump).batch_not_ok);
}
END_TEST

/* What a transport takes for all there is may have hidden a reset. */
START_TEST(it_is_looked_again_a_second_later_and_once)
{
    client.hints = true;
    sends("[{\"wait\":5}]");
    ck_assert(has_got("\"accepted\"") && !client.transport.readable);
    goes_on_when_due(1 * SECOND_NS);
    ck_assert(!pump_is_dead(&pump));
    ck_assert_int_eq(pump_due(&pump) - now_ns, 4 * SECOND_NS);
    sends("{\"op\":\"ping\"}");
    client.broken = true;
    is_gone_when_due(1 * SECOND_NS);
}
END_TEST

START_TEST(after_quit_what_comes_is_discarded_until_the_client_closes)
{
    sends("{\"op\":\"ping\"}{\"op\":\"quit\"}");
    ck_assert(has_got("\"pong\""));
    ck_assert_uint_eq(client.n_shut, 1);
    sends("{\"op\":\"ping\"} and more");
    ck_assert_str_eq(client.sends, "");
    ck_assert(!pump_is_dead(&pump));
    ends();
    ck_assert(pump_is_dead(&pump) && !pump.cut_short);
    ck_assert_uint_eq(client.n_shut, 1);
}
END_TEST

START_TEST(a_lingering_close_waits_as_long_as_the_client_takes_what_was_sent)
{
    client.unsent = 3000;
    sends("{\"op\":\"quit\"}");
    for (; client.unsent > 0; client.unsent -= 1000) {
        ck_assert(!pump_is_dead(&pump));
        goes_on_when_due(2 * SECOND_NS);
    }
    is_gone_when_due(2 * SECOND_NS);
}
END_TEST

START_TEST(a_lingering_close_does_not_wait_for_one_who_takes_nothing)
{
    client.unsent = 3000;
    sends("{\"op\":\"quit\"}");
    goes_on_when_due(2 * SECOND_NS);
    is_gone_when_due(2 * SECOND_NS);
}
END_TEST

START_TEST(where_nothing_can_be_lost_nothing_is_read_away)
{
    client.transport.lingers = false;
    sends("[{\"wait\":5}]{\"op\":\"quit\"}");
    sends("left");
    ck_assert_str_eq(client.sends, "left");
    ck_assert(!pump_wants_to_receive(&pump));
    goes_on_when_due(5 * SECOND_NS);
    ck_assert(pump_is_dead(&pump) && has_got("\"finished\""));
    ck_assert_uint_eq(client.n_shut, 0);
    ck_assert_str_eq(client.sends, "left");
}
END_TEST

START_TEST(a_client_that_is_gone_has_its_batches_cancelled)
{
    sends("[{\"wait\":5}]");
    ends();
    ck_assert_uint_eq(atomic_load(&ledger.pending), 1);
    client.gone = true;
    serve();
    ck_assert(pump_is_dead(&pump) && pump.cut_short);
    while (!pump_discard(&pump))
        continue;
    ck_assert_uint_eq(atomic_load(&ledger.pending), 0);
}
END_TEST

/* Its end of file and its going are one readiness event, also where input is only discarded. */
START_TEST(one_that_is_gone_behind_its_last_request_has_too)
{
    static const char *const last[] = {"[{\"wait\":5}]{\"op\":\"quit\"}", "[{\"wait\":5}]}"};

    sends(last[_i]);
    ck_assert_uint_eq(atomic_load(&ledger.pending), 1);
    client.gone = true;
    ends();
    ck_assert(pump_is_dead(&pump) && pump.cut_short);
}
END_TEST

START_TEST(a_broken_transport_is_the_end)
{
    sends("[{\"wait\":5}]");
    client.broken = true;
    if (_i == 0) {
        client.transport.readable = true; /* in receive */
        serve();
    } else {
        goes_on_when_due(5 * SECOND_NS); /* in send */
    }
    ck_assert(pump_is_dead(&pump) && pump.cut_short);
}
END_TEST

START_TEST(a_refused_client_gets_the_reason_and_is_let_go)
{
    struct fault fault = {0};

    pump_fini(&pump);
    (void)fault_set(&fault, FAULT_OVERLOADED, 0, "too many");
    ck_assert_int_eq(
        pump_init_refused(&pump, &host, &client.transport, 1, &fault, (struct event_text){NULL, 0}),
        0);
    sends("[{\"wait\":5}]");
    ck_assert(has_got("{\"event\":\"error\",\"code\":\"overloaded\",\"message\":\"too many\"}\n"));
    ck_assert_uint_eq(client.n_shut, 1);
    ends_and_is_gone();
}
END_TEST

/* ---- Slow and silent clients ---------------------------------------------- */

START_TEST(bytes_go_out_in_order_however_few_at_a_time)
{
    client.piece = 1;
    sends("{\"op\":\"ping\",\"id\":1}{\"op\":\"ping\",\"id\":2}");
    ends();
    ck_assert(pump_is_dead(&pump) && has_got("\"id\":2"));
    ck_assert(strstr(client.got, "\"id\":1") < strstr(client.got, "\"id\":2"));
}
END_TEST

/* What it takes of memory is that of a few, however many come at a time. */
START_TEST(batches_that_are_over_at_once_end_before_many_more_are_accepted)
{
    static char requests[128 * sizeof("[{}]")];
    int running = 0, most = 0, finished = 0;

    for (int i = 0; i < 128; i++)
        strcat(requests, "[{}]");
    sends(requests);
    ck_assert(has_got("finished"));
    for (const char *at = client.got; (at = strstr(at, "\"event\":\"")) != NULL; at++) {
        running += strncmp(at, "\"event\":\"accepted\"", 18) == 0;
        running -= strncmp(at, "\"event\":\"finished\"", 18) == 0;
        finished += strncmp(at, "\"event\":\"finished\"", 18) == 0;
        most = running > most ? running : most;
    }
    ck_assert_int_eq(finished, 128);
    ck_assert_int_le(most, 8);
}
END_TEST

START_TEST(one_who_takes_nothing_is_given_up)
{
    client.window = 10;
    sends("{\"op\":\"ping\"}");
    ck_assert(pump_wants_to_send(&pump));
    goes_on_when_due(600 * SECOND_NS);
    ck_assert(pump_is_dead(&pump) && pump.cut_short);
}
END_TEST

START_TEST(one_who_takes_a_byte_now_and_then_is_not)
{
    client.window = 10;
    sends("{\"op\":\"ping\"}");
    for (int i = 0; i < 5; i++) {
        now_ns += 599 * SECOND_NS;
        client.window = 1;
        client.transport.writable = true;
        serve();
        ck_assert(!pump_is_dead(&pump));
    }
    ck_assert_uint_eq(client.n_got, 15);
}
END_TEST

START_TEST(one_who_is_idle_is_let_go_and_one_who_waits_is_not)
{
    host.limits.idle_timeout_ns = 10 * SECOND_NS;
    sends("[{\"wait\":100}]");
    goes_on_when_due(100 * SECOND_NS);
    ck_assert(has_got("\"finished\""));
    now_ns += 9 * SECOND_NS;
    sends("{\"op\":\"ping\"}");
    goes_on_when_due(10 * SECOND_NS);
    ck_assert_uint_eq(client.n_shut, 1);
    ends_and_is_gone();
}
END_TEST

START_TEST(a_request_that_takes_too_long_is_refused)
{
    host.limits.request_timeout_ns = 3 * SECOND_NS;
    sends("[{\"wait\":");
    goes_on_when_due(3 * SECOND_NS);
    ck_assert(has_got("request-timeout"));
    ends();
    ck_assert(pump_is_dead(&pump) && pump_verdict(&pump).request_refused);
}
END_TEST

START_TEST(a_transport_that_does_not_open_is_given_up)
{
    client.transport.is_opening = true;
    sends("");
    ck_assert(!pump_is_dead(&pump));
    goes_on_when_due(TIMEOUTS_OPENING_NS);
    ck_assert(pump_is_dead(&pump) && pump.cut_short);
}
END_TEST

/* Serves one who sends this and takes ten bytes; from n allocations on there is no memory. */
static void is_served_short_of_memory(const char *text, long n)
{
    int64_t served_ns;

    client.sends = text;
    client.window = 10;
    pump_wake(&pump);
    alloc_faults_after(n, 1000000);
    alloc_faults_watch(true);
    while (pump_serve(&pump, PUMP_SLICE_NS, &served_ns))
        continue;
    alloc_faults_watch(false);
    alloc_faults_after(ALLOC_FAULTS_NONE, 0);
}

/* And it is known that the client is not to blame. */
START_TEST(one_whose_output_cannot_be_kept_is_given_up)
{
    unsigned n_starved = 0;

    for (long n = 0; n < 30; n++) {
        is_served_short_of_memory("{\"op\":\"ping\"}", n);
        ck_assert(pump.cut_short == pump.starved);
        ck_assert(!pump.starved || pump_is_dead(&pump));
        n_starved += pump.starved;
        tear_down();
        set_up();
    }
    ck_assert_uint_gt(n_starved, 0);
}
END_TEST

/* ---- Drain ---------------------------------------------------------------- */

static void drain(void)
{
    host.draining = host.hurried = true;
    pump_drain(&pump);
    serve();
}

START_TEST(draining_answers_what_has_been_sent_and_lets_go_of_who_has_nothing_running)
{
    client.unsent = 1;
    client.sends = "{\"op\":\"ping\"}[{\"wait\":5}]";
    drain();
    ck_assert(has_got("\"pong\"") && has_got("shutting_down"));
    ck_assert_uint_eq(client.n_shut, 1);
    goes_on_when_due(10000000);
    ck_assert(!pump_is_dead(&pump));
    client.unsent = 0;
    is_gone_when_due(10000000);
}
END_TEST

START_TEST(draining_waits_for_what_runs_and_cancelling_does_not)
{
    sends("[{\"wait\":5}]");
    drain();
    ck_assert_uint_eq(client.n_shut, 0);
    if (_i == 0) {
        goes_on_when_due(5 * SECOND_NS);
        ck_assert(has_got("\"status\":\"ok\",\"jobs\":1"));
    } else {
        pump_cancel(&pump);
        serve();
        ck_assert(has_got("\"status\":\"cancelled\",\"jobs\":1"));
    }
    ck_assert(pump_is_dead(&pump));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {after_its_end_of_file_a_client_gets_all_it_asked_for, 1},
        {it_is_looked_again_a_second_later_and_once, 1},
        {after_quit_what_comes_is_discarded_until_the_client_closes, 1},
        {a_lingering_close_waits_as_long_as_the_client_takes_what_was_sent, 1},
        {a_lingering_close_does_not_wait_for_one_who_takes_nothing, 1},
        {where_nothing_can_be_lost_nothing_is_read_away, 1},
        {a_client_that_is_gone_has_its_batches_cancelled, 1},
        {one_that_is_gone_behind_its_last_request_has_too, 2},
        {a_broken_transport_is_the_end, 2},
        {a_refused_client_gets_the_reason_and_is_let_go, 1},
        {bytes_go_out_in_order_however_few_at_a_time, 1},
        {batches_that_are_over_at_once_end_before_many_more_are_accepted, 1},
        {one_who_takes_nothing_is_given_up, 1},
        {one_who_takes_a_byte_now_and_then_is_not, 1},
        {one_who_is_idle_is_let_go_and_one_who_waits_is_not, 1},
        {a_request_that_takes_too_long_is_refused, 1},
        {a_transport_that_does_not_open_is_given_up, 1},
        {one_whose_output_cannot_be_kept_is_given_up, 1},
        {draining_answers_what_has_been_sent_and_lets_go_of_who_has_nothing_running, 1},
        {draining_waits_for_what_runs_and_cancelling_does_not, 2},
    };

    return check_suite("pump", set_up, tear_down, tests, N(tests));
}
