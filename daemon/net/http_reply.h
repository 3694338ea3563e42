/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_REPLY_H
#define WAITD_HTTP_REPLY_H

/*
 * Answers that are there at once.  Each is kept until the request has been read and is
 * then given to the library, so that the connection can go on to the next request.
 */

#include <stddef.h>

#include "daemon/net/http_internal.h"

/* What a 401 asks for (RFC 6750). */
#define HTTP_REPLY_CHALLENGE_FIELD "WWW-Authenticate"
#define HTTP_REPLY_CHALLENGE       "Bearer realm=\"waitd\""

/* Answers with a response, which it takes over.  NULL (out of memory): hangs up. */
void http_reply(struct http_connection *c, unsigned status, struct MHD_Response *response);

/* An answer without a body.  HEAD gets it, too, in place of one whose length is not known: of that
 * the library sends the last chunk (0.9.75), which would be the beginning of the next answer.  NULL
 * when out of memory. */
struct MHD_Response *http_reply_without_body(void);

/* A text, copied. */
void http_reply_text(struct http_connection *c, unsigned status, const char *type, const char *text,
                     size_t len);

/* The one `error` line of a refusal. */
void http_reply_fault(struct http_connection *c, unsigned status, const struct fault *fault);
void http_reply_refuse(struct http_connection *c, unsigned status, enum fault_code code,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What is there takes none but the allowed methods, which are named as `Allow` has them. */
void http_reply_refuse_method(struct http_connection *c, const char *place, const char *allowed,
                              const char *method);

/* Behind a refusal with 429 or 503: when to try again, in place of a second from now. */
void http_reply_retry_after(struct http_connection *c, int64_t wait_ns);

/* The status that a fault is sent with before a stream has begun. */
unsigned http_reply_status(enum fault_code code);

/* The same for a line that is an `error`; 0 for any other.  len: how much of it is known. */
unsigned http_reply_status_of(const char *line, size_t len);

/* Gives the reply to the library. */
void http_reply_give(struct http_connection *c);

/* Refuses although the body has not ended, and closes.  late: it has not ended in time; else it is
 * too long. */
void http_reply_now(struct http_connection *c, bool late);

/* A refusal on a socket that the library knows nothing of, or has not answered on.  is_head: to
 * a request that takes no body. */
void http_reply_on_socket(int fd, unsigned status, const struct fault *fault, bool is_head);

#endif
