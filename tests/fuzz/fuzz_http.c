/* SPDX-License-Identifier: ISC */

/*
 * What HTTP reads by itself, of any bytes: a line `METHOD PATH?QUERY HTTP/1.1', fields as
 * `Name: value`, an empty line, and lines of events.  No beginning of a well-formed head is
 * refused.  A query comes apart into members,
 * what /wait accepts is in its ranges, a host that is let in is one that is served, a key is
 * one that a batch may have, and events are the same in pieces as whole.
 */

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/net/http_frames.h"
#include "daemon/net/http_head.h"
#include "daemon/net/http_query.h"
#include "daemon/net/http_services.h"
#include "daemon/net/http_syntax.h"
#include "daemon/net/http_wait_read.h"
#include "proto/utf8.h"

#define SIZE_MAX_READ 8192
#define MAX_WAIT_NS   INT64_C(86400000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- The query ---------------------------------------------------------------------- */

static void check_query(const char *text)
{
    char *copy = strdup(text), *query = copy;
    const char *name, *value;
    size_t bytes = 0, members = 1;

    assert(copy != NULL);
    for (const char *at = text; *at != '\0'; at++)
        members += *at == '&';
    while (http_query_next(&query, &name, &value)) {
        assert(members-- > 0);
        bytes += strlen(name) + (value != NULL ? strlen(value) : 0);
    }
    assert(bytes <= strlen(text) && !http_query_next(&query, &name, &value));
    free(copy);
}

static void check_spec(const struct http_wait_spec *spec)
{
    const struct dist *length = &spec->length;

    assert(spec->status >= 200 && spec->status <= 599);
    assert(spec->fail_status >= 200 && spec->fail_status <= 599);
    assert(spec->chunks >= 1 && (spec->chunks == 1 || spec->bytes >= spec->chunks));
    assert(spec->n >= -1 && spec->n < UINT32_MAX && spec->pool >= -1 && spec->pool < 2);
    assert((spec->values != NULL) == (length->kind == DIST_TRACE));
    for (int64_t i = 0; spec->values != NULL && i < length->b_ns; i++)
        assert(spec->values[i] >= 0 && spec->values[i] <= MAX_WAIT_NS);
    if (spec->values == NULL)
        assert(length->a_ns >= 0 && length->a_ns <= MAX_WAIT_NS && length->b_ns >= 0 &&
               length->b_ns <= MAX_WAIT_NS);
}

static void check_wait(const char *path, const char *text)
{
    static char db[] = "db=2", one[] = "one=1", *const pools[] = {db, one};
    struct http_services *services = http_services_new(pools, 2);
    struct http_wait_spec spec;
    struct fault fault = {0};
    const struct http_parameters takes = {http_wait_parameters, HTTP_WAIT_PARAMETERS};
    const char *values[HTTP_PARAMETERS_MAX];
    char *query = strdup(text);

    assert(services != NULL && query != NULL);
    if (http_query_read(query, &takes, values, &fault) &&
        http_wait_read(&spec, path, values, MAX_WAIT_NS, services, &fault))
        check_spec(&spec);
    else
        assert(fault.code == FAULT_INVALID_REQUEST || fault.code == FAULT_NOT_FOUND);
    assert(fault.code == FAULT_NONE || fault.message[0] != '\0');
    if (fault.code == FAULT_NONE)
        free(spec.values);
    free(query);
    http_services_free(services);
}

/* ---- The head ----------------------------------------------------------------------- */

static struct address address_of(int family)
{
    struct address address = {.len = sizeof(address.room)};

    if (family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&address.room;

        in->sin_family = AF_INET;
        assert(inet_pton(AF_INET, "127.0.0.1", &in->sin_addr) == 1);
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.room;

        in6->sin6_family = AF_INET6;
        assert(inet_pton(AF_INET6, "::1", &in6->sin6_addr) == 1);
    }
    return address;
}

/* Whether the text begins with a name that is let in, and nothing but a port follows. */
static bool is_served(const char *host, const char *name)
{
    size_t len = strlen(name);
    const char *port = host + len;

    if (strncasecmp(host, name, len) != 0)
        return false;
    return *port == '\0' || (*port == ':' && port[1 + strspn(port + 1, "0123456789")] == '\0');
}

static void check_host(const struct http_head *head)
{
    static char name[] = "a.example", *const names[] = {name};
    struct address v4 = address_of(AF_INET), v6 = address_of(AF_INET6);

    if (head->hosts != 1)
        return;
    if (http_head_check_host(head, &v4, names, 1) == 0)
        assert(is_served(head->host, "localhost") || is_served(head->host, "127.0.0.1") ||
               is_served(head->host, name));
    if (http_head_check_host(head, &v6, names, 1) == 0 && head->host[0] != '[')
        assert(is_served(head->host, "localhost") || is_served(head->host, name));
}

static void check_head(const struct http_head *head)
{
    static char origin[] = "http://ok.example:3000", *const origins[] = {origin};
    char key[REQUEST_KEY_MAX + 1];

    check_host(head);
    if (head->origin != NULL && http_head_origin(head, false, origins, 1) == HTTP_ORIGIN_OWN)
        assert(strcasecmp(head->origin + strlen("http://"), head->host) == 0);
    assert(!http_head_is_json(head) || head->content_type != NULL);
    assert(!http_head_expects_continue(head) || http_head_is_expectation_met(head));
    assert(!http_head_prefers_events(head) || head->events.quality > 0);
    assert(!head->is_chunked || http_head_has_body(head));
    if (head->idempotency_key != NULL && http_head_read_key(head->idempotency_key, key))
        assert(*key != '\0' && utf8_is_well_formed(key, strlen(key)));
}

/* ---- Its syntax --------------------------------------------------------------------- */

static void check_syntax(const char *bytes, size_t len)
{
    struct http_syntax_size size, less;
    struct fault fault = {0};
    unsigned status = http_syntax_check(bytes, len, SIZE_MAX_READ, &size, &fault);

    assert(size.bytes <= len && size.entries <= 2 * len + 1 && size.cookies <= len);
    assert((status > HTTP_SYNTAX_MORE) == (fault.code != FAULT_NONE));
    if (status != HTTP_SYNTAX_WELL)
        return;
    assert(http_syntax_check(bytes, size.bytes, SIZE_MAX_READ, &less, &fault) == HTTP_SYNTAX_WELL);
    for (size_t n = 0; n < size.bytes; n += 1 + size.bytes / 16)
        assert(http_syntax_check(bytes, n, SIZE_MAX_READ, &less, &fault) == HTTP_SYNTAX_MORE);
    assert(http_syntax_check(bytes, len, size.bytes - 1, &less, &fault) == 431);
}

/* ---- Events ------------------------------------------------------------------------- */

static size_t frame(const char *lines, size_t len, size_t piece, char *out)
{
    struct http_frames frames = {.len = 0};
    char *end = out;

    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *begin = end;

        end = http_frames_write(&frames, end, lines + at, n);
        assert((size_t)(end - begin) <= HTTP_FRAMES_ROOM(n));
    }
    return (size_t)(end - out);
}

static void check_frames(const char *lines, size_t len)
{
    size_t room = len * HTTP_FRAMES_ROOM(1) + HTTP_FRAMES_ROOM(len);
    char *whole = malloc(room), *pieces = malloc(room);
    size_t n;

    assert(whole != NULL && pieces != NULL);
    n = frame(lines, len, len + 1, whole);
    assert(frame(lines, len, 1, pieces) == n && memcmp(whole, pieces, n) == 0);
    assert(frame(lines, len, 7, pieces) == n && memcmp(whole, pieces, n) == 0);
    free(whole);
    free(pieces);
}

/* ---- All of it ---------------------------------------------------------------------- */

static void check_target(char *line)
{
    char *path = line + strcspn(line, " "), *query;

    path += *path == ' ';
    query = path + strcspn(path, "?");
    if (*query == '?')
        *query++ = '\0';
    check_query(query);
    check_wait(strncmp(path, "/wait/", 6) == 0 ? path + 6 : "", query);
}

/* `Name: value`. */
static void add_field(struct http_head *head, char *line)
{
    char *colon = strchr(line, ':');

    if (colon == NULL)
        return;
    *colon = '\0';
    http_head_add(head, line, colon + 1 + strspn(colon + 1, " "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head head = {.method = "POST"};
    char *text, *rest, *line;

    if (size > SIZE_MAX_READ)
        return 0;
    text = rest = malloc(size + 1);
    assert(text != NULL);
    memcpy(text, data, size);
    check_syntax(text, size);
    text[size] = '\0';
    check_target(strsep(&rest, "\n"));
    while (rest != NULL && (line = strsep(&rest, "\n")) != NULL && *line != '\0')
        add_field(&head, line);
    check_head(&head);
    http_head_free(&head);
    if (rest != NULL)
        check_frames(rest, size - (size_t)(rest - text));
    free(text);
    return 0;
}
