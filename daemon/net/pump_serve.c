/* SPDX-License-Identifier: ISC */

/* A service slice: a bounded amount of reading, working and writing, and what
 * follows.  The clock is read after whatever takes time, so each part says how late it
 * has become. */

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/pump_internal.h"
#include "proto/due.h"

/* Between two looks at the clock: the units of work, and how much is read at
 * once.  The whole buffer, unless the slice is small: jobs of the common form
 * are read at 3 ns a byte, dear ones at ten times that. */
#define WORK_UNITS     256
#define READ_MIN_BYTES 8192
#define READ_NS_A_BYTE 4

/* When it is looked again whether there is anything to read. */
#define LOOK_AGAIN_NS INT64_C(1000000000)

/* How much a slice discards. */
#define SLICE_DISCARD_BYTES (4 * PUMP_BUFFER_BYTES)

/* How much to read at once in a slice. */
static size_t piece_of(int64_t slice_ns)
{
    int64_t piece = slice_ns / READ_NS_A_BYTE;

    if (piece < READ_MIN_BYTES)
        return READ_MIN_BYTES;
    return piece < PUMP_BUFFER_BYTES ? (size_t)piece : PUMP_BUFFER_BYTES;
}

/* A service slice in progress. */
struct slice {
    int64_t now_ns;
    int64_t length_ns; /* of each of its three parts, about */
    size_t gathered;   /* bytes in the host's `out` that are to be sent */
};

/* Ends it for want of memory. */
static void starve(struct pump *pump)
{
    pump->starved = true;
    pump_break(pump, "out of memory");
}

/* ---- Reading -------------------------------------------------------------- */

/* Receives up to room bytes.  Returns how many; 0 when there is nothing (more). */
static size_t receive(struct pump *pump, size_t room)
{
    ptrdiff_t n = pump->transport->ops->receive(pump->transport, pump->host->in, room);

    if (n < 0)
        pump_break(pump, strerror(errno));
    if (n <= 0)
        return 0;
    stats_bytes(pump->host->env.stats, (uint64_t)n, 0);
    return (size_t)n;
}

/* Works on what is due already of what was just read, and renders it: a small batch that
 * is over at once gives its memory to the next one, still in the nearest cache, and
 * few are there at a time.  Whether all of it found room. */
static bool follow_up(struct pump *pump, struct slice *slice)
{
    if (channel_next_due(pump->channel) > slice->now_ns)
        return true;
    channel_work(pump->channel, slice->now_ns, WORK_UNITS);
    slice->now_ns = clock_now_ns();
    if (pump->out.text != NULL || !pump->transport->writable)
        return true;
    slice->gathered +=
        channel_render(pump->channel, slice->now_ns, pump->host->out + slice->gathered,
                       PUMP_BUFFER_BYTES - slice->gathered);
    return !channel_has_output(pump->channel);
}

/* Gives the channel input, piece by piece, until it wants no more or the time is up:
 * requests may be dear.  Returns how many bytes are used up. */
static size_t feed(struct pump *pump, struct slice *slice, int64_t until_ns, const char *bytes,
                   size_t len)
{
    size_t used = 0;
    bool has_room = true;

    while (used < len && has_room && slice->now_ns < until_ns &&
           channel_wants_input(pump->channel)) {
        used += channel_feed(pump->channel, slice->now_ns, bytes + used, len - used);
        slice->now_ns = clock_now_ns();
        has_room = follow_up(pump, slice);
    }
    return channel_input_ended(pump->channel) ? len : used;
}

/* What was kept for lack of time first, then what there is to receive. */
static void read_requests(struct pump *pump, struct slice *slice)
{
    int64_t until_ns = slice->now_ns + slice->length_ns;
    size_t piece = piece_of(slice->length_ns);
    struct pump_buffer *buffer = &pump->in;

    if (buffer->text != NULL)
        pump_consume(buffer, feed(pump, slice, until_ns, buffer->text + buffer->at,
                                  buffer->len - buffer->at));
    while (pump->state == PUMP_OPEN && buffer->text == NULL && pump->transport->readable &&
           slice->now_ns < until_ns && channel_wants_input(pump->channel)) {
        size_t n = receive(pump, piece), used;

        if (n == 0)
            break;
        /* Read again: a batch is accepted after its client has sent it, not before. */
        slice->now_ns = pump->timeouts.active_ns = clock_now_ns();
        used = feed(pump, slice, until_ns, pump->host->in, n);
        if (used < n && pump_keep(buffer, pump->host->in + used, n - used) != 0)
            starve(pump);
    }
    if (pump->state == PUMP_OPEN && pump->transport->eof && buffer->text == NULL)
        channel_end_input(pump->channel, slice->now_ns);
}

/* The client has closed its side, and the other one as well: on TCP that is a reset. */
static bool is_gone(const struct pump *pump)
{
    return pump->transport->eof && pump->transport->ops->is_gone(pump->transport);
}

static void discard_input(struct pump *pump)
{
    bool had_ended = pump->transport->eof;
    const char *why;
    size_t done = 0, n;

    while (pump->transport->readable && done < SLICE_DISCARD_BYTES &&
           (n = receive(pump, PUMP_BUFFER_BYTES)) > 0)
        done += n;
    /* Its end and its going come as one event, and there is no second one. */
    if (pump->state == PUMP_INPUT_ENDED && !had_ended && is_gone(pump))
        pump_break(pump, "the client is gone");
    if (pump->state != PUMP_LINGERING)
        return;
    why = pump->transport->eof ? "the client has closed"
                               : lingering_discarded(&pump->lingering, done);
    if (why != NULL)
        pump_move_to(pump, PUMP_DEAD, why);
}

/* ---- Working and writing -------------------------------------------------- */

static void work(struct pump *pump, struct slice *slice)
{
    int64_t until_ns = slice->now_ns + slice->length_ns;

    while (slice->now_ns < until_ns && channel_next_due(pump->channel) <= slice->now_ns) {
        channel_work(pump->channel, slice->now_ns, WORK_UNITS);
        slice->now_ns = clock_now_ns();
    }
}

static bool has_output(const struct pump *pump)
{
    return pump->out.text != NULL || (pump->channel != NULL && channel_has_output(pump->channel));
}

/* Sends what it can of bytes.  Returns how many went. */
static size_t transmit(struct pump *pump, const char *bytes, size_t len)
{
    ptrdiff_t n = pump->transport->ops->send(pump->transport, bytes, len);

    if (n < 0)
        pump_break(pump, strerror(errno));
    if (n <= 0)
        return 0;
    stats_bytes(pump->host->env.stats, 0, (uint64_t)n);
    return (size_t)n;
}

/* Sends what was kept.  Returns how many bytes went. */
static size_t send_kept(struct pump *pump)
{
    size_t sent = transmit(pump, pump->out.text + pump->out.at, pump->out.len - pump->out.at);

    pump_consume(&pump->out, sent);
    return sent;
}

/* Sends what was gathered in the host's buffer, and keeps what does not go.  Returns how
 * many bytes went. */
static size_t send_gathered(struct pump *pump, size_t len, int64_t now_ns)
{
    size_t sent = transmit(pump, pump->host->out, len);

    if (sent < len && pump->state != PUMP_DEAD) {
        pump->timeouts.read_ns = now_ns;
        if (pump_keep(&pump->out, pump->host->out + sent, len - sent) != 0)
            starve(pump);
    }
    return sent;
}

/* Renders as much as there is room for and sends it.  Returns how many bytes went. */
static size_t send_rendered(struct pump *pump, int64_t now_ns)
{
    size_t len = pump->channel != NULL
                     ? channel_render(pump->channel, now_ns, pump->host->out, PUMP_BUFFER_BYTES)
                     : 0;

    if (len > 0)
        return send_gathered(pump, len, now_ns);
    if (has_output(pump)) /* a long line that there is no memory for */
        starve(pump);
    return 0;
}

static size_t send_next(struct pump *pump, struct slice *slice)
{
    size_t gathered = slice->gathered;

    slice->gathered = 0;
    if (gathered > 0)
        return send_gathered(pump, gathered, slice->now_ns);
    return pump->out.text != NULL ? send_kept(pump) : send_rendered(pump, slice->now_ns);
}

static void write_output(struct pump *pump, struct slice *slice)
{
    int64_t until_ns = slice->now_ns + slice->length_ns;

    while (pump->state != PUMP_DEAD &&
           (slice->gathered > 0 ||
            (pump->transport->writable && slice->now_ns < until_ns && has_output(pump)))) {
        if (send_next(pump, slice) > 0)
            pump->timeouts.active_ns = pump->timeouts.read_ns = slice->now_ns;
        slice->now_ns = clock_now_ns();
    }
}

/* ---- Deciding ------------------------------------------------------------- */

/* Nothing runs, nothing waits to be sent: only the client can make something happen. */
static bool is_quiet(const struct pump *pump)
{
    return !has_output(pump) && channel_next_due(pump->channel) == DUE_NEVER;
}

/* What the client is waited for. */
static enum timeouts_for waits_for(const struct pump *pump)
{
    if (pump->transport->is_opening)
        return TIMEOUTS_FOR_OPENING;
    if (has_output(pump))
        return TIMEOUTS_FOR_READING;
    return pump->state == PUMP_OPEN && is_quiet(pump) ? TIMEOUTS_FOR_SENDING : TIMEOUTS_FOR_NOTHING;
}

static void time_out(struct pump *pump, int64_t now_ns)
{
    enum timeouts_for what = waits_for(pump);

    if (now_ns < timeouts_end_ns(&pump->timeouts, &pump->host->limits, what))
        return;
    if (what == TIMEOUTS_FOR_SENDING) {
        pump->cut_short = true;
        pump_move_to(pump, PUMP_LINGERING, "idle");
    } else if (what == TIMEOUTS_FOR_OPENING) {
        pump_break(pump, "takes too long to open its transport");
    } else if (!pump->transport->writable) {
        pump_break(pump, "reads nothing");
    }
}

static void end_linger(struct pump *pump, int64_t now_ns)
{
    const char *why;

    if (!lingering_is_due(&pump->lingering, now_ns))
        return;
    why = lingering_check(&pump->lingering, pump->transport->ops->unsent(pump->transport), now_ns,
                          pump->host->hurried);
    if (why != NULL)
        pump_move_to(pump, PUMP_DEAD, why);
}

/* Input has ended and everything that was asked for has been sent. */
static bool is_finished(const struct pump *pump)
{
    return pump->state == PUMP_INPUT_ENDED && pump->out.text == NULL &&
           (pump->channel == NULL || channel_is_drained(pump->channel));
}

/* The host is draining and there is nothing to wait for. */
static bool may_leave(const struct pump *pump)
{
    return pump->state == PUMP_OPEN && pump->host->draining && !pump->transport->readable &&
           pump->in.text == NULL && !has_output(pump) && channel_is_idle(pump->channel);
}

static void settle(struct pump *pump, int64_t now_ns)
{
    bool eof = pump->transport->eof;

    if (pump->state == PUMP_OPEN && channel_input_ended(pump->channel))
        pump_move_to(pump, PUMP_INPUT_ENDED, eof ? "end of file" : "no more requests are read");
    if (is_finished(pump) && eof) {
        pump->transport->ops->shut(pump->transport);
        pump_move_to(pump, PUMP_DEAD, "finished");
    } else if (is_finished(pump)) {
        pump_move_to(pump, PUMP_LINGERING, "finished");
    }
    if (may_leave(pump))
        pump_move_to(pump, PUMP_LINGERING, "the daemon stops");
    if (pump->state == PUMP_OPEN && channel_request_due(pump->channel, now_ns) <= now_ns) {
        channel_refuse_late(pump->channel);
        pump_move_to(pump, PUMP_INPUT_ENDED, "takes too long over a request");
    }
    if (pump->state <= PUMP_INPUT_ENDED)
        time_out(pump, now_ns);
    if (pump->state == PUMP_LINGERING)
        end_linger(pump, now_ns);
}

/* Input is read only to be discarded. */
static bool discards(const struct pump *pump)
{
    return pump->state != PUMP_OPEN && pump->state != PUMP_DEAD && pump->transport->lingers;
}

/* worked_ns: what was due by then has had its chance.  What has fallen due since is the
 * timer's, which may have slack: to go on for a job or two would be a write for each. */
static bool wants_more_now(const struct pump *pump, int64_t worked_ns)
{
    if (pump->state == PUMP_DEAD)
        return false;
    if (discards(pump) && pump->transport->readable)
        return true;
    if (pump->state == PUMP_LINGERING)
        return false;
    if (has_output(pump) && pump->transport->writable)
        return true;
    if (pump->channel == NULL)
        return false;
    if (pump->state == PUMP_OPEN && (pump->transport->readable || pump->in.text != NULL) &&
        channel_wants_input(pump->channel))
        return true;
    return channel_next_due(pump->channel) <= worked_ns;
}

static int64_t find_due(const struct pump *pump, int64_t now_ns)
{
    int64_t due_ns = DUE_NEVER;

    if (pump->state == PUMP_DEAD)
        return DUE_NEVER;
    if (pump->state == PUMP_LINGERING)
        return pump->lingering.until_ns;
    if (pump->channel != NULL)
        due_ns = channel_next_due(pump->channel);
    if (pump->state == PUMP_OPEN)
        due_ns = due_earlier(due_ns, channel_request_due(pump->channel, now_ns));
    if (pump->transport->look_again)
        due_ns = due_earlier(due_ns, now_ns + LOOK_AGAIN_NS);
    return due_earlier(due_ns,
                       timeouts_end_ns(&pump->timeouts, &pump->host->limits, waits_for(pump)));
}

bool pump_serve(struct pump *pump, int64_t slice_ns, int64_t *now_ns)
{
    struct slice slice = {.now_ns = clock_now_ns(), .length_ns = slice_ns};
    int64_t worked_ns;

    pump->transport->readable |= pump->transport->look_again;
    pump->transport->look_again = false;
    if (pump->woken && is_gone(pump))
        pump_break(pump, "the client is gone");
    pump->woken = false;
    if (pump->state == PUMP_OPEN) {
        read_requests(pump, &slice);
        if (pump->state == PUMP_OPEN && is_gone(pump))
            pump_break(pump, "the client is gone");
    } else if (discards(pump)) {
        discard_input(pump);
    }
    if (pump->state <= PUMP_INPUT_ENDED && pump->channel != NULL)
        work(pump, &slice);
    worked_ns = slice.now_ns;
    if (pump->state <= PUMP_INPUT_ENDED)
        write_output(pump, &slice);
    settle(pump, slice.now_ns);
    pump->due_ns = find_due(pump, slice.now_ns);
    *now_ns = slice.now_ns;
    return wants_more_now(pump, worked_ns);
}

bool pump_wants_to_receive(const struct pump *pump)
{
    if (pump->transport->eof)
        return false;
    if (pump->state != PUMP_OPEN)
        return discards(pump);
    return pump->in.text == NULL && channel_wants_input(pump->channel);
}

bool pump_wants_to_send(const struct pump *pump)
{
    return pump->state <= PUMP_INPUT_ENDED && has_output(pump);
}
