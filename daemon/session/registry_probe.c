/* SPDX-License-Identifier: ISC */

/*
 * How many jobs a cancel concerns that has been made safe and has not fallen yet.  Where many
 * nodes share a store, it says some time ahead when a cancel falls, and no other will fall before:
 * so its result is known at once, by a replica of its own that is run ahead.  Nothing of
 * that is sent.
 */

#include "daemon/session/registry_internal.h"

/* The last of those that are placed, or NULL. */
static const struct registry_cancel *last_placed(const struct registry_entry *entry)
{
    const struct registry_cancel *last = NULL;

    for (const struct registry_cancel *at = entry->cancels; at != NULL; at = at->next)
        if (at->place != REGISTRY_NO_PLACE && (last == NULL || at->place > last->place))
            last = at;
    return last;
}

bool registry_probe_is_due(const struct registry_entry *entry)
{
    return entry->registry->config.store->is_cluster && entry->plan != NULL &&
           last_placed(entry) != NULL;
}

size_t registry_probe_work(struct registry_entry *entry, size_t budget)
{
    const struct registry_cancel *last = last_placed(entry);
    struct replica_progress progress;
    size_t spent = 1;

    if (last == NULL)
        return spent; /* it is not due */
    if (entry->probe == NULL)
        entry->probe = replica_new(entry->stored, entry->plan);
    if (entry->probe == NULL) {
        registry_set_due(entry, registry_store_now(entry->registry) + REGISTRY_RETRY_NS);
        return spent;
    }
    spent = replica_work(entry->probe, stored_cancel_at(entry->stored, last->place).at_ns, budget,
                         NULL, &progress);
    registry_report_cancels(entry, entry->probe);
    if (!registry_probe_is_due(entry)) {
        replica_free(entry->probe);
        entry->probe = NULL;
    }
    registry_set_due(entry, 0); /* for whatever else it wants to do */
    (void)registry_drop_if_idle(entry);
    return spent;
}
