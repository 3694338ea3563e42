/* SPDX-License-Identifier: ISC */

/* What a channel reserves of the daemon's quotas and of its own share, and releases. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/rig.h"

#define S INT64_C(1000000000)

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

/* ---- Jobs and batches ----------------------------------------------------------- */

START_TEST(pending_jobs_are_limited_in_all_the_daemon)
{
    rig_fini(&rig);
    rig_init(&rig);
    rig.limits.max_pending = 10;
    rig_open(&rig);
    rig_send(&rig, "[{\"wait\":1,\"count\":8}]");
    rig_send(&rig, "{\"jobs\":[{\"wait\":1,\"count\":3}],\"id\":5}");
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"id\":5"), 1);
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 8);
    rig_send(&rig, "[{\"wait\":1,\"count\":2}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
    rig_finish(&rig);
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 0);
}
END_TEST

START_TEST(a_connection_has_a_share_of_the_pending_jobs)
{
    struct channel *other = channel_new(&rig.env, NULL);
    static const char text[] = "[{\"wait\":1,\"count\":9}]";

    rig.limits.max_pending = 18;
    rig.limits.max_pending_per_connection = 10;
    rig_send(&rig, "[{\"wait\":1,\"count\":8}]");
    rig_send(&rig, "{\"jobs\":[{\"wait\":1,\"count\":3}],\"id\":5}");
    ck_assert_uint_eq(rig_count(&rig, "at most 10 pending jobs (max-pending-per-connection)"), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"id\":5"), 1);
    ck_assert_ptr_nonnull(other);
    ck_assert_uint_eq(channel_feed(other, 0, text, strlen(text)), strlen(text));
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 17);
    rig_send(&rig, "[{\"wait\":1,\"count\":2}]");
    ck_assert_uint_eq(rig_count(&rig, "(max-pending)"), 1);
    channel_free(other);
    rig_send(&rig, "[{\"wait\":1,\"count\":2}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
    rig_finish(&rig);
    rig_send(&rig, "[{\"wait\":1,\"count\":10}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 3);
}
END_TEST

/* Those of the next request: the one in progress keeps what it began with. */
START_TEST(limits_that_change_are_those_of_the_next_request)
{
    rig_send(&rig, "[{},{},");
    rig.limits.max_jobs = 2;
    channel_limits_changed(rig.channel);
    rig_send(&rig, "{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 1);
    rig_send(&rig, "[{},{},{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"too_large\""), 1);
    rig.limits.max_jobs = 3;
    channel_limits_changed(rig.channel);
    rig_send(&rig, "[{},{},{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
}
END_TEST

START_TEST(batches_running_on_a_connection_are_limited)
{
    rig.limits.max_batches = 2;
    rig_send(&rig, "[{\"wait\":1}][{\"wait\":2}]{\"id\":7,\"jobs\":[{}]}");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "\"id\":7"), 1);
    rig_advance(&rig, 1 * S);
    rig_send(&rig, "[{}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 3);
}
END_TEST

START_TEST(jobs_count_while_they_are_read_and_no_longer)
{
    rig_send(&rig, "[{\"count\":7},{}");
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 8);
    rig_send(&rig, ",{\"wait\":\"x\"}]");
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 0);
}
END_TEST

/* ---- Text ------------------------------------------------------------------------ */

/* Jobs with a name of `len` bytes each; the caller's to free. */
static char *wordy(unsigned jobs, size_t len)
{
    char *text = calloc(1, jobs * (len + 40) + 40), *at = text;

    ck_assert_ptr_nonnull(text);
    for (unsigned i = 0; i < jobs; i++) {
        at += sprintf(at, "%s{\"wait\":1,\"name\":\"", i == 0 ? "[" : ",");
        memset(at, 'n', len);
        at = stpcpy(at + len, "\"}");
    }
    strcpy(at, "]");
    return text;
}

/* A request with an `id` of `len` bytes, then `rest`; the caller's to free. */
static char *identified(size_t len, const char *rest)
{
    char *text = malloc(len + strlen(rest) + 20);

    ck_assert_ptr_nonnull(text);
    strcpy(text, "{\"id\":\"");
    memset(text + 7, 'i', len);
    stpcpy(stpcpy(text + 7 + len, "\","), rest);
    return text;
}

/* Gives text to the channel in pieces, and takes no output. */
static void send_and_not_read(const char *text)
{
    for (size_t left = strlen(text), n; left > 0 && channel_wants_input(rig.channel); left -= n) {
        n = channel_feed(rig.channel, rig.now_ns, text, left < 1000 ? left : 1000);
        text += n;
    }
}

START_TEST(the_text_of_requests_is_limited)
{
    char *text = wordy(10, 1000);

    rig.limits.max_text = 25000;
    rig_send(&rig, text);
    ck_assert_uint_gt(atomic_load(&rig.ledger.text), 10000);
    ck_assert_uint_lt(atomic_load(&rig.ledger.text), 12000);
    rig_send(&rig, text);
    rig_send(&rig, text);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "at most 25000 bytes at a time in all (max-text)"), 1);
    rig.limits.max_text_per_connection = 25000;
    rig.limits.max_text = 0;
    rig_send(&rig, text);
    ck_assert_uint_eq(rig_count(&rig, "(max-text-per-connection)"), 1);
    rig_send(&rig, "{\"op\":\"ping\"}");
    ck_assert_uint_eq(rig_count(&rig, "\"pong\""), 1);
    rig_finish(&rig); /* and what has ended makes room */
    ck_assert_uint_eq(atomic_load(&rig.ledger.text), 0);
    rig_send(&rig, text);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 3);
    free(text);
}
END_TEST

/* A small one takes a kilobyte however little there is to say of it. */
START_TEST(batches_count_as_text)
{
    rig.limits.max_text = 10 * 1100;
    for (int i = 0; i < 11; i++)
        rig_send(&rig, "[{\"wait\":1}]");
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 10);
    ck_assert_uint_eq(rig_count(&rig, "(max-text)"), 1);
}
END_TEST

START_TEST(the_id_of_a_batch_is_text)
{
    char *text = identified(20000, "\"jobs\":[{\"wait\":1}]}");

    rig.limits.max_text = 50000;
    rig_send(&rig, text);
    ck_assert_uint_gt(atomic_load(&rig.ledger.text), 20000);
    rig_send(&rig, text);
    rig_send(&rig, text);
    ck_assert_uint_eq(rig_count(&rig, "\"accepted\""), 2);
    ck_assert_uint_eq(rig_count(&rig, "\"overloaded\""), 1);
    rig_finish(&rig);
    ck_assert_uint_eq(atomic_load(&rig.ledger.text), 0);
    free(text);
}
END_TEST

/* What is answered is refused, to start with; then cancelled. */
START_TEST(an_id_is_text_until_its_answer_is_taken)
{
    static const char *const requests[] = {"\"jobs\":7}",
                                           "\"op\":\"ping\"}",
                                           "\"op\":\"cancel\",\"batch\":1}",
                                           "\"op\":\"cancel\",\"batch\":1,\"job\":0}",
                                           "\"op\":\"stats\"}",
                                           "]"};
    char *text = identified(50000, requests[_i]);
    uint64_t before;

    rig_send(&rig, "[{\"wait\":1},{\"wait\":1}]");
    before = atomic_load(&rig.ledger.text);
    send_and_not_read(text);
    ck_assert_uint_gt(atomic_load(&rig.ledger.text), before + 49000);
    rig_render(&rig);
    ck_assert_uint_le(atomic_load(&rig.ledger.text), before);
    free(text);
}
END_TEST

START_TEST(text_counts_while_it_is_read)
{
    char *text = wordy(100, 1000);

    rig.limits.max_text = 20000;
    rig_send_pieces(&rig, text, 15000, 500);
    ck_assert_uint_gt(atomic_load(&rig.ledger.text), 12000);
    rig_send_pieces(&rig, text + 15000, 35000, 500);
    ck_assert_uint_eq(atomic_load(&rig.ledger.text), 0); /* it is refused, and let go */
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 0);
    ck_assert_uint_eq(rig_count(&rig, "error"), 0);
    rig_send_pieces(&rig, text + 50000, strlen(text + 50000), 500);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    rig_send(&rig, "{\"op\":\"ping\"}");
    ck_assert_uint_eq(rig_count(&rig, "\"pong\""), 1);
    free(text);
}
END_TEST

START_TEST(one_word_that_is_too_long_to_keep_ends_the_input)
{
    char *text = wordy(1, 50000);

    rig.limits.max_text_per_connection = 20000;
    rig_send(&rig, "[{\"wait\":1}]\"");
    rig_send_pieces(&rig, text + 30, 40000, 500);
    ck_assert_uint_eq(rig_count(&rig, "\"code\":\"overloaded\""), 1);
    ck_assert_uint_eq(rig_count(&rig, "(max-text-per-connection)"), 1);
    ck_assert(channel_input_ended(rig.channel));
    ck_assert_uint_lt(atomic_load(&rig.ledger.text), 4096);
    rig_finish(&rig);
    ck_assert_uint_eq(rig_count(&rig, "\"finished\""), 1);
    ck_assert(channel_is_drained(rig.channel));
    free(text);
}
END_TEST

START_TEST(a_request_that_was_late_is_let_go)
{
    char *text = wordy(10, 1000);

    rig.limits.request_timeout_ns = 5 * S;
    rig_send(&rig, "[{\"wait\":99}]");
    rig_send_pieces(&rig, text, 9000, 500);
    ck_assert_uint_gt(atomic_load(&rig.ledger.text), 8000);
    channel_refuse_late(rig.channel);
    ck_assert_uint_lt(atomic_load(&rig.ledger.text), 2000);
    ck_assert_uint_eq(atomic_load(&rig.ledger.pending), 1);
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {pending_jobs_are_limited_in_all_the_daemon, 1},
        {a_connection_has_a_share_of_the_pending_jobs, 1},
        {limits_that_change_are_those_of_the_next_request, 1},
        {batches_running_on_a_connection_are_limited, 1},
        {jobs_count_while_they_are_read_and_no_longer, 1},
        {the_text_of_requests_is_limited, 1},
        {batches_count_as_text, 1},
        {the_id_of_a_batch_is_text, 1},
        {an_id_is_text_until_its_answer_is_taken, 6},
        {text_counts_while_it_is_read, 1},
        {one_word_that_is_too_long_to_keep_ends_the_input, 1},
        {a_request_that_was_late_is_let_go, 1},
    };

    return check_suite("quotas", set_up, tear_down, tests, N(tests));
}
