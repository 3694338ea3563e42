/* SPDX-License-Identifier: ISC */
#include "client/session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/interrupt.h"
#include "client/lines.h"
#include "client/moment.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/say.h"
#include "client/tally.h"
#include "proto/event_reader.h"

#define RECEIVE_BYTES  65536
#define OUTGOING_BYTES 65536

/* So much to write does not wait for the progress bar. */
#define HURRY_BYTES 65536

/* How long to wait for a first answer before the end of input is told (there
 * are servers, other than waitd, that begin to answer only then), for the end
 * after an interrupt, and for the daemon to close once it has answered all. */
#define ANSWER_PATIENCE_NS    3000000000
#define INTERRUPT_PATIENCE_NS 5000000000
#define CLOSE_PATIENCE_NS     2000000000

struct session {
    const struct session_setup *setup;
    struct show_run run;
    struct output output;
    struct progress progress;
    struct bytes outgoing;
    struct lines lines;
    struct event_reader *reader;
    struct tally tally;
    char *received;       /* RECEIVE_BYTES */
    int signals;          /* see client/interrupt.h */
    uint64_t cancels;     /* requests of our own */
    int64_t answer_by_ns; /* when to tell that all is sent, answered or not; 0 before */
    int64_t deadline_ns;  /* to give up at; 0 for none */
    bool write_closed, read_closed;
    bool is_interrupted, is_cut_short, has_said_error;
    bool is_foreign; /* what came is not of this protocol */
    int error;       /* of the connection, errno */
};

/* ---- Ending --------------------------------------------------------------- */

/* Leaves without waiting for anything: with a reset, which cancels at once. */
static void cut_short(struct session *session)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    /* Only TCP knows resets; on a Unix socket closing has the same effect. */
    setsockopt(session->setup->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    session->is_cut_short = session->read_closed = true;
}

static bool all_is_answered(const struct session *session)
{
    return session->tally.answers >= source_requests(session->setup->source) + session->cancels &&
           session->tally.n_running == 0;
}

/* Whether there is nothing more to send: no request, and no cancel either. */
static bool has_said_all(struct session *session, bool is_answered)
{
    const struct source *source = session->setup->source;

    if (is_answered || source_is_closed(source) || source_has_failed(source) ||
        session->tally.has_unknown)
        return true;
    if (session->tally.n_running > 0)
        return false;
    if (session->answer_by_ns == 0)
        session->answer_by_ns = moment_after(ANSWER_PATIENCE_NS);
    return moment_now() >= session->answer_by_ns;
}

/* Tells the daemon that nothing more comes, once that is so. */
static void close_sending(struct session *session)
{
    struct source *source = session->setup->source;
    bool is_answered = all_is_answered(session);

    if (session->write_closed || !source_is_over(source) || bytes_len(&session->outgoing) > 0 ||
        !has_said_all(session, is_answered))
        return;
    shutdown(session->setup->fd, SHUT_WR);
    session->write_closed = true;
    if (is_answered && session->deadline_ns == 0 && !source_is_closed(source))
        session->deadline_ns = moment_after(CLOSE_PATIENCE_NS);
}

/* ---- Interrupts ------------------------------------------------------------ */

static void send_cancel(struct session *session, uint64_t batch)
{
    bytes_add_format(&session->outgoing, "{\"op\":\"cancel\",\"batch\":%" PRIu64 "}\n", batch);
    session->cancels++;
}

static void interrupt(struct session *session)
{
    struct source *source = session->setup->source;
    bool is_first = !session->is_interrupted;
    uint64_t batch;

    session->is_interrupted = true;
    source_stop(source);
    if (!is_first || session->write_closed || source_is_closed(source) ||
        !source_is_between(source)) {
        cut_short(session);
        return;
    }
    session->deadline_ns = moment_after(INTERRUPT_PATIENCE_NS);
    for (size_t place = 0; tally_next_running(&session->tally, &place, &batch);)
        send_cancel(session, batch);
}

/* ---- Receiving -------------------------------------------------------------- */

static void say_error(struct session *session, const struct event *event)
{
    const char *file = source_name(session->setup->source, session->tally.answers - 1);
    bool has_path = event->path.len > 0;

    if (session->setup->show->is_of_one && session->has_said_error)
        return;
    session->has_said_error = true;
    /* A batch may end before our own cancel reaches it. */
    if (session->is_interrupted && event_reader_is(event->code, "not_found"))
        return;
    progress_clear(&session->progress);
    say("%s%s%.*s: %.*s%s%.*s%s", file != NULL ? file : "", file != NULL ? ": " : "",
        (int)event->code.len, event->code.text, (int)event->message.len, event->message.text,
        has_path ? " (at " : "", (int)event->path.len, has_path ? event->path.text : "",
        has_path ? ")" : "");
}

static void take_event(struct session *session, const struct event *event)
{
    const struct show *show = session->setup->show;

    if (tally_wants(event->kind))
        tally_take(&session->tally, event);
    session->run.batches = session->tally.accepted;
    if (event->kind == EVENT_ACCEPTED && event->jobs > session->run.jobs)
        session->run.jobs = event->jobs;
    if (event->kind == EVENT_ERROR)
        say_error(session, event);
    if (event->kind == EVENT_ACCEPTED && session->is_interrupted)
        send_cancel(session, event->batch);
    if (show->event != NULL && (show->events & SHOW_KIND(event->kind)))
        show->event(&session->run, event);
}

static void take_line(struct session *session, const char *line, size_t len)
{
    const struct show *show = session->setup->show;
    enum event_kind kind = event_reader_kind(line, len);
    struct event event;

    if (kind == EVENT_UNKNOWN && (len < 10 || memcmp(line, "{\"event\":\"", 10) != 0)) {
        session->is_foreign = true;
        cut_short(session);
        return;
    }
    if (show->line != NULL)
        show->line(&session->run, line, len);
    tally_count(&session->tally, kind);
    if (!tally_wants(kind) && (show->event == NULL || !(show->events & SHOW_KIND(kind))))
        return;
    if (event_reader_read(session->reader, line, len, &event) == 0)
        take_event(session, &event);
    else if (tally_wants(kind))
        session->tally.no_memory = true;
}

static void receive(struct session *session)
{
    ssize_t received = recv(session->setup->fd, session->received, RECEIVE_BYTES, 0);
    const char *line;
    size_t len;

    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (received <= 0) {
        session->error = received < 0 ? errno : 0;
        session->read_closed = true;
        return;
    }
    lines_feed(&session->lines, session->received, (size_t)received);
    while (!session->is_foreign && (line = lines_next(&session->lines, &len)) != NULL)
        take_line(session, line, len);
    if (session->lines.partial.failed || session->tally.no_memory)
        cut_short(session);
}

static void send_some(struct session *session)
{
    ssize_t sent = send(session->setup->fd, bytes_at(&session->outgoing),
                        bytes_len(&session->outgoing), MSG_NOSIGNAL);

    if (sent >= 0) {
        bytes_consume(&session->outgoing, (size_t)sent);
    } else if (errno != EAGAIN && errno != EINTR) {
        /* What the daemon has to say about it may still be on its way. */
        session->write_closed = true;
        source_stop(session->setup->source);
        bytes_fini(&session->outgoing);
    }
}

/* ---- The loop ---------------------------------------------------------------- */

enum { SOCKET, SOURCE, SIGNALS, OUTPUT, POLLED };

/* Whether what is to be written goes out at once.  With a progress bar it
 * waits for the bar to be drawn anew, so that it does not flicker. */
static bool writes_at_once(const struct session *session)
{
    return !session->progress.is_on || bytes_len(&session->output.pending) >= HURRY_BYTES;
}

static void refresh(struct session *session, int64_t now_ns)
{
    struct progress *progress = &session->progress;
    bool draws = progress->is_on && now_ns >= progress->next_ns;

    if (bytes_len(&session->output.pending) > 0 && (draws || writes_at_once(session))) {
        progress_clear(progress);
        output_flush(&session->output);
    }
    if (!draws)
        return;
    progress->next_ns = now_ns + PROGRESS_INTERVAL_NS;
    if (session->tally.n_running > 0)
        progress_draw(progress, session->tally.jobs, session->tally.done, now_ns);
    else
        progress_clear(progress);
}

static int poll_timeout(const struct session *session, int64_t now_ns)
{
    int64_t until_ns = session->deadline_ns > 0 ? session->deadline_ns : INT64_MAX;
    bool has_news = session->tally.n_running > 0 || bytes_len(&session->output.pending) > 0;

    if (session->answer_by_ns > 0 && !session->write_closed && session->tally.n_running == 0 &&
        session->answer_by_ns < until_ns)
        until_ns = session->answer_by_ns;
    if (session->progress.is_on && has_news && session->progress.next_ns < until_ns)
        until_ns = session->progress.next_ns;
    return until_ns == INT64_MAX ? -1 : moment_poll_ms(until_ns - now_ns);
}

/* An entry that waits for nothing is left out: poll() would tell of hang-ups. */
static struct pollfd poll_for(int fd, short events)
{
    return (struct pollfd){.fd = events != 0 ? fd : -1, .events = events};
}

static void wait_for_news(struct session *session, struct pollfd pollers[POLLED])
{
    bool takes_more = bytes_len(&session->output.pending) < OUTPUT_ENOUGH_BYTES;
    bool sends = !session->write_closed && bytes_len(&session->outgoing) > 0;
    bool reads = bytes_len(&session->outgoing) < OUTGOING_BYTES;
    int source_waits_for = source_fd(session->setup->source);

    pollers[SOCKET] =
        poll_for(session->setup->fd, (short)((takes_more ? POLLIN : 0) | (sends ? POLLOUT : 0)));
    pollers[SOURCE] = poll_for(source_waits_for, reads ? POLLIN : 0);
    pollers[SIGNALS] = poll_for(session->signals, POLLIN);
    pollers[OUTPUT] =
        (struct pollfd){.fd = session->output.fd,
                        .events = writes_at_once(session) ? output_events(&session->output) : 0};
    if (poll(pollers, POLLED, poll_timeout(session, moment_now())) < 0)
        memset(pollers, 0, POLLED * sizeof pollers[0]);
}

/* Takes requests as they are needed.  Files are simply read. */
static void pump(struct session *session, bool is_ready)
{
    struct source *source = session->setup->source;

    while (!session->write_closed && !source_is_over(source) &&
           bytes_len(&session->outgoing) < OUTGOING_BYTES) {
        if (source_fd(source) >= 0 && !is_ready)
            return;
        is_ready = false;
        source_read(source, &session->outgoing);
    }
}

static void handle(struct session *session, const struct pollfd pollers[POLLED])
{
    if (pollers[SIGNALS].revents != 0)
        for (int n = interrupt_take(session->signals); n > 0; n--)
            interrupt(session);
    output_polled(&session->output, pollers[OUTPUT].revents);
    if (session->output.is_closed)
        cut_short(session);
    if (!session->read_closed && (pollers[SOCKET].revents & POLLOUT) && !session->write_closed)
        send_some(session);
    if (!session->read_closed && (pollers[SOCKET].revents & (POLLIN | POLLHUP | POLLERR)))
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
        wait_for_news(session, pollers);
        handle(session, pollers);
    }
}

/* Lets go out what is left to be written. */
static void drain(struct session *session)
{
    progress_clear(&session->progress);
    output_flush(&session->output);
    while (!session->output.is_closed && bytes_len(&session->output.pending) > 0) {
        struct pollfd pollers[] = {
            {.fd = session->output.fd, .events = POLLOUT},
            {.fd = session->signals, .events = POLLIN},
        };

        if (poll(pollers, 2, -1) < 0 && errno != EINTR)
            return;
        if (pollers[1].revents != 0) {
            session->is_interrupted = true;
            return;
        }
        output_polled(&session->output, pollers[0].revents);
        output_flush(&session->output);
    }
}

/* ---- How it ended ------------------------------------------------------------- */

static bool is_lost(const struct session *session)
{
    const struct source *source = session->setup->source;
    const struct tally *tally = &session->tally;

    if (session->is_foreign || tally->no_memory || session->lines.partial.failed)
        return true;
    if (session->is_cut_short)
        return false;
    return tally->n_running > 0 ||
           (!tally->is_deaf && (!source_is_over(source) ||
                                tally->answers < source_requests(source) + session->cancels));
}

static void say_lost(const struct session *session)
{
    const char *peer = session->setup->peer;
    size_t running = session->tally.n_running;

    if (session->is_foreign)
        say("%s: what answers there is not waitd", peer);
    else if (session->tally.no_memory || session->lines.partial.failed)
        say("%s: %s", peer, strerror(ENOMEM));
    else if (running > 0)
        say("%s: the connection was lost (%s) with %zu batch%s running", peer,
            session->error != 0 ? strerror(session->error) : "closed", running,
            running == 1 ? "" : "es");
    else
        say("%s: the connection was lost (%s) before everything was answered", peer,
            session->error != 0 ? strerror(session->error) : "closed");
}

static enum status conclude(const struct session *session)
{
    const struct source *source = session->setup->source;
    enum status status = session->tally.not_ok ? STATUS_NOT_OK : STATUS_OK;

    if (session->is_interrupted)
        return STATUS_INTERRUPTED;
    if (session->output.error != 0) {
        say("standard output: %s", strerror(session->output.error));
        status = STATUS_NOT_OK;
    }
    if (session->tally.refused || source_has_failed(source))
        status = STATUS_REFUSED;
    if (is_lost(session) && !session->output.is_closed) {
        say_lost(session);
        return STATUS_LOST;
    }
    if (source_is_over(source) && source_requests(source) == 0 && !source_is_closed(source) &&
        !source_has_failed(source)) {
        say("there is no request in the input");
        status = STATUS_REFUSED;
    }
    return status;
}

static int set_up(struct session *session)
{
    session->reader = event_reader_new();
    session->received = malloc(RECEIVE_BYTES);
    session->signals = interrupt_open();
    if (session->reader == NULL || session->received == NULL || session->signals < 0)
        return -1;
    output_init(&session->output, STDOUT_FILENO);
    progress_init(&session->progress, session->setup->show->has_progress, moment_now());
    session->run = (struct show_run){.out = &session->output.pending,
                                     .color = session->setup->color,
                                     .own = session->setup->show_own};
    return 0;
}

static void tear_down(struct session *session)
{
    if (session->signals >= 0)
        close(session->signals);
    output_fini(&session->output);
    bytes_fini(&session->outgoing);
    lines_fini(&session->lines);
    event_reader_free(session->reader);
    tally_fini(&session->tally);
    free(session->received);
}

enum status session_run(const struct session_setup *setup, bool *is_cut_short)
{
    struct session session = {.setup = setup, .signals = -1};
    enum status status = STATUS_LOST;
    const char *rest;
    size_t len;

    if (set_up(&session) < 0) {
        say("%s", strerror(errno));
        session.is_cut_short = true;
    } else {
        if (setup->show->begin != NULL)
            setup->show->begin(&session.run);
        converse(&session);
        rest = lines_rest(&session.lines, &len);
        if (rest != NULL && setup->show->line != NULL && !session.is_foreign)
            setup->show->line(&session.run, rest, len);
        if (setup->show->end != NULL)
            setup->show->end(&session.run);
        drain(&session);
        status = conclude(&session);
    }
    *is_cut_short = session.is_cut_short;
    tear_down(&session);
    return status;
}
