/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_INTERNAL_H
#define WAITD_HTTP_INTERNAL_H

/*
 * HTTP on a loop, shared by the files that make it up:
 *
 *     http.c             connections, and what is due
 *     http_library.c     its instances
 *     http_precheck.c    the head of a connection's first request, before the library sees it
 *     http_syntax.c      whether a head is well-formed
 *     http_malformed.c   what the library finds malformed
 *     http_exchange.c    a request and its answer: the library's callbacks
 *     http_head.c        what a request's head says, and whether it may be served
 *     http_routes.c      paths and their resources
 *     http_auth.c        who sends a request
 *     http_tls.c         connections by TLS
 *     http_reply.c       short answers
 *     http_query.c       parameters behind the `?`
 *     http_monitor.c     /metrics, /healthz, /readyz, /v1/stats
 *     http_batches.c     /v1/batches, /v1/forecast and /v1/requests
 *     http_detached.c        detached batches, under /v1/batches
 *     http_stream.c      a channel behind an exchange
 *     http_frames.c      its lines as server-sent events
 *     http_duplex.c      an answer that is written past the library
 *     http_wait.c        /wait
 *     http_services.c    the workers and counters that all loops' /wait share
 *     http_page.c        the page
 *     http_linger.c      the end of a socket with something unread in it
 *
 * An exchange is in one after another of these phases:
 *
 *     IDLE ──► PROVING ──► BODY ──► PENDING ──► ANSWERING ──► IDLE
 *
 *     IDLE       no request, or its head is not complete
 *     PROVING    its head is, and it is being found out who sends it
 *     BODY       its head is: what is refused is known, the body is read
 *     PENDING    the request is complete and its answer is not
 *     ANSWERING  the library has the answer
 *
 * and the library is suspended (it neither reads nor writes) whenever there is
 * nothing that it could do: http_exchange_suspend(), http_exchange_resume().
 */

#include <event2/event.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/auth/gate.h"
#include "daemon/base/log.h"
#include "daemon/net/http.h"
#include "daemon/net/http_head.h"
#include "daemon/net/http_query.h"
#include "daemon/net/timeouts.h"
#include "daemon/session/agenda.h"
#include "proto/address.h"
#include "proto/fault.h"

struct http_auth;
struct http_connection;
struct http_precheck;
struct http_detached;
struct http_library;
struct http_linger;
struct http_stream;
struct http_tls;
struct http_wait;

enum http_phase { HTTP_IDLE, HTTP_PROVING, HTTP_BODY, HTTP_PENDING, HTTP_ANSWERING };

/* What answers for a path.  Each may be NULL. */
struct http_resource {
    /* What stands behind the `?`; all else is refused, but for what is no API: browsers and
     * monitors have words of their own there. */
    struct http_parameters parameters;
    /* The head is complete and allowed; rest: the path behind the resource's own,
     * values: of its parameters, until begin() returns.  May refuse (http_reply_*()). */
    void (*begin)(struct http_connection *c, const char *rest, const char *const *values,
                  const struct http_head *head);
    /* A piece of the body.  How much of it is used up; the rest is offered again.
     * NULL: it is read away. */
    size_t (*body)(struct http_connection *c, const char *bytes, size_t len);
    /* The request is complete: gives an answer (http_reply_*()), or suspends the
     * exchange and is called again once it is resumed. */
    void (*end)(struct http_connection *c);
    /* The time of next_due() is past. */
    void (*due)(struct http_connection *c, int64_t now_ns);
    /* When it wants to be called so; DUE_NEVER for never.  The client's slowness is looked
     * after by http.c. */
    int64_t (*next_due)(struct http_connection *c, int64_t now_ns);
    /* The daemon cancels what runs. */
    void (*cancel)(struct http_connection *c, int64_t now_ns);
};

struct http_exchange {
    enum http_phase phase;
    bool suspended;
    bool pausing;  /* suspended, of which the library is still to be informed */
    bool bad_path; /* there is a NUL in it */
    bool bad_head; /* malformed, so that nothing behind it is read */
    bool hang_up;  /* to be closed without a word */
    bool unread;   /* closes with a part of the body unread */
    bool has_body;
    bool is_head;      /* its answer has no body */
    bool is_opened;    /* its request line has come */
    bool is_chunked;   /* its body comes in chunks */
    unsigned n_left;   /* looks in a row that found a part of the body which the library leaves */
    bool cross_origin; /* by a page of others that is allowed */
    bool any_origin;   /* any page may read its answer */
    bool is_http10;
    unsigned status;            /* of the reply */
    struct MHD_Response *reply; /* to be given to the library once the body has ended */
    const struct http_resource *resource;
    char *query;     /* until the head is complete */
    char *authority; /* of a target in absolute form, likewise; both owned */
    size_t path_at;  /* where the path begins in the target */
    uint64_t body;   /* bytes that came */
    size_t uri_bytes;
    int64_t begun_ns;
    struct http_auth *auth;         /* of a request that proves who sends it, or NULL */
    bool is_refused;                /* for want of that */
    struct http_stream *stream;     /* of /v1, or NULL */
    struct http_wait *wait;         /* of /wait, or NULL */
    char *key;                      /* `Idempotency-Key`, which the stream borrows; owned */
    bool watches;                   /* a batch that was detached, by ?watch */
    struct http_detached *detached; /* of /v1/batches, or NULL */
};

struct http_connection {
    struct http *http;
    struct MHD_Connection *library; /* NULL during the precheck */
    struct http_library *instance;  /* that has it, likewise */
    struct http_precheck *precheck; /* in progress, or NULL; owned */
    struct peer *peer;              /* that it has joined, or NULL */
    struct address served;          /* ours; of length 0 until it is asked for */
    struct principal *principal;    /* who its client is; held, NULL where each request proves it */
    struct failures *failures;      /* of its peer to prove it, then */
    struct http_connection *next_pausing;
    struct http_tls *tls; /* NULL for plain text */
    uint64_t number;
    int fd;
    uint32_t slot;
    bool monitor;            /* of a socket for those who watch alone */
    bool counted;            /* among the daemon's connections */
    bool is_unauthenticated; /* and among those who have to prove who they are */
    bool looked;             /* at whether it goes on, since its last request */
    bool used;               /* has had a request */
    int64_t came_ns;         /* when it came */
    int64_t since_ns;        /* when it came, its last request ended, or a piece of a body came */
    struct timeouts timeouts;
    uint64_t acknowledged; /* bytes, when the time-out last expired */
    uint64_t received;     /* bytes, when it was looked at */
    struct http_exchange exchange;
};

struct http {
    struct http_env env;
    struct channel_env channel_env;  /* the loop's, reporting to http.c first */
    struct http_stream *speaking;    /* whose channel is being called */
    struct http_library **libraries; /* owned */
    unsigned n_libraries;
    struct agenda connections;        /* with when each is due */
    struct http_connection *adopting; /* that the library is being handed */
    struct http_connection *pausing;
    struct http_linger *lingers;
    struct http_tls *left; /* by connections that are gone */
    unsigned n_lingers;
    bool ready; /* the library has something to do */
    bool draining, cancelling;
};

/* ---- http.c ---------------------------------------------------------------- */

/* Computes again when the connection is due. */
void http_schedule(struct http_connection *c, int64_t now_ns);

/* Ends it from our side: the library is notified that it is over. */
void http_hang_up(struct http_connection *c);

/* Whether it closes behind the next answer: the daemon drains, or the client has not proved in time
 * who it is. */
bool http_is_to_end(const struct http_connection *c);

/* Whether the client has sent anything since it was looked at; true where that is not known. */
bool http_has_input_since(const struct http_connection *c);

/* From the precheck: hands it to the library; or closes its socket and frees it. */
void http_let_in(struct http_connection *c);
void http_dismiss(struct http_connection *c);

/* The library's memory of each connection. */
size_t http_pool_bytes(const struct http *http);

/* The library has a socket, or is about to close it: its callback. */
void http_on_connection(void *context, struct MHD_Connection *library, void **connection,
                        enum MHD_ConnectionNotificationCode what);

/* ---- http_library.c -------------------------------------------------------- */

/* One more instance; false when out of memory. */
bool http_library_add(struct http *http);

/* Takes a place in an instance that has room, for one connection; NULL when out of memory.  And
 * gives it back; NULL is fine. */
struct http_library *http_library_join(struct http *http);
void http_library_leave(struct http_library *library);

/* Hands it a socket, which it closes in any case in the end; false if at once. */
bool http_library_adopt(struct http_library *library, int fd, const struct address *peer);

/* It has something to do; what has is run; all are stopped. */
void http_library_wake(struct http_library *library);
void http_library_run(struct http *http);
void http_library_stop_all(struct http *http);

/* ---- http_precheck.c ------------------------------------------------------- */

/* Lets the connection in, at once or once the head of its first request was received.  Frees it if
 * it is refused or disconnects. */
void http_precheck_begin(struct http_connection *c);
void http_precheck_free(struct http_precheck *precheck); /* NULL is fine */

/* ---- http_malformed.c ------------------------------------------------------ */

/* The library is about to refuse a request that it is reading, of one of its connections, with a
 * status and a page: refuses it in its place. */
void http_malformed_refuse(struct http *http, const struct http_library *library, unsigned status,
                           const char *page);

/* The library leaves a part of the body unread, and would neither read on nor refuse it (0.9.75):
 * refuses it, before the connection is ended. */
void http_malformed_refuse_chunk(struct http_connection *c);

/* ---- http_exchange.c ------------------------------------------------------- */

/* The library's callbacks: the raw request line; the head, pieces of the body, and
 * the end of a request; and that its answer is out, or never will be. */
void *http_exchange_open(void *context, const char *uri, struct MHD_Connection *library);
enum MHD_Result http_exchange_read(void *context, struct MHD_Connection *library, const char *url,
                                   const char *method, const char *version, const char *piece,
                                   size_t *piece_len, void **exchange);
void http_exchange_close(void *context, struct MHD_Connection *library, void **exchange,
                         enum MHD_RequestTerminationCode how);

/* From a resource's functions: the library does nothing until it is resumed. */
void http_exchange_suspend(struct http_connection *c);
void http_exchange_resume(struct http_connection *c);

/* Informs the library of those whose answer waits, behind each run of it: one suspended within
 * its callback is read from when it is resumed, and dropped where that finds the client's
 * half-close. */
void http_exchange_pause_all(struct http *http);

/* ---- http_linger.c --------------------------------------------------------- */

/* Shuts our side and reads the other away until it ends, for a few seconds at most,
 * so that no reset destroys what was sent last.  Takes fd over. */
void http_linger_begin(struct http *http, int fd);
void http_linger_drop_all(struct http *http);

/* ---- The resources --------------------------------------------------------- */

extern const struct http_resource http_monitor_metrics, http_monitor_healthz, http_monitor_readyz,
    http_monitor_stats, http_batches_submit, http_batches_requests, http_batches_forecast,
    http_detached_list, http_detached_one, http_detached_delete, http_detached_events,
    http_detached_job, http_page_resource, http_wait_resource;

#endif
