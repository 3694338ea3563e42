/* SPDX-License-Identifier: ISC */

/*
 * The stories that made waitd, on the virtual clock: what a batch is to show
 * in one look.
 */

#include "tests/support/check.h"

#include "tests/scenario/given.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

static void open_batch(void)
{
    given_open();
    given_unit_ns = SECOND;
}

START_TEST(ten_waits_of_a_second_take_one_second)
{
    description_count(given_wait(SECOND), 10);
    given_takes(SECOND);
    ck_assert_int_eq(given_story.result.sequential_ns, 10 * SECOND);
}
END_TEST

START_TEST(two_waits_of_five_seconds_take_five)
{
    description_count(given_wait(5 * SECOND), 2);
    given_takes(5 * SECOND);
    ck_assert_int_eq(given_story.result.sequential_ns, 10 * SECOND);
}
END_TEST

static void one_two_three(void)
{
    given_wait(SECOND);
    given_job();
    given_wait(3 * SECOND);
    given_batch.options.events = PLAN_EVENTS_DONE;
}

START_TEST(one_two_three_in_turn)
{
    one_two_three();
    given_batch.options.mode = PLAN_SEQUENTIAL;
    given_gives("1 #0 done ok 1\n1 #1 done ok 1\n4 #2 done ok 1\n= ok 4 of 4, chain 3\n");
}
END_TEST

START_TEST(two_one_three_together)
{
    one_two_three();
    given_gives("0 #1 done ok 1\n1 #0 done ok 1\n3 #2 done ok 1\n= ok 3 of 4, chain 3\n");
}
END_TEST

static void sums(enum plan_mode mode)
{
    given_repeat(given_wait(SECOND), 2);
    given_repeat(given_wait(SECOND), 3);
    given_batch.options.mode = mode;
}

/* Sequential and blocking alike: A's additions, then B's. */
START_TEST(two_sums_one_by_one_take_five_seconds)
{
    sums(_i == 0 ? PLAN_SEQUENTIAL : PLAN_BLOCKING);
    given_gives("0 #0 started 1\n0 #0 wait 0 for 1\n1 #0 wait 1 for 1\n2 #0 done ok 1\n"
                "2 #1 started 1\n2 #1 wait 0 for 1\n3 #1 wait 1 for 1\n4 #1 wait 2 for 1\n"
                "5 #1 done ok 1\n= ok 5 of 5, chain 3\n");
}
END_TEST

START_TEST(two_sums_together_take_three_seconds_in_turn)
{
    sums(PLAN_CONCURRENT);
    given_gives("0 #0 started 1\n0 #0 wait 0 for 1\n0 #1 started 1\n0 #1 wait 0 for 1\n"
                "1 #0 wait 1 for 1\n1 #1 wait 1 for 1\n2 #0 done ok 1\n2 #1 wait 2 for 1\n"
                "3 #1 done ok 1\n= ok 3 of 5, chain 3\n");
}
END_TEST

static void exhibition(uint32_t boards, uint32_t moves, int64_t master_ns, int64_t opponent_ns,
                       bool opponent_first)
{
    struct description_element *game = given_job();

    description_count(game, boards);
    given_repeat(game, moves);
    if (opponent_first)
        description_step(game, STEP_WAIT, opponent_ns);
    description_step(game, STEP_COMPUTE, master_ns);
    if (!opponent_first)
        description_step(game, STEP_WAIT, opponent_ns);
}

START_TEST(twelve_boards_take_705_seconds_instead_of_7800)
{
    exhibition(12, 10, 5 * SECOND, 60 * SECOND, false);
    given_takes(705 * SECOND);
    ck_assert_int_eq(given_story.result.sequential_ns, 7800 * SECOND);
    given_batch.options.mode = PLAN_SEQUENTIAL;
    given_takes(7800 * SECOND);
}
END_TEST

START_TEST(three_games_take_3_5_seconds_instead_of_9_9)
{
    exhibition(3, 3, 100 * MS, SECOND, true);
    given_takes(3500 * MS);
    given_batch.options.mode = PLAN_SEQUENTIAL;
    given_takes(9900 * MS);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {ten_waits_of_a_second_take_one_second, 1},
        {two_waits_of_five_seconds_take_five, 1},
        {one_two_three_in_turn, 1},
        {two_one_three_together, 1},
        {two_sums_one_by_one_take_five_seconds, 2},
        {two_sums_together_take_three_seconds_in_turn, 1},
        {twelve_boards_take_705_seconds_instead_of_7800, 1},
        {three_games_take_3_5_seconds_instead_of_9_9, 1},
    };

    return check_suite("stories", open_batch, given_close, tests, N(tests));
}
