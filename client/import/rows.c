/* SPDX-License-Identifier: ISC */
#include "client/import/rows.h"

#include <string.h>

bool rows_next(struct rows *rows)
{
    const char *feed;
    size_t left = (size_t)(rows->end - rows->rest), len;

    if (left == 0)
        return false;
    feed = memchr(rows->rest, '\n', left);
    len = feed != NULL ? (size_t)(feed - rows->rest) : left;
    rows->line = (struct rows_field){.text = rows->rest, .len = len};
    if (len > 0 && rows->rest[len - 1] == '\r')
        rows->line.len--;
    rows->rest += feed != NULL ? len + 1 : len;
    rows->number++;
    return true;
}

size_t rows_split(const struct rows *rows, struct rows_field *fields, size_t max)
{
    struct rows_field rest = rows->line;
    size_t n = 0;

    while (n < max) {
        const char *tab = n + 1 < max ? memchr(rest.text, '\t', rest.len) : NULL;

        fields[n] = rest;
        if (tab != NULL)
            fields[n].len = (size_t)(tab - rest.text);
        n++;
        if (tab == NULL)
            break;
        rest.len -= fields[n - 1].len + 1;
        rest.text = tab + 1;
    }
    return n;
}

bool rows_integer(struct rows_field field, int64_t *value)
{
    bool negative = field.len > 0 && field.text[0] == '-';
    int64_t sum = 0;

    if (field.len == (size_t)negative)
        return false;
    for (size_t i = negative; i < field.len; i++) {
        int digit = field.text[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

bool rows_is(struct rows_field field, const char *text)
{
    return field.len == strlen(text) && memcmp(field.text, text, field.len) == 0;
}

bool rows_begins(struct rows_field field, const char *text)
{
    size_t len = strlen(text);

    return field.len >= len && memcmp(field.text, text, len) == 0;
}
