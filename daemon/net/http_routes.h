/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_ROUTES_H
#define WAITD_HTTP_ROUTES_H

/*
 * Which resource answers for a path, by what methods, and what guards it.
 */

#include "daemon/net/http_internal.h"

/*
 * Lets a request in: sets the exchange's resource and has it begin, or refuses it.
 * url: the decoded path; NULL for one that cannot be.  False where the exchange is suspended
 * until it is known who sends it: to be called again then.
 */
bool http_routes_enter(struct http_connection *c, const char *url, const struct http_head *head);

#endif
