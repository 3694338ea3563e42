/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_CLUSTER_SIMULATION_H
#define WAITD_TESTS_CLUSTER_SIMULATION_H

/*
 * Three nodes and a stream, simulated: the rules of a cluster (daemon/store/cluster_rules.h) with
 * seeded delays, losses, partitions, crashes, clocks that are set back and stores that are
 * rolled back.  Each node runs batches as far as the rules allow it, and what it has sent is
 * held against every cancel, read or not.
 */

#include <stdbool.h>
#include <stdint.h>

struct cluster_simulation_tally {
    uint64_t cancels, ticks, resets, partitions, crashes, lost, steps_back, rollbacks, restored,
        contradicted;
};

/* Whether all that is asserted holds for this seed; if not, what does not.  Adds to *tally. */
bool cluster_simulation_run(uint64_t seed, struct cluster_simulation_tally *tally, char fault[200]);

#endif
