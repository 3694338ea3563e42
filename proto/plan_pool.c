/* SPDX-License-Identifier: ISC */

/*
 * The pools of a plan: those that are declared, and where in the request each is
 * named first.  A job may name a pool before it is declared, so a name is kept
 * once, however often it occurs there, and looked for when the plan is sealed.
 */

#include "proto/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/hash.h"
#include "proto/plan_internal.h"
#include "proto/plan_seal_internal.h"

static struct pool_table *table_of(struct plan *plan)
{
    if (plan->pools == NULL)
        plan->pools = calloc(1, sizeof(*plan->pools));
    return plan->pools;
}

void plan_pool_fini(struct plan *plan)
{
    struct pool_table *table = plan->pools;

    if (table == NULL)
        return;
    free(table->names);
    hash_fini(&table->by_name);
    free(table->declared);
    free(table);
    plan->pools = NULL;
}

/* ---- The table ------------------------------------------------------------ */

static const char *text_of(const void *context, uint32_t number, size_t *len)
{
    const struct plan *plan = context;

    return plan_text(plan, plan->pools->names[number].decoded, len);
}

static uint64_t hash_of_name(const void *context, uint32_t number)
{
    const struct plan *plan = context;
    size_t len;
    const char *name = text_of(plan, number, &len);

    return lookup_hash(plan->hash_key, name, len);
}

void plan_begin_pool_lookup(const struct plan *plan, plan_text_ref name,
                            struct plan_pool_lookup *lookup)
{
    size_t len;
    const char *text = plan_text(plan, name, &len);

    lookup->name = name;
    lookup_begin(&lookup->found, plan->hash_key, text, len);
}

bool plan_look_up_pool(struct plan *plan, struct plan_pool_lookup *lookup, size_t *budget)
{
    if (plan->pools == NULL)
        return true;
    if (!lookup_step(&lookup->found, &plan->pools->by_name, text_of, plan, budget))
        return false;
    if (lookup->found.number != HASH_NONE)
        plan_text_take_back(plan, lookup->name);
    return true;
}

int plan_find_pool(struct plan *plan, const char *name, size_t len, struct plan_pool_lookup *lookup)
{
    plan_text_ref ref;
    size_t budget = SIZE_MAX;

    if (plan_add_text(plan, name, len, &ref) != PLAN_OK)
        return PLAN_NOMEM;
    plan_begin_pool_lookup(plan, ref, lookup);
    (void)plan_look_up_pool(plan, lookup, &budget);
    return PLAN_OK;
}

/* The name that was looked up, added if it is new; NULL when out of memory. */
static struct pool_name *find_or_add(struct plan *plan, const struct plan_pool_lookup *lookup)
{
    struct pool_table *table = table_of(plan);
    struct pool_name *added;

    if (table == NULL)
        return NULL;
    if (lookup->found.number != HASH_NONE)
        return &table->names[lookup->found.number];
    if (plan_grow(&table->names, table->n_names, &table->room_names, sizeof(*table->names)) !=
        PLAN_OK)
        return NULL;
    added = &table->names[table->n_names];
    *added = (struct pool_name){.decoded = lookup->name};
    for (unsigned user = 0; user < PLAN_POOL_USERS; user++)
        added->uses[user].where = UINT64_MAX;
    if (hash_add(&table->by_name, lookup->found.hash, table->n_names, hash_of_name, plan) != 0)
        return NULL;
    table->n_names++;
    return added;
}

/* ---- Filling ---------------------------------------------------------------- */

bool plan_has_pool(const struct plan *plan, const struct plan_pool_lookup *lookup)
{
    return lookup->found.number != HASH_NONE &&
           plan->pools->names[lookup->found.number].workers > 0;
}

int plan_add_pool(struct plan *plan, plan_text_ref token, const struct plan_pool_lookup *lookup)
{
    struct pool_name *found = find_or_add(plan, lookup);
    struct pool_table *table = plan->pools;

    if (found == NULL || plan_grow(&table->declared, table->n_declared, &table->room_declared,
                                   sizeof(*table->declared)) != PLAN_OK)
        return PLAN_NOMEM;
    found->token = token;
    found->workers = 1;
    found->number = (uint16_t)(table->n_declared + 1);
    table->declared[table->n_declared++] = (uint16_t)(found - table->names + 1);
    return PLAN_OK;
}

void plan_set_pool_workers(struct plan *plan, uint64_t workers)
{
    struct pool_table *table = plan->pools;

    table->names[table->declared[table->n_declared - 1] - 1].workers = workers;
}

int plan_use_pool(struct plan *plan, const struct plan_pool_lookup *lookup,
                  enum plan_pool_user user, const struct plan_pool_use *use, uint32_t max_pools,
                  plan_pool_ref *ref)
{
    struct pool_name *found;

    *ref = 0;
    if (lookup->found.number == HASH_NONE && plan->pools != NULL &&
        plan->pools->n_used[user] > max_pools) {
        plan_text_take_back(plan, lookup->name);
        return PLAN_OK; /* as many as that are not all declared */
    }
    found = find_or_add(plan, lookup);
    if (found == NULL)
        return PLAN_NOMEM;
    if (found->uses[user].where == UINT64_MAX) {
        plan->pools->n_used[user]++;
        found->uses[user] = *use;
    }
    *ref = (plan_pool_ref)(found - plan->pools->names + 1);
    return PLAN_OK;
}

/* ---- Sealing ------------------------------------------------------------------ */

/* Whether what `user` names matters: that of `defaults` only when a job takes it. */
static bool counts(const struct plan *plan, enum plan_pool_user user)
{
    switch (user) {
    case PLAN_POOL_ELEMENT:
        return true;
    case PLAN_POOL_DEFAULTS:
        return plan->takes_pool;
    case PLAN_POOL_DEFAULT_STEPS:
        return plan->takes_steps;
    }
    return false;
}

bool plan_pool_find_unknown(const struct plan *plan, struct plan_fault *fault)
{
    const struct pool_table *table = plan->pools;
    bool found = false;

    for (uint32_t i = 0; table != NULL && i < table->n_names; i++) {
        const struct pool_name *pool = &table->names[i];

        for (unsigned user = 0; pool->workers == 0 && user < PLAN_POOL_USERS; user++) {
            const struct plan_pool_use *use = &pool->uses[user];
            size_t len;
            const char *name;

            if (use->where == UINT64_MAX || !counts(plan, (enum plan_pool_user)user) ||
                (found && fault->where <= use->where))
                continue;
            *fault = (struct plan_fault){
                .kind = PLAN_FAULT_POOL,
                .element = user == PLAN_POOL_ELEMENT ? use->element : PLAN_NONE,
                .step = use->step,
                .where = use->where,
            };
            name = plan_text(plan, pool->decoded, &len);
            plan_seal_append_name(fault, name, len);
            found = true;
        }
    }
    return found;
}

/* ---- Reading -------------------------------------------------------------------- */

bool plan_names_pools(const struct plan *plan)
{
    return plan->pools != NULL;
}

uint32_t plan_n_pools(const struct plan *plan)
{
    return plan->pools != NULL ? plan->pools->n_declared : 0;
}

static const struct pool_name *declared(const struct plan *plan, uint32_t number)
{
    return &plan->pools->names[plan->pools->declared[number - 1] - 1];
}

struct plan_pool plan_pool(const struct plan *plan, uint32_t number)
{
    const struct pool_name *pool = declared(plan, number);

    return (struct plan_pool){.name = pool->token, .workers = pool->workers};
}

const char *plan_pool_name(const struct plan *plan, uint32_t number, size_t *len)
{
    return plan_text(plan, declared(plan, number)->decoded, len);
}
