/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PLAN_H
#define WAITD_PLAN_H

/*
 * A plan is what one submit request asks for, in the engine's own terms: the
 * options of the batch and, for each job, what it does, after whom, and what
 * happens when it fails.  The reader in proto/ fills a plan job by job and
 * seals it; from then on it is immutable and a batch runs it.
 *
 * Elements and jobs.  An *element* is one object of the request's `jobs`
 * array; by `count` it represents several *jobs*, whose indexes are in a row.
 * Elements that are equal and have no name are kept once, however often they
 * were written.
 *
 * Ranges.  Whoever fills a plan has checked every single value (durations are
 * 0 or more and at most max_wait_ns, counts at least 1, probabilities within
 * [0,1]).  plan_seal() checks what needs the whole request: totals, names and
 * cycles.
 *
 * A plan is filled and sealed by one thread at a time; a sealed one may be read by
 * several.  Functions that allocate return
 * PLAN_NOMEM and leave the plan as it was, fit to be freed and nothing else
 * lost.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/lookup.h"

#define PLAN_OK    0
#define PLAN_NOMEM (-1)

/* No job, no element, no spec. */
#define PLAN_NONE UINT32_MAX

/* "No limit" for struct plan_options' concurrency. */
#define PLAN_UNLIMITED UINT32_MAX

enum plan_mode { PLAN_CONCURRENT, PLAN_SEQUENTIAL, PLAN_BLOCKING };
enum plan_until { PLAN_UNTIL_ALL, PLAN_UNTIL_FIRST_DONE, PLAN_UNTIL_FIRST_FAILED };
enum plan_clock { PLAN_CLOCK_REAL, PLAN_CLOCK_VIRTUAL };
enum plan_events { PLAN_EVENTS_DONE, PLAN_EVENTS_ALL, PLAN_EVENTS_NONE };

/* The batch's own members.  plan_new() sets the contract's defaults. */
struct plan_options {
    enum plan_mode mode;
    enum plan_until until;
    enum plan_clock clock;
    enum plan_events events;
    uint32_t concurrency; /* jobs in flight at most, 1 or more, or PLAN_UNLIMITED */
    uint64_t workers;     /* 1 or more */
    int64_t timeout_ns;   /* of the whole batch, or -1 for none */
    int64_t seed;
    bool report;      /* of what became of its jobs and how its pools were used */
    bool random_seed; /* `seed` is to be drawn when the batch is accepted */
};

/* A piece of text kept in the plan: 0 for none, else what plan_text() takes. */
typedef uint32_t plan_text_ref;

enum dist_kind {
    DIST_CONSTANT,    /* a_ns */
    DIST_UNIFORM,     /* from a_ns to b_ns, a_ns <= b_ns */
    DIST_EXPONENTIAL, /* mean a_ns */
    DIST_NORMAL,      /* mean a_ns, standard deviation b_ns */
    DIST_LOGNORMAL,   /* median a_ns (> 0), 99th percentile b_ns (>= a_ns) */
    DIST_TRACE,       /* b_ns values from plan_trace(a_ns) on; job i takes value i modulo b_ns */
};

/* The name of a pool: 0 for none, else what plan_use_pool() made of it. */
typedef uint16_t plan_pool_ref;

/* How long a step takes: a constant or a distribution to draw it from. */
struct dist {
    enum dist_kind kind;
    int64_t a_ns;
    int64_t b_ns;
};

enum step_kind { STEP_WAIT, STEP_COMPUTE };

struct step {
    struct dist length;
    uint8_t kind;       /* enum step_kind */
    plan_pool_ref pool; /* COMPUTE: whose workers it takes; 0: those of the job's pool */
    plan_text_ref note; /* a JSON string token, quotes included */
};

/* What a back-off's delays are multiplied by: the decimal number that was written. */
struct plan_factor {
    double nearest;       /* to the number; 1 or more, finite */
    plan_text_ref digits; /* with a NUL after them, an integer: the number is that times
                           * 10^exponent; 0: it is `nearest` itself */
    int32_t exponent;     /* 0 without digits */
};
#define PLAN_FACTOR_2                                                                              \
    {                                                                                              \
        .nearest = 2                                                                               \
    }

struct backoff {
    int64_t initial_ns;
    struct plan_factor factor;
    int64_t max_ns; /* -1 for none */
    bool full_jitter;
};

/* Which members an element (or `defaults`) sets by itself. */
enum job_member {
    JOB_NAME = 1 << 0,
    JOB_STEPS = 1 << 1, /* by `wait`, `compute` or `steps` */
    JOB_REPEAT = 1 << 2,
    JOB_COUNT = 1 << 3,
    JOB_AFTER = 1 << 4,
    JOB_TIMEOUT = 1 << 5,
    JOB_FAIL = 1 << 6,
    JOB_RETRIES = 1 << 7,
    JOB_BACKOFF = 1 << 8,
    JOB_DATA = 1 << 9,
    JOB_POOL = 1 << 10,
    JOB_PRIORITY = 1 << 11,
    JOB_START = 1 << 12,
    JOB_EVERY = 1 << 13,
    /* What it sets besides is not kept, since the request is at fault; what it takes
     * from `defaults` was noted by plan_takes_defaults(). */
    JOB_STRIPPED = 1 << 14,
};
#define JOB_CLASS (JOB_POOL | JOB_PRIORITY | JOB_START | JOB_EVERY)

/*
 * How jobs arrive and what they are served by, which few requests say: the
 * *class* of a job (as queueing theory has classes of customers).  Jobs of a
 * request that does not need it have none and pay nothing for it.
 */
struct job_class {
    unsigned set;       /* which of JOB_CLASS mean anything */
    int32_t priority;   /* the higher is served first */
    plan_pool_ref pool; /* of the compute steps that name none */
    struct dist start;  /* from the batch's acceptance to the arrival */
    struct dist every;  /* from the arrival of one instance to that of the next, by `count` */
};

/*
 * What a job does.  On its way in (plan_add_element(), plan_set_defaults())
 * only the members named in `set` mean anything; out of plan_job() all do.
 */
struct job_spec {
    unsigned set;
    plan_text_ref name;             /* a JSON string token, quotes included */
    plan_text_ref data;             /* JSON text without blanks */
    uint32_t first_step, n_steps;   /* as plan_add_step() appended them; a job whose steps are
                                     * one constant wait may say PLAN_NONE and 1 */
    uint32_t first_after, n_afters; /* as plan_add_after() appended them */
    uint32_t class_ref;             /* as plan_add_class() returned it; 0 for none */
    uint64_t repeat;                /* 1 or more */
    uint64_t count;                 /* 1 or more */
    uint64_t retries;
    int64_t timeout_ns;     /* of one attempt, or -1 for none */
    uint64_t fail_below;    /* an attempt fails at its end if its draw of 53 bits is below this */
    struct backoff backoff; /* initial_ns 0 where none is set */
};

/* fail_below of a job that always fails: 2^53. */
#define PLAN_FAIL_ALWAYS (UINT64_C(1) << 53)

struct plan;

/* A new, empty plan, or NULL.  hash_key: 16 bytes unknown to clients, so that
 * no choice of names makes the lookup of names slow; copied. */
struct plan *plan_new(const uint8_t hash_key[16]);
void plan_free(struct plan *plan); /* NULL is fine */

/* Frees it, but no more of it at a time than *budget bytes, from which it takes what was
 * freed.  Returns whether all of it is gone; until then nothing else may be done
 * with it but this. */
bool plan_free_some(struct plan *plan, size_t *budget);

/* To be written until the plan is sealed, then read; but for a seed that is to be
 * drawn, which is written before the batch is made. */
struct plan_options *plan_options(struct plan *plan);
const struct plan_options *plan_options_of(const struct plan *plan);

/* ---- Filling ------------------------------------------------------------ */

/* Keeps a copy of len bytes.  The whole of a plan's text is at most 4 GiB. */
int plan_add_text(struct plan *plan, const char *text, size_t len, plan_text_ref *ref);

/* The same for JSON text whose line and paragraph separators (U+2028, U+2029) are to
 * be kept as escapes. */
int plan_add_json(struct plan *plan, const char *text, size_t len, plan_text_ref *ref);

/* The same in pieces, for text that is never in one place: open, append
 * (any number of times), close.  One text is open at a time, and no other
 * text is added meanwhile. */
int plan_text_open(struct plan *plan);
int plan_text_append(struct plan *plan, const char *piece, size_t len);
int plan_text_append_json(struct plan *plan, const char *piece, size_t len);
plan_text_ref plan_text_close(struct plan *plan);

/* Takes back the text that was added last. */
void plan_text_take_back(struct plan *plan, plan_text_ref ref);

/* Each appends to what the next element added will refer to; the index of the
 * first is plan_n_*() before the first call. */
int plan_add_step(struct plan *plan, const struct step *step);
/* name: in the plan, decoded; where: any number that grows along the request (its byte
 * offset), reported in a fault. */
int plan_add_after(struct plan *plan, plan_text_ref name, uint64_t where);
int plan_add_trace(struct plan *plan, int64_t value_ns);
int plan_add_class(struct plan *plan, const struct job_class *job_class, uint32_t *ref);
uint32_t plan_n_steps(const struct plan *plan);
uint32_t plan_n_afters(const struct plan *plan);
uint32_t plan_n_traces(const struct plan *plan);

/*
 * Appends an element.  decoded_name: the text of its name, needed only
 * to be found by `after`; 0 where it is the same as the token without its
 * quotes (no escapes in it) or there is no name.
 */
int plan_add_element(struct plan *plan, const struct job_spec *spec, plan_text_ref decoded_name);

/*
 * The same for an element that sets nothing but a name without escapes (its
 * token; NULL for none) and one constant wait (-1 for none): no more than
 * plan_add_text(), plan_add_step() and plan_add_element() do, in one step.
 */
int plan_add_single_wait(struct plan *plan, const char *name, size_t name_len, int64_t wait_ns);

/* What elements take that do not set it themselves; may be called before, between
 * or after them. */
void plan_set_defaults(struct plan *plan, const struct job_spec *spec, plan_text_ref decoded_name);

/* ---- Pools ---------------------------------------------------------------- */

/*
 * Beside the default pool, number 0, whose workers are an option, a plan has the
 * pools that it declares, numbered from 1 in their order.  They may be named
 * before they are declared; plan_seal() looks for those that never are.
 */

/* The most pools that a plan can declare. */
#define PLAN_MAX_POOLS 16000

/* A pool as it was declared. */
struct plan_pool {
    plan_text_ref name; /* a JSON string token, quotes included */
    uint64_t workers;   /* 1 or more */
};

/* Who names a pool. */
enum plan_pool_user { PLAN_POOL_ELEMENT, PLAN_POOL_DEFAULTS, PLAN_POOL_DEFAULT_STEPS };
#define PLAN_POOL_USERS 3

/* A place where a pool is named. */
struct plan_pool_use {
    uint64_t where;   /* grows along the request, as for plan_add_after() */
    uint32_t element; /* ELEMENT: which */
    uint32_t step;    /* which of the job's steps, or PLAN_NONE for the job itself */
};

/* The name of a pool, which has been added to the plan's text, decoded, and is looked up among
 * those of its pools. */
struct plan_pool_lookup {
    plan_text_ref name;
    struct lookup found;
};

/* Begins to look up the text that was added last; plan_look_up_pool() does it in steps, as
 * lookup_step() does, and takes it back where the name was there before. */
void plan_begin_pool_lookup(const struct plan *plan, plan_text_ref name,
                            struct plan_pool_lookup *lookup);
bool plan_look_up_pool(struct plan *plan, struct plan_pool_lookup *lookup, size_t *budget);

/* Adds the text and does all of that.  0, or PLAN_NOMEM. */
int plan_find_pool(struct plan *plan, const char *name, size_t len,
                   struct plan_pool_lookup *lookup);

/* Whether a pool of the name that was looked up has been declared. */
bool plan_has_pool(const struct plan *plan, const struct plan_pool_lookup *lookup);

/* Declares a pool of one worker: its token, and its name, which has been looked up.  The caller
 * has seen by plan_has_pool() that it is new, and declares at most PLAN_MAX_POOLS. */
int plan_add_pool(struct plan *plan, plan_text_ref token, const struct plan_pool_lookup *lookup);

/* How many workers the pool has that was declared last; 1 or more. */
void plan_set_pool_workers(struct plan *plan, uint64_t workers);

/*
 * Names a pool, whose name was looked up last: *ref refers to it.  max_pools, the most that may be
 * declared, bounds what is remembered: of one user, no more names than that and
 * one, since then one of those is not declared, and the place of the first such is
 * known; *ref is 0 for the others.
 */
int plan_use_pool(struct plan *plan, const struct plan_pool_lookup *lookup,
                  enum plan_pool_user user, const struct plan_pool_use *use, uint32_t max_pools,
                  plan_pool_ref *ref);

/* How many pools have been declared, and pool `number` of them, from 1. */
uint32_t plan_n_pools(const struct plan *plan);
struct plan_pool plan_pool(const struct plan *plan, uint32_t number);

/* Its decoded name. */
const char *plan_pool_name(const struct plan *plan, uint32_t number, size_t *len);

/* Whether a pool is named or declared. */
bool plan_names_pools(const struct plan *plan);

/* Notes that an element sets those members, and so takes the others from `defaults`:
 * for one that is JOB_STRIPPED, since plan_add_element() sees it of any other. */
void plan_takes_defaults(struct plan *plan, unsigned set);

/* ---- Sealing ------------------------------------------------------------ */

struct plan_limits {
    uint64_t max_jobs;       /* of a batch, at most UINT32_MAX - 1 */
    uint64_t max_steps;      /* jobs x steps x repeat x (1 + retries), each attempt at least 1
                              * step; at most UINT32_MAX */
    int64_t max_wait_ns;     /* draws are cut at this */
    uint32_t max_summaries;  /* names that a report lists one by one; 0: 1,000 */
    uint32_t unchecked_from; /* elements from this one on are not checked against the totals; 0:
                              * all are.  For requests that are at fault there anyway */
};

enum plan_seal { PLAN_SEALED, PLAN_SEAL_MORE, PLAN_SEAL_FAULT, PLAN_SEAL_NOMEM };

enum plan_fault_kind {
    PLAN_FAULT_JOBS,    /* more than max_jobs */
    PLAN_FAULT_STEPS,   /* more than max_steps */
    PLAN_FAULT_UNKNOWN, /* `after` has a name that no job has */
    PLAN_FAULT_CYCLE,   /* jobs wait for each other in a cycle */
    PLAN_FAULT_POOL,    /* a pool is named that is not declared */
};

struct plan_fault {
    enum plan_fault_kind kind;
    uint32_t element; /* in the request's `jobs`, or PLAN_NONE for `defaults` */
    uint32_t after;   /* which of its `after` names, from 0 (UNKNOWN, CYCLE) */
    uint32_t step;    /* which of its steps, or PLAN_NONE for the job itself (POOL) */
    uint64_t where;   /* of that name (UNKNOWN, CYCLE, POOL), else 0 */
    uint64_t got;     /* the total (JOBS, STEPS), saturating */
    size_t names_len; /* a name may hold NULs */
    char names[160];  /* UNKNOWN, POOL: the name; CYCLE: `a -> b -> a`; cut to fit, whole UTF-8 */
};

/*
 * Completes the plan, doing at most about `budget` elements' worth of work a
 * call; call again while it answers PLAN_SEAL_MORE.  After PLAN_SEAL_FAULT
 * *fault is the first one in the order of the request, and the plan can
 * only be freed.  The limits, and the object that *fault is, must be the same in
 * every call.
 */
enum plan_seal plan_seal(struct plan *plan, const struct plan_limits *limits, size_t budget,
                         struct plan_fault *fault);

/* ---- Reading, once sealed ----------------------------------------------- */

uint32_t plan_n_jobs(const struct plan *plan);

/* Its steps, as struct plan_limits counts them. */
uint64_t plan_all_steps(const struct plan *plan);

/* Everything that job `job` (< plan_n_jobs()) is to do, defaults
 * filled in.  O(log n); text and steps are read through the references. */
void plan_job(const struct plan *plan, uint32_t job, struct job_spec *spec);

/* What a job's events echo: its name and data, 0 where there is none. */
void plan_job_text(const struct plan *plan, uint32_t job, plan_text_ref *name, plan_text_ref *data);

/* The note of step `step` (counted over repeats) of a job, 0 where none. */
plan_text_ref plan_job_note(const struct plan *plan, uint32_t job, uint32_t step);

/* The number of the pool whose workers a compute step (counted over repeats) of a job
 * takes; 0 is the default one. */
uint32_t plan_job_pool(const struct plan *plan, uint32_t job, uint64_t step);

/* The class of a job, all members filled in; one that sets nothing where it has none. */
struct job_class plan_job_class(const struct plan *plan, uint32_t job);

/* Step `index` (< n_steps) of a job's list of steps. */
struct step plan_job_step(const struct plan *plan, uint32_t job, uint32_t index);

const char *plan_text(const struct plan *plan, plan_text_ref ref, size_t *len);

/* Bytes of all texts together. */
size_t plan_text_bytes(const struct plan *plan);

int64_t plan_trace(const struct plan *plan, uint32_t index);

#endif
