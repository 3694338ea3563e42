/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ROWS_H
#define WAITD_ROWS_H

/* Text that is read line by line, and the fields of a line.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows_field {
    const char *text;
    size_t len;
};

struct rows {
    const char *rest, *end;
    struct rows_field line; /* the current one, without its line feed and carriage return */
    size_t number;          /* its number, from 1; 0 before the first */
};

static inline struct rows rows_of(const char *text, size_t len)
{
    return (struct rows){.rest = text, .end = text + len};
}

/* Moves on to the next line.  The last one may lack its line feed.  False at the end. */
bool rows_next(struct rows *rows);

/* Cuts the line at its tabs, the last field having all that is left.  Returns how many
 * fields there are, at most max. */
size_t rows_split(const struct rows *rows, struct rows_field *fields, size_t max);

/* Whether it is a decimal integer of an int64_t; then *value is set. */
bool rows_integer(struct rows_field field, int64_t *value);

/* Whether the field is this text. */
bool rows_is(struct rows_field field, const char *text);

/* Whether it begins with this text. */
bool rows_begins(struct rows_field field, const char *text);

#endif
