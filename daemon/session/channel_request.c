/* SPDX-License-Identifier: ISC */

/* What each request does, and how it is answered. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session/channel_internal.h"
#include "daemon/session/stats.h"
#include "engine/forecast.h"
#include "proto/event.h"

/* ---- Answers ------------------------------------------------------------------------ */

char *channel_answer_room(struct channel *channel, size_t size, struct request_id *id)
{
    char *line = outbox_line_room(&channel->outbox, size, id);

    if (line == NULL)
        channel_fail(channel);
    return line;
}

static char *answer_room(struct channel *channel, const struct request *request)
{
    return channel_answer_room(channel, EVENT_LINE_MAX, request->id);
}

static void answer(struct channel *channel, const struct request *request, const char *end)
{
    outbox_line_commit(&channel->outbox, end);
    channel_keep_answer(channel, request_id_text(request->id).len);
}

void channel_refuse(struct channel *channel, const struct request *request,
                    const struct fault *fault)
{
    char *line = answer_room(channel, request);

    channel_release_jobs(channel);
    channel->verdict.request_refused = true;
    stats_refused(channel->env->stats, fault->code);
    channel_report(channel, (struct channel_event){.kind = CHANNEL_REFUSED, .fault = fault});
    if (line != NULL)
        answer(channel, request, event_write_error(line, fault, outbox_id(request->id)));
}

void channel_refuse_with(struct channel *channel, const struct request *request,
                         enum fault_code code, const char *message)
{
    struct fault fault = {0};

    (void)fault_set(&fault, code, 0, "%s", message);
    channel_refuse(channel, request, &fault);
}

void channel_refuse_ref(struct channel *channel, const struct request *request,
                        enum fault_code code, const char *message)
{
    struct fault fault = {0};

    (void)fault_set(&fault, code, 0, "%s", message);
    memcpy(fault.path, "ref", 4);
    channel_refuse(channel, request, &fault);
}

/* What was to be cancelled is not there: `member` takes WHAT, not got.  A number
 * that is too large to be one was read as the largest. */
static void refuse_absent(struct channel *channel, const struct request *request,
                          const char *member, const char *what, uint64_t got)
{
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_NOT_FOUND, 0, "\"%s\" takes %s, not %" PRIu64 "%s", member, what,
                    got, got == UINT64_MAX ? " or more" : "");
    memcpy(fault.path, member, strlen(member) + 1);
    channel_refuse(channel, request, &fault);
}

/* ---- Requests ------------------------------------------------------------------------ */

static const char overloaded_memory[] =
    "the daemon is short of memory for this request; try again later";

static void start_run(struct channel *channel, struct request *request, int64_t now_ns)
{
    struct run *run = NULL;

    if (runs_reserve(&channel->runs) == 0)
        run = run_new_take(channel->env, &channel->account, &channel->outbox, request->plan,
                           request->id, request->heartbeat_ns, now_ns);
    if (run == NULL) {
        channel_refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        return;
    }
    request->plan = NULL;
    run_set_reserved_text(run, channel->text);
    channel->reserved = channel->text = 0; /* the run's now */
    if (runs_add_take(&channel->runs, run, now_ns) != 0) {
        run_free(run);
        channel_fail(channel); /* it has been reported */
        return;
    }
    channel_report(channel, (struct channel_event){.kind = CHANNEL_ACCEPTED,
                                                   .batch = run_number(run),
                                                   .jobs = run_jobs(run)});
}

static void refuse_detach(struct channel *channel, const struct request *request)
{
    struct fault fault = {0};

    (void)fault_set(
        &fault, FAULT_INVALID_REQUEST, 0,
        "\"detach\" takes false from standard input, where no batch outlives its client, not true");
    memcpy(fault.path, "detach", 7);
    channel_refuse(channel, request, &fault);
}

/* Refuses a request for memory: by its own message where it gathers nothing. */
static void refuse_bytes(struct channel *channel, const struct request *request, uint64_t bytes,
                         char message[FAULT_MESSAGE_MAX])
{
    if (bytes > 0)
        snprintf(message, FAULT_MESSAGE_MAX,
                 "\"%s\" takes %" PRIu64 " bytes for figures here, and that memory is not left "
                 "(max-text, max-text-per-connection); try again later",
                 request->op == REQUEST_FORECAST ? "runs" : "report", bytes);
    channel_refuse_with(channel, request, FAULT_OVERLOADED, message);
}

/* Whether another batch or forecast may run here; `bytes` of memory are for what it
 * gathers.  If not, the request is refused. */
static bool admit(struct channel *channel, struct request *request, uint64_t bytes)
{
    uint64_t max_batches = channel->env->limits->max_batches;
    char message[FAULT_MESSAGE_MAX];

    if (channel->refuse_batches)
        channel_refuse_with(channel, request, FAULT_SHUTTING_DOWN,
                            "the daemon is shutting down and takes no new batches");
    else if (request->detached->detach && channel->env->registry == NULL)
        refuse_detach(channel, request);
    else if (!request->detached->detach && max_batches > 0 &&
             runs_running(&channel->runs) + channel->forecasts.n >= max_batches)
        channel_refuse_with(channel, request, FAULT_OVERLOADED,
                            "the limit of batches running on this connection is reached "
                            "(max-batches); try again later");
    else if (!channel_admit_jobs(channel, plan_n_jobs(request->plan), message))
        channel_refuse_with(channel, request, FAULT_OVERLOADED, message);
    else if (!channel_admit_text(channel, request->held + bytes, message))
        refuse_bytes(channel, request, bytes, message);
    else
        return true;
    return false;
}

static void do_submit(struct channel *channel, struct request *request, int64_t now_ns)
{
    if (!admit(channel, request, batch_report_bytes(request->plan)))
        return;
    if (request->detached->detach)
        channel_submit_detached(channel, request, now_ns);
    else
        start_run(channel, request, now_ns);
}

static void do_forecast(struct channel *channel, struct request *request)
{
    if (!admit(channel, request, forecast_bytes(request->runs)))
        return;
    if (plan_options_of(request->plan)->random_seed)
        plan_options(request->plan)->seed = channel->env->draw_seed();
    if (forecasts_add_take(&channel->forecasts, &channel->account, request, channel->text) != 0) {
        channel_refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        return;
    }
    channel->reserved = channel->text = 0; /* the forecast's now */
}

/* The run to be cancelled, if there is still something to cancel. */
static struct run *running(struct channel *channel, uint64_t number, int64_t now_ns)
{
    struct run *run = runs_find(&channel->runs, number);

    if (run == NULL || run_catch_up(run, now_ns, CHANNEL_SLICE))
        return run;
    (void)channel_work_run(channel, run, now_ns, CHANNEL_SLICE); /* reports its end first */
    return NULL;
}

static void cancel_job(struct channel *channel, const struct request *request, struct run *run,
                       int64_t now_ns)
{
    switch (run_cancel_job(run, request->job, request->id, now_ns)) {
    case RUN_CANCELLED:
        channel_keep_answer(channel, request_id_text(request->id).len);
        (void)channel_work_run(channel, run, now_ns, CHANNEL_SLICE);
        break;
    case RUN_NO_SUCH_JOB:
        refuse_absent(channel, request, "job", "the index of a job of the batch that has not ended",
                      request->job);
        break;
    case RUN_NOMEM:
        channel_refuse_with(channel, request, FAULT_OVERLOADED, overloaded_memory);
        break;
    }
}

static void refuse_batch(struct channel *channel, const struct request *request)
{
    refuse_absent(channel, request, "batch",
                  "the number of a batch that is running on this connection", request->batch);
}

static void cancel_whole(struct channel *channel, const struct request *request, struct run *run,
                         int64_t now_ns)
{
    uint32_t jobs = run_cancel(run, now_ns);

    if (jobs == 0) { /* its last jobs are being cancelled */
        refuse_batch(channel, request);
        return;
    }
    if (!run_write_cancelled(run, request->id, jobs)) {
        channel_fail(channel);
        return; /* and the run is gone */
    }
    channel_keep_answer(channel, request_id_text(request->id).len);
    (void)channel_work_run(channel, run, now_ns, CHANNEL_SLICE);
}

uint32_t channel_n_forecasts(const struct channel *channel)
{
    return channel->forecasts.n;
}

/* Those of that id; all of them for NULL.  How many those were. */
static uint32_t cancel_forecasts(struct channel *channel, const struct request_id *id)
{
    return forecasts_end(&channel->forecasts, &channel->outbox, id, FAULT_CANCELLED,
                         "the forecast was cancelled by request");
}

void channel_cancel_forecasts(struct channel *channel)
{
    (void)cancel_forecasts(channel, NULL);
}

static void do_cancel_forecast(struct channel *channel, const struct request *request)
{
    struct fault fault = {0};

    if (cancel_forecasts(channel, request->id) > 0)
        return;
    (void)fault_set(&fault, FAULT_NOT_FOUND, 0,
                    "\"id\" takes that of a forecast that is being made on this connection, and "
                    "there is none of this one");
    strcpy(fault.path, "id");
    channel_refuse(channel, request, &fault);
}

static void do_cancel(struct channel *channel, const struct request *request, int64_t now_ns)
{
    struct run *run;

    if (!request->has_batch) {
        do_cancel_forecast(channel, request);
        return;
    }
    run = running(channel, request->batch, now_ns);
    if (run == NULL)
        refuse_batch(channel, request);
    else if (request->has_job)
        cancel_job(channel, request, run, now_ns);
    else
        cancel_whole(channel, request, run, now_ns);
}

static void do_ping(struct channel *channel, const struct request *request)
{
    char *line = answer_room(channel, request);

    if (line != NULL)
        answer(channel, request,
               event_write_pong(line, outbox_id(request->id), channel->env->version,
                                channel->env->instance));
}

static void do_stats(struct channel *channel, const struct request *request, int64_t now_ns)
{
    char *line = answer_room(channel, request);
    struct event_stats stats = {0};

    if (line == NULL)
        return;
    channel->env->snapshot(channel->env->snapshot_context, now_ns, &stats);
    answer(channel, request, event_write_stats(line, outbox_id(request->id), &stats));
}

/* Who the client is was found out before there was a channel: it is answered, whatever it shows. */
static void do_auth(struct channel *channel, const struct request *request)
{
    const char *name = channel->principal != NULL ? channel->principal->name : "local";
    char *line;

    if (channel->has_begun) {
        channel_refuse_with(channel, request, FAULT_INVALID_REQUEST,
                            "an \"auth\" request is the first of its connection, and others "
                            "came before this one");
        return;
    }
    line = answer_room(channel, request);
    if (line != NULL)
        answer(channel, request, event_write_authenticated(line, outbox_id(request->id), name));
}

void channel_do(struct channel *channel, struct request *request, int64_t now_ns)
{
    switch (request->op) {
    case REQUEST_SUBMIT:
        do_submit(channel, request, now_ns);
        break;
    case REQUEST_FORECAST:
        do_forecast(channel, request);
        break;
    case REQUEST_PING:
        do_ping(channel, request);
        break;
    case REQUEST_CANCEL:
        if (request->detached->has_ref)
            channel_do_detached(channel, request);
        else
            do_cancel(channel, request, now_ns);
        break;
    case REQUEST_STATS:
        do_stats(channel, request, now_ns);
        break;
    case REQUEST_WATCH:
    case REQUEST_UNWATCH:
    case REQUEST_BATCHES:
    case REQUEST_FORGET:
        channel_do_detached(channel, request);
        break;
    case REQUEST_AUTH:
        do_auth(channel, request);
        break;
    case REQUEST_QUIT:
        channel_stop_reading(channel);
        break;
    }
    channel->has_begun |= request->op != REQUEST_PING;
}
