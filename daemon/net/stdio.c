/* SPDX-License-Identifier: ISC */
#include "daemon/net/stdio.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/session/stats.h"

#define BUFFER_BYTES 65536
#define WORK_UNITS   256
#define SLICE_NS     INT64_C(500000)

/* How long the rest may take to go out after a signal, and how long a
 * socket's last bytes are waited for. */
#define FLUSH_NS INT64_C(2000000000)

/* The descriptors that are waited for. */
enum { IN, OUT, SIGNALS, WAITED_FOR };

struct session {
    const struct stdio_config *config;
    struct channel *channel;
    int signal_fd;
    bool in_is_socket, out_is_socket;
    size_t out_piece; /* what may be written at once when there is room */
    bool in_ended;    /* nothing more is read */
    bool broken;      /* input or output failed */
    enum { SERVING, DRAINING, CANCELLING } stage; /* by signals and time */
    int64_t stage_ends_ns;                        /* not while serving */
    int64_t taken_ns, heard_ns;
    int64_t request_due_ns; /* by when the request under way is to be complete */
    size_t in_at, in_len;   /* read, not wanted yet: in[in_at..in_len) */
    size_t out_at, out_len; /* rendered, not written yet */
    char in[BUFFER_BYTES], out[BUFFER_BYTES];
};

static int64_t later(int64_t now_ns, int64_t by_ns)
{
    return by_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + by_ns;
}

/* ---- Input and output ----------------------------------------------------- */

static void look_at_descriptors(struct session *session)
{
    struct stat status;

    session->in_is_socket = fstat(STDIN_FILENO, &status) == 0 && S_ISSOCK(status.st_mode);
    session->out_piece = PIPE_BUF;
    if (fstat(STDOUT_FILENO, &status) != 0)
        return;
    session->out_is_socket = S_ISSOCK(status.st_mode);
    /* A pipe that is ready has room for PIPE_BUF bytes; files never make wait. */
    if (session->out_is_socket || S_ISREG(status.st_mode))
        session->out_piece = BUFFER_BYTES;
}

/* That the other side has gone is no news; anything else is. */
static void break_off(struct session *session, const char *what)
{
    bool is_gone = errno == EPIPE || errno == ECONNRESET;

    if (!session->broken)
        log_write(session->config->log, is_gone ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, "%s: %s", what,
                  strerror(errno));
    session->broken = true;
}

/* Reads once; nothing happens if there is nothing to read after all. */
static void read_input(struct session *session, int64_t now_ns)
{
    ssize_t n;

    if (session->in_is_socket)
        n = recv(STDIN_FILENO, session->in, BUFFER_BYTES, MSG_DONTWAIT);
    else
        n = read(STDIN_FILENO, session->in, BUFFER_BYTES);
    if (n > 0) {
        session->in_at = 0;
        session->in_len = (size_t)n;
        session->heard_ns = now_ns;
        stats_bytes(session->config->env->stats, (uint64_t)n, 0);
    } else if (n == 0) {
        session->in_ended = true;
        channel_end_input(session->channel, now_ns);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        /* A terminal that has been hung up says EIO: no more comes from it. */
        if (errno != EIO || !isatty(STDIN_FILENO))
            break_off(session, "standard input");
        session->in_ended = true;
        channel_end_input(session->channel, now_ns);
    }
}

static void give_input(struct session *session, int64_t now_ns)
{
    if (session->in_at < session->in_len && channel_wants_input(session->channel))
        session->in_at += channel_take(session->channel, now_ns, session->in + session->in_at,
                                       session->in_len - session->in_at);
    if (channel_input_ended(session->channel))
        session->in_at = session->in_len;
}

static void render(struct session *session)
{
    if (session->out_at == session->out_len) {
        session->out_at = 0;
        session->out_len = channel_render(session->channel, session->out, BUFFER_BYTES);
    }
}

static bool has_output(const struct session *session)
{
    return session->out_at < session->out_len || channel_has_output(session->channel);
}

/* Writes once, to what is ready to be written to. */
static void write_output(struct session *session, int64_t now_ns)
{
    size_t len;
    ssize_t n;

    render(session);
    len = session->out_len - session->out_at;
    if (len > session->out_piece)
        len = session->out_piece;
    if (len == 0)
        return;
    if (session->out_is_socket)
        n = send(STDOUT_FILENO, session->out + session->out_at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
        n = write(STDOUT_FILENO, session->out + session->out_at, len);
    if (n > 0) {
        session->out_at += (size_t)n;
        session->taken_ns = session->heard_ns = now_ns;
        stats_bytes(session->config->env->stats, 0, (uint64_t)n);
    } else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        break_off(session, "standard output");
    }
}

/* ---- Waiting -------------------------------------------------------------- */

static bool wants_to_read(const struct session *session)
{
    return !session->in_ended && session->in_at == session->in_len &&
           channel_wants_input(session->channel);
}

/* When the client will have been silent, or deaf, for too long. */
static int64_t time_out(const struct session *session)
{
    const struct limits *limits = session->config->env->limits;

    if (has_output(session))
        return limits->client_timeout_ns > 0 ? later(session->taken_ns, limits->client_timeout_ns)
                                             : CHANNEL_NEVER;
    if (limits->idle_timeout_ns > 0 && channel_next_due(session->channel) == CHANNEL_NEVER)
        return later(session->heard_ns, limits->idle_timeout_ns);
    return CHANNEL_NEVER;
}

static int64_t next_due(const struct session *session)
{
    int64_t due_ns = channel_next_due(session->channel), timeout_ns = time_out(session);

    if (session->in_at < session->in_len && channel_wants_input(session->channel))
        return 0;
    if (timeout_ns < due_ns)
        due_ns = timeout_ns;
    if (session->request_due_ns < due_ns)
        due_ns = session->request_due_ns;
    if (session->stage != SERVING && session->stage_ends_ns < due_ns)
        due_ns = session->stage_ends_ns;
    return due_ns;
}

/* Waits until a descriptor is ready or something is due. */
static void wait_for_news(const struct session *session, struct pollfd waited_for[WAITED_FOR])
{
    int64_t due_ns = next_due(session), wait_ns = 0;
    struct timespec timeout;

    waited_for[IN] =
        (struct pollfd){.fd = wants_to_read(session) ? STDIN_FILENO : -1, .events = POLLIN};
    /* Without any event it still tells when nobody reads any more. */
    waited_for[OUT] =
        (struct pollfd){.fd = STDOUT_FILENO, .events = has_output(session) ? POLLOUT : 0};
    waited_for[SIGNALS] = (struct pollfd){.fd = session->signal_fd, .events = POLLIN};
    if (due_ns != CHANNEL_NEVER && due_ns > 0) {
        int64_t now_ns = clock_now_ns();

        wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    }
    timeout.tv_sec = wait_ns / 1000000000;
    timeout.tv_nsec = wait_ns % 1000000000;
    if (ppoll(waited_for, WAITED_FOR, due_ns == CHANNEL_NEVER ? NULL : &timeout, NULL) < 0)
        for (int i = 0; i < WAITED_FOR; i++)
            waited_for[i].revents = 0;
}

/* ---- Serving -------------------------------------------------------------- */

static void work(struct session *session)
{
    int64_t now_ns = clock_now_ns(), until_ns = now_ns + SLICE_NS;

    while (channel_next_due(session->channel) <= now_ns && now_ns < until_ns) {
        channel_work(session->channel, now_ns, WORK_UNITS);
        now_ns = clock_now_ns();
    }
}

/* As a daemon's: no new batches, time for what runs, then its cancellation,
 * then time for what there is to write. */
static void advance(struct session *session, int64_t now_ns)
{
    if (session->stage == SERVING) {
        session->stage = DRAINING;
        session->stage_ends_ns = later(now_ns, session->config->env->limits->drain_timeout_ns);
        channel_refuse_batches(session->channel);
    } else if (session->stage == DRAINING) {
        session->stage = CANCELLING;
        session->stage_ends_ns = later(now_ns, FLUSH_NS);
        session->in_ended = true;
        session->in_at = session->in_len = 0;
        channel_cancel_all(session->channel, now_ns);
    } else {
        session->stage_ends_ns = now_ns;
    }
}

/* Ends the input of a client that takes too long over a request. */
static void enforce_request_timeout(struct session *session, int64_t now_ns)
{
    session->request_due_ns = CHANNEL_NEVER;
    if (session->in_ended || channel_input_ended(session->channel))
        return;
    session->request_due_ns = channel_request_due(session->channel, now_ns);
    if (session->request_due_ns > now_ns)
        return;
    channel_refuse_late(session->channel);
    session->request_due_ns = CHANNEL_NEVER;
    session->in_ended = true;
    session->in_at = session->in_len = 0;
}

/* Each signal cuts the wait of a stage short. */
static void on_signal(struct session *session, int64_t now_ns)
{
    struct signalfd_siginfo ignored;

    if (read(session->signal_fd, &ignored, sizeof(ignored)) > 0)
        advance(session, now_ns);
}

static void turn(struct session *session)
{
    struct pollfd waited_for[WAITED_FOR];
    bool had_output = has_output(session);
    int64_t now_ns;

    wait_for_news(session, waited_for);
    now_ns = clock_now_ns();
    if (waited_for[SIGNALS].revents)
        on_signal(session, now_ns);
    if (waited_for[IN].revents && !session->in_ended)
        read_input(session, now_ns);
    /* Read again: a batch is accepted after it has been sent, not before. */
    give_input(session, clock_now_ns());
    enforce_request_timeout(session, clock_now_ns());
    if (session->stage == DRAINING && now_ns >= session->stage_ends_ns)
        advance(session, now_ns);
    work(session);
    if (!had_output && has_output(session))
        session->taken_ns = now_ns;
    if (waited_for[OUT].revents & POLLOUT) {
        write_output(session, now_ns);
    } else if (waited_for[OUT].revents & (POLLERR | POLLHUP | POLLNVAL)) {
        errno = EPIPE;
        break_off(session, "standard output");
    }
    if (time_out(session) <= now_ns) {
        errno = ETIMEDOUT;
        break_off(session, "standard input and output");
    }
}

static bool is_over(const struct session *session)
{
    if (session->broken)
        return true;
    if (session->stage == CANCELLING && clock_now_ns() >= session->stage_ends_ns)
        return true;
    if (session->stage == DRAINING && channel_is_idle(session->channel) && !has_output(session))
        return true;
    return session->out_at == session->out_len && channel_is_drained(session->channel);
}

/*
 * A socket that is closed with something left to read sends a reset, which may
 * destroy what was written last: reads and discards until that has arrived.
 */
static void see_off(struct session *session)
{
    int64_t until_ns = clock_now_ns() + FLUSH_NS;
    int unsent;

    if (session->in_ended || !session->in_is_socket || !session->out_is_socket || session->broken)
        return;
    while (clock_now_ns() < until_ns && ioctl(STDOUT_FILENO, SIOCOUTQ, &unsent) == 0 &&
           unsent > 0) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

        if (poll(&input, 1, 10) > 0 &&
            recv(STDIN_FILENO, session->in, BUFFER_BYTES, MSG_DONTWAIT) == 0)
            break;
    }
    while (recv(STDIN_FILENO, session->in, BUFFER_BYTES, MSG_DONTWAIT) > 0 &&
           clock_now_ns() < until_ns)
        continue;
}

static int verdict(const struct session *session)
{
    struct channel_verdict verdict = channel_verdict(session->channel);

    if (verdict.request_refused)
        return 2;
    return verdict.batch_not_ok || session->broken || session->out_at < session->out_len;
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

int stdio_serve(const struct stdio_config *config)
{
    struct session *session = calloc(1, sizeof(*session));
    int status = 1;

    if (!session)
        return 1;
    session->request_due_ns = CHANNEL_NEVER;
    session->config = config;
    session->channel = channel_new(config->env);
    session->signal_fd = take_signals();
    if (session->channel && session->signal_fd >= 0) {
        look_at_descriptors(session);
        session->taken_ns = session->heard_ns = clock_now_ns();
        while (!is_over(session))
            turn(session);
        see_off(session);
        status = verdict(session);
    } else {
        log_write(config->log, LOG_LEVEL_ERROR, "cannot begin: %s", strerror(errno));
    }
    if (session->signal_fd >= 0)
        close(session->signal_fd);
    channel_free(session->channel);
    free(session);
    return status;
}
