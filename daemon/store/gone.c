/* SPDX-License-Identifier: ISC */
#include "daemon/store/gone.h"

#include <stdlib.h>
#include <string.h>

#define RING_LEAST ((size_t)64)

struct gone_ref {
    struct principal *owner; /* held */
    char ref[];
};

static struct gone_ref *make(const char *ref, struct principal *owner)
{
    size_t size = strlen(ref) + 1;
    struct gone_ref *made = malloc(sizeof(*made) + size);

    if (made == NULL)
        return NULL;
    made->owner = principal_hold(owner);
    memcpy(made->ref, ref, size);
    return made;
}

static void drop(struct gone_ref *ref)
{
    principal_release(ref->owner);
    free(ref);
}

/* Refs are drawn by the daemon, so that nobody chooses them. */
static uint64_t hash_of_ref(const char *ref)
{
    static const uint8_t key[16] = {0};

    return hash_bytes(key, ref, strlen(ref));
}

static uint64_t hash_of_place(const void *gone, uint32_t place)
{
    return hash_of_ref(((const struct gone *)gone)->ring[place]->ref);
}

static bool has_ref(const void *gone, uint32_t place, const void *ref)
{
    return strcmp(((const struct gone *)gone)->ring[place]->ref, ref) == 0;
}

static void forget(struct gone *gone, size_t place)
{
    if (gone->ring[place] == NULL)
        return;
    hash_remove(&gone->by_ref, (uint32_t)place, hash_of_place, gone);
    drop(gone->ring[place]);
    gone->ring[place] = NULL;
}

/* A larger ring, where the next place is in use and there may be more; else the
 * oldest gives way. */
static void make_room(struct gone *gone, size_t most)
{
    size_t size = gone->size > 0 ? 2 * gone->size : RING_LEAST;
    struct gone_ref **ring;

    if (gone->next < gone->size || gone->size >= most)
        return;
    if (size > most)
        size = most;
    ring = realloc(gone->ring, size * sizeof(struct gone_ref *));
    if (ring == NULL)
        return;
    memset(ring + gone->size, 0, (size - gone->size) * sizeof(struct gone_ref *));
    gone->ring = ring;
    gone->size = size;
}

void gone_add(struct gone *gone, const char *ref, struct principal *owner, size_t most)
{
    make_room(gone, most);
    if (gone->size == 0 || gone_owner(gone, ref) != NULL)
        return;
    if (gone->next >= gone->size)
        gone->next = 0;
    forget(gone, gone->next);
    gone->ring[gone->next] = make(ref, owner);
    if (gone->ring[gone->next] == NULL)
        return;
    if (hash_add(&gone->by_ref, hash_of_ref(ref), (uint32_t)gone->next, hash_of_place, gone) == 0) {
        gone->next++;
        return;
    }
    drop(gone->ring[gone->next]);
    gone->ring[gone->next] = NULL;
}

const struct principal *gone_owner(const struct gone *gone, const char *ref)
{
    uint32_t place = hash_find(&gone->by_ref, hash_of_ref(ref), has_ref, gone, ref);

    return place != HASH_NONE ? gone->ring[place]->owner : NULL;
}

void gone_fini(struct gone *gone)
{
    for (size_t place = 0; place < gone->size; place++)
        forget(gone, place);
    hash_fini(&gone->by_ref);
    free(gone->ring);
    memset(gone, 0, sizeof(*gone));
}
