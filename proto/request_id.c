/* SPDX-License-Identifier: ISC */
#include "proto/request_id.h"

#include <stdlib.h>

#include "proto/block.h"

struct request_id *request_id_hold(struct request_id *id)
{
    if (id != NULL)
        id->uses++;
    return id;
}

void request_id_release(struct request_id *id, struct request_id **unused)
{
    if (id == NULL || --id->uses > 0)
        return;
    if (unused == NULL || id->len < BLOCK_COPIED_BYTES) {
        free(id);
        return;
    }
    id->next = *unused;
    *unused = id;
}

bool request_id_free_some(struct request_id **unused, size_t *budget)
{
    while (*unused != NULL) {
        struct request_id *next = (*unused)->next;

        if (!block_free_some(unused, budget))
            return false;
        *unused = next;
    }
    return true;
}
