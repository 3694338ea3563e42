/* SPDX-License-Identifier: ISC */

/* Conversations with a channel, scripted to the nanosecond. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/due.h"
#include "tests/support/check.h"
#include "tests/support/rig.h"

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)

static struct rig rig;

static void set_up(void)
{
    rig_init(&rig);
    rig_open(&rig);
}

static void tear_down(void)
{
    rig_fini(&rig);
}

#define ACCEPTED(n, jobs)                                                                          \
    "{\"event\":\"accepted\",\"batch\":" #n ",\"jobs\":" #jobs                                     \
    ",\"instance\":\"0123456789abcdef\"}\n"
#define DONE(n, job, status, at)                                                                   \
    "{\"event\":\"done\",\"batch\":" #n ",\"job\":" #job ",\"status\":\"" #status "\",\"at\":" #at \
    "}\n"

START_TEST(a_batch_is_accepted_run_and_finished)
{
    rig_send(&rig, "[{\"wait\":2},{\"wait\":1}]");
    rig_expect(&rig, ACCEPTED(1, 2));
    rig_advance(&rig, 1 * S - 1);
    rig_expect(&rig, "");
    rig_advance(&rig, 1 * S);
    rig_expect(&rig, DONE(1, 1, ok, 1));
    rig_advance(&rig, 2 * S);
    rig_expect(&rig, DONE(1, 0, ok,
                          2) "{\"event\":\"finished\",\"batch\":1,\"status\":\"ok\",\"jobs\":2,"
                             "\"ok\":2,\"failed\":0,\"timed_out\":0,\"cancelled\":0,\"skipped\":0,"
                             "\"elapsed\":2,\"predicted\":2,\"sequential\":3,\"speedup\":1.5,"
                             "\"critical_path\":2}\n");
}
END_TEST

START_TEST(lateness_shows_in_at_and_does_not_add_up)
{
    rig_send(&rig, "{\"jobs\":[{\"steps\":[{\"wait\":1},{\"wait\":1}]}],\"events\":\"all\"}");
    rig.out_len = 0;
    rig.now_ns = 1500 * MS;
    rig_advance(&rig, 1500 * MS);
    rig_expect(&rig, "{\"event\":\"step\",\"batch\":1,\"job\":0,\"step\":1,\"kind\":\"wait\","
                     "\"duration\":1,\"at\":1.5}\n");
    ck_assert_int_eq(channel_next_due(rig.channel), 2 * S);
    rig_advance(&rig, 2 * S);
    ck_assert_uint_eq(rig_count(&rig, "\"at\":2,\"due\":2}"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"elapsed\":2,\"predicted\":2,"), 1);
}
END_TEST

START_TEST(batches_of_one_connection_interleave)
{
    const char *first, *second, *third;

    rig_send(&rig, "[{\"wait\":3}] [{\"wait\":1}]{\"id\":\"x\",\"jobs\":[]}");
    rig_finish(&rig);
    third = strstr(rig.out, "\"finished\",\"batch\":3,\"id\":\"x\"");
    second = strstr(rig.out, "\"finished\",\"batch\":2");
    first = strstr(rig.out, "\"finished\",\"batch\":1");
    ck_assert_ptr_nonnull(third);
    ck_assert(third < second);
    ck_assert(second < first);
    ck_assert(!channel_is_drained(rig.channel));
    ck_assert(channel_is_idle(rig.channel));
}
END_TEST

START_TEST(a_virtual_batch_takes_no_time)
{
    rig_send(&rig, "{\"clock\":\"virtual\",\"jobs\":[{\"wait\":\"1h\",\"count\":3}]}");
    ck_assert_int_eq(rig.now_ns, 0);
    ck_assert_uint_eq(rig_count(&rig, "\"at\":3600}"), 3);
    ck_assert_uint_eq(rig_count(&rig, "\"elapsed\":3600,"), 1);
}
END_TEST

START_TEST(any_pieces_give_the_same_events)
{
    static const char text[] = "{\"op\":\"ping\"}[{\"wait\":-1}]{\"op\":\"cancel\",\"batch\":9}"
                               " {\"id\" : 7, \"jobs\":[ {\"name\":\"a\\u0062\",\"data\":[1, 2.50],"
                               "\"wait\":\"1ms\"}, {\"after\":\"ab\"} ],\"clock\":\"virtual\"}\n";
    char *whole;

    rig_send(&rig, text);
    whole = strdup(rig.out);
    ck_assert_uint_eq(rig_count(&rig, "\"data\":[1,2.50]"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"error\""), 2);
    for (size_t piece = 1; piece < 40; piece++) {
        rig_fini(&rig);
        set_up();
        rig_send_pieces(&rig, text, strlen(text), piece);
        ck_assert_str_eq(rig.out, whole);
    }
    free(whole);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_held_back)
{
    rig_fini(&rig);
    rig_init(&rig);
    rig.limits.max_backlog = 1000;
    rig_open(&rig);
    ck_assert_uint_gt(channel_feed(rig.channel, 0, "[{\"wait\":1,\"count\":5000}]", 25), 0);
    rig.now_ns = 2 * S;
    for (int i = 0; i < 1000; i++)
        channel_work(rig.channel, rig.now_ns, 100);
    ck_assert_int_eq(channel_next_due(rig.channel), DUE_NEVER);
    ck_assert(!channel_wants_input(rig.channel));
    ck_assert_uint_gt(atomic_load(&rig.ledger.pending), 4000);
    rig_render(&rig);
    ck_assert(channel_wants_input(rig.channel));
    rig_finish(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\"done\""), 5000);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 1);
}
END_TEST

START_TEST(answers_that_nobody_reads_stop_the_reading)
{
    static const char ping[] = "{\"op\":\"ping\"}";
    size_t taken = 0;

    rig_fini(&rig);
    rig_init(&rig);
    rig.limits.max_backlog = 1000;
    rig_open(&rig);
    for (int i = 0; i < 10000 && channel_wants_input(rig.channel); i++)
        taken += channel_feed(rig.channel, 0, ping, strlen(ping));
    ck_assert_uint_lt(taken, 100 * strlen(ping));
    rig_render(&rig);
    ck_assert(channel_wants_input(rig.channel));
}
END_TEST

START_TEST(quit_ends_the_input_and_lets_the_rest_run)
{
    rig_send(&rig, "[{\"wait\":1}]{\"op\":\"quit\"} this is [not looked at");
    ck_assert(channel_input_ended(rig.channel));
    ck_assert(!channel_is_drained(rig.channel));
    rig_advance(&rig, 1 * S);
    ck_assert(channel_is_drained(rig.channel));
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"error\""), 0);
}
END_TEST

START_TEST(a_syntax_error_ends_the_input_and_lets_the_rest_run)
{
    rig_send(&rig, "[{\"wait\":1}] GET / HTTP/1.1\r\n\r\n[{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"bad_json\""), 1);
    rig_advance(&rig, 1 * S);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 1);
    ck_assert(channel_is_drained(rig.channel));
    ck_assert(channel_verdict(rig.channel).request_refused);
}
END_TEST

/* However long ago the requests before it were. */
START_TEST(a_syntax_error_has_its_place_in_all_the_input)
{
    rig_send(&rig, "[{\"wait\":1}]\n");
    rig_finish(&rig);
    rig_send(&rig, "\n");
    rig_send(&rig, "{\"op\":\"ping\"} ");
    rig_send(&rig, " [1,]");
    ck_assert_uint_eq(rig_count(&rig, "at line 3, column 19 (byte 33 of it)"), 1);
}
END_TEST

START_TEST(an_input_that_ends_within_a_request_is_a_syntax_error)
{
    rig_send(&rig, "[{\"wait\":1}");
    rig_end_input(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"bad_json\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 0);
    ck_assert(channel_is_drained(rig.channel));
}
END_TEST

START_TEST(a_refused_request_starts_nothing_and_the_next_one_runs)
{
    rig_send(&rig, "[{\"wait\":1},{\"wait\":null}] [{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"invalid_request\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"path\":\"[1].wait\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 1);
}
END_TEST

/* What comes out then is what the second text is answered, at that time. */
static void send_at(const char *text, int64_t time_ns, const char *then)
{
    rig_send(&rig, text);
    rig_advance(&rig, time_ns);
    rig.out_len = 0;
    rig_send(&rig, then);
}

START_TEST(cancelling_a_batch_ends_all_its_jobs)
{
    send_at("[{\"wait\":5,\"count\":3}]", 1 * S, "{\"op\":\"cancel\",\"batch\":1,\"id\":\"c\"}");
    ck_assert_ptr_eq(
        strstr(rig.out, "{\"event\":\"cancelled\",\"id\":\"c\",\"batch\":1,\"jobs\":3}\n"),
        rig.out);
    ck_assert_uint_eq(rig_count(&rig, "\"status\":\"cancelled\",\"at\":1}"), 3);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\",\"batch\":1,\"status\":\"cancelled\""), 1);
    rig.out_len = 0;
    rig_send(&rig, "{\"op\":\"cancel\",\"batch\":1}");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"not_found\""), 1);
}
END_TEST

START_TEST(cancelling_a_job_lets_those_behind_it_go_on)
{
    send_at("{\"concurrency\":1,\"jobs\":[{\"wait\":5},{\"wait\":1}]}", 2 * S,
            "{\"op\":\"cancel\",\"batch\":1,\"job\":0}");
    rig_expect(&rig, "{\"event\":\"cancelled\",\"batch\":1,\"jobs\":1}\n" DONE(1, 0, cancelled, 2));
    rig_advance(&rig, 3 * S);
    ck_assert_uint_eq(rig_count(&rig, "\"job\":1,\"status\":\"ok\",\"at\":3}"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"status\":\"failed\",\"jobs\":2,\"ok\":1"), 1);
    rig_send(&rig, "[{\"wait\":1}]{\"op\":\"cancel\",\"batch\":2,\"job\":1}");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"not_found\""), 1);
}
END_TEST

START_TEST(what_is_due_when_a_cancel_comes_is_done_before)
{
    rig_send(&rig, "{\"events\":\"all\",\"jobs\":[{\"count\":200},{\"wait\":5}]}"
                   "{\"op\":\"cancel\",\"batch\":1}");
    ck_assert_uint_eq(rig_count(&rig, "\"started\""), 201);
    ck_assert_uint_eq(rig_count(&rig, "\"cancelled\",\"batch\":1,\"jobs\":1}"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"status\":\"ok\",\"at\":0,\"due\":0}"), 200);
    rig_send(&rig, "{\"jobs\":[{\"count\":200},{\"wait\":5}]}"
                   "{\"op\":\"cancel\",\"batch\":2,\"job\":199}");
    ck_assert_uint_eq(rig_count(&rig, "\"not_found\""), 1);
}
END_TEST

START_TEST(what_is_being_cancelled_is_not_there_to_be_cancelled)
{
    rig_send(&rig, "[{\"wait\":5,\"count\":10000}]"
                   "{\"op\":\"cancel\",\"batch\":1}{\"op\":\"cancel\",\"batch\":1}"
                   "{\"op\":\"cancel\",\"batch\":1,\"job\":9999}");
    ck_assert_uint_eq(rig_count(&rig, "\"cancelled\",\"batch\":1,"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"not_found\""), 2);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\",\"batch\":1,\"status\":\"cancelled\""), 1);
}
END_TEST

START_TEST(all_batches_are_cancelled_at_once)
{
    for (int i = 0; i < 5; i++)
        rig_send(&rig, "[{\"wait\":1},{\"wait\":2}]");
    channel_cancel_all(rig.channel, rig.now_ns);
    ck_assert_int_le(channel_next_due(rig.channel), rig.now_ns);
    rig_advance(&rig, rig.now_ns);
    ck_assert_uint_eq(rig_count(&rig, "\"status\":\"cancelled\",\"jobs\":2"), 5);
    ck_assert(channel_is_drained(rig.channel));
}
END_TEST

START_TEST(silence_is_filled_with_heartbeats)
{
    rig_send(&rig, "{\"heartbeat\":2,\"jobs\":[{\"wait\":3},{\"wait\":7}]}");
    rig_expect(&rig, ACCEPTED(1, 2));
    rig_advance(&rig, 2 * S - 1);
    rig_expect(&rig, "");
    rig_advance(&rig, 2 * S);
    rig_expect(&rig, "{\"event\":\"heartbeat\",\"batch\":1,\"at\":2,\"pending\":2}\n");
    rig_advance(&rig, 5 * S - 1);
    rig_expect(&rig, DONE(1, 0, ok, 3));
    rig_advance(&rig, 5 * S);
    rig_expect(&rig, "{\"event\":\"heartbeat\",\"batch\":1,\"at\":5,\"pending\":1}\n");
    rig_advance(&rig, 7 * S);
    ck_assert_uint_eq(rig_count(&rig, "heartbeat"), 0);
    ck_assert_uint_eq(rig_count(&rig, "finished"), 1);
    ck_assert_int_eq(channel_next_due(rig.channel), DUE_NEVER);
}
END_TEST

START_TEST(output_that_waits_needs_no_heartbeat)
{
    static const char text[] = "{\"heartbeat\":1,\"jobs\":[{\"wait\":9}]}";

    ck_assert_uint_eq(channel_feed(rig.channel, 0, text, strlen(text)), strlen(text));
    channel_work(rig.channel, 5 * S, 100);
    rig.now_ns = 5 * S + S / 2; /* it is read only now, and silence begins anew */
    rig_render(&rig);
    ck_assert_uint_eq(rig_count(&rig, "heartbeat"), 0);
    rig_advance(&rig, 6 * S + S / 2 - 1);
    ck_assert_uint_eq(rig_count(&rig, "heartbeat"), 0);
    rig_advance(&rig, 6 * S + S / 2);
    ck_assert_uint_eq(rig_count(&rig, "heartbeat"), 1);
}
END_TEST

START_TEST(requests_are_taken_a_few_at_a_time)
{
    static const char one[] = "{\"op\":\"stats\"}";
    char many[50 * sizeof(one)], *end = many;
    size_t taken;

    for (int i = 0; i < 50; i++)
        end = stpcpy(end, one);
    taken = channel_feed(rig.channel, 0, many, (size_t)(end - many));
    ck_assert_uint_ge(taken, strlen(one));
    ck_assert_uint_le(taken, 10 * strlen(one));
    ck_assert(channel_wants_input(rig.channel)); /* and goes on as soon as it is asked to */
}
END_TEST

START_TEST(a_request_has_to_be_complete_in_time)
{
    rig.limits.request_timeout_ns = 5 * S;
    rig_send(&rig, "[{\"wait\":9}] ");
    ck_assert_int_eq(channel_request_due(rig.channel, rig.now_ns), DUE_NEVER);
    rig_send(&rig, "[{\"wait\":1}");
    ck_assert_int_eq(channel_request_due(rig.channel, 1 * S), 6 * S);
    rig_send(&rig, ",{}");
    ck_assert_int_eq(channel_request_due(rig.channel, 2 * S), 6 * S);
    rig_send(&rig, "][");
    ck_assert_int_eq(channel_request_due(rig.channel, 3 * S), 8 * S);
    channel_refuse_late(rig.channel);
    rig_advance(&rig, 9 * S);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"too_large\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 2);
    ck_assert(channel_is_drained(rig.channel));
}
END_TEST

START_TEST(a_client_that_is_not_read_from_is_not_late)
{
    rig.limits.request_timeout_ns = 5 * S;
    rig.limits.max_backlog = 10;
    ck_assert_uint_eq(channel_feed(rig.channel, 0, "{\"op\":\"ping\"}", 13), 13);
    ck_assert_int_eq(channel_request_due(rig.channel, 0), DUE_NEVER);
    rig_render(&rig);
    rig_send(&rig, "[");
    ck_assert_int_eq(channel_request_due(rig.channel, 7 * S), 12 * S);
}
END_TEST

START_TEST(a_daemon_that_stops_takes_no_batches)
{
    rig_send(&rig, "[{\"wait\":1}]");
    channel_refuse_batches(rig.channel);
    rig_send(&rig, "[{}]{\"op\":\"ping\"}");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"shutting_down\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"pong\""), 1);
    rig.out_len = 0;
    channel_cancel_all(rig.channel, rig.now_ns);
    rig_finish(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\"status\":\"cancelled\""), 2);
    ck_assert(channel_is_drained(rig.channel));
}
END_TEST

START_TEST(silent_batches_say_their_beginning_and_end)
{
    rig_send(&rig, "{\"events\":\"none\",\"jobs\":[{\"wait\":1,\"count\":1000}]}");
    rig_finish(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\n"), 2);
    ck_assert_uint_eq(rig_count(&rig, "\"ok\":1000"), 1);
}
END_TEST

START_TEST(stats_count_what_happened)
{
    rig_send(&rig, "[{\"wait\":1},{\"fail\":true},{\"wait\":9}]");
    rig_advance(&rig, 2 * S);
    rig_send(&rig, "{\"op\":\"stats\",\"id\":\"s\"}");
    ck_assert_uint_eq(rig_count(&rig, "{\"event\":\"stats\",\"id\":\"s\",\"uptime\":2,"), 1);
    ck_assert_uint_eq(rig_count(&rig,
                                "\"batches\":1,\"pending\":1,\"accepted\":3,\"ok\":1,"
                                "\"failed\":1,\"timed_out\":0,\"cancelled\":0,\"skipped\":0,"),
                      1);
}
END_TEST

/* An id of any length, about the one from which on it is not copied and the one from which on it
 * is kept in steps; with line separators, which are escaped. */
START_TEST(an_id_of_any_length_is_in_both_lines)
{
    static const size_t lengths[] = {4000, 4090, 4094, 4095, 4100, 65500, 65533, 65536, 300000};
    size_t len = lengths[_i / 2];
    bool separated = _i % 2 == 1;
    char *id = malloc(2 * len + 20), *echoed = malloc(4 * len + 20), *text = malloc(3 * len + 200);
    char *at = id, *to = echoed;

    for (size_t i = 0; i < len; i += 3) {
        at = stpcpy(at, separated && i % 999 == 0 ? "\xe2\x80\xa8" : "abc");
        to = stpcpy(to, separated && i % 999 == 0 ? "\\u2028" : "abc");
    }
    sprintf(text, "{\"clock\":\"virtual\",\"id\":\"%s\",\"jobs\":[{}]}", id);
    rig_send_pieces(&rig, text, strlen(text), 60000); /* as no transport has larger ones */
    rig_finish(&rig);
    sprintf(text, "{\"event\":\"accepted\",\"batch\":1,\"id\":\"%s\",\"jobs\":1,", echoed);
    ck_assert_uint_eq(rig_count(&rig, text), 1);
    sprintf(text, "{\"event\":\"finished\",\"batch\":1,\"id\":\"%s\",\"status\":\"ok\",", echoed);
    ck_assert_uint_eq(rig_count(&rig, text), 1);
    free(id);
    free(echoed);
    free(text);
}
END_TEST

START_TEST(a_name_longer_than_the_room_for_output_comes_out_whole)
{
    size_t len = 300000;
    char *text = malloc(len + 64), *out = malloc(len + 4096);
    char piece[1000];
    size_t used = 0, n;

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(out);
    strcpy(text, "[{\"name\":\"");
    memset(text + 10, 'n', len);
    strcpy(text + 10 + len, "\"}]");
    ck_assert_uint_gt(channel_feed(rig.channel, 0, text, strlen(text)), 0);
    channel_work(rig.channel, 0, 100);
    while ((n = channel_render(rig.channel, rig.now_ns, piece, sizeof(piece))) > 0) {
        memcpy(out + used, piece, n);
        used += n;
    }
    out[used] = '\0';
    text[10 + len + 1] = '\0';
    ck_assert_ptr_nonnull(strstr(out, text + 9));
    ck_assert_ptr_nonnull(strstr(out, "\"finished\""));
    free(text);
    free(out);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_batch_is_accepted_run_and_finished, 1},
        {lateness_shows_in_at_and_does_not_add_up, 1},
        {batches_of_one_connection_interleave, 1},
        {a_virtual_batch_takes_no_time, 1},
        {any_pieces_give_the_same_events, 1},
        {a_client_that_does_not_read_is_held_back, 1},
        {answers_that_nobody_reads_stop_the_reading, 1},
        {quit_ends_the_input_and_lets_the_rest_run, 1},
        {a_syntax_error_ends_the_input_and_lets_the_rest_run, 1},
        {a_syntax_error_has_its_place_in_all_the_input, 1},
        {an_input_that_ends_within_a_request_is_a_syntax_error, 1},
        {a_refused_request_starts_nothing_and_the_next_one_runs, 1},
        {cancelling_a_batch_ends_all_its_jobs, 1},
        {cancelling_a_job_lets_those_behind_it_go_on, 1},
        {what_is_due_when_a_cancel_comes_is_done_before, 1},
        {what_is_being_cancelled_is_not_there_to_be_cancelled, 1},
        {all_batches_are_cancelled_at_once, 1},
        {silence_is_filled_with_heartbeats, 1},
        {output_that_waits_needs_no_heartbeat, 1},
        {requests_are_taken_a_few_at_a_time, 1},
        {a_request_has_to_be_complete_in_time, 1},
        {a_client_that_is_not_read_from_is_not_late, 1},
        {a_daemon_that_stops_takes_no_batches, 1},
        {silent_batches_say_their_beginning_and_end, 1},
        {stats_count_what_happened, 1},
        {an_id_of_any_length_is_in_both_lines, 18},
        {a_name_longer_than_the_room_for_output_comes_out_whole, 1},
    };

    return check_suite("channel", set_up, tear_down, tests, N(tests));
}
