/* SPDX-License-Identifier: ISC */

/* A batch's life and the order of its work (rules 1, 2, 6, 7 and 9). */

#include "daemon/engine/batch.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/engine/batch_internal.h"

/* The most occurrences that one unit of work can write: the step of a job that
 * gets a worker, and two of the job that gave it. */
#define ROOM_OF_A_UNIT 4

int64_t batch_add_ns(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* Whether all jobs begin at the batch's acceptance. */
static bool all_begin_at_once(const struct batch *batch)
{
    uint32_t jobs = batch->plan->n_jobs;

    return !batch->plan->graph.used && batch->concurrency >= jobs &&
           (!batch_is_blocking(batch) || batch->options->workers >= jobs);
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
    if (plan->n_courses > 0) {
        batch->courses = calloc(plan->n_courses, sizeof(*batch->courses));
        if (batch->courses == NULL)
            return -1;
    }
    if (plan->may_queue && !batch_is_blocking(batch))
        return timerq_init(&batch->patience, plan->n_courses);
    return 0;
}

struct batch *batch_new(const struct plan *plan)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->plan = plan;
    batch->options = plan_options_of(plan);
    batch->pending = plan->n_jobs;
    batch->concurrency = batch->options->mode == PLAN_SEQUENTIAL ? 1 : batch->options->concurrency;
    batch->workers_free = batch->options->workers;
    batch->first_queued = batch->last_queued = NO_COURSE;
    batch->more = true;
    if (allocate(batch) != 0 || batch_after_init(batch) != 0) {
        batch_free(batch);
        return NULL;
    }
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    batch_after_fini(batch);
    timerq_fini(&batch->patience);
    dueq_fini(&batch->queue);
    free(batch->courses);
    free(batch->began_ns);
    free(batch->states);
    free(batch);
}

/* ---- The end of a job ------------------------------------------------------------ */

static void give_back_slot(struct batch *batch)
{
    batch->slots_taken--;
    if (batch_is_blocking(batch))
        batch->workers_free++;
}

void batch_turn_terminal(struct batch *batch, const struct ended *ended)
{
    int64_t chain_ns = batch_after_chain(batch, ended->spec, ended->ran_ns);

    if (ended->attempts > 0)
        give_back_slot(batch);
    batch->states[ended->job] = STATE_ENDED;
    batch->pending--;
    batch->result.counts[ended->status]++;
    if (batch->clock_ns > batch->result.predicted_ns)
        batch->result.predicted_ns = batch->clock_ns;
    if (chain_ns > batch->result.critical_path_ns)
        batch->result.critical_path_ns = chain_ns;
    batch_emit(batch, &(struct occurrence){.kind = OCCURRED_DONE,
                                           .job = ended->job,
                                           .ordinal = ended->attempts,
                                           .status = (uint8_t)ended->status,
                                           .due_ns = batch->clock_ns});
}

static struct course *course_of(const struct batch *batch, uint32_t job, uint32_t spec)
{
    return &batch->courses[plan_course(batch->plan, spec, job)];
}

/* Ends a job from whatever state it is in, not of its own accord. */
static void stop_job(struct batch *batch, uint32_t job, uint32_t spec, enum job_status status)
{
    struct ended ended = {.job = job, .spec = spec, .status = status};
    struct course *course;

    switch ((enum job_state)batch->states[job]) {
    case STATE_UNTOUCHED:
    case STATE_SKIPPING:
        break;
    case STATE_WAITING:
        ended.attempts = 1;
        ended.ran_ns = batch_simple_ran(batch, job, spec);
        batch->result.sequential_ns = batch_add_ns(batch->result.sequential_ns, ended.ran_ns);
        break;
    case STATE_BETWEEN:
    case STATE_RUNNING:
    case STATE_COMPUTING:
    case STATE_QUEUED:
    case STATE_BACKOFF:
        course = course_of(batch, job, spec);
        batch_job_leave(batch, course);
        batch->on_course--;
        ended.attempts = course->attempt;
        ended.ran_ns = course->ran_ns;
        break;
    case STATE_ENDED:
        return;
    }
    batch_turn_terminal(batch, &ended);
    if (!batch->sweeping)
        batch_job_ended(batch, &ended);
}

/* ---- Sweeps (rule 7) ----------------------------------------------------------- */

static void begin_sweep(struct batch *batch, enum job_status status)
{
    batch->sweeping = true;
    batch->sweep_status = status;
    batch->sweep_at = batch->sweep_spec = 0;
}

static void sweep_one(struct batch *batch)
{
    uint32_t job = batch->sweep_at++, spec = batch->sweep_spec;

    stop_job(batch, job, spec, batch->sweep_status);
    if (batch->sweep_at == plan_first_job(batch->plan, spec) + plan_count(batch->plan, spec))
        batch->sweep_spec++;
}

void batch_job_ended(struct batch *batch, const struct ended *ended)
{
    enum plan_until until = batch->options->until;
    enum job_status status = ended->status;

    if (status != JOB_OK)
        batch->any_not_ok = true;
    if (until == PLAN_UNTIL_FIRST_DONE ||
        (until == PLAN_UNTIL_FIRST_FAILED && (status == JOB_FAILED || status == JOB_TIMED_OUT)))
        begin_sweep(batch, JOB_CANCELLED);
    else
        batch_after_note(batch, ended);
}

/* ---- The order of work ------------------------------------------------------------ */

/* Starts the next ready job if the limits allow it.  False if nothing starts. */
static bool start_one(struct batch *batch)
{
    uint32_t job, spec;

    if (batch->slots_taken >= batch->concurrency ||
        (batch_is_blocking(batch) && batch->workers_free == 0) ||
        !batch_after_next_ready(batch, &job, &spec))
        return false;
    if (batch->began_ns == NULL)
        batch->clock_ns = 0; /* all begin then, even if one was cancelled meanwhile */
    if (batch->states[job] == STATE_UNTOUCHED) {
        if (plan_is_simple(batch->plan, &batch->plan->specs[spec])) {
            batch_simple_start(batch, job, spec);
        } else if (!batch_job_start(batch, job, spec)) {
            batch->starved = true;
            return true;
        }
    } /* else cancelled before its turn */
    batch_after_take_ready(batch);
    return true;
}

static bool time_out(struct batch *batch, int64_t now_ns, int64_t next_ns)
{
    int64_t timeout_ns = batch->options->timeout_ns;

    if (timeout_ns < 0 || next_ns <= timeout_ns || timeout_ns > now_ns)
        return false;
    batch->clock_ns = timeout_ns;
    batch->timed_out = true;
    begin_sweep(batch, JOB_TIMED_OUT);
    return true;
}

static void handle(struct batch *batch, const struct dueq_entry *entry)
{
    uint32_t job = entry->id, spec = entry->tag;
    enum job_state state = (enum job_state)batch->states[job];

    if (state == STATE_WAITING)
        batch_simple_due(batch, job, spec);
    else if (state == STATE_SKIPPING)
        stop_job(batch, job, spec, JOB_SKIPPED);
    else
        batch_job_due(batch, course_of(batch, job, spec));
}

/* Whether the first of those who queue for a worker loses patience before
 * anything else falls due. */
static bool is_impatient(const struct batch *batch, const struct timerq_entry *queued,
                         const struct dueq_entry *first)
{
    if (queued == NULL || first == NULL)
        return queued != NULL;
    return queued->due_ns != first->due_ns ? queued->due_ns < first->due_ns
                                           : batch->courses[queued->id].job < first->id;
}

/* Takes the next occurrence, or the batch's time-out where that comes first.
 * False if nothing is due. */
static bool take_due(struct batch *batch, int64_t now_ns)
{
    const struct dueq_entry *first = dueq_first(&batch->queue);
    const struct timerq_entry *queued = timerq_first(&batch->patience);
    bool impatient = is_impatient(batch, queued, first);
    struct dueq_entry entry;
    int64_t due_ns = BATCH_NEVER;

    if (first != NULL && batch->states[first->id] == STATE_ENDED) { /* cancelled */
        dueq_pop(&batch->queue);
        return true;
    }
    if (first != NULL || impatient)
        due_ns = impatient ? queued->due_ns : first->due_ns;
    if (time_out(batch, now_ns, due_ns))
        return true;
    batch->next_ns = due_ns;
    if ((first == NULL && !impatient) || due_ns > now_ns)
        return false;
    batch->clock_ns = due_ns;
    if (impatient) {
        batch_job_lose_patience(batch, queued->id);
    } else {
        entry = *first;
        dueq_pop(&batch->queue);
        handle(batch, &entry);
    }
    return true;
}

/* One unit of work.  False if there is none at this time. */
static bool work_once(struct batch *batch, int64_t now_ns)
{
    if (batch->sweeping) {
        sweep_one(batch);
        return true;
    }
    return batch_after_release(batch) || start_one(batch) || take_due(batch, now_ns);
}

size_t batch_run(struct batch *batch, int64_t now_ns, size_t budget, struct occurrence *out,
                 size_t room, size_t *worked)
{
    size_t spent = 0;
    bool idle = false;

    batch->out = out;
    batch->out_n = 0;
    batch->starved = false;
    while (batch->pending > 0 && !idle && !batch->starved && spent < budget &&
           room - batch->out_n >= ROOM_OF_A_UNIT) {
        idle = !work_once(batch, now_ns);
        spent++;
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
        return BATCH_NEVER;
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

int64_t batch_clock(const struct batch *batch)
{
    return batch->clock_ns;
}

/* ---- Cancelling (rule 9) -------------------------------------------------------------- */

uint32_t batch_cancel(struct batch *batch, int64_t now_ns)
{
    if (batch->sweeping || batch->pending == 0)
        return 0;
    if (now_ns > batch->clock_ns)
        batch->clock_ns = now_ns;
    batch->cancelled = true;
    batch->more = true;
    begin_sweep(batch, JOB_CANCELLED);
    return batch->pending;
}

size_t batch_cancel_job(struct batch *batch, uint64_t job, int64_t now_ns, struct occurrence *out,
                        size_t room)
{
    uint32_t index = (uint32_t)job;

    if (job >= batch->plan->n_jobs || room < BATCH_MIN_ROOM || batch->sweeping ||
        batch->states[index] == STATE_ENDED)
        return 0;
    if (now_ns > batch->clock_ns)
        batch->clock_ns = now_ns;
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
