/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LINEBREAK_H
#define WAITD_LINEBREAK_H

/*
 * U+2028 and U+2029, the line and paragraph separators: JSON allows them in
 * strings as they are, and some readers of lines split at them, so a line of
 * events has their escapes instead.  Pure and re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* How many bytes each takes in UTF-8, and its escape. */
#define LINEBREAK_SIZE        3
#define LINEBREAK_ESCAPE_SIZE 6

/* Whether one begins at `at`, of which there are `left` bytes. */
static inline bool linebreak_is(const char *at, size_t left)
{
    return left >= LINEBREAK_SIZE && memcmp(at, "\xe2\x80", 2) == 0 &&
           (at[2] == '\xa8' || at[2] == '\xa9');
}

/* The first one in [at, end), or `end` for none. */
static inline const char *linebreak_find(const char *at, const char *end)
{
    while (at < end && (at = (const char *)memchr(at, 0xe2, (size_t)(end - at))) != NULL) {
        if (linebreak_is(at, (size_t)(end - at)))
            return at;
        at++;
    }
    return end;
}

/* The escape of the one at `at`: LINEBREAK_ESCAPE_SIZE bytes. */
static inline const char *linebreak_escape(const char *at)
{
    return at[2] == '\xa8' ? "\\u2028" : "\\u2029";
}

#endif
