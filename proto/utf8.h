/* SPDX-License-Identifier: ISC */
#ifndef WAITD_UTF8_H
#define WAITD_UTF8_H

/*
 * UTF-8: what is well-formed, by the table of RFC 3629, section 4 (Unicode's table
 * 3-7), and nothing else.  Pure and re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>

/* What follows the first byte of a character. */
struct utf8_lead {
    unsigned char following;   /* bytes: 1 to 3; 0 where the byte begins no character */
    unsigned char least, most; /* the range of the first of these; the others are 80 to BF */
};

/* Of a first byte beyond ASCII. */
static inline struct utf8_lead utf8_lead(unsigned char c)
{
    struct utf8_lead lead = {0, 0x80, 0xbf};

    if (c < 0xc2 || c > 0xf4)
        return lead;
    lead.following = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    lead.least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    lead.most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return lead;
}

/* Whether a byte is not the first of its character. */
static inline bool utf8_is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Of a well-formed text the longest part of at most `room` bytes, from the front, that ends
 * with a whole character. */
static inline size_t utf8_cut(const char *text, size_t len, size_t room)
{
    if (len <= room)
        return len;
    while (room > 0 && utf8_is_inside(text[room]))
        room--;
    return room;
}

/* The length of the well-formed character at the front of the text, which is not empty;
 * 0 if there is none. */
size_t utf8_length(const char *text, size_t len);

/* A lone surrogate at the front as if it were a character (three bytes), as
 * it does in decoded JSON: its code, else 0. */
unsigned utf8_surrogate(const char *text, size_t len);

bool utf8_is_well_formed(const char *text, size_t len);

/* Writes a code point, or a surrogate as three bytes; at most 4 bytes.  Returns the end. */
char *utf8_write(char *out, unsigned code);

#endif
