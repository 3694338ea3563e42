/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_HEAD_H
#define WAITD_HTTP_HEAD_H

/*
 * What a request's head says, and whether it may be served: browsers are dangerous
 * clients, since a page anywhere can have them send requests to this machine.  So
 * the request must name a host that is served here (else a name that an attacker
 * points here would do), must not be of a page of others, and must have a
 * type of content that a form cannot send.  RFC 9110; fetch.spec.whatwg.org for
 * `Origin` and the preflight.
 *
 * Pure: texts in, a status out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/request.h"

/* How much `Accept` wants a type: its quality by the range that names it most exactly. */
struct http_preference {
    int exact;        /* 0 by no range, 1 by any, 2 by its kind, 3 by name */
    unsigned quality; /* in thousandths */
};

enum { HTTP_HEAD_COPIES_MAX = 8 };

/* Header fields that matter, NULL where they are absent.  Borrowed, but for the copies. */
struct http_head {
    const char *method;
    bool is_http10;
    unsigned hosts; /* how many `Host` fields */
    const char *host, *origin, *content_type, *expect, *preflight, *authorization, *idempotency_key,
        *last_event_id;
    const char *repeated; /* the name of one that is there twice, and not the same; or NULL */
    struct http_preference events, lines; /* by all of `Accept` so far */
    char *copies[HTTP_HEAD_COPIES_MAX];   /* of values, less the blanks behind them; owned */
    unsigned n_copies;
    bool has_length, is_chunked;
    bool is_ambiguous; /* where the body ends, see http_head_is_framed() */
    bool is_malformed; /* a name or a value: http_syntax_is_token(), http_syntax_is_text() */
    uint64_t length;   /* of the body as announced */
    size_t bytes;      /* of all fields */
};

/* Takes one field in.  Blanks behind its value are no part of it (RFC 9112, section 5), but the
 * library (0.9.75) leaves them there. */
void http_head_add(struct http_head *head, const char *name, const char *value);

/* Releases the copies. */
void http_head_free(struct http_head *head);

/*
 * Whether it is clear where the body ends: by one `Content-Length`, or in chunks and nothing
 * besides.  A program between might take another end for it (RFC 9112, section 11.2).
 */
bool http_head_is_framed(const struct http_head *head);

/*
 * Where a target is in absolute form, as for a proxy (RFC 9112, section 3.2.2): the length of
 * its scheme and authority, with *authority where that begins.  Its path is behind them, and its
 * authority prevails over `Host`.  0 in any other form.
 */
size_t http_head_authority(const char *target, const char **authority);

/* Whether it has a body. */
bool http_head_has_body(const struct http_head *head);

/*
 * Whether `Host` names one that is served: the address itself, `localhost`, or one
 * of names; any on a Unix socket.  0, else the status to refuse it with: 400 for a
 * missing one in HTTP/1.1 or several, 421 for one that is not served.
 */
unsigned http_head_check_host(const struct http_head *head, const struct address *served,
                              char *const *names, unsigned n_names);

/* The origin of a request: no page at all or a page of this very host, a page
 * that is allowed, or another.  by_tls: a page of this host has the scheme https, else http. */
enum http_origin { HTTP_ORIGIN_OWN, HTTP_ORIGIN_ALLOWED, HTTP_ORIGIN_FOREIGN };
enum http_origin http_head_origin(const struct http_head *head, bool by_tls, char *const *allowed,
                                  unsigned n_allowed);

/* Whether a browser asks by it if a page may send a request of another kind. */
bool http_head_is_preflight(const struct http_head *head);

/* Whether the content is of a type that holds requests: application/json or
 * application/x-ndjson. */
bool http_head_is_json(const struct http_head *head);

/*
 * Reads `Idempotency-Key`: what is between double quotes, as its draft has it (a string
 * of RFC 9651, section 3.3.3, but of any UTF-8), or the whole text, which has none in it
 * then.  Writes it with a NUL.  False where it is not 1 to REQUEST_KEY_MAX bytes, or not
 * UTF-8.
 */
bool http_head_read_key(const char *text, char key[REQUEST_KEY_MAX + 1]);

/* Whether `Expect` is absent or one that is met. */
bool http_head_expects_continue(const struct http_head *head);
bool http_head_is_expectation_met(const struct http_head *head);

/* Whether `Accept` prefers server-sent events to lines of JSON: by quality, and of
 * equal ones if only events are named. */
bool http_head_prefers_events(const struct http_head *head);

#endif
