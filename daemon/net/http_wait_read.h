/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_WAIT_READ_H
#define WAITD_HTTP_WAIT_READ_H

/*
 * Reads what /wait is asked for: a duration in the path or as `wait`, or a distribution
 * in the words of the protocol, and the rest of the query.  Pure but for the pools' names.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/http_query.h"
#include "daemon/net/http_services.h"
#include "engine/draw.h"
#include "proto/fault.h"

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

/* What its query takes. */
#define HTTP_WAIT_PARAMETERS 17
extern const struct http_parameter http_wait_parameters[HTTP_WAIT_PARAMETERS];

/*
 * path: what is behind `/wait/`, empty for nothing; values: of its parameters.
 * False, with why in *fault (FAULT_NOT_FOUND for a pool), if it is not in order; then
 * nothing is to be freed.
 */
bool http_wait_read(struct http_wait_spec *spec, const char *path, const char *const *values,
                    int64_t max_ns, const struct http_services *services, struct fault *fault);

#endif
