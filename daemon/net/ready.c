/* SPDX-License-Identifier: ISC */
#include "daemon/net/ready.h"

#include <stddef.h>

static void append(struct ready_list *list, struct ready_link *link)
{
    link->list = list;
    link->next = NULL;
    link->before = list->last;
    if (list->last != NULL)
        list->last->next = link;
    else
        list->first = link;
    list->last = link;
}

static void detach(struct ready_link *link)
{
    if (link->before != NULL)
        link->before->next = link->next;
    else
        link->list->first = link->next;
    if (link->next != NULL)
        link->next->before = link->before;
    else
        link->list->last = link->before;
    link->list = NULL;
}

/* The list that it belongs in now. */
static struct ready_list *list_for(struct ready_queue *queue, const struct ready_link *link,
                                   enum ready_class reason)
{
    uint64_t round = queue->round + (link->not_before > queue->round);

    if (reason == READY_DUE)
        return &queue->due;
    return reason == READY_WOKEN ? &queue->woken[round % 2] : &queue->unfinished[round % 2];
}

void ready_add(struct ready_queue *queue, struct ready_link *link, enum ready_class reason)
{
    if (link->list != NULL) {
        if (reason >= link->reason)
            return;
        ready_remove(queue, link);
    }
    link->reason = reason;
    append(list_for(queue, link, reason), link);
    queue->n++;
    queue->n_due += reason == READY_DUE;
}

void ready_remove(struct ready_queue *queue, struct ready_link *link)
{
    if (link->list == NULL)
        return;
    queue->n--;
    queue->n_due -= link->list == &queue->due;
    detach(link);
}

/* Who is next in this round, or NULL. */
static struct ready_link *choose(const struct ready_queue *queue)
{
    struct ready_link *due = queue->due.first;
    struct ready_link *woken = queue->woken[queue->round % 2].first;

    if (due != NULL && !queue->last_was_due)
        return due;
    if (woken != NULL)
        return woken;
    if (due != NULL && queue->due_first > 0)
        return due;
    return queue->unfinished[queue->round % 2].first;
}

struct ready_link *ready_next(struct ready_queue *queue)
{
    struct ready_link *link;

    if (!queue->has_begun)
        queue->due_first = queue->n_due;
    link = choose(queue);
    queue->has_begun = link != NULL;
    queue->last_was_due = link != NULL && link->reason == READY_DUE;
    if (link == NULL) {
        queue->round++;
        return NULL;
    }
    if (queue->last_was_due && queue->due_first > 0)
        queue->due_first--;
    ready_remove(queue, link);
    link->not_before = queue->round + 1;
    return link;
}

unsigned ready_count(const struct ready_queue *queue)
{
    return queue->n;
}
