/* SPDX-License-Identifier: ISC */

/* Putting back what the servers have lost: each node puts back what was in use at it, so that
 * what its watchers have read stays true.  The old sequence and stamp go with it, and count. */

#include <stdlib.h>

#include "daemon/store/cluster_internal.h"

/* One that is over needs no putting back. */
static bool is_wanted(const struct cluster *cluster, const struct stored_batch *batch)
{
    const struct stored_progress *progress = &batch->progress;
    int64_t until_ns;

    if (atomic_load_explicit(&progress->state, memory_order_acquire) != STORED_FINISHED)
        return true;
    until_ns = atomic_load_explicit(&progress->ended_ns, memory_order_relaxed);
    if (__builtin_add_overflow(until_ns, batch->terms.accepted_ns, &until_ns) ||
        __builtin_add_overflow(until_ns, batch->terms.retain_ns, &until_ns))
        return true;
    return until_ns > cluster_stream_time(cluster);
}

void cluster_remember_lost(struct cluster *cluster, struct stored_batch *batch,
                           struct cluster_batch *data)
{
    struct cluster_lost *lost = is_wanted(cluster, batch) ? malloc(sizeof(*lost)) : NULL;

    if (lost == NULL) {
        cluster_data_free(data);
        return;
    }
    *lost = (struct cluster_lost){.next = cluster->lost, .batch = stored_hold(batch), .data = data};
    cluster->lost = lost;
}

static void free_lost(struct cluster_lost *lost)
{
    stored_release(lost->batch);
    cluster_data_free(lost->data);
    free(lost);
}

void cluster_free_lost(struct cluster *cluster)
{
    for (struct cluster_lost *lost; (lost = cluster->lost) != NULL;) {
        cluster->lost = lost->next;
        free_lost(lost);
    }
}

static bool has_mark(const struct cluster_batch *data, uint64_t nonce)
{
    for (size_t i = 0; i < data->n_marks; i++)
        if (data->marks[i].nonce == nonce)
            return true;
    return false;
}

/* Its request is there: its cancels follow that are not, one at a time, for each falls no earlier
 * than the one above it.  Whether all are there. */
static bool restore_cancels(struct cluster *cluster, const struct cluster_lost *lost,
                            const struct index_entry *entry)
{
    struct cluster_batch *data = cluster_data(entry);

    cluster_use_text(cluster, data, lost->data->text);
    for (size_t i = 0; i < lost->data->n_marks; i++) {
        const struct cluster_mark *mark = &lost->data->marks[i];

        if (has_mark(data, mark->nonce))
            continue;
        if (cluster_pending_by_nonce(cluster, mark->nonce) == NULL)
            cluster_restore_cancel(cluster, lost->batch->ref, mark);
        return false;
    }
    return true;
}

/* Whether nothing is left to do for it. */
static bool restore_one(struct cluster *cluster, struct cluster_lost *lost)
{
    const struct index_entry *entry = index_by_ref(&cluster->index, NULL, lost->batch->ref);

    if (cluster_now(cluster) >= cluster->loaded_by_ns)
        return true;
    if (entry != NULL)
        return restore_cancels(cluster, lost, entry);
    if (!lost->is_published)
        cluster_restore_request(cluster, lost);
    lost->is_published = true;
    return false;
}

bool cluster_restore(struct cluster *cluster)
{
    struct cluster_lost **at = &cluster->lost;

    while (*at != NULL) {
        struct cluster_lost *lost = *at;

        if (!restore_one(cluster, lost)) {
            at = &lost->next;
            continue;
        }
        *at = lost->next;
        free_lost(lost);
    }
    return cluster->lost == NULL;
}
