/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_PIECE_H
#define WAITD_EVENT_PIECE_H

/*
 * Lines of events in pieces, for those that a client's long texts make longer
 * than there is room for: any part of a line can be written by itself, without
 * the whole of it being made.  Pure and re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/event.h"

/*
 * Writes the bytes of the line that event_write_occurrence() would write from
 * `from` on, `room` of them at most.  Returns how many; *whole says whether the
 * line ends with them.
 */
size_t event_piece_write(char *out, size_t room, size_t from, const struct event_job *job,
                         const struct occurrence *occurrence, bool *whole);

#endif
