/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PUMP_INTERNAL_H
#define WAITD_PUMP_INTERNAL_H

/*
 * A pump, shared by the files that make it up:
 *
 *     pump.c        its life: beginning and end, its states, orders of the host
 *     pump_serve.c  a service slice: reading, working, writing, and what follows
 */

#include "daemon/net/pump.h"

/* The one function that changes a pump's state. */
void pump_move_to(struct pump *pump, enum pump_state state, const char *why);

/* Keeps bytes, where none are kept.  0, or -1 when out of memory. */
int pump_keep(struct pump_buffer *buffer, const char *bytes, size_t len);

/* Marks len of them as consumed; drops them all. */
void pump_consume(struct pump_buffer *buffer, size_t len);

#endif
