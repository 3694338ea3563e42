/* SPDX-License-Identifier: ISC */
#include "tests/scenario/description.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS INT64_C(86400000000000)

static void check(bool holds)
{
    if (!holds)
        abort();
}

void description_init(struct description *batch)
{
    memset(batch, 0, sizeof *batch);
    batch->options.mode = PLAN_CONCURRENT;
    batch->options.until = PLAN_UNTIL_ALL;
    batch->options.clock = PLAN_CLOCK_VIRTUAL;
    batch->options.events = PLAN_EVENTS_ALL;
    batch->options.concurrency = PLAN_UNLIMITED;
    batch->options.workers = 1;
    batch->options.timeout_ns = -1;
    batch->max_wait_ns = 30 * DAY_NS;
}

struct description_element *description_add(struct description *batch)
{
    check(batch->n_elements < DESCRIPTION_ELEMENTS);
    return &batch->elements[batch->n_elements++];
}

struct description_step *description_step(struct description_element *element, enum step_kind kind,
                                          int64_t length_ns)
{
    struct description_step *step;

    check(element->n_steps < DESCRIPTION_STEPS);
    element->set |= JOB_STEPS;
    step = &element->steps[element->n_steps++];
    step->kind = kind;
    step->length.kind = DIST_CONSTANT;
    step->length.a_ns = length_ns;
    return step;
}

void description_after(struct description_element *element, const char *name)
{
    check(element->n_afters < DESCRIPTION_AFTERS && strlen(name) < DESCRIPTION_NAME_BYTES);
    element->set |= JOB_AFTER;
    strcpy(element->after[element->n_afters++], name);
}

void description_name(struct description_element *element, const char *name)
{
    check(strlen(name) < DESCRIPTION_NAME_BYTES);
    element->set |= JOB_NAME;
    strcpy(element->name, name);
}

void description_count(struct description_element *element, uint32_t count)
{
    element->set |= JOB_COUNT;
    element->count = count;
}

static void reset_members(struct description_element *element)
{
    memset(element, 0, sizeof *element);
    element->repeat = 1;
    element->count = 1;
    element->timeout_ns = -1;
    element->backoff.factor.nearest = 2;
    element->backoff.max_ns = -1;
}

static void take_members(struct description_element *to, const struct description_element *from,
                         unsigned members)
{
    if (members & JOB_NAME) {
        memcpy(to->name, from->name, sizeof to->name);
        to->escaped = from->escaped;
    }
    if (members & JOB_STEPS) {
        memcpy(to->steps, from->steps, sizeof to->steps);
        to->n_steps = from->n_steps;
    }
    if (members & JOB_AFTER) {
        memcpy(to->after, from->after, sizeof to->after);
        to->n_afters = from->n_afters;
    }
    to->repeat = members & JOB_REPEAT ? from->repeat : to->repeat;
    to->count = members & JOB_COUNT ? from->count : to->count;
    to->timeout_ns = members & JOB_TIMEOUT ? from->timeout_ns : to->timeout_ns;
    to->fail = members & JOB_FAIL ? from->fail : to->fail;
    to->retries = members & JOB_RETRIES ? from->retries : to->retries;
    to->backoff = members & JOB_BACKOFF ? from->backoff : to->backoff;
    to->pool = members & JOB_POOL ? from->pool : to->pool;
    to->priority = members & JOB_PRIORITY ? from->priority : to->priority;
    if (members & JOB_START)
        to->start = from->start;
    if (members & JOB_EVERY)
        to->every = from->every;
    to->set |= members;
}

void description_effective(const struct description *batch, uint32_t element,
                           struct description_element *effective)
{
    const struct description_element *own = &batch->elements[element];

    reset_members(effective);
    take_members(effective, &batch->defaults, batch->defaults.set & ~own->set);
    take_members(effective, own, own->set);
}

uint32_t description_n_jobs(const struct description *batch)
{
    struct description_element effective;
    uint32_t n = 0;

    for (uint32_t i = 0; i < batch->n_elements; i++) {
        description_effective(batch, i, &effective);
        n += effective.count;
    }
    return n;
}

static bool is_after(const struct description_element *later,
                     const struct description_element *earlier)
{
    for (uint32_t k = 0; k < later->n_afters; k++)
        if (earlier->set & JOB_NAME && strcmp(later->after[k], earlier->name) == 0)
            return true;
    return false;
}

static bool has_all(const struct description_element *all, uint32_t n,
                    const struct description_element *later)
{
    for (uint32_t k = 0; k < later->n_afters; k++) {
        bool found = false;

        for (uint32_t i = 0; i < n; i++)
            found = found || (all[i].set & JOB_NAME && strcmp(all[i].name, later->after[k]) == 0);
        if (!found)
            return false;
    }
    return true;
}

/* Takes out, again and again, what waits for nothing that is left. */
static bool has_circle(const struct description_element *all, uint32_t n)
{
    bool gone[DESCRIPTION_ELEMENTS] = {false};
    uint32_t left = n;

    for (uint32_t round = 0; round < n; round++) {
        for (uint32_t i = 0; i < n; i++) {
            bool waits = false;

            for (uint32_t j = 0; j < n; j++)
                waits = waits || (!gone[j] && is_after(&all[i], &all[j]));
            left -= !waits && !gone[i];
            gone[i] = gone[i] || !waits;
        }
    }
    return left > 0;
}

bool description_is_sound(const struct description *batch)
{
    struct description_element all[DESCRIPTION_ELEMENTS];

    for (uint32_t i = 0; i < batch->n_elements; i++)
        description_effective(batch, i, &all[i]);
    for (uint32_t i = 0; i < batch->n_elements; i++)
        if (!has_all(all, batch->n_elements, &all[i]))
            return false;
    return !has_circle(all, batch->n_elements);
}

/* ---- As a plan -------------------------------------------------------------- */

static struct dist plan_length(struct plan *plan, const struct description_dist *length)
{
    struct dist dist = {.kind = length->kind, .a_ns = length->a_ns, .b_ns = length->b_ns};

    if (length->kind == DIST_TRACE) {
        dist.a_ns = plan_n_traces(plan);
        dist.b_ns = length->n_values;
        for (uint32_t i = 0; i < length->n_values; i++)
            check(plan_add_trace(plan, length->values[i]) == PLAN_OK);
    }
    return dist;
}

static void plan_name(struct plan *plan, const struct description_element *element,
                      struct job_spec *spec)
{
    char token[DESCRIPTION_NAME_BYTES + 16];

    if (element->escaped) {
        snprintf(token, sizeof token, "\"\\u%04x%s\"", (unsigned)element->name[0],
                 element->name + 1);
    } else {
        snprintf(token, sizeof token, "\"%s\"", element->name);
    }
    check(plan_add_text(plan, token, strlen(token), &spec->name) == PLAN_OK);
}

static plan_pool_ref plan_pool_named(struct plan *plan, uint32_t pool, enum plan_pool_user user)
{
    const struct plan_pool_use use = {.where = 1, .step = PLAN_NONE};
    struct plan_pool_lookup lookup;
    plan_pool_ref ref = 0;
    char name[16];

    if (pool == 0)
        return 0;
    snprintf(name, sizeof name, "p%" PRIu32, pool);
    check(plan_find_pool(plan, name, strlen(name), &lookup) == PLAN_OK);
    check(plan_use_pool(plan, &lookup, user, &use, PLAN_MAX_POOLS, &ref) == PLAN_OK);
    return ref;
}

static void plan_pools(struct plan *plan, const struct description *batch)
{
    for (uint32_t i = 0; i < batch->n_pools; i++) {
        struct plan_pool_lookup lookup;
        plan_text_ref ref;
        char token[16];

        snprintf(token, sizeof token, "\"p%" PRIu32 "\"", i + 1);
        check(plan_find_pool(plan, token + 1, strlen(token) - 2, &lookup) == PLAN_OK);
        check(!plan_has_pool(plan, &lookup));
        check(plan_add_text(plan, token, strlen(token), &ref) == PLAN_OK);
        check(plan_add_pool(plan, ref, &lookup) == PLAN_OK);
        plan_set_pool_workers(plan, batch->pool_workers[i]);
    }
}

static uint32_t plan_class_of(struct plan *plan, const struct description_element *element,
                              enum plan_pool_user user)
{
    struct job_class job_class = {.set = element->set & JOB_CLASS, .priority = element->priority};
    uint32_t ref = 0;

    if (job_class.set == 0)
        return 0;
    if (element->set & JOB_POOL)
        job_class.pool = plan_pool_named(plan, element->pool, user);
    if (element->set & JOB_START)
        job_class.start = plan_length(plan, &element->start);
    if (element->set & JOB_EVERY)
        job_class.every = plan_length(plan, &element->every);
    check(plan_add_class(plan, &job_class, &ref) == PLAN_OK);
    return ref;
}

/* `where` numbers the names that are waited for, as their place in the text would. */
static struct job_spec plan_spec(struct plan *plan, const struct description_element *element,
                                 enum plan_pool_user user, uint64_t *where)
{
    struct job_spec spec = {.set = element->set,
                            .first_step = plan_n_steps(plan),
                            .first_after = plan_n_afters(plan),
                            .repeat = element->repeat,
                            .count = element->count,
                            .retries = element->retries,
                            .timeout_ns = element->timeout_ns,
                            .fail_below = (uint64_t)ceil(ldexp(element->fail, 53)),
                            .backoff = element->backoff};

    spec.class_ref = plan_class_of(plan, element, user);
    if (element->set & JOB_NAME)
        plan_name(plan, element, &spec);
    for (uint32_t i = 0; element->set & JOB_STEPS && i < element->n_steps; i++) {
        struct step step = {.length = plan_length(plan, &element->steps[i].length),
                            .kind = (uint8_t)element->steps[i].kind,
                            .pool = plan_pool_named(plan, element->steps[i].pool, user)};

        check(plan_add_step(plan, &step) == PLAN_OK);
        spec.n_steps++;
    }
    for (uint32_t i = 0; element->set & JOB_AFTER && i < element->n_afters; i++) {
        plan_text_ref name;

        check(plan_add_text(plan, element->after[i], strlen(element->after[i]), &name) == PLAN_OK);
        check(plan_add_after(plan, name, ++*where) == PLAN_OK);
        spec.n_afters++;
    }
    return spec;
}

static plan_text_ref decoded_name(struct plan *plan, const struct description_element *element)
{
    plan_text_ref name = 0;

    if (element->set & JOB_NAME && element->escaped)
        check(plan_add_text(plan, element->name, strlen(element->name), &name) == PLAN_OK);
    return name;
}

static void plan_defaults(struct plan *plan, const struct description *batch, uint64_t *where)
{
    struct job_spec spec = plan_spec(plan, &batch->defaults, PLAN_POOL_DEFAULTS, where);

    plan_set_defaults(plan, &spec, decoded_name(plan, &batch->defaults));
}

struct plan *description_plan(const struct description *batch, size_t budget,
                              struct plan_fault *fault)
{
    static const uint8_t hash_key[16] = "unknown to none";
    const struct plan_limits limits = {
        .max_jobs = 1000000, .max_steps = 1000000000, .max_wait_ns = batch->max_wait_ns};
    struct plan *plan = plan_new(hash_key);
    enum plan_seal seal;
    uint64_t where = 0;

    check(plan != NULL);
    for (uint32_t i = 0; i <= batch->n_elements; i++) {
        if (i == batch->defaults_at && batch->defaults.set != 0)
            plan_defaults(plan, batch, &where);
        if (i < batch->n_elements) {
            const struct description_element *element = &batch->elements[i];
            struct job_spec spec = plan_spec(plan, element, PLAN_POOL_ELEMENT, &where);

            check(plan_add_element(plan, &spec, decoded_name(plan, element)) == PLAN_OK);
        }
    }
    plan_pools(plan, batch);
    *plan_options(plan) = batch->options;
    do {
        seal = plan_seal(plan, &limits, budget, fault);
    } while (seal == PLAN_SEAL_MORE);
    check(seal != PLAN_SEAL_NOMEM);
    if (seal == PLAN_SEAL_FAULT) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

/* ---- As a request ------------------------------------------------------------ */

static void print_ns(FILE *out, const char *member, int64_t ns)
{
    fprintf(out, "\"%s\":\"%" PRId64 "ns\"", member, ns);
}

static void print_law(FILE *out, const char *law, const char *first, int64_t a_ns,
                      const char *second, int64_t b_ns)
{
    fprintf(out, "{\"dist\":\"%s\",", law);
    print_ns(out, first, a_ns);
    if (second != NULL) {
        fputc(',', out);
        print_ns(out, second, b_ns);
    }
    fputc('}', out);
}

static void print_length(FILE *out, const struct description_dist *length)
{
    switch (length->kind) {
    case DIST_CONSTANT:
        fprintf(out, "\"%" PRId64 "ns\"", length->a_ns);
        break;
    case DIST_UNIFORM:
        print_law(out, "uniform", "min", length->a_ns, "max", length->b_ns);
        break;
    case DIST_EXPONENTIAL:
        print_law(out, "exponential", "mean", length->a_ns, NULL, 0);
        break;
    case DIST_NORMAL:
        print_law(out, "normal", "mean", length->a_ns, "stddev", length->b_ns);
        break;
    case DIST_LOGNORMAL:
        print_law(out, "lognormal", "p50", length->a_ns, "p99", length->b_ns);
        break;
    case DIST_TRACE:
        fputs("{\"dist\":\"trace\",\"values\":[", out);
        for (uint32_t i = 0; i < length->n_values; i++)
            fprintf(out, "%s\"%" PRId64 "ns\"", i > 0 ? "," : "", length->values[i]);
        fputs("]}", out);
        break;
    }
}

static void print_steps(FILE *out, const struct description_element *element)
{
    fputs(",\"steps\":[", out);
    for (uint32_t i = 0; i < element->n_steps; i++) {
        fprintf(out, "%s{\"%s\":", i > 0 ? "," : "",
                element->steps[i].kind == STEP_WAIT ? "wait" : "compute");
        print_length(out, &element->steps[i].length);
        if (element->steps[i].pool != 0)
            fprintf(out, ",\"pool\":\"p%" PRIu32 "\"", element->steps[i].pool);
        fputc('}', out);
    }
    fputc(']', out);
}

static void print_backoff(FILE *out, const struct backoff *backoff)
{
    fputs(",\"backoff\":{", out);
    print_ns(out, "initial", backoff->initial_ns);
    fprintf(out, ",\"factor\":%.60g,\"jitter\":\"%s\"", backoff->factor.nearest,
            backoff->full_jitter ? "full" : "none");
    if (backoff->max_ns >= 0) {
        fputc(',', out);
        print_ns(out, "max", backoff->max_ns);
    }
    fputc('}', out);
}

static void print_class(FILE *out, const struct description_element *element)
{
    if (element->set & JOB_POOL)
        fprintf(out, ",\"pool\":\"p%" PRIu32 "\"", element->pool);
    if (element->set & JOB_PRIORITY)
        fprintf(out, ",\"priority\":%" PRId32, element->priority);
    if (element->set & JOB_START) {
        fputs(",\"start\":", out);
        print_length(out, &element->start);
    }
    if (element->set & JOB_EVERY) {
        fputs(",\"every\":", out);
        print_length(out, &element->every);
    }
}

static void print_names(FILE *out, const struct description_element *element)
{
    if (element->set & JOB_NAME)
        fprintf(out, ",\"name\":\"%s\"", element->name);
    if (element->set & JOB_AFTER) {
        fputs(",\"after\":[", out);
        for (uint32_t i = 0; i < element->n_afters; i++)
            fprintf(out, "%s\"%s\"", i > 0 ? "," : "", element->after[i]);
        fputc(']', out);
    }
}

/* Members start with a comma each; the object opens with a member that is
 * always there, so that no comma dangles. */
static void print_members(FILE *out, const struct description_element *element)
{
    print_names(out, element);
    if (element->set & JOB_STEPS)
        print_steps(out, element);
    if (element->set & JOB_REPEAT)
        fprintf(out, ",\"repeat\":%" PRIu32, element->repeat);
    if (element->set & JOB_COUNT)
        fprintf(out, ",\"count\":%" PRIu32, element->count);
    if (element->set & JOB_TIMEOUT) {
        fputc(',', out);
        print_ns(out, "timeout", element->timeout_ns);
    }
    if (element->set & JOB_FAIL)
        fprintf(out, ",\"fail\":%.60g", element->fail);
    if (element->set & JOB_RETRIES)
        fprintf(out, ",\"retries\":%" PRIu32, element->retries);
    if (element->set & JOB_BACKOFF)
        print_backoff(out, &element->backoff);
    print_class(out, element);
}

static void print_options(FILE *out, const struct plan_options *options)
{
    static const char *const modes[] = {"concurrent", "sequential", "blocking"};
    static const char *const untils[] = {"all", "first_done", "first_failed"};
    static const char *const events[] = {"done", "all", "none"};

    fprintf(out,
            "{\"clock\":\"%s\",\"mode\":\"%s\",\"until\":\"%s\",\"events\":\"%s\","
            "\"workers\":%" PRIu64 ",\"seed\":%" PRId64,
            options->clock == PLAN_CLOCK_REAL ? "real" : "virtual", modes[options->mode],
            untils[options->until], events[options->events], options->workers, options->seed);
    if (options->concurrency != PLAN_UNLIMITED)
        fprintf(out, ",\"concurrency\":%" PRIu32, options->concurrency);
    if (options->timeout_ns >= 0) {
        fputc(',', out);
        print_ns(out, "timeout", options->timeout_ns);
    }
}

void description_print(const struct description *batch, FILE *out)
{
    print_options(out, &batch->options);
    for (uint32_t i = 0; i < batch->n_pools; i++)
        fprintf(out, "%s\"p%" PRIu32 "\":%" PRIu32 "%s", i == 0 ? ",\"pools\":{" : ",", i + 1,
                batch->pool_workers[i], i + 1 == batch->n_pools ? "}" : "");
    if (batch->defaults.set != 0) {
        fputs(",\"defaults\":{\"data\":null", out);
        print_members(out, &batch->defaults);
        fputc('}', out);
    }
    fputs(",\"jobs\":[", out);
    for (uint32_t i = 0; i < batch->n_elements; i++) {
        fprintf(out, "%s{\"data\":%" PRIu32, i > 0 ? "," : "", i);
        print_members(out, &batch->elements[i]);
        fputc('}', out);
    }
    fputs("]}\n", out);
}
