/* SPDX-License-Identifier: ISC */

/*
 * The report of a batch: what became of the jobs of each name, and how the workers of
 * each pool were used.  Values are noted as they arise, and reported once all jobs
 * are terminal.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/batch_internal.h"
#include "engine/labels.h"
#include "engine/samples.h"
#include "proto/saturate.h"

static const uint8_t percents[] = {50, 90, 95, 99};
#define N_PERCENTS (sizeof(percents) / sizeof(percents[0]))

/* Of the jobs of a name, or of all names beyond the most that are listed one by one. */
struct summary {
    uint32_t jobs;
    uint32_t counts[JOB_STATUSES];
    uint64_t attempts;
    struct samples_set latency, queued;
};

struct pool_use {
    uint64_t granted;
    int64_t busy_ns;
    uint32_t length, longest; /* of its queue */
    struct samples_set queued;
};

struct batch_report {
    struct labels labels;
    uint32_t most; /* names that are listed one by one */
    struct summary *summaries;
    struct pool_use *pools; /* by number */
    struct samples samples;
    int64_t *ready_ns;  /* of each job, once it is */
    int64_t *waited_ns; /* of each job: for its start, and for workers */
    /* What is reported next: */
    uint32_t next; /* of the summaries, then of the pools */
    bool half;     /* the first of its two sets is done */
    bool complete; /* its line is */
    struct samples_search *search;
    struct report_line line;
};

static uint32_t most_summaries(const struct plan *plan)
{
    return plan->n_specs < plan->max_summaries ? plan->n_specs : plan->max_summaries;
}

static uint32_t sets_of(const struct plan *plan)
{
    return 2 * (most_summaries(plan) + 1) + plan_n_pools(plan) + 1;
}

/* Latency and queueing of each job, and the queueing of each grant: in `blocking` a
 * start, else a compute step of an attempt. */
static uint64_t values_of(const struct plan *plan)
{
    uint64_t grants = plan->n_computes;

    if (plan_options_of(plan)->mode == PLAN_BLOCKING)
        grants = plan->n_jobs;
    return 2 * (uint64_t)plan->n_jobs + grants;
}

uint64_t batch_report_bytes(const struct plan *plan)
{
    if (!plan_options_of(plan)->report)
        return 0;
    return samples_bytes(values_of(plan), sets_of(plan)) + plan->n_jobs * 2 * sizeof(int64_t);
}

int batch_report_init(struct batch *batch)
{
    const struct plan *plan = batch->plan;
    size_t jobs = plan->n_jobs > 0 ? plan->n_jobs : 1;
    struct batch_report *report;

    if (!batch->options->report || batch->quiet)
        return 0;
    report = batch->report = calloc(1, sizeof(*report));
    if (report == NULL)
        return -1;
    report->most = plan->max_summaries;
    report->summaries = calloc((size_t)most_summaries(plan) + 1, sizeof(*report->summaries));
    report->pools = calloc((size_t)plan_n_pools(plan) + 1, sizeof(*report->pools));
    report->ready_ns = calloc(jobs, sizeof(*report->ready_ns));
    report->waited_ns = calloc(jobs, sizeof(*report->waited_ns));
    if (report->summaries == NULL || report->pools == NULL || report->ready_ns == NULL ||
        report->waited_ns == NULL || labels_init(&report->labels, plan) != 0)
        return -1;
    return samples_init(&report->samples, values_of(plan), sets_of(plan));
}

void batch_report_fini(struct batch *batch)
{
    struct batch_report *report = batch->report;

    if (report == NULL)
        return;
    labels_fini(&report->labels);
    samples_fini(&report->samples);
    free(report->summaries);
    free(report->pools);
    free(report->ready_ns);
    free(report->waited_ns);
    free(report->search);
    free(report);
}

size_t batch_report_prepare(struct batch *batch, size_t most)
{
    return labels_work(&batch->report->labels, most);
}

/* ---- What is noted ----------------------------------------------------------------- */

void batch_report_ready(struct batch *batch, uint32_t job)
{
    batch->report->ready_ns[job] = batch->clock_ns;
}

void batch_report_started(struct batch *batch, uint32_t job)
{
    struct batch_report *report = batch->report;

    report->waited_ns[job] = batch->clock_ns - report->ready_ns[job];
    if (batch->is_blocking)
        batch_report_granted(batch, 0, 0);
}

void batch_report_queued(struct batch *batch, uint32_t pool)
{
    struct pool_use *use = &batch->report->pools[pool];

    use->length++;
    if (use->length > use->longest)
        use->longest = use->length;
}

void batch_report_left_queue(struct batch *batch, const struct active_job *active)
{
    struct batch_report *report = batch->report;

    report->pools[active->pool].length--;
    report->waited_ns[active->job] =
        saturate_add_ns(report->waited_ns[active->job], batch->clock_ns - active->began_ns);
}

void batch_report_granted(struct batch *batch, uint32_t pool, int64_t waited_ns)
{
    struct pool_use *use = &batch->report->pools[pool];

    use->granted++;
    samples_add(&batch->report->samples, &use->queued, waited_ns);
}

void batch_report_held(struct batch *batch, uint32_t pool, int64_t held_ns)
{
    struct pool_use *use = &batch->report->pools[pool];

    use->busy_ns = saturate_add_ns(use->busy_ns, held_ns);
}

void batch_report_ended(struct batch *batch, const struct ended *ended)
{
    struct batch_report *report = batch->report;
    uint32_t label = report->labels.of[ended->spec];
    struct summary *summary = &report->summaries[label < report->most ? label : report->most];
    int64_t ready_ns = report->ready_ns[ended->job], waited_ns = report->waited_ns[ended->job];

    summary->jobs++;
    summary->counts[ended->status]++;
    summary->attempts += ended->attempts;
    if (ended->status == JOB_OK)
        samples_add(&report->samples, &summary->latency, batch->clock_ns - ready_ns);
    if (ended->attempts == 0)
        return;
    samples_add(&report->samples, &summary->queued, waited_ns);
    if (batch->is_blocking)
        batch_report_held(batch, 0, batch->clock_ns - ready_ns - waited_ns);
}

/* ---- What is reported ---------------------------------------------------------------- */

static uint32_t n_summaries(const struct batch_report *report)
{
    return report->labels.n > report->most ? report->most + 1 : report->labels.n;
}

static void begin_summary(const struct batch_report *report, struct report_line *line)
{
    const struct summary *summary = &report->summaries[report->next];

    *line = (struct report_line){
        .kind = REPORT_SUMMARY, .jobs = summary->jobs, .attempts = summary->attempts};
    memcpy(line->counts, summary->counts, sizeof(line->counts));
    if (report->next < report->most)
        line->name = labels_name(&report->labels, report->next);
    else
        line->others = report->labels.n - report->most;
}

static void begin_pool(const struct batch *batch, uint32_t number, struct report_line *line)
{
    const struct pool_use *use = &batch->report->pools[number];
    struct plan_pool pool = {.workers = batch->options->workers};

    if (number > 0)
        pool = plan_pool(batch->plan, number);
    *line = (struct report_line){.kind = REPORT_POOL,
                                 .name = pool.name,
                                 .workers = pool.workers,
                                 .granted = use->granted,
                                 .busy_ns = use->busy_ns,
                                 .predicted_ns = batch->result.predicted_ns,
                                 .queue_max = use->longest};
}

/* The figures of a set, looked for in slices.  Whether *times is filled in. */
static bool search(struct batch_report *report, const struct samples_set *set, size_t budget,
                   size_t *worked, struct report_times *times)
{
    struct samples_search *looked = report->search;

    if (set->n == 0)
        return true;
    if (looked->set != set)
        samples_search_begin(looked, &report->samples, set, percents, N_PERCENTS);
    if (!samples_search_work(looked, budget, worked))
        return false;
    *times = (struct report_times){
        .known = true,
        .min_ns = set->min,
        .mean_ns = samples_mean(set),
        .p50_ns = samples_search_value(looked, 0),
        .p90_ns = samples_search_value(looked, 1),
        .p95_ns = samples_search_value(looked, 2),
        .p99_ns = samples_search_value(looked, 3),
        .max_ns = set->max,
    };
    return true;
}

/* Continues the line of a summary.  Whether it is complete. */
static bool work_summary(struct batch_report *report, size_t budget, size_t *worked)
{
    const struct summary *summary = &report->summaries[report->next];

    if (!report->half) {
        if (report->search->set != &summary->latency)
            begin_summary(report, &report->line);
        if (!search(report, &summary->latency, budget, worked, &report->line.latency))
            return false;
        report->half = true;
    }
    if (!search(report, &summary->queued, budget, worked, &report->line.queued))
        return false;
    report->half = false;
    return true;
}

static bool work_pool(struct batch *batch, uint32_t number, size_t budget, size_t *worked)
{
    struct batch_report *report = batch->report;
    const struct pool_use *use = &report->pools[number];

    if (report->search->set != &use->queued)
        begin_pool(batch, number, &report->line);
    return search(report, &use->queued, budget, worked, &report->line.queued);
}

enum batch_report_step batch_report(struct batch *batch, size_t budget, size_t *worked,
                                    struct report_line *line)
{
    struct batch_report *report = batch->report;
    uint32_t summaries, pools = plan_n_pools(batch->plan) + 1;

    if (report == NULL)
        return BATCH_REPORT_DONE;
    if (report->search == NULL)
        report->search = calloc(1, sizeof(*report->search));
    if (report->search == NULL)
        return BATCH_REPORT_NOMEM;
    summaries = n_summaries(report);
    while (report->next >= summaries && report->next < summaries + pools &&
           report->pools[report->next - summaries].granted == 0)
        report->next++; /* it took no part */
    if (report->next == summaries + pools)
        return BATCH_REPORT_DONE;
    ++*worked;
    if (!report->complete)
        report->complete = report->next < summaries
                               ? work_summary(report, budget, worked)
                               : work_pool(batch, report->next - summaries, budget, worked);
    *line = report->line;
    return report->complete ? BATCH_REPORT_LINE : BATCH_REPORT_MORE;
}

void batch_report_next(struct batch *batch)
{
    batch->report->next++;
    batch->report->complete = false;
}
