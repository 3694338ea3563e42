/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_QUERY_H
#define WAITD_HTTP_QUERY_H

/*
 * The members of a query, `a=1&b=2`: decoded one by one, in place.  A `+' is a blank
 * and `%XX' a byte (the URL Standard's application/x-www-form-urlencoded).  Pure.
 */

#include <stdbool.h>

/* The next member of *query, which is moved on behind it; false at its end.  A member
 * without `=' has an empty value.  value: NULL for one with a NUL in it. */
bool http_query_next(char **query, const char **name, const char **value);

#endif
