/* SPDX-License-Identifier: ISC */

/* A service slice: a bounded amount of reading, working and writing, and what
 * follows.  The clock is read after whatever takes time, so each part tells how late it
 * has become. */

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/connection_internal.h"

/* Between two looks at the clock: the units of work, and how much is read at
 * once.  The whole buffer, unless the slice is small: jobs of the common form
 * are read at 3 ns a byte, dear ones at ten times that. */
#define WORK_UNITS     256
#define READ_MIN_BYTES 8192
#define READ_NS_A_BYTE 4

/* How much a slice discards. */
#define SLICE_DISCARD_BYTES (4 * CONNECTION_BUFFER_BYTES)

static int64_t later(int64_t now_ns, int64_t by_ns)
{
    return by_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + by_ns;
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

/* Receives up to room bytes.  Returns how many; 0 when there is nothing (more). */
static size_t receive(struct connection *c, size_t room)
{
    ptrdiff_t n = wire_receive(&c->wire, c->host->in, room);

    if (n < 0)
        connection_move_to(c, CONNECTION_DEAD, strerror(errno));
    if (n <= 0)
        return 0;
    stats_bytes(c->host->env.stats, (uint64_t)n, 0);
    return (size_t)n;
}

/* Gives the channel input, piece by piece, until it wants no more or the time is up:
 * requests may be dear.  Returns how many bytes are used up. */
static size_t feed(struct connection *c, int64_t *now_ns, int64_t until_ns, const char *bytes,
                   size_t len)
{
    size_t used = 0;

    while (used < len && *now_ns < until_ns && channel_wants_input(c->channel)) {
        used += channel_take(c->channel, *now_ns, bytes + used, len - used);
        *now_ns = clock_now_ns();
    }
    return channel_input_ended(c->channel) ? len : used;
}

/* What was kept for lack of time first, then what there is to receive. */
static int64_t read_requests(struct connection *c, int64_t now_ns, int64_t slice_ns)
{
    int64_t until_ns = now_ns + slice_ns;
    size_t piece = piece_of(slice_ns);
    struct wire_kept *kept = &c->wire.in;

    if (kept->text)
        wire_use(kept, feed(c, &now_ns, until_ns, kept->text + kept->at, kept->len - kept->at));
    while (c->state == CONNECTION_OPEN && !kept->text && c->wire.readable && now_ns < until_ns &&
           channel_wants_input(c->channel)) {
        size_t n = receive(c, piece), used;

        if (n == 0)
            break;
        /* Read again: a batch is accepted after its client has sent it, not before. */
        now_ns = c->heard_ns = clock_now_ns();
        used = feed(c, &now_ns, until_ns, c->host->in, n);
        if (used < n && wire_keep(kept, c->host->in + used, n - used) != 0)
            connection_move_to(c, CONNECTION_DEAD, "memory is short");
    }
    if (c->state == CONNECTION_OPEN && c->wire.eof && !kept->text)
        channel_end_input(c->channel, now_ns);
    return now_ns;
}

static void discard_input(struct connection *c)
{
    const char *why;
    size_t done = 0, n;

    while (c->wire.readable && done < SLICE_DISCARD_BYTES &&
           (n = receive(c, CONNECTION_BUFFER_BYTES)) > 0)
        done += n;
    if (c->state != CONNECTION_LINGERING)
        return;
    why = c->wire.eof ? "the client has closed" : farewell_discarded(&c->farewell, done);
    if (why)
        connection_move_to(c, CONNECTION_DEAD, why);
}

/* ---- Working and writing -------------------------------------------------- */

static int64_t work(struct connection *c, int64_t now_ns, int64_t slice_ns)
{
    int64_t until_ns = now_ns + slice_ns;

    while (now_ns < until_ns && channel_next_due(c->channel) <= now_ns) {
        channel_work(c->channel, now_ns, WORK_UNITS);
        now_ns = clock_now_ns();
    }
    return now_ns;
}

static bool has_output(const struct connection *c)
{
    return c->wire.out.text || (c->channel && channel_has_output(c->channel));
}

/* Sends what it can of bytes.  Returns how many went. */
static size_t transmit(struct connection *c, const char *bytes, size_t len)
{
    ptrdiff_t n = wire_send(&c->wire, bytes, len);

    if (n < 0)
        connection_move_to(c, CONNECTION_DEAD, strerror(errno));
    if (n <= 0)
        return 0;
    stats_bytes(c->host->env.stats, 0, (uint64_t)n);
    return (size_t)n;
}

/* Sends what was kept.  Returns how many bytes went. */
static size_t send_kept(struct connection *c)
{
    size_t sent = transmit(c, c->wire.out.text + c->wire.out.at, c->wire.out.len - c->wire.out.at);

    wire_use(&c->wire.out, sent);
    return sent;
}

/* Renders as much as there is room for and sends it.  Returns how many bytes went. */
static size_t send_rendered(struct connection *c, int64_t now_ns)
{
    size_t len = c->channel ? channel_render(c->channel, c->host->out, CONNECTION_BUFFER_BYTES) : 0;
    size_t sent;

    if (len == 0) {
        if (has_output(c)) /* a long line that there is no memory for */
            connection_move_to(c, CONNECTION_DEAD, "memory is short");
        return 0;
    }
    sent = transmit(c, c->host->out, len);
    if (sent < len && c->state != CONNECTION_DEAD) {
        c->taken_ns = now_ns;
        if (wire_keep(&c->wire.out, c->host->out + sent, len - sent) != 0)
            connection_move_to(c, CONNECTION_DEAD, "memory is short");
    }
    return sent;
}

static int64_t write_output(struct connection *c, int64_t now_ns, int64_t slice_ns)
{
    int64_t until_ns = now_ns + slice_ns;

    while (c->wire.writable && now_ns < until_ns && c->state != CONNECTION_DEAD && has_output(c)) {
        if ((c->wire.out.text ? send_kept(c) : send_rendered(c, now_ns)) > 0)
            c->heard_ns = c->taken_ns = now_ns;
        now_ns = clock_now_ns();
    }
    return now_ns;
}

/* ---- Deciding ------------------------------------------------------------- */

/* Nothing runs, nothing waits to be sent: only the client can make something happen. */
static bool is_quiet(const struct connection *c)
{
    return !has_output(c) && channel_next_due(c->channel) == CHANNEL_NEVER;
}

static void end_linger(struct connection *c, int64_t now_ns)
{
    const char *why = farewell_check(&c->farewell, c->wire.fd, now_ns, c->host->draining);

    if (why)
        connection_move_to(c, CONNECTION_DEAD, why);
}

static void enforce_timeouts(struct connection *c, int64_t now_ns)
{
    const struct limits *limits = &c->host->limits;

    if (has_output(c)) {
        if (!c->wire.writable && limits->client_timeout_ns > 0 &&
            now_ns >= later(c->taken_ns, limits->client_timeout_ns))
            connection_move_to(c, CONNECTION_DEAD, "takes nothing");
    } else if (c->state == CONNECTION_OPEN && limits->idle_timeout_ns > 0 && is_quiet(c) &&
               now_ns >= later(c->heard_ns, limits->idle_timeout_ns)) {
        connection_move_to(c, CONNECTION_LINGERING, "idle");
    }
}

static void settle(struct connection *c, int64_t now_ns)
{
    if (c->state == CONNECTION_OPEN && channel_input_ended(c->channel))
        connection_move_to(c, CONNECTION_INPUT_ENDED,
                           c->wire.eof ? "end of file" : "no more requests are read");
    if (c->state == CONNECTION_INPUT_ENDED && !c->wire.out.text &&
        (!c->channel || channel_is_drained(c->channel))) {
        if (c->wire.eof)
            connection_move_to(c, CONNECTION_DEAD, "finished");
        else
            connection_move_to(c, CONNECTION_LINGERING, "finished");
    }
    if (c->state == CONNECTION_OPEN && c->host->draining && !c->wire.readable && !c->wire.in.text &&
        !has_output(c) && channel_is_idle(c->channel))
        connection_move_to(c, CONNECTION_LINGERING, "the daemon stops");
    if (c->state == CONNECTION_OPEN && c->channel &&
        channel_request_due(c->channel, now_ns) <= now_ns) {
        channel_refuse_late(c->channel);
        connection_move_to(c, CONNECTION_INPUT_ENDED, "takes too long over a request");
    }
    if (c->state <= CONNECTION_INPUT_ENDED)
        enforce_timeouts(c, now_ns);
    if (c->state == CONNECTION_LINGERING)
        end_linger(c, now_ns);
}

/* worked_ns: what was due by then has had its chance.  What has fallen due since is the
 * timer's, which may rest: to go on for a job or two would be a write for each. */
static bool wants_more_now(const struct connection *c, int64_t worked_ns)
{
    if (c->state == CONNECTION_DEAD)
        return false;
    if (c->state != CONNECTION_OPEN && c->wire.readable)
        return true;
    if (c->state == CONNECTION_LINGERING)
        return false;
    if (has_output(c) && c->wire.writable)
        return true;
    if (!c->channel)
        return false;
    if (c->state == CONNECTION_OPEN && (c->wire.readable || c->wire.in.text) &&
        channel_wants_input(c->channel))
        return true;
    return channel_next_due(c->channel) <= worked_ns;
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

    if (c->state == CONNECTION_LINGERING)
        return c->farewell.until_ns;
    if (c->state == CONNECTION_OPEN && c->channel)
        due_ns = sooner(due_ns, channel_request_due(c->channel, now_ns));
    if (has_output(c)) {
        if (limits->client_timeout_ns > 0)
            timeout_ns = later(c->taken_ns, limits->client_timeout_ns);
    } else if (c->state == CONNECTION_OPEN && limits->idle_timeout_ns > 0 && is_quiet(c)) {
        timeout_ns = later(c->heard_ns, limits->idle_timeout_ns);
    }
    return sooner(due_ns, timeout_ns);
}

int64_t connection_serve(struct connection *c, int64_t slice_ns)
{
    int64_t now_ns = clock_now_ns(), worked_ns;

    if (c->woken && c->wire.eof && wire_is_gone(&c->wire))
        connection_move_to(c, CONNECTION_DEAD, "the client is gone");
    c->woken = false;
    if (c->state == CONNECTION_OPEN) {
        now_ns = read_requests(c, now_ns, slice_ns);
        if (c->wire.eof && c->state == CONNECTION_OPEN && wire_is_gone(&c->wire))
            connection_move_to(c, CONNECTION_DEAD, "the client is gone");
    } else if (c->state != CONNECTION_DEAD) {
        discard_input(c);
    }
    if (c->state <= CONNECTION_INPUT_ENDED && c->channel)
        now_ns = work(c, now_ns, slice_ns);
    worked_ns = now_ns;
    if (c->state <= CONNECTION_INPUT_ENDED)
        now_ns = write_output(c, now_ns, slice_ns);
    settle(c, now_ns);
    c->due_ns = c->state == CONNECTION_DEAD ? CHANNEL_NEVER : find_due(c, now_ns);
    if (wants_more_now(c, worked_ns))
        connection_is_ready(c, READY_UNFINISHED);
    return now_ns;
}
