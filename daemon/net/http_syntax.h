/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_SYNTAX_H
#define WAITD_HTTP_SYNTAX_H

/*
 * Whether the head of a request is well-formed: RFC 9112, sections 2 to 5, and of fields
 * Content-Length (RFC 9110, section 8.6), as far as the program that reads the head afterwards
 * would answer otherwise than the protocol has it.  Lines may end in LF alone.
 *
 *     head  = *empty-line method SP target SP "HTTP/1." DIGIT line-end
 *             *(name ":" value line-end) line-end
 *
 * Pure: bytes in, a status out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/fault.h"

/* What keeping a well-formed head takes. */
struct http_syntax_size {
    size_t bytes;   /* from the first to the empty line */
    size_t entries; /* fields, members of the query and cookies, at most */
    size_t cookies; /* bytes of `Cookie` */
};

/* In place of a status. */
enum { HTTP_SYNTAX_WELL = 0, HTTP_SYNTAX_MORE = 1 };

/*
 * Checks what was received of a head, with anything behind it: HTTP_SYNTAX_WELL, HTTP_SYNTAX_MORE
 * where the end of the head is not there yet, else the status to refuse it with (400, 413, 431
 * or 505) and why in *fault.  *size is of the head, or of what was received of it.
 */
unsigned http_syntax_check(const char *bytes, size_t len, size_t max_bytes,
                           struct http_syntax_size *size, struct fault *fault);

/* Whether all of it is a token, as methods and the names of fields are (RFC 9110, section 5.6.2).
 */
bool http_syntax_is_token(const char *text);

/* Whether it has no control character but tabs, as the values of fields. */
bool http_syntax_is_text(const char *text);

#endif
