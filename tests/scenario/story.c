/* SPDX-License-Identifier: ISC */
#include "tests/scenario/story.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET 3

static void keep(struct story *story, const struct occurrence *out, size_t n)
{
    size_t total = story->n_occurred + n;

    story->occurred = realloc(story->occurred, (total + 1) * sizeof *story->occurred);
    if (story->occurred == NULL)
        ck_abort_msg("no memory");
    memcpy(story->occurred + story->n_occurred, out, n * sizeof *out);
    story->n_occurred = total;
}

static void run_until(struct story *story, struct batch *batch, int64_t now_ns)
{
    struct occurrence out[BATCH_MIN_ROOM];
    size_t n, worked;

    while (!batch_is_over(batch) && batch_next_due(batch) <= now_ns) {
        n = batch_run(batch, now_ns, BUDGET, out, BATCH_MIN_ROOM, &worked);
        if (n > BATCH_MIN_ROOM || worked == 0)
            ck_abort_msg("%zu occurrences, %zu units of work", n, worked);
        keep(story, out, n);
    }
}

static void cancel(struct story *story, struct batch *batch, int64_t at_ns, uint32_t job)
{
    struct occurrence out[BATCH_MIN_ROOM];
    size_t n;

    if (job == STORY_WHOLE) {
        story->cancelled = batch_cancel(batch, at_ns);
    } else if (job != STORY_NOBODY) {
        n = batch_cancel_job(batch, job, at_ns, out, BATCH_MIN_ROOM);
        story->cancelled = n > 0;
        keep(story, out, n);
    }
}

/* ---- The text -------------------------------------------------------------------- */

static const char *const job_statuses[] = {"ok", "failed", "timed_out", "cancelled", "skipped"};
static const char *const batch_statuses[] = {"ok", "failed", "timed_out", "cancelled"};

static void write_occurrence(FILE *out, const struct occurrence *what, double unit)
{
    const char *status = job_statuses[what->status];

    fprintf(out, "%.12g #%" PRIu32 " ", (double)what->due_ns / unit, what->job);
    switch ((enum occurrence_kind)what->kind) {
    case OCCURRED_STARTED:
        fprintf(out, "started %" PRIu32 "\n", what->ordinal);
        break;
    case OCCURRED_STEP:
        fprintf(out, "%s %" PRIu32 " for %.12g\n",
                what->step_kind == STEP_WAIT ? "wait" : "compute", what->ordinal,
                (double)what->span_ns / unit);
        break;
    case OCCURRED_RETRY:
        fprintf(out, "retry %" PRIu32 " %s for %.12g\n", what->ordinal, status,
                (double)what->span_ns / unit);
        break;
    case OCCURRED_DONE:
        fprintf(out, "done %s %" PRIu32, status, what->ordinal);
        if (what->status == JOB_SKIPPED)
            fprintf(out, " by #%" PRIu32, what->cause);
        fputc('\n', out);
        break;
    }
}

static void write_text(struct story *story, double unit)
{
    const struct batch_result *result = &story->result;
    size_t len;
    FILE *out = open_memstream(&story->text, &len);

    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < story->n_occurred; i++)
        write_occurrence(out, &story->occurred[i], unit);
    fprintf(out, "= %s %.12g of %.12g, chain %.12g\n", batch_statuses[result->status],
            (double)result->predicted_ns / unit, (double)result->sequential_ns / unit,
            (double)result->critical_path_ns / unit);
    ck_assert_int_eq(fclose(out), 0);
}

/* ---- The result holds together ------------------------------------------------------ */

static void check_result(const struct story *story, const struct plan *plan)
{
    uint32_t counts[JOB_STATUSES] = {0};
    uint32_t done = 0;

    for (size_t i = 0; i < story->n_occurred; i++) {
        if (story->occurred[i].kind == OCCURRED_DONE) {
            counts[story->occurred[i].status]++;
            done++;
        }
    }
    ck_assert_uint_eq(done, plan_n_jobs(plan));
    ck_assert_mem_eq(counts, story->result.counts, sizeof counts);
    ck_assert_int_le(story->result.critical_path_ns, story->result.predicted_ns);
    ck_assert_int_le(story->result.critical_path_ns, story->result.sequential_ns);
}

void story_cancel(struct story *story, const struct description *batch, int64_t unit_ns,
                  int64_t at_ns, uint32_t job)
{
    struct plan_fault fault;
    struct plan *plan = description_plan(batch, BUDGET, &fault);
    struct batch *running;

    ck_assert_ptr_nonnull(plan);
    running = batch_new(plan);
    ck_assert_ptr_nonnull(running);
    memset(story, 0, sizeof *story);
    run_until(story, running, at_ns);
    cancel(story, running, at_ns, job);
    run_until(story, running, INT64_MAX);
    batch_result(running, &story->result);
    check_result(story, plan);
    write_text(story, (double)unit_ns);
    batch_free(running);
    plan_free(plan);
}

void story_run(struct story *story, const struct description *batch, int64_t unit_ns)
{
    story_cancel(story, batch, unit_ns, INT64_MAX, STORY_NOBODY);
}

void story_fini(struct story *story)
{
    free(story->occurred);
    free(story->text);
    memset(story, 0, sizeof *story);
}

int64_t story_done_at(const struct story *story, uint32_t job)
{
    for (size_t i = 0; i < story->n_occurred; i++)
        if (story->occurred[i].kind == OCCURRED_DONE && story->occurred[i].job == job)
            return story->occurred[i].due_ns;
    ck_abort_msg("job %" PRIu32 " was never done", job);
}

int64_t story_step_at(const struct story *story, uint32_t job, uint32_t step)
{
    for (size_t i = 0; i < story->n_occurred; i++) {
        const struct occurrence *what = &story->occurred[i];

        if (what->kind == OCCURRED_STEP && what->job == job && what->ordinal == step)
            return what->due_ns;
    }
    ck_abort_msg("job %" PRIu32 " never began step %" PRIu32, job, step);
}
