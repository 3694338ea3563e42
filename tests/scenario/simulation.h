/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_SIMULATION_H
#define WAITD_TEST_SIMULATION_H

/*
 * A daemon's worth of clients on one virtual clock.  From one seed come the
 * clients, what they ask for and all that befalls them: input in random
 * pieces, output into random rooms, stalls, half-closes, resets, cancels,
 * allocations that fail, limits that change, a drain.  The channels are those
 * of the daemon and share one ledger, on two loops with counts of their own.
 *
 * What every client is sent is held against the contract (witness.h).  A
 * batch that nothing interfered with must have reported what the naive model
 * says, in that order, nothing before it was due.  When all is over the
 * counts are zero, what was accepted has ended, and no memory is left.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a simulation met with; added up over many. */
struct simulation_tally {
    uint64_t clients, requests, batches, compared, finished, resets, half_closes, cancels;
    uint64_t failed_allocations, let_go, drains, limit_changes, held, refused, lines, unfinished,
        late;
    uint64_t early; /* work asked for before it was due */
};

/* Runs the simulation of a seed and adds to *tally.  Returns whether all was
 * well; if not, fault says what was not. */
bool simulation_run(uint64_t seed, struct simulation_tally *tally, char fault[400]);

#endif
