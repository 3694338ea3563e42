/* SPDX-License-Identifier: ISC */
#include "daemon/net/http.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_duplex.h"
#include "daemon/net/http_auth.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_tls.h"
#include "daemon/net/http_stream.h"
#include "daemon/net/channel_log.h"
#include "daemon/net/peers.h"
#include "daemon/session/principal.h"
#include "proto/due.h"

/* What the library keeps of a connection besides the header itself: 64 bytes a
 * field, and the head of the answer. */
#define POOL_MORE_BYTES 2560

/* How long work continues: others are served in between. */
#define WORK_NS INT64_C(2000000)

/* When a connection is looked at after a request: not at once, since most have another soon. */
#define LOOK_NS INT64_C(5000000)

/* And when again at a body in chunks: what comes behind a pause may be what the library has no room
 * for. */
#define LOOK_AGAIN_NS INT64_C(1000000000)

/* How many looks in a row find input of a body before the library counts as having no room. */
#define STUCK_LOOKS 8

/* How long a connection is kept between two requests. */
#define KEEP_ALIVE_NS INT64_C(75000000000)

bool http_is_there(void)
{
    return true;
}

/* ---- Making ------------------------------------------------------------------- */

/* Called before the loop's own report: what became of the request that is being read. */
static void on_channel_event(void *context, uint64_t number, const struct channel_event *event)
{
    struct http *http = context;

    if (http->speaking)
        http_stream_note(http->speaking, event);
    http->env.env->report(http->env.env->report_context, number, event);
}

size_t http_pool_bytes(const struct http *http)
{
    return (size_t)http->env.site->max_header_bytes + POOL_MORE_BYTES;
}

struct http *http_new(const struct http_env *env)
{
    struct http *http = calloc(1, sizeof(*http));

    if (!http)
        return NULL;
    http->env = *env;
    http->channel_env = *env->env;
    http->channel_env.report = on_channel_event;
    http->channel_env.report_context = http;
    if (!http_library_add(http)) {
        http_free(http);
        errno = ENOMEM;
        return NULL;
    }
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    http_drop(http);
    agenda_fini(&http->connections);
    free(http);
}

/* ---- Connections --------------------------------------------------------------- */

static void release(struct http_connection *c)
{
    struct http *http = c->http;

    http_precheck_free(c->precheck);
    http_library_leave(c->instance);
    http_tls_leave(c);
    agenda_remove(&http->connections, c->slot);
    if (c->counted)
        ledger_release_connection(http->env.env->ledger);
    if (c->is_unauthenticated)
        ledger_release_unauthenticated(http->env.env->ledger);
    peers_leave(c->peer);
    principal_release(c->principal);
    free(c);
}

/* The library has taken a socket over, or is about to close it. */
void http_on_connection(void *context, struct MHD_Connection *library, void **connection,
                        enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    struct http_connection *c = *connection;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *connection = http->adopting;
        http->adopting->library = library;
        http->adopting = NULL;
        return;
    }
    if (!c)
        return;
    if (c->exchange.unread)
        http_linger_begin(http, dup(c->fd));
    *connection = NULL;
    release(c);
}

static struct http_connection *make(struct http *http, struct arrival client, uint64_t number)
{
    struct http_connection *c;

    if (agenda_reserve(&http->connections) != 0)
        return NULL;
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->http = http;
    c->fd = client.fd;
    c->peer = client.peer;
    c->principal = principal_hold(client.principal);
    c->failures = client.failures;
    c->number = number;
    c->monitor = client.via == ARRIVAL_MONITOR;
    c->counted = client.via == ARRIVAL_HTTP;
    c->is_unauthenticated = c->counted && !c->principal;
    c->came_ns = c->since_ns = c->timeouts.active_ns = c->timeouts.read_ns = clock_now_ns();
    c->slot = agenda_add(&http->connections, c);
    return c;
}

void http_adopt(struct http *http, struct arrival client, uint64_t number)
{
    struct http_connection *c = make(http, client, number);

    if (!c) {
        log_write(http->env.log, LOG_LEVEL_WARNING, "a connection is dropped: out of memory");
        close(client.fd);
        peers_leave(client.peer);
        if (client.via == ARRIVAL_HTTP)
            ledger_release_connection(http->env.env->ledger);
        if (client.via == ARRIVAL_HTTP && !client.principal)
            ledger_release_unauthenticated(http->env.env->ledger);
        return;
    }
    if (client.tls && http_tls_open(c, &client) != 0) {
        log_write(http->env.log, LOG_LEVEL_WARNING, "a connection is dropped: %s", strerror(errno));
        close(client.fd);
        release(c);
        return;
    }
    if (c->counted)
        stats_connection(http->env.env->stats);
    http_schedule(c, c->since_ns);
    http_precheck_begin(c);
}

void http_let_in(struct http_connection *c)
{
    struct http *http = c->http;
    struct address peer = {.len = sizeof(peer.room)};

    c->instance = http_library_join(http);
    if (!c->instance) {
        log_write(http->env.log, LOG_LEVEL_WARNING, "a connection is dropped: out of memory");
        http_dismiss(c);
        return;
    }
    if (getpeername(c->fd, &peer.any, &peer.len) != 0)
        peer.len = sizeof(struct sockaddr);
    http->adopting = c;
    /* It closes the socket where it fails. */
    if (!http_library_adopt(c->instance, c->fd, &peer)) {
        log_write(http->env.log, LOG_LEVEL_WARNING, "a connection is dropped: out of memory");
        if (http->adopting) {
            http->adopting = NULL;
            release(c);
        }
    }
}

void http_dismiss(struct http_connection *c)
{
    /* What was received and only peeked at: to close with it unread would be a reset. */
    int fd = c->fd;

    (void)!recv(fd, c->http->env.scratch, HTTP_SCRATCH_BYTES, MSG_DONTWAIT);
    release(c); /* its event goes first: once closed, the descriptor is another thread's */
    close(fd);
}

void http_refuse(struct http *http, int fd, const struct fault *fault, bool by_address)
{
    http_reply_on_socket(fd, by_address ? 429 : 503, fault, false);
    http_linger_begin(http, fd);
}

void http_hang_up(struct http_connection *c)
{
    c->exchange.hang_up = true;
    shutdown(c->fd, SHUT_RDWR);
    http_exchange_resume(c);
    http_library_wake(c->instance);
}

/* ---- Time ----------------------------------------------------------------------- */

/* By when the client has to have proved who it is, however many requests it has sent meanwhile that
 * are open to everybody. */
static int64_t proof_due(const struct http_connection *c)
{
    return c->is_unauthenticated ? saturate_add_ns(c->came_ns, c->http->env.limits->auth_timeout_ns)
                                 : DUE_NEVER;
}

bool http_is_to_end(const struct http_connection *c)
{
    return c->http->draining || clock_now_ns() >= proof_due(c);
}

/* When a connection without a request is let go. */
static int64_t rest_due(const struct http_connection *c)
{
    const struct http *http = c->http;
    int64_t idle_ns = http->env.limits->idle_timeout_ns;

    if (!c->used)
        return due_earlier(saturate_add_ns(c->since_ns, http->env.site->header_timeout_ns),
                           proof_due(c));
    if (http->draining)
        return c->since_ns;
    if (!c->looked)
        return due_earlier(saturate_add_ns(c->since_ns, LOOK_NS), proof_due(c));
    if (c->is_unauthenticated)
        return proof_due(c);
    return saturate_add_ns(c->since_ns, idle_ns > 0 ? idle_ns : KEEP_ALIVE_NS);
}

/* What the client is waited for. */
static enum timeouts_for waits_for(const struct http_connection *c)
{
    const struct http_exchange *x = &c->exchange;
    const struct http_duplex *duplex = x->stream ? *http_stream_duplex(x->stream) : NULL;

    if (duplex ? http_duplex_is_waiting(duplex) : x->phase == HTTP_ANSWERING && !x->suspended)
        return TIMEOUTS_FOR_READING;
    if (x->phase == HTTP_BODY && x->stream && http_stream_is_quiet(x->stream))
        return TIMEOUTS_FOR_SENDING;
    return TIMEOUTS_FOR_NOTHING;
}

static int64_t timeout_end(const struct http_connection *c)
{
    return timeouts_end_ns(&c->timeouts, c->http->env.limits, waits_for(c));
}

/* Whether a channel reads the body, which sees to its being complete in time. */
static bool has_reader(const struct http_exchange *x)
{
    if (!x->stream || x->reply || !x->resource || !x->resource->body)
        return false;
    return x->resource == &http_batches_requests || http_stream_refusal(x->stream) == FAULT_NONE;
}

/* When a body that nobody reads, or that is read away, is too late, as it is behind a refusal. */
static int64_t body_due(const struct http_connection *c)
{
    const struct http_exchange *x = &c->exchange;
    int64_t timeout_ns = c->http->env.limits->request_timeout_ns;

    if (x->phase != HTTP_BODY)
        return DUE_NEVER;
    if (timeout_ns == 0 || has_reader(x))
        return proof_due(c);
    return due_earlier(saturate_add_ns(x->begun_ns, timeout_ns), proof_due(c));
}

/* The library reads a body. */
static bool is_read(const struct http_connection *c)
{
    return c->exchange.phase == HTTP_BODY && !c->exchange.suspended;
}

/* When a body that pauses is looked at. */
static int64_t look_due(const struct http_connection *c)
{
    if (!c->looked)
        return saturate_add_ns(c->since_ns, LOOK_NS);
    return c->exchange.is_chunked ? saturate_add_ns(c->since_ns, LOOK_AGAIN_NS) : DUE_NEVER;
}

static int64_t next_due(struct http_connection *c, int64_t now_ns)
{
    const struct http_exchange *x = &c->exchange;
    int64_t due_ns = due_earlier(timeout_end(c), body_due(c));

    if (x->phase == HTTP_IDLE)
        return rest_due(c);
    if (x->phase == HTTP_PROVING)
        return http_auth_due(c);
    if (x->resource && x->resource->next_due)
        due_ns = due_earlier(due_ns, x->resource->next_due(c, now_ns));
    if (is_read(c))
        due_ns = due_earlier(due_ns, look_due(c));
    return due_ns;
}

/* How much the client has read and sent since it connected, where the kernel says. */
static struct tcp_info progress(const struct http_connection *c)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    (void)getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info;
}

bool http_has_input_since(const struct http_connection *c)
{
    uint64_t received = progress(c).tcpi_bytes_received;

    return !c->looked || received == 0 || received != c->received;
}

/* Whether its time-out has expired.  An answer that the library has whole is asked for once,
 * however long it takes to be read: of it what has been taken counts. */
static bool has_timed_out(struct http_connection *c, int64_t now_ns)
{
    uint64_t taken;

    if (now_ns < timeout_end(c))
        return false;
    if (waits_for(c) != TIMEOUTS_FOR_READING || c->exchange.stream || c->exchange.wait)
        return true;
    taken = progress(c).tcpi_bytes_acked;
    if (taken == c->acknowledged)
        return true;
    c->acknowledged = taken;
    c->timeouts.read_ns = now_ns;
    return false;
}

void http_schedule(struct http_connection *c, int64_t now_ns)
{
    agenda_set(&c->http->connections, c->slot, next_due(c, now_ns));
}

/* Whether the client had ended its side along with the last of what it sent, which the library
 * has not seen: it reads by edges, and to less than it has room for there is no more.  Where it
 * leaves a part of a body in chunks it is looked at again. */
static bool has_ended(struct http_connection *c, int64_t now_ns)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    bool is_left = n > 0 && c->exchange.is_chunked;

    c->exchange.n_left = is_left ? c->exchange.n_left + 1 : 0;
    c->since_ns = c->exchange.is_chunked ? now_ns : c->since_ns;
    c->looked = !is_left;
    c->received = progress(c).tcpi_bytes_received;
    return n == 0;
}

/* Whether a connection without a request has come to its end, by time or by its client. */
static bool is_over(struct http_connection *c, int64_t now_ns)
{
    return !c->used || c->looked || c->http->draining || has_ended(c, now_ns);
}

/* Where the library has no room to read it sees no end of the socket; its own clock is left. */
static void let_expire(struct http_connection *c)
{
    MHD_set_connection_option(c->library, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
}

/* From outside of the library's functions, which may not notice a socket that is shut while it
 * has nothing to do with it: who is resumed is read from. */
static void end(struct http_connection *c)
{
    http_hang_up(c);
    if (c->exchange.phase == HTTP_IDLE || c->exchange.phase == HTTP_BODY) {
        MHD_suspend_connection(c->library);
        MHD_resume_connection(c->library);
        let_expire(c);
    }
}

/* One that has refused the request before it began has nothing to do. */
static bool is_resource_due(struct http_connection *c, int64_t now_ns)
{
    const struct http_resource *resource = c->exchange.resource;

    return resource && resource->due && resource->next_due(c, now_ns) <= now_ns;
}

static void end_late(struct http_connection *c)
{
    http_reply_now(c, true);
    end(c);
}

static void end_stuck(struct http_connection *c)
{
    http_malformed_refuse_chunk(c);
    http_hang_up(c);
    let_expire(c);
}

static void do_due(struct http_connection *c, int64_t now_ns)
{
    struct http_exchange *x = &c->exchange;

    if (!c->library) {
        http_dismiss(c);
        return;
    }
    if (x->phase == HTTP_PROVING)
        http_auth_go_on(c, now_ns);
    else if (x->phase == HTTP_IDLE
                 ? is_over(c, now_ns)
                 : has_timed_out(c, now_ns) ||
                       (is_read(c) && now_ns >= look_due(c) && has_ended(c, now_ns)))
        end(c);
    else if (x->n_left >= STUCK_LOOKS)
        end_stuck(c);
    else if (now_ns >= body_due(c))
        end_late(c);
    else if (x->phase == HTTP_IDLE)
        c->looked = true;
    else if (is_resource_due(c, now_ns))
        x->resource->due(c, now_ns);
    if (!x->hang_up)
        http_schedule(c, now_ns);
    else
        agenda_set(&c->http->connections, c->slot, DUE_NEVER);
}

int64_t http_next_due(const struct http *http)
{
    return http->ready ? 0 : agenda_next_due(&http->connections);
}

void http_work(struct http *http, int64_t now_ns)
{
    int64_t until_ns;
    struct http_connection *c;

    http_tls_reap(http);
    if (http->n_libraries == 0)
        return;
    if (http->ready) { /* what has come is read before anybody's input is looked at */
        http_library_run(http);
        now_ns = clock_now_ns();
    }
    until_ns = saturate_add_ns(now_ns, WORK_NS);
    while (now_ns < until_ns && (c = agenda_first_due(&http->connections, now_ns))) {
        do_due(c, now_ns);
        now_ns = clock_now_ns();
    }
    if (http->ready)
        http_library_run(http);
}

/* ---- Orders ---------------------------------------------------------------------- */

bool http_is_empty(const struct http *http)
{
    return slots_used(&http->connections.slots) == 0 && http->n_lingers == 0 && !http->left;
}

static void for_all(struct http *http, void (*order)(struct http_connection *c))
{
    for (uint32_t slot = 0; slot < http->connections.slots.n; slot++)
        if (http->connections.slots.items[slot])
            order(http->connections.slots.items[slot]);
}

static void drain(struct http_connection *c)
{
    if (c->monitor)
        return;
    if (!c->library) {
        http_dismiss(c);
        return;
    }
    if (c->exchange.phase == HTTP_IDLE)
        http_hang_up(c);
    else if (c->exchange.stream)
        http_stream_drain(c->exchange.stream);
    http_schedule(c, clock_now_ns());
}

void http_drain(struct http *http)
{
    http->draining = true;
    for_all(http, drain);
}

static void cancel(struct http_connection *c)
{
    const struct http_resource *resource = c->exchange.resource;
    int64_t now_ns = clock_now_ns();

    if (c->exchange.phase == HTTP_IDLE)
        return;
    if (resource && resource->cancel)
        resource->cancel(c, now_ns);
    http_schedule(c, now_ns);
}

void http_cancel(struct http *http)
{
    http->cancelling = true;
    for_all(http, cancel);
}

static void drop(struct http_connection *c)
{
    if (c->library)
        http_hang_up(c);
    else
        http_dismiss(c);
}

void http_drop(struct http *http)
{
    http_linger_drop_all(http);
    for_all(http, drop);
    http_library_stop_all(http);
    http_tls_drop_all(http);
}

static void change_limits(struct http_connection *c)
{
    if (c->exchange.stream)
        http_stream_limits_changed(c->exchange.stream);
    http_schedule(c, clock_now_ns());
}

void http_limits_changed(struct http *http)
{
    for_all(http, change_limits);
}
