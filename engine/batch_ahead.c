/* SPDX-License-Identifier: ISC */

/*
 * Draws ahead: in a batch that is run many times, what every job draws in its first
 * attempt, the length of the first step and whether the attempt fails, is drawn as the
 * run begins, and not when the schedule reaches it.
 *
 * A draw is a chain of a generator and three functions, each waiting for the one
 * before, and the schedule waits for the draw.  In rows several are computed at once
 * (draw_row.h).  Which jobs draw by which distributions is gathered into rows in the first
 * run, so that the others go through rows alone; what does not depend on the seed is known
 * from then on.  As a draw depends on where it is used and on nothing else, no result changes:
 * test_forecasts.c holds forecasts against the naive model, which draws when it reaches it.
 */

#include <stdlib.h>

#include "engine/batch_internal.h"
#include "engine/draw_avx2.h"
#include "engine/draw_row.h"

/* Rows are filled by kind: one that is not full of each kind of distribution, and one of
 * failures. */
#define OPEN_ROWS (DIST_TRACE + 1)

static uint32_t rows_for(uint32_t jobs)
{
    return jobs / DRAW_ROW + OPEN_ROWS;
}

int batch_ahead_init(struct batch *batch)
{
    struct batch_ahead *ahead = &batch->ahead;
    uint32_t jobs = batch->plan->n_jobs;

    if (!batch->quiet || batch->options->until != PLAN_UNTIL_ALL)
        return 0; /* where it may end before it is begun, most draws would be in vain */
    ahead->of = calloc(jobs > 0 ? jobs : 1, sizeof(*ahead->of));
    ahead->lengths = calloc(rows_for(jobs), sizeof(*ahead->lengths));
    ahead->failures = calloc(rows_for(jobs), sizeof(*ahead->failures));
    ahead->vectors = draw_avx2_is_there();
    ahead->due = true;
    return ahead->of != NULL && ahead->lengths != NULL && ahead->failures != NULL ? 0 : -1;
}

void batch_ahead_restart(struct batch *batch)
{
    batch->ahead.drawn_lengths = batch->ahead.drawn_failures = 0;
    batch->ahead.due = batch->ahead.of != NULL;
}

void batch_ahead_fini(struct batch *batch)
{
    free(batch->ahead.of);
    free(batch->ahead.lengths);
    free(batch->ahead.failures);
}

/* ---- Gathering ------------------------------------------------------------------ */

/* The row of lengths by that kind of distribution which is not full. */
static struct draw_row *open_row(struct batch_ahead *ahead, enum dist_kind kind)
{
    uint32_t *open = &ahead->open[kind];

    if (*open == 0 || ahead->lengths[*open - 1].n == DRAW_ROW)
        *open = ++ahead->n_lengths;
    return &ahead->lengths[*open - 1];
}

static void gather_failure(struct batch_ahead *ahead, uint32_t job, uint64_t fail_below)
{
    if (ahead->n_failures == 0 || ahead->failures[ahead->n_failures - 1].n == DRAW_ROW)
        ahead->n_failures++;
    draw_row_add_failure(&ahead->failures[ahead->n_failures - 1], job, fail_below);
}

static void gather_step(struct batch *batch, const struct step *step, uint32_t job)
{
    const struct draw_key key = {.seed = batch->seed, .job = job, .attempt = 1};

    if (draw_row_takes(&step->length))
        draw_row_add_length(open_row(&batch->ahead, step->length.kind), job, &step->length);
    else
        batch->ahead.of[job].length_ns =
            draw_length(batch->plan, &step->length, &key, batch->plan->max_wait_ns);
}

static void gather(struct batch *batch, const struct spec *spec, uint32_t job)
{
    const struct plan *plan = batch->plan;
    const struct job_spec *work = plan_work(plan, spec);
    struct batch_drawn *drawn = &batch->ahead.of[job];
    uint32_t steps = plan_spec_steps(plan, spec);

    drawn->whole = steps == 1 && work->repeat == 1 && work->timeout_ns < 0;
    drawn->kind = STEP_WAIT;
    drawn->fails = work->fail_below == PLAN_FAIL_ALWAYS;
    if (work->fail_below > 0 && !drawn->fails)
        gather_failure(&batch->ahead, job, work->fail_below);
    if (spec->wait_ns >= 0) {
        drawn->length_ns = spec->wait_ns;
    } else if (steps > 0) {
        const struct step *step = &plan->steps[work->first_step];

        drawn->kind = (uint8_t)step->kind;
        drawn->pool = (uint16_t)plan_step_pool(plan, spec, step);
        gather_step(batch, step, job);
    }
}

/* Gathers what the next jobs draw, at most `most` of them.  Returns how many. */
static uint32_t gather_some(struct batch *batch, size_t most)
{
    struct batch_ahead *ahead = &batch->ahead;
    uint32_t left = batch->plan->n_jobs - ahead->job, n = left < most ? left : (uint32_t)most;

    for (uint32_t i = 0; i < n; i++, ahead->job++) {
        while (plan_first_job(batch->plan, ahead->spec) + plan_count(batch->plan, ahead->spec) <=
               ahead->job)
            ahead->spec++;
        gather(batch, &batch->plan->specs[ahead->spec], ahead->job);
    }
    return n;
}

/* ---- Drawing -------------------------------------------------------------------- */

static unsigned draw_lengths(struct batch *batch, const struct draw_row *row)
{
    const struct draw_row_use use = {.seed = batch->seed, .vectors = batch->ahead.vectors};
    int64_t lengths_ns[DRAW_ROW];

    draw_row_lengths(row, &use, batch->plan->max_wait_ns, lengths_ns);
    for (unsigned i = 0; i < row->n; i++)
        batch->ahead.of[row->jobs[i]].length_ns = lengths_ns[i];
    return row->n;
}

static unsigned draw_failures(struct batch *batch, const struct draw_row *row)
{
    const struct draw_row_use use = {.seed = batch->seed, .vectors = batch->ahead.vectors};
    bool fails[DRAW_ROW];

    draw_row_failures(row, &use, fails);
    for (unsigned i = 0; i < row->n; i++)
        batch->ahead.of[row->jobs[i]].fails = fails[i];
    return row->n;
}

/* Draws the next row of this run, if any is left.  Returns what it took of the budget. */
static size_t draw_some(struct batch *batch)
{
    struct batch_ahead *ahead = &batch->ahead;

    if (ahead->drawn_lengths < ahead->n_lengths)
        return draw_lengths(batch, &ahead->lengths[ahead->drawn_lengths++]);
    if (ahead->drawn_failures < ahead->n_failures)
        return draw_failures(batch, &ahead->failures[ahead->drawn_failures++]);
    ahead->due = false;
    return 1;
}

size_t batch_ahead_draw(struct batch *batch, size_t most)
{
    size_t n = gather_some(batch, most);

    while (batch->ahead.job == batch->plan->n_jobs && n < most && batch->ahead.due)
        n += draw_some(batch);
    return n;
}
