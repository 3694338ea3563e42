/* SPDX-License-Identifier: ISC */
#include "tests/scenario/naive.h"

#include <stdlib.h>
#include <string.h>

#include "tests/scenario/naive_model.h"

const char *const naive_situation_names[NAIVE_SITUATIONS] = {
    [NAIVE_TIES] = "ties at one instant",
    [NAIVE_ZERO_STEPS] = "steps of no duration",
    [NAIVE_TIMEOUTS] = "attempts timed out",
    [NAIVE_QUEUED_TIMEOUTS] = "attempts timed out while queueing for a worker",
    [NAIVE_HOLDER_TIMEOUTS] = "attempts timed out holding a worker that others queue for",
    [NAIVE_CLOSE_ENDS] = "ends at the very instant of the time-out",
    [NAIVE_CANCELS] = "jobs cancelled",
    [NAIVE_QUEUED_CANCELS] = "jobs cancelled while queueing for a worker",
    [NAIVE_HOLDER_CANCELS] = "jobs cancelled holding a worker that others queue for",
    [NAIVE_WHOLE_CANCELS] = "batches cancelled whole",
    [NAIVE_SKIPS] = "jobs skipped",
    [NAIVE_DEEP_SKIPS] = "jobs skipped after a skipped job",
    [NAIVE_SHARED_NAMES] = "jobs made ready by a shared name",
    [NAIVE_BATCH_TIMEOUTS] = "batch time-outs",
    [NAIVE_EMPTY_TIMEOUTS] = "batch time-outs that found nothing left",
    [NAIVE_FIRST_DONE] = "cancels the rest by first_done",
    [NAIVE_FIRST_FAILED] = "cancels the rest by first_failed",
    [NAIVE_RETRIES] = "retries",
    [NAIVE_PROMPT_RETRIES] = "retries at once",
    [NAIVE_JITTERED_RETRIES] = "retries after a drawn delay",
    [NAIVE_BLOCKING] = "blocking starts with several workers",
    [NAIVE_ARRIVALS] = "later arrivals",
    [NAIVE_VOID_ARRIVALS] = "jobs that ended before they arrived",
    [NAIVE_BLOCKED_ARRIVALS] = "arrivals of jobs that wait for others yet",
    [NAIVE_AWAITED_ARRIVALS] = "arrivals that alone were waited for",
    [NAIVE_OVERTAKES] = "starts before one that was ready earlier",
    [NAIVE_QUEUE_OVERTAKES] = "grants before one that queued earlier",
    [NAIVE_POOL_GRANTS] = "grants of a named pool after queueing",
    [NAIVE_SATURATIONS] = "due times beyond 2^63-1 ns",
};

static void *allocate(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    if (p == NULL)
        abort();
    return p;
}

static void *enlarge(void *list, size_t bytes)
{
    list = realloc(list, bytes);
    if (list == NULL)
        abort();
    return list;
}

int64_t naive_plus(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

void naive_see(struct naive_model *m, enum naive_situation situation, bool holds)
{
    m->outcome->seen[situation] += holds;
}

void naive_append(struct naive_line *line, uint32_t job)
{
    line->jobs[line->n++] = job;
}

void naive_take_out(struct naive_line *line, uint32_t job)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < line->n; i++)
        if (line->jobs[i] != job)
            line->jobs[kept++] = line->jobs[i];
    line->n = kept;
}

uint32_t naive_head(const struct naive_model *m, const struct naive_line *line, uint32_t pool)
{
    uint32_t best = NAIVE_NOBODY;

    for (uint32_t i = 0; i < line->n; i++) {
        const struct naive_job *job = &m->jobs[line->jobs[i]];

        if ((pool == NAIVE_ANY || job->pool == pool) &&
            (best == NAIVE_NOBODY || job->spec.priority > m->jobs[best].spec.priority))
            best = line->jobs[i];
    }
    return best;
}

bool naive_is_blocking(const struct naive_model *m)
{
    return m->batch->options.mode == PLAN_BLOCKING;
}

uint32_t naive_pending(const struct naive_model *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_jobs; i++)
        n += m->jobs[i].state != TERMINAL;
    return n;
}

void naive_emit(struct naive_model *m, struct occurrence what)
{
    struct naive_outcome *outcome = m->outcome;

    if (m->batch->options.events != PLAN_EVENTS_ALL && what.kind != OCCURRED_DONE)
        return;
    if (outcome->n_out == m->room) {
        m->room = 2 * m->room + 64;
        outcome->out = enlarge(outcome->out, m->room * sizeof *outcome->out);
    }
    what.due_ns = m->clock_ns;
    outcome->out[outcome->n_out++] = what;
}

void naive_begin_cancelling(struct naive_model *m, enum job_status status)
{
    m->cancelling = true;
    m->cancel_status = status;
}

/* ---- Readiness -------------------------------------------------------------------- */

static bool has_name(const struct naive_model *m, uint32_t index, const char *name)
{
    const struct description_element *spec = &m->jobs[index].spec;

    return spec->set & JOB_NAME && strcmp(spec->name, name) == 0;
}

static bool names(const struct naive_model *m, uint32_t later, uint32_t earlier)
{
    const struct description_element *spec = &m->jobs[later].spec;

    for (uint32_t k = 0; k < spec->n_afters; k++)
        if (has_name(m, earlier, spec->after[k]))
            return true;
    return false;
}

uint32_t naive_cause(const struct naive_model *m, uint32_t index)
{
    for (uint32_t i = 0; i < m->n_jobs; i++)
        if (names(m, index, i) && m->jobs[i].state == TERMINAL && m->jobs[i].status != JOB_OK)
            return i;
    abort();
}

static bool may_become_ready(const struct naive_model *m, uint32_t index)
{
    for (uint32_t i = 0; i < m->n_jobs; i++)
        if (names(m, index, i) && (m->jobs[i].state != TERMINAL || m->jobs[i].status != JOB_OK))
            return false;
    return true;
}

static bool has_namesake(const struct naive_model *m, uint32_t index)
{
    for (uint32_t i = 0; i < m->n_jobs; i++)
        if (i != index && m->jobs[index].spec.set & JOB_NAME &&
            has_name(m, i, m->jobs[index].spec.name))
            return true;
    return false;
}

/* Looks at one job that may have waited for the terminal one. */
static void release_one(struct naive_model *m)
{
    struct naive_release *release = &m->releases[0];
    uint32_t index = release->next++;
    struct naive_job *job = &m->jobs[index];
    bool ok = m->jobs[release->job].status == JOB_OK;

    if (index == m->n_jobs) {
        m->n_releases--;
        memmove(release, release + 1, m->n_releases * sizeof *release);
    } else if (job->state == WAITING && names(m, index, release->job)) {
        if (ok && may_become_ready(m, index) && !job->arrived) {
            naive_see(m, NAIVE_AWAITED_ARRIVALS, true);
        } else if (ok && may_become_ready(m, index)) {
            job->state = READY;
            naive_append(&m->ready, index);
            naive_see(m, NAIVE_SHARED_NAMES, has_namesake(m, release->job));
        } else if (!ok) {
            job->state = TO_BE_SKIPPED;
            job->has_end = true;
            job->end_ns = release->at_ns;
            naive_see(m, NAIVE_SKIPS, true);
            naive_see(m, NAIVE_VOID_ARRIVALS, !job->arrived);
            naive_see(m, NAIVE_DEEP_SKIPS, m->jobs[release->job].status == JOB_SKIPPED);
        }
    }
}

static bool may_start(const struct naive_model *m)
{
    return m->ready.n > 0 && m->slots > 0 && (!naive_is_blocking(m) || m->workers[0] > 0);
}

static void start_one(struct naive_model *m)
{
    uint32_t index = naive_head(m, &m->ready, NAIVE_ANY);

    naive_see(m, NAIVE_OVERTAKES, index != m->ready.jobs[0]);
    naive_take_out(&m->ready, index);
    m->slots--;
    if (naive_is_blocking(m)) {
        m->workers[0]--;
        m->jobs[index].worker = true;
        naive_see(m, NAIVE_BLOCKING, m->batch->options.workers > 1);
    }
    naive_job_start(m, index);
}

/* ---- Occurrences --------------------------------------------------------------------- */

struct next {
    uint32_t job;
    int64_t due_ns;
    bool is_timeout;
    bool tied;
};

/* The earliest; at one instant the lowest index; for one job its end first. */
static bool find_next(const struct naive_model *m, struct next *next)
{
    bool found = false;

    for (uint32_t i = 0; i < m->n_jobs; i++) {
        const struct naive_job *job = &m->jobs[i];
        bool timeout_first = job->has_timeout && (!job->has_end || job->timeout_ns < job->end_ns);
        int64_t due_ns = timeout_first ? job->timeout_ns : job->end_ns;

        if (job->state == TERMINAL || (!job->has_end && !job->has_timeout))
            continue;
        if (found && due_ns == next->due_ns)
            next->tied = true;
        if (!found || due_ns < next->due_ns) {
            *next = (struct next){i, due_ns, timeout_first, false};
            found = true;
        }
    }
    return found;
}

static void arrive(struct naive_model *m, uint32_t index)
{
    struct naive_job *job = &m->jobs[index];
    bool ready = may_become_ready(m, index);

    job->arrived = true;
    job->has_end = false;
    naive_see(m, NAIVE_ARRIVALS, true);
    naive_see(m, NAIVE_BLOCKED_ARRIVALS, !ready);
    if (ready) {
        job->state = READY;
        naive_append(&m->ready, index);
    }
}

static void handle(struct naive_model *m, const struct next *next)
{
    m->clock_ns = next->due_ns;
    naive_see(m, NAIVE_TIES, next->tied);
    if (next->is_timeout) {
        naive_job_time_out(m, next->job);
        return;
    }
    switch (m->jobs[next->job].state) {
    case STEPPING:
        naive_job_end_step(m, next->job);
        break;
    case BACKING_OFF:
        naive_job_end_back_off(m, next->job);
        break;
    case TO_BE_SKIPPED:
        naive_job_skip(m, next->job);
        break;
    case WAITING:
        arrive(m, next->job);
        break;
    case READY:
    case QUEUEING:
    case TERMINAL:
        abort();
    }
}

static void cancel_next(struct naive_model *m)
{
    for (uint32_t i = 0; i < m->n_jobs; i++) {
        if (m->jobs[i].state != TERMINAL) {
            naive_job_cancel_rest(m, i);
            return;
        }
    }
}

/* The least that can be done at once; when it would be the first of a later
 * instant, its due time is reported instead if that is past `until_ns`. */
static bool one_unit(struct naive_model *m, int64_t until_ns)
{
    int64_t timeout_ns = m->batch->options.timeout_ns;
    struct next next = {0};
    bool found;

    if (m->cancelling) {
        cancel_next(m);
    } else if (m->n_releases > 0) {
        release_one(m);
    } else if (may_start(m)) {
        start_one(m);
    } else {
        found = find_next(m, &next);
        if (timeout_ns >= 0 && (!found || next.due_ns > timeout_ns)) {
            if (timeout_ns > until_ns)
                return false;
            m->clock_ns = timeout_ns;
            m->timed_out = true;
            naive_see(m, NAIVE_BATCH_TIMEOUTS, true);
            naive_begin_cancelling(m, JOB_TIMED_OUT);
        } else if (!found) {
            abort();
        } else if (next.due_ns > until_ns) {
            return false;
        } else {
            handle(m, &next);
        }
    }
    return true;
}

/* ---- Cancels ----------------------------------------------------------------------------- */

static void cancel(struct naive_model *m, struct naive_cancel *request)
{
    uint32_t index = request->job;

    request->answer = 0;
    if (m->cancelling || naive_pending(m) == 0)
        return;
    if (index == NAIVE_WHOLE) {
        m->clock_ns = request->now_ns;
        request->answer = naive_pending(m);
        m->cancelled = true;
        naive_see(m, NAIVE_WHOLE_CANCELS, true);
        naive_begin_cancelling(m, JOB_CANCELLED);
        return;
    }
    if (index >= m->n_jobs || m->jobs[index].state == TERMINAL)
        return;
    m->clock_ns = request->now_ns;
    naive_see(m, NAIVE_VOID_ARRIVALS, !m->jobs[index].arrived);
    naive_job_cancel(m, index);
    request->answer = 1;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum batch_status overall(const struct naive_model *m)
{
    bool spares_cancelled = m->batch->options.until == PLAN_UNTIL_FIRST_DONE;

    if (m->cancelled)
        return BATCH_CANCELLED;
    if (m->timed_out)
        return BATCH_TIMED_OUT;
    for (uint32_t i = 0; i < m->n_jobs; i++)
        if (m->jobs[i].status != JOB_OK && !(spares_cancelled && m->jobs[i].cancelled_with_rest))
            return BATCH_FAILED;
    return BATCH_OK;
}

/* n rounds over all pairs settle the longest chain among n jobs. */
static int64_t longest_chain(struct naive_model *m)
{
    int64_t longest_ns = 0;
    bool changed = true;

    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < m->n_jobs; i++) {
            int64_t before_ns = 0;
            int64_t chain_ns;

            for (uint32_t k = 0; k < m->n_jobs; k++)
                if (names(m, i, k) && m->jobs[k].chain_ns > before_ns)
                    before_ns = m->jobs[k].chain_ns;
            if (m->jobs[i].attempt > 0 && m->jobs[i].arrival_ns > before_ns)
                before_ns = m->jobs[i].arrival_ns;
            chain_ns = naive_plus(before_ns, m->jobs[i].spent_ns);
            changed = changed || chain_ns != m->jobs[i].chain_ns;
            m->jobs[i].chain_ns = chain_ns;
            longest_ns = chain_ns > longest_ns ? chain_ns : longest_ns;
        }
    }
    return longest_ns;
}

static void conclude(struct naive_model *m)
{
    struct batch_result *result = &m->outcome->result;

    result->status = overall(m);
    result->predicted_ns = m->predicted_ns;
    result->critical_path_ns = longest_chain(m);
    for (uint32_t i = 0; i < m->n_jobs; i++) {
        result->counts[m->jobs[i].status]++;
        result->sequential_ns = naive_plus(result->sequential_ns, m->jobs[i].spent_ns);
    }
    m->outcome->n_ends = m->n_jobs;
    m->outcome->ends = allocate(m->n_jobs, sizeof *m->outcome->ends);
    for (uint32_t i = 0; i < m->n_jobs; i++)
        m->outcome->ends[i] = (struct naive_end){.spec = m->jobs[i].spec,
                                                 .started = m->jobs[i].attempt > 0,
                                                 .arrival_ns = m->jobs[i].arrival_ns,
                                                 .spent_ns = m->jobs[i].spent_ns};
    naive_see(m, NAIVE_EMPTY_TIMEOUTS,
              !m->cancelling && m->n_jobs > 0 && m->predicted_ns == m->batch->options.timeout_ns);
}

static void accept_jobs(struct naive_model *m)
{
    uint32_t index = 0;

    for (uint32_t i = 0; i < m->batch->n_elements; i++) {
        struct description_element effective;

        int64_t gaps_ns = 0;

        description_effective(m->batch, i, &effective);
        for (uint32_t k = 0; k < effective.count; k++, index++) {
            struct naive_job *job = &m->jobs[index];

            job->spec = effective;
            if (k > 0)
                gaps_ns = naive_plus(gaps_ns, naive_drawn(m, index, &effective.every, 0, 0, 4));
            job->arrival_ns = naive_plus(naive_drawn(m, index, &effective.start, 0, 0, 3), gaps_ns);
            job->arrived = job->arrival_ns == 0;
            job->has_end = !job->arrived;
            job->end_ns = job->arrival_ns;
            if (effective.n_afters == 0 && job->arrived) {
                m->jobs[index].state = READY;
                naive_append(&m->ready, index);
            }
        }
    }
}

static void note_unit(struct naive_model *m)
{
    struct naive_outcome *o = m->outcome;
    size_t n = o->n_units + 1;

    if ((n & (n - 1)) == 0) {
        o->out_before = enlarge(o->out_before, 2 * n * sizeof *o->out_before);
        o->clock_before = enlarge(o->clock_before, 2 * n * sizeof *o->clock_before);
    }
    o->out_before[o->n_units] = o->n_out;
    o->clock_before[o->n_units] = m->clock_ns;
}

static void run_all(struct naive_model *m, struct naive_cancel *cancels, size_t n_cancels)
{
    size_t i = 0;

    note_unit(m);
    for (;;) {
        bool by_time = i < n_cancels && cancels[i].unit == NAIVE_BY_TIME;

        if (i < n_cancels && cancels[i].unit == m->outcome->n_units) {
            cancel(m, &cancels[i++]);
            continue;
        }
        if (naive_pending(m) == 0)
            break;
        if (one_unit(m, by_time ? cancels[i].now_ns : INT64_MAX)) {
            m->outcome->n_units++;
            note_unit(m);
        } else {
            cancels[i].unit = m->outcome->n_units;
            cancel(m, &cancels[i++]);
        }
    }
    for (; i < n_cancels; i++)
        cancels[i].answer = 0;
}

void naive_run(const struct description *batch, struct naive_cancel *cancels, size_t n_cancels,
               struct naive_outcome *outcome)
{
    uint32_t n = description_n_jobs(batch);
    struct naive_model m = {.batch = batch,
                            .n_jobs = n,
                            .slots = batch->options.concurrency,
                            .workers = {batch->options.workers},
                            .outcome = outcome};

    memset(outcome, 0, sizeof *outcome);
    for (uint32_t i = 0; i < batch->n_pools; i++)
        m.workers[1 + i] = batch->pool_workers[i];
    if (batch->options.mode == PLAN_SEQUENTIAL)
        m.slots = 1;
    m.jobs = allocate(n, sizeof *m.jobs);
    m.ready.jobs = allocate(n, sizeof *m.ready.jobs);
    m.queue.jobs = allocate(n, sizeof *m.queue.jobs);
    m.releases = allocate(n, sizeof *m.releases);
    accept_jobs(&m);
    run_all(&m, cancels, n_cancels);
    conclude(&m);
    free(m.jobs);
    free(m.ready.jobs);
    free(m.queue.jobs);
    free(m.releases);
}

void naive_outcome_fini(struct naive_outcome *outcome)
{
    free(outcome->out);
    free(outcome->out_before);
    free(outcome->clock_before);
    free(outcome->ends);
    memset(outcome, 0, sizeof *outcome);
}
