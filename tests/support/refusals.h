/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_REFUSALS_H
#define WAITD_TESTS_REFUSALS_H

/* Tables of requests that are refused, for unit tests. */

#include <stddef.h>

#include "proto/request.h"

/* A request's text, and the code, path and words of the message (parted by |) of its refusal. */
struct refusal {
    const char *text;
    const char *code;
    const char *path;
    const char *words;
};

/* Reads each text in all ways (reading_all_ways()), and asserts that it is refused so. */
void refusals_check(const struct request_limits *limits, const struct refusal *cases, size_t n);

/* Reads a text likewise, and asserts that both words (the second may be NULL) are in what is made
 * of it. */
void refusals_reads(const struct request_limits *limits, const char *text, const char *word,
                    const char *other);

/* What reading_all_ways() makes of a text; to be freed. */
char *refusals_read(const struct request_limits *limits, const char *text);

#endif
