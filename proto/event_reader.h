/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_READER_H
#define WAITD_EVENT_READER_H

/*
 * Reading of events, the client's side: one line in, one struct out.  Members
 * and events that this version does not know are passed over, as the contract
 * asks of readers, and a member of an unexpected type counts as absent.
 *
 * It reads tokens, not a tree: numbers come from their own digits (times are
 * exact to the nanosecond), and `id` and `data` are handed on as the text that
 * they are, whatever numbers, escapes or depths the client put in there; a
 * library that builds values refuses some of those.
 *
 * One reader a stream; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "proto/event_read.h"
#include "proto/figures.h"

struct event_reader;

/* NULL when out of memory. */
struct event_reader *event_reader_new(void);
void event_reader_free(struct event_reader *reader); /* NULL is fine */

/*
 * Reads one line, its line feed at the end or not.  *event refers to the line
 * and to memory of the reader's, both until the next call.  Returns 0; otherwise
 * *event is of no use: -1 when the line is no JSON object, EVENT_READER_NOMEM when
 * out of memory.
 */
#define EVENT_READER_NOMEM (-2)

int event_reader_read(struct event_reader *reader, const char *line, size_t len,
                      struct event_read *event);

/* The value of `latency`, `queued` or a forecast's `elapsed`; known is false if that is
 * absent, or not an object of times. */
struct report_times event_reader_times(struct event_text text);

/* What kind of event a line is, by its first member alone: UNKNOWN too where
 * `event` comes later or there are blanks. */
enum event_kind event_reader_kind(const char *line, size_t len);

/* Whether the text is `string`, as in event_reader_is(event.status, "ok"). */
static inline bool event_reader_is(struct event_text text, const char *string)
{
    return text.text != NULL && text.len == strlen(string) &&
           memcmp(text.text, string, text.len) == 0;
}

#endif
