/* SPDX-License-Identifier: ISC */
#include "daemon/store/gone.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define RING_LEAST ((size_t)64)

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void forget(struct gone *gone, size_t place)
{
    char *ref = gone->ring[place];

    if (ref == NULL)
        return;
    tdelete(ref, &gone->by_ref, compare);
    free(ref);
    gone->ring[place] = NULL;
}

/* A larger ring, where the next place is in use and there may be more; else the
 * oldest gives way. */
static void make_room(struct gone *gone, size_t most)
{
    size_t size = gone->size > 0 ? 2 * gone->size : RING_LEAST;
    char **ring;

    if (gone->next < gone->size || gone->size >= most)
        return;
    if (size > most)
        size = most;
    ring = realloc(gone->ring, size * sizeof(char *));
    if (ring == NULL)
        return;
    memset(ring + gone->size, 0, (size - gone->size) * sizeof(char *));
    gone->ring = ring;
    gone->size = size;
}

void gone_add(struct gone *gone, const char *ref, size_t most)
{
    char *copy = strdup(ref);

    if (copy == NULL)
        return;
    make_room(gone, most);
    if (gone->size == 0) {
        free(copy);
        return;
    }
    if (gone->next >= gone->size)
        gone->next = 0;
    forget(gone, gone->next);
    if (tsearch(copy, &gone->by_ref, compare) == NULL) {
        free(copy);
        return;
    }
    gone->ring[gone->next++] = copy;
}

bool gone_has(const struct gone *gone, const char *ref)
{
    return tfind(ref, &gone->by_ref, compare) != NULL;
}

void gone_fini(struct gone *gone)
{
    for (size_t place = 0; place < gone->size; place++)
        forget(gone, place);
    free(gone->ring);
    memset(gone, 0, sizeof(*gone));
}
