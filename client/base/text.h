/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEXT_H
#define WAITD_TEXT_H

/* Figures and the client's own text, for people to read.  Pure. */

#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"

#define TEXT_SECONDS_MAX 40

/* `1.000 s`: milliseconds, rounded. */
const char *text_seconds(char out[TEXT_SECONDS_MAX], int64_t ns);

/* The same with as many decimals as a time below a millisecond needs: `0.000040 s`. */
const char *text_seconds_fine(char out[TEXT_SECONDS_MAX], int64_t ns);

/* `4.2 s`, `2m 5s`, `1h 2m 3s`, `3d 4h 5m`: for reading at a glance, cut and not
 * rounded. */
const char *text_span(char out[TEXT_SECONDS_MAX], int64_t ns);

/* As text_seconds_fine() below a minute, then `2m 5.000s` and from an hour on
 * `2h 10m 0s`, `3d 4h 5m 6s`: rounded to what is shown. */
const char *text_time(char out[TEXT_SECONDS_MAX], int64_t ns);

/* `6.5 KiB`, `12 B`. */
const char *text_size(char out[TEXT_SECONDS_MAX], uint64_t size_bytes);

/*
 * Appends text so that a terminal only shows it: control characters as `\n`
 * or `\x1b`, malformed UTF-8 as U+FFFD.  What is beyond max_bytes of output is
 * left out and replaced by `...`.
 */
void text_append_safe(struct bytes *out, const char *text, size_t len, size_t max_bytes);

/* Appends text as a JSON string with its quotes, malformed UTF-8 as U+FFFD. */
void text_append_json(struct bytes *out, const char *text, size_t len);

/* Appends text as a column of a table whose columns have tabs between them:
 * tabs, line feeds and backslashes as `\t`, `\n` and `\\`, other control
 * characters as `\x1b`, malformed UTF-8 as U+FFFD. */
void text_append_column(struct bytes *out, const char *text, size_t len);

#endif
