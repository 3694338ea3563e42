/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_WAIT_H
#define WAITD_HTTP_WAIT_H

/*
 * /wait: a slow back end for tests.  It answers after a time that the request names or
 * has drawn, fails as often as the request says, and may queue for the workers of a pool.
 * Never before that time, and however many wait: what waits is an entry in the loop's
 * queue, and the library is suspended.
 */

#include <stdint.h>

#include "engine/draw.h"

/* What a request asks for. */
struct http_wait_spec {
    struct dist length;
    int64_t *values;     /* of a trace, length.b_ns of them; owned */
    uint64_t fail_below; /* as struct job_spec has it */
    unsigned status, fail_status;
    uint64_t bytes, chunks;
    int64_t seed;
    int64_t n; /* which draw, -1 for the next of the seed */
    int pool;  /* -1 for none */
};

struct http_wait;
void http_wait_free(struct http_wait *wait); /* NULL is fine */

#endif
