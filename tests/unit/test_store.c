/* SPDX-License-Identifier: ISC */

/* What every store answers, and how loops agree with it on how far a batch may be
 * run.  The store is the one in memory; its clock is set by hand. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/gone.h"
#include "daemon/store/memory.h"
#include "tests/support/check.h"

#define S INT64_C(1000000000)

static int64_t boot_ns;
static unsigned wakes;
static struct store_port port, other_port;
static struct store *store;
static struct principal *alice, *bob, *admin;
static struct principal *requester; /* of those: in whose name is asked */

static int64_t read_clock(void *context)
{
    (void)context;
    return boot_ns;
}

static void wake(void *context)
{
    (void)context;
    wakes++;
}

static void set_up(void)
{
    static struct store_port *ports[] = {&port, &other_port};
    struct memory_config config = {.prefix = "0123456789abcdef", .now = read_clock};

    boot_ns = 100 * S;
    wakes = 0;
    port = other_port = (struct store_port){.wake = wake};
    store = memory_new(&config);
    ck_assert_ptr_nonnull(store);
    store_start(store, ports, 2);
    requester = alice = principal_new("token:alice", false);
    bob = principal_new("unix:1000", false);
    admin = principal_new("local", true);
}

static void tear_down(void)
{
    store_free(store);
    for (struct store_query *query = store_fetch(&other_port), *next; query != NULL; query = next) {
        next = query->next;
        store_query_free(query);
    }
    principal_release(alice);
    principal_release(bob);
    principal_release(admin);
}

/* Asks, and waits for that answer; notices that come before it are dropped. */
static struct store_query *ask_for(struct store_query *query)
{
    struct store_query *found = NULL, *next;

    query->requester = principal_hold(requester);
    store_query(store, query);
    for (struct store_query *at = store_fetch(&port); at != NULL; at = next) {
        next = at->next;
        if (at->kind < STORE_RESUME)
            found = at;
        else
            store_query_free(at);
    }
    ck_assert_ptr_eq(found, query);
    return found;
}

static struct store_query *submit(const char *key, const char *text)
{
    struct store_query *query = store_query_new(STORE_ACCEPT, &port, NULL);

    query->text = stored_text_new(strlen(text));
    memcpy(query->text->bytes, text, strlen(text));
    query->terms = (struct stored_terms){
        .key_len = (uint16_t)strlen(key), .jobs = 2, .retain_ns = 10 * S, .accepted_ns = boot_ns};
    memcpy(query->terms.key, key, strlen(key));
    return ask_for(query);
}

static struct store_query *about(enum store_kind kind, const char *ref)
{
    struct store_query *query = store_query_new(kind, &port, NULL);

    snprintf(query->ref, sizeof(query->ref), "%s", ref);
    return ask_for(query);
}

static struct stored_batch *stored(const char *key, const char *text)
{
    struct store_query *query = submit(key, text);
    struct stored_batch *batch = stored_hold(query->batch);

    ck_assert_int_eq(query->answer, STORE_DONE);
    store_query_free(query);
    return batch;
}

static void finish(struct stored_batch *batch, int64_t ended_ns)
{
    struct store_query *query = store_query_new(STORE_END, &port, NULL);

    query->batch = stored_hold(batch);
    atomic_store(&batch->progress.ended_ns, ended_ns);
    atomic_store(&batch->progress.state, STORED_FINISHED);
    store_query_free(ask_for(query));
}

static void refused(struct store_query *query, enum fault_code code)
{
    ck_assert_int_eq(query->answer, STORE_REFUSED);
    ck_assert_str_eq(fault_code_name(query->code), fault_code_name(code));
    ck_assert_uint_gt(strlen(query->message), 0);
    store_query_free(query);
}

START_TEST(what_is_accepted_is_found_with_its_text)
{
    struct stored_batch *batch = stored("", "{\"jobs\":[]}");
    struct store_query *query;

    ck_assert_uint_le(strlen(batch->ref), STORED_REF_MAX);
    ck_assert_uint_eq(strspn(batch->ref, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                      strlen(batch->ref));
    query = about(STORE_FIND, batch->ref);
    ck_assert_int_eq(query->answer, STORE_DONE);
    ck_assert_ptr_eq(query->batch, batch);
    ck_assert_uint_eq(query->text->len, 11);
    ck_assert_mem_eq(query->text->bytes, "{\"jobs\":[]}", 11);
    store_query_free(query);
    refused(about(STORE_FIND, "nobody"), FAULT_NOT_FOUND);
    ck_assert_uint_gt(wakes, 0);
    stored_release(batch);
}
END_TEST

START_TEST(a_key_binds_one_request)
{
    struct stored_batch *batch = stored("k", "{\"jobs\":[]}"), *third;
    struct store_query *query = submit("k", "{\"jobs\":[]}");

    ck_assert_int_eq(query->answer, STORE_EXISTING);
    ck_assert_ptr_eq(query->batch, batch);
    store_query_free(query);
    refused(submit("k", "{\"jobs\":[{}]}"), FAULT_CONFLICT);
    refused(submit("k", "{\"jobs\":[} "), FAULT_CONFLICT);
    third = stored("K", "{\"jobs\":[]}");
    ck_assert_str_ne(third->ref, batch->ref);
    stored_release(third);
    stored_release(batch);
}
END_TEST

START_TEST(what_has_ended_is_removed_when_its_time_is_over)
{
    struct stored_batch *batch = stored("k", "{}"), *again;

    boot_ns += 2 * S;
    finish(batch, 2 * S);
    boot_ns = 100 * S + 12 * S - 1;
    store_query_free(about(STORE_FIND, batch->ref));
    boot_ns++;
    refused(about(STORE_FIND, batch->ref), FAULT_GONE);
    ck_assert_uint_eq(atomic_load(&store->n_kept), 0);
    ck_assert_uint_eq(atomic_load(&store->n_bytes), 0);
    again = stored("k", "{\"jobs\":[{}]}"); /* the key is free */
    ck_assert_str_ne(again->ref, batch->ref);
    stored_release(again);
    stored_release(batch);
}
END_TEST

/* It ended while nobody ran it, and can be watched all the same. */
START_TEST(its_time_begins_when_its_end_is_found_out)
{
    struct stored_batch *batch = stored("k", "{}");

    boot_ns += 60 * S;
    finish(batch, 2 * S);
    boot_ns += 10 * S - 1;
    store_query_free(about(STORE_FIND, batch->ref));
    boot_ns++;
    refused(about(STORE_FIND, batch->ref), FAULT_GONE);
    stored_release(batch);
}
END_TEST

START_TEST(what_runs_is_not_forgotten)
{
    struct stored_batch *batch = stored("k", "{}");

    refused(about(STORE_FORGET, batch->ref), FAULT_CONFLICT);
    finish(batch, 0);
    store_query_free(about(STORE_FORGET, batch->ref));
    refused(about(STORE_FORGET, batch->ref), FAULT_GONE);
    refused(about(STORE_FORGET, "x"), FAULT_NOT_FOUND);
    finish(batch, 0); /* an end that comes too late is none */
    ck_assert_uint_eq(atomic_load(&store->n_kept), 0);
    stored_release(batch);
}
END_TEST

START_TEST(no_more_is_kept_than_the_limits_allow)
{
    struct stored_batch *batch;

    atomic_store(&store->max_kept, 1);
    atomic_store(&store->max_bytes, 10);
    refused(submit("", "{\"jobs\":[]}"), FAULT_OVERLOADED);
    batch = stored("", "{\"a\":1000}");
    refused(submit("", "{}"), FAULT_OVERLOADED);
    finish(batch, 0);
    stored_release(batch);
    boot_ns += 10 * S;
    stored_release(stored("", "{\"a\":1000}"));
}
END_TEST

static struct store_query *list(struct store_filter filter)
{
    struct store_query *query = store_query_new(STORE_LIST, &port, NULL);

    query->filter = filter;
    return ask_for(query);
}

START_TEST(batches_are_listed_by_pages_in_either_order)
{
    struct stored_batch *batches[200];
    struct store_filter filter = {.most = STORE_PAGE_MAX};
    struct store_query *page;
    unsigned n = 0;

    for (unsigned i = 0; i < 200; i++)
        batches[i] = stored("", "{}");
    for (unsigned i = 0; i < 200; i++)
        if (i % 3 != 0) { /* most of them leave holes behind */
            finish(batches[i], 0);
            store_query_free(about(STORE_FORGET, batches[i]->ref));
        }
    do {
        page = list(filter);
        for (uint32_t i = 0; i < page->n_page; i++, n += 3)
            ck_assert_ptr_eq(page->page[i], batches[n]);
        filter.after_order = page->next_order;
        filter.most = page->more ? 64 : 0;
        store_query_free(page);
    } while (filter.most > 0);
    ck_assert_uint_eq(n, 201);
    filter = (struct store_filter){.most = 2, .newest_first = true};
    snprintf(filter.after, sizeof(filter.after), "%s", batches[6]->ref);
    page = list(filter);
    ck_assert_uint_eq(page->n_page, 2);
    ck_assert(!page->more);
    ck_assert_ptr_eq(page->page[0], batches[3]);
    ck_assert_ptr_eq(page->page[1], batches[0]);
    store_query_free(page);
    for (unsigned i = 0; i < 200; i++)
        stored_release(batches[i]);
}
END_TEST

START_TEST(a_list_is_narrowed_by_state_and_ref)
{
    struct stored_batch *first = stored("", "{}"), *second = stored("", "{}");
    struct store_filter by_ref = {.most = 9}, unknown = {.most = 9, .after = "unknown"};
    struct store_query *page;

    finish(first, 0);
    page = list((struct store_filter){.most = 9, .has_state = true, .state = STORED_RUNNING});
    ck_assert_uint_eq(page->n_page, 1);
    ck_assert_ptr_eq(page->page[0], second);
    store_query_free(page);
    snprintf(by_ref.ref, sizeof(by_ref.ref), "%s", first->ref);
    page = list(by_ref);
    ck_assert_uint_eq(page->n_page, 1);
    store_query_free(page);
    by_ref.after_order = first->order;
    page = list(by_ref);
    ck_assert_uint_eq(page->n_page, 0);
    store_query_free(page);
    refused(list(unknown), FAULT_NOT_FOUND);
    stored_release(first);
    stored_release(second);
}
END_TEST

/* Both answers are the same to the letter, but for the ref that was asked for. */
static void same_as_unknown(struct store_query *got, struct store_query *unknown)
{
    ck_assert_int_eq(got->answer, STORE_REFUSED);
    ck_assert_int_eq(got->code, unknown->code);
    ck_assert_str_eq(got->message, unknown->message);
    store_query_free(got);
    store_query_free(unknown);
}

START_TEST(nobody_learns_of_the_batches_of_others)
{
    struct stored_batch *batch = stored("k", "{}");
    struct store_filter filter = {.most = 9}, unknown = {.most = 9, .after = "unknown"};
    struct store_query *page;

    requester = bob;
    same_as_unknown(about(STORE_FIND, batch->ref), about(STORE_FIND, "unknown"));
    same_as_unknown(about(STORE_FORGET, batch->ref), about(STORE_FORGET, "unknown"));
    page = list(filter);
    ck_assert_uint_eq(page->n_page, 0);
    ck_assert(!page->more);
    store_query_free(page);
    memcpy(filter.ref, batch->ref, sizeof(filter.ref));
    page = list(filter);
    ck_assert_int_eq(page->answer, STORE_DONE);
    ck_assert_uint_eq(page->n_page, 0);
    store_query_free(page);
    filter = (struct store_filter){.most = 9};
    memcpy(filter.after, batch->ref, sizeof(filter.after));
    same_as_unknown(list(filter), list(unknown));
    requester = alice;
    finish(batch, 0);
    store_query_free(about(STORE_FORGET, batch->ref));
    requester = bob;
    same_as_unknown(about(STORE_FIND, batch->ref), about(STORE_FIND, "unknown"));
    requester = alice;
    refused(about(STORE_FIND, batch->ref), FAULT_GONE);
    stored_release(batch);
}
END_TEST

static struct stored_batch *kept_by_bob(const char *key, const char *text)
{
    requester = bob;
    return stored(key, text);
}

START_TEST(keys_of_one_owner_are_none_of_anothers)
{
    struct stored_batch *first = stored("k", "{}"), *second = kept_by_bob("k", "{\"jobs\":[]}");
    struct store_query *query;

    ck_assert_str_ne(first->ref, second->ref);
    ck_assert_str_eq(second->owner->name, "unix:1000");
    requester = admin; /* whose keys are its own, too */
    query = submit("k", "{}");
    ck_assert_int_eq(query->answer, STORE_DONE);
    ck_assert_ptr_ne(query->batch, first);
    store_query_free(query);
    requester = alice;
    query = submit("k", "{}");
    ck_assert_int_eq(query->answer, STORE_EXISTING);
    ck_assert_ptr_eq(query->batch, first);
    store_query_free(query);
    stored_release(first);
    stored_release(second);
}
END_TEST

START_TEST(administrators_see_what_others_have)
{
    struct stored_batch *first = stored("k", "{}"), *second = kept_by_bob("", "{}");
    struct store_query *query;

    requester = admin;
    query = list((struct store_filter){.most = 9});
    ck_assert_uint_eq(query->n_page, 2);
    ck_assert_ptr_eq(query->page[0], first);
    ck_assert_ptr_eq(query->page[1], second);
    store_query_free(query);
    query = about(STORE_FIND, second->ref);
    ck_assert_ptr_eq(query->batch, second);
    store_query_free(query);
    finish(first, 0);
    query = about(STORE_FORGET, first->ref);
    ck_assert_int_eq(query->answer, STORE_DONE);
    store_query_free(query);
    refused(about(STORE_FIND, first->ref), FAULT_GONE);
    stored_release(first);
    stored_release(second);
}
END_TEST

/* However many of others lie in between, one answer looks at some of them alone. */
START_TEST(a_list_passes_the_batches_of_others_in_pages)
{
    struct store_filter filter = {.most = STORE_PAGE_MAX};
    struct stored_batch *first = stored("", "{}"), *last;
    unsigned found = 0, pages = 0;
    struct store_query *page;

    requester = bob;
    for (int i = 0; i < 10000; i++)
        stored_release(stored("", "{}"));
    requester = alice;
    last = stored("", "{}");
    do {
        page = list(filter);
        for (uint32_t i = 0; i < page->n_page; i++)
            ck_assert_ptr_eq(page->page[i], found++ == 0 ? first : last);
        filter.after_order = page->next_order;
        filter.most = page->more ? STORE_PAGE_MAX : 0;
        store_query_free(page);
    } while (++pages < 100 && filter.most > 0);
    ck_assert_uint_eq(found, 2);
    ck_assert_uint_gt(pages, 1);
    stored_release(first);
    stored_release(last);
}
END_TEST

START_TEST(a_cancel_falls_no_earlier_than_what_was_run)
{
    struct stored_batch *batch = stored("", "{}");
    struct store_query *query = store_query_new(STORE_CANCEL, &port, NULL);

    ck_assert_int_eq(stored_reach(batch, 7), 7);
    ck_assert_int_eq(stored_reach(batch, 5), 5);
    query->batch = stored_hold(batch);
    query->job = 1;
    query = ask_for(query);
    ck_assert_int_eq(query->answer, STORE_DONE);
    ck_assert_uint_eq(stored_n_cancels(batch), 1);
    ck_assert_int_eq(stored_cancel_at(batch, query->place).at_ns, 7);
    ck_assert(!stored_cancel_at(batch, query->place).whole);
    ck_assert_uint_eq(stored_cancel_at(batch, query->place).job, 1);
    store_query_free(query);
    query = store_fetch(&other_port); /* the other loop is informed too */
    ck_assert_ptr_nonnull(query);
    ck_assert_int_eq(query->kind, STORE_CANCELLED);
    ck_assert_ptr_eq(query->batch, batch);
    store_query_free(query);
    stored_release(batch);
}
END_TEST

START_TEST(nobody_runs_beyond_a_cancel_that_is_being_made_safe)
{
    struct stored_batch *batch = stored("", "{}");
    struct stored_cancel cancel = {.whole = true};

    ck_assert_int_eq(stored_freeze(batch, 10), 10);
    ck_assert_int_eq(stored_reach(batch, 9), 9);
    ck_assert_int_eq(stored_reach(batch, 11), 10);
    cancel.at_ns = stored_freeze(batch, 20); /* a second one, further on */
    ck_assert_int_eq(cancel.at_ns, 20);
    ck_assert_int_eq(stored_freeze(batch, 15), 20); /* never before another */
    ck_assert_int_eq(stored_reach(batch, 30), 10);
    ck_assert_uint_eq(stored_settle(batch, NULL), UINT32_MAX); /* the first did not fall */
    ck_assert_int_eq(stored_reach(batch, 30), 10);
    ck_assert_uint_eq(stored_settle(batch, &cancel), 0);
    ck_assert_int_eq(stored_reach(batch, 30), 10);
    ck_assert_uint_eq(stored_settle(batch, &cancel), 1);
    ck_assert_int_eq(stored_freeze(batch, 12), 20);
    (void)stored_settle(batch, NULL);
    ck_assert_int_eq(stored_reach(batch, 30), 30);
    stored_release(batch);
}
END_TEST

START_TEST(the_horizon_holds_all_batches)
{
    struct stored_batch *batch = stored("", "{}");

    atomic_store(&store->horizon_ns, 100 * S + 5);
    ck_assert_int_eq(stored_reach(batch, 30), 5);
    atomic_store(&store->horizon_ns, 100 * S - 5);
    ck_assert_int_lt(stored_reach(batch, 30), 0);
    ck_assert_int_eq(stored_freeze(batch, 1), 5); /* it was run up to there */
    stored_release(batch);
}
END_TEST

START_TEST(only_the_newest_of_those_gone_are_remembered)
{
    struct gone gone = {0};
    char ref[32];

    for (int i = 0; i < 300; i++) {
        snprintf(ref, sizeof(ref), "r-%d", i);
        gone_add(&gone, ref, alice, 100);
    }
    ck_assert_ptr_null(gone_owner(&gone, "r-199"));
    ck_assert_ptr_eq(gone_owner(&gone, "r-200"), alice);
    ck_assert_ptr_eq(gone_owner(&gone, "r-299"), alice);
    gone_fini(&gone);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {what_is_accepted_is_found_with_its_text, 1},
        {a_key_binds_one_request, 1},
        {what_has_ended_is_removed_when_its_time_is_over, 1},
        {its_time_begins_when_its_end_is_found_out, 1},
        {what_runs_is_not_forgotten, 1},
        {no_more_is_kept_than_the_limits_allow, 1},
        {batches_are_listed_by_pages_in_either_order, 1},
        {a_list_is_narrowed_by_state_and_ref, 1},
        {nobody_learns_of_the_batches_of_others, 1},
        {keys_of_one_owner_are_none_of_anothers, 1},
        {administrators_see_what_others_have, 1},
        {a_list_passes_the_batches_of_others_in_pages, 1},
        {a_cancel_falls_no_earlier_than_what_was_run, 1},
        {nobody_runs_beyond_a_cancel_that_is_being_made_safe, 1},
        {the_horizon_holds_all_batches, 1},
        {only_the_newest_of_those_gone_are_remembered, 1},
    };

    return check_suite("store", set_up, tear_down, tests, N(tests));
}
