/* SPDX-License-Identifier: ISC */

/* HTTP in a build without its library: nothing ever gets here, since the
 * options that ask for it are refused. */

#include "daemon/net/http.h"

#include <errno.h>
#include <stddef.h>

#include "daemon/net/http_services.h"
#include "proto/due.h"

bool http_is_there(void)
{
    return false;
}

struct http *http_new(const struct http_env *env)
{
    (void)env;
    errno = ENOSYS;
    return NULL;
}

void http_free(struct http *http)
{
    (void)http;
}

void http_adopt(struct http *http, struct arrival client, uint64_t number)
{
    (void)http;
    (void)client;
    (void)number;
}

void http_refuse(struct http *http, int fd, const struct fault *fault, bool by_address)
{
    (void)http;
    (void)fd;
    (void)fault;
    (void)by_address;
}

int64_t http_next_due(const struct http *http)
{
    (void)http;
    return DUE_NEVER;
}

void http_work(struct http *http, int64_t now_ns)
{
    (void)http;
    (void)now_ns;
}

bool http_is_empty(const struct http *http)
{
    (void)http;
    return true;
}

void http_drain(struct http *http)
{
    (void)http;
}

void http_cancel(struct http *http)
{
    (void)http;
}

void http_drop(struct http *http)
{
    (void)http;
}

void http_limits_changed(struct http *http)
{
    (void)http;
}
