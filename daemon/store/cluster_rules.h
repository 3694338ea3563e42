/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CLUSTER_RULES_H
#define WAITD_CLUSTER_RULES_H

/*
 * What the nodes of a cluster agree on without owning anything: up to which instant the outside
 * is known, when a cancel falls, what time it is, and whether the stream is still the one that
 * was read before.  Each node reads one stream, in its order; that a message follows another
 * there is all that is needed:
 *
 *   - Watermark.  W is the greatest stamp of a tick that was read.  A cancel that has not been
 *     read yet is behind that tick, so its stamp is W or later, unless the server's clock
 *     was set back in between.
 *   - A cancel falls a grace after its stamp, and never before one that is above it.  Its
 *     publisher gives the greatest stamp that it had read, as a floor, which counts where the
 *     stamp is below it.
 *   - So what is due up to W + grace / 2 may be sent: no cancel that is still unread can fall
 *     before W + grace, and the other half is for a clock that is set back.
 *   - Time is the greatest stamp that was read and what has passed since by this node's own
 *     clock: never ahead of the stream's, whatever any wall clock says.
 *   - Rollback.  A server may lose what it has acknowledged.  Whenever reading begins again, what
 *     was read in the last CLUSTER_TRAIL_NS is read once more and compared: sequences and
 *     stamps that differ, or are missing, show another history.
 *
 * A state machine without input, output or a clock: it is passed what was read, and when, by
 * CLOCK_BOOTTIME.  Times are nanoseconds, stamps since 1970.  For one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No watermark yet: nothing may be sent.  Far enough from INT64_MIN for arithmetic. */
#define CLUSTER_NO_WATERMARK (INT64_MIN / 4)

#define CLUSTER_TRAIL_NS  INT64_C(600000000000) /* what is compared */
#define CLUSTER_TRAIL_MAX 1048576               /* messages of it, at most: 24 MiB */
#define CLUSTER_STALE_NS  INT64_C(300000000000) /* without a tick: all is read anew */

/* Ticks are put this often for each grace while somebody watches. */
#define CLUSTER_TICKS_A_GRACE 5

/* One message that was read. */
struct cluster_trace {
    uint64_t sequence;
    int64_t stamp_ns;
    bool may_vanish; /* a tick, or what was removed: its absence says nothing */
    bool was_seen;   /* since reading began */
};

/* Embedded by its owner; cluster_rules_init() before anything else.  Read by others, written by
 * the functions below alone. */
struct cluster_rules {
    int64_t grace_ns; /* of this node's ticks */

    int64_t greatest_ns;  /* stamp; 0 for none yet */
    int64_t greatest_at;  /* when it was read, by CLOCK_BOOTTIME */
    int64_t watermark_ns; /* CLUSTER_NO_WATERMARK for none */
    int64_t tick_at;      /* when a tick was read last, or reading began, by CLOCK_BOOTTIME */
    int64_t put_at;       /* when one was put last, or reading began */
    uint64_t n_ticks;     /* put by this node in this life */
    uint64_t ticks_read;  /* the last of them that was read */
    uint64_t first_tick;  /* the first that was put after reading began */
    bool is_caught_up;    /* that was read: watchers may be served */

    uint64_t last_sequence;      /* that was read, in any reading */
    uint64_t begun_sequence;     /* the same when this reading began */
    bool compares;               /* what is read was read before */
    struct cluster_trace *trail; /* a ring of `room`, the oldest at `oldest` */
    size_t room, oldest, n;
};

void cluster_rules_init(struct cluster_rules *rules, int64_t grace_ns);
void cluster_rules_fini(struct cluster_rules *rules);

/* ---- Reading ------------------------------------------------------------------------------ */

/* Reading begins, for the first time or again.  Returns the sequence to read from: that of the
 * oldest message that is compared; 1 for all. */
uint64_t cluster_rules_begin(struct cluster_rules *rules, int64_t now_ns);

/* All that was read is forgotten: the next reading is one from the front.  Time continues. */
void cluster_rules_forget(struct cluster_rules *rules);

enum cluster_reading {
    CLUSTER_NEW,         /* not read before: it counts */
    CLUSTER_KNOWN,       /* read before, and the same */
    CLUSTER_ROLLED_BACK, /* this is another history: cluster_rules_forget() */
};

struct cluster_message_facts {
    uint64_t sequence;
    int64_t stamp_ns;
    bool is_tick;
    uint64_t own_tick; /* its number among this node's ticks; 0 for any other message */
};

/* The next message of the stream has been read. */
enum cluster_reading cluster_rules_read(struct cluster_rules *rules,
                                        const struct cluster_message_facts *message,
                                        int64_t now_ns);

/* A message that was read is no longer in the stream, rightly. */
void cluster_rules_removed(struct cluster_rules *rules, uint64_t sequence);

/* The stream had that end when this reading began, or later; whether it is the one that was
 * read before. */
bool cluster_rules_may_end(const struct cluster_rules *rules, uint64_t last_sequence);

/* No tick was read for so long that what is known may be of another time. */
bool cluster_rules_is_stale(const struct cluster_rules *rules, int64_t now_ns);

/* ---- Ticks -------------------------------------------------------------------------------- */

/* When this node has to put a tick that serves watchers, if no other's is read before; but others'
 * do not count until it has caught up, for which it takes one of its own. */
int64_t cluster_rules_tick_due(const struct cluster_rules *rules);

/* A tick is put: its number. */
uint64_t cluster_rules_put_tick(struct cluster_rules *rules, int64_t now_ns);

/* ---- What follows -------------------------------------------------------------------------- */

/* The stream's time, as far as it is known. */
int64_t cluster_rules_time(const struct cluster_rules *rules, int64_t now_ns);

/* What is due up to there may be sent, of a batch with no grace; half its grace is added. */
int64_t cluster_rules_horizon(const struct cluster_rules *rules);

/* The cancels of one batch, in the order of the stream. */
struct cluster_cancels {
    int64_t grace_ns; /* of its request */
    int64_t last_ns;  /* when the last of them falls; INT64_MIN for none */
};

/* When the next of them falls, as a stamp. */
int64_t cluster_cancels_fall(struct cluster_cancels *cancels, int64_t stamp_ns, int64_t floor_ns);

#endif
