/* SPDX-License-Identifier: ISC */
#include "client/show/fanout.h"

#include <stdlib.h>
#include <string.h>

#include "client/net/requests.h"
#include "tests/support/check.h"

/* Lines, and what each of several ways of showing is reported. */

static struct fanout fanout;
static struct pending_queue pending;
static struct bytes seen;

static void set_up(void)
{
    ck_assert_int_eq(fanout_init(&fanout, false), 0);
}

static void tear_down(void)
{
    fanout_fini(&fanout);
    pending_fini(&pending);
    bytes_fini(&seen);
}

/* ---- A way of showing that needs all events and keeps something of each batch --- */

static void note_event(struct show_run *run, const struct event_read *event)
{
    if (event->kind == EVENT_ACCEPTED)
        *run->kept = strdup("k");
    bytes_add_format(&seen, "%d%s ", (int)event->kind,
                     run->kept != NULL && *run->kept != NULL ? (char *)*run->kept : "");
}

static void note_forget(struct show_run *run)
{
    bytes_add_format(&seen, "forget%d ", (int)run->batch->number);
    free(*run->kept);
}

static void note_end(struct show_run *run)
{
    bytes_add_string(&seen, "end");
    bytes_add_string(run->out, "]\n");
}

static const struct show greedy = {
    .name = "greedy",
    .needs_all = true,
    .events = SHOW_ALL,
    .event = note_event,
    .forget = note_forget,
    .end = note_end,
};

static enum fanout_result take(const char *line)
{
    struct event_read event;

    return fanout_take(&fanout, line, strlen(line), &event);
}

static const char *of_stdout(void)
{
    bytes_add_char(&fanout.parts[0].output.pending, '\0');
    return bytes_at(&fanout.parts[0].output.pending);
}

#define ACCEPTED "{\"event\":\"accepted\",\"batch\":1,\"jobs\":1,\"instance\":\"x\"}\n"
#define STARTED  "{\"event\":\"started\",\"batch\":1,\"job\":0,\"attempt\":1,\"at\":0}\n"
#define STEP                                                                                       \
    "{\"event\":\"step\",\"batch\":1,\"job\":0,\"step\":0,\"kind\":\"wait\",\"duration\":1,"       \
    "\"at\":0}\n"
#define NAMED        "{\"event\":\"done\",\"batch\":1,\"job\":0,\"name\":\"\\\",\\\"due\\\":7\","
#define DONE         NAMED "\"status\":\"ok\",\"at\":1,\"data\":{\"a\":1,\"due\":2}}\n"
#define DONE_AND_DUE NAMED "\"status\":\"ok\",\"at\":1,\"due\":1.5,\"data\":{\"a\":1,\"due\":2}}\n"
#define FINISHED     "{\"event\":\"finished\",\"batch\":1,\"status\":\"ok\",\"jobs\":1,\"ok\":1}\n"
#define PONG         "{\"event\":\"pong\",\"version\":\"1\"}\n"

/* What the daemon would have sent, by what was asked for. */
static const struct {
    enum plan_events asked;
    const char *lines;
} levels[] = {
    {PLAN_EVENTS_DONE, PONG ACCEPTED DONE FINISHED},
    {PLAN_EVENTS_ALL, PONG ACCEPTED STARTED STEP DONE_AND_DUE FINISHED},
    {PLAN_EVENTS_NONE, PONG ACCEPTED FINISHED},
};

START_TEST(each_is_sent_what_it_is_for)
{
    pending_push(&pending, (struct pending){.events = PLAN_EVENTS_DONE}); /* the ping */
    pending_push(&pending, (struct pending){.events = levels[_i].asked});
    fanout_add(&fanout, &show_json, NULL, NULL);
    fanout_add(&fanout, &greedy, NULL, "/dev/null");
    fanout.pending = &pending;
    fanout_begin(&fanout);
    ck_assert_int_eq(take(PONG), FANOUT_TAKEN);
    ck_assert_int_eq(take(ACCEPTED), FANOUT_EVENT);
    ck_assert_uint_eq(fanout.batches.n, 1);
    ck_assert_int_eq(take(STARTED), FANOUT_TAKEN);
    ck_assert_int_eq(take(STEP), FANOUT_TAKEN);
    ck_assert_int_eq(take(DONE_AND_DUE), FANOUT_TAKEN);
    ck_assert_int_eq(take(FINISHED), FANOUT_TAKEN);
    ck_assert_uint_eq(fanout.batches.n, 0);
    fanout_end(&fanout, NULL, 0);
    ck_assert_str_eq(of_stdout(), levels[_i].lines);
    bytes_add_char(&seen, '\0');
    ck_assert_str_eq(bytes_at(&seen), "8 1k 2k 3k 5k 6k forget1 end");
    ck_assert_uint_eq(fanout.tally.answers, 2);
    ck_assert_uint_eq(fanout.unfinished, 0);
}
END_TEST

START_TEST(alone_it_is_sent_everything)
{
    fanout_add(&fanout, &show_json, NULL, NULL);
    fanout_begin(&fanout);
    take(ACCEPTED);
    take(STARTED);
    take(DONE_AND_DUE);
    take("{\"event\":\"other\",\"batch\":1}\n");
    fanout_end(&fanout, "{\"ev", 4);
    ck_assert_str_eq(of_stdout(),
                     ACCEPTED STARTED DONE_AND_DUE "{\"event\":\"other\",\"batch\":1}\n{\"ev");
    ck_assert(fanout.tally.has_unknown);
    ck_assert_uint_eq(fanout.unfinished, 1);
}
END_TEST

static void begin_beside_greedy(const struct show *show)
{
    fanout_add(&fanout, show, NULL, NULL);
    fanout_add(&fanout, &greedy, NULL, "/dev/null");
    fanout_begin(&fanout);
}

START_TEST(what_was_begun_is_ended)
{
    begin_beside_greedy(&show_summary);
    take(ACCEPTED);
    take(STARTED);
    ck_assert_int_eq(take("HTTP/1.0 400\n"), FANOUT_FOREIGN);
    fanout_end(&fanout, NULL, 0);
    fanout_end(&fanout, NULL, 0);
    ck_assert_uint_eq(fanout.unfinished, 1);
    bytes_add_char(&seen, '\0');
    ck_assert_str_eq(bytes_at(&seen), "1k 2k forget1 end");
    ck_assert_uint_eq(bytes_len(&fanout.parts[1].output.pending), 2);
}
END_TEST

static struct plan *plan_of(const char *text)
{
    struct requests *requests = requests_new();
    struct pending request = {.plan = NULL};

    requests_feed(requests, text, strlen(text), NULL);
    ck_assert(pending_pop(requests_pending(requests), &request));
    requests_free(requests);
    return request.plan;
}

START_TEST(a_plan_takes_the_seed_that_was_drawn)
{
    pending_push(&pending,
                 (struct pending){.plan = plan_of("{\"seed\":\"random\",\"jobs\":[{}]}")});
    ck_assert_int_eq(fanout_add(&fanout, &show_json, NULL, NULL), 0);
    fanout.pending = &pending;
    take("{\"event\":\"accepted\",\"batch\":1,\"jobs\":1,\"seed\":-7,\"instance\":\"x\"}\n");
    ck_assert_int_eq(plan_options_of(batches_find(&fanout.batches, 1)->request.plan)->seed, -7);
}
END_TEST

START_TEST(a_plan_of_another_request_is_not_believed)
{
    struct plan *right = plan_of("[{}]"), *wrong = plan_of("[{},{}]");

    pending_push(&pending, (struct pending){.plan = wrong});
    pending_push(&pending, (struct pending){.plan = right});
    fanout_add(&fanout, &show_json, NULL, NULL);
    fanout.pending = &pending;
    fanout_begin(&fanout);
    take(ACCEPTED);
    take("{\"event\":\"accepted\",\"batch\":2,\"jobs\":1}\n");
    ck_assert_ptr_null(batches_find(&fanout.batches, 1)->request.plan);
    ck_assert_ptr_eq(batches_find(&fanout.batches, 2)->request.plan, right);
    fanout_end(&fanout, NULL, 0);
}
END_TEST

/* What no daemon of this protocol sends is none's. */
START_TEST(what_cannot_be_is_foreign)
{
    fanout_add(&fanout, &show_timeline, NULL, NULL);
    fanout_begin(&fanout);
    ck_assert_int_eq(take("{\"event\":\"accepted\",\"batch\":1,\"jobs\":9223372036854775807}\n"),
                     FANOUT_FOREIGN);
    ck_assert_int_eq(take("{\"event\":\"accepted\",\"batch\":1,\n"), FANOUT_FOREIGN);
    ck_assert_int_eq(take("{\"batch\":1}\n"), FANOUT_FOREIGN);
    ck_assert_int_eq(take("{\"batch\":1,\"event\":\"accepted\",\"jobs\":1}\n"), FANOUT_EVENT);
    ck_assert_uint_eq(fanout.batches.n, 1);
    ck_assert(!fanout.no_memory);
    fanout_end(&fanout, NULL, 0);
}
END_TEST

START_TEST(a_batch_that_is_accepted_again_was_lost)
{
    begin_beside_greedy(&show_timeline);
    take(ACCEPTED);
    take(ACCEPTED);
    ck_assert_uint_eq(fanout.lost, 1);
    take("{\"event\":\"accepted\",\"batch\":2,\"jobs\":1}\n");
    ck_assert_uint_eq(fanout.lost, 1);
    take("{\"event\":\"accepted\",\"batch\":1,\"jobs\":1,\"instance\":\"y\"}\n");
    ck_assert_uint_eq(fanout.lost, 3);
    ck_assert_uint_eq(fanout.batches.n, 1);
    fanout_end(&fanout, NULL, 0);
    ck_assert_uint_eq(fanout.unfinished, 1);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_reported)
{
    fanout_add(&fanout, &show_json, NULL, NULL);
    ck_assert_int_eq(fanout_add(&fanout, &greedy, NULL, "/nonexistent/file"), -1);
    ck_assert_uint_eq(fanout.n, 1);
    /* And one that cannot be written. */
    ck_assert_int_eq(fanout_add(&fanout, &greedy, NULL, "/dev/full"), 0);
    fanout_end(&fanout, NULL, 0);
    fanout_flush(&fanout);
    ck_assert(!fanout_is_pending(&fanout));
    ck_assert_int_eq(fanout_conclude(&fanout), STATUS_NOT_OK);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {each_is_sent_what_it_is_for, 3},
        {alone_it_is_sent_everything, 1},
        {what_was_begun_is_ended, 1},
        {a_plan_takes_the_seed_that_was_drawn, 1},
        {a_plan_of_another_request_is_not_believed, 1},
        {what_cannot_be_is_foreign, 1},
        {a_batch_that_is_accepted_again_was_lost, 1},
        {a_file_that_cannot_be_made_is_reported, 1},
    };

    return check_suite("fanout", set_up, tear_down, tests, N(tests));
}
