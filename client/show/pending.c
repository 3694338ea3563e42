/* SPDX-License-Identifier: ISC */
#include "client/show/pending.h"

#include <string.h>

void pending_fini(struct pending_queue *queue)
{
    struct pending pending;

    while (pending_pop(queue, &pending))
        plan_free(pending.plan);
    bytes_fini(&queue->entries);
}

void pending_push(struct pending_queue *queue, struct pending pending)
{
    char *room = bytes_reserve(&queue->entries, sizeof pending);

    if (room == NULL) {
        plan_free(pending.plan);
        return;
    }
    memcpy(room, &pending, sizeof pending);
    bytes_commit(&queue->entries, sizeof pending);
}

bool pending_pop(struct pending_queue *queue, struct pending *pending)
{
    if (bytes_len(&queue->entries) == 0)
        return false;
    memcpy(pending, bytes_at(&queue->entries), sizeof *pending);
    bytes_consume(&queue->entries, sizeof *pending);
    return true;
}
