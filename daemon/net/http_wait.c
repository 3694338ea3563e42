/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_wait.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_services.h"
#include "daemon/net/http_wait_read.h"
#include "proto/due.h"
#include "proto/duration.h"

struct http_wait {
    struct http_connection *c;
    struct http_wait_spec spec;
    bool drawn;
    bool fails;
    int64_t queued_ns, length_ns;
    int64_t start_ns; /* when the wait began, behind any queue */
    uint64_t sent;    /* bytes of the body */
};

void http_wait_free(struct http_wait *wait)
{
    if (!wait)
        return;
    free(wait->spec.values);
    free(wait);
}

/* A page anywhere may read the fields that say how long it took, too. */
static void expose(const struct http_connection *c, struct MHD_Response *response)
{
    if (MHD_lookup_connection_value(c->library, MHD_HEADER_KIND, "Origin"))
        MHD_add_response_header(response, "Access-Control-Expose-Headers",
                                "X-Waitd-Waited, X-Waitd-Queued");
}

/* What a browser asks before it sends another page's request (fetch.spec.whatwg.org): whatever
 * it is, it may come. */
static void answer_preflight(struct http_connection *c)
{
    struct MHD_Response *reply = http_reply_without_body();

    if (reply) {
        MHD_add_response_header(reply, "Access-Control-Allow-Methods", "*");
        MHD_add_response_header(reply, "Access-Control-Allow-Headers", "*, Authorization");
        MHD_add_response_header(reply, "Access-Control-Max-Age", "600");
    }
    http_reply(c, 204, reply);
}

static void begin(struct http_connection *c, const char *rest, const char *const *values,
                  const struct http_head *head)
{
    struct http_exchange *x = &c->exchange;
    struct fault fault = {0};
    struct http_wait *wait;

    if (http_head_is_preflight(head)) {
        answer_preflight(c);
        return;
    }
    wait = calloc(1, sizeof(*wait));
    if (!wait) {
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
        return;
    }
    wait->c = c;
    x->wait = wait;
    x->is_http10 = head->is_http10;
    if (!http_wait_read(&wait->spec, rest, values, c->http->env.limits->max_wait_ns,
                        c->http->env.site->services, &fault))
        http_reply_fault(c, http_reply_status(fault.code), &fault);
}

/* Any body, of any length. */
static size_t read_away(struct http_connection *c, const char *bytes, size_t len)
{
    (void)c;
    (void)bytes;
    return len;
}

/* ---- When ----------------------------------------------------------------------- */

/* As job n, attempt 1, step 0 of a batch of that seed would. */
static int64_t draw(struct http_wait *wait, uint32_t n, int64_t max_ns)
{
    const struct http_wait_spec *spec = &wait->spec;
    struct draw_key key = {.seed = spec->seed, .job = n, .attempt = 1, .step = 0};

    wait->fails = spec->fail_below > 0 && (spec->fail_below == PLAN_FAIL_ALWAYS ||
                                           draw_bits(&key, DRAW_FAIL) < spec->fail_below);
    if (spec->length.kind == DIST_TRACE)
        return spec->values[n % (uint64_t)spec->length.b_ns];
    return draw_length(NULL, &spec->length, &key, max_ns);
}

static bool decide(struct http_wait *wait, int64_t now_ns)
{
    const struct http_env *env = &wait->c->http->env;
    struct http_services *services = env->site->services;
    const struct http_wait_spec *spec = &wait->spec;
    uint32_t n = (uint32_t)spec->n;
    bool draws = spec->length.kind != DIST_CONSTANT || spec->fail_below > 0;

    if (spec->n < 0 && draws && !http_services_count(services, spec->seed, &n))
        return false;
    wait->length_ns = draw(wait, n, env->limits->max_wait_ns);
    wait->start_ns =
        spec->pool < 0 ? now_ns : http_services_take(services, spec->pool, now_ns, wait->length_ns);
    wait->queued_ns = wait->start_ns - now_ns;
    wait->drawn = true;
    return true;
}

/* When chunk j (from 1) is due. */
static int64_t chunk_due(const struct http_wait *wait, uint64_t j)
{
    int64_t after_ns =
        (int64_t)((__int128)wait->length_ns * (__int128)j / (__int128)wait->spec.chunks);

    return saturate_add_ns(wait->start_ns, after_ns);
}

/* Where chunk j ends. */
static uint64_t chunk_end(const struct http_wait *wait, uint64_t j)
{
    return (uint64_t)((__int128)wait->spec.bytes * (__int128)j / (__int128)wait->spec.chunks);
}

/* The chunk that is to be sent, from 1; one beyond the last at the end. */
static uint64_t next_chunk(const struct http_wait *wait)
{
    uint64_t j = wait->spec.bytes == 0
                     ? 1
                     : (uint64_t)((__int128)wait->sent * (__int128)wait->spec.chunks /
                                  (__int128)wait->spec.bytes) +
                           1;

    while (j > 1 && chunk_end(wait, j - 1) > wait->sent)
        j--;
    while (j <= wait->spec.chunks && chunk_end(wait, j) <= wait->sent && wait->spec.bytes > 0)
        j++;
    return j;
}

/* ---- The answer ----------------------------------------------------------------- */

static ssize_t read_body(void *context, uint64_t at, char *out, size_t room)
{
    struct http_wait *wait = context;
    uint64_t j, left;

    (void)at;
    wait->c->timeouts.read_ns = clock_now_ns();
    if (wait->sent == wait->spec.bytes)
        return MHD_CONTENT_READER_END_OF_STREAM;
    j = next_chunk(wait);
    if (chunk_due(wait, j) > clock_now_ns() && !wait->c->http->cancelling) {
        http_exchange_suspend(wait->c);
        http_schedule(wait->c, clock_now_ns());
        return 0;
    }
    left = chunk_end(wait, j) - wait->sent;
    if (room > left)
        room = (size_t)left;
    memset(out, '.', room);
    wait->sent += room;
    return (ssize_t)room;
}

static struct MHD_Response *make_response(struct http_wait *wait)
{
    if (wait->spec.bytes == 0)
        return http_reply_without_body();
    if (wait->spec.chunks > 1 && wait->c->exchange.is_head)
        return http_reply_without_body();
    return MHD_create_response_from_callback(
        wait->spec.chunks == 1 ? wait->spec.bytes : MHD_SIZE_UNKNOWN, 16384, read_body, wait, NULL);
}

static void add_seconds(struct MHD_Response *response, const char *name, int64_t ns)
{
    char text[DURATION_PRINT_MAX + 1];

    text[duration_print(text, ns)] = '\0';
    MHD_add_response_header(response, name, text);
}

static void answer(struct http_wait *wait)
{
    struct MHD_Response *response = make_response(wait);

    if (response) {
        add_seconds(response, "X-Waitd-Waited", wait->length_ns);
        add_seconds(response, "X-Waitd-Queued", wait->queued_ns);
        expose(wait->c, response);
    }
    if (wait->spec.bytes > 0 && response)
        MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    http_reply(wait->c, wait->fails ? wait->spec.fail_status : wait->spec.status, response);
}

static void end(struct http_connection *c)
{
    struct http_wait *wait = c->exchange.wait;
    int64_t now_ns = clock_now_ns();

    if (c->http->cancelling)
        http_reply_refuse(c, 503, FAULT_SHUTTING_DOWN, "the daemon is shutting down");
    else if (!wait->drawn && !decide(wait, now_ns))
        http_reply_refuse(c, 503, FAULT_OVERLOADED,
                          "\"seed\" takes one of those known, or \"n\" beside it: as many as can "
                          "be are counted");
    else if (chunk_due(wait, 1) > now_ns)
        http_exchange_suspend(c);
    else
        answer(wait);
}

static int64_t next_due(struct http_connection *c, int64_t now_ns)
{
    const struct http_exchange *x = &c->exchange;

    (void)now_ns;
    if (!x->suspended || !x->wait)
        return DUE_NEVER;
    return chunk_due(x->wait, x->phase == HTTP_PENDING ? 1 : next_chunk(x->wait));
}

static void due(struct http_connection *c, int64_t now_ns)
{
    (void)now_ns;
    http_exchange_resume(c);
}

static void cancel(struct http_connection *c, int64_t now_ns)
{
    (void)now_ns;
    http_exchange_resume(c);
}

const struct http_resource http_wait_resource = {
    .parameters = {http_wait_parameters, HTTP_WAIT_PARAMETERS},
    .begin = begin,
    .body = read_away,
    .end = end,
    .due = due,
    .next_due = next_due,
    .cancel = cancel};
