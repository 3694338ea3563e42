/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SIMULATOR_H
#define WAITD_SIMULATOR_H

/*
 * What a daemon would answer, computed in this process: requests go in as text and
 * the lines of their events are returned, the same to the byte but for `instance`, which
 * is drawn for each simulator.  Batches are numbered from 1 and held to the limits
 * that waitd has by default.  Every batch runs on the virtual clock, whatever it says.
 *
 *     text ──► request reader ──► plan ──► engine ──► event writer ──► lines
 *
 * Bounded: each call does some milliseconds of work, and no request is read while
 * many lines or jobs wait.  Not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"

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
void simulator_end_soon(struct simulator *simulator);

/* Continues what was asked for. */
void simulator_work(struct simulator *simulator);

/* Lines, and parts of lines, to be consumed; `failed` when out of memory. */
struct bytes *simulator_lines(struct simulator *simulator);

/* Whether there is something to do, or to take, or nothing will ever be again. */
bool simulator_is_ready(const struct simulator *simulator);

/* The text has ended, all of it has been answered and the lines were taken. */
bool simulator_is_drained(const struct simulator *simulator);

#endif
