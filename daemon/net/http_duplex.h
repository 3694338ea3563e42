/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_DUPLEX_H
#define WAITD_HTTP_DUPLEX_H

/*
 * An answer that is written past the library, on the same socket: head, chunks, and an end
 * by closing, for what follows such a request the library could not answer.  Two are: one
 * that begins before its request has ended, since the library reads a request and then
 * writes its answer, never both at once, and goes on reading here; and a large one, since
 * the library's pieces are as small as the memory that it has of each connection.
 */

#include <stdbool.h>

struct http_connection;
struct http_duplex;

/* Begins.  NULL when out of memory. */
struct http_duplex *http_duplex_new(struct http_connection *c);
void http_duplex_free(struct http_duplex *duplex); /* NULL is fine */

/* Writes what there is, as far as the socket takes it. */
void http_duplex_write(struct http_duplex *duplex);

/* The last of it has been written, or the client is gone. */
bool http_duplex_is_over(const struct http_duplex *duplex);

/* Something waits for the client to take it. */
bool http_duplex_is_waiting(const struct http_duplex *duplex);

#endif
