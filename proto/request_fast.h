/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUEST_FAST_H
#define WAITD_REQUEST_FAST_H

/*
 * The fast path of reading jobs: a strict scanner for the job that most requests
 * are full of, an object with a name, one constant wait, both or neither, in any
 * order and any white space, that is whole in one piece of the input:
 *
 *     {"name":"j123","wait":1.5}   {"wait":"250ms"}   {}
 *
 * It accepts a job only where every byte of it is certain, at a fifth of what
 * its tokens cost.  Everything else (escapes, characters beyond ASCII, other
 * members, a fault of any kind, a job cut by the end of the piece) it leaves
 * where it is, to be read token by token; so no refusal is ever worded here,
 * and that a request means the same either way is what the tests compare.
 * Pure and re-entrant.
 */

#include <stddef.h>
#include <stdint.h>

struct request_fast {
    const char *name; /* its token, quotes included, in place; NULL for none */
    size_t name_len;
    const char *wait; /* its token, in place; NULL for none */
    size_t wait_len;
    int64_t wait_ns; /* -1 for none */
};

struct request_fast_limits {
    int64_t max_wait_ns;
    uint64_t max_name; /* bytes between its quotes */
};

/* Reads the job that begins at `at` (no white space before it) and returns its
 * end, or NULL, with *job undefined, where it is not of this kind. */
const char *request_fast_scan(const char *at, const char *end,
                              const struct request_fast_limits *limits, struct request_fast *job);

/* Reads the wait that begins at `at` < end: a number, or a string with its quotes.  Returns its
 * end, or NULL, as duration_fast_number() does. */
const char *request_fast_wait(const char *at, const char *end, int64_t *wait_ns);

#endif
