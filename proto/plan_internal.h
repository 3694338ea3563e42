/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PLAN_INTERNAL_H
#define WAITD_PLAN_INTERNAL_H

/*
 * How a plan is laid out, for the engine's own files: plan.c fills and reads
 * it, plan_seal.c completes it, batch*.c run it.
 *
 * Most jobs wait once for a constant time.  Such an element is kept in 16
 * bytes (struct spec), and equal ones in a row without a name are kept as
 * one; everything else a job may have is in a struct detail of its own.  Where
 * a spec may represent several jobs, 4 bytes more for each say which.
 */

#include "proto/hash.h"
#include "proto/plan.h"

struct spec {
    int64_t wait_ns;    /* the one constant wait; -1: its steps are in its work */
    plan_text_ref name; /* its token, defaults filled in once sealed */
    uint32_t detail;    /* plan->details[detail - 1]; 0 for an element without one */
};

struct detail {
    struct job_spec job;
    plan_text_ref decoded_name; /* where the name's token has escapes */
    uint32_t element;
    uint32_t first_active_job; /* number, once sealed; PLAN_NONE if its jobs are one-shot */
};

/* One name in an `after`. */
struct after_ref {
    plan_text_ref text; /* decoded */
    uint32_t name;      /* once sealed: its number */
    uint64_t where;
};

/* The `after` of one element, or that of `defaults`, however many take it. */
struct after_list {
    uint32_t spec; /* whose it is; PLAN_NONE for that of `defaults` */
    uint32_t first_after, n_afters;
};

/* A name that jobs wait for. */
struct awaited {
    uint32_t jobs;                /* that have it */
    uint32_t first_edge, n_edges; /* plan->edges: the lists of single elements that hold it */
    uint32_t in_defaults;         /* how often it is in the list of `defaults` */
};

/*
 * The graph of `after`, once sealed.  Lists wait for names and not jobs for
 * jobs, so its size is that of the request's text: an element with `count`
 * waits once for all its jobs, and `defaults` once for all its elements.
 */
struct after_graph {
    bool used; /* some job waits for another */
    struct after_list *lists;
    uint32_t n_lists;
    uint32_t defaults_list; /* the list of `defaults`, if an element takes it, else PLAN_NONE */
    uint32_t *list_of;      /* of each spec: its list, or PLAN_NONE */
    uint32_t *name_of;      /* of each spec: the number of its name, or PLAN_NONE */
    struct awaited *names;
    uint32_t n_names;
    uint32_t *edges;
};

/* A name of a pool that occurs in the request. */
struct pool_name {
    plan_text_ref decoded;                      /* decoded */
    plan_text_ref token;                        /* of its declaration */
    uint64_t workers;                           /* 0: it is not declared (yet) */
    uint16_t number;                            /* among the declared, from 1; 0 as above */
    struct plan_pool_use uses[PLAN_POOL_USERS]; /* the first of each; where: UINT64_MAX for none */
};

/* The pools' names, by plan_pool_ref - 1. */
struct pool_table {
    struct pool_name *names;
    uint32_t n_names, room_names;
    struct hash by_name;
    uint16_t *declared; /* of each pool: its ref */
    uint32_t n_declared, room_declared;
    uint32_t n_used[PLAN_POOL_USERS]; /* names that have such a use */
};

struct sealing; /* plan_seal.c */

struct plan {
    struct plan_options options;
    uint8_t hash_key[16];
    struct spec *specs;
    uint32_t n_specs, room_specs;
    /* Of each spec the first job (until sealed, the first element), and behind
     * the last how many there are.  NULL where all specs are one each. */
    uint32_t *firsts;
    uint32_t room_firsts;
    bool counts; /* some element represents several jobs */
    struct detail *details;
    uint32_t n_details, room_details;
    struct step *steps;
    uint32_t n_steps, room_steps;
    bool has_compute; /* among its steps */
    struct after_ref *afters;
    uint32_t n_afters, room_afters;
    int64_t *traces;
    uint32_t n_traces, room_traces;
    struct job_class *classes;
    uint32_t n_classes, room_classes;
    struct pool_table *pools; /* NULL where no pool is named or declared */
    char *text;
    size_t text_len, text_room;
    size_t text_open; /* where the text in progress begins, 0 for none */
    size_t text_peak; /* the most that was there before something was taken back */
    struct job_spec defaults;
    plan_text_ref defaults_decoded_name;
    uint32_t n_elements;
    /* Once sealed: */
    uint32_t n_jobs;
    uint64_t n_all_steps;   /* as struct plan_limits counts them */
    uint64_t n_computes;    /* compute steps of all jobs, at most */
    uint32_t max_summaries; /* 1 or more */
    uint32_t n_active_jobs; /* jobs that are not one-shot, or all */
    bool active_by_job;     /* all: its number is the job's */
    bool waits_are_one_shot,
        defaults_are_one_shot;    /* elements without detail that set a wait, and others */
    bool takes_pool, takes_steps; /* an element takes `pool`, or steps, from `defaults` */
    bool has_arrivals;            /* a job arrives later than the batch, by its class */
    bool has_priorities;          /* a job has one, by its class */
    bool may_queue;               /* a job's time-out may fall while it queues for a worker */
    int64_t max_wait_ns;
    struct after_graph graph;
    struct sealing *sealing; /* while plan_seal() is in progress */
};

/* What the jobs of a spec do, all members filled in, once sealed.  Its steps
 * count only where spec->wait_ns is -1. */
static inline const struct job_spec *plan_work(const struct plan *plan, const struct spec *spec)
{
    return spec->detail != 0 ? &plan->details[spec->detail - 1].job : &plan->defaults;
}

static inline uint32_t plan_spec_steps(const struct plan *plan, const struct spec *spec)
{
    return spec->wait_ns >= 0 ? 1 : plan_work(plan, spec)->n_steps;
}

/* The class of a spec's jobs, once sealed; NULL for none. */
static inline const struct job_class *plan_class(const struct plan *plan, const struct spec *spec)
{
    uint32_t ref = plan_work(plan, spec)->class_ref;

    return ref != 0 ? &plan->classes[ref - 1] : NULL;
}

/* Whose workers a compute step of a spec's jobs takes, once sealed. */
static inline uint32_t plan_step_pool(const struct plan *plan, const struct spec *spec,
                                      const struct step *step)
{
    plan_pool_ref ref = step->pool;
    const struct job_class *job_class;

    if (plan->pools == NULL)
        return 0;
    if (ref == 0 && (job_class = plan_class(plan, spec)) != NULL)
        ref = job_class->pool;
    return ref != 0 ? plan->pools->names[ref - 1].number : 0;
}

/* The first job of a spec, once sealed, and how many there are. */
static inline uint32_t plan_first_job(const struct plan *plan, uint32_t spec)
{
    return plan->firsts != NULL ? plan->firsts[spec] : spec;
}

static inline uint32_t plan_count(const struct plan *plan, uint32_t spec)
{
    return plan->firsts != NULL ? plan->firsts[spec + 1] - plan->firsts[spec] : 1;
}

/* Whether a spec's jobs are one-shot, once sealed: they wait once, or not at all,
 * and are `ok`.  What they need while they run is next to nothing; the others
 * are active jobs from their start to their end. */
static inline bool plan_is_one_shot(const struct plan *plan, const struct spec *spec)
{
    if (spec->detail != 0)
        return plan->details[spec->detail - 1].first_active_job == PLAN_NONE;
    return spec->wait_ns >= 0 ? plan->waits_are_one_shot : plan->defaults_are_one_shot;
}

/* A job's number among the active ones (< n_active_jobs), of one that is not one-shot.  They
 * are in the order of the jobs. */
static inline uint32_t plan_active_job(const struct plan *plan, uint32_t spec, uint32_t job)
{
    if (plan->active_by_job)
        return job;
    return plan->details[plan->specs[spec].detail - 1].first_active_job +
           (job - plan_first_job(plan, spec));
}

/* Whether a spec's jobs wait for names, defaults looked at. */
static inline bool plan_waits(const struct plan *plan, const struct spec *spec)
{
    return plan_work(plan, spec)->n_afters > 0;
}

/* Step `index` (< plan_spec_steps()) of a spec's list. */
static inline struct step plan_spec_step(const struct plan *plan, const struct spec *spec,
                                         uint32_t index)
{
    if (spec->wait_ns >= 0)
        return (struct step){.length = {.kind = DIST_CONSTANT, .a_ns = spec->wait_ns},
                             .kind = STEP_WAIT};
    return plan->steps[plan_work(plan, spec)->first_step + index];
}

/* The spec that job `job` (< n_jobs) belongs to, once sealed.  O(log n),
 * O(1) where no spec represents several jobs. */
uint32_t plan_spec_of(const struct plan *plan, uint32_t job);

/* Fills in the members of a job that it does not set itself, those of its class too. */
void plan_inherit_defaults(struct plan *plan, struct job_spec *job);

/* Makes room for one more in a growing array of n, for which there is room for
 * *room.  0, or PLAN_NOMEM with nothing changed. */
int plan_grow(void *array, uint32_t n, uint32_t *room, size_t size);

/* Takes from large arrays what they have been given in advance, once nothing is added any more. */
void plan_trim(struct plan *plan);

/* The same for the text, of which at most *budget bytes that were written are freed.  Takes these
 * from *budget; whether it is done. */
bool plan_text_trim(struct plan *plan, size_t *budget);

/* Makes *fault of the first pool that is named, by a job or by what a job takes of
 * `defaults`, and not declared.  Whether there is one. */
bool plan_pool_find_unknown(const struct plan *plan, struct plan_fault *fault);
void plan_pool_fini(struct plan *plan);

/* The decoded name of a spec, NULL where it has none. */
const char *plan_spec_name(const struct plan *plan, const struct spec *spec, size_t *len);

/* Frees what plan_seal() works with and what it made of `after`. */
void plan_seal_fini(struct plan *plan);

#endif
