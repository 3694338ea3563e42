/* SPDX-License-Identifier: ISC */
#include "daemon/channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/account.h"
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

/* A request under way that is kept in this much is not held against the limits
 * of text: a daemon that is full goes on answering small ones. */
#define TEXT_FREE_BYTES 4096

struct channel {
    const struct channel_env *env;
    uint64_t number;
    struct request_reader *reader;
    struct outbox outbox;

    struct runs runs;
    struct account account;

    int64_t opened_ns; /* when the request under way was first asked for; -1 for not yet */
    uint64_t reserved; /* jobs that the account took for the request being read */
    uint64_t text;     /* bytes that it took for it */
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
        .max_string = limits->max_string,
        .max_data = limits->max_data,
        .max_dependencies = limits->max_dependencies,
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
    channel->account = (struct account){.limits = env->limits, .admission = env->admission};
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
    account_give_jobs(&channel->account, channel->reserved);
    channel->reserved = 0;
}

static void give_back_text(struct channel *channel)
{
    account_give_text(&channel->account, channel->text);
    channel->text = 0;
}

/* No input comes any more: what was read of a request is let go. */
static void end_input(struct channel *channel)
{
    channel->input_ended = true;
    channel->busy = false;
    request_end(channel->reader);
    give_back_reserved(channel);
    give_back_text(channel);
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    give_back_reserved(channel);
    give_back_text(channel);
    runs_fini(&channel->runs);
    outbox_fini(&channel->outbox);
    request_reader_free(channel->reader);
    free(channel);
}

/* Lets go of a client whose answer there is no memory for. */
static void fail(struct channel *channel)
{
    channel->failed = true;
    end_input(channel);
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

/* Takes the jobs of the request under way, so far.  False, with why in
 * message, if they are too many beside those that are pending. */
static bool admit(struct channel *channel, uint64_t jobs, char message[FAULT_MESSAGE_MAX])
{
    const struct limits *limits = channel->env->limits;
    enum account_answer answer = ACCOUNT_TAKEN;

    if (jobs > channel->reserved)
        answer = account_take_jobs(&channel->account, jobs - channel->reserved);
    if (answer == ACCOUNT_TAKEN) {
        if (jobs > channel->reserved)
            channel->reserved = jobs;
        return true;
    }
    if (answer == ACCOUNT_NO_SHARE)
        snprintf(message, FAULT_MESSAGE_MAX,
                 "a connection takes at most %" PRIu64 " pending jobs "
                 "(max-pending-per-connection), and this request has %" PRIu64
                 " jobs or more beside those; try again later",
                 limits->max_pending_per_connection, jobs);
    else
        snprintf(message, FAULT_MESSAGE_MAX,
                 "the daemon takes at most %" PRIu64 " pending jobs in all (max-pending), and this "
                 "request has %" PRIu64 " jobs or more beside those; try again later",
                 limits->max_pending, jobs);
    return false;
}

/* The same for the memory that it is kept in. */
static bool admit_text(struct channel *channel, uint64_t bytes, char message[FAULT_MESSAGE_MAX])
{
    const struct limits *limits = channel->env->limits;
    enum account_answer answer = ACCOUNT_TAKEN;

    if (bytes > channel->text)
        answer = account_take_text(&channel->account, bytes - channel->text);
    else
        account_give_text(&channel->account, channel->text - bytes);
    if (answer == ACCOUNT_TAKEN) {
        channel->text = bytes;
        return true;
    }
    if (answer == ACCOUNT_NO_SHARE)
        snprintf(message, FAULT_MESSAGE_MAX,
                 "a connection takes requests of at most %" PRIu64 " bytes at a time "
                 "(max-text-per-connection), and with this one there are more; try again later",
                 limits->max_text_per_connection);
    else
        snprintf(message, FAULT_MESSAGE_MAX,
                 "the daemon takes requests of at most %" PRIu64 " bytes at a time in all "
                 "(max-text), and with this one there are more; try again later",
                 limits->max_text);
    return false;
}

static const char overloaded_memory[] =
    "the daemon is short of memory for this request; try again later";

static void start_run(struct channel *channel, struct request *request, int64_t now_ns)
{
    struct run *run = NULL;

    if (runs_reserve(&channel->runs) == 0)
        run = run_new_take(channel->env, &channel->account, &channel->outbox, request->plan,
                           text_of(request), now_ns);
    if (run == NULL) {
        refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        return;
    }
    request->plan = NULL;
    run_keep_text(run, channel->text);
    channel->reserved = channel->text = 0; /* the run's now */
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
    char message[FAULT_MESSAGE_MAX];

    if (channel->refuse_batches)
        refuse_with(channel, request, FAULT_SHUTTING_DOWN,
                    "the daemon is shutting down and takes no new batches");
    else if (max_batches > 0 && runs_running(&channel->runs) >= max_batches)
        refuse_with(channel, request, FAULT_OVERLOADED,
                    "as many batches run on this connection as may (max-batches); "
                    "try again later");
    else if (!admit(channel, plan_n_jobs(request->plan), message) ||
             !admit_text(channel, request->held, message))
        refuse_with(channel, request, FAULT_OVERLOADED, message);
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
        end_input(channel);
        break;
    }
}

/* Holds the jobs of the request under way against the limits of pending ones. */
static void admit_so_far(struct channel *channel)
{
    uint64_t jobs = request_jobs(channel->reader);
    char message[FAULT_MESSAGE_MAX];

    if (!request_is_open(channel->reader) || admit(channel, jobs, message))
        return;
    give_back_reserved(channel);
    request_refuse(channel->reader, FAULT_OVERLOADED, message);
}

/* What the request under way is kept in, if that is much. */
static uint64_t held(const struct channel *channel)
{
    size_t bytes = request_is_open(channel->reader) ? request_held(channel->reader) : 0;

    return bytes > TEXT_FREE_BYTES ? bytes : 0;
}

/* Holds that against the limits of text.  A request whose refusal alone does
 * not free it, being one long word, is the last one. */
static void admit_text_so_far(struct channel *channel)
{
    const struct request none = {.op = REQUEST_SUBMIT};
    char message[FAULT_MESSAGE_MAX];

    if (channel->input_ended || admit_text(channel, held(channel), message))
        return;
    request_refuse(channel->reader, FAULT_OVERLOADED, message);
    give_back_reserved(channel);
    if (admit_text(channel, held(channel), message))
        return;
    refuse_with(channel, &none, FAULT_OVERLOADED, message);
    end_input(channel);
}

static bool is_held(const struct channel *channel)
{
    return outbox_backlog(&channel->outbox) >= channel->env->limits->max_backlog;
}

static void take_requests(struct channel *channel, int64_t now_ns)
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
            if (result == REQUEST_BROKEN)
                end_input(channel);
            break;
        case REQUEST_END:
            end_input(channel);
            break;
        }
        channel->opened_ns = -1;
        budget--;
    }
}

/* Reads what there is until there is no more or it has to give way. */
static void read_requests(struct channel *channel, int64_t now_ns)
{
    take_requests(channel, now_ns);
    admit_text_so_far(channel);
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

    refuse_with(channel, &none, FAULT_TOO_LARGE, why);
    end_input(channel);
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
    /* The rest is offered again, perhaps at another place, and nothing of this
     * piece is looked at once it is gone, not even to count its lines. */
    request_feed(channel->reader, NULL, 0);
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
    end_input(channel);
    runs_cancel_all(&channel->runs, now_ns);
}

struct channel_verdict channel_verdict(const struct channel *channel)
{
    return channel->verdict;
}
