/* SPDX-License-Identifier: ISC */

/* Requests about detached batches: what is asked of the store, and what its answers lead to. */

#include "daemon/session/channel_inquiry.h"

#include <string.h>

#include "proto/due.h"
#include "proto/event_detached.h"

/* How long a list waits at most for batches of another life, and how often it looks. */
#define RESUMING_NS       INT64_C(2000000000)
#define RESUMING_AGAIN_NS INT64_C(5000000)

static void refuse_memory(struct channel *channel, const struct request *request)
{
    channel_refuse_with(channel, request, FAULT_OVERLOADED,
                        "out of memory for this request; try again later");
}

/* ---- watch ---------------------------------------------------------------------------------- */

static void begin_watch(struct channel_inquiry *inquiry, struct store_query *query)
{
    struct registry_entry *entry;

    /* A submit is answered already, and another watch may have begun meanwhile. */
    if (inquiry->asks_again && channel_is_following(inquiry->channel, query->batch->ref))
        return;
    entry = registry_open(inquiry->registry, query->batch, query->text);
    if (entry == NULL) {
        channel_inquiry_refuse(inquiry, FAULT_OVERLOADED, "",
                               "out of memory for this watch; try again later");
        return;
    }
    channel_follow(inquiry->channel, entry, inquiry->id, inquiry->from, true);
}

static void answer_watch(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);

    if (inquiry->channel != NULL && query->answer == STORE_DONE)
        begin_watch(inquiry, query);
    else if (inquiry->channel != NULL)
        channel_inquiry_refuse_by_store(inquiry, query, "ref");
    store_query_free(query);
    channel_inquiry_free(inquiry);
}

static void do_watch(struct channel *channel, const struct request *request)
{
    struct channel_inquiry *inquiry;

    if (channel_is_following(channel, request->detached->ref)) {
        channel_refuse_ref(channel, request, FAULT_CONFLICT,
                           "this connection watches that batch already");
        return;
    }
    inquiry = channel_inquiry_new(channel, request, answer_watch);
    if (inquiry == NULL) {
        refuse_memory(channel, request);
        return;
    }
    inquiry->from = request->detached->from;
    if (channel_inquiry_query(inquiry, STORE_FIND))
        return;
    channel_inquiry_free(inquiry);
    refuse_memory(channel, request);
}

/* ---- submit --------------------------------------------------------------------------------- */

static void report_accepted(const struct channel_inquiry *inquiry, const struct stored_batch *batch,
                            const struct plan *plan, bool existing)
{
    char *line = channel_inquiry_line(inquiry, EVENT_BATCH_MAX);
    const struct stored_terms *terms = &batch->terms;
    struct event_detached_accepted accepted = {
        .ref = batch->ref,
        .id = outbox_id(inquiry->id),
        .existing = existing,
        .jobs = terms->jobs,
        .seed = plan_options_of(plan)->random_seed ? &terms->seed : NULL,
        .durable = stored_durable_name(batch->durable),
        .time_ns = terms->wall_ns,
    };

    if (line != NULL)
        channel_inquiry_commit(inquiry, event_detached_accepted(line, &accepted));
}

/* The batch is this loop's to run, whether its client is still there or not.  False when out
 * of memory. */
static bool take_batch(struct channel_inquiry *inquiry, const struct store_query *query)
{
    const struct plan *plan = inquiry->plan;
    struct registry_entry *entry = registry_adopt_take(
        inquiry->registry, query->batch, inquiry->plan, inquiry->heartbeat_ns, inquiry->text);

    if (entry == NULL)
        return false;
    inquiry->plan = NULL;
    inquiry->jobs = inquiry->text = 0;
    if (inquiry->channel != NULL)
        report_accepted(inquiry, query->batch, plan, false);
    if (inquiry->channel != NULL) /* it has not failed */
        channel_follow(inquiry->channel, entry, NULL, 2, false);
    return true;
}

/* Whether it is kept is not known: nothing is answered, but its ref is named, under which another
 * life has it or not. */
static void report_unknown(const struct channel_inquiry *inquiry, const struct store_query *query)
{
    char *line = channel_inquiry_line(inquiry, EVENT_BATCH_MAX);

    if (line != NULL)
        channel_inquiry_commit(inquiry, event_detached_suspended(line, query->ref, 0));
}

/* Answered with what there is; the watch is asked for as any other. */
static void take_existing(struct channel_inquiry *inquiry, const struct store_query *query)
{
    report_accepted(inquiry, query->batch, inquiry->plan, true);
    if (inquiry->channel == NULL || channel_is_following(inquiry->channel, query->batch->ref))
        return;
    inquiry->inquiry.answer = answer_watch;
    inquiry->from = 2;
    memcpy(inquiry->ref, query->batch->ref, sizeof(inquiry->ref));
    request_id_release(inquiry->id, &inquiry->channel->outbox.unused_ids);
    inquiry->id = NULL; /* it is answered */
    inquiry->asks_again = channel_inquiry_query(inquiry, STORE_FIND);
}

/* Nothing new was kept, as far as is known.  A client of one answer alone is informed that it is
 * not. */
static void answer_without_batch(struct channel_inquiry *inquiry, const struct store_query *query)
{
    if (query->answer == STORE_EXISTING)
        take_existing(inquiry, query);
    else if (query->answer == STORE_UNKNOWN && inquiry->channel->one == NULL)
        report_unknown(inquiry, query);
    else
        channel_inquiry_refuse_by_store(inquiry, query, query->code == FAULT_CONFLICT ? "key" : "");
}

static void answer_submit(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);

    inquiry->asks_again = false;
    if (query->answer == STORE_DONE && !take_batch(inquiry, query)) {
        registry_put_back(inquiry->registry, query);
        return;
    }
    if (query->answer != STORE_DONE && inquiry->channel != NULL)
        answer_without_batch(inquiry, query);
    store_query_free(query);
    if (!inquiry->asks_again)
        channel_inquiry_free(inquiry);
}

static int64_t retain_of(const struct channel *channel, const struct request *request)
{
    int64_t retain_ns = request->detached->retain_ns;

    return retain_ns >= 0 ? retain_ns : channel->env->limits->retain_ns;
}

static void set_terms(const struct channel *channel, const struct request *request, int64_t now_ns,
                      struct stored_terms *terms)
{
    const struct channel_env *env = channel->env;

    terms->key_len = request->detached->key_len;
    memcpy(terms->key, request->detached->key, terms->key_len);
    terms->cancel_on_restart = request->detached->cancel_on_restart;
    terms->jobs = plan_n_jobs(request->plan);
    if (plan_options_of(request->plan)->random_seed)
        plan_options(request->plan)->seed = env->draw_seed();
    terms->seed = plan_options_of(request->plan)->seed;
    terms->retain_ns = retain_of(channel, request);
    terms->max_wait_ns = env->limits->max_wait_ns;
    terms->max_summaries = env->limits->max_summaries;
    registry_date(env->registry, now_ns, terms);
}

/* The request's plan, and what was taken for it, are the inquiry's. */
static void move_to(struct channel_inquiry *inquiry, struct request *request)
{
    struct channel *channel = inquiry->channel;

    inquiry->plan = request->plan;
    request->plan = NULL;
    inquiry->heartbeat_ns = request->heartbeat_ns;
    inquiry->jobs = channel->reserved;
    inquiry->text = channel->text;
    ledger_transfer(&channel->account, registry_account(inquiry->registry), inquiry->jobs,
                    inquiry->text);
    channel->reserved = channel->text = 0;
}

void channel_submit_detached(struct channel *channel, struct request *request, int64_t now_ns)
{
    struct channel_inquiry *inquiry = channel_inquiry_new(channel, request, answer_submit);
    struct store_query *query = NULL;

    if (inquiry != NULL)
        query = registry_query_new(inquiry->registry, STORE_ACCEPT, channel->principal,
                                   &inquiry->inquiry);
    if (query != NULL)
        query->text = stored_text_adopt(request->text, request->text_len);
    if (query == NULL || query->text == NULL) {
        store_query_free(query);
        if (inquiry != NULL)
            channel_inquiry_free(inquiry);
        refuse_memory(channel, request);
        return;
    }
    request->text = NULL;
    set_terms(channel, request, now_ns, &query->terms);
    move_to(inquiry, request);
    registry_query(inquiry->registry, query);
}

/* ---- cancel --------------------------------------------------------------------------------- */

static void refuse_cancel(const struct channel_inquiry *inquiry)
{
    if (inquiry->whole)
        channel_inquiry_refuse(inquiry, FAULT_NOT_FOUND, "ref",
                               "\"ref\" takes the ref of a batch that has not ended");
    else
        channel_inquiry_refuse(inquiry, FAULT_NOT_FOUND, "job",
                               "\"job\" takes the index of a job of the batch that has not ended");
}

static void report_cancelled(const struct channel_inquiry *inquiry, int64_t at_ns, uint32_t jobs)
{
    char *line = channel_inquiry_line(inquiry, EVENT_BATCH_MAX);

    if (line != NULL)
        channel_inquiry_commit(inquiry, event_detached_cancelled(line, outbox_id(inquiry->id),
                                                                 inquiry->ref, at_ns, jobs));
}

static void answer_fall(const struct channel_inquiry *inquiry, enum registry_fall fall,
                        int64_t at_ns, uint32_t jobs)
{
    if (fall == REGISTRY_UNREADABLE)
        channel_inquiry_refuse(inquiry, FAULT_UNAVAILABLE, "ref",
                               "the request of this batch cannot be read");
    else if (fall == REGISTRY_VOID)
        channel_inquiry_refuse(inquiry, FAULT_UNAVAILABLE, "",
                               "what keeps detached batches is being read anew, and whether this "
                               "cancel falls is not known: it may, once");
    else if (fall == REGISTRY_UNKNOWN)
        channel_inquiry_refuse(inquiry, FAULT_UNAVAILABLE, "",
                               "the daemon is shutting down, and whether this cancel falls will "
                               "be known when it has been started anew");
    else if (jobs == 0)
        refuse_cancel(inquiry);
    else
        report_cancelled(inquiry, at_ns, jobs);
}

static void cancel_has_fallen(struct registry_cancel *cancel, enum registry_fall fall,
                              int64_t at_ns, uint32_t jobs)
{
    struct channel_inquiry *inquiry =
        (struct channel_inquiry *)(void *)((char *)cancel -
                                           offsetof(struct channel_inquiry, cancel));

    if (inquiry->channel != NULL)
        answer_fall(inquiry, fall, at_ns, jobs);
    if (cancel->place == REGISTRY_NO_PLACE)
        channel_inquiry_detach(inquiry); /* its answer is still expected */
    else
        channel_inquiry_free(inquiry);
}

static void answer_cancel(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);

    if (query->answer == STORE_DONE && inquiry->channel != NULL) {
        registry_place_cancel(&inquiry->cancel, query->place);
        store_query_free(query);
        return;
    }
    if (inquiry->channel != NULL)
        channel_inquiry_refuse_by_store(inquiry, query, "");
    store_query_free(query);
    channel_inquiry_free(inquiry);
}

/* The batch is here, and is run from now on. */
static bool ask_to_cancel(struct channel_inquiry *inquiry, struct stored_batch *batch,
                          struct stored_text *text)
{
    struct registry_entry *entry = registry_open(inquiry->registry, batch, text);
    struct store_query *query = NULL;

    if (entry != NULL)
        query = registry_query_new(inquiry->registry, STORE_CANCEL, inquiry->channel->principal,
                                   &inquiry->inquiry);
    if (query == NULL)
        return false;
    inquiry->cancel.fallen = cancel_has_fallen;
    registry_await_cancel(entry, &inquiry->cancel, query->context);
    query->batch = stored_hold(batch);
    query->whole = inquiry->whole;
    query->job = inquiry->job;
    inquiry->inquiry.answer = answer_cancel;
    registry_query(inquiry->registry, query);
    return true;
}

static void answer_find_to_cancel(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);
    bool asked = false;

    if (inquiry->channel == NULL) {
        /* who asked is gone */
    } else if (query->answer != STORE_DONE) {
        channel_inquiry_refuse_by_store(inquiry, query, "ref");
    } else if (atomic_load_explicit(&query->batch->progress.state, memory_order_acquire) ==
                   STORED_FINISHED ||
               (!inquiry->whole && inquiry->job >= query->batch->terms.jobs)) {
        refuse_cancel(inquiry);
    } else if (registry_is_over_for(inquiry->registry, query->batch)) {
        channel_inquiry_refuse(inquiry, FAULT_SHUTTING_DOWN, "",
                               "the daemon is shutting down; the batch goes on when it has been "
                               "started anew");
    } else {
        asked = ask_to_cancel(inquiry, query->batch, query->text);
        if (!asked)
            channel_inquiry_refuse(inquiry, FAULT_OVERLOADED, "",
                                   "out of memory for this cancel; try again later");
    }
    store_query_free(query);
    if (!asked)
        channel_inquiry_free(inquiry);
}

static void do_cancel(struct channel *channel, const struct request *request)
{
    struct channel_inquiry *inquiry = channel_inquiry_new(channel, request, answer_find_to_cancel);

    if (inquiry == NULL) {
        refuse_memory(channel, request);
        return;
    }
    inquiry->whole = !request->has_job;
    inquiry->job = request->job;
    if (channel_inquiry_query(inquiry, STORE_FIND))
        return;
    channel_inquiry_free(inquiry);
    refuse_memory(channel, request);
}

/* ---- forget --------------------------------------------------------------------------------- */

static void answer_forget(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);
    char *line;

    if (inquiry->channel != NULL && query->answer == STORE_DONE) {
        line = channel_inquiry_line(inquiry, EVENT_BATCH_MAX);
        if (line != NULL)
            channel_inquiry_commit(
                inquiry, event_detached_forgotten(line, outbox_id(inquiry->id), inquiry->ref));
    } else if (inquiry->channel != NULL) {
        channel_inquiry_refuse_by_store(inquiry, query, "ref");
    }
    store_query_free(query);
    channel_inquiry_free(inquiry);
}

static void do_forget(struct channel *channel, const struct request *request)
{
    struct channel_inquiry *inquiry = channel_inquiry_new(channel, request, answer_forget);

    if (inquiry != NULL && channel_inquiry_query(inquiry, STORE_FORGET))
        return;
    if (inquiry != NULL)
        channel_inquiry_free(inquiry);
    refuse_memory(channel, request);
}

/* ---- batches -------------------------------------------------------------------------------- */

static void ask_for_page(struct channel_inquiry *inquiry)
{
    struct store_query *query = registry_query_new(inquiry->registry, STORE_LIST,
                                                   inquiry->channel->principal, &inquiry->inquiry);

    if (query == NULL) {
        channel_inquiry_refuse(inquiry, FAULT_OVERLOADED, "",
                               "out of memory for this list; try again later");
        channel_inquiry_free(inquiry);
        return;
    }
    inquiry->filter.most =
        inquiry->left < STORE_PAGE_MAX ? (uint32_t)inquiry->left : STORE_PAGE_MAX;
    query->filter = inquiry->filter;
    inquiry->waits = false;
    registry_query(inquiry->registry, query);
}

static void report_count(const struct channel_inquiry *inquiry)
{
    char *line = channel_inquiry_line(inquiry, EVENT_BATCH_MAX);

    if (line != NULL)
        channel_inquiry_commit(
            inquiry, event_detached_batches(line, outbox_id(inquiry->id), inquiry->listed));
}

static bool report_page(struct channel_inquiry *inquiry, const struct store_query *query)
{
    for (uint32_t i = 0; i < query->n_page; i++) {
        char *line = channel_inquiry_line(inquiry, EVENT_LISTED_MAX);

        if (line == NULL)
            return false;
        channel_inquiry_commit(
            inquiry, channel_write_listed(line, inquiry->registry, query->page[i], inquiry->id));
    }
    inquiry->filter.after_order = query->next_order;
    inquiry->listed += query->n_page;
    inquiry->left -= query->n_page;
    return true;
}

/* Just behind a start how far batches are is not known yet, and which have ended: the list waits
 * for that, but not for long, since they may be many. */
static bool is_early(struct channel_inquiry *inquiry, const struct store_query *query)
{
    int64_t now_ns = registry_now(inquiry->registry);

    if (query->answer != STORE_DONE || !query->has_unseen || !registry_resumes(inquiry->registry))
        return false;
    if (inquiry->give_up_ns == 0)
        inquiry->give_up_ns = now_ns + RESUMING_NS;
    inquiry->again_ns = now_ns + RESUMING_AGAIN_NS;
    return now_ns < inquiry->give_up_ns;
}

static void answer_list(struct registry_inquiry *base, struct store_query *query)
{
    struct channel_inquiry *inquiry = channel_inquiry_of(base);
    bool more = query->more && inquiry->left > query->n_page;

    inquiry->again_ns = 0;
    if (inquiry->channel == NULL) {
        more = false;
    } else if (is_early(inquiry, query)) {
        more = true;
    } else if (query->answer != STORE_DONE) {
        channel_inquiry_refuse_by_store(inquiry, query, "after");
        more = false;
    } else if (!report_page(inquiry, query)) {
        more = false;
    } else if (!more) {
        report_count(inquiry);
    }
    store_query_free(query);
    if (!more) {
        channel_inquiry_free(inquiry);
        return;
    }
    inquiry->waits = true;
    channel_woken(inquiry->channel);
}

void channel_list_on(struct channel *channel, int64_t now_ns)
{
    struct channel_inquiry *next;

    for (struct channel_inquiry *at = channel->inquiries; at != NULL; at = next) {
        next = at->next;
        if (at->waits && at->again_ns <= now_ns)
            ask_for_page(at);
    }
}

int64_t channel_list_due(const struct channel *channel)
{
    int64_t due_ns = DUE_NEVER;

    for (const struct channel_inquiry *at = channel->inquiries; at != NULL; at = at->next)
        if (at->waits && at->again_ns < due_ns)
            due_ns = at->again_ns;
    return due_ns;
}

static void do_batches(struct channel *channel, const struct request *request)
{
    static const enum stored_state states[] = {[REQUEST_RUNNING] = STORED_RUNNING,
                                               [REQUEST_FINISHED] = STORED_FINISHED,
                                               [REQUEST_FOREIGN] = STORED_FOREIGN};
    const struct request_detached *detached = request->detached;
    struct channel_inquiry *inquiry = channel_inquiry_new(channel, request, answer_list);

    if (inquiry == NULL) {
        refuse_memory(channel, request);
        return;
    }
    inquiry->left = detached->has_limit ? detached->limit : UINT64_MAX;
    inquiry->filter.newest_first = detached->newest_first;
    inquiry->filter.has_state = detached->state != REQUEST_ANY_STATE;
    inquiry->filter.state = states[detached->state];
    memcpy(inquiry->filter.after, detached->after, sizeof(inquiry->filter.after));
    if (detached->has_ref)
        memcpy(inquiry->filter.ref, detached->ref, sizeof(inquiry->filter.ref));
    ask_for_page(inquiry);
}

/* ---- All of them ---------------------------------------------------------------------------- */

static void do_unwatch(struct channel *channel, const struct request *request)
{
    const char *ref = request->detached->ref;
    uint64_t last;
    char *line;

    if (!channel_unfollow(channel, ref, &last)) {
        channel_refuse_ref(channel, request, FAULT_NOT_FOUND,
                           "\"ref\" takes the ref of a batch that this connection watches");
        return;
    }
    line = channel_answer_room(channel, EVENT_BATCH_MAX, request->id);
    if (line != NULL)
        outbox_line_commit(&channel->outbox,
                           event_detached_unwatched(line, outbox_id(request->id), ref, last));
}

/* Where nothing is kept, there is nothing to be found. */
static void do_without_registry(struct channel *channel, const struct request *request)
{
    const char *why = channel->env->no_detached;
    char *line;

    if (request->op != REQUEST_BATCHES) {
        channel_refuse_ref(
            channel, request, FAULT_NOT_FOUND,
            why != NULL ? why : "a daemon that reads standard input keeps no detached batches");
        return;
    }
    line = channel_answer_room(channel, EVENT_BATCH_MAX, request->id);
    if (line != NULL)
        outbox_line_commit(&channel->outbox,
                           event_detached_batches(line, outbox_id(request->id), 0));
}

void channel_do_detached(struct channel *channel, const struct request *request)
{
    if (channel->env->registry == NULL)
        do_without_registry(channel, request);
    else if (request->op == REQUEST_WATCH)
        do_watch(channel, request);
    else if (request->op == REQUEST_UNWATCH)
        do_unwatch(channel, request);
    else if (request->op == REQUEST_BATCHES)
        do_batches(channel, request);
    else if (request->op == REQUEST_FORGET)
        do_forget(channel, request);
    else
        do_cancel(channel, request);
}
