/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_routes.h"

#include <string.h>
#include <sys/socket.h>

#include "daemon/net/http_auth.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_tls.h"

enum method {
    METHOD_GET = 1 << 0, /* and HEAD */
    METHOD_POST = 1 << 1,
    METHOD_DELETE = 1 << 2,
    METHOD_ANY = 1 << 3,
};

enum guard {
    GUARD_API = 1 << 0,     /* forms are kept out, and a page that is allowed asks before */
    GUARD_MONITOR = 1 << 1, /* also served where nothing else is, and then to anyone */
    GUARD_BELOW = 1 << 2,   /* and all below it */
    GUARD_OPEN = 1 << 3,    /* served to whoever asks */
    GUARD_SHARED = 1 << 4,  /* any page may read what it answers */
};

/* Of its path a word in capitals stands for anything up to the next slash. */
struct route {
    const char *path;
    unsigned methods, guards;
    const struct http_resource *resource;
};

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Those that are asked for most are first; those of one path stand together. */
static const struct route routes[] = {
    {"/wait", METHOD_ANY, GUARD_SHARED, &http_wait_resource},
    {"/wait/", METHOD_ANY, GUARD_BELOW | GUARD_SHARED, &http_wait_resource},
    {"/", METHOD_GET, GUARD_OPEN, &http_page_resource},
    {"/page/", METHOD_GET, GUARD_BELOW | GUARD_OPEN, &http_page_resource},
    {"/metrics", METHOD_GET, GUARD_MONITOR, &http_monitor_metrics},
    {"/healthz", METHOD_GET, GUARD_MONITOR | GUARD_OPEN, &http_monitor_healthz},
    {"/readyz", METHOD_GET, GUARD_MONITOR | GUARD_OPEN, &http_monitor_readyz},
    {"/v1/stats", METHOD_GET, GUARD_API, &http_monitor_stats},
    {"/v1/batches", METHOD_POST, GUARD_API, &http_batches_submit},
    {"/v1/batches", METHOD_GET, GUARD_API, &http_detached_list},
    {"/v1/batches/REF", METHOD_GET, GUARD_API, &http_detached_one},
    {"/v1/batches/REF", METHOD_DELETE, GUARD_API, &http_detached_delete},
    {"/v1/batches/REF/events", METHOD_GET, GUARD_API, &http_detached_events},
    {"/v1/batches/REF/jobs/I", METHOD_DELETE, GUARD_API, &http_detached_job},
    {"/v1/forecast", METHOD_POST, GUARD_API, &http_batches_forecast},
    {"/v1/requests", METHOD_POST, GUARD_API, &http_batches_requests},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static bool matches(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        size_t word = strspn(pattern, CAPITALS), part = strcspn(path, "/");

        if (word == 0 ? *pattern != *path : part == 0)
            return false;
        pattern += word > 0 ? word : 1;
        path += word > 0 ? part : 1;
    }
    return !*pattern && !*path;
}

/* The first route of a path. */
static const struct route *find(const char *url, bool monitor)
{
    for (size_t i = 0; i < ROUTES; i++) {
        const struct route *route = &routes[i];
        size_t len = strlen(route->path);

        if (monitor && !(route->guards & GUARD_MONITOR))
            continue;
        if (route->guards & GUARD_BELOW ? strncmp(url, route->path, len) == 0 && url[len]
                                        : matches(route->path, url))
            return route;
    }
    return NULL;
}

/* The next route of the same path. */
static const struct route *next_of(const struct route *route)
{
    const struct route *next = route + 1;

    return next < routes + ROUTES && strcmp(next->path, route->path) == 0 ? next : NULL;
}

static unsigned method_of(const char *name)
{
    if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
        return METHOD_GET;
    if (strcmp(name, "POST") == 0)
        return METHOD_POST;
    return strcmp(name, "DELETE") == 0 ? METHOD_DELETE : 0;
}

/* Of a path, whose first route this is. */
static const char *allow(const struct route *route)
{
    unsigned methods = 0;

    for (; route; route = next_of(route))
        methods |= route->methods;
    switch (methods) {
    case METHOD_GET:
        return "GET, HEAD";
    case METHOD_POST:
        return "POST";
    case METHOD_GET | METHOD_POST:
        return "GET, HEAD, POST";
    case METHOD_GET | METHOD_DELETE:
        return "GET, HEAD, DELETE";
    default:
        return "DELETE";
    }
}

/* Which of a path's routes takes the method; NULL for none. */
static const struct route *choose(const struct route *route, unsigned method)
{
    while (route && !(route->methods & (METHOD_ANY | method)))
        route = next_of(route);
    return route;
}

/* ---- Guards --------------------------------------------------------------------- */

/* What is quoted of a head, whole or not at all. */
static const char *quoted(char out[FAULT_QUOTE_SIZE], const char *text)
{
    return fault_quote(out, text ? text : "", text ? strlen(text) : 0);
}

/* The address that the client has come to. */
static bool find_served(struct http_connection *c)
{
    if (c->served.len > 0)
        return true;
    c->served.len = sizeof(c->served.room);
    if (getsockname(c->fd, &c->served.any, &c->served.len) == 0)
        return true;
    c->served.len = 0;
    return false;
}

static bool pass_host(struct http_connection *c, const struct http_head *head)
{
    const struct http_site *site = c->http->env.site;
    char quote[FAULT_QUOTE_SIZE];
    unsigned status = 421;

    if (find_served(c))
        status = http_head_check_host(head, &c->served, site->hosts, site->n_hosts);
    if (status == 0)
        return true;
    if (status == 400)
        http_reply_refuse(c, status, FAULT_INVALID_REQUEST, "\"Host\" is to be there once");
    else
        http_reply_refuse(c, status, FAULT_INVALID_REQUEST,
                          "\"Host\" takes the address served, localhost or a name in http-host, "
                          "not \"%s\"",
                          quoted(quote, head->host));
    return false;
}

static void answer_preflight(struct http_connection *c, const struct route *route)
{
    struct MHD_Response *reply = http_reply_without_body();

    if (reply) {
        MHD_add_response_header(reply, "Access-Control-Allow-Methods", allow(route));
        MHD_add_response_header(reply, "Access-Control-Allow-Headers",
                                "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
        MHD_add_response_header(reply, "Access-Control-Max-Age", "600");
    }
    http_reply(c, 204, reply);
}

/* Those of /v1.  What an allowed page requests is marked as such. */
static bool pass_origin(struct http_connection *c, const struct http_head *head)
{
    const struct http_site *site = c->http->env.site;
    char quote[FAULT_QUOTE_SIZE];

    switch (http_head_origin(head, c->tls != NULL, site->origins, site->n_origins)) {
    case HTTP_ORIGIN_OWN:
        return true;
    case HTTP_ORIGIN_ALLOWED:
        c->exchange.cross_origin = true;
        return true;
    case HTTP_ORIGIN_FOREIGN:
        break;
    }
    http_reply_refuse(c, 403, FAULT_INVALID_REQUEST,
                      "\"Origin\" takes this very host or one in http-origin, not \"%s\"",
                      quoted(quote, head->origin));
    return false;
}

static bool pass_content(struct http_connection *c, const struct http_head *head)
{
    char quote[FAULT_QUOTE_SIZE];

    if (!c->exchange.has_body || method_of(head->method) == METHOD_GET || http_head_is_json(head))
        return true;
    http_reply_refuse(c, 415, FAULT_INVALID_REQUEST,
                      "\"Content-Type\" takes application/json or application/x-ndjson, not \"%s\"",
                      quoted(quote, head->content_type));
    return false;
}

static bool pass_expectation(struct http_connection *c, const struct http_head *head)
{
    char quote[FAULT_QUOTE_SIZE];

    if (http_head_is_expectation_met(head))
        return true;
    http_reply_refuse(c, 417, FAULT_INVALID_REQUEST, "\"Expect\" takes 100-continue, not \"%s\"",
                      quoted(quote, head->expect));
    return false;
}

/* Hands the request to the resource that takes its method. */
static void enter(struct http_connection *c, const struct route *first, const char *rest,
                  const struct http_head *head)
{
    const struct route *route = choose(first, method_of(head->method));
    const char *values[HTTP_PARAMETERS_MAX] = {NULL};
    bool is_api = first->guards & GUARD_API;
    struct fault fault = {0};

    c->exchange.resource = first->resource;
    if (is_api && http_head_is_preflight(head)) {
        answer_preflight(c, first);
    } else if (!route) {
        http_reply_refuse_method(c, first->path, allow(first), head->method);
    } else if (pass_expectation(c, head) && (!is_api || pass_content(c, head))) {
        c->exchange.resource = route->resource;
        if ((route->guards & (GUARD_API | GUARD_SHARED)) &&
            !http_query_read(c->exchange.query, &route->resource->parameters, values, &fault))
            http_reply_fault(c, 400, &fault);
        else if (route->resource->begin)
            route->resource->begin(c, rest, values, head);
    }
}

/* Below /v1, whether there is anything or not. */
static bool is_api(const char *url)
{
    return url && strncmp(url, "/v1", 3) == 0 && (url[3] == '\0' || url[3] == '/');
}

/* Whether only those are served there who have proved who they are: not where it is said whether
 * the daemon is well, nor the page's own files, nor what a browser asks on its own account. */
static bool asks_who_it_is(const struct route *route, const struct http_head *head)
{
    bool is_preflight = http_head_is_preflight(head);

    return !route || !((route->guards & GUARD_OPEN) ||
                       (is_preflight && (route->guards & (GUARD_API | GUARD_SHARED))));
}

bool http_routes_enter(struct http_connection *c, const char *url, const struct http_head *head)
{
    const struct route *route = url ? find(url, c->monitor) : NULL;
    char quote[FAULT_QUOTE_SIZE];

    if (!c->monitor && (!pass_host(c, head) || (is_api(url) && !pass_origin(c, head))))
        return true;
    c->exchange.any_origin = route && (route->guards & GUARD_SHARED);
    if (asks_who_it_is(route, head))
        switch (http_auth_enter(c, head)) {
        case HTTP_AUTH_ALLOWED:
            break;
        case HTTP_AUTH_REFUSED:
            return true;
        case HTTP_AUTH_WAITING:
            return false;
        }
    if (!route) {
        http_reply_refuse(c, 404, FAULT_NOT_FOUND, "there is nothing at %s",
                          url ? quoted(quote, url) : "a path with a NUL in it");
        return true;
    }
    enter(c, route, url + strcspn(route->path, CAPITALS), head);
    return true;
}
