/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_WITNESS_H
#define WAITD_TESTS_WITNESS_H

/*
 * Reads all that one client is sent and holds it against the contract,
 * whatever was asked for: every line an event, every batch accepted once and
 * finished once, one `done` a job and nothing of the job after it, counts that
 * add up, nothing reported before its time.  What it heard of each batch is kept,
 * so that it can be compared with what a model says.
 *
 * Aborts when out of memory: it serves tests alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fault.h"

#include "engine/batch.h"
#include "proto/event_reader.h"

/* Something that a batch reported of one of its jobs. */
struct witness_event {
    int64_t heard_ns;               /* when it came out, by the caller's clock */
    int64_t at_ns, due_ns, span_ns; /* span: the duration of a step, the delay of a retry */
    uint32_t job, ordinal;          /* as of struct occurrence */
    uint8_t kind, status, step_kind;
    bool has_due;
};

struct witness_batch {
    uint64_t number, id; /* id: 0 if it had none, or one that is no number */
    int64_t heard_ns;    /* when `accepted` was heard */
    uint32_t jobs, n_done;
    uint8_t *ended; /* of each job: 0, or 1 + its status */
    uint32_t counts[JOB_STATUSES];
    uint64_t n_cancelled; /* jobs that `cancelled` reported */
    struct witness_event *events;
    size_t n_events, room;
    bool finished;
    char status[16];
    int64_t elapsed_ns, predicted_ns, sequential_ns, critical_path_ns;
};

struct witness {
    struct event_reader *reader;
    struct witness_batch *batches; /* in the order of their numbers */
    size_t n_batches, room;
    char *line; /* the beginning of one that is not complete */
    size_t line_len, line_room;
    uint64_t n_lines, n_finished;
    uint64_t n_cancels;              /* `cancelled` of one job at least */
    uint64_t n_answers;              /* `accepted`, `error`, `pong`, `cancelled` and `stats` */
    uint64_t n_refused[FAULT_CODES]; /* errors, by enum fault_code */
    char diagnostic[240];            /* the first promise that was broken, else empty */
};

void witness_init(struct witness *witness);
void witness_fini(struct witness *witness);

/* Hears bytes that come out at now_ns.  Returns whether all is well so far. */
bool witness_hear(struct witness *witness, const char *bytes, size_t len, int64_t now_ns);

/* Whether every batch that was accepted has finished, and no line is half written. */
bool witness_is_settled(const struct witness *witness);

#endif
