/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "client/cmd/conversation.h"
#include "client/net/dial.h"
#include "client/net/interrupt.h"
#include "client/base/lines.h"
#include "client/cmd/meter.h"
#include "client/base/moment.h"
#include "client/base/say.h"
#include "client/terminal/terminal.h"
#include "client/base/text.h"
#include "client/cmd/top_batches.h"

/*
 * Asks the daemon for its figures again and again: a picture that is redrawn on
 * a terminal, with the detached batches below, a line for each sample elsewhere.  Reconnects
 * when a daemon goes away; exits if the peer has never answered.
 */

#define RECEIVE_BYTES 4096

/* Connect time-out: keys are not read meanwhile. */
#define DIAL_NS 300000000

/* Answer time-out, checked at the next sample. */
#define ANSWER_NS 1000000000

#define REQUEST "{\"op\":\"stats\"}\n"

enum output_mode { PICTURE, LINES, JSON };

struct top {
    const struct arguments *arguments;
    const char *server;
    struct dial_target target;
    enum output_mode mode;
    bool is_utf8;
    int fd, signals; /* fd: -1 while there is no connection */
    struct lines lines;
    struct event_reader *reader;
    struct meter meter;
    struct top_batches batches;
    bool waits_for_batches;
    bool has_no_batches; /* the daemon does not list any to us */
    const char *problem; /* why there is no connection; NULL while there is one */
    int64_t next_ns;     /* when to ask again */
    int64_t asked_ns;    /* when it was asked last */
    int64_t lost_ns;     /* since when there is none */
    bool awaits_stats;
    bool has_restarted;
    uint64_t samples;
    bool shows_help;
    bool is_over;
    enum status status;
    bool is_raw;
    struct termios saved_termios;
};

/* ---- The terminal ------------------------------------------------------------ */

static void put(struct top *top, const struct bytes *text)
{
    const char *at = bytes_at(text);
    size_t left = bytes_len(text);

    while (left > 0) {
        ssize_t written = write(STDOUT_FILENO, at, left);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            top->is_over = true;
            if (errno != EPIPE) {
                say("standard output: %s", strerror(errno));
                top->status = STATUS_NOT_OK;
            }
            return;
        }
        at += written;
        left -= (size_t)written;
    }
}

static void put_string(struct top *top, const char *string)
{
    struct bytes text = {0};

    bytes_add_string(&text, string);
    put(top, &text);
    bytes_fini(&text);
}

/* A screen of its own, without a cursor, and keys as they are pressed. */
static void enter_screen(struct top *top)
{
    struct termios raw;

    put_string(top, "\033[?1049h\033[?25l");
    top->is_raw = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &top->saved_termios) == 0;
    if (!top->is_raw)
        return;
    raw = top->saved_termios;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void leave_screen(struct top *top)
{
    put_string(top, "\033[?25h\033[?1049l");
    if (top->is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &top->saved_termios);
}

static void append_cut(struct bytes *out, const struct bytes *line, unsigned columns)
{
    size_t len = bytes_len(line);

    bytes_add(out, bytes_at(line), len < columns ? len : columns);
    bytes_add_char(out, '\n');
}

static void append_heading(const struct top *top, unsigned columns, struct bytes *out)
{
    struct bytes line = {0};
    char span[TEXT_SECONDS_MAX];

    bytes_add_string(&line, "waitd at ");
    text_append_safe(&line, top->server, strlen(top->server), 200);
    if (top->problem != NULL) {
        text_span(span, moment_now() - top->lost_ns);
        bytes_add_format(&line, ": unreachable for %s (%s)", span, top->problem);
    } else if (top->meter.has_stats) {
        bytes_add_format(&line, ", up %s", text_span(span, top->meter.uptime_ns));
        if (top->has_restarted)
            bytes_add_string(&line, ": restarted since top was started");
    }
    append_cut(out, &line, columns);
    bytes_fini(&line);
}

static void append_footing(const struct top *top, unsigned columns, struct bytes *out)
{
    struct bytes line = {0};
    char span[TEXT_SECONDS_MAX];

    bytes_add_format(&line, "every %s; %s, q quits",
                     text_seconds_fine(span, top->arguments->interval_ns),
                     top->shows_help ? "any key goes back" : "? explains");
    append_cut(out, &line, columns);
    bytes_fini(&line);
}

/* Puts the picture on the screen, each line in place of the one before it. */
static void draw(struct top *top)
{
    struct winsize size;
    unsigned columns = 80, rows = 24;
    struct bytes picture = {0}, out = {0};
    const char *line, *end;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        columns = size.ws_col;
        rows = size.ws_row;
    }
    append_heading(top, columns - 1, &picture);
    bytes_add_char(&picture, '\n');
    if (rows > 3 && top->shows_help)
        meter_explain(columns - 1, rows - 3, &picture);
    else if (rows > 3)
        meter_draw(&top->meter, columns - 1, rows - 3, top->is_utf8, &picture);
    if (rows > 3 + METER_ROWS && !top->shows_help)
        top_batches_draw(&top->batches, columns - 1, rows - 3 - METER_ROWS, top->is_utf8, &picture);
    append_footing(top, columns - 1, &picture);
    bytes_add_string(&out, "\033[H");
    end = bytes_at(&picture) + bytes_len(&picture);
    for (line = bytes_at(&picture); line < end;) {
        const char *line_feed = memchr(line, '\n', (size_t)(end - line));

        if (rows-- == 0)
            break;
        if (line != bytes_at(&picture))
            bytes_add_string(&out, "\r\n");
        bytes_add(&out, line, (size_t)(line_feed - line));
        bytes_add_string(&out, "\033[K");
        line = line_feed + 1;
    }
    bytes_add_string(&out, "\033[J");
    put(top, &out);
    bytes_fini(&picture);
    bytes_fini(&out);
}

/* ---- The daemon ----------------------------------------------------------------- */

static void hang_up(struct top *top, const char *problem)
{
    if (top->fd >= 0)
        close(top->fd);
    top->fd = -1;
    if (top->samples == 0) {
        top->problem = problem;
        top->status = STATUS_LOST;
        top->is_over = true;
        return;
    }
    if (top->problem == NULL) {
        top->lost_ns = moment_now();
        if (top->mode != PICTURE)
            say("%s: %s; waiting for a daemon there", top->server, problem);
    }
    top->problem = problem;
    top->awaits_stats = top->waits_for_batches = top->has_no_batches = false;
    top_batches_clear(&top->batches);
    lines_fini(&top->lines);
}

static bool ask(struct top *top, const char *request)
{
    size_t len = strlen(request);

    if (send(top->fd, request, len, MSG_NOSIGNAL) == (ssize_t)len)
        return true;
    hang_up(top, errno != 0 ? strerror(errno) : "connection closed");
    return false;
}

/* Takes a sample: asks, or if nobody is there looks for somebody. */
static void sample(struct top *top, int64_t now_ns)
{
    const char *problem;

    if (top->awaits_stats && now_ns - top->asked_ns < ANSWER_NS)
        return;
    if (top->awaits_stats)
        hang_up(top, "no answer");
    if (top->is_over)
        return;
    if (top->fd < 0) {
        top->fd = dial(&top->target, DIAL_NS, &problem);
        if (top->fd < 0) {
            hang_up(top, problem);
            return;
        }
        top->problem = NULL;
    }
    top->awaits_stats = true;
    top->asked_ns = now_ns;
    if (ask(top, REQUEST) && top->mode == PICTURE && !top->waits_for_batches &&
        !top->has_no_batches)
        top->waits_for_batches = ask(top, top_batches_request);
}

static void show(struct top *top, const char *line, size_t len)
{
    struct bytes out = {0};

    if (top->mode == JSON) {
        bytes_add(&out, line, len);
    } else if (top->mode == LINES) {
        if (top->samples == 1)
            meter_heading(&out);
        meter_line(&top->meter, &out);
    }
    put(top, &out);
    bytes_fini(&out);
}

/* What is answered to the request for batches.  An invalid_request is permanent: do not ask
 * again. */
static void take_batches(struct top *top, const struct event_read *event)
{
    top_batches_take(&top->batches, event);
    if (event->kind == EVENT_BATCH)
        return;
    top->waits_for_batches = false;
    if (event->kind == EVENT_ERROR) {
        top->has_no_batches = event_reader_is(event->code, "invalid_request");
        top_batches_clear(&top->batches);
    }
}

static void take_line(struct top *top, const char *line, size_t len)
{
    unsigned restarts = top->meter.restarts;
    struct event_read event;

    if (event_reader_read(top->reader, line, len, &event) < 0 || event.kind == EVENT_UNKNOWN) {
        hang_up(top, "what answers there is not waitd");
        return;
    }
    if (event_reader_is(event.id, TOP_BATCHES_ID)) {
        take_batches(top, &event);
        return;
    }
    if (event.kind == EVENT_ERROR) {
        hang_up(top, "the daemon refused the request");
        return;
    }
    if (event.kind != EVENT_STATS)
        return;
    top->awaits_stats = false;
    meter_take(&top->meter, &event);
    top->has_restarted |= top->meter.restarts != restarts;
    top->samples++;
    show(top, line, len);
    if (top->arguments->count > 0 && top->samples >= top->arguments->count)
        top->is_over = true;
}

static void receive(struct top *top)
{
    char received[RECEIVE_BYTES];
    ssize_t n = recv(top->fd, received, sizeof received, 0);
    const char *line;
    size_t len;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(top, n < 0 ? strerror(errno) : "it has closed the connection");
        return;
    }
    lines_feed(&top->lines, received, (size_t)n);
    while (top->fd >= 0 && !top->is_over && (line = lines_next(&top->lines, &len)) != NULL)
        take_line(top, line, len);
}

/* ---- The loop -------------------------------------------------------------------- */

static void take_keys(struct top *top)
{
    char keys[16];
    ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        top->is_over = true; /* the terminal has gone */
    for (ssize_t i = 0; i < n; i++) {
        top->is_over |= keys[i] == 'q' || keys[i] == 'Q';
        top->shows_help = keys[i] == '?' && !top->shows_help;
    }
}

static void take_signals(struct top *top)
{
    struct interrupts taken = interrupt_take(top->signals);

    if (taken.is_to_stop) {
        if (top->mode == PICTURE)
            leave_screen(top);
        interrupt_stop();
        if (top->mode == PICTURE)
            enter_screen(top);
    }
    if (taken.n > 0) {
        top->is_over = true;
        top->status = STATUS_INTERRUPTED;
    }
}

static void event_loop(struct top *top)
{
    while (!top->is_over) {
        struct pollfd pollers[] = {
            {.fd = top->fd, .events = POLLIN},
            {.fd = top->signals, .events = POLLIN},
            {.fd = top->is_raw ? STDIN_FILENO : -1, .events = POLLIN},
            {.fd = STDOUT_FILENO, .events = 0},
        };
        int64_t now_ns = moment_now();

        if (now_ns >= top->next_ns) {
            sample(top, now_ns);
            pollers[0].fd = top->fd;
            /* Samples that were missed are not made up for. */
            top->next_ns += top->arguments->interval_ns;
            if (top->next_ns < now_ns)
                top->next_ns = now_ns + top->arguments->interval_ns;
        }
        if (top->mode == PICTURE)
            draw(top);
        if (poll(pollers, 4, moment_poll_ms(top->next_ns - moment_now())) < 0)
            continue;
        if (pollers[1].revents != 0)
            take_signals(top);
        if (pollers[2].revents != 0)
            take_keys(top);
        if (pollers[3].revents & POLLERR)
            top->is_over = true; /* nobody reads it any more */
        if (pollers[0].revents != 0 && !top->is_over && top->fd >= 0)
            receive(top);
    }
}

static enum output_mode choose_mode(const struct arguments *arguments,
                                    const struct terminal *terminal)
{
    if (conversation_show(arguments) == &show_json)
        return JSON;
    return terminal->is_terminal && terminal->can_redraw ? PICTURE : LINES;
}

/* Called once the first connection is open. */
static enum status run(struct top *top)
{
    top->reader = event_reader_new();
    top->signals = interrupt_open();
    if (top->reader == NULL || top->signals < 0) {
        say("%s", strerror(errno));
        return STATUS_LOST;
    }
    top->next_ns = moment_now();
    if (top->mode == PICTURE)
        enter_screen(top);
    event_loop(top);
    if (top->mode == PICTURE)
        leave_screen(top);
    return top->status;
}

enum status cmd_top(const struct arguments *arguments)
{
    struct terminal terminal;
    struct top top = {
        .arguments = arguments, .server = conversation_server(arguments), .fd = -1, .signals = -1};
    enum status status;

    terminal_open(&terminal, STDOUT_FILENO);
    top.mode = choose_mode(arguments, &terminal);
    top.is_utf8 = terminal.is_utf8;
    top.fd = conversation_dial(arguments, &top.target, &status);
    if (top.fd >= 0) {
        status = run(&top);
        if (top.samples == 0 && status == STATUS_LOST && top.problem != NULL)
            say("%s: %s", top.server, top.problem);
        if (top.fd >= 0)
            close(top.fd);
    }
    if (top.signals >= 0)
        close(top.signals);
    lines_fini(&top.lines);
    event_reader_free(top.reader);
    return status;
}
