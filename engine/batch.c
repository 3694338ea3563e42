/* SPDX-License-Identifier: ISC */

/* A batch's life and the order of its work: "Occurrences", "Starting" and what ends a batch, in
 * waitd-protocol(7), THE SCHEDULE. */

#include "engine/batch.h"

#include <stdlib.h>
#include <string.h>

#include "engine/batch_internal.h"
#include "proto/block.h"
#include "proto/due.h"

/* The most occurrences that one unit of work can write: the step of a job that
 * gets a worker, and two of the job that gave it. */
#define ROOM_OF_A_UNIT 4

/* What a batch of so few jobs has is freed at once: to ask of each array how large it is takes
 * four times as long. */
#define AT_ONCE_JOBS 256

/* The most that the start of a one-shot job can write. */
#define ROOM_OF_A_START 2

/* Whether all jobs begin at the batch's acceptance. */
static bool all_begin_at_once(const struct batch *batch)
{
    uint32_t jobs = batch->plan->n_jobs;

    return !batch->plan->graph.used && !batch->plan->has_arrivals && batch->concurrency >= jobs &&
           (!batch->is_blocking || batch->options->workers >= jobs);
}

/* What the jobs need.  Memory that is not touched yet takes no room. */
static int allocate(struct batch *batch)
{
    const struct plan *plan = batch->plan;
    size_t jobs = plan->n_jobs > 0 ? plan->n_jobs : 1;

    batch->states = calloc(jobs, sizeof(*batch->states));
    if (batch->states == NULL || dueq_init(&batch->queue, plan->n_jobs) != 0)
        return -1;
    if (!all_begin_at_once(batch)) {
        batch->began_ns = calloc(jobs, sizeof(*batch->began_ns));
        if (batch->began_ns == NULL)
            return -1;
    }
    if (plan->n_active_jobs > 0) {
        batch->active_jobs = calloc(plan->n_active_jobs, sizeof(*batch->active_jobs));
        if (batch->active_jobs == NULL)
            return -1;
    }
    if (plan->may_queue && !batch->is_blocking)
        return timerq_init(&batch->queue_timeouts, plan->n_active_jobs);
    return 0;
}

/* What is as new: all but the memory that it has. */
static void begin(struct batch *batch, int64_t seed)
{
    batch->seed = seed;
    batch->pending = batch->plan->n_jobs;
    batch->slots_taken = batch->n_active = 0;
    batch->clock_ns = batch->next_ns = 0;
    batch->ready.first = batch->ready.head = batch->ready.tail = batch->ready.job = 0;
    batch->cancelling = false;
    batch->starved = batch->timed_out = batch->cancelled = batch->any_not_ok = false;
    batch->result = (struct batch_result){.status = BATCH_OK};
    batch->chain_end = NO_JOB;
    if (batch->series != NULL)
        draw_series_begin(batch->series, seed);
    batch->more = true;
}

static struct batch *make(const struct plan *plan, bool quiet)
{
    struct batch *batch = malloc(sizeof(*batch));

    if (batch == NULL)
        return NULL;
    *batch = (struct batch){.plan = plan, .options = plan_options_of(plan), .quiet = quiet};
    batch->concurrency = batch->options->mode == PLAN_SEQUENTIAL ? 1 : batch->options->concurrency;
    batch->writes_all = batch->options->events == PLAN_EVENTS_ALL && !quiet;
    batch->is_blocking = batch->options->mode == PLAN_BLOCKING;
    if (quiet)
        batch->ran_ns = calloc(plan->n_jobs > 0 ? plan->n_jobs : 1, sizeof(*batch->ran_ns));
    if ((quiet && batch->ran_ns == NULL) || allocate(batch) != 0 || batch_pool_init(batch) != 0 ||
        batch_report_init(batch) != 0 || batch_ready_init(batch) != 0 ||
        batch_after_init(batch) != 0 || batch_ahead_init(batch) != 0) {
        batch_free(batch);
        return NULL;
    }
    batch->flows = batch_one_shot_flows(batch);
    begin(batch, batch->options->seed);
    return batch;
}

struct batch *batch_new(const struct plan *plan)
{
    return make(plan, false);
}

struct batch *batch_new_quiet(const struct plan *plan)
{
    return make(plan, true);
}

/* Memory that is zero in a new batch. */
struct cleared {
    void *at; /* NULL where there is none */
    size_t bytes;
};

/* Clears as much as `most` bytes, from byte batch->cleared of all that memory on.  Returns
 * how many those were, 0 once all is clear. */
static size_t clear_some(struct batch *batch, size_t most)
{
    const struct after_graph *graph = &batch->plan->graph;
    const struct cleared memory[] = {
        {batch->states, batch->plan->n_jobs * sizeof(*batch->states)},
        {batch->names, graph->n_names * sizeof(*batch->names)},
        {batch->lists, graph->n_lists * sizeof(*batch->lists)},
    };
    size_t from = batch->cleared, n = 0;

    for (unsigned i = 0; n == 0 && i < sizeof(memory) / sizeof(memory[0]); i++) {
        size_t bytes = memory[i].at != NULL ? memory[i].bytes : 0;

        if (from >= bytes) {
            from -= bytes;
            continue;
        }
        n = bytes - from < most ? bytes - from : most;
        memset((char *)memory[i].at + from, 0, n);
    }
    batch->cleared += n;
    return n;
}

bool batch_restart(struct batch *batch, int64_t seed, size_t budget, size_t *worked)
{
    for (size_t spent = 0; spent < budget;) {
        size_t bytes = clear_some(batch, (budget - spent) * CLEARED_BYTES), n;

        if (bytes == 0)
            break;
        n = (bytes + CLEARED_BYTES - 1) / CLEARED_BYTES;
        spent += n;
        *worked += n;
        if (spent >= budget)
            return false;
    }
    batch->cleared = 0;
    dueq_clear(&batch->queue);
    timerq_clear(&batch->queue_timeouts);
    batch_pool_restart(batch);
    batch_ready_restart(batch);
    batch_after_restart(batch);
    batch_ahead_restart(batch);
    begin(batch, seed);
    return true;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    batch_ahead_fini(batch);
    batch_after_fini(batch);
    batch_ready_fini(batch);
    batch_report_fini(batch);
    batch_pool_fini(batch);
    timerq_fini(&batch->queue_timeouts);
    dueq_fini(&batch->queue);
    free(batch->series);
    free(batch->active_jobs);
    free(batch->began_ns);
    free(batch->states);
    free(batch->ran_ns);
    free(batch);
}

/* One by one, as far as the budget allows it, and then the batch. */
static bool free_arrays(struct batch *batch, size_t *budget)
{
    void *const pointers[] = {&batch->active_jobs, &batch->queue.pages, &batch->began_ns,
                              &batch->states,      &batch->ran_ns,      &batch->names,
                              &batch->lists,       &batch->ready.later, &batch->queued};

    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
        if (!block_free_some(pointers[i], budget))
            return false;
    batch_free(batch);
    return true;
}

bool batch_free_some(struct batch *batch, size_t *budget)
{
    if (batch->plan->n_jobs > AT_ONCE_JOBS || batch->plan->graph.used)
        return free_arrays(batch, budget);
    batch_free(batch);
    return true;
}

/* ---- The end of a job ------------------------------------------------------------ */

static struct active_job *active_job_of(const struct batch *batch, uint32_t job, uint32_t spec)
{
    return &batch->active_jobs[plan_active_job(batch->plan, spec, job)];
}

/* Ends a job from whatever state it is in, not of its own accord. */
static void stop_job(struct batch *batch, uint32_t job, uint32_t spec, enum job_status status)
{
    struct ended ended = {.job = job, .spec = spec, .status = status};
    struct active_job *active;

    switch ((enum job_state)batch->states[job]) {
    case STATE_UNTOUCHED:
    case STATE_EXPECTED:
    case STATE_SKIPPING:
        break;
    case STATE_WAITING:
        ended.attempts = 1;
        ended.ran_ns = batch_one_shot_ran(batch, job, spec);
        batch->result.sequential_ns = saturate_add_ns(batch->result.sequential_ns, ended.ran_ns);
        break;
    case STATE_BETWEEN:
    case STATE_RUNNING:
    case STATE_COMPUTING:
    case STATE_QUEUED:
    case STATE_BACKOFF:
        active = active_job_of(batch, job, spec);
        batch_job_leave(batch, active);
        batch->n_active--;
        ended.attempts = active->attempt;
        ended.ran_ns = active->ran_ns;
        break;
    case STATE_ENDED:
        return;
    }
    if (status == JOB_SKIPPED)
        ended.cause = batch_after_cause(batch, spec);
    batch_make_terminal(batch, &ended);
    if (!batch->cancelling)
        batch_job_ended(batch, &ended);
}

/* ---- Cancelling all remaining --------------------------------------------------- */

static void begin_cancelling(struct batch *batch, enum job_status status)
{
    batch->cancelling = true;
    batch->cancel_status = status;
    batch->cancel_at = batch->cancel_spec = 0;
}

static void cancel_next(struct batch *batch)
{
    uint32_t job = batch->cancel_at++, spec = batch->cancel_spec;

    stop_job(batch, job, spec, batch->cancel_status);
    if (batch->cancel_at == plan_first_job(batch->plan, spec) + plan_count(batch->plan, spec))
        batch->cancel_spec++;
}

void batch_job_ended(struct batch *batch, const struct ended *ended)
{
    enum plan_until until = batch->options->until;
    enum job_status status = ended->status;

    if (status != JOB_OK)
        batch->any_not_ok = true;
    if (until == PLAN_UNTIL_FIRST_DONE ||
        (until == PLAN_UNTIL_FIRST_FAILED && (status == JOB_FAILED || status == JOB_TIMED_OUT)))
        begin_cancelling(batch, JOB_CANCELLED);
    else
        batch_after_note(batch, ended);
}

/* ---- The order of work ------------------------------------------------------------ */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many occurrences can be written yet. */
static size_t room_left(const struct batch *batch)
{
    return batch->room - batch->out_n;
}

/* How many more jobs the limits allow to start. */
static uint32_t free_slots(const struct batch *batch)
{
    uint32_t slots = batch->concurrency - batch->slots_taken;

    return batch->is_blocking && batch->pools[0].free < slots ? batch->pools[0].free : slots;
}

/* Starts one ready job that is not one-shot.  Returns what it took of the budget. */
static size_t start_active_job(struct batch *batch, uint32_t spec)
{
    uint32_t job = batch_front_job(batch, spec);

    /* It may have been cancelled meanwhile. */
    if (batch->states[job] == STATE_UNTOUCHED && !batch_job_start(batch, job, spec)) {
        batch->starved = true;
        return 1;
    }
    batch_leave_front(batch, spec);
    return 1;
}

/* Starts ready jobs as far as the limits and the room allow it, at most
 * `most`.  Returns what they took of the budget, 0 if nothing starts. */
static size_t start_some(struct batch *batch, size_t most)
{
    uint32_t slots = free_slots(batch);
    uint32_t spec = slots > 0 ? batch_front(batch) : PLAN_NONE;

    if (spec == PLAN_NONE)
        return 0;
    if (!plan_is_one_shot(batch->plan, &batch->plan->specs[spec]))
        return start_active_job(batch, spec);
    if (batch->writes_all)
        most = least(most, room_left(batch) / ROOM_OF_A_START);
    return batch_one_shot_start(batch, least(most, slots));
}

static bool time_out(struct batch *batch, int64_t now_ns, int64_t next_ns)
{
    int64_t timeout_ns = batch->options->timeout_ns;

    if (timeout_ns < 0 || next_ns <= timeout_ns || timeout_ns > now_ns)
        return false;
    batch->clock_ns = timeout_ns;
    batch->timed_out = true;
    begin_cancelling(batch, JOB_TIMED_OUT);
    return true;
}

/* Handles what is due next: the first entry of the queue, at its due time. */
static void handle(struct batch *batch, struct dueq_entry entry)
{
    (void)dueq_take(&batch->queue, 1);
    if (batch->states[entry.id] == STATE_SKIPPING)
        stop_job(batch, entry.id, entry.tag, JOB_SKIPPED);
    else
        batch_job_due(batch, active_job_of(batch, entry.id, entry.tag));
}

/* What is due next: the first of one of three queues. */
struct next {
    enum { NOTHING, ENTRY, QUEUE_TIMEOUT, ARRIVAL } what;
    int64_t due_ns;
    uint32_t job;
    uint32_t active; /* QUEUE_TIMEOUT */
};

/* Takes another as the next one if it precedes: at one instant by its job. */
static void consider(struct next *next, struct next other)
{
    if (next->what == NOTHING || other.due_ns < next->due_ns ||
        (other.due_ns == next->due_ns && other.job < next->job))
        *next = other;
}

static struct next find_next(struct batch *batch, const struct dueq_entry *first,
                             const struct dueq_entry *arrival)
{
    const struct timerq_entry *queued =
        batch->queue_timeouts.n > 0 ? timerq_first(&batch->queue_timeouts) : NULL;
    struct next next = {.what = NOTHING, .due_ns = DUE_NEVER};

    if (first != NULL)
        next = (struct next){.what = ENTRY, .due_ns = first->due_ns, .job = first->id};
    if (queued != NULL)
        consider(&next, (struct next){.what = QUEUE_TIMEOUT,
                                      .due_ns = queued->due_ns,
                                      .job = batch->active_jobs[queued->id].job,
                                      .active = queued->id});
    if (arrival != NULL)
        consider(&next,
                 (struct next){.what = ARRIVAL, .due_ns = arrival->due_ns, .job = arrival->id});
    return next;
}

/* Whether something may follow from the end of a job that is `ok`, or precede the
 * next. */
static bool ends_matter(struct batch *batch)
{
    return batch->options->until == PLAN_UNTIL_FIRST_DONE || batch->plan->graph.used ||
           batch_front(batch) != PLAN_NONE || batch->queue_timeouts.n > 0 ||
           (batch->arrivals != NULL && batch->arrivals->due.n > 0);
}

/* Drops what is first in a queue and means nothing any more, its job having been
 * skipped or cancelled.  Whether there was such an entry. */
static bool drop_void(struct batch *batch, const struct dueq_entry *first,
                      const struct dueq_entry *arrival)
{
    if (first != NULL && batch->states[first->id] == STATE_ENDED)
        (void)dueq_take(&batch->queue, 1);
    else if (arrival != NULL && batch->states[arrival->id] != STATE_EXPECTED)
        batch_ready_arrive(batch);
    else
        return false;
    return true;
}

/*
 * Takes what is due next, or the batch's time-out where that is earlier; of
 * one-shot jobs as many in a row as fall due by then, if nothing follows from
 * their ends.  Returns what it took of the budget, 0 if nothing is due.
 */
static size_t take_due(struct batch *batch, int64_t now_ns, size_t most)
{
    const struct dueq_entry *first = dueq_first(&batch->queue);
    const struct dueq_entry *arrival = batch_ready_next(batch);
    int64_t until_ns = now_ns;
    struct next next;

    if (drop_void(batch, first, arrival))
        return 1;
    next = find_next(batch, first, arrival);
    if (time_out(batch, now_ns, next.due_ns))
        return 1;
    batch->next_ns = next.due_ns;
    if (next.what == NOTHING || next.due_ns > now_ns)
        return 0;
    batch->clock_ns = next.due_ns;
    if (next.what == QUEUE_TIMEOUT) {
        batch_job_queue_timed_out(batch, next.active);
        return 1;
    }
    if (next.what == ARRIVAL) {
        batch_ready_arrive(batch);
        return 1;
    }
    if (batch->states[first->id] != STATE_WAITING) {
        handle(batch, *first);
        return 1;
    }
    if (batch->options->timeout_ns >= 0 && batch->options->timeout_ns < until_ns)
        until_ns = batch->options->timeout_ns;
    return batch_one_shot_end(batch, until_ns,
                              ends_matter(batch) ? 1 : least(most, room_left(batch)));
}

/* Does some of what is to be done next, for at most `most` of the budget.  Returns what
 * it took of it, 0 if there is nothing to do at this time. */
static size_t work_some(struct batch *batch, int64_t now_ns, size_t most)
{
    size_t spent = batch->report != NULL ? batch_report_prepare(batch, most) : 0;

    if (spent > 0)
        return spent;
    if (batch->ahead.due)
        return batch_ahead_draw(batch, most);
    if (batch->cancelling) {
        cancel_next(batch);
        return 1;
    }
    if (batch_after_is_due(batch))
        return batch_after_release(batch, most);
    if (batch_ready_is_due(batch))
        return batch_ready_accept(batch, most);
    spent = start_some(batch, most);
    if (spent == 0 && batch->flows && batch_front(batch) != PLAN_NONE)
        spent = batch_one_shot_flow(batch, now_ns, most);
    return spent > 0 ? spent : take_due(batch, now_ns, most);
}

size_t batch_run(struct batch *batch, int64_t now_ns, size_t budget, struct occurrence *out,
                 size_t room, size_t *worked)
{
    size_t spent = 0;
    bool idle = false;

    batch->out = out;
    batch->out_n = 0;
    batch->room = room;
    batch->starved = false;
    while (batch->pending > 0 && !idle && !batch->starved && spent < budget &&
           room_left(batch) >= ROOM_OF_A_UNIT) {
        size_t took = work_some(batch, now_ns, budget - spent);

        idle = took == 0;
        spent += idle ? 1 : took; /* to have looked is work as well */
    }
    batch->more = batch->pending > 0 && !idle;
    batch->out = NULL;
    if (worked != NULL)
        *worked = spent;
    return batch->out_n;
}

int64_t batch_next_due(const struct batch *batch)
{
    int64_t timeout_ns = batch->options->timeout_ns;

    if (batch->pending == 0)
        return DUE_NEVER;
    if (batch->more)
        return 0;
    return timeout_ns >= 0 && timeout_ns < batch->next_ns ? timeout_ns : batch->next_ns;
}

bool batch_is_starved(const struct batch *batch)
{
    return batch->starved;
}

bool batch_is_over(const struct batch *batch)
{
    return batch->pending == 0;
}

uint32_t batch_pending(const struct batch *batch)
{
    return batch->pending;
}

uint32_t batch_in_flight(const struct batch *batch)
{
    return batch->slots_taken;
}

int64_t batch_clock(const struct batch *batch)
{
    return batch->clock_ns;
}

/* ---- Cancelling by request -------------------------------------------------------------- */

uint32_t batch_cancel(struct batch *batch, int64_t now_ns)
{
    if (batch->cancelling || batch->pending == 0)
        return 0;
    if (now_ns > batch->clock_ns)
        batch->clock_ns = now_ns;
    batch->cancelled = true;
    batch->more = true;
    begin_cancelling(batch, JOB_CANCELLED);
    return batch->pending;
}

size_t batch_cancel_job(struct batch *batch, uint64_t job, int64_t now_ns, struct occurrence *out,
                        size_t room)
{
    uint32_t index = (uint32_t)job;

    if (job >= batch->plan->n_jobs || room < BATCH_MIN_ROOM || batch->cancelling ||
        batch->states[index] == STATE_ENDED)
        return 0;
    /* While work waits, the time of the schedule is that of this work: what starts
     * while it is handled starts then, and not when a cancel came. */
    if (now_ns > batch->clock_ns && now_ns < batch_next_due(batch))
        batch->clock_ns = now_ns;
    if (batch->report != NULL)
        (void)batch_report_prepare(batch, SIZE_MAX);
    batch->out = out;
    batch->out_n = 0;
    batch->more = true;
    stop_job(batch, index, plan_spec_of(batch->plan, index), JOB_CANCELLED);
    batch->out = NULL;
    return batch->out_n;
}

/* ---- The result --------------------------------------------------------------------------- */

static enum batch_status overall(const struct batch *batch)
{
    if (batch->cancelled)
        return BATCH_CANCELLED;
    if (batch->timed_out)
        return BATCH_TIMED_OUT;
    return batch->any_not_ok ? BATCH_FAILED : BATCH_OK;
}

void batch_result(const struct batch *batch, struct batch_result *result)
{
    *result = batch->result;
    result->status = overall(batch);
}
