/* SPDX-License-Identifier: ISC */
#include "daemon/session/channel.h"

#include <stdlib.h>

#include "daemon/session/channel_internal.h"
#include "daemon/session/stats.h"
#include "proto/due.h"

/* What one call of channel_feed() reads at most: requests, whose answers may
 * be dear (`stats` takes tens of microseconds), and jobs between two looks at the
 * daemon-wide limits. */
#define REQUESTS_A_TAKE 8
#define JOBS_A_READ     512

/* How much of long ids that nobody uses any more is freed at a time. */
#define FREE_BYTES_A_STEP ((size_t)512 << 10)

static struct request_limits request_limits(const struct channel_env *env)
{
    const struct limits *limits = env->limits;

    return (struct request_limits){
        .max_bytes = limits->max_request,
        .max_depth = limits->max_depth,
        .max_string = limits->max_string,
        .max_data = limits->max_data,
        .max_dependencies = limits->max_dependencies,
        .max_retain_ns = limits->max_retain_ns,
        .no_restart = limits->no_restart,
        .keeps_no_text = env->registry == NULL,
        .max_pools = limits->max_pools,
        .max_runs = limits->max_runs,
        .plan = {.max_jobs = limits->max_jobs,
                 .max_steps = limits->max_steps,
                 .max_wait_ns = limits->max_wait_ns,
                 .max_summaries = limits->max_summaries},
    };
}

struct channel *channel_new(const struct channel_env *env, struct principal *principal)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL)
        return NULL;
    channel->env = env;
    channel->account = (struct account){.limits = env->limits, .ledger = env->ledger};
    channel->opened_ns = -1;
    channel->follow_ns = DUE_NEVER;
    channel->principal = principal_hold(principal);
    return channel;
}

void channel_set_number(struct channel *channel, uint64_t number)
{
    channel->number = number;
}

void channel_limits_changed(struct channel *channel)
{
    struct request_limits limits = request_limits(channel->env);

    if (channel->reader != NULL)
        request_reader_limit(channel->reader, &limits);
}

/* ---- The end of a channel ---------------------------------------------------------- */

void channel_stop_reading(struct channel *channel)
{
    channel->input_ended = true;
    channel->busy = false;
    channel_drop_one(channel);
    if (channel->reader != NULL)
        request_end(channel->reader);
    channel_release_jobs(channel);
    channel_release_text(channel);
}

void channel_set_wake(struct channel *channel, void (*wake)(void *context), void *context)
{
    channel->wake = wake;
    channel->wake_context = context;
}

void channel_woken(const struct channel *channel)
{
    if (channel->wake != NULL)
        channel->wake(channel->wake_context);
}

/* Whether those that nobody uses are gone. */
static bool free_ids(struct channel *channel)
{
    size_t budget = FREE_BYTES_A_STEP;

    return request_id_free_some(&channel->outbox.unused_ids, &budget);
}

bool channel_discard(struct channel *channel, size_t most)
{
    channel->wake = NULL;
    channel_stop_reading(channel);
    outbox_fini(&channel->outbox);
    channel_leave_inquiries(channel);
    channel_leave_followers(channel);
    return forecasts_discard(&channel->forecasts, &channel->outbox, most) &&
           runs_discard(&channel->runs, most) && free_ids(channel);
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    channel_drop_one(channel);
    channel_release_jobs(channel);
    channel_release_text(channel);
    channel->wake = NULL;
    outbox_fini(&channel->outbox);
    channel_leave_inquiries(channel);
    channel_leave_followers(channel);
    runs_fini(&channel->runs);
    (void)forecasts_discard(&channel->forecasts, &channel->outbox, SIZE_MAX);
    channel_release_answers(channel);
    request_reader_free(channel->reader);
    while (!free_ids(channel))
        continue;
    free(channel->one);
    principal_release(channel->principal);
    free(channel);
}

void channel_report(const struct channel *channel, struct channel_event event)
{
    if (channel->env->report != NULL)
        channel->env->report(channel->env->report_context, channel->number, &event);
}

void channel_fail(struct channel *channel)
{
    channel_stop_reading(channel);
    outbox_fini(&channel->outbox);
    channel_release_answers(channel);
    channel_leave_inquiries(channel);
    channel_leave_followers(channel);
    runs_clear(&channel->runs);
    (void)forecasts_discard(&channel->forecasts, &channel->outbox, SIZE_MAX);
}

/* ---- Input ----------------------------------------------------------------------------- */

bool channel_is_held(const struct channel *channel)
{
    return outbox_backlog(&channel->outbox) >= channel->env->limits->max_backlog;
}

void channel_release_request(struct channel *channel, struct request *request)
{
    plan_free(request->plan); /* NULL once a run has it */
    free(request->text);
    request_id_release(request->id, &channel->outbox.unused_ids);
    *request = (struct request){.op = request->op};
}

static void take_requests(struct channel *channel, int64_t now_ns)
{
    size_t budget = REQUESTS_A_TAKE;

    channel->busy = false;
    while (!channel->input_ended && budget > 0 && !channel_is_held(channel) &&
           channel->n_inquiries < CHANNEL_INQUIRIES_MAX) {
        struct request request;
        struct fault fault;
        enum request_result result = request_read(channel->reader, JOBS_A_READ, &request, &fault);

        channel_admit_jobs_so_far(channel);
        switch (result) {
        case REQUEST_MORE:
            return;
        case REQUEST_BUSY:
            channel->busy = true;
            return;
        case REQUEST_READY:
            if (channel->one != NULL)
                channel_keep_one(channel, &request);
            else
                channel_do(channel, &request, now_ns);
            channel_release_request(channel, &request);
            if (channel_has_one(channel))
                return;
            break;
        case REQUEST_REFUSED:
        case REQUEST_BROKEN:
            channel_refuse(channel, &request, &fault);
            channel_release_request(channel, &request);
            if (result == REQUEST_BROKEN || channel->one != NULL)
                channel_stop_reading(channel);
            break;
        case REQUEST_END:
            channel_stop_reading(channel);
            break;
        }
        channel->opened_ns = -1;
        budget--;
    }
}

/* The reader is made when there is input.  -1 when out of memory. */
static int begin_reading(struct channel *channel)
{
    struct request_limits limits;

    if (channel->reader != NULL)
        return 0;
    limits = request_limits(channel->env);
    channel->reader = request_reader_new(&limits, channel->env->hash_key);
    if (channel->reader == NULL)
        return -1;
    request_reader_continue(channel->reader, &channel->place);
    if (channel->one != NULL)
        request_reader_expect(channel->reader, &channel->one->expected);
    return 0;
}

/* And freed between requests, since 10,000 clients that wait would have one each. */
static void rest(struct channel *channel)
{
    bool ends = channel->ending && !channel->input_ended;

    if (channel->reader == NULL || channel->busy || ends || channel_has_one(channel) ||
        !request_reader_rests(channel->reader, &channel->place))
        return;
    request_reader_free(channel->reader);
    channel->reader = NULL;
}

/* Without a reader, where a request ends is not known: it is the last one. */
static void refuse_unread(struct channel *channel)
{
    const struct request none = {.op = REQUEST_SUBMIT};
    static const char why[] = "out of memory for reading requests; try again later";

    channel_refuse_with(channel, &none, FAULT_OVERLOADED, why);
    channel_stop_reading(channel);
}

/* Reads what there is until there is no more or it has to give way. */
static void read_requests(struct channel *channel, int64_t now_ns)
{
    if (!channel_has_one(channel))
        take_requests(channel, now_ns);
    if (channel_has_one(channel) && channel->ending)
        channel_do_one(channel, now_ns);
    channel_admit_text_so_far(channel);
}

/* What is left of the last piece, which is offered again, perhaps at another place:
 * nothing of it is looked at once it is gone, not even to count its lines. */
static size_t take_back_rest(struct channel *channel)
{
    size_t rest = request_rest(channel->reader);

    request_feed(channel->reader, NULL, 0);
    return rest;
}

static bool is_reading(const struct channel *channel)
{
    return channel->reader != NULL && request_is_open(channel->reader);
}

int64_t channel_request_due(struct channel *channel, int64_t now_ns)
{
    int64_t timeout_ns = channel->env->limits->request_timeout_ns;

    if (timeout_ns == 0 || !channel_wants_input(channel) || !is_reading(channel)) {
        channel->opened_ns = -1;
        return DUE_NEVER;
    }
    if (channel->opened_ns < 0)
        channel->opened_ns = now_ns;
    return saturate_add_ns(channel->opened_ns, timeout_ns);
}

void channel_refuse_late(struct channel *channel)
{
    const struct request none = {.op = REQUEST_SUBMIT};
    static const char why[] = "the request was not complete in time (request-timeout)";

    channel_refuse_with(channel, &none, FAULT_TOO_LARGE, why);
    channel_stop_reading(channel);
}

/* Returns how much of the piece is left. */
static size_t read_piece(struct channel *channel, int64_t now_ns, const char *bytes, size_t len)
{
    size_t left = 0;

    if (begin_reading(channel) != 0) {
        refuse_unread(channel);
        return 0;
    }
    request_feed(channel->reader, bytes, len);
    read_requests(channel, now_ns);
    if (!channel->input_ended)
        left = take_back_rest(channel);
    rest(channel);
    return left;
}

size_t channel_feed(struct channel *channel, int64_t now_ns, const char *bytes, size_t len)
{
    size_t left = len;

    if (channel->input_ended)
        return len;
    if (!channel_has_one(channel))
        left = read_piece(channel, now_ns, bytes, len);
    if (!channel_has_one(channel))
        return len - left;
    channel_scan_rest(channel, bytes + len - left, left);
    return len;
}

void channel_end_input(struct channel *channel, int64_t now_ns)
{
    if (channel->ending || channel->input_ended)
        return;
    channel->ending = true;
    if (channel->reader == NULL) {
        channel_stop_reading(channel);
        return;
    }
    request_finish(channel->reader);
    read_requests(channel, now_ns);
    rest(channel);
}

bool channel_wants_input(const struct channel *channel)
{
    return !channel->input_ended && !channel->ending && !channel->busy &&
           !channel_is_held(channel) && channel->n_inquiries < CHANNEL_INQUIRIES_MAX;
}

bool channel_input_ended(const struct channel *channel)
{
    return channel->input_ended;
}

/* ---- Work ------------------------------------------------------------------------------ */

static void run_ended(struct channel *channel, struct run *run)
{
    runs_retire(&channel->runs, run);
    channel->verdict.batch_not_ok |= run_ended_badly(run);
    channel_report(channel, (struct channel_event){.kind = CHANNEL_FINISHED,
                                                   .batch = run_number(run),
                                                   .status = run_status(run)});
}

size_t channel_work_run(struct channel *channel, struct run *run, int64_t now_ns, size_t budget)
{
    size_t spent = run_work(run, now_ns, budget);

    runs_set_due(&channel->runs, run, now_ns);
    if (run_is_finished(run))
        run_ended(channel, run);
    return spent;
}

static bool has_reading_to_do(const struct channel *channel)
{
    return !channel->input_ended && (channel->busy || channel->ending) &&
           channel->n_inquiries < CHANNEL_INQUIRIES_MAX;
}

void channel_work(struct channel *channel, int64_t now_ns, size_t budget)
{
    size_t spent = 0;

    (void)runs_reap(&channel->runs);
    (void)free_ids(channel);
    if (has_reading_to_do(channel) && !channel_is_held(channel)) {
        read_requests(channel, now_ns);
        rest(channel);
    }
    if (channel->inquiries != NULL && !channel_is_held(channel))
        channel_list_on(channel, now_ns);
    if (slots_used(&channel->followers) > 0 && !channel_is_held(channel))
        spent = channel_follow_work(channel, now_ns, budget);
    while (spent < budget && !channel_is_held(channel)) {
        struct run *run = runs_first_due(&channel->runs, now_ns);
        size_t slice = budget - spent < CHANNEL_SLICE ? budget - spent : CHANNEL_SLICE;
        bool forecasts = forecasts_next_due(&channel->forecasts) <= now_ns;

        if (run == NULL && !forecasts)
            break;
        if (run != NULL)
            spent += channel_work_run(channel, run, now_ns, slice);
        if (forecasts)
            spent += forecasts_work(&channel->forecasts, &channel->outbox, now_ns, slice);
    }
    channel_yield_replay(channel);
}

int64_t channel_next_due(const struct channel *channel)
{
    int64_t due_ns;

    if (runs_has_dropped(&channel->runs) || channel->outbox.unused_ids != NULL)
        return 0;
    if (channel_is_held(channel))
        return DUE_NEVER;
    if (has_reading_to_do(channel))
        return 0;
    due_ns = due_earlier(runs_next_due(&channel->runs), forecasts_next_due(&channel->forecasts));
    if (channel->inquiries != NULL)
        due_ns = due_earlier(due_ns, channel_list_due(channel));
    return due_earlier(due_ns, channel_follow_next_due(channel));
}

/* ---- Output ----------------------------------------------------------------------------- */

/* Frees the batches whose end was sent to the client. */
static void drop_passed(struct channel *channel)
{
    struct outbox_watch *watch = outbox_passed(&channel->outbox);

    for (; watch != NULL; watch = outbox_passed(&channel->outbox))
        if (watch->is_follower)
            channel_follow_passed(channel, watch);
        else
            runs_drop(&channel->runs, run_of(watch));
}

size_t channel_render(struct channel *channel, int64_t now_ns, char *out, size_t room)
{
    uint64_t lines = outbox_lines(&channel->outbox);
    size_t used;

    channel->outbox.now_ns = now_ns;
    used = outbox_render(&channel->outbox, out, room);

    drop_passed(channel);
    channel_release_answers(channel);
    stats_events(channel->env->stats, outbox_lines(&channel->outbox) - lines);
    return used;
}

bool channel_has_output(const struct channel *channel)
{
    return !outbox_is_empty(&channel->outbox);
}

/* ---- Ends --------------------------------------------------------------------------------- */

/* Something was asked for that has not ended. */
static bool has_work(const struct channel *channel)
{
    return runs_running(&channel->runs) > 0 || channel->forecasts.n > 0 ||
           channel->n_inquiries > 0 || slots_used(&channel->followers) > 0;
}

bool channel_is_drained(const struct channel *channel)
{
    return channel->input_ended && !has_work(channel) && outbox_is_empty(&channel->outbox);
}

bool channel_is_idle(const struct channel *channel)
{
    return !has_work(channel) && !is_reading(channel);
}

void channel_refuse_batches(struct channel *channel)
{
    channel->refuse_batches = true;
}

void channel_cancel_all(struct channel *channel, int64_t now_ns)
{
    channel_stop_reading(channel);
    runs_cancel_all(&channel->runs, now_ns);
    (void)forecasts_end(&channel->forecasts, &channel->outbox, NULL, FAULT_SHUTTING_DOWN,
                        "the daemon is shutting down");
}

struct channel_verdict channel_verdict(const struct channel *channel)
{
    return channel->verdict;
}
