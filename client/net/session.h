/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SESSION_H
#define WAITD_SESSION_H

/*
 * One conversation with a daemon, or with what computes its answers here, from the
 * first request to the last event.
 *
 *     source ──► outgoing ──► peer ──► lines ──► fanout ──► outputs
 *
 * Sending, receiving and writing go on at once and none waits for another, so
 * that no amount of requests or events can make the two sides wait for each
 * other.
 *
 * The sending direction stays open as long as batches run, for an interrupt is
 * sent to the daemon there: the first one cancels what runs and shows how it
 * ends, for a few seconds; a second one leaves at once.  When the client can say
 * nothing more anyhow (it has sent `quit` or what is no JSON, or is in the
 * middle of a request) an interrupt resets the connection, which cancels too.
 * Detached batches it leaves: they are watched no more, and how to watch them again is said.
 */

#include "client/show/fanout.h"
#include "client/net/peer.h"
#include "client/net/dial.h"
#include "client/net/source.h"
#include "client/net/watch.h"
#include "client/base/status.h"

struct session_setup {
    struct peer peer;
    struct source *source;
    struct fanout *fanout; /* with its ways of showing; it is ended here */
    /* Of a single request: the event that answers it, and how long to wait for that.
     * EVENT_UNKNOWN for requests of any kind, which may run for as long as they will. */
    enum event_kind expects;
    int64_t answer_timeout_ns; /* and to connect again */
    /* Of a request that watches a detached batch, else NULL: where the connection is lost
     * another one is made to `target`, for as long as it takes. */
    struct watch *watch;
    /* A submit under a key, which may be sent again: the same until it is answered. */
    bool has_key;
    bool has_target; /* not where the daemon is a process of our own */
    struct dial_target target;
};

/*
 * Runs it.  Errors are said on standard error.  Blocks SIGINT and
 * SIGTERM for good.  *cut_short says that the daemon may not have ended what
 * it was asked for: the connection is to be closed at once.  setup->peer.fd
 * may be another one in the end, or -1.
 */
enum status session_run(struct session_setup *setup, bool *cut_short);

#endif
