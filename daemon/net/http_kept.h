/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_KEPT_H
#define WAITD_HTTP_KEPT_H

/*
 * Detached batches as resources: what is asked for is put into the words of the
 * protocol, as a conversation of one or two requests on a channel, and what is returned
 * back decides the status.  Nothing of the protocol is written twice.
 */

struct http_kept;
void http_kept_free(struct http_kept *kept); /* NULL is fine */

#endif
