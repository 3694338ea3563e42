/* SPDX-License-Identifier: ISC */
#include "client/net/forecast.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/base/bytes.h"
#include "client/base/lines.h"
#include "client/cmd/overrides.h"
#include "client/net/rewrite.h"
#include "proto/event_reader.h"

/* A request that is not read whole by then is too large. */
#define TEXT_BYTES ((size_t)4 << 20)

/* So much is read of the events of single jobs; beyond it only how long batches
 * take is asked for. */
#define EVENTS_BYTES ((size_t)16 << 20)

#define PIECE_BYTES 65536

/* A job starts, or ends. */
struct change {
    int64_t at_ns;
    int started, ended;
};

struct prediction {
    uint64_t batch; /* 0 before it is accepted, and where it is refused */
    bool is_known;
    int64_t elapsed_ns;
    struct change *changes; /* in order of time */
    size_t n, room, next;   /* those before `next` have happened */
    bool *has_started;      /* of each job */
    uint64_t jobs, started, ended;
};

struct forecast {
    struct forecast_door door;
    int fd;
    bool is_over; /* nothing more is asked */
    bool with_jobs;
    struct overrides overrides;
    struct rewrite *rewrite;
    struct bytes text; /* fed so far */
    struct bytes outgoing;
    struct lines lines;
    struct event_reader *reader;
    char *received; /* PIECE_BYTES */
    size_t n_received;
    struct prediction *predictions; /* FORECAST_REQUESTS */
    size_t answers, finished;       /* requests; those before `finished` are over */
    uint64_t jobs;
};

/* ---- Beginning and end ----------------------------------------------------- */

static void forget(struct prediction *prediction)
{
    free(prediction->changes);
    free(prediction->has_started);
    prediction->changes = NULL;
    prediction->has_started = NULL;
    prediction->n = prediction->room = 0;
}

/* Leaves with a reset: what runs is then cancelled at once. */
static void hang_up(struct forecast *forecast)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    if (forecast->fd < 0)
        return;
    setsockopt(forecast->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    forecast->door.close(forecast->door.context, forecast->fd);
    forecast->fd = -1;
}

static void give_up(struct forecast *forecast)
{
    hang_up(forecast);
    forecast->is_over = true;
}

/* Starts, or starts anew with less. */
static int ask(struct forecast *forecast, bool with_jobs)
{
    forecast->with_jobs = with_jobs;
    rewrite_free(forecast->rewrite);
    forecast->rewrite = NULL;
    lines_fini(&forecast->lines);
    bytes_fini(&forecast->outgoing);
    for (size_t i = 0; i < forecast->answers; i++)
        forget(&forecast->predictions[i]);
    memset(forecast->predictions, 0, FORECAST_REQUESTS * sizeof forecast->predictions[0]);
    forecast->answers = forecast->finished = 0;
    forecast->jobs = 0;
    if (overrides_set(&forecast->overrides, OVERRIDE_CLOCK, "virtual") != NULL ||
        overrides_set(&forecast->overrides, OVERRIDE_EVENTS, with_jobs ? "all" : "none") != NULL)
        return -1;
    forecast->rewrite = rewrite_new(&forecast->overrides, NULL);
    return forecast->rewrite == NULL ? -1 : 0;
}

struct forecast *forecast_new(const struct forecast_door *door, const struct overrides *overrides)
{
    struct forecast *forecast = calloc(1, sizeof *forecast);

    if (forecast == NULL)
        return NULL;
    forecast->door = *door;
    forecast->fd = -1;
    forecast->reader = event_reader_new();
    forecast->received = malloc(PIECE_BYTES);
    forecast->predictions = calloc(FORECAST_REQUESTS, sizeof forecast->predictions[0]);
    if (forecast->reader == NULL || forecast->received == NULL || forecast->predictions == NULL ||
        (overrides != NULL && overrides_copy(&forecast->overrides, overrides) < 0)) {
        forecast_free(forecast);
        return NULL;
    }
    if (ask(forecast, true) < 0)
        give_up(forecast);
    return forecast;
}

void forecast_free(struct forecast *forecast)
{
    if (forecast == NULL)
        return;
    hang_up(forecast);
    for (size_t i = 0; forecast->predictions != NULL && i < forecast->answers; i++)
        forget(&forecast->predictions[i]);
    free(forecast->predictions);
    overrides_fini(&forecast->overrides);
    rewrite_free(forecast->rewrite);
    bytes_fini(&forecast->text);
    bytes_fini(&forecast->outgoing);
    lines_fini(&forecast->lines);
    event_reader_free(forecast->reader);
    free(forecast->received);
    free(forecast);
}

/* ---- Asking ------------------------------------------------------------------ */

/* It is made when there is something to send. */
static bool has_connection(struct forecast *forecast)
{
    if (forecast->fd < 0)
        forecast->fd = forecast->door.open(forecast->door.context);
    return forecast->fd >= 0;
}

void forecast_feed(struct forecast *forecast, const char *piece, size_t len)
{
    if (forecast->is_over || len == 0)
        return;
    bytes_add(&forecast->text, piece, len);
    if (!has_connection(forecast) || bytes_len(&forecast->text) > TEXT_BYTES ||
        forecast->text.failed)
        give_up(forecast);
    else if (rewrite_feed(forecast->rewrite, piece, len, &forecast->outgoing) != REWRITE_GOING)
        forecast->is_over = true; /* and what is to be sent still goes out */
}

int forecast_fd(const struct forecast *forecast)
{
    return forecast->fd;
}

short forecast_events(const struct forecast *forecast)
{
    return (short)(POLLIN | (bytes_len(&forecast->outgoing) > 0 ? POLLOUT : 0));
}

/* ---- What comes --------------------------------------------------------------- */

static void add_change(struct prediction *prediction, int64_t at_ns, bool starts)
{
    if (prediction->n == prediction->room) {
        size_t room = prediction->room > 0 ? prediction->room * 2 : 64;
        struct change *changes = realloc(prediction->changes, room * sizeof *changes);

        if (changes == NULL) {
            forget(prediction);
            return;
        }
        prediction->changes = changes;
        prediction->room = room;
    }
    prediction->changes[prediction->n++] = (struct change){at_ns, starts, !starts};
}

static void take_job(struct prediction *prediction, const struct event_read *event)
{
    bool starts = event->kind == EVENT_STARTED;

    if (prediction->has_started == NULL || event->job >= prediction->jobs)
        return;
    if (starts && prediction->has_started[event->job])
        return; /* another attempt */
    add_change(prediction, event->at_ns, starts);
    if (!starts && prediction->has_started != NULL && !prediction->has_started[event->job])
        prediction->changes[prediction->n - 1].started = 1; /* it never did */
    else if (prediction->has_started != NULL)
        prediction->has_started[event->job] = true;
}

static void take_answer(struct forecast *forecast, const struct event_read *event)
{
    struct prediction *prediction = &forecast->predictions[forecast->answers];

    if (forecast->answers == FORECAST_REQUESTS || forecast->jobs + event->jobs > FORECAST_JOBS) {
        give_up(forecast);
        return;
    }
    forecast->answers++;
    if (event->kind != EVENT_ACCEPTED)
        return;
    forecast->jobs += event->jobs;
    prediction->batch = event->batch;
    prediction->jobs = event->jobs;
    if (forecast->with_jobs)
        prediction->has_started = calloc(event->jobs + 1, sizeof prediction->has_started[0]);
}

static struct prediction *find(struct forecast *forecast, uint64_t batch)
{
    size_t i = forecast->finished;

    while (i < forecast->answers && forecast->predictions[i].batch != batch)
        i++;
    return i < forecast->answers ? &forecast->predictions[i] : NULL;
}

static void take_end(struct forecast *forecast, struct prediction *prediction,
                     const struct event_read *event)
{
    prediction->is_known = true;
    prediction->elapsed_ns = event->elapsed_ns;
    while (forecast->finished < forecast->answers &&
           (forecast->predictions[forecast->finished].is_known ||
            forecast->predictions[forecast->finished].batch == 0))
        forecast->finished++;
}

static void take_line(struct forecast *forecast, const char *line, size_t len)
{
    struct prediction *prediction;
    struct event_read event;

    switch (event_reader_kind(line, len)) {
    case EVENT_ACCEPTED:
    case EVENT_ERROR:
    case EVENT_PONG:
    case EVENT_STATS:
    case EVENT_CANCELLED:
        if (event_reader_read(forecast->reader, line, len, &event) == 0)
            take_answer(forecast, &event);
        return;
    case EVENT_STARTED:
    case EVENT_DONE:
    case EVENT_FINISHED:
        if (event_reader_read(forecast->reader, line, len, &event) != 0 ||
            (prediction = find(forecast, event.batch)) == NULL)
            return;
        if (event.kind == EVENT_FINISHED)
            take_end(forecast, prediction, &event);
        else
            take_job(prediction, &event);
        return;
    case EVENT_STEP:
    case EVENT_RETRY:
    case EVENT_UNKNOWN:
        return;
    }
}

/* Too much came: all is asked again, without the events of jobs. */
static void ask_less(struct forecast *forecast)
{
    hang_up(forecast);
    if (ask(forecast, false) < 0 || !has_connection(forecast))
        give_up(forecast);
    else
        rewrite_feed(forecast->rewrite, bytes_at(&forecast->text), bytes_len(&forecast->text),
                     &forecast->outgoing);
}

static void receive(struct forecast *forecast)
{
    ssize_t len = recv(forecast->fd, forecast->received, PIECE_BYTES, 0);
    const char *line;
    size_t line_len;

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        give_up(forecast);
        return;
    }
    forecast->n_received += (size_t)len;
    lines_feed(&forecast->lines, forecast->received, (size_t)len);
    while (forecast->fd >= 0 && (line = lines_next(&forecast->lines, &line_len)) != NULL)
        take_line(forecast, line, line_len);
    if (forecast->fd >= 0 && forecast->with_jobs && forecast->n_received > EVENTS_BYTES)
        ask_less(forecast);
}

void forecast_polled(struct forecast *forecast, short revents)
{
    if (forecast->fd < 0)
        return;
    if (revents & POLLOUT) {
        ssize_t sent = send(forecast->fd, bytes_at(&forecast->outgoing),
                            bytes_len(&forecast->outgoing), MSG_NOSIGNAL);

        if (sent > 0)
            bytes_consume(&forecast->outgoing, (size_t)sent);
    }
    if (revents & (POLLIN | POLLHUP | POLLERR))
        receive(forecast);
}

/* ---- What it has found out ------------------------------------------------------ */

int64_t forecast_elapsed(const struct forecast *forecast, uint64_t request)
{
    return request < forecast->answers && forecast->predictions[request].is_known
               ? forecast->predictions[request].elapsed_ns
               : -1;
}

bool forecast_jobs(struct forecast *forecast, uint64_t request, int64_t at_ns, uint64_t *ended,
                   uint64_t *in_flight)
{
    struct prediction *prediction = &forecast->predictions[request];

    if (forecast_elapsed(forecast, request) < 0 || prediction->has_started == NULL)
        return false;
    for (; prediction->next < prediction->n && prediction->changes[prediction->next].at_ns <= at_ns;
         prediction->next++) {
        prediction->started += (unsigned)prediction->changes[prediction->next].started;
        prediction->ended += (unsigned)prediction->changes[prediction->next].ended;
    }
    *ended = prediction->ended;
    *in_flight = prediction->started - prediction->ended;
    return true;
}
