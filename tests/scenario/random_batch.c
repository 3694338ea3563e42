/* SPDX-License-Identifier: ISC */
#include "tests/scenario/random_batch.h"

#include <string.h>

#define NAMES 5 /* a, b, …: a job waits for earlier letters only, unless it is to be unsound */

uint64_t random_batch_next(struct random_batch_source *source)
{
    uint64_t z = source->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t random_batch_below(struct random_batch_source *source, uint32_t n)
{
    return (uint32_t)(((random_batch_next(source) >> 32) * n) >> 32);
}

bool random_batch_chance(struct random_batch_source *source, uint32_t percent)
{
    return random_batch_below(source, 100) < percent;
}

struct maker {
    struct random_batch_source *source;
    struct description *batch;
    bool endless; /* times whose sums saturate */
    bool prioritised, arriving;
};

static uint32_t below(struct maker *maker, uint32_t n)
{
    return random_batch_below(maker->source, n);
}

static bool chance(struct maker *maker, uint32_t percent)
{
    return random_batch_chance(maker->source, percent);
}

static int64_t some_time(struct maker *maker)
{
    static const int64_t times_ns[] = {0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 8};

    if (maker->endless && chance(maker, 40))
        return maker->batch->max_wait_ns - below(maker, 3);
    return times_ns[below(maker, sizeof times_ns / sizeof times_ns[0])];
}

static void some_length(struct maker *maker, struct description_dist *length)
{
    int64_t one_ns = some_time(maker);
    int64_t other_ns = some_time(maker);

    memset(length, 0, sizeof *length);
    length->kind = chance(maker, 75) ? DIST_CONSTANT : (enum dist_kind)below(maker, 6);
    length->a_ns = one_ns;
    length->b_ns = length->kind == DIST_CONSTANT || length->kind == DIST_TRACE ? 0 : other_ns;
    if (length->kind == DIST_UNIFORM || length->kind == DIST_LOGNORMAL) {
        length->a_ns = one_ns < other_ns ? one_ns : other_ns;
        length->b_ns = one_ns < other_ns ? other_ns : one_ns;
    }
    if (length->kind == DIST_LOGNORMAL && length->a_ns == 0) {
        length->a_ns = 1;
        length->b_ns = length->b_ns > 0 ? length->b_ns : 1;
    }
    length->n_values = length->kind == DIST_TRACE ? 1 + below(maker, DESCRIPTION_VALUES) : 0;
    for (uint32_t i = 0; i < length->n_values; i++)
        length->values[i] = some_time(maker);
}

static void some_steps(struct maker *maker, struct description_element *element)
{
    element->set |= JOB_STEPS;
    element->n_steps = chance(maker, 60) ? 1 : below(maker, DESCRIPTION_STEPS + 1);
    for (uint32_t i = 0; i < element->n_steps; i++) {
        element->steps[i].kind = chance(maker, 50) ? STEP_WAIT : STEP_COMPUTE;
        if (element->steps[i].kind == STEP_COMPUTE && maker->batch->n_pools > 0 &&
            chance(maker, 30))
            element->steps[i].pool = 1 + below(maker, maker->batch->n_pools);
        some_length(maker, &element->steps[i].length);
    }
}

static void some_backoff(struct maker *maker, struct backoff *backoff)
{
    static const double factors[] = {1, 1.5, 2, 2, 3};

    backoff->initial_ns = maker->endless ? below(maker, 5) : some_time(maker);
    backoff->factor.nearest = factors[below(maker, sizeof factors / sizeof factors[0])];
    backoff->max_ns = chance(maker, 40) ? some_time(maker) : -1;
    backoff->full_jitter = chance(maker, 40);
}

static void some_misfortune(struct maker *maker, struct description_element *element)
{
    static const double chances[] = {0, 0.3, 0.5, 1, 1};

    if (chance(maker, 35)) {
        element->set |= JOB_TIMEOUT;
        element->timeout_ns = some_time(maker);
    }
    if (chance(maker, 30)) {
        element->set |= JOB_FAIL;
        element->fail = chances[below(maker, sizeof chances / sizeof chances[0])];
    }
    if (chance(maker, 40)) {
        element->set |= JOB_RETRIES;
        element->retries = below(maker, 4);
    }
    if (chance(maker, 40)) {
        element->set |= JOB_BACKOFF;
        some_backoff(maker, &element->backoff);
    }
}

static void some_class(struct maker *maker, struct description_element *element)
{
    static const int32_t priorities[] = {INT32_MIN, -1, 0, 0, 1, 2, INT32_MAX};

    if (maker->batch->n_pools > 0 && chance(maker, 60)) {
        element->set |= JOB_POOL;
        element->pool = 1 + below(maker, maker->batch->n_pools);
    }
    if (maker->prioritised && chance(maker, 60)) {
        element->set |= JOB_PRIORITY;
        element->priority = priorities[below(maker, sizeof priorities / sizeof priorities[0])];
    }
    if (maker->arriving && chance(maker, 40)) {
        element->set |= JOB_START;
        some_length(maker, &element->start);
    }
    if (maker->arriving && chance(maker, 50)) {
        element->set |= JOB_EVERY;
        some_length(maker, &element->every);
    }
}

static void some_members(struct maker *maker, struct description_element *element)
{
    const char name[2] = {(char)('a' + below(maker, NAMES)), '\0'};

    if (chance(maker, 85))
        some_steps(maker, element);
    if (chance(maker, 60)) {
        description_name(element, name);
        element->escaped = chance(maker, 20);
    }
    if (chance(maker, 20)) {
        element->set |= JOB_REPEAT;
        element->repeat = 1 + below(maker, 3);
    }
    if (chance(maker, 25))
        description_count(element, 1 + below(maker, 3));
    some_misfortune(maker, element);
    some_class(maker, element);
}

/* The letter's number, or NAMES for an element without a name. */
static uint32_t letter_of(const struct description *batch, uint32_t element)
{
    struct description_element effective;

    description_effective(batch, element, &effective);
    return effective.set & JOB_NAME ? (uint32_t)(effective.name[0] - 'a') : NAMES;
}

static void add_after(struct maker *maker, struct description_element *element, uint32_t limit,
                      const bool *used)
{
    uint32_t letter = below(maker, limit);
    const char name[2] = {(char)('a' + letter), '\0'};

    if (used[letter] && element->n_afters < DESCRIPTION_AFTERS)
        description_after(element, name);
}

/* What `defaults` wait for, that is all whose letter is later and who do not
 * set `after` themselves.  Returns how many letters are up to the latest. */
static uint32_t common_afters(struct maker *maker, const bool *used)
{
    struct description_element *defaults = &maker->batch->defaults;
    uint32_t letters = 0;

    for (uint32_t n = 1 + below(maker, 3); n > 0; n--)
        add_after(maker, defaults, NAMES, used);
    for (uint32_t i = 0; i < defaults->n_afters; i++) {
        uint32_t letter = (uint32_t)(defaults->after[i][0] - 'a');

        letters = letter >= letters ? letter + 1 : letters;
    }
    return letters;
}

/* Waits go from a letter to an earlier one, so never in a circle. */
static void some_afters(struct maker *maker)
{
    struct description *batch = maker->batch;
    bool used[NAMES + 1] = {false};
    uint32_t common = 0;

    for (uint32_t i = 0; i < batch->n_elements; i++)
        used[letter_of(batch, i)] = true;
    if (batch->defaults.set != 0 && chance(maker, 20))
        common = common_afters(maker, used);
    for (uint32_t i = 0; i < batch->n_elements; i++) {
        struct description_element *element = &batch->elements[i];
        uint32_t letter = letter_of(batch, i);
        uint32_t n = chance(maker, 45) ? 1 + below(maker, 3) : 0;

        while (n-- > 0 && letter > 0)
            add_after(maker, element, letter, used);
        if (letter < common)
            element->set |= JOB_AFTER;
    }
}

static void make_unsound(struct maker *maker)
{
    struct description *batch = maker->batch;
    struct description_element *element = &batch->elements[below(maker, batch->n_elements)];
    const char name[2] = {(char)('a' + below(maker, NAMES + 1)), '\0'};

    if (element->n_afters < DESCRIPTION_AFTERS)
        description_after(element, name);
}

static void some_options(struct maker *maker)
{
    static const int64_t timeouts_ns[] = {0, 1, 2, 3, 5, 8, 13, 21};
    struct plan_options *options = &maker->batch->options;

    options->mode = (enum plan_mode)below(maker, 3);
    options->mode = chance(maker, 40) ? PLAN_CONCURRENT : options->mode;
    options->until = chance(maker, 70) ? PLAN_UNTIL_ALL : (enum plan_until)below(maker, 3);
    options->events = chance(maker, 80) ? PLAN_EVENTS_ALL : (enum plan_events)below(maker, 3);
    options->clock = chance(maker, 50) ? PLAN_CLOCK_REAL : PLAN_CLOCK_VIRTUAL;
    options->concurrency = chance(maker, 60) ? PLAN_UNLIMITED : 1 + below(maker, 4);
    options->workers = chance(maker, 50) ? 1 : 1 + below(maker, 4);
    options->seed = (int64_t)random_batch_next(maker->source);
    if (chance(maker, 30))
        options->timeout_ns = timeouts_ns[below(maker, sizeof timeouts_ns / sizeof *timeouts_ns)];
}

static void some_pools(struct maker *maker)
{
    struct description *batch = maker->batch;

    if (batch->options.mode == PLAN_BLOCKING || !chance(maker, 35))
        return;
    batch->n_pools = 1 + below(maker, DESCRIPTION_POOLS);
    for (uint32_t i = 0; i < batch->n_pools; i++)
        batch->pool_workers[i] = chance(maker, 70) ? 1 : 2;
}

void random_batch_make(struct random_batch_source *source, struct description *batch)
{
    struct maker maker = {.source = source,
                          .batch = batch,
                          .endless = random_batch_chance(source, 3),
                          .prioritised = random_batch_chance(source, 30),
                          .arriving = random_batch_chance(source, 30)};
    uint32_t most = random_batch_chance(source, 5) ? 20 : 7;
    uint32_t n = random_batch_chance(source, 2) ? 0 : 1 + random_batch_below(source, most);

    description_init(batch);
    batch->max_wait_ns = maker.endless ? INT64_MAX / 2 - below(&maker, 3) : 20;
    some_options(&maker);
    some_pools(&maker);
    if (chance(&maker, 30)) {
        batch->defaults_at = below(&maker, n + 1);
        some_members(&maker, &batch->defaults);
    }
    for (uint32_t i = 0; i < n; i++)
        some_members(&maker, description_add(batch));
    some_afters(&maker);
    if (n > 0 && chance(&maker, 2))
        make_unsound(&maker);
}
