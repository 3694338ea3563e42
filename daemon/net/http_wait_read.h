/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_WAIT_READ_H
#define WAITD_HTTP_WAIT_READ_H

/*
 * Reads what /wait is asked for: a duration in the path or as `wait', or a distribution
 * in the words of the protocol, and the rest of the query.  Pure but for the pools' names.
 */

#include <stdbool.h>

#include "daemon/net/http_services.h"
#include "daemon/net/http_wait.h"
#include "proto/fault.h"

/*
 * path: what is behind `/wait/', empty for nothing; query: decoded in place, or NULL.
 * False, with why in *fault (FAULT_NOT_FOUND for a pool), if it is not in order; then
 * nothing is to be freed.
 */
bool http_wait_read(struct http_wait_spec *spec, const char *path, char *query, int64_t max_ns,
                    const struct http_services *services, struct fault *fault);

#endif
