/* SPDX-License-Identifier: ISC */

/*
 * Detached batches on a loop, by a clock that is set by hand: who follows them live or from
 * behind, how late they report to be, how they end with the daemon, and what becomes of them
 * when out of memory.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session/stats.h"
#include "tests/support/check.h"
#include "tests/support/alloc_faults.h"
#include "tests/support/loop_rig.h"

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)

static struct loop_rig rig;
static char ref[STORED_REF_MAX + 1];

static void set_up(void)
{
    loop_rig_init(&rig);
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

static const char draws[] =
    "\"events\":\"all\",\"seed\":5,\"concurrency\":2,\"report\":true,\"jobs\":[{\"name\":\"a\","
    "\"count\":20,\"wait\":{\"dist\":\"exponential\",\"mean\":1},\"fail\":0.3,\"retries\":1},"
    "{\"after\":\"a\",\"wait\":1}]";

START_TEST(all_followers_are_sent_the_same)
{
    char *live, *late, *middle;

    submit(0, draws);
    query(1, "watch", "");
    loop_rig_finish(&rig);
    query(2, "watch", "");
    query(3, "watch", ",\"from\":10");
    loop_rig_finish(&rig);
    live = loop_rig_rest(&rig, 1);
    late = loop_rig_rest(&rig, 2);
    middle = loop_rig_rest(&rig, 3);
    ck_assert_str_eq(live, late);
    ck_assert_ptr_nonnull(strstr(live, middle));
    ck_assert_double_eq(loop_rig_number(middle, "seq"), 10);
    ck_assert_str_eq(live + strlen(live) - strlen(middle), middle);
    free(live);
    free(late);
    free(middle);
}
END_TEST

START_TEST(whoever_comes_in_the_middle_catches_up_and_stays)
{
    char *first, *second;

    submit(0, draws);
    query(1, "watch", "");
    loop_rig_advance(&rig, rig.now_ns + 3 * S);
    query(2, "watch", "");
    loop_rig_finish(&rig);
    first = loop_rig_rest(&rig, 1);
    second = loop_rig_rest(&rig, 2);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

START_TEST(a_cancel_comes_behind_all_that_is_due_at_its_instant)
{
    const char *line;

    submit(0, "\"jobs\":[{\"wait\":2},{\"wait\":2,\"count\":3},{\"wait\":3},{\"wait\":9}]");
    rig.now_ns += 2 * S; /* nothing has been run meanwhile */
    query(1, "cancel", "");
    line = loop_rig_until(&rig, 1, "cancelled");
    ck_assert_double_eq(loop_rig_number(line, "at"), 2);
    ck_assert_double_eq(loop_rig_number(line, "jobs"), 2);
    line = loop_rig_until(&rig, 0, "finished");
    ck_assert_double_eq(loop_rig_number(line, "ok"), 4);
    ck_assert_double_eq(loop_rig_number(line, "cancelled"), 2);
    ck_assert_double_eq(loop_rig_number(line, "elapsed"), 2);
}
END_TEST

START_TEST(due_times_and_the_wall_clock_are_of_one_reading)
{
    char time[64];

    submit(0, "\"jobs\":[{\"wait\":1}]");
    query(1, "watch", "");
    loop_rig_member(loop_rig_until(&rig, 1, "accepted"), "time", time, sizeof(time));
    ck_assert_str_eq(time, "1970-01-01T00:16:45.000000000Z");
    ck_assert_int_eq(loop_rig_next_due(&rig), rig.now_ns + S);
}
END_TEST

START_TEST(heartbeats_come_while_nothing_else_does)
{
    submit(0, "\"heartbeat\":2,\"jobs\":[{\"wait\":3},{\"wait\":4.5}]");
    loop_rig_advance(&rig, rig.now_ns + 2 * S);
    ck_assert_double_eq(loop_rig_number(loop_rig_until(&rig, 0, "heartbeat"), "at"), 2);
    loop_rig_advance(&rig, rig.now_ns + S);
    (void)loop_rig_until(&rig, 0, "done");
    loop_rig_finish(&rig);
    ck_assert_ptr_nonnull(strstr(loop_rig_line(&rig, 0), "\"event\":\"done\""));
}
END_TEST

/* However many a connection watches: what there is to read is read, and none is looked at. */
START_TEST(events_at_the_live_end_make_no_other_work)
{
    struct channel *channel = rig.clients[0].channel;

    submit(0, "\"heartbeat\":5,\"jobs\":[{\"wait\":1},{\"wait\":9}]");
    rig.now_ns += S;
    registry_set_time(rig.env.registry,
                      &(struct registry_time){.now_ns = rig.now_ns,
                                              .boot_ns = rig.now_ns,
                                              .wall_ns = rig.now_ns + LOOP_RIG_WALL_NS});
    registry_work(rig.env.registry, 100);
    ck_assert(channel_has_output(channel));
    ck_assert_int_gt(channel_next_due(channel), rig.now_ns);
    loop_rig_work(&rig);
    ck_assert_ptr_nonnull(loop_rig_until(&rig, 0, "done"));
}
END_TEST

/* ---- Lateness --------------------------------------------------------------------------- */

static double late(void)
{
    query(3, "batches", "");
    return loop_rig_number(loop_rig_until(&rig, 3, "batch"), "late");
}

static struct event_stats statistics(void)
{
    struct stats *const all[] = {rig.env.stats};
    struct event_stats sum = {0};

    stats_sum(all, 1, rig.now_ns, &sum);
    return sum;
}

START_TEST(each_job_is_as_late_as_it_was)
{
    submit(0, "\"jobs\":[{\"wait\":1},{\"wait\":5,\"count\":99}]");
    rig.now_ns += 5 * S + MS; /* one is 4 s late, the others 1 ms */
    loop_rig_finish(&rig);
    ck_assert_double_eq_tol(late(), 4.001, 1e-9);
    ck_assert_int_eq(statistics().late_max_ns, 4 * S + MS);
    ck_assert_int_lt(statistics().late_p50_ns, 2 * MS);
}
END_TEST

START_TEST(who_catches_up_does_not_count_as_late)
{
    submit(0, draws);
    loop_rig_finish(&rig);
    rig.now_ns += 100 * S;
    query(1, "watch", "");
    loop_rig_finish(&rig);
    (void)loop_rig_until(&rig, 1, "finished");
    ck_assert_int_eq(statistics().late_max_ns, 0);
    ck_assert_double_eq(late(), 0);
}
END_TEST

/* The store hands over a batch that another life has run up to handled_ns. */
static struct stored_batch *resume(int64_t age_ns, int64_t handled_ns)
{
    static const char text[] =
        "{\"detach\":true,\"jobs\":[{\"wait\":1},{\"wait\":2},{\"wait\":9}]}";
    struct stored_terms terms = {
        .jobs = 3, .retain_ns = S, .max_wait_ns = 100 * S, .accepted_ns = rig.now_ns - age_ns};
    struct store_query *posted = store_query_new(STORE_RESUME, &rig.port, NULL);
    struct stored_batch *batch =
        stored_new(&rig.store->horizon_ns, STORED_DURABLE_DISK, &terms, rig.principal);

    ck_assert(posted != NULL && batch != NULL);
    snprintf(batch->ref, sizeof(batch->ref), "other-life");
    batch->handled_ns = handled_ns;
    atomic_store(&batch->progress.state, STORED_UNSEEN);
    posted->batch = stored_hold(batch);
    posted->text = stored_text_new(sizeof(text) - 1);
    ck_assert_ptr_nonnull(posted->text);
    memcpy(posted->text->bytes, text, sizeof(text) - 1);
    store_post(&rig.port, posted);
    return batch;
}

START_TEST(what_another_life_has_handled_is_not_late)
{
    struct stored_batch *batch = resume(4 * S, 1500 * MS);

    loop_rig_work(&rig);
    ck_assert_int_eq(batch->progress.state, STORED_RUNNING);
    ck_assert_uint_eq(batch->progress.pending, 1);
    ck_assert_uint_eq(batch->progress.last, 3);
    ck_assert_int_eq(batch->progress.late_ns, 2 * S); /* and not 3 s */
    ck_assert_uint_eq(statistics().accepted, 0);
    loop_rig_finish(&rig);
    ck_assert_int_eq(batch->progress.state, STORED_FINISHED);
    stored_release(batch);
}
END_TEST

/* ---- Other loops -------------------------------------------------------------------------- */

static void wake_nobody(void *context)
{
    (void)context;
}

/* Whatever loop a batch is home to: who has read its end finds it ended. */
START_TEST(an_end_is_known_once_it_is_read)
{
    static const char text[] = "{\"detach\":true,\"jobs\":[{\"wait\":1},{\"wait\":2}]}";
    struct store_port busy = {.wake = wake_nobody}; /* of a loop that gets to nothing */
    struct store_query *asked = store_query_new(STORE_ACCEPT, &busy, NULL), *answer;
    const char *line;

    ck_assert_ptr_nonnull(asked);
    asked->requester = principal_hold(rig.principal);
    asked->terms = (struct stored_terms){
        .jobs = 2, .retain_ns = 100 * S, .max_wait_ns = 100 * S, .accepted_ns = rig.now_ns};
    asked->text = stored_text_new(sizeof(text) - 1);
    ck_assert_ptr_nonnull(asked->text);
    memcpy(asked->text->bytes, text, sizeof(text) - 1);
    store_query(rig.store, asked);
    answer = store_fetch(&busy);
    ck_assert(answer == asked && answer->answer == STORE_DONE);
    memcpy(ref, answer->batch->ref, sizeof(ref));
    query(0, "watch", ""); /* live */
    loop_rig_finish(&rig);
    (void)loop_rig_until(&rig, 0, "finished");
    query(1, "batches", "");
    line = loop_rig_until(&rig, 1, "batch");
    ck_assert_ptr_nonnull(strstr(line, "\"state\":\"finished\""));
    ck_assert_double_eq(loop_rig_number(line, "last"), 4);
    ck_assert_double_eq(loop_rig_number(line, "pending"), 0);
    query(0, "forget", "");
    (void)loop_rig_until(&rig, 0, "forgotten");
    store_query_free(answer);
}
END_TEST

/* Another loop asks the store about the batch, and is answered. */
static struct store_query *ask_elsewhere(struct store_port *port, enum store_kind kind,
                                         struct stored_batch *batch)
{
    struct store_query *asked = store_query_new(kind, port, NULL);

    ck_assert_ptr_nonnull(asked);
    asked->requester = principal_hold(rig.principal);
    memcpy(asked->ref, ref, sizeof(ref));
    asked->batch = batch != NULL ? stored_hold(batch) : NULL;
    store_query(rig.store, asked);
    ck_assert(store_fetch(port) == asked);
    ck_assert_int_eq(asked->answer, STORE_DONE);
    return asked;
}

/* A job is cancelled over another loop, and nothing else is due for long. */
START_TEST(who_comes_behind_a_cancel_catches_up_with_it)
{
    struct store_port busy = {.wake = wake_nobody};
    struct store_query *asked, *found;

    submit(0, "\"jobs\":[{\"wait\":10},{\"wait\":20}]");
    loop_rig_advance(&rig, rig.now_ns + S);
    found = ask_elsewhere(&busy, STORE_FIND, NULL);
    asked = ask_elsewhere(&busy, STORE_CANCEL, found->batch);
    store_query_free(asked);
    store_query_free(found);
    loop_rig_work(&rig);
    query(2, "watch", "");
    (void)loop_rig_until(&rig, 2, "accepted");
    ck_assert_ptr_nonnull(strstr(loop_rig_until(&rig, 2, "done"), "\"cancelled\",\"at\":1}"));
    ck_assert_uint_eq(atomic_load(&rig.ledger.replays), 0);
    loop_rig_finish(&rig);
    (void)loop_rig_until(&rig, 2, "finished");
}
END_TEST

/* ---- The end of the daemon --------------------------------------------------------------- */

START_TEST(what_is_not_durable_goes_on_while_it_drains)
{
    submit(0, "\"jobs\":[{\"wait\":1}]");
    registry_drain(rig.env.registry);
    loop_rig_finish(&rig);
    (void)loop_rig_until(&rig, 0, "finished");
    ck_assert(registry_is_idle(rig.env.registry));
}
END_TEST

START_TEST(what_is_durable_is_suspended_for_all)
{
    const char *line;

    rig.store->durable = STORED_DURABLE_DISK;
    submit(0, "\"jobs\":[{\"wait\":1},{}]");
    loop_rig_work(&rig);
    registry_drain(rig.env.registry);
    ck_assert(registry_is_idle(rig.env.registry));
    loop_rig_work(&rig);
    line = loop_rig_until(&rig, 0, "suspended");
    ck_assert_double_eq(loop_rig_number(line, "last"), 2);
    query(1, "watch", ",\"from\":5");
    ck_assert_double_eq(loop_rig_number(loop_rig_until(&rig, 1, "suspended"), "last"), 4);
    query(2, "cancel", "");
    ck_assert_ptr_nonnull(strstr(loop_rig_until(&rig, 2, "error"), "\"shutting_down\""));
    loop_rig_finish(&rig);
    ck_assert(loop_rig_has_read_nothing(&rig, 0));
}
END_TEST

/* The store has the cancel when the daemon is asked to stop. */
START_TEST(a_cancel_that_is_overtaken_is_answered)
{
    rig.store->durable = STORED_DURABLE_DISK;
    submit(0, "\"jobs\":[{\"wait\":10}]");
    query(1, "batches", ""); /* something to be read before */
    loop_rig_send(&rig, 1, "{\"op\":\"cancel\",\"ref\":\"");
    loop_rig_send(&rig, 1, ref);
    loop_rig_send(&rig, 1, "\"}");
    registry_receive(rig.env.registry); /* it is found, and the store is asked */
    registry_drain(rig.env.registry);
    loop_rig_work(&rig);
    ck_assert_ptr_nonnull(strstr(loop_rig_until(&rig, 1, "error"), "\"unavailable\""));
}
END_TEST

/* ---- Out of memory ------------------------------------------------------------------------ */

/* A conversation in which the n-th allocation fails, and `length` with it.  Whether one did. */
static bool converse(long n, long length)
{
    bool struck;

    rig.watch = alloc_faults_watch;
    alloc_faults_after(n, length);
    loop_rig_send(&rig, 0,
                  "{\"detach\":true,\"key\":\"k\",\"events\":\"all\",\"jobs\":[{\"wait\":1,"
                  "\"count\":3},{\"wait\":2}]}");
    loop_rig_work(&rig);
    loop_rig_advance(&rig, rig.now_ns + S / 2);
    loop_rig_send(&rig, 1, "{\"op\":\"batches\"}{\"op\":\"watch\",\"ref\":\"rig-1\"}");
    loop_rig_send(&rig, 2, "{\"op\":\"cancel\",\"ref\":\"rig-1\",\"job\":1}");
    loop_rig_advance(&rig, rig.now_ns + 5 * S);
    struck = alloc_faults_struck();
    alloc_faults_after(ALLOC_FAULTS_NONE, 0);
    rig.watch = NULL;
    return struck;
}

/* What client 3 is answered; the caller's to free. */
static char *answer(const char *request)
{
    loop_rig_send(&rig, 3, request);
    loop_rig_finish(&rig);
    return loop_rig_rest(&rig, 3);
}

/* Whatever there was no memory for: a batch that is kept has been run to its end, with nobody
 * watching it, and is sent in full to whoever asks when there is memory again. */
static void fail_each(long length)
{
    bool struck = true;

    for (long n = 0; struck; n++) {
        char *list, *events;

        set_up();
        struck = converse(n, length);
        loop_rig_finish(&rig);
        list = answer("{\"op\":\"batches\"}");
        events = answer("{\"op\":\"watch\",\"ref\":\"rig-1\"}");
        if (strstr(list, "\"count\":0") == NULL) {
            ck_assert_msg(strstr(list, "\"state\":\"finished\"") != NULL, "allocation %ld: %s", n,
                          list);
            ck_assert_msg(strstr(events, "\"event\":\"finished\"") != NULL, "allocation %ld: %s", n,
                          events);
            ck_assert_ptr_nonnull(strstr(events, "\"seq\":1,"));
        }
        free(list);
        free(events);
        tear_down();
    }
}

START_TEST(no_batch_is_lost_for_want_of_memory)
{
    fail_each(1);
}
END_TEST

START_TEST(nor_when_it_lasts_for_a_while)
{
    fail_each(20);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test followers[] = {
        {all_followers_are_sent_the_same, 1},
        {whoever_comes_in_the_middle_catches_up_and_stays, 1},
        {a_cancel_comes_behind_all_that_is_due_at_its_instant, 1},
        {who_comes_behind_a_cancel_catches_up_with_it, 1},
        {due_times_and_the_wall_clock_are_of_one_reading, 1},
        {heartbeats_come_while_nothing_else_does, 1},
        {events_at_the_live_end_make_no_other_work, 1},
        {each_job_is_as_late_as_it_was, 1},
        {who_catches_up_does_not_count_as_late, 1},
        {what_another_life_has_handled_is_not_late, 1},
        {an_end_is_known_once_it_is_read, 1},
        {what_is_not_durable_goes_on_while_it_drains, 1},
        {what_is_durable_is_suspended_for_all, 1},
        {a_cancel_that_is_overtaken_is_answered, 1},
    };
    const struct check_test memory[] = {
        {no_batch_is_lost_for_want_of_memory, 1},
        {nor_when_it_lasts_for_a_while, 1},
    };
    Suite *suite = suite_create("registry");

    check_case(suite, "followers", set_up, tear_down, followers, N(followers));
    check_case(suite, "memory", NULL, NULL, memory, N(memory));
    return suite;
}
