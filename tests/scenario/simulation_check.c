/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include "proto/fault.h"
#include "tests/scenario/naive.h"
#include "tests/scenario/simulation_internal.h"
#include "tests/support/alloc_faults.h"

static bool same_event(const struct witness_event *heard, const struct occurrence *occurred,
                       bool is_virtual)
{
    bool is_step = occurred->kind == OCCURRED_STEP, is_retry = occurred->kind == OCCURRED_RETRY;
    uint32_t ordinal = occurred->ordinal;

    /* `attempts` is reported when it is above 1 */
    if (occurred->kind == OCCURRED_DONE && ordinal == 0)
        ordinal = 1;
    return heard->kind == occurred->kind && heard->job == occurred->job &&
           heard->ordinal == ordinal &&
           (!(is_step || is_retry) || heard->span_ns == occurred->span_ns) &&
           (!is_step || heard->step_kind == occurred->step_kind) &&
           (is_step || occurred->kind == OCCURRED_STARTED || heard->status == occurred->status) &&
           heard->at_ns >= occurred->due_ns && (!is_virtual || heard->at_ns == occurred->due_ns) &&
           (!heard->has_due || occurred->kind != OCCURRED_DONE ||
            heard->due_ns == occurred->due_ns);
}

/* A batch that nothing interfered with, against the naive model. */
static bool compare(struct world *world, const struct description *batch,
                    const struct witness_batch *heard)
{
    struct naive_outcome outcome;
    bool is_virtual = batch->options.clock == PLAN_CLOCK_VIRTUAL;
    bool is_silent = batch->options.events == PLAN_EVENTS_NONE;
    bool same;

    naive_run(batch, NULL, 0, &outcome);
    same = heard->n_events == (is_silent ? 0 : outcome.n_out) &&
           memcmp(heard->counts, outcome.result.counts, sizeof(heard->counts)) == 0 &&
           strcmp(heard->status, event_batch_status_name(outcome.result.status)) == 0 &&
           heard->predicted_ns == outcome.result.predicted_ns &&
           heard->sequential_ns == outcome.result.sequential_ns &&
           heard->critical_path_ns == outcome.result.critical_path_ns &&
           heard->elapsed_ns >= heard->predicted_ns &&
           (!is_virtual || heard->elapsed_ns == heard->predicted_ns);
    for (size_t i = 0; same && i < heard->n_events; i++) {
        int64_t waited_ns = heard->events[i].heard_ns - world->accepted_ns[heard->number];

        same = same_event(&heard->events[i], &outcome.out[i], is_virtual) &&
               (is_virtual || heard->events[i].at_ns <= waited_ns);
    }
    naive_outcome_fini(&outcome);
    world->tally->compared++;
    return same ||
           simulation_fail(world, "batch %" PRIu64 " reported other things than the naive model",
                           heard->number);
}

static void check_batches(struct world *world, struct client *client)
{
    const struct witness *witness = &client->witness;

    world->tally->batches += witness->n_batches;
    world->tally->finished += witness->n_finished;
    for (size_t i = 0; i < witness->n_batches; i++) {
        const struct witness_batch *heard = &witness->batches[i];
        struct description batch;

        if (!heard->finished || world->cancelled_all)
            continue;
        if (!script_batch(&client->script, heard->id, &batch))
            simulation_fail(world, "batch %" PRIu64 " was accepted and is not sound",
                            heard->number);
        else if (heard->n_cancelled == 0)
            compare(world, &batch, heard);
        else if (batch.options.until == PLAN_UNTIL_ALL &&
                 heard->counts[JOB_CANCELLED] != heard->n_cancelled)
            simulation_fail(world,
                            "of batch %" PRIu64 " more jobs were cancelled than was reported",
                            heard->number);
    }
}

/* Of a client that came to its end, or could have: what it must have been sent. */
static void check_answers(struct world *world, struct client *client)
{
    const struct witness *witness = &client->witness;
    uint64_t refused = 0;

    for (int code = FAULT_NONE; code < FAULT_CODES; code++)
        refused += witness->n_refused[code];
    world->tally->refused += refused;
    world->tally->cancels += witness->n_cancels;
    world->tally->lines += witness->n_lines;
    world->tally->unfinished += witness->n_batches - witness->n_finished;
    if (client->was_reset)
        return;
    if (!witness_is_settled(witness) && !client->starved)
        simulation_fail(world, "a client was let go with a batch unfinished");
    if (!witness_is_settled(witness))
        world->tally->let_go++;
    if (client->tame && !world->cancelled_all &&
        witness->n_refused[FAULT_BAD_JSON] + witness->n_refused[FAULT_TOO_LARGE] == 0 &&
        witness->n_answers != client->script.n_requests)
        simulation_fail(world, "%" PRIu64 " answers to %u requests", witness->n_answers,
                        client->script.n_requests);
    if (client->tame && !client->cut && witness->n_refused[FAULT_BAD_JSON] > 0)
        simulation_fail(world, "a sound request was not read");
}

void simulation_check_client(struct world *world, struct client *client)
{
    check_answers(world, client);
    check_batches(world, client);
}

void simulation_check_counts(struct world *world, long live)
{
    struct event_stats sum = {0};
    uint64_t ended = 0, lines = 0;

    simulation_snapshot(world, world->now_ns, &sum);
    for (int status = 0; status < JOB_STATUSES; status++)
        ended += sum.ended[status];
    for (uint32_t i = 0; i < world->n_clients; i++)
        lines += world->clients[i].witness.n_lines;
    if (sum.pending != 0 || sum.batches != 0)
        simulation_fail(world,
                        "%" PRIu64 " jobs pending and %" PRIu64 " batches running at the end",
                        sum.pending, sum.batches);
    if (atomic_load(&world->ledger.text) != 0)
        simulation_fail(world, "%" PRIu64 " bytes of text taken at the end",
                        atomic_load(&world->ledger.text));
    if (sum.accepted != ended)
        simulation_fail(world, "%" PRIu64 " jobs accepted and %" PRIu64 " ended", sum.accepted,
                        ended);
    if (sum.events < lines)
        simulation_fail(world, "%" PRIu64 " events counted and %" PRIu64 " heard", sum.events,
                        lines);
    if (alloc_faults_live() != live)
        simulation_fail(world, "%ld blocks of memory left", alloc_faults_live() - live);
}
