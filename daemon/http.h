/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_H
#define WAITD_HTTP_H

/*
 * The listener for those who watch the daemon: `GET /metrics` and
 * `GET /healthz` over HTTP, by libevent's own server.  For the first loop's
 * thread.  Built without metrics it listens on nothing.
 */

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct http;

struct http_config {
    struct event_base *base;
    /* The text of /metrics, to be freed, and its length; NULL when memory is short. */
    char *(*metrics)(void *context, size_t *len);
    /* Whether the daemon serves: else /healthz is answered with 503. */
    bool (*is_serving)(void *context);
    void *context;
};

/* Whether there is a listener at all in this build. */
bool http_is_there(void);

/* The config is copied.  NULL when memory is short. */
struct http *http_new(const struct http_config *config);

/* Answers the clients of a socket that listens, which it takes over.  0, or -1
 * when memory is short: the socket stays the caller's. */
int http_serve(struct http *http, int fd);

/* Closes its sockets (and is no shutdown() of handed-over ones). */
void http_free(struct http *http);

#endif
