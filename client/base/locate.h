/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOCATE_H
#define WAITD_LOCATE_H

/*
 * Finds in a text of requests the place that an `error` speaks of.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event_reader.h"

struct locate_span {
    size_t offset, len; /* of what to point at; len is 0 behind the end of the text */
    size_t skipped;     /* bytes of the path, in front, that are not of the text */
};

/*
 * text: any number of JSON values, one behind the other.  request: which of
 * them, from 0.  path: as `error` has it; none for the value as a whole.
 * is_second: of a member that is there twice, the second one is meant.
 *
 * Points at the member, its value included where that is no array or object, at
 * an element of an array, and for a path that leads nowhere at as much of it as
 * there is.  A syntax error of the text precedes all else.
 * Returns whether there is such a request.
 */
bool locate(const char *text, size_t len, uint64_t request, struct event_text path, bool is_second,
            struct locate_span *span);

#endif
