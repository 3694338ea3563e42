/* SPDX-License-Identifier: ISC */

/* Removing the messages of what is over: by sequence, the request first, so that nobody who begins
 * to read meets a request without its cancels. */

#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_internal.h"

/* What the servers have not removed is tried again so much later. */
#define AGAIN_NS (60 * DURATION_SECOND_NS)

/* Room for `room` sequences.  Out of memory the messages stay, until another node removes them. */
static struct cluster_over *new_over(const struct cluster *cluster, const char *ref, size_t room)
{
    struct cluster_over *over = malloc(sizeof(*over) + room * sizeof(over->sequences[0]));

    if (over == NULL)
        return NULL;
    *over = (struct cluster_over){.due_ns = cluster_stream_time(cluster) + CLUSTER_REMOVAL_NS};
    memcpy(over->ref, ref, strlen(ref) + 1);
    return over;
}

/* From here on it says nothing that it is missing. */
static void add(struct cluster *cluster, struct cluster_over *over, uint64_t sequence)
{
    cluster_rules_removed(&cluster->rules, sequence);
    over->sequences[over->n++] = sequence;
}

/* The newest is due last, but for what is tried again. */
static void enqueue(struct cluster *cluster, struct cluster_over *over)
{
    over->next = NULL;
    if (cluster->over != NULL && over->due_ns < cluster->over->due_ns) {
        over->next = cluster->over;
        cluster->over = over;
        return;
    }
    *cluster->over_end = over;
    cluster->over_end = &over->next;
}

void cluster_plan_removal(struct cluster *cluster, const char *ref,
                          const struct cluster_batch *data, uint64_t forget)
{
    struct cluster_over *over = new_over(cluster, ref, 2 + data->n_marks);

    if (over == NULL)
        return;
    add(cluster, over, data->sequence);
    for (size_t i = 0; i < data->n_marks; i++)
        add(cluster, over, data->marks[i].sequence);
    if (forget > 0)
        add(cluster, over, forget);
    enqueue(cluster, over);
}

void cluster_plan_orphan(struct cluster *cluster, const char *ref, uint64_t sequence)
{
    struct cluster_over *over = new_over(cluster, ref, 1);

    if (over == NULL)
        return;
    add(cluster, over, sequence);
    enqueue(cluster, over);
}

static struct cluster_over *take_first(struct cluster *cluster)
{
    struct cluster_over *over = cluster->over;

    cluster->over = over->next;
    if (cluster->over == NULL)
        cluster->over_end = &cluster->over;
    return over;
}

void cluster_remove_due(struct cluster *cluster)
{
    int64_t now_ns = cluster_stream_time(cluster);

    while (cluster->over != NULL && cluster->over->due_ns <= now_ns) {
        struct cluster_over *over = take_first(cluster);

        if (index_by_ref(&cluster->index, NULL, over->ref) != NULL) {
            free(over); /* it was put back */
            continue;
        }
        over->id = cluster->next_number++;
        over->next = cluster->removing;
        cluster->removing = over;
        cluster_link_remove(cluster->link, over->sequences, over->n, over->id);
    }
}

void cluster_on_removal(struct cluster *cluster, const struct cluster_event *event)
{
    struct cluster_over **at = &cluster->removing, *over;

    while (*at != NULL && (*at)->id != event->id)
        at = &(*at)->next;
    over = *at;
    if (over == NULL)
        return; /* all has been read anew since */
    *at = over->next;
    if (event->is_fine) {
        free(over);
        return;
    }
    over->due_ns = cluster_stream_time(cluster) + AGAIN_NS;
    enqueue(cluster, over);
}

static void free_all(struct cluster_over *over)
{
    for (struct cluster_over *next; over != NULL; over = next) {
        next = over->next;
        free(over);
    }
}

void cluster_free_over(struct cluster *cluster)
{
    free_all(cluster->over);
    free_all(cluster->removing);
    cluster->over = cluster->removing = NULL;
    cluster->over_end = &cluster->over;
}
