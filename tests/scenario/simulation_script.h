/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_SIMULATION_SCRIPT_H
#define WAITD_TEST_SIMULATION_SCRIPT_H

/*
 * What a simulated client sends: random batches (random_batch.h), now and
 * then another request, one text in all.  A batch has the `id` by which it
 * can be made again, for the naive model.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/scenario/description.h"
#include "tests/scenario/random_batch.h"

/* The longest wait that is asked for. */
#define SCRIPT_MAX_WAIT_NS 20

/* Requests in a script at most, and how many digits the batch of a cancel has. */
#define SCRIPT_REQUESTS     6
#define SCRIPT_BATCH_DIGITS 10

/* Never freed with a NULL text. */
struct script {
    char *text;
    size_t len;
    uint32_t n_requests;             /* each of them gets one answer if it is read to its end */
    uint64_t seed;                   /* of its batches, together with their ids */
    size_t cancels[SCRIPT_REQUESTS]; /* where in the text they name a batch */
    uint32_t n_cancels;
};

/* tame: no cancels. */
void script_make(struct script *script, struct random_batch_source *dice, bool tame);
void script_fini(struct script *script);

/* Has the cancels behind what was sent name this batch. */
void script_aim(struct script *script, size_t sent, uint64_t batch);

/* Makes the batch of an id again.  Returns whether it is sound. */
bool script_batch(const struct script *script, uint64_t id, struct description *batch);

#endif
