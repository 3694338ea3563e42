/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_RIG_H
#define WAITD_TESTS_RIG_H

/*
 * A channel on a test bench: everything that a channel shares with others, a
 * clock that is set by hand, and what came out.  For scripted conversations
 * that need no socket and no sleep.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/session/ledger.h"
#include "daemon/session/channel.h"
#include "daemon/session/limits.h"
#include "daemon/session/stats.h"

struct rig {
    struct limits limits;
    struct ledger ledger;
    struct channel_env env;
    struct channel *channel;
    int64_t now_ns;
    char *out; /* all output so far, a string */
    size_t out_len, out_size;
};

/* The default limits; and the statistics of one loop, as a channel asks for them. */
extern const struct limits rig_limits;
void rig_sum(const struct channel_env *env, int64_t now_ns, struct event_stats *stats);

/* Sets up everything with the default limits; change rig->limits before rig_open(). */
void rig_init(struct rig *rig);
void rig_open(struct rig *rig);

/* Closes the channel and frees all; asserts that the shared counts are zero again. */
void rig_fini(struct rig *rig);

/* Gives text to the channel, in pieces of `piece` bytes, working and rendering
 * in between as a driver does. */
void rig_send(struct rig *rig, const char *text);
void rig_send_pieces(struct rig *rig, const char *text, size_t len, size_t piece);
void rig_end_input(struct rig *rig);

/* Runs what is due up to time_ns, stopping at each due time on the way. */
void rig_advance(struct rig *rig, int64_t time_ns);

/* Runs until nothing is due any more. */
void rig_finish(struct rig *rig);

/* Takes the output that there is now. */
void rig_render(struct rig *rig);

/* Asserts that what came out since the last call is just this. */
void rig_expect(struct rig *rig, const char *text);

/* How often `needle` stands in the output so far. */
size_t rig_count(const struct rig *rig, const char *needle);

#endif
