/* SPDX-License-Identifier: ISC */

/*
 * Who may replay a detached batch on a loop, and when: one of them at a time here, by a clock
 * that is set by hand; and that who does not read holds up neither the batch nor the others.
 */

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/loop_rig.h"

static struct loop_rig rig;
static char ref[STORED_REF_MAX + 1];

static void set_up(void)
{
    loop_rig_init(&rig);
    rig.limits.max_replays = 1;
    rig.limits.max_backlog = 4096;
    loop_rig_open(&rig);
}

static void tear_down(void)
{
    loop_rig_fini(&rig);
}

static void submit(unsigned client, const char *members)
{
    loop_rig_submit(&rig, client, members, ref);
}

static void query(unsigned client, const char *op, const char *more)
{
    loop_rig_query(&rig, client, op, ref, more);
}

static const char many[] = "\"jobs\":[{\"count\":2000}]";

/* Another loop replays, as many as may, and all wait. */
static void have_all_wait(void)
{
    submit(0, many);
    loop_rig_finish(&rig);
    atomic_store(&rig.ledger.replays, 1);
    for (unsigned client = 1; client < 4; client++)
        query(client, "watch", "");
    ck_assert(loop_rig_has_read_nothing(&rig, 1) && loop_rig_has_read_nothing(&rig, 2) &&
              loop_rig_has_read_nothing(&rig, 3));
    ck_assert_uint_eq(atomic_load(&rig.ledger.replays_waiting), 3);
    /* Nobody looks again and again. */
    ck_assert_int_eq(loop_rig_next_due(&rig), INT64_MAX);
}

static void have_others_end(void)
{
    atomic_store(&rig.ledger.replays, 0);
    registry_receive(rig.env.registry);
    loop_rig_work(&rig);
}

START_TEST(who_waits_for_a_replay_is_woken)
{
    have_all_wait();
    have_others_end();
    for (unsigned client = 1; client < 4; client++)
        (void)loop_rig_until(&rig, client, "finished");
}
END_TEST

START_TEST(who_hangs_up_gives_way)
{
    have_all_wait();
    loop_rig_hang_up(&rig, 2);
    have_others_end();
    (void)loop_rig_until(&rig, 1, "finished");
    (void)loop_rig_until(&rig, 3, "finished");
}
END_TEST

START_TEST(who_is_suspended_gives_way)
{
    rig.store->durable = STORED_DURABLE_DISK;
    have_all_wait();
    registry_drain(rig.env.registry);
    have_others_end();
    for (unsigned client = 1; client < 4; client++)
        (void)loop_rig_until(&rig, client, "suspended");
    ck_assert_uint_eq(atomic_load(&rig.ledger.replays_waiting), 0);
}
END_TEST

/* More is to be read than a client may leave unread, or less, of a batch that goes on. */
static const char *const unread[] = {
    "\"jobs\":[{\"count\":2000},{\"wait\":1}]",
    "\"jobs\":[{\"count\":9},{\"wait\":1}]",
};

START_TEST(who_does_not_read_its_replay_gives_way)
{
    submit(0, unread[_i]);
    rig.clients[1].is_slow = rig.clients[2].is_slow = true;
    for (unsigned client = 1; client < 4; client++)
        query(client, "watch", "");
    (void)loop_rig_until(&rig, 3, "done");
    rig.clients[1].is_slow = rig.clients[2].is_slow = false;
    loop_rig_finish(&rig);
    for (unsigned client = 0; client < 4; client++)
        (void)loop_rig_until(&rig, client, "finished");
}
END_TEST

static int64_t tick_ns;

/* Time goes on between a loop's looks at the live end and at its clients. */
static void pass_time(bool begins)
{
    if (begins)
        rig.now_ns += tick_ns;
}

START_TEST(who_has_caught_up_may_be_behind_again_at_once)
{
    loop_rig_fini(&rig);
    loop_rig_init(&rig);
    rig.limits.max_backlog = 1;
    loop_rig_open(&rig);
    submit(0, "\"events\":\"all\",\"jobs\":[{\"steps\":[{\"wait\":0.01}],\"repeat\":400}]");
    loop_rig_advance(&rig, rig.now_ns + INT64_C(100000000));
    tick_ns = (_i + 1) * INT64_C(100000);
    rig.watch = pass_time;
    query(1, "watch", "");
    loop_rig_finish(&rig);
    for (unsigned client = 0; client < 2; client++)
        (void)loop_rig_until(&rig, client, "finished");
}
END_TEST

START_TEST(a_connection_replays_one_at_a_time)
{
    char first[STORED_REF_MAX + 1], seen[STORED_REF_MAX + 1];

    rig.limits.max_replays = 16;
    submit(0, many);
    memcpy(first, ref, sizeof(ref));
    submit(0, many);
    loop_rig_finish(&rig);
    rig.clients[1].is_slow = true;
    loop_rig_send(&rig, 1,
                  "{\"op\":\"watch\",\"ref\":\"rig-1\"}{\"op\":\"watch\",\"ref\":\"rig-2\"}");
    loop_rig_work(&rig);
    ck_assert_uint_eq(atomic_load(&rig.ledger.replays_waiting), 1);
    rig.clients[1].is_slow = false;
    loop_rig_work(&rig);
    loop_rig_member(loop_rig_until(&rig, 1, "finished"), "ref", seen, sizeof(seen));
    ck_assert_str_eq(seen, first);
    loop_rig_member(loop_rig_until(&rig, 1, "finished"), "ref", seen, sizeof(seen));
    ck_assert_str_eq(seen, ref);
}
END_TEST

START_TEST(a_replay_is_not_ahead_of_the_answer_to_a_cancel)
{
    submit(0, "\"jobs\":[{\"wait\":10}]");
    loop_rig_send(&rig, 1, "{\"op\":\"watch\",\"ref\":\"rig-1\"}");
    registry_receive(rig.env.registry);
    loop_rig_send(&rig, 1, "{\"op\":\"cancel\",\"ref\":\"rig-1\"}");
    registry_receive(rig.env.registry); /* it is safe, and the live end has not come to it */
    for (unsigned slices = 0; slices < 9; slices++)
        channel_work(rig.clients[1].channel, rig.now_ns, 100);
    loop_rig_work(&rig);
    (void)loop_rig_until(&rig, 1, "cancelled");
    (void)loop_rig_until(&rig, 1, "done"); /* behind it */
}
END_TEST

START_TEST(too_many_wait_for_a_replay)
{
    atomic_store(&rig.ledger.replays_waiting, 1000);
    submit(0, "\"jobs\":[{\"wait\":1},{}]"); /* whose watch needs none */
    (void)loop_rig_until(&rig, 0, "done");
    query(1, "watch", ",\"from\":3,\"id\":7"); /* and this one neither */
    ck_assert(loop_rig_has_read_nothing(&rig, 1));
    query(2, "watch", ",\"id\":7");
    ck_assert_ptr_nonnull(strstr(loop_rig_until(&rig, 2, "error"), "\"overloaded\""));
    atomic_store(&rig.ledger.replays_waiting, 0);
    loop_rig_finish(&rig);
    (void)loop_rig_until(&rig, 1, "finished");
}
END_TEST

START_TEST(who_does_not_read_loses_its_place_and_nothing_else)
{
    static const char *const crowds[] = {
        "\"key\":\"k\",\"jobs\":[{\"wait\":1},{\"count\":20000,\"wait\":1},{\"wait\":2}]",
        "\"key\":\"k\",\"events\":\"all\",\"jobs\":[{\"count\":20000}]"}; /* at one instant */
    char *quick, *slow;

    rig.clients[1].is_slow = true;
    loop_rig_send(&rig, 1, "{\"detach\":true,");
    loop_rig_send(&rig, 1, crowds[_i]);
    loop_rig_send(&rig, 1, "}");
    submit(0, crowds[_i]);
    loop_rig_finish(&rig);
    quick = loop_rig_rest(&rig, 0);
    ck_assert_ptr_nonnull(strstr(quick, "\"event\":\"finished\""));
    rig.clients[1].is_slow = false;
    loop_rig_work(&rig);
    (void)loop_rig_until(&rig, 1, "accepted");
    slow = loop_rig_rest(&rig, 1);
    ck_assert(strcmp(quick, slow) == 0);
    free(quick);
    free(slow);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {who_waits_for_a_replay_is_woken, 1},
        {who_hangs_up_gives_way, 1},
        {who_is_suspended_gives_way, 1},
        {who_does_not_read_its_replay_gives_way, N(unread)},
        {who_has_caught_up_may_be_behind_again_at_once, 30},
        {a_connection_replays_one_at_a_time, 1},
        {a_replay_is_not_ahead_of_the_answer_to_a_cancel, 1},
        {too_many_wait_for_a_replay, 1},
        {who_does_not_read_loses_its_place_and_nothing_else, 2},
    };

    return check_suite("replays", set_up, tear_down, tests, N(tests));
}
