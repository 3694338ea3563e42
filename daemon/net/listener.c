/* SPDX-License-Identifier: ISC */
#include "daemon/net/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

#define BACKLOG         4096
#define ACCEPTS_AT_ONCE 64
#define NOTSENT_BYTES   65536

/* A client whose machine is gone is found out within two minutes. */
#define KEEPALIVE_IDLE_S     45
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_PROBES     4

struct listener {
    const struct listener_env *env;
    int fd;
    struct address address;
    struct event *event;
    struct event *pause_event; /* the end of a pause */
    struct log_rate rate;
    bool unlinks; /* the socket's file, if it is still this one: */
    dev_t device;
    ino_t inode;
};

/* ---- Accepting ------------------------------------------------------------ */

static void pause_accepting(struct listener *listener, int error)
{
    static const struct timeval pause_time = {.tv_usec = 100000};

    log_write_rarely(listener->env->log, &listener->rate, clock_now_ns(), LOG_LEVEL_WARNING,
                     (struct log_about){0, 0}, "cannot accept connections: %s", strerror(error));
    event_del(listener->event);
    event_add(listener->pause_event, &pause_time);
}

static void on_pause_over(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(listener->event, NULL);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_clients(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)what;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct address from = {.len = sizeof(from.room)};
        int client = accept4(fd, &from.any, &from.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client >= 0) {
            listener->env->accepted(listener->env->context, client, &from);
        } else if (is_shortage(errno)) {
            pause_accepting(listener, errno);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        /* Anything else went wrong with that one client before it got here. */
    }
}

/* ---- Opening -------------------------------------------------------------- */

static void set_int(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* Accepted sockets inherit these, on Linux; a failure costs speed, not sense. */
static void tune(int fd, int family)
{
    if (family != AF_INET && family != AF_INET6)
        return;
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_BYTES);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

/* Removes the file of a Unix socket that nobody answers on.  0 if the way is free. */
static int clear_stale(const struct address *address, const char *path)
{
    struct stat status;
    int fd, result, error;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST; /* and is none of ours */
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    result = connect(fd, &address->any, address->len);
    error = errno;
    close(fd);
    if (result != 0 && error == ECONNREFUSED)
        return unlink(path);
    errno = EADDRINUSE;
    return -1;
}

/* The path of a Unix socket's file, NULL if the address is none. */
static const char *path_of(const struct address *address)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->room;

    return address->any.sa_family == AF_UNIX && un->sun_path[0] ? un->sun_path : NULL;
}

/* A socket bound to the address; -1 and errno. */
static int bind_to(const struct address *address, bool any)
{
    const char *path = path_of(address);
    int family = address->any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (family != AF_UNIX)
        set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family == AF_INET6)
        set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !any);
    if ((path && clear_stale(address, path) != 0) || bind(fd, &address->any, address->len) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int bind_any(const struct address *address)
{
    struct address v4;
    struct sockaddr_in *in = (struct sockaddr_in *)&v4.room;
    int fd = bind_to(address, true);

    if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
        return fd;
    memset(&v4, 0, sizeof(v4));
    in->sin_family = AF_INET;
    in->sin_port = ((const struct sockaddr_in6 *)&address->room)->sin6_port;
    v4.len = sizeof(*in);
    return bind_to(&v4, false);
}

static struct listener *make(const struct listener_env *env, int fd)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    int flags = fcntl(fd, F_GETFL);

    if (!listener)
        return NULL;
    listener->env = env;
    listener->fd = fd;
    listener->address.len = sizeof(listener->address.room);
    /* Handed-over sockets are blocking, and accept() on them would stop the loop. */
    if (getsockname(fd, &listener->address.any, &listener->address.len) != 0 || flags < 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        free(listener);
        return NULL;
    }
    tune(fd, listener->address.any.sa_family);
    return listener;
}

static struct listener *abandon(struct listener *listener, int fd)
{
    int error = errno;

    if (listener)
        listener_free(listener);
    else
        close(fd);
    errno = error;
    return NULL;
}

struct listener *listener_open(const struct listener_env *env, const struct address *address,
                               bool any)
{
    int fd = any ? bind_any(address) : bind_to(address, false);
    const char *path = path_of(address);
    struct listener *listener;
    struct stat status;

    if (fd < 0)
        return NULL;
    listener = make(env, fd);
    if (!listener)
        return abandon(NULL, fd);
    if (path && stat(path, &status) == 0) {
        listener->unlinks = true;
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
    }
    if (listen(fd, BACKLOG) != 0)
        return abandon(listener, fd);
    return listener;
}

struct listener *listener_take(const struct listener_env *env, int fd)
{
    return make(env, fd);
}

int listener_start(struct listener *listener)
{
    struct event_base *base = listener->env->base;

    listener->event = event_new(base, listener->fd, EV_READ | EV_PERSIST, on_clients, listener);
    listener->pause_event = evtimer_new(base, on_pause_over, listener);
    if (!listener->event || !listener->pause_event)
        return -1;
    return event_add(listener->event, NULL);
}

const struct address *listener_address(const struct listener *listener)
{
    return &listener->address;
}

/* close() and no shutdown(), which would close the service manager's copy too. */
void listener_free(struct listener *listener)
{
    const char *path;
    struct stat status;

    if (!listener)
        return;
    if (listener->event)
        event_free(listener->event);
    if (listener->pause_event)
        event_free(listener->pause_event);
    path = listener->unlinks ? path_of(&listener->address) : NULL;
    if (path && lstat(path, &status) == 0 && status.st_dev == listener->device &&
        status.st_ino == listener->inode)
        unlink(path);
    close(listener->fd);
    free(listener);
}
