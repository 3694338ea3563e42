/* SPDX-License-Identifier: ISC */

/*
 * The precheck: a connection is handed to the library once the head of its first request is there
 * and well-formed.  What the library refuses by itself it refuses with a page of HTML, some of
 * it with two answers in one, and some silently (0.9.75); it cannot be configured otherwise.
 * The head is only peeked at and stays in the socket.  Later requests of a connection go
 * straight to the library, which has often read them by the time that it has answered the first:
 * see http_malformed.c.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_syntax.h"

/* What the library keeps of each field, and what else it may need. */
#define ENTRY_BYTES 64
#define SPARE_BYTES 256

struct http_precheck {
    struct event *event; /* more was received: by edges, since what is there stays there */
};

static struct http_precheck *make(struct http_connection *c, event_callback_fn on_input)
{
    struct http_precheck *precheck = calloc(1, sizeof(*precheck));

    if (!precheck)
        return NULL;
    precheck->event =
        event_new(c->http->env.base, c->fd, EV_READ | EV_PERSIST | EV_ET, on_input, c);
    if (precheck->event && event_add(precheck->event, NULL) == 0)
        return precheck;
    http_precheck_free(precheck);
    return NULL;
}

void http_precheck_free(struct http_precheck *precheck)
{
    if (!precheck)
        return;
    if (precheck->event)
        event_free(precheck->event);
    free(precheck);
}

/* Whether the library has the memory for it: a read buffer, at first of half of it and grown by
 * a sixteenth at most, an entry for each that there is, and a copy of the cookies. */
static bool fits(const struct http_connection *c, const struct http_syntax_size *size)
{
    size_t all = http_pool_bytes(c->http), buffer = size->bytes + all / 16;

    if (buffer < all / 2)
        buffer = all / 2;
    return buffer + size->entries * ENTRY_BYTES + size->cookies + SPARE_BYTES <= all;
}

/* Whether all that the client will ever send is there. */
static bool has_ended(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLRDHUP};

    return poll(&state, 1, 0) > 0 && state.revents;
}

enum verdict { LET_IN, WAIT, REFUSE, CLOSE };

static enum verdict judge(struct http_connection *c, unsigned *status, struct fault *fault)
{
    const struct http_env *env = &c->http->env;
    size_t max = (size_t)env->site->max_header_bytes;
    struct http_syntax_size size;
    ssize_t n = recv(c->fd, env->scratch, HTTP_SCRATCH_BYTES, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? WAIT : CLOSE;
    if (n == 0)
        return CLOSE;
    *status = http_syntax_check(env->scratch, (size_t)n, max, &size, fault);
    if (*status <= HTTP_SYNTAX_MORE && !fits(c, &size)) {
        *status = 431;
        (void)fault_set(fault, FAULT_TOO_LARGE, 0,
                        "the head has more fields than it may have (http-max-header)");
    }
    if (*status > HTTP_SYNTAX_MORE)
        return REFUSE;
    /* Of a limit above what can be seen at once the library judges. */
    return *status == HTTP_SYNTAX_WELL || n == HTTP_SCRATCH_BYTES ? LET_IN : WAIT;
}

/* The end may have come along with the beginning, and is reported once: but what was sent before
 * it may have come since the first look. */
static enum verdict judge_end(struct http_connection *c, unsigned *status, struct fault *fault)
{
    enum verdict verdict = judge(c, status, fault);

    if (verdict != WAIT || !has_ended(c->fd))
        return verdict;
    verdict = judge(c, status, fault);
    return verdict == WAIT ? CLOSE : verdict;
}

static void refuse(struct http_connection *c, unsigned status, const struct fault *fault)
{
    bool is_head = strncmp(c->http->env.scratch, "HEAD ", 5) == 0;

    stats_refused(c->http->env.env->stats, fault->code);
    http_reply_on_socket(c->fd, status, fault, is_head);
    http_linger_begin(c->http, dup(c->fd));
    http_dismiss(c);
}

static void look(struct http_connection *c);

static void on_input(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    look(context);
}

static void look(struct http_connection *c)
{
    struct fault fault = {0};
    unsigned status;

    switch (judge_end(c, &status, &fault)) {
    case LET_IN:
        http_precheck_free(c->precheck);
        c->precheck = NULL;
        http_let_in(c);
        break;
    case WAIT:
        if (!c->precheck && !(c->precheck = make(c, on_input)))
            http_dismiss(c);
        break;
    case REFUSE:
        refuse(c, status, &fault);
        break;
    case CLOSE:
        http_dismiss(c);
        break;
    }
}

void http_precheck_begin(struct http_connection *c)
{
    look(c);
}
