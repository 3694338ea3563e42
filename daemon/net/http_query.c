/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_query.h"

#include <stddef.h>
#include <string.h>

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes in place; text, or NULL where a NUL would be in it. */
static char *decode(char *text)
{
    char *out = text, *in = text;

    while (*in) {
        int high = *in == '%' ? digit_of(in[1]) : -1;
        int low = high >= 0 ? digit_of(in[2]) : -1;

        if (low >= 0) {
            *out = (char)(high * 16 + low);
            if (*out == '\0')
                return NULL;
            in += 3;
        } else {
            *out = *in == '+' ? ' ' : *in;
            in++;
        }
        out++;
    }
    *out = '\0';
    return text;
}

bool http_query_next(char **query, const char **name, const char **value)
{
    char *member, *equals;

    do {
        member = *query ? strsep(query, "&") : NULL;
    } while (member && !*member);
    if (!member)
        return false;
    equals = strchr(member, '=');
    if (equals)
        *equals = '\0';
    *value = equals ? decode(equals + 1) : "";
    *name = decode(member);
    if (!*name)
        *name = "";
    return true;
}
