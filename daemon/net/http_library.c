/* SPDX-License-Identifier: ISC */

/*
 * The library's instances of a loop.  One that resumes a connection walks all that are
 * suspended in it (0.9.75), which with ten thousand that wait cost most of the time of each
 * answer.  So an instance has MOST_CONNECTIONS at most, and the first that has room takes the
 * next: few connections are all in one, which reads and answers many at a time.
 */

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http_internal.h"

#define MOST_CONNECTIONS 256

/* How often an instance is run in one go while it has something to do: others are served in
 * between. */
#define PASSES 4

struct http_library {
    struct http *http;
    struct MHD_Daemon *daemon;
    struct event *event;
    unsigned n_connections;
    bool ready; /* it has something to do */
};

void http_library_wake(struct http_library *library)
{
    library->ready = library->http->ready = true;
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    http_library_wake(context);
}

/* A line of the library's log: of all that there are only a request's refusal matters. */
static void on_log(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void on_log(void *context, const char *format, va_list arguments)
{
    static const char refusal[] = "Error processing request (HTTP response code is %u (";
    struct http_library *library = context;
    unsigned status;
    va_list copy;

    if (strncmp(format, refusal, strlen(refusal)) != 0)
        return;
    va_copy(copy, arguments);
    status = va_arg(copy, unsigned);
    http_malformed_refuse(library->http, library, status, va_arg(copy, const char *));
    va_end(copy);
}

static struct MHD_Daemon *start(struct http_library *library)
{
    struct http *http = library->http;

    /* Where it logs to comes before all that it might log of. */
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, http_exchange_read, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, library,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_pool_bytes(http), MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)INT_MAX, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_open, http,
        MHD_OPTION_NOTIFY_COMPLETED, http_exchange_close, http, MHD_OPTION_NOTIFY_CONNECTION,
        http_on_connection, http, MHD_OPTION_END);
}

static void stop(struct http_library *library)
{
    if (library->daemon)
        MHD_stop_daemon(library->daemon);
    if (library->event)
        event_free(library->event);
    free(library);
}

bool http_library_add(struct http *http)
{
    struct http_library **all = realloc(http->libraries, (http->n_libraries + 1) * sizeof(*all));
    struct http_library *library = calloc(1, sizeof(*library));
    const union MHD_DaemonInfo *info = NULL;

    if (all)
        http->libraries = all;
    if (library) {
        library->http = http;
        library->daemon = start(library);
    }
    if (library && library->daemon)
        info = MHD_get_daemon_info(library->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info)
        library->event =
            event_new(http->env.base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, library);
    if (all && library && library->event && event_add(library->event, NULL) == 0) {
        all[http->n_libraries++] = library;
        return true;
    }
    if (library)
        stop(library);
    return false;
}

static struct http_library *find_room(const struct http *http)
{
    for (unsigned i = 0; i < http->n_libraries; i++)
        if (http->libraries[i]->n_connections < MOST_CONNECTIONS)
            return http->libraries[i];
    return NULL;
}

struct http_library *http_library_join(struct http *http)
{
    struct http_library *library = find_room(http);

    if (!library && http_library_add(http))
        library = find_room(http);
    if (library)
        library->n_connections++;
    return library;
}

void http_library_leave(struct http_library *library)
{
    if (library)
        library->n_connections--;
}

bool http_library_adopt(struct http_library *library, int fd, const struct address *peer)
{
    http_library_wake(library);
    return MHD_add_connection(library->daemon, fd, &peer->any, peer->len) == MHD_YES;
}

/* All but the first. */
static void stop_empty(struct http *http)
{
    for (unsigned i = http->n_libraries; i-- > 1;) {
        struct http_library *library = http->libraries[i];

        if (library->n_connections > 0 || library->ready)
            continue;
        http->libraries[i] = http->libraries[--http->n_libraries];
        stop(library);
    }
}

void http_library_run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout;

    for (int pass = 0; pass < PASSES && http->ready; pass++) {
        http->ready = false;
        for (unsigned i = 0; i < http->n_libraries; i++) {
            struct http_library *library = http->libraries[i];

            if (!library->ready)
                continue;
            MHD_run(library->daemon);
            http_exchange_pause_all(http);
            library->ready = MHD_get_timeout(library->daemon, &timeout) == MHD_YES && timeout == 0;
            http->ready |= library->ready;
        }
    }
    stop_empty(http);
}

void http_library_stop_all(struct http *http)
{
    while (http->n_libraries > 0)
        stop(http->libraries[--http->n_libraries]);
    free(http->libraries);
    http->libraries = NULL;
}
