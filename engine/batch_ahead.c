/* SPDX-License-Identifier: ISC */

/*
 * Draws ahead: in a batch that is run many times, what every job draws in its first
 * attempt, the length of the first step and whether the attempt fails, is drawn as the
 * run begins, and not when the schedule reaches it.
 *
 * A draw is a chain of a generator and three functions, each waiting for the one
 * before, and the schedule waits for the draw.  Drawn one behind the other the chains of
 * several jobs overlap in the processor, and what distributions need alike is computed
 * once: a forecast takes a tenth less time.  As a draw depends on where it is used and
 * on nothing else, no result changes: test_forecasts.c holds forecasts against the naive
 * model, which draws when it reaches it.
 */

#include <stdlib.h>

#include "engine/batch_internal.h"
#include "engine/draw.h"

int batch_ahead_init(struct batch *batch)
{
    uint32_t jobs = batch->plan->n_jobs;

    if (!batch->quiet || batch->options->until != PLAN_UNTIL_ALL)
        return 0; /* where it may end before it is begun, most draws would be in vain */
    batch->ahead.of = calloc(jobs > 0 ? jobs : 1, sizeof(*batch->ahead.of));
    return batch->ahead.of != NULL ? 0 : -1;
}

void batch_ahead_restart(struct batch *batch)
{
    batch->ahead.spec = batch->ahead.job = 0;
}

void batch_ahead_fini(struct batch *batch)
{
    free(batch->ahead.of);
}

static void draw_one(struct batch *batch, struct draw_prepared *prepared, const struct spec *spec,
                     uint32_t job)
{
    const struct plan *plan = batch->plan;
    struct draw_key key = {.seed = batch->seed, .job = job, .attempt = 1};
    struct batch_drawn *drawn = &batch->ahead.of[job];

    drawn->length_ns = 0;
    if (plan_spec_steps(plan, spec) > 0) {
        struct step step = plan_spec_step(plan, spec, 0);

        draw_prepare(prepared, &step.length);
        drawn->length_ns =
            draw_prepared_length(plan, prepared, &key, DRAW_LENGTH, plan->max_wait_ns);
    }
    drawn->fails = draw_fails(&key, plan_work(plan, spec)->fail_below);
}

size_t batch_ahead_draw(struct batch *batch, size_t most)
{
    struct batch_ahead *ahead = &batch->ahead;
    uint32_t first = ahead->job, left = batch->plan->n_jobs - first;
    uint32_t end = first + (left < most ? left : (uint32_t)most);
    struct draw_prepared prepared = DRAW_PREPARED_NONE;

    for (; ahead->job < end; ahead->job++) {
        while (plan_first_job(batch->plan, ahead->spec) + plan_count(batch->plan, ahead->spec) <=
               ahead->job)
            ahead->spec++;
        draw_one(batch, &prepared, &batch->plan->specs[ahead->spec], ahead->job);
    }
    return end - first;
}
