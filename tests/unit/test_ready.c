/* SPDX-License-Identifier: ISC */

/* The rule of the ready queue: those that are due get every other slice at least, first come,
 * first served; of the others each is served once before any is served twice, in order of class,
 * and of coming within a class. */

#include "daemon/net/ready.h"

#include <stdbool.h>
#include <string.h>

#include "tests/support/check.h"

#define MANY 8

static struct ready_queue queue;
static struct ready_link links[MANY];

static void set_up(void)
{
    memset(&queue, 0, sizeof(queue));
    memset(links, 0, sizeof(links));
}

static int next(void)
{
    struct ready_link *link = ready_next(&queue);

    return link != NULL ? (int)(link - links) : -1;
}

/* The next to be served are these, and '.' is the end of a round. */
static void are_served(const char *order)
{
    for (; *order != '\0'; order++)
        ck_assert_int_eq(next(), *order == '.' ? -1 : *order - '0');
}

static void add_all(enum ready_class reason)
{
    for (int i = 0; i < MANY; i++)
        ready_add(&queue, &links[i], reason);
}

START_TEST(first_come_first_served)
{
    are_served("..");
    ready_add(&queue, &links[3], READY_WOKEN);
    ready_add(&queue, &links[1], READY_WOKEN);
    ready_add(&queue, &links[3], READY_WOKEN);
    ck_assert_uint_eq(ready_count(&queue), 2);
    are_served("31..");
}
END_TEST

START_TEST(the_due_and_the_woken_take_turns_and_go_before_the_unfinished)
{
    ready_add(&queue, &links[0], READY_UNFINISHED);
    ready_add(&queue, &links[1], READY_WOKEN);
    ready_add(&queue, &links[2], READY_DUE);
    ready_add(&queue, &links[3], READY_UNFINISHED);
    ready_add(&queue, &links[4], READY_WOKEN);
    ready_add(&queue, &links[5], READY_DUE);
    ready_add(&queue, &links[6], READY_DUE);
    ready_add(&queue, &links[7], READY_DUE);
    are_served("21546703.");
}
END_TEST

/* Or all who were due at first would wait for two others each, and some be served twice. */
START_TEST(the_due_are_served_in_the_order_of_coming)
{
    add_all(READY_DUE);
    are_served("012");
    ready_add(&queue, &links[1], READY_DUE);
    ready_add(&queue, &links[0], READY_DUE);
    are_served("34567.10.");
}
END_TEST

START_TEST(whoever_becomes_due_meanwhile_goes_between_the_unfinished)
{
    for (int i = 0; i < 4; i++)
        ready_add(&queue, &links[i], READY_UNFINISHED);
    are_served("0");
    for (int i = 4; i < MANY; i++)
        ready_add(&queue, &links[i], READY_DUE);
    are_served("41526");
    ready_add(&queue, &links[4], READY_DUE);
    are_served("37.4.");
}
END_TEST

START_TEST(a_better_reason_moves_up_and_a_worse_one_changes_nothing)
{
    static const char *const orders[] = {"01234567.", "10234567.", "20134567.", "70123456."};
    static const int moved[] = {0, 1, 2, 7};

    add_all(READY_UNFINISHED);
    ready_add(&queue, &links[moved[_i]], READY_DUE);
    ready_add(&queue, &links[moved[_i]], READY_WOKEN);
    ready_add(&queue, &links[moved[_i]], READY_DUE);
    ck_assert_uint_eq(ready_count(&queue), MANY);
    are_served(orders[_i]);
}
END_TEST

START_TEST(who_was_served_waits_for_the_next_round)
{
    add_all(READY_WOKEN);
    are_served("01");
    ready_add(&queue, &links[0], READY_UNFINISHED);
    ready_add(&queue, &links[1], READY_UNFINISHED);
    ready_add(&queue, &links[0], READY_WOKEN);
    are_served("234567.01.");
}
END_TEST

START_TEST(the_due_who_were_served_get_every_other_slice)
{
    add_all(READY_WOKEN);
    are_served("012");
    ready_add(&queue, &links[0], READY_UNFINISHED);
    ready_add(&queue, &links[1], READY_DUE);
    ready_add(&queue, &links[2], READY_DUE);
    are_served("13");
    ready_add(&queue, &links[1], READY_DUE);
    are_served("2415");
    ready_add(&queue, &links[2], READY_DUE);
    are_served("26");
    ready_add(&queue, &links[3], READY_DUE);
    are_served("37.0.");
}
END_TEST

START_TEST(a_round_is_over_though_some_are_due_again)
{
    ready_add(&queue, &links[0], READY_DUE);
    are_served("0");
    ready_add(&queue, &links[0], READY_DUE);
    are_served(".0");
    ready_add(&queue, &links[0], READY_DUE);
    are_served(".0..");
}
END_TEST

START_TEST(who_becomes_ready_joins_the_round_in_progress)
{
    ready_add(&queue, &links[0], READY_UNFINISHED);
    ready_add(&queue, &links[1], READY_UNFINISHED);
    are_served("0");
    ready_add(&queue, &links[0], READY_DUE);
    ready_add(&queue, &links[2], READY_WOKEN);
    are_served("021..");
}
END_TEST

START_TEST(one_that_is_removed_is_not_served)
{
    add_all(READY_DUE);
    are_served("0");
    ready_add(&queue, &links[0], READY_DUE);
    ready_remove(&queue, &links[0]);
    ready_remove(&queue, &links[0]);
    ready_remove(&queue, &links[1]);
    ready_remove(&queue, &links[7]);
    ready_remove(&queue, &links[4]);
    ck_assert_uint_eq(ready_count(&queue), 4);
    are_served("2356..");
}
END_TEST

/* ---- The rule, whatever happens ------------------------------------------- */

/* What is known of each, beside the queue. */
struct known {
    bool ready, served; /* served: in this round */
    enum ready_class reason;
    unsigned waited; /* for how many slices of others, since it became ready, or due */
};
static struct known known[MANY];
static bool last_was_due;

static unsigned draw(uint64_t *state, unsigned n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % n;
}

static bool is_due(const struct known *one)
{
    return one->ready && one->reason == READY_DUE;
}

static void add_known(int i, enum ready_class reason)
{
    struct known *one = &known[i];

    if (!one->ready || (reason == READY_DUE && !is_due(one)))
        one->waited = 0;
    if (!one->ready || reason < one->reason)
        one->reason = reason;
    one->ready = true;
    ready_add(&queue, &links[i], reason);
}

/* One that is due goes before nobody who has been due for longer, and after one more at most
 * of the others than of these. */
static void check_due_slice(const struct known *one)
{
    ck_assert_uint_le(one->waited, 2 * (MANY - 1) + 1);
    for (int other = 0; other < MANY; other++)
        if (is_due(&known[other]))
            ck_assert_uint_le(known[other].waited, one->waited);
        else if (known[other].ready && known[other].reason == READY_WOKEN && !known[other].served)
            ck_assert(!last_was_due);
}

static void check_other_slice(const struct known *one)
{
    ck_assert(!one->served);
    ck_assert_uint_le(one->waited, 4 * (MANY - 1) + 2);
    for (int other = 0; other < MANY; other++) {
        ck_assert(!is_due(&known[other]) || last_was_due);
        if (known[other].ready && !known[other].served)
            ck_assert_int_ge(known[other].reason,
                             known[other].reason == READY_DUE ? READY_DUE : one->reason);
    }
}

static void check_slice(int i)
{
    struct known *one = &known[i];

    ck_assert(one->ready);
    if (one->reason == READY_DUE)
        check_due_slice(one);
    else
        check_other_slice(one);
    last_was_due = one->reason == READY_DUE;
    for (int other = 0; other < MANY; other++)
        known[other].waited++;
    one->ready = false;
    one->served = true;
}

static void check_end_of_round(void)
{
    for (int i = 0; i < MANY; i++) {
        ck_assert(!known[i].ready || known[i].served || is_due(&known[i]));
        known[i].served = false;
    }
    last_was_due = false;
}

/* Each is always ready, of the kind of its number, or becomes ready at random. */
START_TEST(the_rule_holds_whatever_becomes_ready)
{
    uint64_t state = (uint64_t)_i;

    memset(known, 0, sizeof(known));
    last_was_due = false;
    for (int step = 0; step < 20000; step++) {
        int i;

        if (draw(&state, 3) == 0)
            add_known((int)draw(&state, MANY), (enum ready_class)draw(&state, READY_CLASSES));
        i = next();
        if (i < 0) {
            check_end_of_round();
            continue;
        }
        check_slice(i);
        if (i < 6 || draw(&state, 2))
            add_known(i, (enum ready_class)(i % READY_CLASSES));
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {first_come_first_served, 1},
        {the_due_and_the_woken_take_turns_and_go_before_the_unfinished, 1},
        {the_due_are_served_in_the_order_of_coming, 1},
        {whoever_becomes_due_meanwhile_goes_between_the_unfinished, 1},
        {a_better_reason_moves_up_and_a_worse_one_changes_nothing, 4},
        {who_was_served_waits_for_the_next_round, 1},
        {the_due_who_were_served_get_every_other_slice, 1},
        {a_round_is_over_though_some_are_due_again, 1},
        {who_becomes_ready_joins_the_round_in_progress, 1},
        {one_that_is_removed_is_not_served, 1},
        {the_rule_holds_whatever_becomes_ready, 8},
    };

    return check_suite("ready", set_up, NULL, tests, N(tests));
}
