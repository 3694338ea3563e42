/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_DETACHED_H
#define WAITD_HTTP_DETACHED_H

/*
 * Detached batches as resources: what is asked for is put into the words of the
 * protocol, as a conversation of one or two requests on a channel, and what is answered
 * decides the status.  Nothing of the protocol is written twice.
 */

struct http_detached;
void http_detached_free(struct http_detached *detached); /* NULL is fine */

#endif
