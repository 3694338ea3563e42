/* SPDX-License-Identifier: ISC */

/* A request and its answer: what the library calls as they go by. */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_auth.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_detached.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_routes.h"
#include "daemon/net/http_stream.h"
#include "daemon/net/http_syntax.h"
#include "daemon/net/http_wait.h"

/* The connection that an exchange is of. */
static struct http_connection *connection_of(struct http_exchange *x)
{
    return (struct http_connection *)((char *)x - offsetof(struct http_connection, exchange));
}

void http_exchange_suspend(struct http_connection *c)
{
    if (c->exchange.suspended)
        return;
    c->exchange.suspended = true;
    if (c->exchange.phase == HTTP_PENDING || c->exchange.phase == HTTP_PROVING) {
        c->exchange.pausing = true;
        c->next_pausing = c->http->pausing;
        c->http->pausing = c;
    } else {
        MHD_suspend_connection(c->library);
    }
}

static void forget_pausing(struct http_connection *c)
{
    struct http_connection **link = &c->http->pausing;

    while (*link && *link != c)
        link = &(*link)->next_pausing;
    if (*link)
        *link = c->next_pausing;
    c->exchange.pausing = false;
}

void http_exchange_pause_all(struct http *http)
{
    struct http_connection *c;

    while ((c = http->pausing) != NULL) {
        http->pausing = c->next_pausing;
        c->exchange.pausing = false;
        MHD_suspend_connection(c->library);
    }
}

void http_exchange_resume(struct http_connection *c)
{
    if (!c->exchange.suspended)
        return;
    c->exchange.suspended = false;
    c->timeouts.read_ns = clock_now_ns(); /* what there is to send begins to wait */
    if (c->exchange.pausing)
        forget_pausing(c);
    else
        MHD_resume_connection(c->library);
    http_library_wake(c->instance);
}

/* ---- The head ------------------------------------------------------------------- */

void *http_exchange_open(void *context, const char *uri, struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *c = info->socket_context;
    struct http_exchange *x = &c->exchange;
    size_t path = strcspn(uri, "?");
    const char *nul = strstr(uri, "%00"), *authority = NULL;

    (void)context;
    memset(x, 0, sizeof(*x));
    x->is_opened = true;
    x->bad_path = nul && nul < uri + path;
    x->bad_head = strpbrk(uri, " \t") != NULL || !http_syntax_is_text(uri);
    x->uri_bytes = strlen(uri);
    if (uri[path] == '?')
        x->query = strdup(uri + path + 1);
    x->path_at = http_head_authority(uri, &authority);
    if (authority)
        x->authority = strndup(authority, x->path_at - (size_t)(authority - uri));
    x->hang_up = authority && !x->authority;
    return x;
}

static enum MHD_Result add_field(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    http_head_add(context, name, value);
    return MHD_YES;
}

/* The body is longer than any request may be, and says so. */
static bool is_announced_too_long(const struct http_connection *c, const struct http_head *head)
{
    return head->has_length && head->length > c->http->env.limits->max_request;
}

/* Where a head is malformed its end may be another one to others: the connection ends with it. */
static void refuse_malformed(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;

    http_reply_refuse(c, 400, FAULT_INVALID_REQUEST, "the head of the request is malformed");
    if (x->reply && !MHD_get_response_header(x->reply, "Connection"))
        MHD_add_response_header(x->reply, "Connection", "close");
    x->unread = true;
}

/* Lets the head in, or refuses it as a whole.  False where it has to be found out first who
 * sends it. */
static bool enter(struct http_connection *c, const char *url, const struct http_head *head)
{
    struct http_exchange *x = &c->exchange;
    size_t line = strlen(head->method) + x->uri_bytes + strlen("  HTTP/1.1\r\n");

    if (line + head->bytes + strlen("\r\n") > c->http->env.site->max_header_bytes)
        http_reply_refuse(c, 431, FAULT_TOO_LARGE,
                          "the head is longer than it may be (http-max-header)");
    else if (x->bad_head)
        refuse_malformed(c);
    else if (!http_head_is_framed(head))
        http_reply_refuse(c, 400, FAULT_INVALID_REQUEST,
                          "the body takes one \"Content-Length\", or \"Transfer-Encoding\": "
                          "chunked alone");
    else if (head->repeated)
        http_reply_refuse(c, 400, FAULT_INVALID_REQUEST, "\"%s\" is there twice, and not the same",
                          head->repeated);
    else
        return http_routes_enter(c, x->bad_path ? NULL : url, head);
    return true;
}

static void forget_target(struct http_exchange *x)
{
    free(x->query);
    free(x->authority);
    x->query = x->authority = NULL;
}

/* What the head says decides what answers.  Returns whether to answer at once, with the
 * body unread. */
static bool begin(struct http_connection *c, const char *url, struct http_head *head)
{
    struct http_exchange *x = &c->exchange;

    x->has_body = http_head_has_body(head);
    x->is_chunked = head->is_chunked;
    x->is_head = strcmp(head->method, "HEAD") == 0;
    x->bad_head |= head->is_malformed || !http_syntax_is_token(head->method);
    if (x->authority)
        head->host = x->authority;
    url += x->path_at;
    if (!enter(c, x->path_at > 0 && !*url ? "/" : url, head))
        return false;
    x->phase = HTTP_BODY;
    forget_target(x);
    if (!x->has_body || !x->reply)
        return false;
    return x->is_refused || x->bad_head || http_head_expects_continue(head) ||
           !http_head_is_expectation_met(head) || is_announced_too_long(c, head) ||
           !http_head_is_framed(head);
}

static bool read_head(struct http_connection *c, const char *url, const char *method,
                      const char *version)
{
    struct http_head head = {.method = method, .is_http10 = strcmp(version, "HTTP/1.0") == 0};
    bool at_once;

    c->used = true;
    c->exchange.phase = HTTP_PROVING; /* until it is let in */
    c->exchange.begun_ns = c->since_ns = clock_now_ns();
    c->looked = false;
    MHD_get_connection_values(c->library, MHD_HEADER_KIND, add_field, &head);
    at_once = begin(c, url, &head);
    http_head_free(&head);
    return at_once;
}

/* ---- The body ------------------------------------------------------------------- */

/* Hands a piece on.  What nobody wants is read away, so that the answer is read, but
 * no more than a request may have. */
static void read_piece(struct http_connection *c, const char *piece, size_t *piece_len)
{
    struct http_exchange *x = &c->exchange;
    size_t used = *piece_len;

    if (x->suspended)
        return;
    if (x->reply || !x->resource->body) {
        if (x->body > (x->is_refused ? c->http->env.limits->max_auth_bytes
                                     : c->http->env.limits->max_request))
            http_reply_now(c, false);
    } else {
        used = x->resource->body(c, piece, *piece_len);
    }
    x->body += used;
    x->n_left = 0;
    c->since_ns = clock_now_ns();
    c->looked = false;
    stats_bytes(c->http->env.env->stats, used, 0);
    *piece_len -= used;
    if (*piece_len > 0 && !x->hang_up)
        http_exchange_suspend(c);
}

static void end(struct http_connection *c)
{
    struct http_exchange *x = &c->exchange;

    if (x->suspended)
        return;
    x->phase = HTTP_PENDING;
    if (!x->reply)
        x->resource->end(c);
    if (x->reply) {
        x->phase = HTTP_ANSWERING;
        http_reply_give(c);
    }
}

enum MHD_Result http_exchange_read(void *context, struct MHD_Connection *library, const char *url,
                                   const char *method, const char *version, const char *piece,
                                   size_t *piece_len, void **exchange)
{
    struct http_exchange *x = *exchange;
    struct http_connection *c = connection_of(x);

    (void)context;
    (void)library;
    if (x->hang_up)
        return MHD_NO;
    if (x->phase == HTTP_PROVING && !x->suspended)
        (void)read_head(c, url, method, version); /* and goes on with what came of the body */
    if (x->phase == HTTP_PROVING) {
        /* it is still being found out */
    } else if (x->phase == HTTP_IDLE) {
        if (read_head(c, url, method, version)) {
            x->unread = true;
            x->phase = HTTP_ANSWERING;
            http_reply_give(c);
        }
    } else if (*piece_len > 0) {
        read_piece(c, piece, piece_len);
    } else {
        end(c);
    }
    if (!x->hang_up)
        http_schedule(c, clock_now_ns());
    return x->hang_up ? MHD_NO : MHD_YES;
}

/* ---- The end -------------------------------------------------------------------- */

void http_exchange_close(void *context, struct MHD_Connection *library, void **exchange,
                         enum MHD_RequestTerminationCode how)
{
    struct http_exchange *x = *exchange;
    struct http_connection *c;
    bool unread;

    (void)context;
    (void)library;
    (void)how;
    if (!x)
        return;
    c = connection_of(x);
    unread = x->unread;
    if (x->pausing)
        forget_pausing(c);
    forget_target(x);
    if (x->reply)
        MHD_destroy_response(x->reply);
    http_stream_free(x->stream);
    http_auth_free(x->auth);
    free(x->key);
    http_wait_free(x->wait);
    http_detached_free(x->detached);
    memset(x, 0, sizeof(*x));
    x->unread = unread;
    c->since_ns = clock_now_ns();
    c->looked = false;
    http_schedule(c, c->since_ns);
}
