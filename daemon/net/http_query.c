/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_query.h"

#include <stddef.h>
#include <stdio.h>
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

/* `a, b or c`. */
static const char *list(const struct http_parameters *takes, char *out, size_t size)
{
    size_t len = 0;

    snprintf(out, size, "it takes none");
    for (unsigned i = 0; i < takes->n && len < size; i++) {
        const char *before = i == 0 ? "" : i + 1 == takes->n ? " or " : ", ";

        len += (size_t)snprintf(out + len, size - len, "%s%s", before, takes->all[i].name);
    }
    return out;
}

static bool refuse(struct fault *fault, const char *name, const char *why, const char *what)
{
    char quote[FAULT_QUOTE_SIZE];

    (void)fault_quote(quote, name, strlen(name));
    (void)fault_set(fault, FAULT_INVALID_REQUEST, 0, "\"%s\" %s%s", quote, why, what);
    memcpy(fault->path, quote, strlen(quote) + 1);
    return false;
}

static unsigned find(const struct http_parameters *takes, const char *name)
{
    unsigned i = 0;

    while (i < takes->n && strcmp(name, takes->all[i].name) != 0)
        i++;
    return i;
}

bool http_query_read(char *query, const struct http_parameters *takes,
                     const char *values[HTTP_PARAMETERS_MAX], struct fault *fault)
{
    const char *name, *value;
    char others[256];

    for (unsigned i = 0; i < HTTP_PARAMETERS_MAX; i++)
        values[i] = NULL;
    while (http_query_next(&query, &name, &value)) {
        unsigned i = find(takes, name);

        if (i == takes->n)
            return refuse(fault, name,
                          "is no parameter here: ", list(takes, others, sizeof(others)));
        if (values[i])
            return refuse(fault, name, "is there twice", "");
        if (!value)
            return refuse(fault, name, "takes no NUL", "");
        if (takes->all[i].is_flag && *value)
            return refuse(fault, name, "takes no value", "");
        values[i] = value;
    }
    return true;
}
