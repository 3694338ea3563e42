/* SPDX-License-Identifier: ISC */
#include "daemon/net/connections.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/net/connection.h"

#define FIRST_PLACES 64

struct connections_place {
    struct connection *connection; /* NULL in a free one */
    struct peer *peer;
    uint64_t served; /* the last iteration that did */
};

int connections_init(struct connections *connections)
{
    *connections = (struct connections){0};
    return timerq_init(&connections->dues, 0);
}

void connections_fini(struct connections *connections)
{
    free(connections->places);
    free(connections->free_slots);
    timerq_fini(&connections->dues);
    *connections = (struct connections){0};
}

/* Room for twice as many, their due times included. */
static int grow(struct connections *connections)
{
    uint32_t n = connections->n_places ? 2 * connections->n_places : FIRST_PLACES;
    struct connections_place *places;
    uint32_t *free_slots;

    if (connections->n_places > UINT32_MAX / 4)
        return -1;
    places = realloc(connections->places, n * sizeof(*places));
    if (!places)
        return -1;
    connections->places = places;
    free_slots = realloc(connections->free_slots, n * sizeof(*free_slots));
    if (!free_slots)
        return -1;
    connections->free_slots = free_slots;
    if (timerq_grow(&connections->dues, n) != 0 || timerq_reserve(&connections->dues, n) != 0)
        return -1;
    for (uint32_t slot = n; slot-- > connections->n_places;) {
        places[slot] = (struct connections_place){0};
        free_slots[connections->n_free++] = slot;
    }
    connections->n_places = n;
    return 0;
}

int connections_find_slot(struct connections *connections, uint32_t *slot)
{
    if (connections->n_free == 0 && grow(connections) != 0)
        return -1;
    *slot = connections->free_slots[connections->n_free - 1];
    return 0;
}

void connections_put(struct connections *connections, struct connection *connection,
                     struct peer *peer)
{
    connections->n_free--;
    connections->places[connection_slot(connection)] =
        (struct connections_place){.connection = connection, .peer = peer};
}

struct peer *connections_take_out(struct connections *connections,
                                  const struct connection *connection)
{
    uint32_t slot = connection_slot(connection);
    struct peer *peer = connections->places[slot].peer;

    timerq_remove(&connections->dues, slot);
    connections->places[slot] = (struct connections_place){0};
    connections->free_slots[connections->n_free++] = slot;
    return peer;
}

void connections_for_all(struct connections *connections,
                         void (*order)(void *context, struct connection *connection), void *context)
{
    for (uint32_t slot = 0; slot < connections->n_places; slot++)
        if (connections->places[slot].connection)
            order(context, connections->places[slot].connection);
}

int64_t connections_next_due(const struct connections *connections)
{
    const struct timerq_entry *first = timerq_first(&connections->dues);

    return first ? first->due_ns : INT64_MAX;
}

void connections_wake_due(struct connections *connections, int64_t now_ns)
{
    const struct timerq_entry *first = timerq_first(&connections->dues);

    for (; first && first->due_ns <= now_ns; first = timerq_first(&connections->dues)) {
        uint32_t slot = first->id;

        timerq_remove(&connections->dues, slot);
        connection_is_ready(connections->places[slot].connection, READY_DUE);
    }
}

bool connections_note_served(struct connections *connections, const struct connection *connection,
                             uint64_t iteration, int64_t now_ns)
{
    uint32_t slot = connection_slot(connection);
    struct connections_place *place = &connections->places[slot];
    bool again = place->served != 0 && place->served + 1 == iteration;
    int64_t due_ns = connection_due(connection);

    place->served = iteration;
    /* It is ready if a slice was not enough for what was due, and is queued behind those that
     * are due.  Never out of memory: grow() has reserved an entry for each slot. */
    if (due_ns == CHANNEL_NEVER || (due_ns <= now_ns && connection_is_queued(connection)))
        timerq_remove(&connections->dues, slot);
    else
        (void)timerq_set(&connections->dues, slot, due_ns, 0);
    return again;
}
