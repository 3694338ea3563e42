/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_services.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/saturate.h"

/* Seeds whose draws are counted: 16 bytes each. */
#define SEEDS_MAX (UINT32_C(1) << 19)

/* A heap of the times at which workers are free, the earliest first. */
struct pool {
    char name[HTTP_SERVICE_NAME_MAX + 1];
    uint32_t n_workers;
    int64_t *free_ns;
};

/* Open addressing; next is 0 for an empty place. */
struct counter {
    int64_t seed;
    uint64_t next;
};

struct http_services {
    pthread_mutex_t lock;
    struct pool *pools;
    unsigned n_pools;
    struct counter *counters;
    uint32_t n_counters, room;
};

/* ---- Pools ---------------------------------------------------------------------- */

static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", text[i]))
            return false;
    return len > 0 && len <= HTTP_SERVICE_NAME_MAX;
}

/* The number of workers, 0 for none that is allowed. */
static uint32_t workers_of(const char *text)
{
    uint32_t n = 0;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 7)
        return 0;
    for (; *text; text++)
        n = n * 10 + (uint32_t)(*text - '0');
    return n <= HTTP_SERVICE_WORKERS_MAX ? n : 0;
}

const char *http_services_check(const char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals)
        return "is not of the form NAME=WORKERS";
    if (!is_name(text, (size_t)(equals - text)))
        return "has a name that is not 1 to 64 letters, digits and . _ -";
    if (workers_of(equals + 1) == 0)
        return "has no number of workers from 1 to 1000000";
    return NULL;
}

static int add_pool(struct http_services *services, const char *text)
{
    size_t len = strcspn(text, "=");
    char name[HTTP_SERVICE_NAME_MAX + 1] = "";
    struct pool *pool;
    int found;

    memcpy(name, text, len < HTTP_SERVICE_NAME_MAX ? len : HTTP_SERVICE_NAME_MAX);
    found = http_services_find(services, name);
    pool = &services->pools[found >= 0 ? (unsigned)found : services->n_pools++];
    memcpy(pool->name, name, sizeof(name));
    pool->n_workers = workers_of(text + len + 1);
    free(pool->free_ns);
    pool->free_ns = calloc(pool->n_workers, sizeof(*pool->free_ns));
    return pool->free_ns ? 0 : -1;
}

struct http_services *http_services_new(char *const *texts, unsigned n_texts)
{
    struct http_services *services = calloc(1, sizeof(*services));

    if (!services)
        return NULL;
    pthread_mutex_init(&services->lock, NULL);
    services->pools = calloc(n_texts + 1, sizeof(*services->pools));
    for (unsigned i = 0; i < n_texts; i++) {
        if (!services->pools || add_pool(services, texts[i]) != 0) {
            http_services_free(services);
            return NULL;
        }
    }
    return services;
}

void http_services_free(struct http_services *services)
{
    if (!services)
        return;
    assert(services->n_pools == 0 || services->pools);
    for (unsigned i = 0; i < services->n_pools; i++)
        free(services->pools[i].free_ns);
    free(services->pools);
    free(services->counters);
    pthread_mutex_destroy(&services->lock);
    free(services);
}

int http_services_find(const struct http_services *services, const char *name)
{
    for (unsigned i = 0; i < services->n_pools; i++)
        if (strcmp(services->pools[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Puts the time at the top where it belongs. */
static void sink(struct pool *pool, int64_t time_ns)
{
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= pool->n_workers)
            break;
        if (child + 1 < pool->n_workers && pool->free_ns[child + 1] < pool->free_ns[child])
            child++;
        if (pool->free_ns[child] >= time_ns)
            break;
        pool->free_ns[at] = pool->free_ns[child];
        at = child;
    }
    pool->free_ns[at] = time_ns;
}

int64_t http_services_take(struct http_services *services, int number, int64_t now_ns,
                           int64_t busy_ns)
{
    struct pool *pool = &services->pools[number];
    int64_t start_ns;

    pthread_mutex_lock(&services->lock);
    start_ns = pool->free_ns[0] > now_ns ? pool->free_ns[0] : now_ns;
    sink(pool, saturate_add_ns(start_ns, busy_ns));
    pthread_mutex_unlock(&services->lock);
    return start_ns;
}

/* ---- Counters ------------------------------------------------------------------- */

/* The counter of a seed, or the empty place for it. */
static struct counter *place_of(struct counter *counters, uint32_t room, int64_t seed)
{
    /* The finaliser of MurmurHash3 (A. Appleby), so that seeds in a row spread. */
    uint64_t hash = (uint64_t)seed;
    uint32_t at;

    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    at = (uint32_t)(hash ^ (hash >> 33)) & (room - 1);
    while (counters[at].next != 0 && counters[at].seed != seed)
        at = (at + 1) & (room - 1);
    return &counters[at];
}

/* Twice the room, at most half full. */
static int grow(struct http_services *services)
{
    uint32_t room = services->room ? 2 * services->room : 16;
    struct counter *counters = calloc(room, sizeof(*counters));

    if (!counters)
        return -1;
    for (uint32_t i = 0; i < services->room; i++)
        if (services->counters[i].next != 0)
            *place_of(counters, room, services->counters[i].seed) = services->counters[i];
    free(services->counters);
    services->counters = counters;
    services->room = room;
    return 0;
}

static bool count(struct http_services *services, int64_t seed, uint32_t *n)
{
    struct counter *counter;

    if (2 * services->n_counters >= services->room && grow(services) != 0)
        return false;
    counter = place_of(services->counters, services->room, seed);
    if (counter->next == 0 && services->n_counters >= SEEDS_MAX)
        return false;
    services->n_counters += counter->next == 0;
    counter->seed = seed;
    *n = (uint32_t)counter->next++;
    return true;
}

bool http_services_count(struct http_services *services, int64_t seed, uint32_t *n)
{
    bool counted;

    pthread_mutex_lock(&services->lock);
    counted = count(services, seed, n);
    pthread_mutex_unlock(&services->lock);
    return counted;
}
