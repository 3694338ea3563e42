/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SIMULATOR_H
#define WAITD_SIMULATOR_H

/*
 * What a daemon would answer, computed in this process by a channel as a daemon has for each
 * client (daemon/session/channel.h): requests go in as text and the lines of their events are
 * returned.  Batches are numbered from 1 and held to the limits that waitd has by default,
 * without its quotas; `instance` is drawn for each simulator.  For the virtual clock: nothing
 * here waits for a due time.
 *
 * Bounded: each call does some milliseconds of work, and no request is read while
 * many lines or jobs are pending, or a forecast is being made.  Not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct simulator;

/* NULL with errno set: out of memory, or there are no random numbers. */
struct simulator *simulator_new(void);
void simulator_free(struct simulator *simulator); /* NULL is fine */

/* A seed for a batch that asks for a random one, in [0, 2^53): every reader of JSON keeps
 * it as it is. */
int64_t simulator_draw_seed(void);

/* Takes text.  Returns how many bytes of it: all, or fewer while there is something
 * else to do first; the rest is to be offered again. */
size_t simulator_feed(struct simulator *simulator, const char *text, size_t len);

/* Whether simulator_feed() would take something. */
bool simulator_wants_text(const struct simulator *simulator);

/* No text follows what was taken. */
void simulator_end_text(struct simulator *simulator);

/* What is still fed is to end what runs: it is read however much waits, and a forecast that is
 * being made is cancelled. */
void simulator_interrupt(struct simulator *simulator);

/* The next lines, and parts of lines, of at most `room` bytes; what was asked for is worked on
 * first where there are none.  Returns how many bytes: 0 where it takes more calls, or where
 * nothing will be read (simulator_is_drained()). */
size_t simulator_read(struct simulator *simulator, char *out, size_t room);

/* Whether simulator_read() has something to do or to return, or never will again. */
bool simulator_is_ready(const struct simulator *simulator);

/* The text has ended, all of it has been answered and the lines were read; or it ran out of
 * memory, which ends it like a connection that was lost. */
bool simulator_is_drained(const struct simulator *simulator);

#endif
