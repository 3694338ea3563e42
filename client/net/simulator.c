/* SPDX-License-Identifier: ISC */
#include "client/net/simulator.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "client/base/moment.h"
#include "client/net/simulator_forecast.h"
#include "engine/batch.h"
#include "proto/event.h"
#include "proto/request.h"

/* In one call: units of the engine's work (see batch_run()), of one batch before the
 * next is worked on, and requests. */
#define WORK_UNITS    65536
#define SLICE_UNITS   1024
#define READ_REQUESTS 8
#define READ_JOBS     4096

/* No request is read while so much waits. */
#define LINES_ENOUGH ((size_t)1 << 20)
#define JOBS_ENOUGH  1000000

#define OCCURRENCES 256

#define INSTANCE_DIGITS 16

/* A batch that runs, in a list of them. */
struct run {
    struct run *next;
    uint64_t number;
    struct plan *plan;
    struct batch *batch;
    char *id; /* NULL for none */
    size_t id_len;
};

struct simulator {
    struct request_reader *reader;
    char instance[INSTANCE_DIGITS + 1];
    struct bytes lines;
    struct run *first, *last;           /* in the order in which they are worked on */
    uint64_t batches;                   /* accepted so far */
    bool is_busy;                       /* with a request whose text is complete */
    bool has_ended;                     /* the text */
    bool is_deaf;                       /* and nothing more is read of it */
    bool ends_soon;                     /* see simulator_end_soon() */
    struct simulator_forecast forecast; /* no request is read until it is made */
    int64_t started_ns;
    struct event_stats stats;
};

/* ---- Beginning and end ------------------------------------------------------ */

struct simulator *simulator_new(void)
{
    struct simulator *simulator = calloc(1, sizeof *simulator);
    struct {
        uint64_t instance;
        uint8_t hash_key[16];
    } drawn;

    if (simulator == NULL)
        return NULL;
    if (getrandom(&drawn, sizeof drawn, 0) == (ssize_t)sizeof drawn)
        simulator->reader = request_reader_new(&request_default_limits, drawn.hash_key);
    if (simulator->reader == NULL) {
        free(simulator);
        return NULL;
    }
    snprintf(simulator->instance, sizeof simulator->instance, "%016" PRIx64, drawn.instance);
    simulator->started_ns = moment_now();
    simulator->stats.connections = 1;
    return simulator;
}

static void free_run(struct run *run)
{
    batch_free(run->batch);
    plan_free(run->plan);
    free(run->id);
    free(run);
}

void simulator_free(struct simulator *simulator)
{
    if (simulator == NULL)
        return;
    for (struct run *run = simulator->first, *next; run != NULL; run = next) {
        next = run->next;
        free_run(run);
    }
    simulator_forecast_fini(&simulator->forecast);
    request_reader_free(simulator->reader);
    bytes_fini(&simulator->lines);
    free(simulator);
}

/* ---- Lines --------------------------------------------------------------------- */

/* Room for a line with client's text of so many bytes in it; NULL when out of memory,
 * which is then known of the lines. */
static char *line_room(struct simulator *simulator, size_t text)
{
    return bytes_reserve(&simulator->lines, EVENT_LINE_MAX + text);
}

static void end_line(struct simulator *simulator, const char *line, const char *end)
{
    bytes_commit(&simulator->lines, (size_t)(end - line));
    simulator->stats.events++;
}

static struct event_text id_of(const struct run *run)
{
    return (struct event_text){run->id, run->id_len};
}

static void write_occurrence(struct simulator *simulator, const struct run *run,
                             const struct occurrence *occurrence)
{
    enum plan_events events = plan_options_of(run->plan)->events;
    struct event_job job = {
        .batch = run->number, .at_ns = occurrence->due_ns, .with_due = events == PLAN_EVENTS_ALL};
    char *line;

    if (occurrence->kind == OCCURRED_DONE) {
        simulator->stats.ended[occurrence->status]++;
        simulator->stats.pending--;
    }
    if (events == PLAN_EVENTS_NONE)
        return;
    event_job_texts(&job, run->plan, occurrence);
    line = line_room(simulator, job.name.len + job.note.len + job.data.len);
    if (line != NULL)
        end_line(simulator, line, event_write_occurrence(line, &job, occurrence));
}

/* ---- Batches --------------------------------------------------------------------- */

int64_t simulator_draw_seed(void)
{
    uint64_t bits = 0;

    while (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        continue;
    return (int64_t)(bits >> 11);
}

static struct run *new_run(const struct request *request)
{
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    if (plan_options_of(request->plan)->random_seed)
        plan_options(request->plan)->seed = simulator_draw_seed();
    run->batch = batch_new(request->plan);
    run->id = request->id != NULL ? malloc(request->id_len) : NULL;
    if (run->batch == NULL || (request->id != NULL && run->id == NULL)) {
        free_run(run);
        return NULL;
    }
    if (request->id != NULL) {
        memcpy(run->id, request->id, request->id_len);
        run->id_len = request->id_len;
    }
    run->plan = request->plan;
    return run;
}

static void append(struct simulator *simulator, struct run *run)
{
    run->next = NULL;
    if (simulator->first == NULL)
        simulator->first = run;
    else
        simulator->last->next = run;
    simulator->last = run;
}

/* Takes the request's plan. */
static void submit(struct simulator *simulator, struct request *request)
{
    struct run *run = new_run(request);
    char *line = run != NULL ? line_room(simulator, run->id_len) : NULL;
    const struct plan_options *options = plan_options_of(request->plan);
    uint32_t jobs = plan_n_jobs(request->plan);

    if (line == NULL) {
        simulator->lines.failed = true;
        if (run != NULL)
            free_run(run);
        else
            plan_free(request->plan);
        return;
    }
    run->number = ++simulator->batches;
    append(simulator, run);
    simulator->stats.batches++;
    simulator->stats.accepted += jobs;
    simulator->stats.pending += jobs;
    end_line(simulator, line,
             event_write_accepted(line, &(struct event_accepted){
                                            .batch = run->number,
                                            .id = id_of(run),
                                            .jobs = jobs,
                                            .seed = options->random_seed ? &options->seed : NULL,
                                            .instance = simulator->instance}));
}

/* Writes the report, if the plan asks for one.  Whether all of it is written. */
static bool write_report(struct simulator *simulator, struct run *run)
{
    enum batch_report_step step;
    struct report_line report;
    size_t spent = 0;

    while (spent < WORK_UNITS) {
        struct event_text name = {NULL, 0};
        char *line;

        step = batch_report(run->batch, WORK_UNITS - spent, &spent, &report);
        simulator->lines.failed |= step == BATCH_REPORT_NOMEM;
        if (step != BATCH_REPORT_LINE)
            return step == BATCH_REPORT_DONE;
        if (report.name != 0)
            name.text = plan_text(run->plan, report.name, &name.len);
        line = line_room(simulator, name.len);
        if (line == NULL)
            return false;
        end_line(
            simulator, line,
            event_write_report(line, (struct event_subject){.batch = run->number}, &report, name));
        batch_report_next(run->batch);
    }
    return false;
}

static void finish(struct simulator *simulator, struct run *run)
{
    char *line = line_room(simulator, run->id_len);
    struct batch_result result;

    simulator->stats.batches--;
    batch_result(run->batch, &result);
    if (line != NULL)
        end_line(simulator, line,
                 event_write_finished(line, run->number, id_of(run), plan_n_jobs(run->plan),
                                      result.predicted_ns, &result));
    free_run(run);
}

/* Does what is due by until_ns, for a service slice.  Returns the units that it took. */
static size_t run_until(struct simulator *simulator, struct run *run, int64_t until_ns)
{
    struct occurrence occurred[OCCURRENCES];
    size_t spent = 0, worked;

    while (spent < SLICE_UNITS && !batch_is_over(run->batch) && !simulator->lines.failed &&
           batch_next_due(run->batch) <= until_ns) {
        size_t n =
            batch_run(run->batch, until_ns, SLICE_UNITS - spent, occurred, OCCURRENCES, &worked);

        for (size_t i = 0; i < n; i++)
            write_occurrence(simulator, run, &occurred[i]);
        simulator->lines.failed |= batch_is_starved(run->batch);
        spent += worked > 0 ? worked : 1;
    }
    return spent;
}

/* Gives the first batch a service slice.  Returns the units that it took. */
static size_t work_on_first(struct simulator *simulator)
{
    struct run *run = simulator->first;
    size_t spent = run_until(simulator, run, INT64_MAX);

    simulator->first = run->next;
    if (batch_is_over(run->batch) && write_report(simulator, run))
        finish(simulator, run);
    else
        append(simulator, run);
    return spent + 1;
}

/* ---- Other requests ----------------------------------------------------------------- */

static struct event_text id_asked(const struct request *request)
{
    return (struct event_text){request->id, request->id != NULL ? request->id_len : 0};
}

static void refuse(struct simulator *simulator, const struct request *request,
                   const struct fault *fault)
{
    struct event_text id = id_asked(request);
    char *line = line_room(simulator, id.len);

    if (line != NULL)
        end_line(simulator, line, event_write_error(line, fault, id));
}

/* `member` takes WHAT, not got. */
static void refuse_absent(struct simulator *simulator, const struct request *request,
                          const char *member, const char *what, uint64_t got)
{
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_NOT_FOUND, 0, "\"%s\" takes %s, not %" PRIu64 "%s", member, what,
                    got, got == UINT64_MAX ? " or more" : "");
    memcpy(fault.path, member, strlen(member) + 1);
    refuse(simulator, request, &fault);
}

/* Finds a batch in which there is still something to cancel.  What is due at the instant
 * that it has reached precedes a cancel, as it does in waitd. */
static struct run *find_running(struct simulator *simulator, uint64_t number)
{
    struct run **link = &simulator->first, *before = NULL, *run;

    for (; *link != NULL && (*link)->number != number; link = &(*link)->next)
        before = *link;
    run = *link;
    if (run == NULL)
        return NULL;
    run_until(simulator, run, batch_clock(run->batch));
    if (!batch_is_over(run->batch) || !write_report(simulator, run))
        return run;
    *link = run->next;
    if (simulator->last == run)
        simulator->last = before;
    finish(simulator, run);
    return NULL;
}

static void cancel_job(struct simulator *simulator, const struct request *request, struct run *run)
{
    struct event_text id = id_asked(request);
    struct occurrence occurred[BATCH_MIN_ROOM];
    bool ends_all = plan_options_of(run->plan)->until == PLAN_UNTIL_FIRST_DONE;
    uint32_t jobs = ends_all ? batch_pending(run->batch) : 1;
    size_t n = batch_cancel_job(run->batch, request->job, batch_clock(run->batch), occurred,
                                BATCH_MIN_ROOM);
    char *line = line_room(simulator, id.len);

    if (n == 0)
        refuse_absent(simulator, request, "job",
                      "the index of a job of the batch that has not ended", request->job);
    else if (line != NULL)
        end_line(simulator, line, event_write_cancelled(line, id, request->batch, jobs));
    for (size_t i = 0; i < n; i++)
        write_occurrence(simulator, run, &occurred[i]);
}

/* A forecast is made before the next request is read, so none is left to be cancelled. */
static void refuse_forecast(struct simulator *simulator, const struct request *request)
{
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_NOT_FOUND, 0,
                    "\"id\" takes that of a forecast that is being made on this connection, and "
                    "there is none of this one");
    strcpy(fault.path, "id");
    refuse(simulator, request, &fault);
}

static void cancel(struct simulator *simulator, const struct request *request)
{
    struct event_text id = id_asked(request);
    struct run *run = request->has_batch ? find_running(simulator, request->batch) : NULL;
    uint32_t jobs;
    char *line;

    if (!request->has_batch) {
        refuse_forecast(simulator, request);
        return;
    }
    if (run != NULL && request->has_job) {
        cancel_job(simulator, request, run);
        return;
    }
    jobs = run != NULL ? batch_cancel(run->batch, batch_clock(run->batch)) : 0;
    line = line_room(simulator, id.len);
    if (jobs == 0)
        refuse_absent(simulator, request, "batch",
                      "the number of a batch that is running on this connection", request->batch);
    else if (line != NULL)
        end_line(simulator, line, event_write_cancelled(line, id, request->batch, jobs));
}

static void answer(struct simulator *simulator, const struct request *request)
{
    struct event_text id = id_asked(request);
    char *line = line_room(simulator, id.len);
    struct rusage usage;

    if (line == NULL)
        return;
    if (request->op == REQUEST_PING) {
        end_line(simulator, line, event_write_pong(line, id, PACKAGE_VERSION, simulator->instance));
        return;
    }
    if (request->op == REQUEST_AUTH) { /* whoever starts it */
        end_line(simulator, line, event_write_authenticated(line, id, "local"));
        return;
    }
    simulator->stats.uptime_ns = moment_now() - simulator->started_ns;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        simulator->stats.rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
    end_line(simulator, line, event_write_stats(line, id, &simulator->stats));
}

void simulator_end_soon(struct simulator *simulator)
{
    simulator->ends_soon = true;
    simulator_forecast_cancel(&simulator->forecast);
}

/* Nothing lives on here. */
static void refuse_detached(struct simulator *simulator, const struct request *request)
{
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_NOT_FOUND, 0,
                    "there are no detached batches on the virtual clock");
    refuse(simulator, request, &fault);
}

static void take(struct simulator *simulator, struct request *request)
{
    switch (request->op) {
    case REQUEST_SUBMIT:
        submit(simulator, request);
        break;
    case REQUEST_CANCEL:
        cancel(simulator, request);
        break;
    case REQUEST_FORECAST:
        if (plan_options_of(request->plan)->random_seed)
            plan_options(request->plan)->seed = simulator_draw_seed();
        simulator_forecast_begin(&simulator->forecast, request, &simulator->lines,
                                 &simulator->stats.events);
        break;
    case REQUEST_PING:
    case REQUEST_AUTH:
    case REQUEST_STATS:
        answer(simulator, request);
        break;
    case REQUEST_WATCH:
    case REQUEST_UNWATCH:
    case REQUEST_BATCHES:
    case REQUEST_FORGET:
        refuse_detached(simulator, request);
        break;
    case REQUEST_QUIT:
        simulator->is_deaf = true;
        break;
    }
}

/* ---- Reading ---------------------------------------------------------------------- */

static bool is_full(const struct simulator *simulator)
{
    return simulator->forecast.plan != NULL || bytes_len(&simulator->lines) >= LINES_ENOUGH ||
           (simulator->stats.pending >= JOBS_ENOUGH && !simulator->ends_soon);
}

static void read_requests(struct simulator *simulator)
{
    simulator->is_busy = false;
    for (int n = 0; !simulator->is_deaf && !simulator->lines.failed && n < READ_REQUESTS &&
                    simulator->forecast.plan == NULL;
         n++) {
        struct request request;
        struct fault fault;

        switch (request_read(simulator->reader, READ_JOBS, &request, &fault)) {
        case REQUEST_MORE:
            return;
        case REQUEST_BUSY:
            simulator->is_busy = true;
            return;
        case REQUEST_READY:
            take(simulator, &request);
            break;
        case REQUEST_BROKEN:
            simulator->is_deaf = true;
            refuse(simulator, &request, &fault);
            break;
        case REQUEST_REFUSED:
            refuse(simulator, &request, &fault);
            break;
        case REQUEST_END:
            simulator->is_deaf = true;
            break;
        }
    }
}

bool simulator_wants_text(const struct simulator *simulator)
{
    return simulator->is_deaf ||
           (!simulator->has_ended && !simulator->is_busy && !is_full(simulator));
}

size_t simulator_feed(struct simulator *simulator, const char *text, size_t len)
{
    size_t rest;

    if (simulator->is_deaf)
        return len; /* as a daemon discards it */
    if (!simulator_wants_text(simulator))
        return 0;
    request_feed(simulator->reader, text, len);
    read_requests(simulator);
    rest = simulator->is_deaf ? 0 : request_rest(simulator->reader);
    request_feed(simulator->reader, NULL, 0);
    simulator->stats.bytes_in += len - rest;
    return len - rest;
}

void simulator_end_text(struct simulator *simulator)
{
    if (simulator->has_ended || simulator->is_deaf)
        return;
    simulator->has_ended = true;
    request_finish(simulator->reader);
}

void simulator_work(struct simulator *simulator)
{
    size_t before = bytes_len(&simulator->lines), spent = 0;

    if (!simulator->is_deaf && (simulator->is_busy || simulator->has_ended) && !is_full(simulator))
        read_requests(simulator);
    if (simulator->forecast.plan != NULL && !simulator->lines.failed)
        spent += simulator_forecast_work(&simulator->forecast, WORK_UNITS);
    while (simulator->first != NULL && spent < WORK_UNITS && !simulator->lines.failed &&
           bytes_len(&simulator->lines) < LINES_ENOUGH)
        spent += work_on_first(simulator);
    simulator->stats.bytes_out += bytes_len(&simulator->lines) - before;
}

bool simulator_is_ready(const struct simulator *simulator)
{
    return simulator->is_deaf || simulator->has_ended || simulator->is_busy ||
           simulator->first != NULL || simulator->forecast.plan != NULL ||
           bytes_len(&simulator->lines) > 0;
}

struct bytes *simulator_lines(struct simulator *simulator)
{
    return &simulator->lines;
}

bool simulator_is_drained(const struct simulator *simulator)
{
    return simulator->is_deaf && simulator->first == NULL && simulator->forecast.plan == NULL &&
           bytes_len(&simulator->lines) == 0;
}
