/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_DUPLEX_H
#define WAITD_HTTP_DUPLEX_H

/*
 * An answer that is written past the library, on the same socket.  Two are:
 *
 *     HTTP_DUPLEX_WHOLE   one that begins before its request has ended: the library reads a
 *                         request and then writes its answer, never both at once, and continues
 *                         reading here.  Head, chunks, and an end by closing, since the
 *                         library could not answer what follows such a request
 *     HTTP_DUPLEX_WITHIN  the chunks of a large one: the library's own are as small as the
 *                         memory that it has of each connection.  Head and last chunk are the
 *                         library's, which is suspended in between: so it answers what follows
 */

#include <stdbool.h>

struct http_connection;
struct http_duplex;

enum http_duplex_kind { HTTP_DUPLEX_WHOLE, HTTP_DUPLEX_WITHIN };

/* Begins.  NULL when out of memory. */
struct http_duplex *http_duplex_new(struct http_connection *c, enum http_duplex_kind kind);
void http_duplex_free(struct http_duplex *duplex); /* NULL is fine */

/* Writes what there is, as far as the socket takes it. */
void http_duplex_write(struct http_duplex *duplex);

/* The last of it has been written, or the client is gone. */
bool http_duplex_is_over(const struct http_duplex *duplex);

/* The client is gone, or memory is out: there will be no end. */
bool http_duplex_is_broken(const struct http_duplex *duplex);

/* Something waits for the client to take it. */
bool http_duplex_is_waiting(const struct http_duplex *duplex);

#endif
