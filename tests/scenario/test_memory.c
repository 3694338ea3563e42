/* SPDX-License-Identifier: ISC */

/*
 * Whole conversations when out of memory: each allocation of a channel's
 * life fails in turn, alone or with those behind it.  Every request is
 * answered as it would be, or refused as `overloaded`, or the client is let
 * go; every batch that was accepted reports all of its jobs; nothing is left,
 * and the next request works.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/session/channel.h"
#include "daemon/session/stats.h"
#include "proto/due.h"
#include "proto/fault.h"
#include "tests/support/check.h"
#include "tests/support/alloc_faults.h"
#include "tests/support/rig.h"
#include "tests/support/witness.h"

#define MOST_CALLS 100000

/* A conversation and how it is carried. */
struct talk {
    const char *text;
    int64_t then_ns;   /* when `later` is sent, */
    const char *later; /* NULL for nothing */
    size_t piece, room;
};

/* How it went. */
struct trial {
    struct rig rig;
    struct witness witness;
    bool struck; /* an allocation has failed after the first ones */
    bool let_go; /* drained before its input ended */
};

static void hear(struct trial *trial, size_t room)
{
    char out[2048];
    size_t n;

    alloc_faults_watch(true);
    n = channel_render(trial->rig.channel, trial->rig.now_ns, out, room);
    alloc_faults_watch(false);
    ck_assert_msg(witness_hear(&trial->witness, out, n, trial->rig.now_ns), "%s",
                  trial->witness.diagnostic);
}

/* Works and reads until time_ns, and what is due by then has been handled. */
static void live_until(struct trial *trial, int64_t time_ns, size_t room)
{
    struct channel *channel = trial->rig.channel;

    for (int calls = 0; calls < MOST_CALLS; calls++) {
        int64_t due_ns = channel_next_due(channel);

        if (channel_has_output(channel)) {
            hear(trial, room);
        } else if (due_ns == DUE_NEVER || due_ns > time_ns) {
            trial->rig.now_ns = time_ns < INT64_MAX ? time_ns : trial->rig.now_ns;
            return;
        } else {
            trial->rig.now_ns = due_ns > trial->rig.now_ns ? due_ns : trial->rig.now_ns;
            alloc_faults_watch(true);
            channel_work(channel, trial->rig.now_ns, 3);
            alloc_faults_watch(false);
        }
    }
    ck_abort_msg("it does not come to an end");
}

static void say(struct trial *trial, const struct talk *talk, const char *text)
{
    size_t len = strlen(text);

    for (int calls = 0; len > 0 && calls < MOST_CALLS; calls++) {
        size_t n = talk->piece < len ? talk->piece : len;

        if (channel_input_ended(trial->rig.channel))
            return;
        if (channel_wants_input(trial->rig.channel)) {
            alloc_faults_watch(true);
            n = channel_feed(trial->rig.channel, trial->rig.now_ns, text, n);
            alloc_faults_watch(false);
            text += n;
            len -= n;
        }
        live_until(trial, trial->rig.now_ns, talk->room);
    }
    ck_assert_uint_eq(len, 0);
}

/* Carries on a conversation with `length` allocations failing from the n-th on. */
static void carry(struct trial *trial, const struct talk *talk, long n, long length)
{
    static const char next[] = " {\"op\":\"ping\"} {\"id\":99,\"jobs\":[{\"wait\":1}]}";

    rig_init(&trial->rig);
    witness_init(&trial->witness);
    alloc_faults_after(n, length);
    alloc_faults_watch(true);
    trial->rig.channel = channel_new(&trial->rig.env, NULL);
    alloc_faults_watch(false);
    trial->let_go = trial->rig.channel == NULL;
    if (trial->let_go)
        return;
    say(trial, talk, talk->text);
    if (talk->later != NULL) {
        live_until(trial, talk->then_ns, talk->room);
        say(trial, talk, talk->later);
    }
    live_until(trial, INT64_MAX, talk->room);
    trial->struck = alloc_faults_struck();
    alloc_faults_after(ALLOC_FAULTS_NONE, 0);
    say(trial, talk, next);
    live_until(trial, INT64_MAX, talk->room);
    trial->let_go = channel_is_drained(trial->rig.channel);
    alloc_faults_watch(true);
    channel_free(trial->rig.channel);
    alloc_faults_watch(false);
    trial->rig.channel = NULL;
}

static void finish(struct trial *trial)
{
    rig_fini(&trial->rig);
    witness_fini(&trial->witness);
    memset(trial, 0, sizeof(*trial));
}

static const struct witness_batch *batch_with(const struct witness *witness, uint64_t id)
{
    for (size_t i = 0; i < witness->n_batches; i++)
        if (witness->batches[i].id == id)
            return &witness->batches[i];
    return NULL;
}

/* A batch that was accepted reports of every job what it reports with memory. */
static void compare_batches(const struct trial *trial, const struct trial *sound, long n)
{
    for (size_t i = 0; i < trial->witness.n_batches; i++) {
        const struct witness_batch *heard = &trial->witness.batches[i];
        const struct witness_batch *expected = batch_with(&sound->witness, heard->id);

        ck_assert_ptr_nonnull(expected);
        if (trial->let_go && !heard->finished)
            continue;
        ck_assert_msg(heard->finished, "allocation %ld: batch %d does not finish", n,
                      (int)heard->id);
        ck_assert_uint_eq(heard->n_events, expected->n_events);
        /* a cancel that was refused leaves the jobs as they were */
        if (trial->witness.n_refused[FAULT_OVERLOADED] == 0)
            ck_assert_mem_eq(heard->counts, expected->counts, sizeof(heard->counts));
    }
}

static void compare_answers(const struct trial *trial, const struct trial *sound, long n)
{
    const uint64_t *refused = trial->witness.n_refused;
    uint64_t overloaded = refused[FAULT_OVERLOADED];

    if (!trial->let_go)
        ck_assert_msg(trial->witness.n_answers == sound->witness.n_answers,
                      "allocation %ld: %d answers in place of %d", n, (int)trial->witness.n_answers,
                      (int)sound->witness.n_answers);
    for (int code = FAULT_BAD_JSON; code <= FAULT_SHUTTING_DOWN; code++) {
        /* what was refused as `overloaded` cannot be found to be cancelled */
        if (code == FAULT_OVERLOADED || (code == FAULT_NOT_FOUND && overloaded > 0))
            continue;
        ck_assert_msg(refused[code] <= sound->witness.n_refused[code],
                      "allocation %ld: refused as %s", n, fault_code_name((enum fault_code)code));
    }
    ck_assert_msg(overloaded > 0 || trial->let_go ||
                      trial->witness.n_batches == sound->witness.n_batches,
                  "allocation %ld: a batch is missing", n);
}

static void fail_each(const struct talk *talk, long length)
{
    struct trial sound = {0};
    bool goes_on = true;
    long n;

    carry(&sound, talk, ALLOC_FAULTS_NONE, 0);
    ck_assert(witness_is_settled(&sound.witness));
    for (n = 0; goes_on && n < 100000; n++) {
        struct trial trial = {0};
        long live = alloc_faults_live();

        carry(&trial, talk, n, length);
        goes_on = trial.struck || trial.let_go;
        ck_assert_msg(alloc_faults_live() == live, "allocation %ld: %ld blocks left", n,
                      alloc_faults_live() - live);
        compare_answers(&trial, &sound, n);
        compare_batches(&trial, &sound, n);
        finish(&trial);
    }
    ck_assert_int_gt(n, 5);
    finish(&sound);
}

static void fail_each_way(struct talk talk)
{
    static const size_t pieces[] = {1000000, 7}, rooms[] = {2000, 33};

    for (int i = 0; i < 2; i++) {
        talk.piece = pieces[i];
        talk.room = rooms[i];
        fail_each(&talk, 1);
        fail_each(&talk, i == 0 ? 3 : 40);
    }
}

START_TEST(a_batch_with_everything)
{
    fail_each_way((struct talk){
        .text = "{\"id\":1,\"events\":\"all\",\"jobs\":[{\"name\":\"\\u0061 name\",\"wait\":1,"
                "\"data\":{\"key\":[\"value\",12345678]}},{\"steps\":[{\"wait\":{\"dist\":"
                "\"trace\",\"values\":[1,2,3]},\"note\":\"some note\"},{\"compute\":\"1500ms\"}],"
                "\"after\":[\"a name\",\"b\"]},{\"name\":\"b\",\"fail\":0.5,\"retries\":2,"
                "\"backoff\":{\"initial\":1}}],\"defaults\":{\"name\":\"\\u0064efault\"}}"});
}
END_TEST

START_TEST(pools_arrivals_and_a_report)
{
    fail_each_way((struct talk){
        .text =
            "{\"id\":1,\"clock\":\"virtual\",\"report\":true,\"pools\":{\"a\":1,\"\\u0062\":2},"
            "\"defaults\":{\"pool\":\"b\",\"timeout\":4},\"jobs\":[{\"name\":\"x\",\"compute\":2,"
            "\"pool\":\"\\u0061\",\"priority\":3,\"start\":1,\"count\":3,\"every\":{\"dist\":"
            "\"uniform\","
            "\"min\":0,\"max\":2}},{\"name\":\"y\",\"after\":\"x\",\"steps\":[{\"compute\":1},"
            "{\"compute\":1,\"pool\":\"a\"}]},{}]}"
            "{\"id\":2,\"pools\":{\"a\":1},\"jobs\":[{\"pool\":\"c\"}]}"
            "{\"id\":3,\"report\":true,\"jobs\":[{\"wait\":1,\"count\":70}]}"});
}
END_TEST

START_TEST(many_jobs_in_several_batches)
{
    fail_each_way((struct talk){
        .text =
            "{\"id\":1,\"jobs\":[{\"wait\":1,\"count\":70},{\"compute\":\"1ms\",\"count\":20}]}"
            "{\"id\":2,\"clock\":\"virtual\",\"events\":\"all\",\"jobs\":[{\"wait\":3,\"count\":"
            "60}]}{\"id\":3,\"events\":\"none\",\"jobs\":[{\"wait\":2,\"count\":99}]}"
            "{\"id\":4,\"jobs\":[]}{\"id\":5,\"jobs\":[{\"wait\":1}]}"
            "{\"id\":6,\"clock\":\"virtual\",\"events\":\"none\",\"jobs\":[{\"count\":256,"
            "\"wait\":{\"dist\":\"exponential\",\"mean\":1}}]}"});
}
END_TEST

START_TEST(names_that_are_waited_for)
{
    fail_each_way((struct talk){
        .text = "{\"id\":1,\"jobs\":[{\"name\":\"a\",\"wait\":1},{\"name\":\"b\",\"after\":\"a\","
                "\"count\":3},{\"after\":[\"a\",\"b\"]}]}"
                "{\"id\":2,\"jobs\":[{\"name\":\"a\",\"after\":[\"b\"]},{\"name\":\"b\",\"after\":"
                "\"c\"},{\"name\":\"c\",\"after\":\"a\"}]}"
                "{\"id\":3,\"jobs\":[{\"after\":\"nobody\"}]}"});
}
END_TEST

/* Words with escapes are decoded somewhere, and a name of defaults is kept twice. */
START_TEST(words_with_escapes)
{
    fail_each_way((struct talk){
        .text =
            "{\"id\":1,\"mode\":\"sequenti\\u0061l\",\"\\u0065vents\":\"\\u0061ll\",\"jobs\":"
            "[{\"w\\u0061it\":\"1\\u0073\",\"note\\u0064\":1}]}"
            "{\"id\":2,\"mode\":\"sequenti\\u0061l\",\"jobs\":[{\"wait\":\"1\\u0073\"},{\"after\":"
            "\"\\u0064efault name\",\"name\":\"n\"}],\"defaults\":{\"name\":\"\\u0064efault name\","
            "\"steps\":[{\"wait\":1,\"note\":\"\\u006eote\"},{\"compute\":2}],\"timeout\":9}}"});
}
END_TEST

START_TEST(requests_of_every_other_kind)
{
    fail_each_way((struct talk){
        .text = "{\"op\":\"ping\",\"id\":\"an identity that is somewhat long\"}{\"op\":\"stats\"}"
                "{\"op\":\"cancel\",\"batch\":7}{\"op\":\"nonsense\",\"id\":3}[{\"wait\":\"long\"}]"
                "\"a string that is no request\" 12345678901234567890"});
}
END_TEST

START_TEST(a_cancel_of_a_batch)
{
    fail_each_way((struct talk){.text = "{\"id\":1,\"jobs\":[{\"wait\":5,\"count\":40}]}",
                                .then_ns = 1000000000,
                                .later = "{\"op\":\"cancel\",\"batch\":1,\"id\":\"c\"}"});
}
END_TEST

START_TEST(a_cancel_of_a_job)
{
    fail_each_way((struct talk){
        .text =
            "{\"id\":1,\"events\":\"all\",\"workers\":1,\"jobs\":[{\"compute\":5},{\"compute\":1},"
            "{\"wait\":9}]}",
        .then_ns = 1000000000,
        .later = "{\"op\":\"cancel\",\"batch\":1,\"job\":0,\"id\":\"c\"}"});
}
END_TEST

START_TEST(lines_longer_than_the_room_for_them)
{
    static char text[4000] = "{\"id\":1,\"jobs\":[{\"data\":\"";

    memset(text + strlen(text), 'x', 2500);
    strcat(text, "\",\"count\":3,\"wait\":1}]}");
    fail_each_way((struct talk){.text = text});
}
END_TEST

/* Where the request ends is not known: it is refused and no more is read, but what was
 * accepted runs to its end. */
START_TEST(without_memory_to_read_with_the_input_ends)
{
    static const char next[] = "{\"op\":\"ping\"}";
    struct rig rig;

    rig_init(&rig);
    rig_open(&rig);
    rig_send(&rig, "[{\"wait\":1}]");
    alloc_faults_after(0, 1);
    alloc_faults_watch(true);
    ck_assert_uint_eq(channel_feed(rig.channel, 0, next, strlen(next)), strlen(next));
    alloc_faults_watch(false);
    alloc_faults_after(ALLOC_FAULTS_NONE, 0);
    ck_assert(channel_input_ended(rig.channel));
    rig_finish(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "out of memory for reading requests; try again later"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"event\":\"finished\""), 1);
    rig_fini(&rig);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_batch_with_everything, 1},
        {pools_arrivals_and_a_report, 1},
        {many_jobs_in_several_batches, 1},
        {names_that_are_waited_for, 1},
        {words_with_escapes, 1},
        {requests_of_every_other_kind, 1},
        {a_cancel_of_a_batch, 1},
        {a_cancel_of_a_job, 1},
        {lines_longer_than_the_room_for_them, 1},
        {without_memory_to_read_with_the_input_ends, 1},
    };
    Suite *suite = suite_create("memory");

    tcase_set_timeout(check_case(suite, "memory", NULL, NULL, tests, N(tests)), 300);
    return suite;
}
