/* SPDX-License-Identifier: ISC */

/*
 * The pools of a plan: those that are declared, and where in the request each is
 * named first.  A job may name a pool before it is declared, so a name is kept
 * once, however often it stands there, and looked for when the plan is sealed.
 */

#include "proto/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/names.h"
#include "proto/plan_internal.h"
#include "proto/plan_seal_internal.h"

#define SLOTS_LEAST 16

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
    free(table->slots);
    free(table->declared);
    free(table);
    plan->pools = NULL;
}

/* ---- The table ------------------------------------------------------------ */

/* The slot that holds the name, or the empty one where it would go. */
static uint32_t *seek(const struct plan *plan, const char *name, size_t len)
{
    const struct pool_table *table = plan->pools;
    uint32_t mask = table->n_slots - 1;
    uint32_t at = (uint32_t)names_siphash(plan->hash_key, name, len) & mask;

    for (; table->slots[at] != 0; at = (at + 1) & mask) {
        size_t known_len;
        const char *known = plan_text(plan, table->names[table->slots[at] - 1].plain, &known_len);

        if (known_len == len && memcmp(known, name, len) == 0)
            break;
    }
    return &table->slots[at];
}

/* Makes the table twice as large, where one name more would fill half of it. */
static int reserve_slot(struct plan *plan)
{
    struct pool_table *table = plan->pools;
    uint32_t n = table->n_slots > 0 ? 2 * table->n_slots : SLOTS_LEAST;
    uint32_t *slots;

    if (2 * (table->n_names + 1) <= table->n_slots)
        return PLAN_OK;
    slots = calloc(n, sizeof(*slots));
    if (slots == NULL)
        return PLAN_NOMEM;
    free(table->slots);
    table->slots = slots;
    table->n_slots = n;
    assert(table->n_names == 0 || table->names != NULL);
    for (uint32_t i = 0; i < table->n_names; i++) {
        size_t len;
        const char *name = plan_text(plan, table->names[i].plain, &len);

        *seek(plan, name, len) = i + 1;
    }
    return PLAN_OK;
}

static struct pool_name *find(const struct plan *plan, const char *name, size_t len)
{
    const struct pool_table *table = plan->pools;
    uint32_t slot = table != NULL && table->n_slots > 0 ? *seek(plan, name, len) : 0;

    return slot != 0 ? &table->names[slot - 1] : NULL;
}

/* The name, added if it is new; NULL when out of memory. */
static struct pool_name *find_or_add(struct plan *plan, const char *name, size_t len)
{
    struct pool_table *table = table_of(plan);
    struct pool_name *found = find(plan, name, len);

    if (found != NULL || table == NULL)
        return found;
    if (reserve_slot(plan) != PLAN_OK ||
        plan_grow(&table->names, table->n_names, &table->room_names, sizeof(*table->names)) !=
            PLAN_OK)
        return NULL;
    found = &table->names[table->n_names];
    memset(found, 0, sizeof(*found));
    for (unsigned user = 0; user < PLAN_POOL_USERS; user++)
        found->uses[user].where = UINT64_MAX;
    if (plan_add_text(plan, name, len, &found->plain) != PLAN_OK)
        return NULL;
    *seek(plan, name, len) = ++table->n_names;
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

void plan_set_pool_workers(struct plan *plan, uint32_t workers)
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
            name = plan_text(plan, pool->plain, &len);
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
    return plan_text(plan, declared(plan, number)->plain, len);
}
