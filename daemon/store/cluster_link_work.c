/* SPDX-License-Identifier: ISC */

/* The thread that waits for the servers' answers, and what is read from the stream. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_link_internal.h"
#include "daemon/store/cluster_stream.h"

/* A consumer that nobody listens to any more is dropped by the server. */
#define CONSUMER_IDLE_NS INT64_C(30000000000)

/* The receiver of one generation's messages: it lives as long as its subscription. */
struct reader {
    struct cluster_link *link;
    uint64_t generation;
};

/* ---- What is read ----------------------------------------------------------- */

static void post_beat(struct reader *reader, natsMsg *message)
{
    const char *place = cluster_link_header(message, "Nats-Last-Consumer");
    const char *stalled = cluster_link_header(message, "Nats-Consumer-Stalled");
    struct cluster_event *event = cluster_event_new(CLUSTER_EVENT_BEAT, message);

    if (event == NULL)
        return;
    event->generation = reader->generation;
    event->delivery.place = place != NULL ? strtoull(place, NULL, 10) : UINT64_MAX;
    event->answer_to = stalled != NULL ? stalled : natsMsg_GetReply(message);
    cluster_link_post(reader->link, event);
}

static void on_delivery(natsConnection *connection, natsSubscription *subscription,
                        natsMsg *message, void *context)
{
    struct reader *reader = context;
    const char *reply = natsMsg_GetReply(message);
    struct cluster_delivery delivery;
    struct cluster_event *event;

    (void)connection;
    (void)subscription;
    if (reply == NULL || !cluster_delivery_read(reply, &delivery)) {
        post_beat(reader, message);
        return;
    }
    event = cluster_event_new(CLUSTER_EVENT_MESSAGE, message);
    if (event == NULL)
        return;
    event->generation = reader->generation;
    event->subject = natsMsg_GetSubject(message);
    event->delivery = delivery;
    for (int i = 0; i < CLUSTER_HEADERS; i++)
        event->values.value[i] =
            cluster_link_header(message, cluster_header_name((enum cluster_header)i));
    cluster_link_post(reader->link, event);
}

static void on_complete(void *reader)
{
    free(reader);
}

/* ---- The thread's work ------------------------------------------------------ */

static void stop_reading(struct cluster_link *link)
{
    jsErrCode code;

    if (link->deliveries != NULL)
        natsSubscription_Destroy(link->deliveries);
    link->deliveries = NULL;
    if (link->consumer[0] != '\0')
        (void)js_DeleteConsumer(link->context, link->name, link->consumer, NULL, &code);
    link->consumer[0] = '\0';
}

static bool subscribe(struct cluster_link *link, uint64_t generation, const char *inbox)
{
    struct reader *reader = malloc(sizeof(*reader));

    if (reader == NULL)
        return false;
    *reader = (struct reader){link, generation};
    if (natsConnection_Subscribe(&link->deliveries, link->connection, inbox, on_delivery, reader) !=
        NATS_OK) {
        free(reader);
        return false;
    }
    (void)natsSubscription_SetOnCompleteCB(link->deliveries, on_complete, reader);
    return natsSubscription_SetPendingLimits(link->deliveries, -1, -1) == NATS_OK;
}

static bool begin_reading(struct cluster_link *link, uint64_t generation, uint64_t sequence)
{
    char inbox[CLUSTER_INBOX_MAX];
    jsConsumerConfig config;
    jsConsumerInfo *info = NULL;
    jsErrCode code;
    natsStatus status;

    stop_reading(link);
    snprintf(inbox, sizeof(inbox), "%s.d.%" PRIx64, link->prefix, generation);
    if (!subscribe(link, generation, inbox))
        return false;
    jsConsumerConfig_Init(&config);
    config.DeliverSubject = inbox;
    config.DeliverPolicy = sequence > 1 ? js_DeliverByStartSequence : js_DeliverAll;
    config.OptStartSeq = sequence > 1 ? sequence : 0;
    config.AckPolicy = js_AckNone;
    config.ReplayPolicy = js_ReplayInstant;
    config.MaxDeliver = 1;
    config.HeadersOnly = true;
    config.FlowControl = true;
    config.Heartbeat = link->config.heartbeat_ns;
    config.InactiveThreshold = CONSUMER_IDLE_NS;
    config.MemoryStorage = true;
    status = js_AddConsumer(&info, link->context, link->name, &config, NULL, &code);
    if (status != NATS_OK)
        return false;
    snprintf(link->consumer, sizeof(link->consumer), "%s", info->Name);
    jsConsumerInfo_Destroy(info);
    return true;
}

/* The stream is opened first: a server may have lost it whole. */
static void do_read(struct cluster_link *link, uint64_t generation, uint64_t sequence)
{
    struct cluster_event *event = cluster_event_new(CLUSTER_EVENT_READING, NULL);
    struct cluster_stream_facts facts = {0};
    char error[256];

    if (event == NULL)
        return;
    event->generation = generation;
    event->is_fine = cluster_stream_open(link->context, link->name, &facts, error, sizeof(error)) &&
                     (generation == 0 || begin_reading(link, generation, sequence));
    event->last_sequence = facts.last_sequence;
    event->n_bytes = facts.n_bytes;
    event->max_bytes = facts.max_bytes;
    event->replicas = facts.replicas;
    if (event->is_fine)
        atomic_store(&link->max_message, facts.max_message);
    cluster_link_post(link, event);
}

static void do_fetch(struct cluster_link *link, uint64_t sequence, uint64_t id)
{
    natsMsg *message = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetMsg(&message, link->context, link->name, sequence, NULL, &code);
    struct cluster_event *event = cluster_event_new(CLUSTER_EVENT_FETCHED, message);

    if (event == NULL)
        return;
    event->id = id;
    event->is_fine = status == NATS_OK;
    event->is_gone = status == NATS_NOT_FOUND;
    if (event->is_fine) {
        event->data = natsMsg_GetData(message);
        event->len = (size_t)natsMsg_GetDataLength(message);
    }
    cluster_link_post(link, event);
}

/* Whether it is not there any more. */
static bool remove_one(struct cluster_link *link, uint64_t sequence)
{
    jsErrCode code = 0;

    return js_DeleteMsg(link->context, link->name, sequence, NULL, &code) == NATS_OK ||
           code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr;
}

static void do_remove(struct cluster_link *link, const struct cluster_work *work)
{
    struct cluster_event *event = cluster_event_new(CLUSTER_EVENT_REMOVED, NULL);
    size_t n = 0;

    while (n < work->n && remove_one(link, work->sequences[n]))
        n++;
    if (event == NULL)
        return;
    event->id = work->id;
    event->is_fine = n == work->n;
    cluster_link_post(link, event);
}

static void do_work(struct cluster_link *link, const struct cluster_work *work)
{
    switch (work->kind) {
    case CLUSTER_WORK_READ:
        do_read(link, work->id, work->sequence);
        break;
    case CLUSTER_WORK_MEASURE:
        do_read(link, 0, 0);
        break;
    case CLUSTER_WORK_FETCH:
        do_fetch(link, work->sequence, work->id);
        break;
    case CLUSTER_WORK_REMOVE:
        do_remove(link, work);
        break;
    }
}

static struct cluster_work *take(struct cluster_work_queue *queue)
{
    struct cluster_work *work = queue->first;

    if (work == NULL)
        return NULL;
    queue->first = work->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return work;
}

/* What is waited for precedes what is removed.  NULL once it is to stop. */
static struct cluster_work *wait_for_work(struct cluster_link *link)
{
    struct cluster_work *work = NULL;

    pthread_mutex_lock(&link->lock);
    while (work == NULL && !link->is_stopping) {
        work = take(&link->urgent);
        if (work == NULL)
            work = take(&link->removals);
        if (work == NULL)
            pthread_cond_wait(&link->wake, &link->lock);
    }
    pthread_mutex_unlock(&link->lock);
    return work;
}

static void *run(void *context)
{
    struct cluster_link *link = context;

    for (struct cluster_work *work = wait_for_work(link); work != NULL;
         work = wait_for_work(link)) {
        do_work(link, work);
        free(work);
    }
    return NULL;
}

static void enqueue(struct cluster_link *link, struct cluster_work_queue *queue,
                    struct cluster_work *work)
{
    pthread_mutex_lock(&link->lock);
    *queue->end = work;
    queue->end = &work->next;
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->lock);
}

/* Out of memory it is not done, and its time-out is met. */
static void enqueue_urgent(struct cluster_link *link, enum cluster_work_kind kind,
                           uint64_t sequence, uint64_t id)
{
    struct cluster_work *work = malloc(sizeof(*work));

    if (work == NULL)
        return;
    *work = (struct cluster_work){.kind = kind, .sequence = sequence, .id = id};
    enqueue(link, &link->urgent, work);
}

void cluster_link_read(struct cluster_link *link, uint64_t generation, uint64_t sequence)
{
    enqueue_urgent(link, CLUSTER_WORK_READ, sequence, generation);
}

void cluster_link_fetch(struct cluster_link *link, uint64_t sequence, uint64_t id)
{
    enqueue_urgent(link, CLUSTER_WORK_FETCH, sequence, id);
}

void cluster_link_remove(struct cluster_link *link, const uint64_t *sequences, size_t n,
                         uint64_t id)
{
    struct cluster_work *work = malloc(sizeof(*work) + n * sizeof(work->sequences[0]));

    if (work == NULL)
        return; /* another node removes them */
    *work = (struct cluster_work){.kind = CLUSTER_WORK_REMOVE, .id = id, .n = n};
    memcpy(work->sequences, sequences, n * sizeof(work->sequences[0]));
    enqueue(link, &link->removals, work);
}

void cluster_link_measure(struct cluster_link *link)
{
    enqueue_urgent(link, CLUSTER_WORK_MEASURE, 0, 0);
}

/* ---- Beginning and ending --- */

bool cluster_link_start(struct cluster_link *link, char *error, size_t size)
{
    link->has_thread = pthread_create(&link->thread, NULL, run, link) == 0;
    if (!link->has_thread)
        snprintf(error, size, "the cluster's thread cannot be made");
    return link->has_thread;
}

void cluster_link_stop(struct cluster_link *link)
{
    struct cluster_work *work;

    pthread_mutex_lock(&link->lock);
    link->is_stopping = true;
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->lock);
    if (link->has_thread)
        pthread_join(link->thread, NULL);
    while ((work = take(&link->urgent)) != NULL || (work = take(&link->removals)) != NULL)
        free(work);
}
