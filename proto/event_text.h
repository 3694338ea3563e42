/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_TEXT_H
#define WAITD_EVENT_TEXT_H

/*
 * A text of an event: borrowed, not ended by a NUL, and it may hold some.  Absent where
 * `text` is NULL, and `len` 0 then.  Whether it is JSON text, to be copied unchanged, or decoded
 * is said where it is declared.
 */

#include <stddef.h>
#include <string.h>

struct event_text {
    const char *text;
    size_t len;
};

/* NULL for none. */
static inline struct event_text event_text_of(const char *string)
{
    return (struct event_text){string, string != NULL ? strlen(string) : 0};
}

#endif
