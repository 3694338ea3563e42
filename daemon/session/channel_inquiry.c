/* SPDX-License-Identifier: ISC */
#include "daemon/session/channel_inquiry.h"

#include <stdlib.h>
#include <string.h>

struct channel_inquiry *channel_inquiry_of(struct registry_inquiry *inquiry)
{
    return (struct channel_inquiry *)(void *)inquiry;
}

struct channel_inquiry *channel_inquiry_new(struct channel *channel, const struct request *request,
                                            void (*answer)(struct registry_inquiry *,
                                                           struct store_query *))
{
    struct channel_inquiry *inquiry = calloc(1, sizeof(*inquiry));

    if (inquiry == NULL)
        return NULL;
    inquiry->id = request_id_hold(request->id);
    memcpy(inquiry->ref, request->detached->ref, sizeof(inquiry->ref));
    inquiry->inquiry.answer = answer;
    inquiry->channel = channel;
    inquiry->registry = channel->env->registry;
    inquiry->next = channel->inquiries;
    if (inquiry->next != NULL)
        inquiry->next->before = inquiry;
    channel->inquiries = inquiry;
    channel->n_inquiries++;
    return inquiry;
}

void channel_inquiry_detach(struct channel_inquiry *inquiry)
{
    struct channel *channel = inquiry->channel;

    if (channel == NULL)
        return;
    if (inquiry->before != NULL)
        inquiry->before->next = inquiry->next;
    else
        channel->inquiries = inquiry->next;
    if (inquiry->next != NULL)
        inquiry->next->before = inquiry->before;
    inquiry->next = inquiry->before = NULL;
    request_id_release(inquiry->id, &channel->outbox.unused_ids);
    inquiry->id = NULL; /* nothing is answered any more */
    inquiry->channel = NULL;
    channel->n_inquiries--;
    channel_woken(channel);
}

void channel_inquiry_free(struct channel_inquiry *inquiry)
{
    channel_inquiry_detach(inquiry);
    registry_forget_cancel(&inquiry->cancel);
    ledger_release_jobs(registry_account(inquiry->registry), inquiry->jobs);
    ledger_release_text(registry_account(inquiry->registry), inquiry->text);
    plan_free(inquiry->plan);
    free(inquiry);
}

void channel_leave_inquiries(struct channel *channel)
{
    struct channel_inquiry *next;

    for (struct channel_inquiry *at = channel->inquiries; at != NULL; at = next) {
        next = at->next;
        request_id_release(at->id, &channel->outbox.unused_ids);
        at->id = NULL;
        at->channel = NULL;
        at->next = at->before = NULL;
        if (at->cancel.entry != NULL && at->cancel.place != REGISTRY_NO_PLACE)
            channel_inquiry_free(at); /* the store has answered */
        else if (at->waits)
            channel_inquiry_free(at);
    }
    channel->inquiries = NULL;
    channel->n_inquiries = 0;
}

/* ---- Answers ------------------------------------------------------------------------------- */

void channel_inquiry_refuse(const struct channel_inquiry *inquiry, enum fault_code code,
                            const char *path, const char *message)
{
    const struct request request = {.id = inquiry->id};
    struct fault fault = {0};

    (void)fault_set(&fault, code, 0, "%s", message);
    memcpy(fault.path, path, strlen(path) + 1);
    channel_refuse(inquiry->channel, &request, &fault);
}

void channel_inquiry_refuse_by_store(const struct channel_inquiry *inquiry,
                                     const struct store_query *query, const char *path)
{
    if (query->answer == STORE_UNKNOWN)
        channel_inquiry_refuse(
            inquiry, FAULT_UNAVAILABLE, "",
            "what keeps detached batches has failed, and whether this was done will be known "
            "when the daemon has been started anew");
    else
        channel_inquiry_refuse(inquiry, query->code, path, query->message);
}

char *channel_inquiry_line(const struct channel_inquiry *inquiry, size_t size)
{
    return channel_answer_room(inquiry->channel, size, inquiry->id);
}

void channel_inquiry_commit(const struct channel_inquiry *inquiry, const char *end)
{
    outbox_line_commit(&inquiry->channel->outbox, end);
}

bool channel_inquiry_query(struct channel_inquiry *inquiry, enum store_kind kind)
{
    struct store_query *query =
        registry_query_new(inquiry->registry, kind, inquiry->channel->principal, &inquiry->inquiry);

    if (query == NULL)
        return false;
    memcpy(query->ref, inquiry->ref, sizeof(query->ref));
    registry_query(inquiry->registry, query);
    return true;
}
