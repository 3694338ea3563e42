/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_INTERNAL_H
#define WAITD_EVENT_INTERNAL_H

/*
 * The pieces that events are written of.  Each is written at `out`, without a NUL, and
 * its end is returned.  For the files that write events (event*.c).
 */

#include <stdint.h>
#include <string.h>

#include "proto/decimal.h"
#include "proto/duration.h"
#include "proto/event.h"

static inline char *event_put_bytes(char *out, const char *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

/* For literals, whose length the compiler knows. */
#define EVENT_PUT(out, literal) event_put_bytes(out, literal, sizeof(literal) - 1)

static inline char *event_put_string(char *out, const char *string)
{
    return event_put_bytes(out, string, strlen(string));
}

static inline char *event_put_seconds(char *out, int64_t ns)
{
    return out + duration_print(out, ns);
}

static inline char *event_put_signed(char *out, int64_t value)
{
    if (value < 0)
        *out++ = '-';
    return decimal_put(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static inline char *event_put_count(char *out, const char *key, uint64_t n)
{
    return decimal_put(event_put_string(out, key), n);
}

/* A key and a text of the client's; nothing where there is none. */
static inline char *event_put_text(char *out, const char *key, struct event_text text)
{
    return text.len > 0 ? event_put_bytes(event_put_string(out, key), text.text, text.len) : out;
}

static inline char *event_put_id(char *out, struct event_text id)
{
    return event_put_text(out, ",\"id\":", id);
}

static inline char *event_put_end(char *out)
{
    return EVENT_PUT(out, "}\n");
}

/* A character below U+10000 as an escape. */
static inline char *event_put_unicode_escape(char *out, unsigned code)
{
    static const char hex[] = "0123456789abcdef";

    out = EVENT_PUT(out, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = hex[code >> shift & 15];
    return out;
}

/* part / whole, rounded to nine decimals, a half up: a quotient of integers, so that a
 * figure of any size is written as a plain decimal.  whole is above 0. */
__extension__ typedef unsigned __int128 event_wide;
static inline char *event_put_ratio(char *out, uint64_t part, event_wide whole)
{
    const uint64_t billion = 1000000000;
    event_wide scaled = ((event_wide)part * billion + whole / 2) / whole;

    out = decimal_put(out, (uint64_t)(scaled / billion));
    return decimal_put_fraction(out, (uint32_t)(scaled % billion));
}

#endif
