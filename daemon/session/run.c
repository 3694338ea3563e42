/* SPDX-License-Identifier: ISC */
#include "daemon/session/run.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/session/history_report.h"
#include "daemon/session/stats.h"
#include "proto/due.h"
#include "proto/event_detached.h"

/* How long to wait before trying again what memory was short for. */
#define STARVED_RETRY_NS INT64_C(10000000)

/* Occurrences looked at a time: on the stack, and few enough for the nearest cache. */
#define OCCURRENCES 256

/* About how long a line is, but for the client's own text. */
#define LINE_FRAME_BYTES 60

/* How much of a batch that is over is freed at a time. */
#define FREE_BYTES_A_STEP ((size_t)512 << 10)

struct run {
    struct outbox_watch watch; /* first: see run_of() */
    struct history history;
    const struct channel_env *env;
    struct outbox *outbox;
    struct account *account;
    uint64_t text;       /* bytes taken from the account */
    struct plan *plan;   /* NULL until it is the run's */
    struct batch *batch; /* NULL once it is over and its result is known */
    struct batch_result result;
    int64_t accepted_ns;
    int64_t heartbeat_ns;  /* 0 for none */
    int64_t beat_ns;       /* of the last heartbeat, or the beginning */
    int64_t elapsed_ns;    /* -1 until all is over */
    struct request_id *id; /* held; NULL for none */
    struct run *next;      /* of those that are being freed */
    uint32_t slot;
    uint32_t jobs;
    bool is_virtual, is_silent;
    bool starved;  /* no memory at the last attempt */
    bool finished; /* `finished` is in the history */
};

/* Room for a line of the batch, with its id.  NULL when out of memory. */
static char *line_room(struct run *run)
{
    return history_line_room(&run->history,
                             history_around_size(EVENT_BATCH_MAX, request_id_text(run->id)));
}

/* Puts the line, which ends there. */
static void commit_line(struct run *run, const char *line, const char *end)
{
    history_line_commit_around(&run->history, (size_t)(end - line), request_id_text(run->id));
}

/* time_ns: the time of day, NULL for none. */
static bool write_accepted(struct run *run, const int64_t *time_ns)
{
    const struct plan_options *options = plan_options_of(run->history.source.plan);
    const struct event_accepted accepted = {
        .batch = run->history.source.batch,
        .id = outbox_id(run->id),
        .jobs = run->jobs,
        .seed = options->random_seed ? &options->seed : NULL,
        .time_ns = time_ns,
        .instance = run->env->instance,
    };
    char *line = line_room(run);

    if (line == NULL)
        return false;
    commit_line(run, line, event_write_accepted(line, &accepted));
    outbox_notice(&run->watch);
    return true;
}

static void discard(struct run *run)
{
    outbox_watch_end(&run->watch); /* before the id goes, which it may read */
    history_fini(&run->history);
    batch_free(run->batch);
    request_id_release(run->id, &run->outbox->unused_ids);
    free(run);
}

struct run *run_new_take(const struct channel_env *env, struct account *account,
                         struct outbox *outbox, struct plan *plan, struct request_id *id,
                         int64_t heartbeat_ns, int64_t now_ns)
{
    struct run *run = malloc(sizeof(*run));
    int64_t real_ns = env->real_time_ns != NULL ? env->real_time_ns() : 0;
    const int64_t *time_ns = NULL;

    if (run == NULL)
        return NULL;
    if (plan_options_of(plan)->random_seed)
        plan_options(plan)->seed = env->draw_seed();
    *run = (struct run){
        .history.source = history_source_of(plan, LINE_FRAME_BYTES),
        .env = env,
        .outbox = outbox,
        .id = request_id_hold(id),
        .account = account,
        .batch = batch_new(plan),
        .accepted_ns = now_ns,
        .beat_ns = now_ns,
        .elapsed_ns = -1,
        .jobs = plan_n_jobs(plan),
        .is_virtual = plan_options_of(plan)->clock == PLAN_CLOCK_VIRTUAL,
        .is_silent = plan_options_of(plan)->events == PLAN_EVENTS_NONE,
    };
    run->history.source.batch = ledger_number_batch(env->ledger);
    run->heartbeat_ns = run->is_virtual ? 0 : heartbeat_ns;
    if (!run->is_virtual && env->real_time_ns != NULL)
        time_ns = &real_ns;
    if (run->batch == NULL || outbox_watch_begin(outbox, &run->watch, &run->history) != 0 ||
        !write_accepted(run, time_ns)) {
        discard(run);
        return NULL;
    }
    run->plan = plan;
    ledger_count_batch(env->ledger);
    stats_accepted(env->stats, run->jobs);
    return run;
}

/* Ends it where it is: jobs that have not ended count as cancelled. */
static void abandon(struct run *run)
{
    uint32_t left = run->batch != NULL ? batch_pending(run->batch) : 0;

    stats_ended(run->env->stats, JOB_CANCELLED, left);
    stats_batch(run->env->stats, BATCH_CANCELLED);
    ledger_release_jobs(run->account, left);
    ledger_uncount_batch(run->env->ledger);
    batch_free(run->batch);
    run->batch = NULL;
    run->finished = true;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    if (!run->finished)
        abandon(run);
    ledger_release_text(run->account, run->text);
    plan_free(run->plan);
    discard(run);
}

bool run_free_some(struct run *run, size_t *budget)
{
    if (!run->finished)
        abandon(run);
    if (run->plan != NULL && !plan_free_some(run->plan, budget))
        return false;
    run->plan = NULL;
    run_free(run);
    return true;
}

struct run *run_next(const struct run *run)
{
    return run->next;
}

void run_set_next(struct run *run, struct run *next)
{
    run->next = next;
}

void run_set_reserved_text(struct run *run, uint64_t bytes)
{
    run->text = bytes;
}

uint64_t run_number(const struct run *run)
{
    return run->history.source.batch;
}

uint64_t run_jobs(const struct run *run)
{
    return run->jobs;
}

enum batch_status run_status(const struct run *run)
{
    return run->result.status;
}

struct run *run_of(struct outbox_watch *watch)
{
    return (struct run *)(void *)watch;
}

uint32_t run_slot(const struct run *run)
{
    return run->slot;
}

void run_set_slot(struct run *run, uint32_t slot)
{
    run->slot = slot;
}

/* Now, since acceptance, as the run's clock has it. */
static int64_t own_time(const struct run *run, int64_t now_ns)
{
    if (run->is_virtual)
        return run->batch != NULL ? batch_clock(run->batch) : 0;
    return now_ns - run->accepted_ns;
}

/* Counts those who ended, all those alike at once: what falls due together is
 * handled together. */
static void count(const struct run *run, const struct occurrence *occurred, size_t n,
                  int64_t now_ns)
{
    uint64_t ended[JOB_STATUSES] = {0};
    uint64_t sum = 0;

    for (size_t i = 0, same = 1; i < n; i += same) {
        same = 1;
        if (occurred[i].kind != OCCURRED_DONE)
            continue;
        same = occurrence_alike(&occurred[i], n - i);
        ended[occurred[i].status] += same;
        if (!run->is_virtual && occurred[i].status != JOB_CANCELLED)
            stats_late(run->env->stats, now_ns, now_ns - run->accepted_ns - occurred[i].due_ns,
                       (uint32_t)same);
    }
    for (unsigned status = 0; status < JOB_STATUSES; status++) {
        sum += ended[status];
        if (ended[status] > 0)
            stats_ended(run->env->stats, (enum job_status)status, ended[status]);
    }
    if (sum > 0)
        ledger_release_jobs(run->account, sum);
}

/* An empty batch is over at its acceptance, whenever that is handled. */
static int64_t elapsed(const struct run *run, int64_t now_ns)
{
    if (run->is_virtual || run->jobs == 0)
        return run->result.predicted_ns;
    return own_time(run, now_ns);
}

/* Continues the report, if the plan asks for one.  Whether all of it is written. */
static bool write_report(struct run *run, size_t budget, size_t *worked)
{
    enum history_report_result result = history_report(&run->history, run->batch, budget, worked);

    run->starved = result == HISTORY_REPORT_NOMEM;
    outbox_notice(&run->watch);
    return result == HISTORY_REPORT_DONE;
}

static void finish(struct run *run, int64_t now_ns)
{
    char *line = line_room(run);
    size_t budget = FREE_BYTES_A_STEP;

    run->starved = line == NULL;
    if (line == NULL)
        return;
    if (run->elapsed_ns < 0) {
        batch_result(run->batch, &run->result);
        run->elapsed_ns = elapsed(run, now_ns);
    }
    if (!batch_free_some(run->batch, &budget)) /* it stays over; the line is written later */
        return;
    run->batch = NULL;
    commit_line(run, line,
                event_write_finished(line, run->history.source.batch, outbox_id(run->id), run->jobs,
                                     run->elapsed_ns, &run->result));
    run->watch.ended = true;
    outbox_notice(&run->watch);
    run->finished = true;
    stats_batch(run->env->stats, run->result.status);
    ledger_uncount_batch(run->env->ledger);
}

/* What happened is put into the history, and whoever watches has something to read. */
static void put(struct run *run, int64_t at_ns, const struct occurrence *occurred, size_t n)
{
    if (n == 0)
        return;
    history_put(&run->history, run->is_virtual ? -1 : at_ns, occurred, n);
    outbox_notice(&run->watch);
}

/* Handles what is due up to until_ns by the run's own clock. */
static size_t work_until(struct run *run, int64_t now_ns, int64_t until_ns, size_t budget)
{
    struct occurrence occurred[OCCURRENCES];
    size_t room = run->is_silent ? OCCURRENCES : history_reserve(&run->history, OCCURRENCES);
    size_t worked = 0, n;

    run->starved = room == 0;
    if (run->starved)
        return 1;
    n = batch_run(run->batch, until_ns, budget, occurred, room, &worked);
    count(run, occurred, n, now_ns);
    if (!run->is_silent)
        put(run, until_ns, occurred, n);
    run->starved = batch_is_starved(run->batch);
    return worked;
}

/* When the client will have been sent nothing for too long. */
static int64_t beat_due(const struct run *run)
{
    int64_t since_ns = run->watch.read_ns > run->beat_ns ? run->watch.read_ns : run->beat_ns;

    return due_timeout(since_ns, run->heartbeat_ns);
}

/* Says that it lives, unless output that waits says so by itself. */
static void beat(struct run *run, int64_t now_ns)
{
    char *line, *end;

    run->beat_ns = now_ns;
    if (!outbox_watch_is_drained(&run->watch))
        return;
    line = history_line_room(&run->history, EVENT_BATCH_MAX);
    if (line == NULL)
        return; /* the next one will do */
    end = event_detached_heartbeat(line, run->history.source.batch, NULL, own_time(run, now_ns),
                                   batch_pending(run->batch));
    history_line_commit(&run->history, (size_t)(end - line));
    outbox_notice(&run->watch);
}

size_t run_work(struct run *run, int64_t now_ns, size_t budget)
{
    size_t worked = 1;

    if (run->finished)
        return worked;
    if (!batch_is_over(run->batch))
        worked =
            work_until(run, now_ns, run->is_virtual ? INT64_MAX : own_time(run, now_ns), budget);
    if (batch_is_over(run->batch) && write_report(run, budget, &worked)) {
        finish(run, now_ns);
        if (!run->finished) /* what has to be freed goes on in another slice */
            worked = budget;
    }
    if (!run->finished && beat_due(run) <= now_ns)
        beat(run, now_ns);
    return worked > 0 ? worked : 1;
}

int64_t run_next_due(const struct run *run, int64_t now_ns)
{
    int64_t due_ns;

    if (run->finished)
        return DUE_NEVER;
    if (run->starved)
        return now_ns + STARVED_RETRY_NS;
    if (run->is_virtual || batch_is_over(run->batch))
        return now_ns;
    due_ns = saturate_add_ns(batch_next_due(run->batch), run->accepted_ns);
    due_ns = due_earlier(due_ns, beat_due(run));
    return due_ns > now_ns ? due_ns : now_ns;
}

bool run_is_finished(const struct run *run)
{
    return run->finished;
}

bool run_ended_badly(const struct run *run)
{
    return run->finished && run->result.status != BATCH_OK;
}

bool run_catch_up(struct run *run, int64_t now_ns, size_t budget)
{
    int64_t until_ns = own_time(run, now_ns);
    size_t spent = 0;

    if (run->finished || batch_is_over(run->batch))
        return false;
    /* More than once: the history takes a few occurrences at a time. */
    do
        spent += work_until(run, now_ns, until_ns, budget - spent);
    while (!batch_is_over(run->batch) && !run->starved && spent < budget &&
           batch_next_due(run->batch) <= until_ns);
    return !batch_is_over(run->batch);
}

uint32_t run_cancel(struct run *run, int64_t now_ns)
{
    return run->batch == NULL ? 0 : batch_cancel(run->batch, own_time(run, now_ns));
}

bool run_write_cancelled(struct run *run, struct request_id *id, uint32_t jobs)
{
    char *line = outbox_line_room(run->outbox, EVENT_BATCH_MAX, id);

    if (line == NULL)
        return false;
    outbox_line_commit(run->outbox,
                       event_write_cancelled(line, outbox_id(id), run->history.source.batch, jobs));
    return true;
}

enum run_cancelled run_cancel_job(struct run *run, uint64_t job, struct request_id *id,
                                  int64_t now_ns)
{
    struct occurrence occurred[BATCH_MIN_ROOM];
    int64_t at_ns = own_time(run, now_ns);
    bool cancels_rest = plan_options_of(run->plan)->until == PLAN_UNTIL_FIRST_DONE;
    uint32_t jobs = 1;
    char *line;
    size_t n;

    if (run->batch == NULL)
        return RUN_NO_SUCH_JOB;
    /* Room for the records as well, so that none is lost once the job is cancelled. */
    line = outbox_line_room(run->outbox, EVENT_BATCH_MAX, id);
    if (line == NULL || (!run->is_silent && history_reserve(&run->history, BATCH_MIN_ROOM) == 0))
        return RUN_NOMEM;
    if (cancels_rest) /* a job's end, of whatever kind, cancels the rest */
        jobs = batch_pending(run->batch);
    n = batch_cancel_job(run->batch, job, at_ns, occurred, BATCH_MIN_ROOM);
    if (n == 0)
        return RUN_NO_SUCH_JOB;
    count(run, occurred, n, now_ns);
    outbox_line_commit(run->outbox,
                       event_write_cancelled(line, outbox_id(id), run->history.source.batch, jobs));
    if (!run->is_silent)
        put(run, at_ns, occurred, n);
    return RUN_CANCELLED;
}
