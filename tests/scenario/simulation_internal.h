/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_SIMULATION_INTERNAL_H
#define WAITD_TEST_SIMULATION_INTERNAL_H

/*
 * A simulation, shared by the files that make it up:
 *
 *     simulation.c         clients, their driver, and what befalls them
 *     simulation_check.c   what must be true of them at the end
 *     simulation_script.c  what a client sends
 */

#include "daemon/session/channel.h"
#include "daemon/session/stats.h"
#include "tests/scenario/random_batch.h"
#include "tests/scenario/simulation.h"
#include "tests/scenario/simulation_script.h"
#include "tests/support/witness.h"

#define LOOPS 2

struct client {
    struct channel *channel; /* NULL once it is gone */
    struct script script;
    size_t sent;
    uint64_t running; /* batches, by the channel events, */
    uint64_t newest;  /* and the last that was accepted, which is what it cancels */
    struct witness witness;
    int64_t stalled_until_ns; /* nobody reads */
    bool tame;                /* nothing befalls it but time, pieces and rooms */
    bool starved;             /* an allocation of its has failed */
    bool ended;               /* the driver said that no input comes */
    bool cut;                 /* input ended before all of the script was sent */
    bool was_reset;
};

/* All of it, on one virtual clock. */
struct world {
    struct limits limits;
    struct ledger ledger;
    struct channel_env env[LOOPS];
    struct random_batch_source dice;
    struct client *clients;
    uint32_t n_clients, n_open;
    uint32_t haste; /* percent of the steps with nothing to do in which time passes */
    int64_t now_ns;
    bool stopping, cancelled_all;
    int64_t *accepted_ns; /* of each batch, by its number */
    uint64_t n_accepted, room;
    uint64_t pending, text; /* what was taken after the call before */
    struct simulation_tally *tally;
    char *fault;
};

/* Writes the first thing that is not as it must be.  Always false. */
bool simulation_fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The statistics of all loops, as a channel asks for them. */
void simulation_snapshot(void *context, int64_t now_ns, struct event_stats *stats);

/* Of a client that came to its end, or could have: holds what it was sent against its script and
 * the naive model. */
void simulation_check_client(struct world *world, struct client *client);

/* Holds the counts of a world without clients against zero.  live: blocks of memory before it. */
void simulation_check_counts(struct world *world, long live);

#endif
