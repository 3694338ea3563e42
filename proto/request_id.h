/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUEST_ID_H
#define WAITD_REQUEST_ID_H

/*
 * The `id` of a request, which all that answers it echoes: shared by those who still have to, never
 * copied.  A long one is freed in pieces.  For one thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/event_text.h"

/* On the heap; text is its JSON token. */
struct request_id {
    struct request_id *next; /* of those that nobody uses any more */
    size_t uses, len;
    char text[];
};

/* None for NULL. */
static inline struct event_text request_id_text(const struct request_id *id)
{
    return id != NULL ? (struct event_text){id->text, id->len} : (struct event_text){NULL, 0};
}

/* One more uses it; returns it.  NULL for none. */
struct request_id *request_id_hold(struct request_id *id);

/* One less does.  With the last one it is freed, or if it is long put among those at *unused,
 * unless that is NULL. */
void request_id_release(struct request_id *id, struct request_id **unused);

/* Frees those at *unused, *budget bytes of them at most, from which it takes what was freed.
 * Whether they are gone. */
bool request_id_free_some(struct request_id **unused, size_t *budget);

#endif
