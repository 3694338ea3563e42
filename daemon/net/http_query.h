/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_QUERY_H
#define WAITD_HTTP_QUERY_H

/*
 * The parameters of a query, `a=1&b=2`: decoded one by one, in place.  A `+` is a blank
 * and `%XX` a byte (the URL Standard's application/x-www-form-urlencoded).  Pure.
 */

#include <stdbool.h>

#include "proto/fault.h"

/* The next parameter of *query, which is moved on behind it; false at its end.  One
 * without `=` has an empty value.  value: NULL for one with a NUL in it. */
bool http_query_next(char **query, const char **name, const char **value);

/* What a resource takes behind the `?`, each at most once. */
struct http_parameter {
    const char *name;
    bool is_flag; /* it is there or not, and takes no value */
};

#define HTTP_PARAMETERS_MAX 20

/* The parameters of a resource; all zero: it takes none. */
struct http_parameters {
    const struct http_parameter *all;
    unsigned n; /* HTTP_PARAMETERS_MAX at most */
};

/* Reads all of a query (NULL: there is none) in place: values[i] is the value of parameter i, NULL
 * where it is absent.  False where there is something else, and the fault names it. */
bool http_query_read(char *query, const struct http_parameters *takes,
                     const char *values[HTTP_PARAMETERS_MAX], struct fault *fault);

#endif
