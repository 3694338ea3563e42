/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_LOOP_RIG_H
#define WAITD_TESTS_LOOP_RIG_H

/*
 * A loop on a test bench: several clients' channels and the registry of detached batches that
 * they share, over the store in memory, with a clock that is set by hand.  The boot clock is the
 * monotonic one, and the wall clock LOOP_RIG_WALL_NS ahead of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/channel.h"
#include "daemon/session/limits.h"
#include "daemon/session/principal.h"
#include "daemon/session/registry.h"

#define LOOP_RIG_CLIENTS 4
#define LOOP_RIG_WALL_NS INT64_C(1000000000000)

struct loop_rig_client {
    struct channel *channel;
    bool is_slow; /* it does not read */
    char *out;    /* what it has read and loop_rig_line() has not given yet: a string */
    size_t at, len, room;
};

struct loop_rig {
    struct limits limits; /* to be changed before loop_rig_open() */
    struct ledger ledger;
    struct channel_env env;
    struct principal *principal; /* that all clients are */
    struct store *store;
    struct store_port port;
    bool is_woken;
    int64_t now_ns;
    size_t budget; /* of each call that works */
    /* Called around each call of the code under test, NULL for nobody: alloc_faults_watch(). */
    void (*watch)(bool watch);
    struct loop_rig_client clients[LOOP_RIG_CLIENTS];
    char line[4096];
};

/* With default limits, and then with its store and clients. */
void loop_rig_init(struct loop_rig *rig);
void loop_rig_open(struct loop_rig *rig);

/* Closes all; asserts that the shared counts are zero again. */
void loop_rig_fini(struct loop_rig *rig);

/* A client hangs up, and another takes its place. */
void loop_rig_hang_up(struct loop_rig *rig, unsigned client);

/* A client sends that; nothing is worked on yet but what the reading does by itself. */
void loop_rig_send(struct loop_rig *rig, unsigned client, const char *text);

/* Submits a detached batch of those members, works, and copies its ref from the answer. */
void loop_rig_submit(struct loop_rig *rig, unsigned client, const char *members,
                     char ref[STORED_REF_MAX + 1]);

/* Sends a query about a detached batch, with further members (or ""), and works. */
void loop_rig_query(struct loop_rig *rig, unsigned client, const char *op, const char *ref,
                    const char *more);

/* Works until nothing is due by now; at each due time up to time_ns; until nothing is due at all.
 */
void loop_rig_work(struct loop_rig *rig);
void loop_rig_advance(struct loop_rig *rig, int64_t time_ns);
void loop_rig_finish(struct loop_rig *rig);

/* The next line that the client has read, without its line feed; NULL for none. */
const char *loop_rig_line(struct loop_rig *rig, unsigned client);

/* All that is left of them, joined; the caller's to free. */
char *loop_rig_rest(struct loop_rig *rig, unsigned client);
bool loop_rig_has_read_nothing(const struct loop_rig *rig, unsigned client);

/* Drops lines up to the first of that event and returns it; fails the test if there is none. */
const char *loop_rig_until(struct loop_rig *rig, unsigned client, const char *event);

/* Copies the string member of that name from a line, "" if there is none; or a number's value. */
void loop_rig_member(const char *line, const char *name, char *out, size_t size);
double loop_rig_number(const char *line, const char *name);

/* When something is next due, INT64_MAX for never. */
int64_t loop_rig_next_due(const struct loop_rig *rig);

#endif
