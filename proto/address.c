/* SPDX-License-Identifier: ISC */
#include "proto/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define UNIX_PATH_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

static const char *parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;

    if (!*text)
        return "has no port";
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return "has a port that is not a number";
        value = value * 10 + (unsigned)(*c - '0');
        if (value > UINT16_MAX)
            return "has a port above 65535";
    }
    *port = (uint16_t)value;
    return NULL;
}

static const char *parse_unix(const char *path, struct address_spec *spec)
{
    size_t len = strlen(path);

    if (len == 0 || strcmp(path, "@") == 0)
        return "has no path";
    /* An abstract name has no final NUL to make room for, but `@` for its first. */
    if (len >= UNIX_PATH_MAX)
        return "has a path of more than 107 bytes";
    spec->kind = ADDRESS_UNIX;
    memcpy(spec->host, path, len + 1);
    return NULL;
}

/* text[0..len) is the host. */
static const char *parse_host(const char *text, size_t len, const char *port,
                              struct address_spec *spec)
{
    if (len == 0)
        return "has no host";
    if (len >= sizeof(spec->host))
        return "has a host of more than 255 bytes";
    spec->kind = ADDRESS_HOST;
    memcpy(spec->host, text, len);
    spec->host[len] = '\0';
    return parse_port(port, &spec->port);
}

static const char *parse_v6(const char *text, struct address_spec *spec)
{
    const char *end = strchr(text, ']');
    struct in6_addr ignored;
    const char *problem;
    char *zone;
    char number[ADDRESS_HOST_MAX];

    if (!end)
        return "lacks its `]`";
    if (end[1] != ':')
        return "has no port";
    problem = parse_host(text + 1, (size_t)(end - text - 1), end + 2, spec);
    if (problem)
        return problem;
    zone = strchr(strcpy(number, spec->host), '%');
    if (zone)
        *zone = '\0';
    return inet_pton(AF_INET6, number, &ignored) == 1 ? NULL : "is not an IPv6 address";
}

static const char *parse(const char *text, struct address_spec *spec)
{
    const char *colon = strrchr(text, ':');

    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, spec);
    if (text[0] == '[')
        return parse_v6(text, spec);
    if (!colon) {
        if (text[strspn(text, "0123456789")])
            return "has no port";
        return parse_host("127.0.0.1", 9, text, spec);
    }
    if (strchr(text, ':') != colon)
        return "has more than one colon (an IPv6 address is written in brackets)";
    if (colon == text) {
        spec->kind = ADDRESS_ANY;
        return parse_port(text + 1, &spec->port);
    }
    return parse_host(text, (size_t)(colon - text), colon + 1, spec);
}

const char *address_parse(const char *text, struct address_spec *spec)
{
    struct address_spec made;
    const char *problem;

    memset(&made, 0, sizeof(made));
    problem = *text ? parse(text, &made) : "is empty";
    if (!problem)
        *spec = made;
    return problem;
}

const char *address_parse_peer(const char *text, struct address_spec *spec)
{
    struct address_spec made;
    const char *problem = address_parse(text, &made);

    if (!problem && made.kind != ADDRESS_UNIX && made.port == 0)
        problem = "has port 0, which nobody listens on";
    if (!problem)
        *spec = made;
    return problem;
}

static void resolve_unix(const char *path, struct address *out)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&out->room;
    size_t len = strlen(path);

    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, len);
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (path[0] == '@')
        un->sun_path[0] = '\0';
    else
        out->len++;
}

static void resolve_any(uint16_t port, struct address *out)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->room;

    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_any;
    out->len = sizeof(*v6);
}

static int resolve_host(const struct address_spec *spec, int flags, struct address *out,
                        const char **problem)
{
    struct addrinfo hints, *found;
    char port[8];
    int error, n = 0;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    snprintf(port, sizeof(port), "%u", spec->port);
    error = getaddrinfo(spec->host, port, &hints, &found);
    if (error) {
        *problem = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
        return -1;
    }
    for (const struct addrinfo *info = found; info && n < ADDRESS_MAX; info = info->ai_next) {
        if (info->ai_addrlen > sizeof(out->room))
            continue;
        memset(&out[n], 0, sizeof(out[n]));
        memcpy(&out[n].room, info->ai_addr, info->ai_addrlen);
        out[n++].len = info->ai_addrlen;
    }
    freeaddrinfo(found);
    return n;
}

const char *address_behind_tls(const char *text)
{
    return strncmp(text, "tls:", 4) == 0 ? text + 4 : NULL;
}

int address_resolve(const struct address_spec *spec, struct address out[ADDRESS_MAX],
                    const char **problem)
{
    memset(&out[0], 0, sizeof(out[0]));
    switch (spec->kind) {
    case ADDRESS_UNIX:
        resolve_unix(spec->host, &out[0]);
        return 1;
    case ADDRESS_ANY:
        resolve_any(spec->port, &out[0]);
        return 1;
    case ADDRESS_HOST:
        break;
    }
    return resolve_host(spec, 0, out, problem);
}

int address_resolve_peer(const struct address_spec *spec, struct address out[ADDRESS_MAX],
                         const char **problem)
{
    static const char *const loopbacks[] = {"127.0.0.1", "::1"};
    int n = 0;

    if (spec->kind != ADDRESS_ANY)
        return address_resolve(spec, out, problem);
    for (size_t i = 0; i < sizeof(loopbacks) / sizeof(loopbacks[0]); i++) {
        struct address_spec loopback = {.kind = ADDRESS_HOST, .port = spec->port};

        strcpy(loopback.host, loopbacks[i]);
        if (resolve_host(&loopback, AI_NUMERICHOST, out + n, problem) == 1)
            n++;
    }
    return n;
}

static bool is_loopback_v4(uint32_t in_network_order)
{
    return ntohl(in_network_order) >> 24 == 127;
}

bool address_is_loopback(const struct address *address)
{
    if (address->any.sa_family == AF_INET)
        return is_loopback_v4(((const struct sockaddr_in *)&address->room)->sin_addr.s_addr);
    if (address->any.sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)&address->room)->sin6_addr;
        uint32_t v4;

        if (!IN6_IS_ADDR_V4MAPPED(v6))
            return IN6_IS_ADDR_LOOPBACK(v6);
        memcpy(&v4, &v6->s6_addr[12], sizeof(v4));
        return is_loopback_v4(v4);
    }
    return address->any.sa_family == AF_UNIX;
}

bool address_spec_is_open(const struct address_spec *spec)
{
    struct address found[ADDRESS_MAX];
    const char *ignored;
    int n = 0;

    if (spec->kind == ADDRESS_HOST)
        n = resolve_host(spec, AI_NUMERICHOST, found, &ignored);
    return spec->kind == ADDRESS_ANY || (n > 0 && !address_is_loopback(&found[0]));
}

static void print_unix(const struct address *address, char out[ADDRESS_PRINT_MAX])
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->room;
    size_t offset = offsetof(struct sockaddr_un, sun_path);
    int len = address->len > offset ? (int)(address->len - offset) : 0;

    if (len > 1 && un->sun_path[0] == '\0')
        snprintf(out, ADDRESS_PRINT_MAX, "unix:@%.*s", len - 1, un->sun_path + 1);
    else
        snprintf(out, ADDRESS_PRINT_MAX, "unix:%.*s", len, un->sun_path);
}

const char *address_print(const struct address *address, char out[ADDRESS_PRINT_MAX])
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (address->any.sa_family == AF_UNIX) {
        print_unix(address, out);
        return out;
    }
    if (getnameinfo(&address->any, address->len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, ADDRESS_PRINT_MAX, "an address of family %d", address->any.sa_family);
    else if (address->any.sa_family == AF_INET6)
        snprintf(out, ADDRESS_PRINT_MAX, "[%.100s]:%s", host, port);
    else
        snprintf(out, ADDRESS_PRINT_MAX, "%.100s:%s", host, port);
    return out;
}
