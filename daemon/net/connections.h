/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CONNECTIONS_H
#define WAITD_CONNECTIONS_H

/*
 * The connections of a loop, by slot, and when each is to be served without being ready.
 * Not re-entrant; for the loop's own thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/timerq.h"

struct connection;
struct peer;
struct connections_place;

/* Embedded by its owner. */
struct connections {
    struct connections_place *places; /* by slot */
    uint32_t *free_slots;
    uint32_t n_places, n_free;
    struct timerq dues; /* ids are slots */
};

/* 0, or -1 when out of memory. */
int connections_init(struct connections *connections);

/* Those that it still has stay: they are the owner's. */
void connections_fini(struct connections *connections);

/* The slot that the next one gets.  0, or -1 when out of memory. */
int connections_find_slot(struct connections *connections, uint32_t *slot);

/* Puts one into the slot that was found for it.  peer: the one that it has joined, NULL for none.
 */
void connections_put(struct connections *connections, struct connection *connection,
                     struct peer *peer);

/* Takes one out, and returns the peer that it has joined. */
struct peer *connections_take_out(struct connections *connections,
                                  const struct connection *connection);

/* Calls for each; `order` may take out the one that it is called for. */
void connections_for_all(struct connections *connections,
                         void (*order)(void *context, struct connection *connection),
                         void *context);

static inline bool connections_is_empty(const struct connections *connections)
{
    return connections->n_free == connections->n_places;
}

/* When the first of them is due; INT64_MAX for never. */
int64_t connections_next_due(const struct connections *connections);

/* Makes those ready whose due time is past. */
void connections_wake_due(struct connections *connections, int64_t now_ns);

/* One has been served, in an iteration of that number: notes when it is to be served again,
 * if what was due by now_ns has had its slice.  Whether the iteration before served it as
 * well. */
bool connections_note_served(struct connections *connections, const struct connection *connection,
                             uint64_t iteration, int64_t now_ns);

#endif
