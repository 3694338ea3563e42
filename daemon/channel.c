/* SPDX-License-Identifier: ISC */
#include "daemon/channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/outbox.h"
#include "daemon/runs.h"
#include "daemon/stats.h"
#include "proto/event.h"
#include "proto/request.h"

/* What one call of channel_take() reads at most: requests, whose answers may
 * be dear, and jobs between two looks at the daemon-wide limits. */
#define REQUESTS_A_TAKE 128
#define JOBS_A_READ     4096

/* What a run may do before another run of the same client has its turn. */
#define BUDGET_A_TURN 1024

struct channel {
    const struct channel_env *env;
    uint64_t number;
    struct request_reader *reader;
    struct outbox outbox;

    struct runs runs;

    int64_t opened_ns; /* when the request under way was first asked for; -1 for not yet */
    uint64_t reserved; /* jobs admitted for the request being read */
    bool busy;         /* a request is complete but for work in slices */
    bool ending;       /* the driver said that no input comes */
    bool input_ended;
    bool refuse_batches;
    bool failed; /* an answer could not be kept: the client is let go */
    struct channel_verdict verdict;
};

static struct request_limits request_limits(const struct limits *limits)
{
    return (struct request_limits){
        .max_bytes = limits->max_request,
        .max_depth = limits->max_depth,
        .plan = {.max_jobs = limits->max_jobs,
                 .max_steps = limits->max_steps,
                 .max_wait_ns = limits->max_wait_ns},
    };
}

struct channel *channel_new(const struct channel_env *env)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    struct request_limits limits = request_limits(env->limits);

    if (channel == NULL)
        return NULL;
    channel->env = env;
    channel->opened_ns = -1;
    channel->reader = request_reader_new(&limits, env->hash_key);
    if (channel->reader == NULL) {
        free(channel);
        return NULL;
    }
    return channel;
}

void channel_set_number(struct channel *channel, uint64_t number)
{
    channel->number = number;
}

static void tell(const struct channel *channel, struct channel_news news)
{
    if (channel->env->tell != NULL)
        channel->env->tell(channel->env->tell_context, channel->number, &news);
}

void channel_limits_changed(struct channel *channel)
{
    struct request_limits limits = request_limits(channel->env->limits);

    request_reader_limit(channel->reader, &limits);
}

/* ---- The end of a channel ---------------------------------------------------------- */

static void give_back_reserved(struct channel *channel)
{
    admission_give(&channel->env->admission->pending, channel->reserved);
    channel->reserved = 0;
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    give_back_reserved(channel);
    runs_fini(&channel->runs);
    outbox_fini(&channel->outbox);
    request_reader_free(channel->reader);
    free(channel);
}

/* Lets go of a client whose answer there is no memory for. */
static void fail(struct channel *channel)
{
    channel->failed = channel->input_ended = true;
    channel->busy = false;
    give_back_reserved(channel);
    outbox_fini(&channel->outbox);
    runs_clear(&channel->runs);
}

static void run_ended(struct channel *channel, struct run *run)
{
    runs_retire(&channel->runs, run);
    channel->verdict.batch_not_ok |= run_ended_badly(run);
    tell(channel, (struct channel_news){.kind = CHANNEL_FINISHED,
                                        .batch = run_number(run),
                                        .status = run_status(run)});
}

/* ---- Answers ------------------------------------------------------------------------ */

static struct event_text text_of(const struct request *request)
{
    return (struct event_text){.text = request->id,
                               .len = request->id == NULL ? 0 : request->id_len};
}

static char *answer_room(struct channel *channel, const struct request *request)
{
    char *line = outbox_line_room(&channel->outbox, EVENT_LINE_MAX + text_of(request).len);

    if (line == NULL)
        fail(channel);
    return line;
}

static void answer(struct channel *channel, const char *line, const char *end)
{
    outbox_line_commit(&channel->outbox, (size_t)(end - line), NULL);
}

static void refuse(struct channel *channel, const struct request *request,
                   const struct fault *fault)
{
    char *line = answer_room(channel, request);

    give_back_reserved(channel);
    channel->verdict.request_refused = true;
    stats_refused(channel->env->stats, fault->code);
    tell(channel, (struct channel_news){.kind = CHANNEL_REFUSED, .fault = fault});
    if (line != NULL)
        answer(channel, line, event_write_error(line, fault, text_of(request)));
}

static void refuse_with(struct channel *channel, const struct request *request,
                        enum fault_code code, const char *message)
{
    struct fault fault = {0};

    (void)fault_set(&fault, code, 0, "%s", message);
    refuse(channel, request, &fault);
}

/* What was to be cancelled is not there: `member` takes WHAT, not got. */
static void refuse_absent(struct channel *channel, const struct request *request,
                          const char *member, const char *what, uint64_t got)
{
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_NOT_FOUND, 0, "\"%s\" takes %s, not %" PRIu64, member, what, got);
    memcpy(fault.path, member, strlen(member) + 1);
    refuse(channel, request, &fault);
}

/* ---- Requests ------------------------------------------------------------------------ */

/* Admits what the request under way has come to.  False if it may not. */
static bool admit(struct channel *channel, uint64_t jobs)
{
    if (jobs <= channel->reserved)
        return true;
    if (!admission_take(&channel->env->admission->pending, jobs - channel->reserved,
                        channel->env->limits->max_pending))
        return false;
    channel->reserved = jobs;
    return true;
}

static void word_pending(const struct channel *channel, uint64_t jobs, char *out, size_t size)
{
    snprintf(out, size,
             "the daemon takes at most %" PRIu64 " pending jobs in all (max-pending), and this "
             "request has %" PRIu64 " jobs or more beside those; try again later",
             channel->env->limits->max_pending, jobs);
}

static void refuse_pending(struct channel *channel, const struct request *request, uint64_t jobs)
{
    char message[FAULT_MESSAGE_MAX];

    word_pending(channel, jobs, message, sizeof(message));
    refuse_with(channel, request, FAULT_OVERLOADED, message);
}

static const char overloaded_memory[] =
    "the daemon is short of memory for this request; try again later";

static void start_run(struct channel *channel, struct request *request, int64_t now_ns)
{
    struct run *run = NULL;

    if (runs_reserve(&channel->runs) == 0)
        run = run_new_take(channel->env, &channel->outbox, request->plan, text_of(request), now_ns);
    if (run == NULL) {
        refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        return;
    }
    request->plan = NULL;
    channel->reserved = 0; /* the run's now */
    if (runs_add_take(&channel->runs, run, now_ns) != 0) {
        run_free(run);
        fail(channel); /* it has been told of */
        return;
    }
    tell(channel, (struct channel_news){
                      .kind = CHANNEL_ACCEPTED, .batch = run_number(run), .jobs = run_jobs(run)});
}

static void do_submit(struct channel *channel, struct request *request, int64_t now_ns)
{
    uint64_t max_batches = channel->env->limits->max_batches;

    if (channel->refuse_batches)
        refuse_with(channel, request, FAULT_SHUTTING_DOWN,
                    "the daemon is shutting down and takes no new batches");
    else if (max_batches > 0 && runs_running(&channel->runs) >= max_batches)
        refuse_with(channel, request, FAULT_OVERLOADED,
                    "as many batches run on this connection as may (max-batches); "
                    "try again later");
    else if (!admit(channel, plan_n_jobs(request->plan)))
        refuse_pending(channel, request, plan_n_jobs(request->plan));
    else
        start_run(channel, request, now_ns);
}

/* Gives a run its turn. */
static size_t work_run(struct channel *channel, struct run *run, int64_t now_ns, size_t budget)
{
    size_t spent = run_work(run, &channel->outbox, now_ns, budget);

    runs_set_due(&channel->runs, run, now_ns);
    if (run_is_finished(run))
        run_ended(channel, run);
    return spent;
}

/* The run to be cancelled, if there is still something to cancel. */
static struct run *running(struct channel *channel, uint64_t number, int64_t now_ns)
{
    struct run *run = runs_find(&channel->runs, number);

    if (run == NULL || run_catch_up(run, &channel->outbox, now_ns, BUDGET_A_TURN))
        return run;
    (void)work_run(channel, run, now_ns, BUDGET_A_TURN); /* tells its end first */
    return NULL;
}

static void cancel_job(struct channel *channel, const struct request *request, struct run *run,
                       int64_t now_ns)
{
    switch (run_cancel_job(run, &channel->outbox, request->job, text_of(request), now_ns)) {
    case RUN_CANCELLED:
        (void)work_run(channel, run, now_ns, BUDGET_A_TURN);
        break;
    case RUN_NO_SUCH_JOB:
        refuse_absent(channel, request, "job", "the index of a job of the batch that has not ended",
                      request->job);
        break;
    case RUN_NOMEM:
        refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        break;
    }
}

static void cancel_whole(struct channel *channel, const struct request *request, struct run *run,
                         int64_t now_ns)
{
    char *line = answer_room(channel, request);

    if (line == NULL)
        return; /* and the run is gone */
    answer(channel, line,
           event_write_cancelled(line, text_of(request), request->batch, run_cancel(run, now_ns)));
    (void)work_run(channel, run, now_ns, BUDGET_A_TURN);
}

static void do_cancel(struct channel *channel, const struct request *request, int64_t now_ns)
{
    struct run *run = running(channel, request->batch, now_ns);

    if (run == NULL)
        refuse_absent(channel, request, "batch",
                      "the number of a batch that is running on this connection", request->batch);
    else if (request->has_job)
        cancel_job(channel, request, run, now_ns);
    else
        cancel_whole(channel, request, run, now_ns);
}

static void do_ping(struct channel *channel, const struct request *request)
{
    char *line = answer_room(channel, request);

    if (line != NULL)
        answer(channel, line,
               event_write_pong(line, text_of(request), channel->env->version,
                                channel->env->instance));
}

static void do_stats(struct channel *channel, const struct request *request, int64_t now_ns)
{
    char *line = answer_room(channel, request);
    struct event_stats stats = {0};

    if (line == NULL)
        return;
    channel->env->survey(channel->env->survey_context, now_ns, &stats);
    answer(channel, line, event_write_stats(line, text_of(request), &stats));
}

static void do_request(struct channel *channel, struct request *request, int64_t now_ns)
{
    switch (request->op) {
    case REQUEST_SUBMIT:
        do_submit(channel, request, now_ns);
        break;
    case REQUEST_PING:
        do_ping(channel, request);
        break;
    case REQUEST_CANCEL:
        do_cancel(channel, request, now_ns);
        break;
    case REQUEST_STATS:
        do_stats(channel, request, now_ns);
        break;
    case REQUEST_QUIT:
        channel->input_ended = true;
        break;
    }
}

/* Holds the request under way against the daemon-wide limit. */
static void admit_so_far(struct channel *channel)
{
    uint64_t jobs = request_jobs(channel->reader);
    char message[FAULT_MESSAGE_MAX];

    if (!request_is_open(channel->reader) || admit(channel, jobs))
        return;
    give_back_reserved(channel);
    word_pending(channel, jobs, message, sizeof(message));
    request_refuse(channel->reader, FAULT_OVERLOADED, message);
}

static bool is_held(const struct channel *channel)
{
    return outbox_backlog(&channel->outbox) >= channel->env->limits->max_backlog;
}

/* Reads what there is until there is no more or it has to give way. */
static void read_requests(struct channel *channel, int64_t now_ns)
{
    size_t budget = REQUESTS_A_TAKE;

    channel->busy = false;
    while (!channel->input_ended && budget > 0 && !is_held(channel)) {
        struct request request;
        struct fault fault;
        enum request_result result = request_read(channel->reader, JOBS_A_READ, &request, &fault);

        admit_so_far(channel);
        switch (result) {
        case REQUEST_MORE:
            return;
        case REQUEST_BUSY:
            channel->busy = true;
            return;
        case REQUEST_READY:
            do_request(channel, &request, now_ns);
            plan_free(request.plan); /* NULL once a run has it */
            break;
        case REQUEST_REFUSED:
        case REQUEST_BROKEN:
            refuse(channel, &request, &fault);
            channel->input_ended |= result == REQUEST_BROKEN;
            break;
        case REQUEST_END:
            channel->input_ended = true;
            break;
        }
        channel->opened_ns = -1;
        budget--;
    }
}

int64_t channel_request_due(struct channel *channel, int64_t now_ns)
{
    int64_t due_ns, timeout_ns = channel->env->limits->request_timeout_ns;

    if (timeout_ns == 0 || !channel_wants_input(channel) || !request_is_open(channel->reader)) {
        channel->opened_ns = -1;
        return CHANNEL_NEVER;
    }
    if (channel->opened_ns < 0)
        channel->opened_ns = now_ns;
    return __builtin_add_overflow(channel->opened_ns, timeout_ns, &due_ns) ? CHANNEL_NEVER : due_ns;
}

void channel_refuse_late(struct channel *channel)
{
    const struct request none = {.op = REQUEST_SUBMIT};
    static const char why[] = "the request was not complete in time (request-timeout)";

    request_refuse(channel->reader, FAULT_TOO_LARGE, why); /* what it holds is freed */
    refuse_with(channel, &none, FAULT_TOO_LARGE, why);
    channel->input_ended = true;
}

size_t channel_take(struct channel *channel, int64_t now_ns, const char *bytes, size_t len)
{
    size_t rest;

    if (channel->input_ended)
        return len;
    request_feed(channel->reader, bytes, len);
    read_requests(channel, now_ns);
    if (channel->input_ended)
        return len;
    rest = request_rest(channel->reader);
    if (rest > 0) /* it is offered again, perhaps at another place */
        request_feed(channel->reader, bytes, 0);
    return len - rest;
}

void channel_end_input(struct channel *channel, int64_t now_ns)
{
    if (channel->ending || channel->input_ended)
        return;
    channel->ending = true;
    request_finish(channel->reader);
    read_requests(channel, now_ns);
}

bool channel_wants_input(const struct channel *channel)
{
    return !channel->input_ended && !channel->ending && !channel->busy && !is_held(channel);
}

bool channel_input_ended(const struct channel *channel)
{
    return channel->input_ended;
}

/* ---- Work ------------------------------------------------------------------------------ */

static bool has_reading_to_do(const struct channel *channel)
{
    return !channel->input_ended && (channel->busy || channel->ending);
}

void channel_work(struct channel *channel, int64_t now_ns, size_t budget)
{
    size_t spent = 0;

    if (has_reading_to_do(channel) && !is_held(channel))
        read_requests(channel, now_ns);
    while (spent < budget && !is_held(channel)) {
        struct run *run = runs_first_due(&channel->runs, now_ns);
        size_t turn = budget - spent < BUDGET_A_TURN ? budget - spent : BUDGET_A_TURN;

        if (run == NULL)
            break;
        spent += work_run(channel, run, now_ns, turn);
    }
}

int64_t channel_next_due(const struct channel *channel)
{
    if (is_held(channel))
        return CHANNEL_NEVER;
    if (has_reading_to_do(channel))
        return 0;
    return runs_next_due(&channel->runs);
}

/* ---- Output ----------------------------------------------------------------------------- */

size_t channel_render(struct channel *channel, char *out, size_t room)
{
    uint64_t lines = outbox_lines(&channel->outbox);
    struct outbox_source *ended;
    size_t used = 0, n;

    do {
        n = outbox_render(&channel->outbox, out + used, room - used, &ended);
        used += n;
        if (ended != NULL)
            runs_drop(&channel->runs, run_of(ended));
    } while (ended != NULL && used < room);
    stats_events(channel->env->stats, outbox_lines(&channel->outbox) - lines);
    return used;
}

bool channel_has_output(const struct channel *channel)
{
    return !outbox_is_empty(&channel->outbox);
}

/* ---- Ends --------------------------------------------------------------------------------- */

bool channel_is_drained(const struct channel *channel)
{
    return channel->input_ended && runs_running(&channel->runs) == 0 &&
           outbox_is_empty(&channel->outbox);
}

bool channel_is_idle(const struct channel *channel)
{
    return runs_running(&channel->runs) == 0 && !request_is_open(channel->reader);
}

void channel_refuse_batches(struct channel *channel)
{
    channel->refuse_batches = true;
}

void channel_cancel_all(struct channel *channel, int64_t now_ns)
{
    channel->input_ended = true;
    channel->busy = false;
    give_back_reserved(channel);
    runs_cancel_all(&channel->runs, now_ns);
}

struct channel_verdict channel_verdict(const struct channel *channel)
{
    return channel->verdict;
}
