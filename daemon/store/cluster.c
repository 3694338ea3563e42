/* SPDX-License-Identifier: ISC */
#include "daemon/store/cluster_internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "proto/due.h"

/* Idle nodes put a tick so often, so that what they know does not grow stale. */
#define IDLE_TICK_NS (60 * DURATION_SECOND_NS)

/* How often the stream is measured where it has a limit, and where it may have been given one. */
#define MEASURE_NS        DURATION_SECOND_NS
#define LOOK_FOR_LIMIT_NS (30 * DURATION_SECOND_NS)

/* The consumer's heartbeat, and how many may be missing. */
#define HEARTBEAT_MIN_NS (DURATION_SECOND_NS / 10)
#define HEARTBEATS_LOST  3

static struct cluster *cluster_of(struct store *store)
{
    return (struct cluster *)(void *)store;
}

int64_t cluster_now(const struct cluster *cluster)
{
    return cluster->config.boot_clock(cluster->config.clock_context);
}

int64_t cluster_stream_time(const struct cluster *cluster)
{
    return cluster_rules_time(&cluster->rules, cluster_now(cluster));
}

void cluster_report(const struct cluster *cluster, bool is_fault, const char *format, ...)
{
    char line[512];
    va_list arguments;
    int len = snprintf(line, sizeof(line), "cluster %s: ", cluster->name);

    va_start(arguments, format);
    vsnprintf(line + len, sizeof(line) - (size_t)len, format, arguments);
    va_end(arguments);
    if (cluster->config.report != NULL)
        cluster->config.report(cluster->config.report_context, is_fault, line);
}

void cluster_serve(struct cluster *cluster)
{
    cluster->serves_until_ns =
        cluster_now(cluster) + 2 * cluster->config.grace_ns + DURATION_SECOND_NS;
}

/* ---- What is due ------------------------------------------------------------ */

static int64_t heartbeat_of(const struct cluster *cluster)
{
    int64_t grace_ns = cluster->config.grace_ns;

    return grace_ns > HEARTBEAT_MIN_NS ? grace_ns : HEARTBEAT_MIN_NS;
}

static bool serves(const struct cluster *cluster)
{
    return !cluster->rules.is_caught_up || cluster->pendings != NULL || cluster->waitings != NULL ||
           cluster_now(cluster) < cluster->serves_until_ns ||
           atomic_load_explicit(&cluster->store.n_served, memory_order_relaxed) > 0;
}

static int64_t tick_due(const struct cluster *cluster)
{
    int64_t due_ns = cluster_rules_tick_due(&cluster->rules);

    return serves(cluster) ? due_ns : due_ns + IDLE_TICK_NS;
}

/* A reading from which nothing is received has ended. */
static int64_t silence_due(const struct cluster *cluster)
{
    return cluster->heard_ns + HEARTBEATS_LOST * heartbeat_of(cluster) + DURATION_SECOND_NS;
}

static int64_t measure_due(const struct cluster *cluster)
{
    int64_t every_ns = cluster->max_bytes > 0 ? MEASURE_NS : LOOK_FOR_LIMIT_NS;

    return serves(cluster) ? cluster->measured_ns + every_ns : DUE_NEVER;
}

/* All is known that is in the stream: what the servers have lost is put back, and then queries
 * are answered. */
static void finish_loading(struct cluster *cluster)
{
    if (cluster->is_loaded || !cluster->rules.is_caught_up)
        return;
    if (cluster->loaded_by_ns == DUE_NEVER)
        cluster->loaded_by_ns = cluster_now(cluster) + CLUSTER_TIMEOUT_NS;
    if (!cluster_restore(cluster))
        return;
    cluster->is_loaded = true;
    atomic_store_explicit(&cluster->store.is_ready, cluster->is_up, memory_order_release);
}

static void report_health(struct cluster *cluster)
{
    bool is_ready = atomic_load_explicit(&cluster->store.is_ready, memory_order_relaxed);

    if (is_ready == !cluster->was_reported || (!is_ready && cluster->is_up))
        return;
    cluster->was_reported = !is_ready;
    if (is_ready)
        cluster_report(cluster, false, "its servers are reached again");
    else
        cluster_report(cluster, true,
                       "no server can be reached: detached batches are neither accepted nor "
                       "cancelled, and watchers wait");
}

/* Watchers of a node that is cut off wait, and not for ever. */
static void suspend_patiently(struct cluster *cluster)
{
    int64_t contact_timeout_ns =
        atomic_load_explicit(&cluster->store.contact_timeout_ns, memory_order_relaxed);
    int64_t now_ns = cluster_now(cluster);

    if (!serves(cluster))
        cluster->in_touch_ns = now_ns;
    else if (cluster->rules.is_caught_up && cluster->rules.tick_at > cluster->in_touch_ns)
        cluster->in_touch_ns = cluster->rules.tick_at;
    if (contact_timeout_ns == 0 || now_ns < cluster->in_touch_ns + contact_timeout_ns)
        return;
    cluster->in_touch_ns = now_ns;
    if (atomic_load_explicit(&cluster->store.n_served, memory_order_relaxed) == 0)
        return;
    cluster_report(cluster, true, "cut off for longer than client-timeout: watchers are suspended");
    store_announce(&cluster->store, STORE_SUSPEND, NULL);
}

/* Before what was received meanwhile is looked at: who stood still reads old ticks first. */
static void forget_what_is_stale(struct cluster *cluster)
{
    if (cluster->is_up && cluster->read_again_ns == DUE_NEVER &&
        cluster_rules_is_stale(&cluster->rules, cluster_now(cluster)))
        cluster_read_anew(cluster, "no tick was read for five minutes");
}

static void do_due(struct cluster *cluster)
{
    int64_t now_ns = cluster_now(cluster);

    if (cluster->is_up && (cluster->read_again_ns <= now_ns || silence_due(cluster) <= now_ns))
        cluster_read_on(cluster);
    if (cluster->is_up && tick_due(cluster) <= now_ns)
        cluster_put_tick(cluster);
    if (measure_due(cluster) <= now_ns) {
        cluster->measured_ns = now_ns;
        cluster_link_measure(cluster->link);
    }
    cluster_publish_again(cluster, false);
    cluster->round_tick = 0;
    finish_loading(cluster);
    cluster_retry_waiting(cluster);
    cluster_tend(cluster);
    suspend_patiently(cluster);
    report_health(cluster);
}

/* By CLOCK_BOOTTIME; at most a second on. */
static int64_t next_due(const struct cluster *cluster)
{
    int64_t next_ns = cluster_now(cluster) + DURATION_SECOND_NS;
    int64_t over_ns = index_next_over(&cluster->index);

    if (cluster->is_up) {
        next_ns = due_earlier(next_ns, tick_due(cluster));
        next_ns = due_earlier(next_ns, cluster->read_again_ns);
        next_ns = due_earlier(next_ns, silence_due(cluster));
    }
    if (over_ns != DUE_NEVER)
        next_ns =
            due_earlier(next_ns, over_ns - cluster_stream_time(cluster) + cluster_now(cluster));
    next_ns = due_earlier(next_ns, measure_due(cluster));
    next_ns = due_earlier(next_ns, cluster_next_pending(cluster));
    return due_earlier(next_ns, cluster_next_waiting(cluster));
}

/* ---- The thread ------------------------------------------------------------------------ */

/* The condition's clock does not run while the machine is suspended: what is late by that is
 * met by the first event, or a second later. */
static void sleep_for(struct cluster *cluster, int64_t length_ns)
{
    struct timespec deadline = clock_deadline(length_ns);

    (void)pthread_cond_timedwait(&cluster->wake, &cluster->lock, &deadline);
}

/* Takes what was received, or waits for it until something is due.  False once it is to stop. */
static bool wait_for_work(struct cluster *cluster, struct store_query **queries,
                          struct cluster_event **events)
{
    int64_t length_ns = next_due(cluster) - cluster_now(cluster);
    bool goes_on;

    pthread_mutex_lock(&cluster->lock);
    if (cluster->queries == NULL && cluster->events == NULL && !cluster->is_stopping &&
        length_ns > 0)
        sleep_for(cluster, length_ns);
    *queries = cluster->queries;
    *events = cluster->events;
    cluster->queries = NULL;
    cluster->queries_end = &cluster->queries;
    cluster->events = NULL;
    cluster->events_end = &cluster->events;
    goes_on = !cluster->is_stopping;
    pthread_mutex_unlock(&cluster->lock);
    return goes_on;
}

static void free_work(struct store_query *queries, struct cluster_event *events)
{
    for (struct store_query *next; queries != NULL; queries = next) {
        next = queries->next;
        store_query_free(queries);
    }
    for (struct cluster_event *next; events != NULL; events = next) {
        next = events->next;
        cluster_event_free(events);
    }
}

static void *work(void *context)
{
    struct cluster *cluster = context;
    struct store_query *query, *next_query;
    struct cluster_event *event, *next_event;

    cluster->in_touch_ns = cluster_now(cluster);
    cluster_read_on(cluster);
    while (wait_for_work(cluster, &query, &event)) {
        forget_what_is_stale(cluster);
        for (; event != NULL; event = next_event) {
            next_event = event->next;
            cluster_on_event(cluster, event);
            cluster_event_free(event);
        }
        finish_loading(cluster);
        cluster->round_tick = 0;
        for (; query != NULL; query = next_query) {
            next_query = query->next;
            cluster_handle(cluster, query);
        }
        do_due(cluster);
    }
    free_work(query, event);
    return NULL;
}

/* ---- The store -------------------------------------------------------------- */

static void on_event(void *context, struct cluster_event *event)
{
    struct cluster *cluster = context;

    event->next = NULL;
    pthread_mutex_lock(&cluster->lock);
    *cluster->events_end = event;
    cluster->events_end = &event->next;
    pthread_cond_signal(&cluster->wake);
    pthread_mutex_unlock(&cluster->lock);
}

static void query_cluster(struct store *store, struct store_query *query)
{
    struct cluster *cluster = cluster_of(store);

    if (!cluster->has_thread) {
        store_refuse(query, FAULT_UNAVAILABLE, "the cluster's thread could not be made");
        return;
    }
    query->next = NULL;
    pthread_mutex_lock(&cluster->lock);
    *cluster->queries_end = query;
    cluster->queries_end = &query->next;
    pthread_cond_signal(&cluster->wake);
    pthread_mutex_unlock(&cluster->lock);
}

static void start_cluster(struct store *store)
{
    struct cluster *cluster = cluster_of(store);
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    cluster->has_thread = pthread_create(&cluster->thread, NULL, work, cluster) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!cluster->has_thread)
        cluster_report(cluster, true, "its thread cannot be made: no detached batches");
}

static void stop_thread(struct cluster *cluster)
{
    pthread_mutex_lock(&cluster->lock);
    cluster->is_stopping = true;
    pthread_cond_signal(&cluster->wake);
    pthread_mutex_unlock(&cluster->lock);
    if (cluster->has_thread)
        pthread_join(cluster->thread, NULL);
}

static void free_waiting(struct cluster *cluster)
{
    for (struct cluster_waiting *at; (at = cluster->waitings) != NULL;) {
        cluster->waitings = at->next;
        store_query_free(at->query);
        stored_release(at->batch);
        free(at);
    }
}

static void free_cluster(struct store *store)
{
    struct cluster *cluster = cluster_of(store);

    stop_thread(cluster);
    cluster_link_free(cluster->link);
    free_work(cluster->queries, cluster->events);
    free_waiting(cluster);
    cluster_free_pending(cluster);
    cluster_free_lost(cluster);
    cluster_drop_all(cluster, false);
    cluster_free_over(cluster);
    index_fini(&cluster->index);
    cluster_rules_fini(&cluster->rules);
    principal_release(cluster->last_owner);
    pthread_cond_destroy(&cluster->wake);
    pthread_mutex_destroy(&cluster->lock);
    free(cluster);
}

/* ---- Beginning -------------------------------------------------------------- */

bool cluster_is_there(void)
{
    return true;
}

static void init_queues(struct cluster *cluster)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&cluster->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&cluster->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    cluster->queries_end = &cluster->queries;
    cluster->events_end = &cluster->events;
    cluster->over_end = &cluster->over;
}

/* As long as nothing was read the wall clock stands in for the stream's. */
static void set_clock(struct cluster *cluster)
{
    const struct cluster_config *config = &cluster->config;
    int64_t now_ns = config->boot_clock(config->clock_context);
    int64_t wall_ns = config->wall_clock(config->clock_context);

    atomic_store(&cluster->store.ahead_ns, wall_ns - now_ns);
    atomic_store(&cluster->store.horizon_ns, CLUSTER_NO_WATERMARK);
    atomic_store(&cluster->store.is_ready, false);
}

static struct cluster *make(const struct cluster_config *config)
{
    static const struct store_ops ops = {
        .start = start_cluster, .query = query_cluster, .free = free_cluster};
    struct cluster *cluster = calloc(1, sizeof(*cluster));

    if (cluster == NULL)
        return NULL;
    store_init(&cluster->store, &ops, STORED_DURABLE_SERVER);
    cluster->config = *config;
    snprintf(cluster->name, sizeof(cluster->name), "%s", config->name);
    snprintf(cluster->node, sizeof(cluster->node), "%s", config->node);
    snprintf(cluster->engine, sizeof(cluster->engine), "%s", config->engine);
    cluster->store.is_cluster = true;
    cluster->is_up = true;
    cluster->loaded_by_ns = cluster->read_again_ns = DUE_NEVER;
    cluster->next_number = 1;
    init_queues(cluster);
    index_init(&cluster->index, &cluster->store);
    cluster_rules_init(&cluster->rules, config->grace_ns);
    set_clock(cluster);
    return cluster;
}

struct store *cluster_open(const struct cluster_config *config, char *error, size_t size)
{
    struct cluster *cluster = make(config);
    struct cluster_link_config link;

    if (cluster == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }
    link = (struct cluster_link_config){
        .urls = config->urls,
        .n_urls = config->n_urls,
        .name = cluster->name,
        .node = cluster->node,
        .heartbeat_ns = heartbeat_of(cluster),
        .post = on_event,
        .context = cluster,
    };
    cluster->link = cluster_link_open(&link, error, size);
    if (cluster->link == NULL) {
        free_cluster(&cluster->store);
        return NULL;
    }
    if (cluster_link_replicas(cluster->link) >= 3)
        cluster->store.durable = STORED_DURABLE_CLUSTER;
    return &cluster->store;
}
