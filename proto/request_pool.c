/* SPDX-License-Identifier: ISC */

/* Pools: those that a request declares, and where jobs and steps name them. */

#include "proto/request.h"

#include <string.h>

#include "proto/nearest.h"
#include "proto/request_internal.h"

/* How many pools are compared with a name that nobody has: it takes a while. */
#define HINTS_MOST 256

static uint32_t max_pools(const struct request_reading *reading)
{
    uint32_t most = reading->limits->max_pools;
    return most > 0 ? most : PLAN_MAX_POOLS;
}

/* Looks up the name of a pool, which is added to the plan if it is new.  0, or -1 with the request
 * dropped. */
static int look_up(struct request_reading *reading, const struct lexer_token *token,
                   struct plan_pool_lookup *lookup)
{
    const struct request_staging *staged = request_staged(reading, token);
    const char *name;
    size_t len;
    if (staged != NULL) {
        *lookup = staged->pool;
        return 0;
    }
    if (request_decode(reading, token, &name, &len) != 0)
        return -1;
    if (plan_find_pool(reading->plan, name, len, lookup) != PLAN_OK) {
        request_no_memory(reading);
        return -1;
    }
    return 0;
}

/* Counts the bytes of a name that was new. */
static void count_name(struct request_reading *reading, const struct plan_pool_lookup *lookup)
{
    if (lookup->found.number == HASH_NONE)
        reading->kept_bytes += lookup->found.len + sizeof(lookup->name) + REQUEST_POOL_BYTES;
}

/* ---- Declaring ------------------------------------------------------------------- */

static void read_pool_key(struct request_reading *reading, const struct lexer_token *key)
{
    struct request_frame *frame = request_frame(reading);
    struct plan_pool_lookup lookup;
    plan_text_ref token;
    uint32_t most = max_pools(reading);
    frame->has_index = false;
    if (plan_n_pools(reading->plan) >= most) {
        request_fault(reading, FAULT_TOO_LARGE, key->offset,
                      "\"pools\" takes at most %lu pools (max-pools), and there are more",
                      (unsigned long)most);
        request_drop(reading);
        return;
    }
    if (!request_fits(reading, key)) {
        request_pass_next(reading, key->depth);
        return;
    }
    if (look_up(reading, key, &lookup) != 0)
        return;
    if (plan_has_pool(reading->plan, &lookup)) {
        request_second_key(reading, key);
        return;
    }
    /* Declared by its key alone, so that a value at fault does not make its name
     * unknown as well. */
    if (request_keep_text(reading, key, &token) != 0)
        return;
    if (plan_add_pool(reading->plan, token, &lookup) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    frame->has_index = true;
    count_name(reading, &lookup);
}

static void read_pool_workers(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t n;
    if (request_integer(reading, token, 1, &n))
        plan_set_pool_workers(reading->plan, n);
}

static const struct request_context pools_object = {
    .noun = "an object of pools",
    .element = read_pool_workers,
    .key = read_pool_key,
    .keeps = REQUEST_KEEPS_TEXT | REQUEST_KEEPS_POOL,
};

void request_read_pools(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_OBJECT_BEGIN)
        request_wrong(reading, token, "an object of pools and their numbers of workers");
    else if (request_plan(reading) != NULL)
        request_push(reading, &pools_object);
}

/* ---- Naming ------------------------------------------------------------------------ */

/* Where in the request the pool of the job or the step in progress is named. */
static struct plan_pool_use use_at(struct request_reading *reading, const struct lexer_token *token,
                                   enum plan_pool_user *user)
{
    bool in_step = request_frame(reading)->context == &request_step_object;
    const struct request_frame *job = request_frame(reading) - (in_step ? 2 : 0);
    bool in_defaults = job->context == &request_defaults_object;
    *user = !in_defaults ? PLAN_POOL_ELEMENT
            : in_step    ? PLAN_POOL_DEFAULT_STEPS
                         : PLAN_POOL_DEFAULTS;
    return (struct plan_pool_use){.where = token->offset << 1,
                                  .element = in_defaults ? PLAN_NONE : (uint32_t)job[-1].index,
                                  .step = in_step ? (uint32_t)job[1].index : PLAN_NONE};
}

void request_use_pool(struct request_reading *reading, const struct lexer_token *token,
                      plan_pool_ref *ref)
{
    enum plan_pool_user user;
    struct plan_pool_lookup lookup;
    if (token->kind != LEXER_STRING) {
        request_wrong(reading, token, "the name of a pool");
        return;
    }
    if (reading->plan == NULL || !request_fits(reading, token) ||
        look_up(reading, token, &lookup) != 0)
        return;
    struct plan_pool_use use = use_at(reading, token, &user);
    if (plan_use_pool(reading->plan, &lookup, user, &use, max_pools(reading), ref) != PLAN_OK)
        request_no_memory(reading);
    else if (*ref != 0)
        count_name(reading, &lookup);
}

/* ---- Names that nobody has ----------------------------------------------------------- */

/* The declared pool whose name is nearest to what was written; false if none is near. */
static bool find_nearest(const struct plan *plan, const char *name, char meant[NEAREST_MAX + 1])
{
    char candidate[NEAREST_MAX + 1];
    struct nearest nearest;
    unsigned edits = UINT32_MAX;
    uint32_t n = plan_n_pools(plan) < HINTS_MOST ? plan_n_pools(plan) : HINTS_MOST;
    nearest_begin(&nearest, name, strlen(name));
    for (uint32_t number = 1; number <= n; number++) {
        size_t len;
        const char *text = plan_pool_name(plan, number, &len);
        if (len > NEAREST_MAX || memchr(text, '\0', len) != NULL)
            continue;
        memcpy(candidate, text, len);
        candidate[len] = '\0';
        nearest_try(&nearest, candidate);
        if (nearest.best == NULL || nearest.edits >= edits)
            continue;
        edits = nearest.edits;
        memcpy(meant, candidate, len + 1);
    }
    return nearest.best != NULL;
}

void request_pool_fault(struct request_reading *reading)
{
    const struct plan_fault *found = &reading->found;
    char quoted[FAULT_QUOTE_SIZE], hint[FAULT_QUOTE_SIZE], meant[NEAREST_MAX + 1];
    uint64_t offset = found->where >> 1;
    if (request_has_earlier_fault(reading, offset))
        return;
    bool near = find_nearest(reading->plan, found->names, meant);
    (void)fault_set(&reading->fault, FAULT_INVALID_REQUEST, offset,
                    "\"pool\" takes the name of one of \"pools\", and none is called \"%s\"%s%s%s",
                    fault_quote(quoted, found->names, found->names_len),
                    near ? " (did you mean \"" : "",
                    near ? fault_quote(hint, meant, strlen(meant)) : "", near ? "\"?)" : "");
    request_write_element(reading, found->element, found->step == PLAN_NONE ? "pool" : "steps",
                          reading->fault.path);
    if (found->step != PLAN_NONE) {
        request_append_index(reading->fault.path, found->step);
        request_append_key(reading->fault.path, "pool", 4);
    }
}
