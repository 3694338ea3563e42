/* SPDX-License-Identifier: ISC */

/*
 * The store of a cluster as it is, on servers and by a clock that are simulated: what takes minutes
 * and what real servers do seldom.  Each test plays the loops, which ask the store, and the
 * daemon's end of batches.
 */

#include "tests/support/check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/store/cluster.h"
#include "proto/duration.h"
#include "tests/scenario/cluster_servers.h"

#define SECOND_NS     INT64_C(1000000000)
#define MINUTE_NS     (60 * SECOND_NS)
#define GRACE_NS      SECOND_NS
#define RETAIN_NS     (2 * SECOND_NS)
#define GUARD_SECONDS 50
#define NODES         2

/* A node: its store, and the one loop that asks it. */
struct node {
    struct store *store;
    struct store_port port, *ports[1];
    struct store_query *others; /* what was posted besides the answer that was waited for */
    unsigned discarded;         /* DISCARD and SUSPEND */
};

static struct node nodes[NODES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static unsigned n_woken;
static int64_t retain_ns; /* of what is submitted */

static void wake(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    n_woken++;
    pthread_cond_broadcast(&woken);
    pthread_mutex_unlock(&lock);
}

/* ---- Nodes ------------------------------------------------------------------ */

static void start_node(struct node *node, const char *name)
{
    static const char *const urls[] = {"nats://127.0.0.1:4222"};
    struct cluster_config config = {
        .urls = urls,
        .n_urls = 1,
        .name = "waitd",
        .node = name,
        .engine = "1",
        .grace_ns = GRACE_NS,
        .boot_clock = cluster_servers_boot_clock,
        .wall_clock = cluster_servers_wall_clock,
        .draw = cluster_servers_draw,
    };
    char error[256];

    *node = (struct node){.port = {.wake = wake}};
    node->ports[0] = &node->port;
    node->store = cluster_open(&config, error, sizeof(error));
    ck_assert_ptr_nonnull(node->store);
    store_start(node->store, node->ports, 1);
}

static void begin(void)
{
    retain_ns = RETAIN_NS;
    cluster_servers_begin();
    start_node(&nodes[0], "a");
    start_node(&nodes[1], "b");
}

static void stop_node(struct node *node)
{
    struct store_query *next;

    store_free(node->store);
    for (struct store_query *at = store_fetch(&node->port); at != NULL; at = next) {
        next = at->next;
        store_query_free(at);
    }
}

static void end(void)
{
    for (int i = 0; i < NODES; i++)
        stop_node(&nodes[i]);
    cluster_servers_end();
}

/* ---- Asking ----------------------------------------------------------------- */

static struct store_query *question(struct node *node, enum store_kind kind)
{
    struct store_query *query = store_query_new(kind, &node->port, NULL);

    ck_assert_ptr_nonnull(query);
    query->requester = principal_new("local", false);
    return query;
}

/* What came from the store on its own account. */
static void notice(struct node *node, struct store_query *query)
{
    if (query->kind == STORE_DISCARD || query->kind == STORE_SUSPEND)
        node->discarded++;
    store_query_free(query);
}

/* Whether the answer is there. */
static bool has_come(struct node *node, const struct store_query *wanted)
{
    struct store_query *next;
    bool found = false;

    for (struct store_query *at = store_fetch(&node->port); at != NULL; at = next) {
        next = at->next;
        if (at == wanted)
            found = true;
        else
            notice(node, at);
    }
    return found;
}

/* Waits for what wakes a loop, or a moment: a guard ends the test if nothing comes at all. */
static void wait_a_moment(const struct timespec *guard)
{
    struct timespec until, now;

    clock_gettime(CLOCK_REALTIME, &now);
    ck_assert_msg(now.tv_sec < guard->tv_sec, "nothing has come for %d s", GUARD_SECONDS);
    until = now;
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= SECOND_NS) {
        until.tv_sec++;
        until.tv_nsec -= SECOND_NS;
    }
    pthread_mutex_lock(&lock);
    if (n_woken == 0)
        (void)pthread_cond_timedwait(&woken, &lock, &until);
    n_woken = 0;
    pthread_mutex_unlock(&lock);
}

static struct timespec guard_from_now(void)
{
    struct timespec guard;

    clock_gettime(CLOCK_REALTIME, &guard);
    guard.tv_sec += GUARD_SECONDS;
    return guard;
}

static struct store_query *wait_for(struct node *node, struct store_query *query)
{
    struct timespec guard = guard_from_now();

    while (!has_come(node, query))
        wait_a_moment(&guard);
    return query;
}

static struct store_query *answered(struct node *node, struct store_query *query)
{
    store_query(node->store, query);
    return wait_for(node, query);
}

/* All that has been received until now is handled, and what was due is done. */
static void settle(struct node *node)
{
    for (int i = 0; i < 2; i++) {
        struct store_query *query = question(node, STORE_LIST);

        query->filter.most = 1;
        store_query_free(answered(node, query));
    }
}

#define eventually(condition)                                                                      \
    do {                                                                                           \
        struct timespec guard_of_it = guard_from_now();                                            \
        while (!(condition))                                                                       \
            wait_a_moment(&guard_of_it);                                                           \
    } while (false)

/* Time passes, in steps that are short for a node that puts ticks. */
static void pass(int64_t ns)
{
    for (int64_t step; ns > 0; ns -= step) {
        step = ns < 30 * SECOND_NS ? ns : 30 * SECOND_NS;
        cluster_servers_advance(step);
        for (int i = 0; i < NODES; i++)
            settle(&nodes[i]);
    }
}

static struct store_query *submission(struct node *node, const char *key, const char *text)
{
    struct store_query *query = question(node, STORE_ACCEPT);

    query->terms.key_len = (uint16_t)strlen(key);
    memcpy(query->terms.key, key, query->terms.key_len);
    query->terms.jobs = 1;
    query->terms.retain_ns = retain_ns;
    query->terms.max_wait_ns = MINUTE_NS;
    query->text = stored_text_new(strlen(text));
    ck_assert_ptr_nonnull(query->text);
    memcpy(query->text->bytes, text, query->text->len);
    return query;
}

/* The batch, held. */
static struct stored_batch *submit(struct node *node, const char *key, const char *text)
{
    struct store_query *query = answered(node, submission(node, key, text));
    struct stored_batch *batch;

    ck_assert_msg(query->answer == STORE_DONE, "%s", query->message);
    batch = stored_hold(query->batch);
    store_query_free(query);
    return batch;
}

/* The batch as that node has it, held; NULL if it is not there. */
static struct stored_batch *find(struct node *node, const char *ref)
{
    struct store_query *query = question(node, STORE_FIND);
    struct stored_batch *batch = NULL;

    memcpy(query->ref, ref, strlen(ref) + 1);
    query = answered(node, query);
    if (query->answer == STORE_DONE)
        batch = stored_hold(query->batch);
    store_query_free(query);
    return batch;
}

static void cancel(struct node *node, struct stored_batch *batch)
{
    struct store_query *query = question(node, STORE_CANCEL);

    query->batch = stored_hold(batch);
    query->whole = true;
    query = answered(node, query);
    ck_assert_msg(query->answer == STORE_DONE, "%s", query->message);
    store_query_free(query);
}

/* What a loop does when a batch has ended there: after a second, by its schedule. */
static void finish(struct node *node, struct stored_batch *batch)
{
    struct store_query *query = question(node, STORE_END);

    atomic_store(&batch->progress.ended_ns, SECOND_NS);
    atomic_store(&batch->progress.state, STORED_FINISHED);
    query->batch = stored_hold(batch);
    store_query_free(answered(node, query));
}

static struct store_query *forgetting(struct node *node, const char *ref)
{
    struct store_query *query = question(node, STORE_FORGET);

    memcpy(query->ref, ref, strlen(ref) + 1);
    return query;
}

static uint64_t sequence_of(const struct stored_batch *batch)
{
    return strtoull(batch->ref, NULL, 10);
}

/* ---- Removal ---------------------------------------------------------------- */

START_TEST(what_is_over_is_removed_ten_minutes_later)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}");
    uint64_t first, removed[8];

    cancel(&nodes[0], batch);
    first = cluster_servers_find(".out.");
    cancel(&nodes[0], batch);
    finish(&nodes[0], batch);
    pass(SECOND_NS + RETAIN_NS + SECOND_NS / 2);
    ck_assert_ptr_null(find(&nodes[0], batch->ref));
    pass(10 * MINUTE_NS - SECOND_NS);
    ck_assert(cluster_servers_has(sequence_of(batch)));
    ck_assert_uint_eq(cluster_servers_removals(removed, 8), 0);
    pass(2 * SECOND_NS);
    eventually(cluster_servers_removals(removed, 8) == 3);
    ck_assert_uint_eq(removed[0], sequence_of(batch)); /* the request first */
    ck_assert_uint_eq(removed[1], first);
    ck_assert_uint_gt(removed[2], first);
    ck_assert_uint_eq(cluster_servers_count("req") + cluster_servers_count("out"), 0);
    stored_release(batch);
}
END_TEST

START_TEST(what_is_forgotten_is_removed_with_its_message)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}");

    cancel(&nodes[0], batch);
    finish(&nodes[0], batch);
    store_query_free(answered(&nodes[0], forgetting(&nodes[0], batch->ref)));
    ck_assert_uint_ne(cluster_servers_find(".forget"), 0);
    pass(10 * MINUTE_NS - SECOND_NS);
    ck_assert_uint_eq(cluster_servers_count("out"), 2);
    pass(2 * SECOND_NS);
    eventually(cluster_servers_count("req") + cluster_servers_count("out") == 0);
    stored_release(batch);
}
END_TEST

/* Another node has forgotten it, which this one has not read: its own message is refused. */
START_TEST(a_second_forget_is_refused_and_that_is_success)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}"), *other;
    struct store_query *first, *second;

    other = find(&nodes[1], batch->ref);
    finish(&nodes[0], batch);
    finish(&nodes[1], other);
    cluster_servers_set_faults((struct cluster_servers_faults){.keeps_back = true});
    first = answered(&nodes[1], forgetting(&nodes[1], batch->ref));
    ck_assert_msg(first->answer == STORE_DONE, "%s", first->message);
    second = answered(&nodes[0], forgetting(&nodes[0], batch->ref));
    ck_assert_msg(second->answer == STORE_DONE, "%s", second->message);
    ck_assert_uint_eq(cluster_servers_count("out"), 1);
    cluster_servers_set_faults((struct cluster_servers_faults){.keeps_back = false});
    for (int i = 0; i < NODES; i++)
        ck_assert_ptr_null(find(&nodes[i], batch->ref));
    store_query_free(first);
    store_query_free(second);
    stored_release(other);
    stored_release(batch);
}
END_TEST

START_TEST(what_could_not_be_removed_is_removed_later)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}");

    finish(&nodes[0], batch);
    pass(SECOND_NS + RETAIN_NS + SECOND_NS / 2);
    cluster_servers_set_faults((struct cluster_servers_faults){.removes_nothing = true});
    pass(10 * MINUTE_NS + SECOND_NS);
    cluster_servers_set_faults((struct cluster_servers_faults){.removes_nothing = false});
    ck_assert(cluster_servers_has(sequence_of(batch)));
    pass(2 * MINUTE_NS);
    eventually(!cluster_servers_has(sequence_of(batch)));
    stored_release(batch);
}
END_TEST

/* A node has died between removing a request and its cancels. */
START_TEST(what_happened_to_a_batch_that_is_removed_goes_too)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}");

    cancel(&nodes[0], batch);
    cluster_servers_take_out(sequence_of(batch));
    stored_release(batch);
    stop_node(&nodes[0]);
    stop_node(&nodes[1]);
    start_node(&nodes[0], "c");
    start_node(&nodes[1], "d");
    pass(10 * MINUTE_NS - SECOND_NS);
    ck_assert_uint_eq(cluster_servers_count("out"), 1);
    pass(2 * MINUTE_NS);
    eventually(cluster_servers_count("out") == 0);
}
END_TEST

/* ---- Keys ------------------------------------------------------------------- */

START_TEST(a_freed_key_is_taken_by_the_old_sequence)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}"), *next;
    const char *expected;

    finish(&nodes[0], batch);
    pass(SECOND_NS + RETAIN_NS + SECOND_NS / 2);
    ck_assert(cluster_servers_has(sequence_of(batch)));
    next = submit(&nodes[0], "k", "{\"other\":1}");
    expected = cluster_servers_header(sequence_of(next), "Nats-Expected-Last-Subject-Sequence");
    ck_assert_uint_eq(strtoull(expected, NULL, 10), sequence_of(batch));
    ck_assert_ptr_null(find(&nodes[1], batch->ref));
    stored_release(next);
    stored_release(batch);
}
END_TEST

/* ---- Reading anew ----------------------------------------------------------- */

START_TEST(without_ticks_for_five_minutes_all_is_read_from_the_front)
{
    struct stored_batch *batch, *again;

    retain_ns = 60 * MINUTE_NS;
    batch = submit(&nodes[0], "k", "{}");
    settle(&nodes[0]);
    cluster_servers_set_faults((struct cluster_servers_faults){.loses_what_is_published = true});
    for (int64_t past = 0; past < 5 * MINUTE_NS - SECOND_NS; past += SECOND_NS) {
        cluster_servers_advance(SECOND_NS);
        (void)has_come(&nodes[0], NULL);
    }
    ck_assert_uint_eq(nodes[0].discarded, 0);
    cluster_servers_advance(3 * SECOND_NS);
    eventually((has_come(&nodes[0], NULL), nodes[0].discarded > 0));
    ck_assert_uint_eq(cluster_servers_read_from(), 1);
    cluster_servers_set_faults((struct cluster_servers_faults){.loses_what_is_published = false});
    cluster_servers_advance(SECOND_NS); /* for another tick */
    again = find(&nodes[0], batch->ref);
    ck_assert_ptr_nonnull(again);
    stored_release(again);
    stored_release(batch);
}
END_TEST

/* It stood still: the ticks that it reads when it goes on do not count. */
START_TEST(one_that_stood_still_for_five_minutes_reads_from_the_front)
{
    struct stored_batch *batch, *again;

    retain_ns = 60 * MINUTE_NS;
    batch = submit(&nodes[0], "k", "{}");
    settle(&nodes[0]);
    cluster_servers_set_faults((struct cluster_servers_faults){.keeps_back = true});
    for (int i = 0; i < 8; i++) {
        cluster_servers_advance(MINUTE_NS / 2);
        settle(&nodes[1]);
    }
    (void)has_come(&nodes[0], NULL);
    ck_assert_uint_eq(nodes[0].discarded, 0);
    cluster_servers_resume(2 * MINUTE_NS);
    eventually((has_come(&nodes[0], NULL), nodes[0].discarded > 0));
    again = find(&nodes[0], batch->ref);
    ck_assert_ptr_nonnull(again);
    stored_release(again);
    stored_release(batch);
}
END_TEST

/* ---- Putting back ----------------------------------------------------------- */

/* A batch that is watched at node 0 and has a cancel, all of which the servers lose. */
START_TEST(what_the_servers_have_lost_is_put_back)
{
    uint64_t before = cluster_servers_last();
    struct stored_batch *batch = submit(&nodes[0], "k", "{}"), *again;
    struct timespec guard = guard_from_now();

    cancel(&nodes[0], batch);
    cluster_servers_set_up(false);
    cluster_servers_roll_back(before);
    cluster_servers_set_up(true);
    eventually(cluster_servers_find(".req.") != 0);
    while ((again = find(&nodes[0], batch->ref)) == NULL)
        wait_a_moment(&guard);
    ck_assert_uint_eq(stored_n_cancels(again), 1);
    ck_assert_int_eq(stored_cancel_at(again, 0).at_ns, stored_cancel_at(batch, 0).at_ns);
    ck_assert_ptr_nonnull(cluster_servers_header(cluster_servers_find(".req."), "Waitd-Was"));
    ck_assert_ptr_nonnull(cluster_servers_header(cluster_servers_find(".out."), "Waitd-Was"));
    stored_release(again);
    stored_release(batch);
}
END_TEST

/* Its headers grow by then. */
START_TEST(the_largest_request_that_is_taken_can_be_put_back)
{
    uint64_t before = cluster_servers_last();
    char text[1200] = "";
    struct store_query *query = NULL;
    struct stored_batch *again;
    struct timespec guard = guard_from_now();

    retain_ns = 60 * MINUTE_NS;
    cluster_servers_set_faults((struct cluster_servers_faults){.max_payload = sizeof(text)});
    for (size_t len = sizeof(text) - 1; query == NULL; len--) {
        memset(text, ' ', len);
        text[len] = '\0';
        query = answered(&nodes[0], submission(&nodes[0], "k", text));
        if (query->answer == STORE_DONE)
            break;
        ck_assert_int_eq(query->code, FAULT_TOO_LARGE);
        store_query_free(query);
        query = NULL;
    }
    cluster_servers_set_up(false);
    cluster_servers_roll_back(before);
    cluster_servers_set_up(true);
    eventually(cluster_servers_find(".req.") != 0);
    while ((again = find(&nodes[0], query->batch->ref)) == NULL)
        wait_a_moment(&guard);
    ck_assert_ptr_nonnull(cluster_servers_header(cluster_servers_find(".req."), "Waitd-Was"));
    stored_release(again);
    store_query_free(query);
}
END_TEST

/* The old request of a freed key is removed just before its sequence is expected. */
START_TEST(a_freed_key_whose_request_goes_meanwhile_is_taken)
{
    struct stored_batch *batch = submit(&nodes[0], "k", "{}"), *next;

    finish(&nodes[0], batch);
    pass(SECOND_NS + RETAIN_NS + SECOND_NS / 2);
    cluster_servers_remove_when_met();
    next = submit(&nodes[0], "k", "{\"other\":1}");
    ck_assert(!cluster_servers_has(sequence_of(batch)));
    stored_release(next);
    stored_release(batch);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {what_is_over_is_removed_ten_minutes_later, 1},
        {what_is_forgotten_is_removed_with_its_message, 1},
        {a_second_forget_is_refused_and_that_is_success, 1},
        {what_could_not_be_removed_is_removed_later, 1},
        {what_happened_to_a_batch_that_is_removed_goes_too, 1},
        {a_freed_key_is_taken_by_the_old_sequence, 1},
        {without_ticks_for_five_minutes_all_is_read_from_the_front, 1},
        {one_that_stood_still_for_five_minutes_reads_from_the_front, 1},
        {what_the_servers_have_lost_is_put_back, 1},
        {the_largest_request_that_is_taken_can_be_put_back, 1},
        {a_freed_key_whose_request_goes_meanwhile_is_taken, 1},
    };

    return check_suite("cluster_store", begin, end, tests, N(tests));
}
