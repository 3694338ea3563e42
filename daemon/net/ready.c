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

/* The half that its list is in. */
static unsigned half_of(const struct ready_queue *queue, const struct ready_link *link)
{
    return link->list >= queue->lists[1];
}

void ready_add(struct ready_queue *queue, struct ready_link *link, enum ready_class reason)
{
    unsigned half;

    if (link->list != NULL) {
        if (reason >= link->reason)
            return;
        half = half_of(queue, link);
        detach(link);
    } else {
        half = (queue->round + (link->not_before > queue->round)) % 2;
        queue->n[half]++;
    }
    link->reason = reason;
    append(&queue->lists[half][reason], link);
}

void ready_remove(struct ready_queue *queue, struct ready_link *link)
{
    if (link->list == NULL)
        return;
    queue->n[half_of(queue, link)]--;
    detach(link);
}

static struct ready_link *take(struct ready_queue *queue, struct ready_link *link)
{
    ready_remove(queue, link);
    link->not_before = queue->round + 1;
    return link;
}

struct ready_link *ready_next(struct ready_queue *queue)
{
    struct ready_list *lists = queue->lists[queue->round % 2];
    struct ready_link *due = queue->lists[(queue->round + 1) % 2][READY_DUE].first;
    bool may_go_between = !queue->extra && queue->n[queue->round % 2] > 0;

    queue->extra = due != NULL && may_go_between;
    if (queue->extra)
        return take(queue, due);
    for (int reason = 0; reason < READY_CLASSES; reason++) {
        struct ready_link *link = lists[reason].first;

        if (link != NULL)
            return take(queue, link);
    }
    queue->round++;
    return NULL;
}

unsigned ready_count(const struct ready_queue *queue)
{
    return queue->n[0] + queue->n[1];
}
