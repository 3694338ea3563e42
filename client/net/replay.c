/* SPDX-License-Identifier: ISC */
#include "client/net/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/say.h"
#include "client/net/interrupt.h"
#include "client/net/replay_stream.h"

#define PIECE_BYTES 65536

struct replay {
    int fd;
    const char *name;
    struct fanout *fanout;
    int signals; /* see client/net/interrupt.h */
    struct replay_stream stream;
    char *piece;             /* PIECE_BYTES */
    uint64_t events, others; /* what was an event, and what was not */
    bool is_over, is_interrupted;
    int error; /* in reading, errno */
};

static void say_refusal(const struct replay *replay, const struct event_read *event)
{
    say("%s: %.*s: %.*s%s%.*s%s", replay->name, (int)event->code.len, event->code.text,
        (int)event->message.len, event->message.text, event->path.len > 0 ? " (at " : "",
        (int)event->path.len, event->path.len > 0 ? event->path.text : "",
        event->path.len > 0 ? ")" : "");
}

static void take_value(struct replay *replay, const char *line, size_t len)
{
    struct event_read event;

    switch (fanout_take(replay->fanout, line, len, &event)) {
    case FANOUT_FOREIGN:
        replay->others++;
        return;
    case FANOUT_NOMEM:
        replay->is_over = true;
        return;
    case FANOUT_EVENT:
        if (event.kind == EVENT_ERROR)
            say_refusal(replay, &event);
        break;
    case FANOUT_TAKEN:
        break;
    }
    replay->events++;
}

/* Shows what is whole of what was read. */
static void take_items(struct replay *replay)
{
    struct replay_stream_item item;
    enum replay_stream_kind kind;

    while (!replay->fanout->no_memory &&
           (kind = replay_stream_next(&replay->stream, &item)) != REPLAY_STREAM_MORE) {
        if (kind == REPLAY_STREAM_NOMEM) {
            replay->fanout->no_memory = true;
        } else if (kind == REPLAY_STREAM_OTHER) {
            replay->others++;
        } else if (kind == REPLAY_STREAM_VALUE) {
            take_value(replay, item.text, item.len);
        } else {
            replay->events++;
            fanout_take_read(replay->fanout, item.text, item.len, &item.event);
        }
    }
    replay->is_over |= replay->fanout->no_memory;
}

static void read_piece(struct replay *replay)
{
    ssize_t len = read(replay->fd, replay->piece, PIECE_BYTES);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        replay->error = len < 0 ? errno : 0;
        replay->is_over = true;
        replay_stream_finish(&replay->stream);
    } else if (replay_stream_feed(&replay->stream, replay->piece, (size_t)len) < 0) {
        replay->fanout->no_memory = true;
    }
    take_items(replay);
}

static void take_signals(struct replay *replay)
{
    struct interrupts taken = interrupt_take(replay->signals);

    replay->is_interrupted |= taken.n > 0;
    if (taken.is_to_stop)
        interrupt_stop();
    if (taken.is_resized || taken.is_to_stop)
        fanout_resized(replay->fanout);
}

/* Waits until there is something to read, or room to write what is left. */
static void step(struct replay *replay)
{
    struct fanout *fanout = replay->fanout;
    bool reads = !replay->is_over && !fanout_is_full(fanout);
    struct pollfd pollers[SHOWS_MAX + 2] = {
        {.fd = reads ? replay->fd : -1, .events = POLLIN},
        {.fd = replay->signals, .events = POLLIN},
    };

    fanout_poll(fanout, pollers + 2);
    if (poll(pollers, SHOWS_MAX + 2, -1) < 0)
        return;
    if (pollers[1].revents != 0)
        take_signals(replay);
    fanout_polled(fanout, pollers + 2);
    if (pollers[0].revents != 0)
        read_piece(replay);
    fanout_flush(fanout);
}

static bool goes_on(const struct replay *replay)
{
    return !replay->is_interrupted && !replay->fanout->parts[0].output.is_closed;
}

static void say_end(const struct replay *replay)
{
    size_t unfinished = replay->fanout->unfinished, lost = replay->fanout->lost;

    if (lost > 0)
        say("%s: another stream begins with %zu batch%s running", replay->name, lost,
            lost == 1 ? "" : "es");
    if (replay->fanout->no_memory)
        say("%s: %s", replay->name, strerror(ENOMEM));
    else if (replay->error != 0)
        say("%s: %s", replay->name, strerror(replay->error));
    else if (unfinished > 0)
        say("%s: the stream ends with %zu batch%s running", replay->name, unfinished,
            unfinished == 1 ? "" : "es");
}

static enum status conclude(const struct replay *replay, bool is_cut)
{
    const struct fanout *fanout = replay->fanout;
    enum status status = fanout->tally.not_ok ? STATUS_NOT_OK : STATUS_OK;

    if (replay->is_interrupted)
        return STATUS_INTERRUPTED;
    status = status_worse(status, fanout_conclude(fanout));
    if (fanout->tally.refused || replay->error != 0)
        status = STATUS_REFUSED;
    if (fanout->parts[0].output.is_closed)
        return status;
    if (replay->others > 0)
        say("%s: %" PRIu64 " line%s no event%s, and passed over", replay->name, replay->others,
            replay->others == 1 ? " is" : "s are", replay->others == 1 ? "" : "s");
    say_end(replay);
    if (fanout->unfinished > 0 || fanout->lost > 0 || fanout->no_memory)
        return STATUS_LOST;
    if (is_cut) {
        say("%s: the stream ends in the middle of an event", replay->name);
        return STATUS_LOST;
    }
    if (replay->events == 0 && replay->error == 0) {
        say("%s: there is no event in it", replay->name);
        return STATUS_REFUSED;
    }
    return status;
}

enum status replay_run(int fd, const char *name, struct fanout *fanout)
{
    struct replay replay = {.fd = fd, .name = name, .fanout = fanout};
    enum status status = STATUS_REFUSED;
    const char *rest;
    size_t len;

    replay.signals = interrupt_open();
    replay.piece = malloc(PIECE_BYTES);
    if (replay.signals < 0 || replay.piece == NULL) {
        say("%s", strerror(errno));
    } else {
        fanout_begin(fanout);
        while (!replay.is_over && goes_on(&replay))
            step(&replay);
        rest = replay_stream_rest(&replay.stream, &len);
        fanout_end(fanout, rest, len);
        fanout_flush(fanout);
        while (fanout_is_pending(fanout) && goes_on(&replay))
            step(&replay);
        status = conclude(&replay, rest != NULL);
    }
    if (replay.signals >= 0)
        close(replay.signals);
    replay_stream_fini(&replay.stream);
    free(replay.piece);
    return status;
}
