/* SPDX-License-Identifier: ISC */
#include "engine/draw_row.h"

#include "engine/draw_avx2.h"
#include "engine/draw_formula.h"

/* The two numbers that each job of a row draws. */
struct bits {
    uint64_t u[DRAW_ROW], v[DRAW_ROW];
};

void draw_row_add_length(struct draw_row *row, uint32_t job, const struct dist *dist)
{
    struct draw_prepared prepared = DRAW_PREPARED_NONE;

    draw_prepare(&prepared, dist);
    row->dists[row->n] = dist;
    row->a_ns[row->n] = (double)dist->a_ns;
    row->b[row->n] = dist->kind == DIST_LOGNORMAL ? prepared.sigma : (double)dist->b_ns;
    row->jobs[row->n++] = job;
}

void draw_row_add_failure(struct draw_row *row, uint32_t job, uint64_t fail_below)
{
    row->fail_below[row->n] = fail_below;
    row->jobs[row->n++] = job;
}

static void draw_bits_of_all(const struct draw_row *row, const struct draw_row_use *use,
                             enum draw_purpose purpose, struct bits *bits)
{
    if (use->vectors) {
        draw_avx2_bits(use->seed, purpose, row->jobs, row->n, bits->u, bits->v);
        return;
    }
    for (unsigned i = 0; i < row->n; i++) {
        struct draw_key key = {.seed = use->seed, .job = row->jobs[i], .attempt = 1};

        draw_pair(&key, purpose, &bits->u[i], &bits->v[i]);
    }
}

/* By how much what draw_avx2_lengths() computed may be off. */
static double off_ns(const struct draw_row *row, unsigned at, double ns, double radius)
{
    enum dist_kind kind = row->dists[at]->kind;
    double units = draw_formula_off_exponential(ns);

    if (kind == DIST_NORMAL)
        units = draw_formula_off_normal(row->a_ns[at], row->b[at], radius);
    else if (kind == DIST_LOGNORMAL)
        units = draw_formula_off_lognormal(ns, row->b[at], radius);
    return units * 0x1p-53;
}

static void compute_by_vectors(const struct draw_row *row, const struct bits *bits,
                               struct draw_estimate estimates[DRAW_ROW])
{
    double ns[DRAW_ROW], radius[DRAW_ROW] = {0};

    draw_avx2_lengths(row->dists[0]->kind, row->a_ns, row->b, row->n, bits->u, bits->v, ns, radius);
    for (unsigned i = 0; i < row->n; i++)
        estimates[i] = (struct draw_estimate){ns[i], off_ns(row, i, ns[i], radius[i])};
}

static void compute(const struct draw_row *row, bool vectors, const struct bits *bits,
                    struct draw_estimate estimates[DRAW_ROW])
{
    if (vectors) {
        compute_by_vectors(row, bits, estimates);
        return;
    }
    for (unsigned i = 0; i < row->n; i++)
        estimates[i] =
            draw_estimate(row->dists[i]->kind, row->a_ns[i], row->b[i], bits->u[i], bits->v[i]);
}

void draw_row_lengths(const struct draw_row *row, const struct draw_row_use *use, int64_t max_ns,
                      int64_t lengths_ns[DRAW_ROW])
{
    struct draw_estimate estimates[DRAW_ROW];
    struct bits bits;

    if (row->n == 0)
        return;
    draw_bits_of_all(row, use, DRAW_LENGTH, &bits);
    if (row->dists[0]->kind == DIST_UNIFORM) {
        for (unsigned i = 0; i < row->n; i++)
            lengths_ns[i] = draw_uniform(row->dists[i], bits.u[i], max_ns);
        return;
    }
    compute(row, use->vectors, &bits, estimates);
    for (unsigned i = 0; i < row->n; i++)
        lengths_ns[i] = draw_rounded(row->dists[i], bits.u[i], bits.v[i], estimates[i], max_ns);
}

void draw_row_failures(const struct draw_row *row, const struct draw_row_use *use,
                       bool fails[DRAW_ROW])
{
    struct bits bits;

    draw_bits_of_all(row, use, DRAW_FAIL, &bits);
    for (unsigned i = 0; i < row->n; i++)
        fails[i] = bits.u[i] < row->fail_below[i];
}
