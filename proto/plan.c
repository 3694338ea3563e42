/* SPDX-License-Identifier: ISC */
#include "proto/plan.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/plan_internal.h"

#define ROOM_LEAST 8

/* Where there is no run among so many specs, runs are not looked for any more: at the first one,
 * all specs before it are numbered. */
#define RUNS_BEFORE 16384

int plan_grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
    uint64_t more;
    void *old, *grown;

    if (n < *room)
        return PLAN_OK;
    more = n < ROOM_LEAST ? ROOM_LEAST : block_grown_size((n + (size_t)1) * size) / size;
    if (more >= PLAN_NONE)
        return PLAN_NOMEM;
    memcpy(&old, array, sizeof(old));
    grown = realloc(old, more * size);
    if (grown == NULL)
        return PLAN_NOMEM;
    memcpy(array, &grown, sizeof(grown));
    *room = (uint32_t)more;
    return PLAN_OK;
}

/* The members that a job has unless it or `defaults` sets them. */
static void set_initial(struct job_spec *job)
{
    *job = (struct job_spec){
        .repeat = 1,
        .count = 1,
        .timeout_ns = -1,
        .backoff = {.factor = PLAN_FACTOR_2, .max_ns = -1},
    };
}

struct plan *plan_new(const uint8_t hash_key[16])
{
    struct plan *plan = malloc(sizeof(*plan));

    if (plan == NULL)
        return NULL;
    *plan =
        (struct plan){.options = {.concurrency = PLAN_UNLIMITED, .workers = 1, .timeout_ns = -1}};
    memcpy(plan->hash_key, hash_key, sizeof(plan->hash_key));
    set_initial(&plan->defaults);
    return plan;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    plan_seal_fini(plan);
    free(plan->specs);
    free(plan->firsts);
    free(plan->details);
    free(plan->steps);
    free(plan->afters);
    free(plan->traces);
    free(plan->classes);
    plan_pool_fini(plan);
    free(plan->text);
    free(plan);
}

bool plan_free_some(struct plan *plan, size_t *budget)
{
    struct after_graph *graph = &plan->graph;
    void *const pointers[] = {&plan->text,     &plan->details,  &plan->specs,  &plan->firsts,
                              &plan->steps,    &plan->afters,   &plan->traces, &graph->lists,
                              &graph->list_of, &graph->name_of, &graph->names, &graph->edges};

    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
        if (!block_free_some(pointers[i], budget))
            return false;
    plan_free(plan);
    return true;
}

void plan_trim(struct plan *plan)
{
    block_trim(&plan->details, plan->n_details * sizeof(*plan->details));
    block_trim(&plan->specs, plan->n_specs * sizeof(*plan->specs));
    block_trim(&plan->steps, plan->n_steps * sizeof(*plan->steps));
    block_trim(&plan->afters, plan->n_afters * sizeof(*plan->afters));
    block_trim(&plan->traces, plan->n_traces * sizeof(*plan->traces));
    if (plan->firsts != NULL)
        block_trim(&plan->firsts, (plan->n_specs + (size_t)1) * sizeof(*plan->firsts));
}

struct plan_options *plan_options(struct plan *plan)
{
    return &plan->options;
}

const struct plan_options *plan_options_of(const struct plan *plan)
{
    return &plan->options;
}

/* ---- Filling -------------------------------------------------------------- */

int plan_add_step(struct plan *plan, const struct step *step)
{
    if (plan_grow(&plan->steps, plan->n_steps, &plan->room_steps, sizeof(*plan->steps)) != PLAN_OK)
        return PLAN_NOMEM;
    plan->steps[plan->n_steps++] = *step;
    if (step->kind == STEP_COMPUTE)
        plan->has_compute = true;
    return PLAN_OK;
}

int plan_add_after(struct plan *plan, plan_text_ref name, uint64_t where)
{
    struct after_ref ref = {.text = name, .where = where, .name = PLAN_NONE};

    if (plan_grow(&plan->afters, plan->n_afters, &plan->room_afters, sizeof(*plan->afters)) !=
        PLAN_OK)
        return PLAN_NOMEM;
    plan->afters[plan->n_afters++] = ref;
    return PLAN_OK;
}

int plan_add_trace(struct plan *plan, int64_t value_ns)
{
    if (plan_grow(&plan->traces, plan->n_traces, &plan->room_traces, sizeof(*plan->traces)) !=
        PLAN_OK)
        return PLAN_NOMEM;
    plan->traces[plan->n_traces++] = value_ns;
    return PLAN_OK;
}

static bool same_dist(const struct dist *a, const struct dist *b)
{
    return a->kind == b->kind && a->a_ns == b->a_ns && a->b_ns == b->b_ns;
}

static bool same_class(const struct job_class *a, const struct job_class *b)
{
    return a->set == b->set && a->priority == b->priority && a->pool == b->pool &&
           same_dist(&a->start, &b->start) && same_dist(&a->every, &b->every);
}

int plan_add_class(struct plan *plan, const struct job_class *job_class, uint32_t *ref)
{
    uint32_t n = plan->n_classes;

    *ref = n;
    if (n > 0 && same_class(&plan->classes[n - 1], job_class))
        return PLAN_OK; /* many in a row are alike */
    if (plan_grow(&plan->classes, n, &plan->room_classes, sizeof(*plan->classes)) != PLAN_OK)
        return PLAN_NOMEM;
    plan->classes[n] = *job_class;
    *ref = ++plan->n_classes;
    return PLAN_OK;
}

uint32_t plan_n_steps(const struct plan *plan)
{
    return plan->n_steps;
}

uint32_t plan_n_afters(const struct plan *plan)
{
    return plan->n_afters;
}

uint32_t plan_n_traces(const struct plan *plan)
{
    return plan->n_traces;
}

/* Whether an element fits struct spec: nothing but a name and one constant
 * wait, which is the step that was added last, or no steps of its own. */
static bool fits_spec(struct plan *plan, const struct job_spec *job, int64_t *wait_ns)
{
    const struct step *step;

    if ((job->set & ~(unsigned)(JOB_NAME | JOB_STEPS | JOB_STRIPPED)) != 0)
        return false;
    *wait_ns = -1;
    if ((job->set & JOB_STEPS) == 0)
        return true;
    if (job->n_steps != 1 || job->first_step + 1 != plan->n_steps)
        return false;
    step = &plan->steps[job->first_step];
    if (step->kind != STEP_WAIT || step->length.kind != DIST_CONSTANT || step->note != 0)
        return false;
    *wait_ns = step->length.a_ns;
    return true;
}

static int add_detail(struct plan *plan, const struct job_spec *job, plan_text_ref decoded_name,
                      struct spec *spec)
{
    struct detail detail = {.job = *job, .decoded_name = decoded_name, .element = plan->n_elements};

    if (plan_grow(&plan->details, plan->n_details, &plan->room_details, sizeof(detail)) != PLAN_OK)
        return PLAN_NOMEM;
    plan->details[plan->n_details++] = detail;
    spec->detail = plan->n_details;
    return PLAN_OK;
}

/* Whether the last spec is a run of elements just like this one. */
static bool joins_run(const struct plan *plan, const struct spec *spec)
{
    const struct spec *last = plan->n_specs > 0 ? &plan->specs[plan->n_specs - 1] : NULL;

    return last != NULL && last->detail == 0 && last->name == 0 && spec->name == 0 &&
           last->wait_ns == spec->wait_ns && (plan->firsts != NULL || plan->n_specs <= RUNS_BEFORE);
}

/* Adds an element to the run that the last spec represents. */
static int join_run(struct plan *plan)
{
    uint32_t n = plan->n_specs;

    if (plan->firsts == NULL) {
        plan->room_firsts = n; /* to grow from */
        if (plan_grow(&plan->firsts, n, &plan->room_firsts, sizeof(*plan->firsts)) != PLAN_OK)
            return PLAN_NOMEM;
        for (uint32_t i = 0; i <= n; i++)
            plan->firsts[i] = i;
    }
    plan->firsts[n]++;
    return PLAN_OK;
}

static int reserve_spec(struct plan *plan)
{
    if (plan->n_specs < plan->room_specs && plan->firsts == NULL)
        return PLAN_OK; /* as nearly always */
    if (plan_grow(&plan->specs, plan->n_specs, &plan->room_specs, sizeof(*plan->specs)) != PLAN_OK)
        return PLAN_NOMEM;
    if (plan->firsts == NULL)
        return PLAN_OK;
    return plan_grow(&plan->firsts, plan->n_specs + 1, &plan->room_firsts, sizeof(*plan->firsts));
}

/* Appends a spec, for which there is room; as yet it represents one element. */
static void append_spec(struct plan *plan, const struct spec *spec)
{
    uint32_t n = plan->n_specs++;

    plan->specs[n] = *spec;
    if (plan->firsts != NULL)
        plan->firsts[n + 1] = plan->firsts[n] + 1;
}

int plan_add_element(struct plan *plan, const struct job_spec *job, plan_text_ref decoded_name)
{
    struct spec spec = {.wait_ns = -1};
    bool fits = decoded_name == 0 && fits_spec(plan, job, &spec.wait_ns);

    if (plan->n_elements == PLAN_NONE - 1)
        return PLAN_NOMEM;
    spec.name = (job->set & JOB_NAME) != 0 ? job->name : 0;
    if (fits && joins_run(plan, &spec)) {
        if (join_run(plan) != PLAN_OK)
            return PLAN_NOMEM;
    } else {
        if (reserve_spec(plan) != PLAN_OK ||
            (!fits && add_detail(plan, job, decoded_name, &spec) != PLAN_OK))
            return PLAN_NOMEM;
        append_spec(plan, &spec);
    }
    if (spec.wait_ns >= 0)
        plan->n_steps--; /* the wait is kept in the spec */
    plan->n_elements++;
    if ((job->set & JOB_COUNT) != 0 && job->count > 1)
        plan->counts = true;
    if ((job->set & JOB_STRIPPED) == 0)
        plan_takes_defaults(plan, job->set);
    return PLAN_OK;
}

void plan_takes_defaults(struct plan *plan, unsigned set)
{
    plan->takes_pool |= (set & JOB_POOL) == 0;
    plan->takes_steps |= (set & JOB_STEPS) == 0;
}

int plan_add_single_wait(struct plan *plan, const char *name, size_t name_len, int64_t wait_ns)
{
    plan_text_ref ref = 0;

    if (plan->n_elements == PLAN_NONE - 1)
        return PLAN_NOMEM;
    if (name == NULL && joins_run(plan, &(struct spec){.wait_ns = wait_ns})) {
        if (join_run(plan) != PLAN_OK)
            return PLAN_NOMEM;
    } else {
        if (reserve_spec(plan) != PLAN_OK ||
            (name != NULL && plan_add_text(plan, name, name_len, &ref) != PLAN_OK))
            return PLAN_NOMEM;
        append_spec(plan, &(struct spec){.wait_ns = wait_ns, .name = ref});
    }
    plan->n_elements++;
    plan->takes_pool = true;
    plan->takes_steps |= wait_ns < 0;
    return PLAN_OK;
}

static void inherit_rest(struct job_spec *to, const struct job_spec *from, unsigned take)
{
    if (take & JOB_RETRIES)
        to->retries = from->retries;
    if (take & JOB_TIMEOUT)
        to->timeout_ns = from->timeout_ns;
    if (take & JOB_FAIL)
        to->fail_below = from->fail_below;
    if (take & JOB_BACKOFF)
        to->backoff = from->backoff;
    if (take & JOB_DATA)
        to->data = from->data;
    if (take & JOB_NAME)
        to->name = from->name;
}

/* Copies the members named in `take`. */
static void inherit(struct job_spec *to, const struct job_spec *from, unsigned take)
{
    if (take & JOB_STEPS) {
        to->first_step = from->first_step;
        to->n_steps = from->n_steps;
    }
    if (take & JOB_AFTER) {
        to->first_after = from->first_after;
        to->n_afters = from->n_afters;
    }
    if (take & JOB_REPEAT)
        to->repeat = from->repeat;
    if (take & JOB_COUNT)
        to->count = from->count;
    inherit_rest(to, from, take);
}

void plan_set_defaults(struct plan *plan, const struct job_spec *job, plan_text_ref decoded_name)
{
    plan->defaults_decoded_name = decoded_name;
    plan->defaults.set = job->set;
    plan->defaults.class_ref = job->class_ref;
    inherit(&plan->defaults, job, job->set);
    if (plan->defaults.count > 1)
        plan->counts = true;
}

/* A class is shared by jobs that set the same of it, so it is completed once and for all. */
static void inherit_class(struct plan *plan, struct job_spec *job)
{
    const struct job_class *from;
    struct job_class *to;
    unsigned take;

    if (plan->defaults.class_ref == 0)
        return;
    if (job->class_ref == 0) {
        job->class_ref = plan->defaults.class_ref;
        return;
    }
    from = &plan->classes[plan->defaults.class_ref - 1];
    to = &plan->classes[job->class_ref - 1];
    take = from->set & ~to->set;
    if (take & JOB_POOL)
        to->pool = from->pool;
    if (take & JOB_PRIORITY)
        to->priority = from->priority;
    if (take & JOB_START)
        to->start = from->start;
    if (take & JOB_EVERY)
        to->every = from->every;
    to->set |= take;
}

void plan_inherit_defaults(struct plan *plan, struct job_spec *job)
{
    inherit(job, &plan->defaults, ~job->set);
    inherit_class(plan, job);
}

/* ---- Reading -------------------------------------------------------------- */

uint32_t plan_n_jobs(const struct plan *plan)
{
    return plan->n_jobs;
}

uint64_t plan_all_steps(const struct plan *plan)
{
    return plan->n_all_steps;
}

uint32_t plan_spec_of(const struct plan *plan, uint32_t job)
{
    uint32_t low = 0, high = plan->n_specs - 1;

    if (plan->firsts == NULL)
        return job; /* each spec is one job */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (plan->firsts[middle] <= job)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

const char *plan_spec_name(const struct plan *plan, const struct spec *spec, size_t *len)
{
    plan_text_ref decoded = spec->detail != 0 ? plan->details[spec->detail - 1].decoded_name : 0;
    const char *token;

    if (spec->name == 0)
        return NULL;
    if (decoded == 0 && spec->name == plan->defaults.name)
        decoded = plan->defaults_decoded_name;
    if (decoded != 0)
        return plan_text(plan, decoded, len);
    token = plan_text(plan, spec->name, len);
    *len -= 2; /* its quotes */
    return token + 1;
}

void plan_job(const struct plan *plan, uint32_t job, struct job_spec *out)
{
    const struct spec *spec = &plan->specs[plan_spec_of(plan, job)];

    *out = *plan_work(plan, spec);
    out->name = spec->name;
    if (spec->wait_ns >= 0) {
        out->first_step = PLAN_NONE;
        out->n_steps = 1;
    }
}

void plan_job_text(const struct plan *plan, uint32_t job, plan_text_ref *name, plan_text_ref *data)
{
    const struct spec *spec;

    *name = *data = 0;
    if (plan->text_len == 0) /* far apart and out of the cache, the specs need not be looked at */
        return;
    spec = &plan->specs[plan_spec_of(plan, job)];
    *name = spec->name;
    *data = plan_work(plan, spec)->data;
}

struct job_class plan_job_class(const struct plan *plan, uint32_t job)
{
    const struct job_class *job_class = plan_class(plan, &plan->specs[plan_spec_of(plan, job)]);

    return job_class != NULL ? *job_class : (struct job_class){.set = 0};
}

plan_text_ref plan_job_note(const struct plan *plan, uint32_t job, uint32_t step)
{
    const struct spec *spec = &plan->specs[plan_spec_of(plan, job)];

    return plan_spec_step(plan, spec, step % plan_spec_steps(plan, spec)).note;
}

uint32_t plan_job_pool(const struct plan *plan, uint32_t job, uint64_t step)
{
    const struct spec *spec = &plan->specs[plan_spec_of(plan, job)];
    uint32_t n = plan_spec_steps(plan, spec);
    struct step taken;

    if (n == 0)
        return 0;
    taken = plan_spec_step(plan, spec, (uint32_t)(step % n));
    return plan_step_pool(plan, spec, &taken);
}

struct step plan_job_step(const struct plan *plan, uint32_t job, uint32_t index)
{
    return plan_spec_step(plan, &plan->specs[plan_spec_of(plan, job)], index);
}

int64_t plan_trace(const struct plan *plan, uint32_t index)
{
    return plan->traces[index];
}
