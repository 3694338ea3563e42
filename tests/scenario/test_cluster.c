/* SPDX-License-Identifier: ISC */

/*
 * The rules of a cluster, whatever befalls its nodes; see cluster_simulation.h.
 *
 * WAITD_TEST_SEED (default 1) is the first seed and WAITD_TEST_SEEDS (default 10000) how many
 * there are.  A seed that fails is printed.
 */

#include "tests/support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/scenario/cluster_simulation.h"

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

START_TEST(whatever_befalls_nodes_nothing_is_contradicted)
{
    uint64_t first = setting("WAITD_TEST_SEED", 1), n = setting("WAITD_TEST_SEEDS", 10000);
    struct cluster_simulation_tally tally = {0};
    char fault[200];

    for (uint64_t seed = first; seed - first < n; seed++)
        ck_assert_msg(cluster_simulation_run(seed, &tally, fault),
                      "WAITD_TEST_SEED=%" PRIu64 ": %s", seed, fault);
    printf("# %" PRIu64 " cancels, %" PRIu64 " ticks, %" PRIu64 " lost, %" PRIu64
           " resets, %" PRIu64 " partitions, %" PRIu64 " crashes\n",
           tally.cancels, tally.ticks, tally.lost, tally.resets, tally.partitions, tally.crashes);
    printf("# %" PRIu64 " clocks set back, %" PRIu64 " contradictions seen, %" PRIu64
           " rollbacks, %" PRIu64 " cancels put back\n",
           tally.steps_back, tally.contradicted, tally.rollbacks, tally.restored);
    fflush(stdout);
    if (n >= 100) { /* each fault has been met */
        ck_assert_uint_gt(tally.contradicted, 0);
        ck_assert_uint_gt(tally.restored, 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {whatever_befalls_nodes_nothing_is_contradicted, 1},
    };
    Suite *suite = suite_create("cluster");

    tcase_set_timeout(check_case(suite, "cluster", NULL, NULL, tests, N(tests)), 120);
    return suite;
}
