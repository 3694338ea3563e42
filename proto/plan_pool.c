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

struct wanted {
    const char *name;
    size_t len;
};

static bool is_name(const void *context, uint32_t number, const void *key)
{
    const struct plan *plan = context;
    const struct wanted *wanted = key;
    size_t len;
    const char *name = plan_text(plan, plan->pools->names[number].decoded, &len);

    return len == wanted->len && memcmp(name, wanted->name, len) == 0;
}

static uint64_t hash_of_name(const void *context, uint32_t number)
{
    const struct plan *plan = context;
    size_t len;
    const char *name = plan_text(plan, plan->pools->names[number].decoded, &len);

    return hash_bytes(plan->hash_key, name, len);
}

static struct pool_name *find(const struct plan *plan, const char *name, size_t len)
{
    const struct pool_table *table = plan->pools;
    const struct wanted wanted = {name, len};
    uint32_t number = HASH_NONE;

    if (table != NULL)
        number = hash_find(&table->by_name, hash_bytes(plan->hash_key, name, len), is_name, plan,
                           &wanted);
    return number != HASH_NONE ? &table->names[number] : NULL;
}

/* The name, added if it is new; NULL when out of memory. */
static struct pool_name *find_or_add(struct plan *plan, const char *name, size_t len)
{
    struct pool_table *table = table_of(plan);
    struct pool_name *found = find(plan, name, len);

    if (found != NULL || table == NULL)
        return found;
    if (plan_grow(&table->names, table->n_names, &table->room_names, sizeof(*table->names)) !=
        PLAN_OK)
        return NULL;
    found = &table->names[table->n_names];
    memset(found, 0, sizeof(*found));
    for (unsigned user = 0; user < PLAN_POOL_USERS; user++)
        found->uses[user].where = UINT64_MAX;
    if (plan_add_text(plan, name, len, &found->decoded) != PLAN_OK)
        return NULL;
    if (hash_add(&table->by_name, hash_bytes(plan->hash_key, name, len), table->n_names,
                 hash_of_name, plan) != 0)
        return NULL;
    table->n_names++;
    return found;
}

/* ---- Filling ---------------------------------------------------------------- */

bool plan_has_pool(struct plan *plan, const char *name, size_t len)
{
    const struct pool_name *found = find(plan, name, len);

    return found != NULL && found->workers > 0;
}

int plan_add_pool(struct plan *plan, const char *token, size_t token_len, const char *name,
                  size_t len)
{
    struct pool_name *found = find_or_add(plan, name, len);
    struct pool_table *table = plan->pools;

    if (found == NULL ||
        plan_grow(&table->declared, table->n_declared, &table->room_declared,
                  sizeof(*table->declared)) != PLAN_OK ||
        plan_add_json(plan, token, token_len, &found->token) != PLAN_OK)
        return PLAN_NOMEM;
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

int plan_use_pool(struct plan *plan, const char *name, size_t len, enum plan_pool_user user,
                  const struct plan_pool_use *use, uint32_t max_pools, plan_pool_ref *ref)
{
    struct pool_name *found = find(plan, name, len);

    *ref = 0;
    if (found == NULL) {
        if (plan->pools != NULL && plan->pools->n_used[user] > max_pools)
            return PLAN_OK; /* as many as that are not all declared */
        found = find_or_add(plan, name, len);
        if (found == NULL)
            return PLAN_NOMEM;
    }
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
