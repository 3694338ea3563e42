/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DURATION_H
#define WAITD_DURATION_H

/*
 * Durations as the wire contract words them: a JSON number of seconds, or a
 * string with units (`1m30s`, `250ms`, units h m s ms us ns, largest first,
 * each once).  Both are read exactly in decimal, with no floating point in
 * between, and rounded once to the nearest nanosecond (a half goes up).
 * Pure and re-entrant.
 */

#include <stddef.h>
#include <stdint.h>

#define DURATION_SECOND_NS INT64_C(1000000000)

enum duration_result {
    DURATION_OK,
    DURATION_NEGATIVE,  /* a minus sign before anything but zero */
    DURATION_TOO_LONG,  /* above the caller's maximum, however far */
    DURATION_MALFORMED, /* not of the form */
};

/* Reads the text of a JSON number (RFC 8259, exponents included), already
 * known to be one.  *ns is written on DURATION_OK only. */
enum duration_result duration_from_number(const char *text, size_t len, int64_t max_ns,
                                          int64_t *ns);

/* Reads a string with units. */
enum duration_result duration_from_string(const char *text, size_t len, int64_t max_ns,
                                          int64_t *ns);

/* For flags and configuration: a number of seconds or a string with units. */
enum duration_result duration_from_text(const char *text, size_t len, int64_t max_ns, int64_t *ns);

/* The longest output of duration_print(), its final NUL included. */
#define DURATION_PRINT_MAX 24

/* Writes seconds as a plain decimal, to the nanosecond, without trailing
 * zeros (`1.5`, `0.000000001`, `3`).  ns is 0 or more.  Returns the length;
 * does not append a NUL. */
size_t duration_print(char out[DURATION_PRINT_MAX], int64_t ns);

#endif
