/* SPDX-License-Identifier: ISC */
#include "daemon/store/gone.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define RING_LEAST ((size_t)64)

struct gone_ref {
    struct principal *owner; /* held */
    char ref[];
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct gone_ref *)a)->ref, ((const struct gone_ref *)b)->ref);
}

static int compare_ref(const void *ref, const void *gone)
{
    return strcmp(ref, ((const struct gone_ref *)gone)->ref);
}

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

static void forget(struct gone *gone, size_t place)
{
    struct gone_ref *ref = gone->ring[place];

    if (ref == NULL)
        return;
    tdelete(ref, &gone->by_ref, compare);
    drop(ref);
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
    struct gone_ref *copy = make(ref, owner);

    if (copy == NULL)
        return;
    make_room(gone, most);
    if (gone->size == 0) {
        drop(copy);
        return;
    }
    if (gone->next >= gone->size)
        gone->next = 0;
    forget(gone, gone->next);
    if (tsearch(copy, &gone->by_ref, compare) == NULL) {
        drop(copy);
        return;
    }
    gone->ring[gone->next++] = copy;
}

const struct principal *gone_owner(const struct gone *gone, const char *ref)
{
    /* A tree node begins with its key (POSIX). */
    void *node = tfind(ref, &gone->by_ref, compare_ref);

    return node != NULL ? (*(struct gone_ref **)node)->owner : NULL;
}

void gone_fini(struct gone *gone)
{
    for (size_t place = 0; place < gone->size; place++)
        forget(gone, place);
    free(gone->ring);
    memset(gone, 0, sizeof(*gone));
}
