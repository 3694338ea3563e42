/* SPDX-License-Identifier: ISC */
#include "daemon/net/stdio.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/pump.h"
#include "daemon/net/socket.h"
#include "proto/due.h"

/* How long a client may take to fetch its last events once all is cancelled. */
#define FLUSH_NS INT64_C(2000000000)

/* ---- The transport -------------------------------------------------------- */

struct stdio_transport {
    struct transport transport;
    struct log *log;
    bool in_is_socket, out_is_socket;
    bool has_failed;  /* and the log says so */
    size_t out_piece; /* what may be written at once when there is room */
};

/* Notes why the transport is broken, and returns -1.  That the other side has gone is
 * nothing to report; all else is. */
static ptrdiff_t fail(struct stdio_transport *stdio, const char *what, int error)
{
    bool is_gone = error == EPIPE || error == ECONNRESET;

    log_write(stdio->log, is_gone ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, "%s: %s", what,
              strerror(error));
    stdio->has_failed = true;
    errno = error;
    return -1;
}

/* Whether a read or a write would not wait: it would do something, or fail. */
static bool is_ready(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    return poll(&poll_fd, 1, 0) > 0;
}

static ptrdiff_t receive(struct transport *transport, char *in, size_t room)
{
    struct stdio_transport *stdio = (struct stdio_transport *)transport;
    ssize_t n = 0;

    if (stdio->in_is_socket) {
        n = recv(STDIN_FILENO, in, room, MSG_DONTWAIT);
    } else if (is_ready(STDIN_FILENO, POLLIN)) {
        n = read(STDIN_FILENO, in, room);
    } else {
        transport->readable = false;
        return 0;
    }
    if (n > 0)
        return n;
    transport->readable = false;
    /* A terminal that has been hung up says EIO: there is no more input. */
    if (n == 0 || (errno == EIO && isatty(STDIN_FILENO)))
        transport->eof = true;
    else if (!socket_would_block(errno) && errno != EINTR)
        return fail(stdio, "standard input", errno);
    return 0;
}

/* One piece.  Returns as write() does. */
static ssize_t send_piece(const struct stdio_transport *stdio, const char *bytes, size_t len)
{
    if (len > stdio->out_piece)
        len = stdio->out_piece;
    if (stdio->out_is_socket)
        return send(STDOUT_FILENO, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (is_ready(STDOUT_FILENO, POLLOUT))
        return write(STDOUT_FILENO, bytes, len);
    errno = EAGAIN;
    return -1;
}

/* Piece after piece, as long as it takes them: what is left has to be copied. */
static ptrdiff_t transmit(struct transport *transport, const char *bytes, size_t len)
{
    struct stdio_transport *stdio = (struct stdio_transport *)transport;
    size_t sent = 0;
    ssize_t n;

    do {
        n = send_piece(stdio, bytes + sent, len - sent);
        if (n > 0)
            sent += (size_t)n;
    } while (n > 0 && sent < len);
    if (n >= 0)
        return (ptrdiff_t)sent;
    if (socket_would_block(errno) || errno == EINTR)
        transport->writable = false;
    else if (sent == 0) /* else it says so again */
        return fail(stdio, "standard output", errno);
    return (ptrdiff_t)sent;
}

static bool is_gone(struct transport *transport)
{
    const struct stdio_transport *stdio = (const struct stdio_transport *)transport;

    return stdio->out_is_socket && socket_is_gone(STDOUT_FILENO);
}

/* Our end of it is closed at exit.  To shut a socket down would shut the parent's too. */
static void shut(struct transport *transport)
{
    (void)transport;
}

static int64_t unsent(struct transport *transport)
{
    const struct stdio_transport *stdio = (const struct stdio_transport *)transport;

    return stdio->out_is_socket ? socket_unsent(STDOUT_FILENO) : 0;
}

static void open_transport(struct stdio_transport *stdio, struct log *log)
{
    static const struct transport_ops ops = {receive, transmit, is_gone, shut, unsent, NULL};
    struct stat status;

    *stdio = (struct stdio_transport){
        .transport = {.ops = &ops, .readable = true, .writable = true},
        .log = log,
        /* A pipe that is ready has room for as much. */
        .out_piece = PIPE_BUF,
    };
    stdio->in_is_socket = fstat(STDIN_FILENO, &status) == 0 && S_ISSOCK(status.st_mode);
    if (fstat(STDOUT_FILENO, &status) == 0) {
        stdio->out_is_socket = S_ISSOCK(status.st_mode);
        if (stdio->out_is_socket || S_ISREG(status.st_mode))
            stdio->out_piece = PUMP_BUFFER_BYTES;
    }
    stdio->transport.lingers = stdio->in_is_socket && stdio->out_is_socket;
}

/* ---- The session ---------------------------------------------------------- */

/* The descriptors that are waited for. */
enum { IN, OUT, SIGNALS, WAITED_FOR };

struct session {
    struct pump_host host;
    struct stdio_transport stdio;
    struct pump pump;
    int signal_fd;
    enum { SERVING, DRAINING, CANCELLING } stage; /* by signals and time */
    int64_t stage_ends_ns;                        /* DUE_NEVER while serving */
};

/* As a daemon's: no new batches, time for what runs, then its cancellation,
 * then time for what there is to write. */
static void advance(struct session *session, int64_t now_ns)
{
    if (session->stage == SERVING) {
        session->stage = DRAINING;
        session->stage_ends_ns = saturate_add_ns(now_ns, session->host.limits.drain_timeout_ns);
        session->host.draining = true;
        pump_drain(&session->pump);
    } else if (session->stage == DRAINING) {
        session->stage = CANCELLING;
        session->stage_ends_ns = saturate_add_ns(now_ns, FLUSH_NS);
        pump_cancel(&session->pump);
    } else {
        session->stage_ends_ns = now_ns;
    }
}

/* How long to wait for an event; false for as long as it takes. */
static bool find_timeout(const struct session *session, bool has_more, struct timespec *timeout)
{
    int64_t due_ns = pump_due(&session->pump), wait_ns = 0;

    if (session->stage_ends_ns < due_ns)
        due_ns = session->stage_ends_ns;
    if (!has_more && due_ns > 0)
        wait_ns = due_ns - clock_now_ns();
    if (wait_ns < 0)
        wait_ns = 0;
    timeout->tv_sec = wait_ns / 1000000000;
    timeout->tv_nsec = wait_ns % 1000000000;
    return has_more || due_ns != DUE_NEVER;
}

/* Waits until a descriptor is ready or something is due, and passes it on. */
static void wait_for_events(struct session *session, bool has_more)
{
    struct pump *pump = &session->pump;
    struct timespec timeout;
    bool is_timed = find_timeout(session, has_more, &timeout);
    struct pollfd fds[WAITED_FOR] = {
        [IN] = {.fd = pump_wants_to_receive(pump) ? STDIN_FILENO : -1, .events = POLLIN},
        /* Without any event it still reports when nobody reads any more. */
        [OUT] = {.fd = STDOUT_FILENO, .events = pump_wants_to_send(pump) ? POLLOUT : 0},
        [SIGNALS] = {.fd = session->signal_fd, .events = POLLIN},
    };
    struct signalfd_siginfo ignored;

    if (ppoll(fds, WAITED_FOR, is_timed ? &timeout : NULL, NULL) <= 0)
        return;
    pump_wake(pump);
    if (fds[IN].revents)
        session->stdio.transport.readable = true;
    if (fds[OUT].revents & POLLOUT) {
        session->stdio.transport.writable = true;
    } else if (fds[OUT].revents) {
        (void)fail(&session->stdio, "standard output", EPIPE);
        pump_break(pump, "nobody reads any more");
    }
    /* Each signal cuts the wait of a stage short. */
    if (fds[SIGNALS].revents && read(session->signal_fd, &ignored, sizeof(ignored)) > 0)
        advance(session, clock_now_ns());
}

static void serve(struct session *session)
{
    bool has_more = true;
    int64_t now_ns;

    do {
        wait_for_events(session, has_more);
        has_more = pump_serve(&session->pump, PUMP_SLICE_NS, &now_ns);
        if (session->stage == DRAINING && now_ns >= session->stage_ends_ns) {
            advance(session, now_ns);
            has_more = true;
        }
    } while (!pump_is_dead(&session->pump) &&
             (session->stage != CANCELLING || now_ns < session->stage_ends_ns));
    if (session->pump.cut_short && !session->stdio.has_failed)
        log_write(session->host.log, LOG_LEVEL_ERROR, "standard input and output: %s",
                  session->pump.starved ? "out of memory" : "the client did nothing for too long");
}

static int verdict(const struct session *session)
{
    struct channel_verdict verdict = pump_verdict(&session->pump);

    if (verdict.request_refused)
        return 2;
    return verdict.batch_not_ok || session->pump.cut_short || pump_wants_to_send(&session->pump);
}

static int take_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(struct session *session)
{
    int status;

    session->signal_fd = take_signals();
    if (session->signal_fd < 0 || session->host.in == NULL || session->host.out == NULL ||
        pump_init(&session->pump, &session->host, &session->stdio.transport, 0, NULL) != 0) {
        log_write(session->host.log, LOG_LEVEL_ERROR, "cannot begin: %s", strerror(errno));
        return 1;
    }
    serve(session);
    status = verdict(session);
    pump_fini(&session->pump);
    return status;
}

int stdio_serve(const struct stdio_config *config)
{
    struct session session = {
        .host = {.limits = *config->env->limits,
                 .env = *config->env,
                 .log = config->log,
                 .in = malloc(PUMP_BUFFER_BYTES),
                 .out = malloc(PUMP_BUFFER_BYTES),
                 .hurried = true},
        .stage_ends_ns = DUE_NEVER,
    };
    int status;

    session.host.env.limits = &session.host.limits;
    open_transport(&session.stdio, config->log);
    status = run(&session);
    if (session.signal_fd >= 0)
        close(session.signal_fd);
    free(session.host.in);
    free(session.host.out);
    return status;
}
