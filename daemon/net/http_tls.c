/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_tls.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/net/http_internal.h"
#include "daemon/net/tls_bridge.h"

struct http_tls {
    struct http *http;
    struct http_tls *next; /* of those that have been left */
    struct tls_bridge *bridge;
    struct address from; /* the client's */
};

/* What is known of the client's socket alone. */
static void find_ends(struct http_connection *c, struct http_tls *tls, int fd)
{
    tls->from.len = sizeof(tls->from.room);
    c->served.len = sizeof(c->served.room);
    if (getpeername(fd, &tls->from.any, &tls->from.len) != 0)
        tls->from.len = 0;
    if (getsockname(fd, &c->served.any, &c->served.len) != 0)
        c->served.len = 0;
}

int http_tls_open(struct http_connection *c, const struct arrival *client)
{
    struct http_tls *tls = calloc(1, sizeof(*tls));
    int local;

    if (!tls)
        return -1;
    tls->http = c->http;
    find_ends(c, tls, client->fd);
    tls->bridge = tls_bridge_new(c->http->env.base, client->tls, client->fd, c->number, &local);
    if (!tls->bridge) {
        free(tls);
        return -1;
    }
    c->tls = tls;
    c->fd = local;
    return 0;
}

/* A bridge that was left is over: to be reaped. */
static void on_over(void *context)
{
    struct http_tls *tls = context;

    tls->http->ready = true;
}

void http_tls_leave(struct http_connection *c)
{
    struct http_tls *tls = c->tls;

    if (!tls)
        return;
    tls->next = c->http->left;
    c->http->left = tls;
    c->tls = NULL;
    tls_bridge_leave(tls->bridge, on_over, tls);
}

static void drop(struct http_tls *tls)
{
    tls_bridge_free(tls->bridge);
    free(tls);
}

void http_tls_reap(struct http *http)
{
    struct http_tls **link = &http->left;

    while (*link) {
        struct http_tls *tls = *link;

        if (tls_bridge_is_over(tls->bridge)) {
            *link = tls->next;
            drop(tls);
        } else {
            link = &tls->next;
        }
    }
}

void http_tls_drop_all(struct http *http)
{
    while (http->left) {
        struct http_tls *tls = http->left;

        http->left = tls->next;
        drop(tls);
    }
}

bool http_tls_identify(struct http_connection *c)
{
    char name[PRINCIPAL_NAME_MAX + 1];

    if (c->tls && !c->principal &&
        tls_bridge_identify(c->tls->bridge, name, sizeof(name)) == TRANSPORT_KNOWN)
        c->principal = credentials_principal(c->http->env.gates->credentials, name);
    return c->principal != NULL;
}

bool http_tls_from(const struct http_connection *c, struct address *from)
{
    if (c->tls) {
        *from = c->tls->from;
        return from->len > 0;
    }
    from->len = sizeof(from->room);
    return getpeername(c->fd, &from->any, &from->len) == 0;
}
