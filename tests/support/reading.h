/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_READING_H
#define WAITD_TESTS_READING_H

/*
 * What a request reader makes of a text, as text itself: a line for each
 * request, with all that a plan says of its options and jobs.  Two readings of
 * one text in different pieces are the same exactly if their lines are.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/request.h"

/* The daemon's defaults, with a nesting of 64. */
extern const struct request_limits reading_limits;

/* How many bytes the next piece has, of tokens or of requests; more than are left is all of them.
 */
typedef size_t reading_split(void *context);
size_t reading_whole(void *context);
size_t reading_bytes(void *context); /* one by one */
size_t reading_few(void *context);   /* context: a uint64_t, the state of a generator */

/* The next piece of what is left, of *size bytes: a copy of its own on the heap, so that a read too
 * far is noticed, and what is kept of it.  The caller frees it. */
char *reading_cut(const char *text, size_t len, reading_split *split, void *context, size_t *size);

/* Reads the text, with the reader's budget.  The caller frees the result. */
char *reading_run(const struct request_limits *limits, const char *text, size_t len,
                  reading_split *split, void *context, size_t budget);

/* Reads the text whole, byte by byte and in random pieces, with a large budget
 * and with small ones.  Ends the process if they do not all come to the same. */
char *reading_all_ways(const struct request_limits *limits, const char *text, size_t len);

/* A pseudo-random number; the state is not 0. */
uint64_t reading_draw(uint64_t *state);

#endif
