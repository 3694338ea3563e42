/* SPDX-License-Identifier: ISC */

/* What those who watch the daemon ask for. */

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/metrics.h"
#include "daemon/session/store.h"
#include "proto/event.h"

static const char plain_text[] = "text/plain; charset=utf-8";

static void take_stats(const struct http *http, struct event_stats *stats)
{
    const struct channel_env *env = http->env.env;

    env->snapshot(env->snapshot_context, clock_now_ns(), stats);
}

static void answer_metrics(struct http_connection *c)
{
    const struct http_env *env = &c->http->env;
    struct metrics metrics = {
        .version = env->env->version,
        .limits = *env->limits,
        .n_loops = env->site->n_loops,
        .store = env->site->store,
        .unauthenticated =
            atomic_load_explicit(&env->env->ledger->unauthenticated, memory_order_relaxed),
        .text = atomic_load_explicit(&env->env->ledger->text, memory_order_relaxed)};
    size_t len;
    char *text;

    take_stats(c->http, &metrics.stats);
    stats_totals(env->site->stats, env->site->n_loops, &metrics.totals);
    text = metrics_write(&metrics, &len);
    if (text)
        http_reply_text(c, 200, METRICS_CONTENT_TYPE, text, len);
    else
        http_reply_refuse(c, 503, FAULT_OVERLOADED, "out of memory; try again later");
    free(text);
}

/* It lives as long as it answers: while it stops as well, or it would be killed before
 * what runs has ended. */
static void answer_healthz(struct http_connection *c)
{
    static const char text[] = "ok\n";

    http_reply_text(c, 200, plain_text, text, strlen(text));
}

/* A daemon that stops takes nothing new: whoever deals clients out is to know. */
static void answer_readyz(struct http_connection *c)
{
    const struct store *store = c->http->env.site->store;
    const char *trouble = NULL;

    if (c->http->draining)
        trouble = "stopping\n";
    else if (store && !atomic_load_explicit(&store->is_ready, memory_order_acquire))
        trouble = "detached batches cannot be stored; the log says why\n";
    if (trouble)
        http_reply_text(c, 503, plain_text, trouble, strlen(trouble));
    else
        http_reply_text(c, 200, plain_text, "ready\n", strlen("ready\n"));
}

static void answer_stats(struct http_connection *c)
{
    char line[EVENT_LINE_MAX], *end;
    struct event_stats stats;

    take_stats(c->http, &stats);
    end = event_write_stats(line, (struct event_text){NULL, 0}, &stats);
    http_reply_text(c, 200, "application/json", line, (size_t)(end - line));
}

const struct http_resource http_monitor_metrics = {.end = answer_metrics};
const struct http_resource http_monitor_healthz = {.end = answer_healthz};
const struct http_resource http_monitor_readyz = {.end = answer_readyz};
const struct http_resource http_monitor_stats = {.end = answer_stats};
