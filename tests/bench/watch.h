/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_WATCH_H
#define WAITD_BENCH_WATCH_H

/*
 * Watches one batch at a time from its sending to its `finished`, and holds
 * the server to what was asked for: `accepted` first and once, each job `done`
 * once, by its name, `ok`, not before its wait has passed (neither by the
 * server's clock nor by ours), `finished` last and once, with counts that
 * agree.  A server that fails in any of this ends the program with status 1
 * and a line that says how, for its figures are worth nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/histogram.h"
#include "tests/bench/work.h"

enum watch_state { WATCH_IDLE, WATCH_SENT, WATCH_ACCEPTED };

struct watch {
    const char *group; /* whose it is, for diagnostics */
    uint32_t connection;
    enum watch_state state;
    const struct work *work;
    int64_t *arrived_ns; /* of each job's `done`; 0: not yet */
    uint32_t done;
    int64_t batch;    /* the number that the server gave it, or gave the last one */
    int64_t begun_ns; /* before its first byte was sent */
    int64_t sent_ns;  /* before its last byte was sent */
    int64_t zero_ns;  /* when it was accepted, as closely as can be measured: see watch_judge() */
};

/* Ends the program when out of memory. */
void watch_init(struct watch *watch, const char *group, uint32_t connection,
                const struct work *work);
void watch_fini(struct watch *watch);

/* A batch is about to be sent. */
void watch_begin(struct watch *watch, int64_t now_ns);

enum watch_outcome { WATCH_NOTHING, WATCH_WAS_ACCEPTED, WATCH_WAS_FINISHED };

/* A line, without its line feed, that arrived at now_ns. */
enum watch_outcome watch_hear(struct watch *watch, const char *line, size_t len, int64_t now_ns);

/*
 * Adds how late each job of a finished batch was; to be called once, before
 * the next one begins.
 *
 *   late   beyond its wait since the batch was accepted.  That instant is the
 *          earliest that any line of the batch allows: the arrival of
 *          `accepted`, or the arrival of a `done` less the `at` that it says.
 *          The server's clock is thus not relied on for any job's lateness,
 *          nor is its slowness to accept held against every job.
 *   reply  beyond its wait since the last of the request was sent: all that a
 *          client waits for.
 */
void watch_judge(struct watch *watch, struct histogram *late, struct histogram *reply);

/* Ends the program with status 1. */
void watch_fault(const struct watch *watch, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
