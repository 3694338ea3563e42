/* SPDX-License-Identifier: ISC */
#include "client/cmd/vary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define POOLS     "pools."
#define POOLS_LEN (sizeof POOLS - 1)

#define TAKES                                                                                      \
    "workers, concurrency or pools.NAME, then = and positive integers below 2^32-1 with commas "   \
    "between"

/* Reads a positive integer of 32 bits; 0 for what is none. */
static uint32_t take_value(const char **text)
{
    uint64_t value = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (uint64_t)(**text - '0');
        if (value >= PLAN_UNLIMITED)
            return 0;
    }
    return (uint32_t)value;
}

/* Which member that name is of. */
static enum vary_member find_member(const char *name, size_t len)
{
    if (len == 7 && memcmp(name, "workers", len) == 0)
        return VARY_WORKERS;
    if (len == 11 && memcmp(name, "concurrency", len) == 0)
        return VARY_CONCURRENCY;
    return len >= POOLS_LEN && memcmp(name, POOLS, POOLS_LEN) == 0 ? VARY_POOL : VARY_NOTHING;
}

const char *vary_parse(struct vary *vary, const char *text)
{
    const char *at = strrchr(text, '='); /* there may be some in a pool's name */

    *vary = (struct vary){.name = text, .name_len = at != NULL ? (size_t)(at - text) : 0};
    vary->member = find_member(text, vary->name_len);
    if (at == NULL || vary->member == VARY_NOTHING)
        return TAKES;
    do {
        at++;
        if (vary->n == VARY_VALUES_MAX)
            return "at most 1000 values";
        vary->values[vary->n] = take_value(&at);
        if (vary->values[vary->n++] == 0)
            return TAKES;
    } while (*at == ',');
    return *at == '\0' ? NULL : TAKES;
}

/* All pools again, with so many workers for the one. */
static const char *override_pool(const struct vary *vary, uint32_t workers, const struct plan *plan,
                                 struct overrides *overrides)
{
    struct bytes json = {0};
    bool is_there = false, is_set;

    for (uint32_t i = 1; i <= plan_n_pools(plan); i++) {
        struct plan_pool pool = plan_pool(plan, i);
        size_t name_len, token_len;
        const char *name = plan_pool_name(plan, i, &name_len);
        const char *token = plan_text(plan, pool.name, &token_len);
        bool is_it = name_len == vary->name_len - POOLS_LEN &&
                     memcmp(name, vary->name + POOLS_LEN, name_len) == 0;

        is_there |= is_it;
        bytes_add_char(&json, i == 1 ? '{' : ',');
        bytes_add(&json, token, token_len);
        bytes_add_format(&json, ":%" PRIu64, is_it ? workers : pool.workers);
    }
    bytes_add_string(&json, "}");
    is_set = overrides_set_json(overrides, OVERRIDE_POOLS, &json) == 0;
    bytes_fini(&json);
    if (!is_there)
        return "there is no pool of that name";
    return is_set ? NULL : "out of memory";
}

const char *vary_override(const struct vary *vary, size_t i, const struct plan *plan,
                          struct overrides *overrides)
{
    char value[16];

    if (vary->member == VARY_NOTHING)
        return NULL;
    if (vary->member == VARY_POOL)
        return override_pool(vary, vary->values[i], plan, overrides);
    snprintf(value, sizeof value, "%" PRIu32, vary->values[i]);
    return overrides_set(
        overrides, vary->member == VARY_WORKERS ? OVERRIDE_WORKERS : OVERRIDE_CONCURRENCY, value);
}

/* Whether the row brings 5 % of what the one before it takes. */
static bool brings(int64_t before_ns, int64_t ns)
{
    return before_ns > ns && (before_ns - ns) >= before_ns / 20 + (before_ns % 20 != 0);
}

size_t vary_knee(const int64_t *p50_ns, size_t n)
{
    size_t knee = n > 0 ? n - 1 : 0;

    if (n < 2 || brings(p50_ns[n - 2], p50_ns[n - 1]))
        return n;
    while (knee > 0 && !brings(p50_ns[knee - 1], p50_ns[knee]))
        knee--;
    return knee;
}
