/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHANNEL_H
#define WAITD_CHANNEL_H

/*
 * One client's end of the conversation, without its wire: bytes and the time
 * in, bytes out.  A channel reads requests, runs their batches and
 * renders their events; what carries the bytes (a socket, standard input and
 * output, a test, a fuzzer) is its driver's business.
 *
 *     driver:  channel_feed() ──► reader ─► plan ─► batch ─► outbox ──► channel_render()
 *                                     channel_work(now)
 *
 * A driver gives input while channel_wants_input(), calls channel_work() when
 * channel_next_due() is past, takes output while channel_has_output(), and
 * closes when channel_is_drained().
 *
 * Bounded.  Each call works to a budget and yields; nothing is buffered
 * beyond the request being read, the jobs accepted and max_backlog of output.
 * When that much is unread the channel pauses its batches (backpressure; what is due
 * stays in their queues and is handled later) and wants no input.
 *
 * now_ns is the driver's monotonic clock, never decreasing from call to call.
 * Not re-entrant; one thread for life.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/session/channel_env.h"
#include "daemon/session/principal.h"

struct request_expectation;

struct channel;

/* principal: who the client is, held; may be NULL where env->registry is.  NULL when out of
 * memory. */
struct channel *channel_new(const struct channel_env *env, struct principal *principal);

/* The number that env->report() gets; 0 until it is set. */
void channel_set_number(struct channel *channel, uint64_t number);

/* wake: called when there is something to do or to render by other calls than the channel's own
 * calls (a batch that it watches, the answer of a store).  On the loop's thread; must not call
 * back. */
void channel_set_wake(struct channel *channel, void (*wake)(void *context), void *context);

/*
 * The whole input is one request of the operation expected, and nothing is done
 * before channel_end_input(): a request of another one, a second value or anything
 * else behind the first is refused, and then nothing runs.  Once, before any input; see
 * request_reader_expect().  0, or -1 when out of memory.
 */
int channel_expect_one_request(struct channel *channel, const struct request_expectation *expected);

/*
 * Drops batches, running ones included, at most `most`; their jobs count
 * as cancelled.  Returns whether none is left; nothing else may be done with
 * the channel from then on than this again, or to free it.
 */
bool channel_discard(struct channel *channel, size_t most);

/* Drops everything, running batches included; their jobs count as cancelled. */
void channel_free(struct channel *channel);

/* Takes input.  Returns how many bytes were used up: all of them, unless
 * the channel has to yield or no longer wants input; the rest is offered
 * again later, when channel_wants_input(). */
size_t channel_feed(struct channel *channel, int64_t now_ns, const char *bytes, size_t len);

/* No input follows what was taken: what was asked for still runs. */
void channel_end_input(struct channel *channel, int64_t now_ns);

/* False once input has ended, for good or until output has been taken.  While
 * it is false because of unfinished work, channel_next_due() is in the past. */
bool channel_wants_input(const struct channel *channel);

/* Whether input has ended, by its end, `quit` or a fault of syntax: whatever
 * more the client sends is to be read and discarded. */
bool channel_input_ended(const struct channel *channel);

/* By when the request in progress is to be complete (request_timeout_ns), or
 * DUE_NEVER.  To be asked at each iteration: its time begins when it is first
 * asked for, and anew whenever the channel did not want input. */
int64_t channel_request_due(struct channel *channel, int64_t now_ns);

/* Refuses the request in progress for taking too long; input has ended. */
void channel_refuse_late(struct channel *channel);

/* Runs what is due, about `budget` units of work at most (see batch_run()). */
void channel_work(struct channel *channel, int64_t now_ns, size_t budget);

/* When channel_work() is next wanted: a time, a past one for work that waits
 * now, DUE_NEVER for none. */
int64_t channel_next_due(const struct channel *channel);

/* Renders output, up to room bytes, which counts as sent now.  Returns how many. */
size_t channel_render(struct channel *channel, int64_t now_ns, char *out, size_t room);
bool channel_has_output(const struct channel *channel);

/* Input has ended, everything accepted has finished and all output was rendered. */
bool channel_is_drained(const struct channel *channel);

/* Whether it watches a detached batch of which no event is left to send before the next one
 * happens. */
bool channel_awaits_event(const struct channel *channel);

/* No batch is running and no request is half read. */
bool channel_is_idle(const struct channel *channel);

/* The daemon is stopping: from now on batches are answered `shutting_down`. */
void channel_refuse_batches(struct channel *channel);

/* How many forecasts are being made, and an end to all of them, as if their client had
 * cancelled each. */
uint32_t channel_n_forecasts(const struct channel *channel);
void channel_cancel_forecasts(struct channel *channel);

/* Cancels all that runs, with its events; input ends. */
void channel_cancel_all(struct channel *channel, int64_t now_ns);

/* Takes up changed limits, from the next request on. */
void channel_limits_changed(struct channel *channel);

/* What happened so far, for exit statuses. */
struct channel_verdict {
    bool batch_not_ok;    /* a batch finished other than `ok` */
    bool request_refused; /* an `error` was answered */
};
struct channel_verdict channel_verdict(const struct channel *channel);

#endif
