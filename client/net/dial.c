/* SPDX-License-Identifier: ISC */
#include "client/net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/base/moment.h"

/* How long to wait before asking a full Unix socket again. */
#define BUSY_PAUSE_NS 10000000

/* Reads a port; it is not 0, which nobody listens on. */
static bool read_port(const char *text, char port[6])
{
    size_t len = strlen(text);
    long value;

    if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
        return false;
    value = strtol(text, NULL, 10);
    if (value < 1 || value > 65535)
        return false;
    memcpy(port, text, len + 1);
    return true;
}

static const char *parse_unix(const char *path, struct dial_target *target)
{
    struct sockaddr_un address;
    size_t len = strlen(path);

    if (len == 0)
        return "has no path";
    if (len >= sizeof address.sun_path)
        return "has too long a path for a Unix socket";
    *target = (struct dial_target){.is_unix = true};
    memcpy(target->host, path, len);
    return NULL;
}

static const char *parse_host(const char *text, struct dial_target *target)
{
    struct dial_target parsed = {.host = ""};
    const char *colon, *host = text, *end;

    colon = strrchr(text, ':');
    if (colon == NULL) {
        if (!read_port(text, parsed.port))
            return "is not an address: HOST:PORT, [V6]:PORT, :PORT, PORT, unix:PATH or "
                   "tls:HOST:PORT";
        strcpy(parsed.host, "127.0.0.1");
        *target = parsed;
        return NULL;
    }
    end = colon;
    if (*host == '[') {
        if (end == host || end[-1] != ']')
            return "has no port behind the closing bracket";
        host++;
        end--;
        if (host >= end)
            return "has nothing between its brackets";
    } else if (memchr(host, ':', (size_t)(end - host)) != NULL) {
        return "looks like IPv6, which takes brackets: [V6]:PORT";
    }
    if ((size_t)(end - host) >= sizeof parsed.host)
        return "has too long a host name";
    memcpy(parsed.host, host, (size_t)(end - host));
    if (!read_port(colon + 1, parsed.port))
        return "has no port from 1 to 65535";
    *target = parsed;
    return NULL;
}

const char *dial_parse(const char *text, struct dial_target *target)
{
    const char *problem;

    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, target);
    if (strncmp(text, "tls:", 4) != 0)
        return parse_host(text, target);
    if (!tunnel_is_there())
        return "asks for TLS, which this waitctl was built without";
    problem = parse_host(text + 4, target);
    target->is_tls = problem == NULL;
    return problem;
}

/* Waits for a connection under way.  0, or what went wrong. */
static int await(int fd, int64_t deadline_ns)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    for (;;) {
        int64_t left_ns = deadline_ns - moment_now();
        int ready = poll(&poller, 1, left_ns > 0 ? moment_poll_ms(left_ns) : 0);

        if (ready > 0)
            break;
        if (ready == 0 && left_ns <= 0)
            return ETIMEDOUT;
        if (ready < 0 && errno != EINTR)
            return errno;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

/* A socket connected to the address, or minus what went wrong. */
static int try_address(const struct sockaddr *address, socklen_t len, int64_t deadline_ns)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0, one = 1;

    if (fd < 0)
        return -errno;
    while (connect(fd, address, len) < 0) {
        error = errno;
        if (error == EINPROGRESS)
            error = await(fd, deadline_ns);
        else if (error == EAGAIN && moment_now() < deadline_ns)
            error = poll(NULL, 0, BUSY_PAUSE_NS / 1000000) < 0 ? errno : EINTR;
        if (error != EINTR)
            break;
        error = 0;
    }
    if (error != 0) {
        close(fd);
        return -error;
    }
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int dial_unix(const struct dial_target *target, int64_t deadline_ns)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(target->host);

    memcpy(address.sun_path, target->host, len);
    len += offsetof(struct sockaddr_un, sun_path) + 1;
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0';
        len--;
    }
    return try_address((const struct sockaddr *)&address, (socklen_t)len, deadline_ns);
}

int dial(const struct dial_target *target, int64_t timeout_ns, const char **problem)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses;
    int64_t deadline_ns = moment_after(timeout_ns);
    int fd, failure;

    if (target->is_unix) {
        fd = dial_unix(target, deadline_ns);
    } else {
        const char *host = target->host[0] != '\0' ? target->host : NULL;

        failure = getaddrinfo(host, target->port, &hints, &addresses);
        if (failure != 0) {
            *problem = failure == EAI_SYSTEM ? strerror(errno) : gai_strerror(failure);
            return -1;
        }
        fd = -ECONNREFUSED;
        for (struct addrinfo *a = addresses; a != NULL && fd < 0; a = a->ai_next)
            fd = try_address(a->ai_addr, a->ai_addrlen, deadline_ns);
        freeaddrinfo(addresses);
    }
    if (fd >= 0 && target->is_tls)
        return tunnel_open(fd, target->host[0] != '\0' ? target->host : "localhost", &target->files,
                           deadline_ns, problem);
    if (fd >= 0)
        return fd;
    *problem = strerror(-fd);
    return -1;
}
