/* SPDX-License-Identifier: ISC */
#include "client/net/session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/net/interrupt.h"
#include "client/show/eta.h"
#include "client/show/remaining.h"
#include "client/base/moment.h"
#include "client/net/refusal.h"
#include "client/base/say.h"
#include "client/net/session_internal.h"
#include "client/terminal/terminal.h"
#include "proto/due.h"

/* A quotation is looked for from the start of its file: of many refusals the
 * first ones have one. */
#define REFUSALS_QUOTED 20

#define RECEIVE_BYTES  65536
#define OUTGOING_BYTES 65536

/* So much to write does not wait for the progress bar. */
#define HURRY_BYTES 65536

/* How long to wait for a first answer before the end of input is reported (there
 * are servers, other than waitd, that begin to answer only then), for the end
 * after an interrupt, and for the daemon to close once it has answered all. */
#define ANSWER_TIMEOUT_NS    3000000000
#define INTERRUPT_TIMEOUT_NS 5000000000
#define CLOSE_TIMEOUT_NS     2000000000

static bool batches_run(const struct session *session)
{
    return session->fanout->batches.n > 0;
}

/* ---- Ending --------------------------------------------------------------- */

/* Leaves without waiting for anything: with a reset, which cancels at once. */
static void cut_short(struct session *session)
{
    peer_reset(&session->setup->peer);
    session->is_cut_short = session->read_closed = true;
}

/* Who reads standard output may leave, which a write or poll() reports. */
static void note_reader_gone(struct session *session)
{
    if (session->output->is_closed)
        cut_short(session);
}

static bool all_is_answered(const struct session *session)
{
    if (session->setup->watch != NULL)
        return session->setup->watch->is_over;
    return session->fanout->tally.answers >=
               source_requests(session->setup->source) + session->cancels &&
           !batches_run(session);
}

/* Whether there is nothing more to send: no request, and no cancel either. */
static bool has_said_all(struct session *session, bool is_answered)
{
    const struct source *source = session->setup->source;

    if (is_answered || source_is_closed(source) || source_has_failed(source) ||
        session->fanout->tally.has_unknown)
        return true;
    if (batches_run(session) || session->setup->watch != NULL)
        return false;
    if (session->answer_by_ns == 0)
        session->answer_by_ns = moment_after(ANSWER_TIMEOUT_NS);
    return moment_now() >= session->answer_by_ns;
}

/* Signals the end of input to the daemon, once there is no more. */
static void close_sending(struct session *session)
{
    struct source *source = session->setup->source;
    bool is_answered = all_is_answered(session);

    if (session->write_closed || !source_is_over(source) || bytes_len(&session->outgoing) > 0 ||
        !has_said_all(session, is_answered))
        return;
    peer_end_sending(&session->setup->peer);
    session->write_closed = true;
    if (is_answered && !session->is_interrupted && !source_is_closed(source))
        session->deadline_ns = moment_after(CLOSE_TIMEOUT_NS);
}

/* ---- Interrupts ------------------------------------------------------------ */

/* Cancels a batch, or leaves it alone if it is detached. */
static void end_batch(struct session *session, const struct active_batch *batch)
{
    if (batch->ref[0] != '\0')
        bytes_add_format(&session->outgoing, "{\"op\":\"unwatch\",\"ref\":\"%s\"}\n", batch->ref);
    else
        bytes_add_format(&session->outgoing, "{\"op\":\"cancel\",\"batch\":%" PRIu64 "}\n",
                         batch->number);
    session->cancels++;
}

static void interrupt(struct session *session)
{
    struct source *source = session->setup->source;
    bool is_first = !session->is_interrupted;
    const struct active_batch *batch;

    session->is_interrupted = true;
    source_stop(source);
    if (!is_first || session->setup->watch != NULL || session->write_closed ||
        source_is_closed(source) || !source_is_between(source)) {
        cut_short(session);
        return;
    }
    peer_interrupt(&session->setup->peer);
    session->deadline_ns = moment_after(INTERRUPT_TIMEOUT_NS);
    for (size_t place = 0; (batch = batches_next(&session->fanout->batches, &place)) != NULL;)
        end_batch(session, batch);
}

/* ---- Receiving -------------------------------------------------------------- */

/* Takes away what is drawn over, for something else to be written. */
static void clear_screen(struct session *session)
{
    const struct fanout_part *part = &session->fanout->parts[0];

    progress_clear(&session->progress);
    if (part->show->clear != NULL)
        part->show->clear(&session->fanout->parts[0].run);
    output_flush(session->output);
}

/* Whether the requests are those of files, and not made up by the command. */
static bool is_of_user(const struct session *session)
{
    return session->setup->expects == EVENT_UNKNOWN && session->setup->watch == NULL;
}

static void say_error(struct session *session, const struct event_read *event)
{
    if (session->fanout->parts[0].show->is_of_one && session->refusals > 0)
        return;
    /* A batch may end before our own cancel reaches it. */
    if (session->is_interrupted && event_reader_is(event->code, "not_found"))
        return;
    clear_screen(session);
    refusal_say(session->setup->source, session->fanout->tally.answers - 1, event,
                is_of_user(session) && session->refusals++ < REFUSALS_QUOTED);
}

/* For the progress bar; on the virtual clock a batch is over as soon. */
static void predict(struct session *session, struct active_batch *batch)
{
    if (batch == NULL || batch->request.plan == NULL || batch->request.clock != PENDING_CLOCK_REAL)
        return;
    batch->eta = eta_new(batch->request.plan, moment_now());
    session->computes |= batch->eta != NULL;
}

/* Continues what is computed of the batches that run. */
static void compute(struct session *session)
{
    struct active_batch *batch;

    session->computes = false;
    for (size_t place = 0; (batch = batches_next(&session->fanout->batches, &place)) != NULL;)
        session->computes |= batch->eta != NULL && eta_work(batch->eta);
}

static void note_accepted(struct session *session, const struct event_read *event)
{
    struct active_batch *batch = batches_find_of(&session->fanout->batches, event);

    if (batch != NULL && session->is_interrupted)
        end_batch(session, batch);
    else if (session->progress.is_on && !event->existing)
        predict(session, batch);
}

static void note_event(struct session *session, const struct event_read *event)
{
    struct watch *watch = session->setup->watch;

    bytes_fini(&session->sent); /* it is answered */
    if (watch != NULL)
        watch_take(watch, event);
    if (watch != NULL && event->kind == EVENT_BATCH)
        session->fanout->tally.not_ok |= !event_reader_is(event->status, "ok");
    if (event->kind == EVENT_ERROR)
        say_error(session, event);
    else if (event->kind == EVENT_ACCEPTED)
        note_accepted(session, event);
    else if (event->kind == EVENT_UNWATCHED)
        session_leave_said(session, event);
}

static void take_line(struct session *session, const char *line, size_t len)
{
    struct event_read event;

    if (session_is_retryable(session, line, len)) {
        session->read_closed = true;
        return;
    }
    session->failures = 0;
    switch (fanout_take(session->fanout, line, len, &event)) {
    case FANOUT_FOREIGN:
        session->is_foreign = true;
        cut_short(session);
        break;
    case FANOUT_NOMEM:
        cut_short(session);
        break;
    case FANOUT_EVENT:
        note_event(session, &event);
        break;
    case FANOUT_TAKEN:
        break;
    }
}

static void receive(struct session *session)
{
    ssize_t received = peer_receive(&session->setup->peer, session->received, RECEIVE_BYTES);
    const char *line;
    size_t len;

    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (received <= 0) {
        session->error = received < 0 ? errno : 0;
        session->read_closed = true;
        return;
    }
    /* A long list arrives as fast as it is read. */
    if (session->setup->expects == EVENT_BATCHES && !session->is_interrupted)
        session->deadline_ns = moment_after(session->setup->answer_timeout_ns);
    if (session->redraw_ns == DUE_NEVER)
        session->redraw_ns = 0; /* something came */
    lines_feed(&session->lines, session->received, (size_t)received);
    while (!session->is_foreign && !session->fanout->no_memory && !session->read_closed &&
           (line = lines_next(&session->lines, &len)) != NULL)
        take_line(session, line, len);
    if (session->lines.partial.failed)
        cut_short(session);
}

static void send_some(struct session *session)
{
    ssize_t sent = peer_send(&session->setup->peer, bytes_at(&session->outgoing),
                             bytes_len(&session->outgoing));

    if (sent >= 0) {
        if (session_is_replayable(session))
            bytes_add(&session->sent, bytes_at(&session->outgoing), (size_t)sent);
        bytes_consume(&session->outgoing, (size_t)sent);
    } else if (errno != EAGAIN && errno != EINTR) {
        /* What the daemon has to say about it may still be on its way. */
        session->write_closed = true;
        if (session_is_replayable(session))
            return;
        source_stop(session->setup->source);
        bytes_fini(&session->outgoing);
    }
}

/* ---- The loop ---------------------------------------------------------------- */

enum { PEER, SOURCE, SIGNALS, OUTPUTS, POLLED = OUTPUTS + SHOWS_MAX };

/* Whether what is to be written is written at once.  With a progress bar it
 * waits for the bar to be drawn anew, so that it does not flicker. */
static bool writes_at_once(const struct session *session)
{
    return !session->progress.is_on || bytes_len(&session->output->pending) >= HURRY_BYTES;
}

static void draw_progress(struct session *session, int64_t now_ns)
{
    struct progress_figures figures = remaining_figures(
        &session->fanout->batches, &session->fanout->tally, session->started_ns, now_ns);

    progress_draw(&session->progress, &figures);
}

/* Lets what is on the terminal be drawn over. */
static void redraw(struct session *session, int64_t now_ns, bool is_resized)
{
    struct fanout_part *part = &session->fanout->parts[0];

    if (part->show->refresh == NULL ||
        (!is_resized && (now_ns < session->redraw_ns || bytes_len(part->run.out) > 0)))
        return;
    if (!terminal_is_ours(session->output->fd)) {
        session->redraw_ns = now_ns + PROGRESS_INTERVAL_NS;
        return;
    }
    session->redraw_ns = part->show->refresh(&part->run, now_ns, is_resized);
    output_flush(session->output);
}

static void refresh(struct session *session, int64_t now_ns)
{
    struct progress *progress = &session->progress;
    bool draws = progress->is_on && now_ns >= progress->next_ns;

    if (bytes_len(&session->output->pending) > 0 && (draws || writes_at_once(session))) {
        progress_clear(progress);
        output_flush(session->output);
    }
    for (size_t i = 1; i < session->fanout->n; i++)
        output_flush(&session->fanout->parts[i].output);
    redraw(session, now_ns, false);
    if (!draws)
        return;
    progress->next_ns = now_ns + PROGRESS_INTERVAL_NS;
    if (batches_run(session))
        draw_progress(session, now_ns);
    else
        progress_clear(progress);
}

static int poll_timeout(const struct session *session, int64_t now_ns)
{
    int64_t until_ns = session->deadline_ns > 0 ? session->deadline_ns : DUE_NEVER;
    bool changes = batches_run(session) || bytes_len(&session->output->pending) > 0;

    if (session->computes)
        return 0;
    if (session->retry_ns > 0 && session->retry_ns < until_ns)
        until_ns = session->retry_ns;
    if (session->answer_by_ns > 0 && !session->write_closed && !batches_run(session) &&
        session->answer_by_ns < until_ns)
        until_ns = session->answer_by_ns;
    if (session->progress.is_on && changes && session->progress.next_ns < until_ns)
        until_ns = session->progress.next_ns;
    if (session->fanout->parts[0].show->refresh != NULL && session->redraw_ns < until_ns &&
        bytes_len(&session->output->pending) == 0)
        until_ns = session->redraw_ns;
    return until_ns == DUE_NEVER ? -1 : moment_poll_ms(until_ns - now_ns);
}

/* An entry that waits for nothing is left out: poll() would report hang-ups. */
static struct pollfd poll_for(int fd, short events)
{
    return (struct pollfd){.fd = events != 0 ? fd : -1, .events = events};
}

static void wait_for_readiness(struct session *session, struct pollfd pollers[POLLED])
{
    const struct peer *peer = &session->setup->peer;
    bool takes_more = !fanout_is_full(session->fanout);
    bool sends = !session->write_closed && bytes_len(&session->outgoing) > 0;
    bool reads = bytes_len(&session->outgoing) < OUTGOING_BYTES;
    short events = (short)((takes_more ? POLLIN : 0) | (sends ? POLLOUT : 0));
    short ready = peer_ready(peer, events);
    int source_waits_for = source_fd(session->setup->source);

    pollers[PEER] = poll_for(peer->fd, events);
    pollers[SOURCE] = poll_for(source_waits_for, reads ? POLLIN : 0);
    pollers[SIGNALS] = poll_for(session->signals, POLLIN);
    fanout_poll(session->fanout, pollers + OUTPUTS);
    if (!writes_at_once(session))
        pollers[OUTPUTS].events = 0;
    if (poll(pollers, POLLED, ready != 0 ? 0 : poll_timeout(session, moment_now())) < 0)
        memset(pollers, 0, POLLED * sizeof pollers[0]);
    pollers[PEER].revents |= ready;
}

/* Takes requests as they are needed.  Files are simply read. */
static void pump(struct session *session, bool is_ready)
{
    struct source *source = session->setup->source;

    while (!session->write_closed && !source_is_over(source) &&
           bytes_len(&session->outgoing) < OUTGOING_BYTES) {
        if (source_fd(source) >= 0 && !is_ready)
            break;
        is_ready = false;
        source_answered(source, session->fanout->tally.answers - session->cancels);
        source_read(source, &session->outgoing);
    }
}

static void take_signals(struct session *session)
{
    struct interrupts taken = interrupt_take(session->signals);

    while (taken.n-- > 0)
        interrupt(session);
    if (taken.is_to_stop) {
        clear_screen(session);
        interrupt_stop();
    }
    if (taken.is_resized || taken.is_to_stop) {
        fanout_resized(session->fanout);
        session->progress.next_ns = 0;
        redraw(session, moment_now(), true);
    }
}

static void handle(struct session *session, const struct pollfd pollers[POLLED])
{
    if (pollers[SIGNALS].revents != 0)
        take_signals(session);
    fanout_polled(session->fanout, pollers + OUTPUTS);
    note_reader_gone(session);
    if (!session->read_closed && (pollers[PEER].revents & POLLOUT) && !session->write_closed)
        send_some(session);
    if (!session->read_closed && (pollers[PEER].revents & (POLLIN | POLLHUP | POLLERR)))
        receive(session);
    if (session->deadline_ns > 0 && moment_now() >= session->deadline_ns)
        cut_short(session);
}

static void converse(struct session *session)
{
    struct pollfd pollers[POLLED] = {{0}};

    while (!session->read_closed) {
        pump(session, pollers[SOURCE].revents != 0);
        close_sending(session);
        refresh(session, moment_now());
        note_reader_gone(session);
        if (session->read_closed)
            break;
        if (session->computes)
            compute(session);
        wait_for_readiness(session, pollers);
        handle(session, pollers);
        if (session->read_closed)
            session_schedule_reconnect(session);
        session_resume_try(session);
    }
}

/* Lets go out what is left to be written. */
static void drain(struct session *session)
{
    struct fanout *fanout = session->fanout;

    progress_clear(&session->progress);
    fanout_flush(fanout);
    while (fanout_is_pending(fanout)) {
        struct pollfd pollers[SHOWS_MAX + 1];

        fanout_poll(fanout, pollers);
        pollers[SHOWS_MAX] = poll_for(session->signals, POLLIN);
        if (poll(pollers, SHOWS_MAX + 1, -1) < 0)
            continue;
        if (pollers[SHOWS_MAX].revents != 0) {
            struct interrupts taken = interrupt_take(session->signals);

            if (taken.is_to_stop)
                interrupt_stop();
            if (taken.n > 0) {
                session->is_interrupted = true;
                return;
            }
        }
        fanout_polled(fanout, pollers);
        fanout_flush(fanout);
    }
}

/* ---- All of it ------------------------------------------------------------- */

static int set_up(struct session *session)
{
    session->received = malloc(RECEIVE_BYTES);
    session->signals = interrupt_open();
    if (session->received == NULL || session->signals < 0)
        return -1;
    session->started_ns = moment_now();
    if (session->setup->expects != EVENT_UNKNOWN)
        session->deadline_ns = moment_after(session->setup->answer_timeout_ns);
    progress_init(&session->progress, session->fanout->parts[0].show->has_progress, moment_now());
    return 0;
}

static void tear_down(struct session *session)
{
    if (session->signals >= 0)
        close(session->signals);
    bytes_fini(&session->outgoing);
    bytes_fini(&session->sent);
    lines_fini(&session->lines);
    free(session->received);
}

enum status session_run(struct session_setup *setup, bool *is_cut_short)
{
    struct session session = {
        .setup = setup,
        .fanout = setup->fanout,
        .output = &setup->fanout->parts[0].output,
        .signals = -1,
    };
    enum status status = STATUS_LOST;
    const char *rest;
    size_t len;

    if (set_up(&session) < 0) {
        say("%s", strerror(errno));
        session.is_cut_short = true;
    } else {
        setup->fanout->pending = source_pending(setup->source);
        fanout_begin(setup->fanout);
        converse(&session);
        session_leave_all(&session);
        rest = lines_rest(&session.lines, &len);
        fanout_end(setup->fanout, session.is_foreign ? NULL : rest, len);
        drain(&session);
        status = session_conclude(&session);
    }
    *is_cut_short = session.is_cut_short;
    tear_down(&session);
    return status;
}
