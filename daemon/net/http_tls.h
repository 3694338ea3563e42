/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_TLS_H
#define WAITD_HTTP_TLS_H

/*
 * HTTP by TLS: a connection whose socket is the near end of a bridge (daemon/net/tls_bridge.h).
 * The library, and what is written and peeked at past it, know nothing of that.
 */

#include <stdbool.h>

#include "daemon/net/arrival.h"
#include "proto/address.h"

struct http;
struct http_connection;
struct http_tls;

/* Makes c->fd the near end of a bridge to the client, whose socket the bridge takes over, and
 * fills in c->served.  0, or -1 and errno: the socket stays the caller's. */
int http_tls_open(struct http_connection *c, const struct arrival *client);

/* The connection is about to go: what it wrote last still goes out. */
void http_tls_leave(struct http_connection *c);

/* Frees those that have been left and are over; and all. */
void http_tls_reap(struct http *http);
void http_tls_drop_all(struct http *http);

/* Whether who the client is was proved by its certificate; it is c->principal then. */
bool http_tls_identify(struct http_connection *c);

/* Where the client comes from, of any connection.  Whether that is known. */
bool http_tls_from(const struct http_connection *c, struct address *from);

#endif
