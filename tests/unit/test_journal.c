/* SPDX-License-Identifier: ISC */

/* The store on disk: what it keeps from one life of the daemon to the next, and what time it is
 * there. */

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/journal_rig.h"

#define S JOURNAL_RIG_S

START_TEST(another_life_resumes_what_was_accepted)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("k", "{\"jobs\":[]}")),
                        *again;
    struct store_query *query;
    char ref[STORED_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    stored_release(batch);
    journal_rig_next_life();
    again = journal_rig_resumed(ref);
    ck_assert_int_eq(again->terms.seed, -7);
    ck_assert_int_eq(again->terms.max_wait_ns, 99 * S);
    ck_assert_int_eq(again->terms.retain_ns, 10 * S);
    ck_assert_int_eq(again->terms.accepted_ns, 100 * S);
    ck_assert_uint_eq(again->terms.jobs, 2);
    ck_assert_int_eq(again->progress.state, STORED_UNSEEN);
    query = journal_rig_about(STORE_FIND, ref);
    ck_assert_ptr_eq(query->batch, again);
    ck_assert_uint_eq(query->text->len, 11);
    ck_assert_mem_eq(query->text->bytes, "{\"jobs\":[]}", 11);
    store_query_free(query);
    query = journal_rig_find(journal_rig_submission("k", "{\"jobs\":[]}"));
    ck_assert_int_eq(query->answer, STORE_EXISTING);
    ck_assert_ptr_eq(query->batch, again);
    store_query_free(query);
    journal_rig_refused(journal_rig_find(journal_rig_submission("k", "{\"jobs\":[1]}")),
                        FAULT_CONFLICT);
    stored_release(again);
}
END_TEST

START_TEST(what_was_answered_survives_a_crash)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}")), *again;
    char ref[STORED_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    atomic_store(&journal_rig.boot_ns, 103 * S);
    store_query_free(journal_rig_cancel(batch));
    stored_release(batch);
    journal_rig_crash(SIZE_MAX);
    journal_rig_end();
    journal_rig_begin_in(journal_rig.crashed);
    again = journal_rig_resumed(ref);
    ck_assert_uint_eq(stored_n_cancels(again), 1);
    ck_assert_int_eq(stored_cancel_at(again, 0).at_ns, 3 * S);
    ck_assert(stored_cancel_at(again, 0).whole);
    stored_release(again);
}
END_TEST

START_TEST(keys_of_one_group_are_distinguished)
{
    struct store_query *first = journal_rig_submission("k", "{}"),
                       *second = journal_rig_submission("k", "{}");
    struct store_query *other = journal_rig_submission("k", "{ }");

    store_query(journal_rig.store, first);
    store_query(journal_rig.store, second);
    store_query(journal_rig.store, other);
    for (unsigned answers = 0; answers < 3;) {
        for (struct store_query *query = journal_rig_fetch(); query != NULL; query = query->next)
            answers++;
    }
    ck_assert_int_eq(first->answer, STORE_DONE);
    ck_assert_int_eq(second->answer, STORE_EXISTING);
    ck_assert_ptr_eq(second->batch, first->batch);
    journal_rig_refused(other, FAULT_CONFLICT);
    store_query_free(first);
    store_query_free(second);
}
END_TEST

START_TEST(an_end_is_kept_until_its_time_is_over)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));
    struct store_query *query;
    char ref[STORED_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    journal_rig_finish(batch, 2 * S);
    stored_release(batch);
    journal_rig_next_life();
    query = journal_rig_about(STORE_FIND, ref);
    ck_assert_int_eq(query->batch->progress.state, STORED_FINISHED);
    ck_assert_int_eq(query->batch->progress.status, BATCH_FAILED);
    ck_assert_uint_eq(query->batch->progress.last, 17);
    ck_assert_int_eq(query->batch->progress.ended_ns, 2 * S);
    store_query_free(query);
    atomic_store(&journal_rig.boot_ns, 112 * S);
    store_query_free(journal_rig_find(
        journal_rig_submission("", "{}"))); /* it is looked at with the next transaction */
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_GONE);
    journal_rig_next_life();
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_NOT_FOUND);
}
END_TEST

/* It ended while no daemon ran, and can be watched all the same, in a third life too. */
START_TEST(its_time_begins_when_its_end_is_found_out)
{
    struct stored_batch *batch;
    char ref[STORED_REF_MAX + 1];

    journal_rig_keep_ref(journal_rig_submission("", "{}"), ref);
    journal_rig_end();
    atomic_store(&journal_rig.boot_ns, 160 * S);
    journal_rig_begin();
    batch = journal_rig_resumed(ref);
    journal_rig_finish(batch, 2 * S);
    stored_release(batch);
    atomic_store(&journal_rig.boot_ns, 169 * S);
    journal_rig_done(journal_rig_about(STORE_FIND, ref));
    journal_rig_next_life();
    journal_rig_done(journal_rig_about(STORE_FIND, ref));
    atomic_store(&journal_rig.boot_ns, 170 * S);
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_GONE);
}
END_TEST

/* What is asked in the very transaction that removes a batch finds it removed. */
START_TEST(what_is_being_removed_is_gone)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("k", "{}"));
    char ref[STORED_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    journal_rig_finish(batch, 0);
    stored_release(batch);
    atomic_store(&journal_rig.boot_ns, 111 * S); /* of which nobody informs the thread */
    batch = journal_rig_keep(journal_rig_submission("k", "{\"jobs\":[{}]}"));
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_GONE);
    memcpy(ref, batch->ref, sizeof(ref));
    journal_rig_finish(batch, 0);
    stored_release(batch);
    atomic_store(&journal_rig.boot_ns, 122 * S);
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_GONE);
}
END_TEST

START_TEST(what_was_forgotten_is_so_in_another_life)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("k", "{}"));
    struct store_query *query;

    journal_rig_refused(journal_rig_about(STORE_FORGET, batch->ref), FAULT_CONFLICT);
    journal_rig_finish(batch, S);
    query = journal_rig_about(STORE_FORGET, batch->ref);
    journal_rig_done(query);
    journal_rig_refused(journal_rig_about(STORE_FORGET, batch->ref), FAULT_GONE);
    journal_rig_next_life();
    journal_rig_refused(journal_rig_about(STORE_FIND, batch->ref), FAULT_NOT_FOUND);
    stored_release(batch);
    stored_release(journal_rig_keep(journal_rig_submission("k", "{ }")));
}
END_TEST

/* What is asked in the very transaction that forgets a batch finds it gone, and its key free; the
 * one before keeps the thread busy until all of it is there. */
START_TEST(what_is_being_forgotten_is_gone)
{
    for (unsigned round = 0; round < 10; round++) {
        struct stored_batch *batch = journal_rig_keep(journal_rig_submission("k", "{}"));
        struct store_query *queries[5] = {journal_rig_submission("", "{}")};

        journal_rig_finish(batch, S);
        for (unsigned i = 1; i < 4; i++) {
            queries[i] =
                store_query_new(i == 2 ? STORE_FIND : STORE_FORGET, &journal_rig.port, NULL);
            queries[i]->requester = principal_hold(journal_rig.requester);
            memcpy(queries[i]->ref, batch->ref, sizeof(batch->ref));
        }
        queries[4] = journal_rig_submission("k", "{ }");
        for (unsigned i = 0; i < 5; i++)
            store_query(journal_rig.store, queries[i]);
        for (unsigned answers = 0; answers < 5;)
            for (struct store_query *query = journal_rig_fetch(); query != NULL;
                 query = query->next)
                answers++;
        store_query_free(queries[0]);
        journal_rig_done(queries[1]);
        journal_rig_refused(queries[2], FAULT_GONE);
        journal_rig_refused(queries[3], FAULT_GONE);
        ck_assert_int_eq(queries[4]->answer, STORE_DONE);
        journal_rig_finish(queries[4]->batch, S);
        journal_rig_done(journal_rig_about(STORE_FORGET, queries[4]->batch->ref));
        store_query_free(queries[4]);
        stored_release(batch);
    }
}
END_TEST

/* How old the batch is in a life that begins with these clocks. */
static int64_t age_after(int64_t boot, int64_t wall)
{
    struct stored_batch *batch;
    int64_t age_ns;

    journal_rig_end();
    atomic_store(&journal_rig.boot_ns, boot);
    atomic_store(&journal_rig.wall_ns, wall);
    journal_rig_begin();
    batch = journal_rig_resumed(NULL);
    age_ns = store_now(journal_rig.store, boot) - batch->terms.accepted_ns;
    stored_release(batch);
    return age_ns;
}

START_TEST(time_goes_by_the_boot_clock_and_else_by_the_wall_clock)
{
    stored_release(journal_rig_keep(journal_rig_submission("", "{}")));
    ck_assert_int_eq(age_after(107 * S, 4000 * S), 7 * S);
    /* The machine was put back from a snapshot. */
    ck_assert_int_eq(age_after(90 * S, 4000 * S), 7 * S);
    journal_rig.boot_id = "22222222-2222-2222-2222-222222222222";
    ck_assert_int_eq(age_after(3 * S, 5060 * S), 60 * S);
    journal_rig.boot_id = "33333333-3333-3333-3333-333333333333";
    ck_assert_int_eq(age_after(4 * S, 5090 * S), 90 * S);
    /* The wall clock was set back meanwhile. */
    journal_rig.boot_id = "44444444-4444-4444-4444-444444444444";
    ck_assert_int_eq(age_after(5 * S, 5010 * S), 90 * S);
}
END_TEST

START_TEST(no_cancel_falls_below_what_another_life_may_have_sent)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));
    struct store_query *query;

    stored_release(batch);
    journal_rig_next_life();
    batch = journal_rig_resumed(NULL);
    query = journal_rig_cancel(batch);
    ck_assert_int_eq(query->at_ns, S); /* the stored time and a second */
    store_query_free(query);
    stored_release(batch);
}
END_TEST

START_TEST(no_event_is_sent_that_is_due_a_second_after_the_stored_time)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));

    ck_assert_int_eq(stored_reach(batch, 50 * S), S);
    atomic_store(&journal_rig.boot_ns, 140 * S);
    stored_release(journal_rig_keep(journal_rig_submission("", "{}"))); /* stores the time */
    ck_assert_int_eq(stored_reach(batch, 50 * S), 41 * S);
    stored_release(batch);
}
END_TEST

START_TEST(a_restart_cancels_where_that_was_asked_for)
{
    struct store_query *query = journal_rig_submission("", "{}");
    struct stored_batch *batch;

    query->terms.cancel_on_restart = true;
    stored_release(journal_rig_keep(query));
    journal_rig_end();
    atomic_store(&journal_rig.boot_ns, 130 * S);
    journal_rig_begin();
    batch = journal_rig_resumed(NULL);
    ck_assert_uint_eq(stored_n_cancels(batch), 1);
    ck_assert_int_eq(stored_cancel_at(batch, 0).at_ns, 30 * S);
    stored_release(batch);
    journal_rig_next_life(); /* once is enough */
    batch = journal_rig_resumed(NULL);
    ck_assert_uint_eq(stored_n_cancels(batch), 1);
    stored_release(batch);
}
END_TEST

START_TEST(a_batch_of_another_engine_is_kept_and_not_run)
{
    struct store_query *query;
    char ref[STORED_REF_MAX + 1];

    journal_rig_keep_ref(journal_rig_submission("", "{}"), ref);
    journal_rig.engine = "2";
    journal_rig_next_life();
    query = journal_rig_about(STORE_FIND, ref);
    ck_assert_ptr_nonnull(strstr(query->message, "version 1"));
    ck_assert_ptr_nonnull(strstr(query->message, "version 2"));
    journal_rig_refused(query, FAULT_UNAVAILABLE);
    query = journal_rig_about(STORE_FORGET, ref);
    ck_assert_ptr_nonnull(strstr(query->message, "is of another engine version"));
    journal_rig_refused(query, FAULT_CONFLICT);
    query = store_query_new(STORE_LIST, &journal_rig.port, NULL);
    query->filter.most = 10;
    query = journal_rig_find(query);
    ck_assert_uint_eq(query->n_page, 1);
    ck_assert_int_eq(query->page[0]->progress.state, STORED_FOREIGN);
    store_query_free(query);
    journal_rig.engine = "1";
    journal_rig_next_life();
    stored_release(journal_rig_resumed(ref));
}
END_TEST

START_TEST(a_batch_has_its_owner_in_the_next_life)
{
    struct stored_batch *batch;
    struct store_query *query;
    char ref[STORED_REF_MAX + 1];

    journal_rig_keep_ref(journal_rig_submission("k", "{}"), ref);
    journal_rig_next_life();
    batch = journal_rig_resumed(ref);
    ck_assert_str_eq(batch->owner->name, "cert:CN=\"alice\"");
    stored_release(batch);
    query = journal_rig_find(journal_rig_submission("k", "{}"));
    ck_assert_int_eq(query->answer, STORE_EXISTING);
    store_query_free(query);
    principal_release(journal_rig.requester);
    journal_rig.requester = principal_new("local", false);
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_NOT_FOUND);
    stored_release(
        journal_rig_keep(journal_rig_submission("k", "{ }"))); /* which is another's key */
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {another_life_resumes_what_was_accepted, 1},
        {what_was_answered_survives_a_crash, 1},
        {keys_of_one_group_are_distinguished, 1},
        {an_end_is_kept_until_its_time_is_over, 1},
        {its_time_begins_when_its_end_is_found_out, 1},
        {what_is_being_removed_is_gone, 1},
        {what_was_forgotten_is_so_in_another_life, 1},
        {what_is_being_forgotten_is_gone, 1},
        {time_goes_by_the_boot_clock_and_else_by_the_wall_clock, 1},
        {no_cancel_falls_below_what_another_life_may_have_sent, 1},
        {no_event_is_sent_that_is_due_a_second_after_the_stored_time, 1},
        {a_restart_cancels_where_that_was_asked_for, 1},
        {a_batch_of_another_engine_is_kept_and_not_run, 1},
        {a_batch_has_its_owner_in_the_next_life, 1},
    };

    return check_suite("journal", journal_rig_set_up, journal_rig_tear_down, tests, N(tests));
}
