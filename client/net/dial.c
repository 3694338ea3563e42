/* SPDX-License-Identifier: ISC */
#include "client/net/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/moment.h"

/* How long to wait before asking a full Unix socket again. */
#define BUSY_PAUSE_NS 10000000

const char *dial_parse(const char *text, struct dial_target *target)
{
    const char *behind = address_behind_tls(text), *problem;
    struct dial_target parsed = {.is_tls = behind != NULL};

    if (parsed.is_tls && !tunnel_is_there())
        return "asks for TLS, which this waitctl was built without";
    problem = address_parse_peer(parsed.is_tls ? behind : text, &parsed.address);
    if (problem == NULL && parsed.is_tls && parsed.address.kind == ADDRESS_UNIX)
        return "asks for TLS over a Unix socket";
    if (problem == NULL)
        *target = parsed;
    return problem;
}

/* Waits for a connection in progress.  0, or what went wrong. */
static int await(int fd, int64_t deadline_ns)
{
    int error = moment_await(fd, POLLOUT, deadline_ns);
    socklen_t len = sizeof error;

    if (error != 0)
        return error;
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

static int dial_socket(const struct address_spec *address, int64_t deadline_ns,
                       const char **problem)
{
    struct address found[ADDRESS_MAX];
    int fd = -ECONNREFUSED, n = address_resolve_peer(address, found, problem);

    if (n < 0)
        return -1;
    for (int i = 0; i < n && fd < 0; i++)
        fd = try_address(&found[i].any, found[i].len, deadline_ns);
    if (fd >= 0)
        return fd;
    *problem = strerror(-fd);
    errno = -fd;
    return -1;
}

/* Proves on the socket who we are, which is closed if the daemon does not know us. */
static int prove(struct dial_target *target, int fd, int64_t deadline_ns, const char **problem)
{
    int error;

    if (target->token[0] == '\0' ||
        credential_show(fd, target->token, deadline_ns, target->refusal) == 0)
        return fd;
    error = errno;
    *problem = error == EKEYREJECTED ? target->refusal : strerror(error);
    close(fd);
    errno = error;
    return -1;
}

int dial(struct dial_target *target, int64_t timeout_ns, const char **problem)
{
    const char *host = target->address.kind == ADDRESS_HOST ? target->address.host : "localhost";
    int64_t deadline_ns = moment_after(timeout_ns);
    int fd = dial_socket(&target->address, deadline_ns, problem);

    if (fd >= 0 && target->is_tls)
        fd = tunnel_open(fd, host, &target->files, deadline_ns, problem);
    return fd >= 0 ? prove(target, fd, deadline_ns, problem) : -1;
}
