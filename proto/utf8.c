/* SPDX-License-Identifier: ISC */
#include "proto/utf8.h"

size_t utf8_length(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    struct utf8_lead lead;

    if (s[0] < 0x80)
        return 1;
    lead = utf8_lead(s[0]);
    if (lead.following == 0 || lead.following >= len || s[1] < lead.least || s[1] > lead.most)
        return 0;
    for (size_t i = 2; i <= lead.following; i++)
        if (!utf8_is_inside(text[i]))
            return 0;
    return lead.following + 1u;
}

unsigned utf8_surrogate(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;

    if (len < 3 || s[0] != 0xed || s[1] < 0xa0 || s[1] > 0xbf || !utf8_is_inside(text[2]))
        return 0;
    return 0xd000u | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
}

bool utf8_is_well_formed(const char *text, size_t len)
{
    for (size_t i = 0, character; i < len; i += character) {
        character = utf8_length(text + i, len - i);
        if (character == 0)
            return false;
    }
    return true;
}

char *utf8_write(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xe0 | code >> 12);
        } else {
            *out++ = (char)(0xf0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}
