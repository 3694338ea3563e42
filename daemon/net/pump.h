/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PUMP_H
#define WAITD_PUMP_H

/*
 * A pump moves one client's bytes between a transport and a channel, and ends
 * both: time-outs, drain, lingering close.  It knows no descriptor and no event
 * loop.
 *
 *     transport ──receive──► pump ──► channel ──► pump ──send──► transport
 *
 *     OPEN ──► INPUT_ENDED ──► LINGERING ──► DEAD
 *
 *     OPEN         requests are read
 *     INPUT_ENDED  by end of file, `quit` or a fault of syntax; what was
 *                  accepted still runs, what else is received is discarded
 *     LINGERING    all is sent and our side is shut; reads and discards until
 *                  the client has shut its own, so that what was sent last is
 *                  not destroyed by a reset
 *     DEAD         waits for its owner to free it
 *
 * States are skipped, never gone back to; from each there is a way to DEAD, by
 * a reset, a failed send or a time-out.
 *
 * Its owner waits for the transport's readiness and for pump_due(), and then calls
 * pump_serve(), which does a bounded amount of work: all else only notes things.
 * After pump_drain(), pump_cancel() and pump_limits_changed() it is to be served too.
 *
 * Not re-entrant; one thread for life.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/log.h"
#include "daemon/net/lingering.h"
#include "daemon/net/timeouts.h"
#include "daemon/net/transport.h"
#include "daemon/session/channel.h"
#include "daemon/session/limits.h"
#include "daemon/session/stats.h"

/* Each of the host's two buffers, and the most that a pump keeps of either. */
#define PUMP_BUFFER_BYTES 65536

/* The longest slice of time that it makes use of. */
#define PUMP_SLICE_NS INT64_C(160000)

/* What pumps of one thread share.  Outlives them. */
struct pump_host {
    struct limits limits;
    struct channel_env env; /* its limits are the above */
    struct log *log;
    char *in, *out; /* scratch, PUMP_BUFFER_BYTES each, free between calls */
    bool draining;  /* pumps end once nothing runs on them */
    bool hurried;   /* a client that has everything is not waited for */
};

enum pump_state { PUMP_OPEN, PUMP_INPUT_ENDED, PUMP_LINGERING, PUMP_DEAD };

/* Bytes kept for later: text[at..len), NULL for none. */
struct pump_buffer {
    char *text;
    uint32_t at, len;
};

/* Embedded by its owner; the members are the pump's own. */
struct pump {
    struct pump_host *host;
    struct transport *transport;
    struct channel *channel; /* NULL for a client that was refused, and once lingering */
    struct pump_buffer in;   /* received, but not wanted yet */
    struct pump_buffer out;  /* rendered, but not taken by the transport yet */
    uint64_t number;         /* for the log */
    enum pump_state state;
    bool woken;                     /* the transport has become ready since the last slice */
    bool cut_short;                 /* it ended by a failure or a time-out */
    bool starved;                   /* the failure was that of memory */
    struct channel_verdict verdict; /* the channel's, once that is freed */
    struct timeouts timeouts;
    struct lingering lingering;
    int64_t due_ns;
};

/* Both borrowed; the transport is its owner's to close.  principal: who the client is, held;
 * may be NULL where nothing can be detached.  0, or -1 when out of memory. */
int pump_init(struct pump *pump, struct pump_host *host, struct transport *transport,
              uint64_t number, struct principal *principal);

/* The same for a client that is not served: it is sent the reason, with the `id` of what it asked
 * for (NULL for none), and let go. */
int pump_init_refused(struct pump *pump, struct pump_host *host, struct transport *transport,
                      uint64_t number, const struct fault *fault, struct event_text id);

/* At the beginning: what was received before already, and what is to be sent before anything
 * else; both are copied, and of no more than PUMP_BUFFER_BYTES.  0, or -1 when out of
 * memory. */
int pump_inherit(struct pump *pump, struct event_text unread, struct event_text unsent);

/* Frees everything, batches that run included. */
void pump_fini(struct pump *pump);

/* Of a dead one: drops some batches; whether none is left, and pump_fini() takes no time. */
bool pump_discard(struct pump *pump);

/* The transport may have become ready, or have broken. */
void pump_wake(struct pump *pump);

/* Reads, works and writes, each for about slice_ns at most.  *now_ns: the time
 * afterwards.  Whether there is more to do now. */
bool pump_serve(struct pump *pump, int64_t slice_ns, int64_t *now_ns);

/* When it is to be served although nothing is ready; DUE_NEVER for never. */
int64_t pump_due(const struct pump *pump);

bool pump_is_dead(const struct pump *pump);

/* What became of requests and batches. */
struct channel_verdict pump_verdict(const struct pump *pump);

/* Whether readiness to receive, or to send, would have it do something. */
bool pump_wants_to_receive(const struct pump *pump);
bool pump_wants_to_send(const struct pump *pump);

/* The host is draining: batches are refused from now on, and the pump ends once
 * nothing runs. */
void pump_drain(struct pump *pump);

/* Cancels what runs, with its events, and ends then. */
void pump_cancel(struct pump *pump);

/* The host's limits have changed. */
void pump_limits_changed(struct pump *pump);

/* It is of no use any more: why, for the log. */
void pump_break(struct pump *pump, const char *why);

#endif
