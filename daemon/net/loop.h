/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOOP_H
#define WAITD_LOOP_H

/*
 * One thread's event loop and the connections that live on it.
 *
 * Time.  The next due time of every connection is in one queue, and one
 * timer (a timerfd, absolute) is set to the earliest.  libevent's own timers
 * are not used for what was promised to clients: they reckon with a clock
 * read before the callbacks ran.  A busy loop's timer has slack (see
 * daemon/net/slack.h), so that what falls due about the same time is handled together.
 *
 * Iterations.  One waits for events, unless connections are ready, and then serves
 * those that are, each for a slice of time: the more there are, the smaller the
 * slice.  It ends when the round does (see daemon/net/ready.h), or after about a
 * millisecond, so that who has become ready meanwhile is found out soon.
 *
 * Everything is for the loop's own thread, but for what says otherwise.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/session/channel.h"
#include "daemon/net/mailbox.h"

struct credentials;
struct event_base;
struct http_site;
struct verifier;
struct loop;
struct log;

struct loop_config {
    const struct limits *limits;   /* copied; later ones are sent by the mailbox */
    const struct channel_env *env; /* copied; the loop puts its own limits and counts in */
    const struct http_site *http;  /* borrowed; for loops that get such clients */
    struct store *store;           /* of detached batches; NULL: there are none */
    struct log *log;
    struct log_rate *refusals;       /* of requests, of all loops together */
    struct log_rate *auth_failures;  /* of clients that do not prove who they are, likewise */
    struct credentials *credentials; /* by which they do; NULL where nobody has to */
    struct verifier *verifier;       /* of tokens; NULL where there are none */
    unsigned index, n_loops;         /* which it is of how many, for the numbers of connections */
    unsigned max_refused; /* clients whose refusal lingers at a time; others get just the line */
};

/* NULL and errno.  May be made by another thread than the one that will run it. */
struct loop *loop_new(const struct loop_config *config);

/* Drops what is still open.  Once no thread runs it. */
void loop_free(struct loop *loop);

/* Waits for something to do, unless there is, and does some of it. */
void loop_iterate(struct loop *loop);

/* The daemon stops and no connection is left. */
bool loop_is_over(const struct loop *loop);

/* Adds a client's socket: takes it over in any case, and its principal.  It leaves its peer when
 * it is gone. */
void loop_adopt(struct loop *loop, struct arrival client);

/* The same for a client that is one too many, in the daemon or of its address: it is sent
 * the refusal and disconnected. */
void loop_refuse(struct loop *loop, struct arrival client, const struct fault *fault,
                 bool by_address);

/* For further events: signals, listeners. */
struct event_base *loop_base(struct loop *loop);

/* From any thread: how to reach it, what it has counted, and how many
 * iterations it has made. */
struct mailbox *loop_mailbox(struct loop *loop);
struct stats *loop_stats(struct loop *loop);
struct store_port *loop_store_port(struct loop *loop);
uint64_t loop_iterations(const struct loop *loop);

#endif
