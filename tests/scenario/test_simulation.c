/* SPDX-License-Identifier: ISC */

/*
 * Many clients on one virtual clock, whatever befalls them; see simulation.h.
 *
 * WAITD_TEST_SEED (default 1) is the first seed and WAITD_TEST_SEEDS (default
 * 10000) how many there are.  A seed that fails is reported, with the command that
 * runs it alone.
 */

#include "tests/support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/scenario/simulation.h"

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void print_tally(const struct simulation_tally *tally)
{
    printf("# %" PRIu64 " clients, %" PRIu64 " requests, %" PRIu64 " refused, %" PRIu64
           " lines heard\n",
           tally->clients, tally->requests, tally->refused, tally->lines);
    printf("# %" PRIu64 " batches, %" PRIu64 " finished, %" PRIu64 " unfinished, %" PRIu64
           " compared with the naive model\n",
           tally->batches, tally->finished, tally->unfinished, tally->compared);
    printf("# %" PRIu64 " resets, %" PRIu64 " half-closes, %" PRIu64
           " clients short of memory, %" PRIu64 " let go, %" PRIu64 " held back\n",
           tally->resets, tally->half_closes, tally->failed_allocations, tally->let_go,
           tally->held);
    printf("# %" PRIu64 " drains, %" PRIu64 " changes of limits, %" PRIu64
           " late requests, %" PRIu64 " cancels, work asked for too early %" PRIu64 " times\n",
           tally->drains, tally->limit_changes, tally->late, tally->cancels, tally->early);
    fflush(stdout);
}

START_TEST(whatever_befalls_clients_the_contract_holds)
{
    uint64_t first = setting("WAITD_TEST_SEED", 1), n = setting("WAITD_TEST_SEEDS", 10000);
    struct simulation_tally tally = {0};
    char fault[400];

    for (uint64_t seed = first; seed - first < n; seed++) {
        bool well = simulation_run(seed, &tally, fault);

        if (!well) {
            printf("# seed %" PRIu64 ": %s\n"
                   "# WAITD_TEST_SEED=%" PRIu64
                   " WAITD_TEST_SEEDS=1 tests/scenario/test_simulation\n",
                   seed, fault, seed);
            fflush(stdout);
        }
        ck_assert_msg(well, "WAITD_TEST_SEED=%" PRIu64 ": %s", seed, fault);
    }
    print_tally(&tally);
    if (n < 1000)
        return;
    ck_assert_uint_gt(tally.compared, n);
    ck_assert_uint_gt(tally.resets, n / 50);
    ck_assert_uint_gt(tally.failed_allocations, n / 50);
    ck_assert_uint_gt(tally.drains, n / 50);
    ck_assert_uint_gt(tally.held, n / 50);
    ck_assert_uint_gt(tally.limit_changes, n / 50);
    ck_assert_uint_gt(tally.half_closes, n / 50);
    ck_assert_uint_gt(tally.cancels, n / 50);
    ck_assert_uint_gt(tally.late, n / 50);
    ck_assert_uint_gt(tally.let_go, n / 1000);
    ck_assert_uint_gt(tally.refused, n / 50);
    ck_assert_uint_gt(tally.early, n);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {whatever_befalls_clients_the_contract_holds, 1},
    };
    Suite *suite = suite_create("simulation");

    tcase_set_timeout(check_case(suite, "simulation", NULL, NULL, tests, N(tests)), 900);
    return suite;
}
