/* SPDX-License-Identifier: ISC */
#include "daemon/store/cluster_link.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_link_internal.h"
#include "daemon/store/cluster_stream.h"

/* How long a server is waited for, how often it is tried again, and how soon a silent one is
 * given up: all in milliseconds. */
#define CONNECT_MS        2000
#define RECONNECT_MS      100
#define RECONNECT_VARY_MS 50
#define PING_MS           1000
#define PINGS_LOST        2
#define WRITE_MS          2000
#define CLOSE_MS          2000

/* ---- Events --------------------------------------------------------------------------------- */

struct cluster_event *cluster_event_new(enum cluster_event_kind kind, natsMsg *message)
{
    struct cluster_event *event = calloc(1, sizeof(*event));

    if (event == NULL) {
        natsMsg_Destroy(message);
        return NULL;
    }
    event->kind = kind;
    event->message = message;
    return event;
}

void cluster_event_free(struct cluster_event *event)
{
    if (event == NULL)
        return;
    natsMsg_Destroy(event->message);
    free(event);
}

void cluster_link_post(struct cluster_link *link, struct cluster_event *event)
{
    if (event == NULL)
        return;
    if (atomic_load(&link->is_closing))
        cluster_event_free(event);
    else
        link->config.post(link->config.context, event);
}

static void on_disconnected(natsConnection *connection, void *context)
{
    (void)connection;
    cluster_link_post(context, cluster_event_new(CLUSTER_EVENT_DOWN, NULL));
}

static void on_reconnected(natsConnection *connection, void *context)
{
    (void)connection;
    cluster_link_post(context, cluster_event_new(CLUSTER_EVENT_UP, NULL));
}

static void on_fault(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *context)
{
    (void)connection;
    (void)subscription;
    (void)status;
    cluster_link_post(context, cluster_event_new(CLUSTER_EVENT_FAULT, NULL));
}

/* ---- What is published ------------------------------------------------------ */

const char *cluster_link_header(natsMsg *message, const char *name)
{
    const char *value = NULL;

    return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : NULL;
}

/* What is stored is read back; a refusal alone is reported. */
static void on_ack(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                   void *context)
{
    struct cluster_link *link = context;
    const char *id = strrchr(natsMsg_GetSubject(message), '.');
    struct cluster_event *event;
    struct cluster_ack ack = {0};
    bool is_read;

    (void)connection;
    (void)subscription;
    is_read =
        cluster_ack_read(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), &ack);
    if (id == NULL || !is_read || ack.error == 0) {
        natsMsg_Destroy(message);
        return;
    }
    event = cluster_event_new(CLUSTER_EVENT_REFUSED, message);
    if (event == NULL)
        return;
    event->id = strtoull(id + 1, NULL, 16);
    event->ack = ack;
    cluster_link_post(link, event);
}

static natsStatus set_headers(natsMsg *message, const struct cluster_values *values)
{
    natsStatus status = NATS_OK;

    for (int i = 0; i < CLUSTER_HEADERS && status == NATS_OK; i++)
        if (values->value[i] != NULL)
            status = natsMsgHeader_Set(message, cluster_header_name((enum cluster_header)i),
                                       values->value[i]);
    return status;
}

bool cluster_link_publish(struct cluster_link *link, const char *subject,
                          const struct cluster_values *values, const char *data, size_t len,
                          uint64_t id)
{
    char inbox[CLUSTER_INBOX_MAX];
    natsMsg *message = NULL;
    natsStatus status;

    snprintf(inbox, sizeof(inbox), "%s.a.%" PRIx64, link->prefix, id);
    status = natsMsg_Create(&message, subject, id > 0 ? inbox : NULL, data, (int)len);
    if (status == NATS_OK && values != NULL)
        status = set_headers(message, values);
    if (status == NATS_OK)
        status = natsConnection_PublishMsg(link->connection, message);
    natsMsg_Destroy(message);
    return status == NATS_OK;
}

/* ---- The link itself -------------------------------------------------------- */

unsigned cluster_link_replicas(const struct cluster_link *link)
{
    return link->replicas;
}

size_t cluster_link_max_payload(struct cluster_link *link)
{
    int64_t most = natsConnection_GetMaxPayload(link->connection);
    size_t of_stream = atomic_load(&link->max_message);

    if (most <= 0)
        return of_stream;
    return of_stream > 0 && of_stream < (size_t)most ? of_stream : (size_t)most;
}

static natsStatus set_options(struct cluster_link *link)
{
    const struct cluster_link_config *config = &link->config;
    const char *urls[16];
    int n = 0;
    natsStatus status = natsOptions_Create(&link->options);

    for (; n < 16 && (unsigned)n < config->n_urls; n++)
        urls[n] = config->urls[n];
    if (status == NATS_OK)
        status = natsOptions_SetServers(link->options, urls, n);
    if (status == NATS_OK)
        status = natsOptions_SetName(link->options, link->node);
    if (status == NATS_OK)
        status = natsOptions_SetTimeout(link->options, CONNECT_MS);
    if (status == NATS_OK)
        status = natsOptions_SetMaxReconnect(link->options, -1);
    if (status == NATS_OK)
        status = natsOptions_SetReconnectWait(link->options, RECONNECT_MS);
    if (status == NATS_OK)
        status = natsOptions_SetReconnectJitter(link->options, RECONNECT_VARY_MS, 0);
    if (status == NATS_OK) /* what is not sent is sent anew, by us, under its own nonce */
        status = natsOptions_SetReconnectBufSize(link->options, 1);
    if (status == NATS_OK)
        status = natsOptions_SetPingInterval(link->options, PING_MS);
    if (status == NATS_OK)
        status = natsOptions_SetMaxPingsOut(link->options, PINGS_LOST);
    if (status == NATS_OK)
        status = natsOptions_SetWriteDeadline(link->options, WRITE_MS);
    if (status == NATS_OK)
        status = natsOptions_SetSendAsap(link->options, true);
    if (status == NATS_OK)
        status = natsOptions_SetFailRequestsOnDisconnect(link->options, true);
    return status;
}

static natsStatus set_callbacks(struct cluster_link *link)
{
    natsStatus status = natsOptions_SetDisconnectedCB(link->options, on_disconnected, link);

    if (status == NATS_OK)
        status = natsOptions_SetReconnectedCB(link->options, on_reconnected, link);
    if (status == NATS_OK)
        status = natsOptions_SetErrorHandler(link->options, on_fault, link);
    return status;
}

/* Connects, and opens the stream. */
static bool connect_to_stream(struct cluster_link *link, char *error, size_t size)
{
    struct cluster_stream_facts facts = {0};
    char inbox[CLUSTER_INBOX_MAX];
    jsOptions options;
    natsStatus status = set_options(link);

    if (status == NATS_OK)
        status = set_callbacks(link);
    if (status == NATS_OK)
        status = natsConnection_Connect(&link->connection, link->options);
    if (status != NATS_OK) {
        snprintf(error, size, "no server of the cluster can be reached: %s",
                 natsStatus_GetText(status));
        return false;
    }
    jsOptions_Init(&options);
    options.Wait = CLUSTER_STREAM_WAIT_MS;
    snprintf(inbox, sizeof(inbox), "%s.a.*", link->prefix);
    status = natsConnection_JetStream(&link->context, link->connection, &options);
    if (status == NATS_OK)
        status = natsConnection_Subscribe(&link->acks, link->connection, inbox, on_ack, link);
    if (status == NATS_OK)
        status = natsSubscription_SetPendingLimits(link->acks, -1, -1);
    if (status != NATS_OK) {
        snprintf(error, size, "libnats: %s", natsStatus_GetText(status));
        return false;
    }
    if (!cluster_stream_open(link->context, link->name, &facts, error, size))
        return false;
    link->replicas = facts.replicas;
    atomic_store(&link->max_message, facts.max_message);
    return true;
}

struct cluster_link *cluster_link_open(const struct cluster_link_config *config, char *error,
                                       size_t size)
{
    struct cluster_link *link = calloc(1, sizeof(*link));
    sigset_t all, before;
    bool is_open;

    if (link == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }
    link->config = *config;
    snprintf(link->name, sizeof(link->name), "%s", config->name);
    snprintf(link->node, sizeof(link->node), "%s", config->node);
    snprintf(link->prefix, sizeof(link->prefix), "_INBOX.waitd-%s", link->node);
    link->urgent.end = &link->urgent.first;
    link->removals.end = &link->removals.first;
    pthread_mutex_init(&link->lock, NULL);
    pthread_cond_init(&link->wake, NULL);
    sigfillset(&all); /* signals are for the thread that began: the library makes others */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_open = connect_to_stream(link, error, size) && cluster_link_start(link, error, size);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_open)
        return link;
    cluster_link_free(link);
    return NULL;
}

void cluster_link_free(struct cluster_link *link)
{
    if (link == NULL)
        return;
    atomic_store(&link->is_closing, true);
    cluster_link_stop(link);
    if (link->deliveries != NULL)
        natsSubscription_Destroy(link->deliveries);
    if (link->acks != NULL)
        natsSubscription_Destroy(link->acks);
    jsCtx_Destroy(link->context);
    natsConnection_Destroy(link->connection);
    natsOptions_Destroy(link->options);
    (void)nats_CloseAndWait(CLOSE_MS);
    pthread_cond_destroy(&link->wake);
    pthread_mutex_destroy(&link->lock);
    free(link);
}
