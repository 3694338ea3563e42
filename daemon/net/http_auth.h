/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_AUTH_H
#define WAITD_HTTP_AUTH_H

/*
 * Who sends a request over HTTP: the principal of its connection where that is known, else the
 * one that its `Authorization: Bearer TOKEN` proves (RFC 6750).  A token that has to be verified
 * suspends the exchange until the verifier has answered, and a wrong one for a while longer
 * (auth/failures.h).
 */

#include <stdint.h>

#include "daemon/net/http_head.h"

struct http_auth;
struct http_connection;

enum http_auth_answer {
    HTTP_AUTH_ALLOWED, /* http_auth_principal() is who sends it */
    HTTP_AUTH_REFUSED, /* it has its reply */
    HTTP_AUTH_WAITING, /* the exchange is suspended; to be asked again once it goes on */
};
enum http_auth_answer http_auth_enter(struct http_connection *c, const struct http_head *head);

/* Who sends the request; NULL where nobody has proved it, and none was asked to. */
struct principal *http_auth_principal(const struct http_connection *c);

/* When http_auth_go_on() is wanted; DUE_NEVER for never. */
int64_t http_auth_due(const struct http_connection *c);
void http_auth_go_on(struct http_connection *c, int64_t now_ns);

void http_auth_free(struct http_auth *auth); /* NULL is fine */

#endif
