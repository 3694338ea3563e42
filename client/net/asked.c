/* SPDX-License-Identifier: ISC */
#include "client/net/asked.h"

#include <string.h>

#include "client/net/graph.h"

void asked_fini(struct asked_queue *queue)
{
    struct asked asked;

    while (asked_pop(queue, &asked))
        graph_free(asked.graph);
    bytes_fini(&queue->entries);
}

void asked_push(struct asked_queue *queue, struct asked asked)
{
    char *room = bytes_reserve(&queue->entries, sizeof asked);

    if (room == NULL) {
        graph_free(asked.graph);
        return;
    }
    memcpy(room, &asked, sizeof asked);
    bytes_commit(&queue->entries, sizeof asked);
}

bool asked_pop(struct asked_queue *queue, struct asked *asked)
{
    if (bytes_len(&queue->entries) == 0)
        return false;
    memcpy(asked, bytes_at(&queue->entries), sizeof *asked);
    bytes_consume(&queue->entries, sizeof *asked);
    return true;
}
