/* SPDX-License-Identifier: ISC */
#include "daemon/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/address.h"
#include "daemon/clock.h"
#include "proto/event.h"

/* Between two looks at the clock: the units of work, and how much is read at
 * once.  The whole buffer, unless the slice is small: jobs of the common form
 * are read at 3 ns a byte, dear ones at ten times that. */
#define WORK_UNITS     256
#define READ_MIN_BYTES 8192
#define READ_NS_A_BYTE 4

/* How much a visit discards. */
#define VISIT_DISCARD_BYTES (4 * CONNECTION_BUFFER_BYTES)

/* Lingering ends when the client has taken nothing more for this long, or when
 * it has sent this much that nobody wants. */
#define LINGER_NS        INT64_C(2000000000)
#define LINGER_MAX_BYTES (UINT64_C(64) << 20)
#define LINGER_CHECK_NS  INT64_C(10000000) /* while the daemon stops */

enum state { OPEN, INPUT_ENDED, LINGERING, DEAD };

/* Bytes kept for later: text[at..len). */
struct kept {
    char *text;
    uint32_t at, len;
};

struct connection {
    struct event event;
    struct connection_host *host;
    struct connection *next; /* in the host's queue */
    struct channel *channel; /* NULL for one that was refused, and once lingering */
    uint64_t number;
    int fd;
    uint32_t slot;
    enum state state;
    bool queued;
    bool refused;
    bool woken;       /* the socket has news since the last visit */
    bool readable;    /* the last recv() did not say that there is no more */
    bool writable;    /* the last send() did not say that there is no room */
    bool eof;         /* the client has shut its side */
    struct kept in;   /* read, but not wanted by the channel yet */
    struct kept out;  /* rendered, but not taken by the socket yet */
    int64_t heard_ns; /* when bytes last came or went */
    int64_t taken_ns; /* when output last went, or began to wait */
    int64_t linger_until_ns, linger_end_ns;
    uint64_t discarded; /* while lingering */
    int unsent;         /* while lingering: what the client had not taken at the last look */
    int64_t due_ns;
};

static int64_t later(int64_t now_ns, int64_t by_ns)
{
    return by_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + by_ns;
}

/* Keeps bytes, of which there are none yet.  0 or -1. */
static int keep(struct kept *kept, const char *bytes, size_t len)
{
    kept->text = malloc(len);
    if (!kept->text)
        return -1;
    memcpy(kept->text, bytes, len);
    kept->at = 0;
    kept->len = (uint32_t)len;
    return 0;
}

static void drop(struct kept *kept)
{
    free(kept->text);
    memset(kept, 0, sizeof(*kept));
}

/* Marks len bytes as used up. */
static void use(struct kept *kept, size_t len)
{
    kept->at += (uint32_t)len;
    if (kept->at == kept->len)
        drop(kept);
}

/* ---- Coming and going ----------------------------------------------------- */

static void on_news(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;

    (void)fd;
    c->woken = true;
    if (what & EV_READ)
        c->readable = true;
    if (what & EV_WRITE)
        c->writable = true;
    connection_queue(c);
}

static struct connection *make(struct connection_host *host, int fd, uint32_t slot, uint64_t number)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->host = host;
    c->fd = fd;
    c->slot = slot;
    c->number = number;
    c->readable = c->writable = true;
    c->heard_ns = c->taken_ns = clock_now_ns();
    c->due_ns = CHANNEL_NEVER;
    return c;
}

/* One event for life, edge-triggered: a level-triggered one spins on a
 * half-closed socket, and only one of either kind hears of a later reset. */
static int listen_for_news(struct connection *c)
{
    if (event_assign(&c->event, c->host->base, c->fd, EV_READ | EV_WRITE | EV_ET | EV_PERSIST,
                     on_news, c) != 0 ||
        event_add(&c->event, NULL) != 0)
        return -1;
    connection_queue(c);
    return 0;
}

static void log_arrival(struct connection *c)
{
    struct address peer;
    char text[ADDRESS_PRINT_MAX];

    if (!log_takes(c->host->log, LOG_LEVEL_DEBUG))
        return;
    peer.len = sizeof(peer.room);
    if (getpeername(c->fd, &peer.any, &peer.len) == 0)
        log_write_about(c->host->log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0},
                        "from %s%s", address_print(&peer, text),
                        c->refused ? ", one too many" : "");
}

struct connection *connection_new(struct connection_host *host, int fd, uint32_t slot,
                                  uint64_t number)
{
    struct connection *c = make(host, fd, slot, number);

    if (!c)
        return NULL;
    c->channel = channel_new(&host->env);
    if (!c->channel || listen_for_news(c) != 0) {
        channel_free(c->channel);
        free(c);
        return NULL;
    }
    channel_set_number(c->channel, number);
    stats_connection(host->env.stats);
    log_arrival(c);
    return c;
}

struct connection *connection_new_refused(struct connection_host *host, int fd, uint32_t slot,
                                          uint64_t number, const struct fault *fault)
{
    struct connection *c = make(host, fd, slot, number);
    struct event_text no_id = {NULL, 0};
    char line[EVENT_LINE_MAX];

    if (!c)
        return NULL;
    c->refused = true;
    c->state = INPUT_ENDED;
    if (keep(&c->out, line, (size_t)(event_write_error(line, fault, no_id) - line)) != 0 ||
        listen_for_news(c) != 0) {
        drop(&c->out);
        free(c);
        return NULL;
    }
    log_arrival(c);
    return c;
}

void connection_free(struct connection *c)
{
    event_del(&c->event);
    close(c->fd);
    channel_free(c->channel);
    drop(&c->in);
    drop(&c->out);
    free(c);
}

/* The one function that changes a connection's state. */
static void move_to(struct connection *c, enum state state, const char *why)
{
    static const char *const names[] = {"open", "ending", "lingering", "closed"};

    if (state <= c->state)
        return;
    c->state = state;
    drop(&c->in);
    if (state == LINGERING) {
        int64_t now_ns = clock_now_ns();

        channel_free(c->channel);
        c->channel = NULL;
        shutdown(c->fd, SHUT_WR);
        c->unsent = INT32_MAX;
        c->linger_until_ns = c->host->draining ? now_ns : now_ns + LINGER_NS;
        c->linger_end_ns = now_ns + LINGER_NS;
    }
    log_write_about(c->host->log, LOG_LEVEL_DEBUG, (struct log_about){c->number, 0}, "%s: %s",
                    names[state], why);
}

/* ---- The queue ------------------------------------------------------------ */

void connection_queue(struct connection *c)
{
    struct connection_host *host = c->host;

    if (c->queued)
        return;
    c->queued = true;
    c->next = NULL;
    if (host->last)
        host->last->next = c;
    else
        host->first = c;
    host->last = c;
    host->n_queued++;
}

struct connection *connection_next(struct connection_host *host)
{
    struct connection *c = host->first;

    if (!c)
        return NULL;
    host->first = c->next;
    if (!host->first)
        host->last = NULL;
    host->n_queued--;
    c->queued = false;
    return c;
}

/* How much to read at once in a slice. */
static size_t piece_of(int64_t slice_ns)
{
    int64_t piece = slice_ns / READ_NS_A_BYTE;

    if (piece < READ_MIN_BYTES)
        return READ_MIN_BYTES;
    return piece < CONNECTION_BUFFER_BYTES ? (size_t)piece : CONNECTION_BUFFER_BYTES;
}

/* ---- Reading -------------------------------------------------------------- */

/*
 * After the client's end of file a full close and a reset show as a hang-up or
 * an error: at once on a Unix socket; on TCP once something sent has been
 * answered by a reset.
 */
static bool client_is_gone(const struct connection *c)
{
    struct pollfd poll_fd = {.fd = c->fd, .events = 0};

    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

/* Receives up to room bytes.  Returns how many; 0 when there is nothing (more). */
static size_t receive(struct connection *c, size_t room)
{
    ssize_t n;

    do
        n = recv(c->fd, c->host->in, room, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        stats_bytes(c->host->env.stats, (uint64_t)n, 0);
        return (size_t)n;
    }
    c->readable = false;
    if (n == 0)
        c->eof = true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK)
        move_to(c, DEAD, strerror(errno));
    return 0;
}

/* Gives the channel what it has not wanted before.  Returns whether all went. */
static bool offer_kept(struct connection *c, int64_t now_ns)
{
    if (c->in.text && channel_wants_input(c->channel))
        use(&c->in, channel_take(c->channel, now_ns, c->in.text + c->in.at, c->in.len - c->in.at));
    return !c->in.text;
}

static void read_requests(struct connection *c, int64_t now_ns, int64_t slice_ns)
{
    int64_t until_ns = now_ns + slice_ns;
    size_t piece = piece_of(slice_ns);

    if (!offer_kept(c, now_ns))
        return;
    while (c->readable && now_ns < until_ns && channel_wants_input(c->channel)) {
        size_t n = receive(c, piece), used;

        if (n == 0)
            break;
        /* Read again: a batch is accepted after its client has sent it, not before. */
        now_ns = clock_now_ns();
        c->heard_ns = now_ns;
        used = channel_take(c->channel, now_ns, c->host->in, n);
        if (used == n) {
            now_ns = clock_now_ns();
            continue;
        }
        if (!channel_input_ended(c->channel) && keep(&c->in, c->host->in + used, n - used) != 0)
            move_to(c, DEAD, "memory is short");
        break;
    }
    if (c->state == OPEN && c->eof)
        channel_end_input(c->channel, now_ns);
}

static void discard_input(struct connection *c)
{
    size_t done = 0, n;

    while (c->readable && done < VISIT_DISCARD_BYTES &&
           (n = receive(c, CONNECTION_BUFFER_BYTES)) > 0)
        done += n;
    if (c->state != LINGERING)
        return;
    c->discarded += done;
    if (c->eof)
        move_to(c, DEAD, "the client has closed");
    else if (c->discarded > LINGER_MAX_BYTES)
        move_to(c, DEAD, "the client sends on");
}

/* ---- Working and writing -------------------------------------------------- */

static void work(struct connection *c, int64_t slice_ns)
{
    int64_t now_ns = clock_now_ns(), until_ns = now_ns + slice_ns;

    while (channel_next_due(c->channel) <= now_ns) {
        channel_work(c->channel, now_ns, WORK_UNITS);
        now_ns = clock_now_ns();
        if (now_ns >= until_ns)
            break;
    }
}

static bool has_output(const struct connection *c)
{
    return c->out.text || (c->channel && channel_has_output(c->channel));
}

/* Sends what it can of bytes.  Returns how many went. */
static size_t transmit(struct connection *c, const char *bytes, size_t len)
{
    ssize_t n;

    do
        n = send(c->fd, bytes, len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0) {
        stats_bytes(c->host->env.stats, 0, (uint64_t)n);
        return (size_t)n;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        c->writable = false;
    else
        move_to(c, DEAD, strerror(errno));
    return 0;
}

/* Sends what was kept.  Returns how many bytes went. */
static size_t send_kept(struct connection *c)
{
    size_t sent = transmit(c, c->out.text + c->out.at, c->out.len - c->out.at);

    use(&c->out, sent);
    return sent;
}

/* Renders as much as there is room for and sends it.  Returns how many bytes went. */
static size_t send_rendered(struct connection *c, int64_t now_ns)
{
    size_t len = c->channel ? channel_render(c->channel, c->host->out, CONNECTION_BUFFER_BYTES) : 0;
    size_t sent;

    if (len == 0) {
        if (has_output(c)) /* a long line that there is no memory for */
            move_to(c, DEAD, "memory is short");
        return 0;
    }
    sent = transmit(c, c->host->out, len);
    if (sent < len && c->state != DEAD) {
        c->taken_ns = now_ns;
        if (keep(&c->out, c->host->out + sent, len - sent) != 0)
            move_to(c, DEAD, "memory is short");
    }
    return sent;
}

static void write_output(struct connection *c, int64_t now_ns, int64_t slice_ns)
{
    int64_t until_ns = now_ns + slice_ns;

    while (c->writable && now_ns < until_ns && c->state != DEAD && has_output(c)) {
        if ((c->out.text ? send_kept(c) : send_rendered(c, now_ns)) > 0)
            c->heard_ns = c->taken_ns = now_ns;
        now_ns = clock_now_ns();
    }
}

/* ---- Deciding ------------------------------------------------------------- */

/* Nothing runs, nothing waits to be sent: only the client can make something happen. */
static bool is_quiet(const struct connection *c)
{
    return !has_output(c) && channel_next_due(c->channel) == CHANNEL_NEVER;
}

static void end_linger(struct connection *c, int64_t now_ns)
{
    int unsent;

    if (now_ns < c->linger_until_ns)
        return;
    if (ioctl(c->fd, SIOCOUTQ, &unsent) != 0)
        unsent = 0;
    if (unsent == 0 && c->host->draining) {
        move_to(c, DEAD, "the client has everything");
    } else if (now_ns < c->linger_end_ns) {
        c->linger_until_ns = c->host->draining ? now_ns + LINGER_CHECK_NS : c->linger_end_ns;
    } else if (unsent > 0 && unsent < c->unsent) {
        /* It is still taking what was sent: a reset now might destroy it. */
        c->unsent = unsent;
        c->linger_until_ns = c->linger_end_ns = now_ns + LINGER_NS;
    } else {
        move_to(c, DEAD, "the client does not close");
    }
}

static void enforce_timeouts(struct connection *c, int64_t now_ns)
{
    const struct limits *limits = &c->host->limits;

    if (has_output(c)) {
        if (!c->writable && limits->client_timeout_ns > 0 &&
            now_ns >= later(c->taken_ns, limits->client_timeout_ns))
            move_to(c, DEAD, "takes nothing");
    } else if (c->state == OPEN && limits->idle_timeout_ns > 0 && is_quiet(c) &&
               now_ns >= later(c->heard_ns, limits->idle_timeout_ns)) {
        move_to(c, LINGERING, "idle");
    }
}

static void settle(struct connection *c, int64_t now_ns)
{
    if (c->state == OPEN && channel_input_ended(c->channel))
        move_to(c, INPUT_ENDED, c->eof ? "end of file" : "no more requests are read");
    if (c->state == INPUT_ENDED && !c->out.text &&
        (!c->channel || channel_is_drained(c->channel))) {
        if (c->eof)
            move_to(c, DEAD, "finished");
        else
            move_to(c, LINGERING, "finished");
    }
    if (c->state == OPEN && c->host->draining && !c->readable && !c->in.text && !has_output(c) &&
        channel_is_idle(c->channel))
        move_to(c, LINGERING, "the daemon stops");
    if (c->state == OPEN && c->channel && channel_request_due(c->channel, now_ns) <= now_ns) {
        channel_refuse_late(c->channel);
        move_to(c, INPUT_ENDED, "takes too long over a request");
    }
    if (c->state <= INPUT_ENDED)
        enforce_timeouts(c, now_ns);
    if (c->state == LINGERING)
        end_linger(c, now_ns);
}

static bool wants_more_now(const struct connection *c, int64_t now_ns)
{
    if (c->state == DEAD)
        return false;
    if (c->state != OPEN && c->readable)
        return true;
    if (c->state == LINGERING)
        return false;
    if (has_output(c) && c->writable)
        return true;
    if (!c->channel)
        return false;
    if (c->state == OPEN && (c->readable || c->in.text) && channel_wants_input(c->channel))
        return true;
    return channel_next_due(c->channel) <= now_ns;
}

static int64_t sooner(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

static int64_t find_due(const struct connection *c, int64_t now_ns)
{
    const struct limits *limits = &c->host->limits;
    int64_t due_ns = c->channel ? channel_next_due(c->channel) : CHANNEL_NEVER;
    int64_t timeout_ns = CHANNEL_NEVER;

    if (c->state == LINGERING)
        return c->linger_until_ns;
    if (c->state == OPEN && c->channel)
        due_ns = sooner(due_ns, channel_request_due(c->channel, now_ns));
    if (has_output(c)) {
        if (limits->client_timeout_ns > 0)
            timeout_ns = later(c->taken_ns, limits->client_timeout_ns);
    } else if (c->state == OPEN && limits->idle_timeout_ns > 0 && is_quiet(c)) {
        timeout_ns = later(c->heard_ns, limits->idle_timeout_ns);
    }
    return sooner(due_ns, timeout_ns);
}

void connection_visit(struct connection *c, int64_t slice_ns)
{
    int64_t now_ns = clock_now_ns();

    if (c->woken && c->eof && client_is_gone(c))
        move_to(c, DEAD, "the client is gone");
    c->woken = false;
    if (c->state == OPEN) {
        read_requests(c, now_ns, slice_ns);
        if (c->eof && c->state == OPEN && client_is_gone(c))
            move_to(c, DEAD, "the client is gone");
    } else if (c->state != DEAD) {
        discard_input(c);
    }
    if (c->state <= INPUT_ENDED && c->channel)
        work(c, slice_ns);
    if (c->state <= INPUT_ENDED)
        write_output(c, clock_now_ns(), slice_ns);
    now_ns = clock_now_ns();
    settle(c, now_ns);
    c->due_ns = c->state == DEAD ? CHANNEL_NEVER : find_due(c, now_ns);
    if (wants_more_now(c, now_ns))
        connection_queue(c);
}

int64_t connection_due(const struct connection *c)
{
    return c->due_ns;
}

bool connection_is_dead(const struct connection *c)
{
    return c->state == DEAD;
}

bool connection_was_refused(const struct connection *c)
{
    return c->refused;
}

uint32_t connection_slot(const struct connection *c)
{
    return c->slot;
}

/* ---- Orders --------------------------------------------------------------- */

void connection_drain(struct connection *c)
{
    if (c->channel)
        channel_refuse_batches(c->channel);
    /* What the client has sent so far is still answered. */
    c->readable = true;
    c->linger_until_ns = 0;
    connection_queue(c);
}

void connection_cancel(struct connection *c)
{
    if (c->channel)
        channel_cancel_all(c->channel, clock_now_ns());
    connection_queue(c);
}

void connection_limits_changed(struct connection *c)
{
    if (c->channel)
        channel_limits_changed(c->channel);
    connection_queue(c);
}
