/* SPDX-License-Identifier: ISC */
#include "daemon/http.h"

#include <stdlib.h>

#ifdef HAVE_METRICS

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <string.h>

#include "daemon/metrics.h"

/* Whoever asks has a short request and little patience; a slow one is let go. */
#define HEADERS_MAX_BYTES 8192
#define BODY_MAX_BYTES    1024
#define TIMEOUT_S         10

struct http {
    struct http_config config;
    struct evhttp *server;
};

static void answer(struct evhttp_request *request, int code, const char *type, const char *text,
                   size_t len)
{
    struct evbuffer *body = evbuffer_new();

    if (!body || evbuffer_add(body, text, len) != 0) {
        evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
    } else {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
        evhttp_add_header(evhttp_request_get_output_headers(request), "Cache-Control", "no-store");
        evhttp_send_reply(request, code, NULL, body);
    }
    if (body)
        evbuffer_free(body);
}

static void on_metrics(struct evhttp_request *request, void *context)
{
    struct http *http = context;
    size_t len;
    char *text = http->config.metrics(http->config.context, &len);

    if (text)
        answer(request, HTTP_OK, METRICS_CONTENT_TYPE, text, len);
    else
        evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
    free(text);
}

static void on_healthz(struct evhttp_request *request, void *context)
{
    struct http *http = context;
    bool serving = http->config.is_serving(http->config.context);
    const char *text = serving ? "ok\n" : "stopping\n";

    answer(request, serving ? HTTP_OK : HTTP_SERVUNAVAIL, "text/plain; charset=utf-8", text,
           strlen(text));
}

bool http_is_there(void)
{
    return true;
}

struct http *http_new(const struct http_config *config)
{
    struct http *http = calloc(1, sizeof(*http));

    if (!http)
        return NULL;
    http->config = *config;
    http->server = evhttp_new(config->base);
    if (!http->server) {
        free(http);
        return NULL;
    }
    evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(http->server, HEADERS_MAX_BYTES);
    evhttp_set_max_body_size(http->server, BODY_MAX_BYTES);
    evhttp_set_timeout(http->server, TIMEOUT_S);
    if (evhttp_set_cb(http->server, "/metrics", on_metrics, http) != 0 ||
        evhttp_set_cb(http->server, "/healthz", on_healthz, http) != 0) {
        http_free(http);
        return NULL;
    }
    return http;
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    evconnlistener_enable(context);
}

/* Short of descriptors or memory it rests: clients wait in the kernel's queue.
 * A listener lives as long as its base turns. */
static void on_shortage(struct evconnlistener *listener, void *context)
{
    static const struct timeval rest_time = {.tv_usec = 100000};

    (void)context;
    if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, on_rested, listener,
                        &rest_time) == 0)
        evconnlistener_disable(listener);
}

/* It listens already: a backlog of 0 says so. */
int http_serve(struct http *http, int fd)
{
    struct evconnlistener *listener = evconnlistener_new(
        http->config.base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);

    if (!listener)
        return -1;
    if (!evhttp_bind_listener(http->server, listener)) {
        evconnlistener_free(listener);
        return -1;
    }
    evconnlistener_set_error_cb(listener, on_shortage);
    return 0;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    evhttp_free(http->server);
    free(http);
}

#else

struct http {
    int nothing;
};

bool http_is_there(void)
{
    return false;
}

struct http *http_new(const struct http_config *config)
{
    (void)config;
    return calloc(1, sizeof(struct http));
}

int http_serve(struct http *http, int fd)
{
    (void)http;
    (void)fd;
    return -1;
}

void http_free(struct http *http)
{
    free(http);
}

#endif
